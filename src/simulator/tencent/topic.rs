//! Topics of communities: as far as a caller needs them to find out that a community keeps its
//! messages in topics.

use serde_json::{Map, Value, json};

use super::Call;
use super::error::{self, Refusal};
use super::field::check_group_id;
use crate::simulator::world::{AccountNumber, GroupType, Topic};

/// Topics in one call of `get_topic`; not documented.
const BATCH: usize = 50;

/// The fields of a topic that a filter can name. The ID is always answered.
const FIELDS: [&str; 6] = [
    "TopicName",
    "FaceUrl",
    "Notification",
    "Introduction",
    "CreateTime",
    "NextMsgSeq",
];

/// `import_topic`: adds a topic to a community that has topics (page 1047/53448).
pub(super) fn import_topic(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.named_group()?;
    if call.world.kind(group) != GroupType::Community {
        return Err(Refusal::of(error::NOT_PERMITTED));
    }
    if call.world.topics(group).is_none() {
        return Err(Refusal::of(error::TOPICS_OFF));
    }
    let fields = call.fields;
    fields.text("TopicName")?;
    let topic = Topic {
        id: fields
            .optional_text("TopicId")?
            .unwrap_or_default()
            .to_owned(),
        name: fields.short_text("TopicName", 150)?,
        introduction: fields.short_text("Introduction", 400)?,
        notification: fields.short_text("Notification", 400)?,
        face_url: fields.short_text("FaceUrl", 500)?,
        created_at: fields.optional_number("CreateTime")?.unwrap_or(call.now),
        ..Topic::default()
    };
    let id = call.world.add_topic(group, topic);
    let id = id.ok_or_else(|| Refusal::of(error::BAD_GROUP_ID))?;
    Ok(Map::from_iter([("TopicId".to_owned(), json!(id))]))
}

/// `get_topic`: the topics of a community as one account sees them (page 1047/49469). Each topic
/// has its own `ErrorCode`.
pub(super) fn get_topic(call: &mut Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let group = call.named_group()?;
    let fields = call.fields;
    let account = fields.text("From_Account")?;
    let account = call.world.account(account);
    let account = account.ok_or_else(|| Refusal::of(error::UNKNOWN_ACCOUNT))?;
    let named = fields.optional_texts("TopicIdList")?;
    if named.as_ref().is_some_and(|named| named.len() > BATCH) {
        return Err(fields.bad("TopicIdList"));
    }
    let filter = fields.optional_texts("ResponseFilter")?;
    if call.world.kind(group) != GroupType::Community {
        return Err(Refusal::of(error::NOT_PERMITTED));
    }
    let Some(topics) = call.world.topics(group) else {
        let code = call.world.quirks().topics_off();
        return code.map_or_else(|| Ok(answer(&[])), |code| Err(Refusal::of(code)));
    };
    let item = |topic: &Topic| topic_item(topic, account, filter.as_deref().unwrap_or(&FIELDS));
    let items: Vec<Value> = match named {
        None => topics.iter().map(item).collect(),
        Some(ids) => {
            let found = ids.into_iter().map(|id| {
                let known = topics.iter().find(|topic| topic.id == id);
                known.map_or_else(|| unknown_item(id), item)
            });
            found.collect()
        }
    };
    Ok(answer(&items))
}

fn answer(items: &[Value]) -> Map<String, Value> {
    Map::from_iter([("TopicAndSelfInfo".to_owned(), json!(items))])
}

fn topic_item(topic: &Topic, account: AccountNumber, fields: &[&str]) -> Value {
    let mut info = Map::from_iter([("TopicId".to_owned(), json!(topic.id))]);
    for &name in fields {
        let value = match name {
            "TopicName" => json!(topic.name),
            "FaceUrl" => json!(topic.face_url),
            "Notification" => json!(topic.notification),
            "Introduction" => json!(topic.introduction),
            "CreateTime" => json!(topic.created_at),
            "NextMsgSeq" => json!(u64::from(topic.messages) + 1),
            _ => continue,
        };
        info.insert(name.to_owned(), value);
    }
    let read = topic.messages.saturating_sub(topic.unread_of(account));
    json!({"ErrorCode": 0, "ErrorInfo": "", "TopicInfo": info, "SelfInfo": {"MsgSeq": read}})
}

fn unknown_item(id: &str) -> Value {
    let refusal = check_group_id(id).err();
    let refusal = refusal.unwrap_or_else(|| Refusal::of(error::NO_GROUP));
    json!({
        "ErrorCode": refusal.code, "ErrorInfo": refusal.info, "TopicInfo": {"TopicId": id},
    })
}
