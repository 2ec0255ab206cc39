//! `set_unread_msg_num`: an administrator sets one member's unread count in one group.

use serde_json::{Map, Value};

use super::Call;
use super::error::{self, Refusal};
use super::field::check_group_id;
use crate::simulator::world::World;

/// Counts above this may be refused.
const LARGEST_COUNT: u32 = 2_147_483_647;

/// Sets the count, clamped to the group's number of messages; for a kind of group that keeps no
/// counts the answer is the same and nothing changes (vendor page, 2025-12).
///
/// No page names the codes for an unknown account or a non-member, nor what a huge count or a topic
/// is answered with: quirks decide. By default codes follow from their wording in the vendor's
/// error table.
pub(super) fn set_unread_msg_num(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    let group_id = fields.text("GroupId")?;
    let account = fields.text("Member_Account")?;
    let unread = fields.number("UnreadMsgNum")?;
    check_group_id(group_id)?;
    let quirks = call.world.quirks();
    let huge = quirks.huge_count().filter(|_| unread > LARGEST_COUNT);
    if let Some(code) = huge {
        return Err(Refusal::of(code));
    }
    if World::is_topic_id(group_id) {
        return set_in_topic(call, group_id, account, unread);
    }
    let group = call.group(group_id)?;
    let known = call.world.account(account);
    let member = known.and_then(|account| call.world.member_in(group, account));
    if let Some(member) = member {
        call.world.set_unread(member, unread);
        return Ok(Map::new());
    }
    let code = match known {
        _ if !call.world.kind(group).keeps_unread() => None,
        None => quirks.unknown_account(),
        Some(_) => quirks.non_member(),
    };
    code.map_or_else(|| Ok(Map::new()), |code| Err(Refusal::of(code)))
}

/// A count of a topic: no page says that topics are taken.
fn set_in_topic(
    call: &mut Call<'_>,
    topic: &str,
    account: &str,
    unread: u32,
) -> Result<Map<String, Value>, Refusal> {
    if let Some(code) = call.world.quirks().topic_counts() {
        return Err(Refusal::of(code));
    }
    let place = call.world.topic(topic);
    let place = place.ok_or_else(|| Refusal::of(error::NO_GROUP))?;
    let account = call.world.account(account);
    let account = account.ok_or_else(|| Refusal::of(error::UNKNOWN_ACCOUNT))?;
    call.world.set_topic_unread(place, account, unread);
    Ok(Map::new())
}
