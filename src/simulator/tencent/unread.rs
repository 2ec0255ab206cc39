//! `set_unread_msg_num`: an administrator sets one member's unread count in one group.

use serde_json::{Map, Value};

use super::Call;
use super::error::{self, Refusal};
use super::field::check_group_id;

/// Sets the count, clamped to the group's number of messages; for a kind of group that keeps no
/// counts the answer is the same and nothing changes (vendor page, 2025-12).
///
/// No page names the codes for an unknown account or a non-member; 10019 and 10007 follow from
/// their wording in the vendor's error table.
pub(super) fn set_unread_msg_num(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    let group_id = fields.text("GroupId")?;
    let account = fields.text("Member_Account")?;
    let unread = fields.number("UnreadMsgNum")?;
    check_group_id(group_id)?;
    let group = call.group(group_id)?;
    let world = &mut *call.world;
    let known = world.account(account);
    if world.kind(group).keeps_unread() {
        let account = known.ok_or_else(|| Refusal::of(error::UNKNOWN_ACCOUNT))?;
        let member = world.member_in(group, account);
        let member = member.ok_or_else(|| Refusal::of(error::NOT_PERMITTED))?;
        world.set_unread(member, unread);
    } else if let Some(member) = known.and_then(|account| world.member_in(group, account)) {
        world.set_unread(member, unread);
    }
    Ok(Map::new())
}
