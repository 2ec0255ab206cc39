//! The messages of a one-to-one conversation.

use serde_json::{Map, Value, json};

use super::Call;
use super::error;
use super::error::Refusal;
use crate::simulator::world::{AccountNumber, Message, Standing};

/// Bytes of messages in one answer (page 1047/35478).
const LARGEST_PAGE: usize = 13 * 1_024;

/// What `MsgFlagBits` says of a recalled message.
const RECALLED: u8 = 8;

/// `admin_getroammsg`: a page of a conversation. Pages go from the newest message to the oldest;
/// within one the oldest stands first, and it is the one that the next page goes on from.
pub(super) fn admin_getroammsg(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let fields = call.fields;
    // A client in use has the names of the error list in place of those of the page.
    let is_old = fields.value("Operator_Account").is_none();
    let names = if is_old && fields.value("From_Account").is_some() {
        ["From_Account", "To_Account"]
    } else {
        ["Operator_Account", "Peer_Account"]
    };
    let [operator, peer] = names;
    let operator = call.account(operator, error::BAD_FROM)?;
    let peer = call.account(peer, error::BAD_TO)?;
    let most = fields.number("MaxCnt")? as usize;
    let (oldest, newest) = (fields.number("MinTime")?, fields.number("MaxTime")?);
    let last = fields.optional_text("LastMsgKey")?.unwrap_or_default();
    let messages = call.world.c2c_messages(operator, peer, call.now);
    let in_range = messages
        .iter()
        .filter(|message| (oldest..=newest).contains(&message.key.sent_at));
    let mut rest = in_range.rev().peekable();
    if messages.iter().any(|message| message_key(message) == last) {
        rest.by_ref().find(|message| message_key(message) == last);
    }
    let mut items = Vec::new();
    let mut size = 0;
    while let Some(message) = rest.peek() {
        let item = item(call, (operator, peer), message);
        let length = item.to_string().len();
        if items.len() == most || (size + length > LARGEST_PAGE && !items.is_empty()) {
            break;
        }
        size += length;
        items.push(item);
        rest.next();
    }
    let complete = rest.peek().is_none();
    items.reverse();
    let last = |name: &str| items.first().map(|item| item[name].clone());
    Ok(Map::from_iter([
        ("Complete".to_owned(), json!(u8::from(complete))),
        ("MsgCnt".to_owned(), json!(items.len())),
        (
            "LastMsgTime".to_owned(),
            last("MsgTimeStamp").unwrap_or(json!(0)),
        ),
        ("LastMsgKey".to_owned(), last("MsgKey").unwrap_or(json!(""))),
        ("MsgList".to_owned(), json!(items)),
    ]))
}

fn message_key(message: &Message) -> String {
    let key = message.key;
    format!("{}_{}_{}", key.sequence, key.random, key.sent_at)
}

fn item(call: &Call<'_>, (one, other): (AccountNumber, AccountNumber), message: &Message) -> Value {
    let receiver = if message.sender == one { other } else { one };
    let content = call.world.c2c_content(message);
    let body = content.and_then(|content| serde_json::from_str(&content.body).ok());
    let body: Value = body
        .unwrap_or_else(|| json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}]));
    let custom_data = content.and_then(|content| content.custom_data.as_deref());
    let mut item = Map::new();
    item.extend(custom_data.map(|data| ("CloudCustomData".to_owned(), json!(data))));
    let common = json!({
        "From_Account": call.world.account_name(message.sender),
        "To_Account": call.world.account_name(receiver),
        "MsgSeq": message.key.sequence, "MsgRandom": message.key.random,
        "MsgTimeStamp": message.key.sent_at,
        "MsgFlagBits": if message.standing == Standing::Recalled { RECALLED } else { 0 },
        "IsPeerRead": 0, "MsgKey": message_key(message), "MsgBody": body,
    });
    if let Value::Object(common) = common {
        item.extend(common);
    }
    Value::Object(item)
}
