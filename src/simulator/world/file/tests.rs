//! Worlds read and written.

use super::*;

fn written(world: &World) -> String {
    let mut bytes = Vec::new();
    world.to_json(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_world_survives_being_written_and_read() {
    let mut world = World::new();
    world.add_account("loner");
    for number in 0..5_000_u32 {
        let group = format!("g{}", number % 3);
        world
            .add_member(&group, Some("Public"), &format!("u\"{number}"), number)
            .unwrap();
    }
    let (ann, bob) = (world.add_account("ann"), world.add_account("bob"));
    world.set_c2c_unread(ann, bob, 3);
    world.add_quickblox_unread(7, "5f3a", 2, 4);
    let first = written(&world);
    let second = written(&World::from_json(first.as_bytes()).unwrap());
    assert_eq!(first, second);
    let json: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(json["accounts"], serde_json::json!(["loner", "ann", "bob"]));
    assert_eq!(json["groups"][1]["message_count"], 4_999);
}

#[test]
fn what_a_file_leaves_out_has_the_documented_value() {
    let text = r#"{"groups":[{"group_id":"g","members":[{"account":"ann"}]}]}"#;
    let expected = "{\"accounts\":[],\n\"groups\":[\n{\"group_id\":\"g\",\"type\":\"Private\",\
        \"message_count\":0,\"members\":[{\"account\":\"ann\",\"role\":\"Member\",\
        \"unread\":0}]}],\n\"c2c\":[],\n\"quickblox\":{\"users\":[],\"dialogs\":[]}}\n";
    assert_eq!(
        written(&World::from_json(text.as_bytes()).unwrap()),
        expected
    );
}

#[test]
fn the_sample_world_is_one() {
    let sample = include_str!("../../../../samples/worlds/small.json");
    let world = World::from_json(sample.as_bytes()).unwrap();
    assert_eq!((world.group_count(), world.membership_count()), (6, 12));
    let again = World::from_json(written(&world).as_bytes()).unwrap();
    assert_eq!(written(&again), written(&world));
}

#[test]
fn a_file_that_contradicts_itself_is_refused_by_name() {
    let cases = [
        (
            r#"{"groups":[{"group_id":"g","type":"Club"}]}"#,
            "`Club` is not a group type",
        ),
        (
            r#"{"groups":[{"group_id":"g"},{"group_id":"g"}]}"#,
            "group `g` is listed twice",
        ),
        (
            r#"{"groups":[{"group_id":"g","members":[{"account":"a","unread":1}]}]}"#,
            "`a` has more unread than `g` has messages",
        ),
        (
            r#"{"users":[]}"#,
            "unknown field `users`, expected one of `accounts`",
        ),
    ];
    for (text, expected) in cases {
        let error = World::from_json(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}
