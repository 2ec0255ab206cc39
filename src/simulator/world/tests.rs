use proptest::prelude::*;

use super::*;

fn unread(world: &World, group: &str, account: &str) -> Option<u32> {
    let group = world.group(group)?;
    let member = world.member_in(group, world.account(account)?)?;
    Some(world.member(member).unread)
}

fn set(world: &mut World, group: &str, account: &str, unread: u32) -> bool {
    let group = world.group(group).unwrap();
    let member = world
        .member_in(group, world.account(account).unwrap())
        .unwrap();
    world.set_unread(member, unread)
}

#[test]
fn a_seeded_member_starts_with_nothing_unread_and_room_for_the_count() {
    let mut world = World::new();
    world.add_member("g", None, "ann", 7).unwrap();
    world.add_member("g", Some("Public"), "bob", 3).unwrap();
    let group = world.group("g").unwrap();
    assert_eq!(world.messages(group), 7);
    assert_eq!(world.kind(group), GroupType::Public);
    assert_eq!(unread(&world, "g", "ann"), Some(0));
    set(&mut world, "g", "ann", 9);
    assert_eq!(unread(&world, "g", "ann"), Some(7));
}

#[test]
fn the_first_type_that_is_given_for_a_group_stays() {
    let mut world = World::new();
    for (given, kind) in [
        (None, GroupType::Private),
        (None, GroupType::Private),
        (Some("Community"), GroupType::Community),
        (Some("Public"), GroupType::Community),
        (None, GroupType::Community),
        (Some("Public"), GroupType::Community),
    ] {
        world.add_member("g", given, "ann", 0).unwrap();
        assert_eq!(world.kind(world.group("g").unwrap()), kind);
    }
    assert!(world.add_member("g", Some("Club"), "ann", 0).is_err());
}

#[test]
fn a_group_without_counts_keeps_none_and_still_counts_the_call() {
    for kind in ["ChatRoom", "Meeting", "AVChatRoom"] {
        let mut world = World::new();
        world.add_member("g", Some(kind), "ann", 7).unwrap();
        assert!(!set(&mut world, "g", "ann", 5));
        assert_eq!(unread(&world, "g", "ann"), Some(0));
        assert_eq!(
            world.repeats(),
            Repeats {
                set: 1,
                repeated: 0,
                most: 1
            }
        );
    }
}

#[test]
fn somebody_who_left_is_no_member_until_they_join_again() {
    let mut world = World::new();
    world.add_member("g", None, "ann", 7).unwrap();
    let (group, ann) = (world.group("g").unwrap(), world.account("ann").unwrap());
    world.join(group, ann, Role::NotMember);
    assert_eq!(world.member_in(group, ann), None);
    world.join(group, ann, Role::Admin);
    let member = world.member_in(group, ann).unwrap();
    assert_eq!(world.member(member).role, Role::Admin);
    assert_eq!(world.membership_count(), 1);
}

proptest! {
    #[test]
    fn sequence_numbers_and_counts_always_add_up(
        steps in prop::collection::vec((0..4_u8, 0..6_u8, 0..20_u32, any::<bool>()), 0..60)
    ) {
        let mut world = World::new();
        for (group, account, number, seed) in steps {
            let (group, account) = (format!("g{group}"), format!("u{account}"));
            world.add_member(&group, None, &account, if seed { number } else { 0 }).unwrap();
            set(&mut world, &group, &account, number);
        }
        for place in 0..world.membership_count() {
            let member = world.member(world.nth_membership(place).unwrap());
            let messages = world.messages(world.group(member.group_id).unwrap());
            prop_assert_eq!(member.message_seq + member.unread, messages);
        }
    }
}
