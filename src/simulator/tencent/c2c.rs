//! One-to-one conversations: import a message, mark as read, count what is unread.
//!
//! The codes of this service distinguish the fields; which code belongs to which follows the
//! vendor's error table (2022) and the list of each page.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use crate::simulator::world::{AccountNumber, Content, MessageKey, Standing, World};

/// Peers in one call of `get_c2c_unread_msg_num` (vendor page, 2025).
const PEERS: usize = 10;

/// Bytes of one message, as JSON (use limits, 2025).
const LONGEST_MESSAGE: usize = 12 * 1_024;

impl Call<'_> {
    /// The account that a field names, or the refusal with that code if there is none.
    pub(super) fn account(&self, name: &str, code: u32) -> Result<AccountNumber, Refusal> {
        let fields = self.fields.refused_with(code);
        let account = fields.text(name)?;
        self.world.account(account).ok_or_else(|| fields.bad(name))
    }
}

/// `importmsg`: with `SyncFromOldSystem` 5 the message counts as unread, with 2 it does not. Older
/// editions have 1 in place of 5: a quirk.
pub(super) fn importmsg(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    let sync = fields
        .refused_with(error::BAD_SYNC)
        .number("SyncFromOldSystem")?;
    let live = call.world.quirks().live_sync();
    if sync != 2 && sync != live {
        return Err(fields
            .refused_with(error::BAD_SYNC)
            .bad("SyncFromOldSystem"));
    }
    let sender = call.account("From_Account", error::BAD_FROM)?;
    let receiver = call.account("To_Account", error::BAD_TO)?;
    let random = fields.refused_with(error::BAD_RANDOM).number("MsgRandom")?;
    let sent_at = fields
        .refused_with(error::BAD_TIME)
        .number("MsgTimeStamp")?;
    let sequence = fields.optional_number("MsgSeq")?.unwrap_or(0);
    let body = fields
        .refused_with(error::BAD_MESSAGE_LIST)
        .array("MsgBody")?;
    if body.is_empty() || !body.iter().all(|element| element["MsgType"].is_string()) {
        return Err(fields.refused_with(error::BAD_MESSAGE).bad("MsgBody"));
    }
    if body
        .iter()
        .map(|element| element.to_string().len())
        .sum::<usize>()
        > LONGEST_MESSAGE
    {
        return Err(Refusal::of(error::C2C_TOO_LONG));
    }
    let key = MessageKey {
        sequence,
        random,
        sent_at,
    };
    let custom_data = fields.optional_text("CloudCustomData")?;
    let content = Content {
        body: json!(body).to_string().into(),
        custom_data: custom_data.map(Into::into),
    };
    let mut message = World::message(sender, key);
    if sync != live {
        message.standing = Standing::History;
    }
    call.world.add_c2c(receiver, message, Some(content));
    Ok(Map::new())
}

/// `admin_set_msg_read`: what `Peer_Account` sent before `MsgReadTime` is read; without a time,
/// everything. The time is a text in one edition of the page and a number in a client; another
/// client spells the field `MsgReadedTime`.
pub(super) fn admin_set_msg_read(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let reader = call.account("Report_Account", error::BAD_FROM)?;
    let peer = call.account("Peer_Account", error::BAD_TO)?;
    let spellings = ["MsgReadTime", "MsgReadedTime"];
    let given = spellings
        .into_iter()
        .find(|name| call.fields.value(name).is_some());
    let name = given.unwrap_or("MsgReadTime");
    let bad = || call.fields.bad(name);
    let second = match call.fields.value(name) {
        None => None,
        Some(Value::String(text)) => Some(text.parse().map_err(|_not_a_number| bad())?),
        Some(_) => Some(call.fields.number(name)?),
    };
    call.world.read_c2c(reader, peer, (second, call.now));
    Ok(Map::new())
}

/// `get_c2c_unread_msg_num`: the total, or a count for each peer; peers that do not exist are
/// listed apart in an answer that is otherwise good.
pub(super) fn get_c2c_unread_msg_num(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let reader = call.account("To_Account", error::BAD_TO)?;
    let world = &*call.world;
    if call.fields.value("Peer_Account").is_none() {
        let total = json!(world.c2c_total(reader, call.now));
        return Ok(Map::from_iter([("AllC2CUnreadMsgNum".to_owned(), total)]));
    }
    let peers = call
        .fields
        .texts("Peer_Account", PEERS, error::TOO_MANY_PEERS)?;
    let (mut counts, mut errors) = (Vec::new(), Vec::new());
    for peer in peers {
        match world.account(peer) {
            Some(account) => counts.push(json!({
                "Peer_Account": peer, "C2CUnreadMsgNum": world.c2c_unread(reader, account, call.now),
            })),
            None => errors.push(json!({
                "Peer_Account": peer, "ErrorCode": error::NO_SUCH_ACCOUNT,
            })),
        }
    }
    let mut answer = Map::from_iter([("C2CUnreadMsgNumList".to_owned(), json!(counts))]);
    if !errors.is_empty() {
        answer.insert("ErrorList".to_owned(), json!(errors));
    }
    Ok(answer)
}
