//! What the endpoints answer: counts, dialogs and users, and the look at messages that clears counts.

use serde_json::{Map, Value, json};

use super::data::{Dialog, User};
use super::{Caller, QuickBlox, Refusal};

/// The total over all dialogs of the user, and the count of each dialog that was asked for.
#[expect(clippy::unnecessary_wraps, reason = "all endpoints share one type")]
pub(super) fn unread(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let total: u64 = service
        .dialogs_of(caller.user)
        .map(|dialog| u64::from(dialog.unread_of(caller.user)))
        .sum();
    let mut counts = Map::new();
    counts.insert("total".to_owned(), json!(total));
    let asked = caller
        .query
        .get("chat_dialog_ids")
        .map(String::as_str)
        .unwrap_or_default();
    for id in asked.split(',').filter(|id| !id.is_empty()) {
        let count = service
            .dialog(id)
            .map_or(0, |dialog| dialog.unread_of(caller.user));
        counts.insert(id.to_owned(), json!(count));
    }
    Ok(Value::Object(counts))
}

/// A page of the user's dialogs: 100 unless asked otherwise, 1,000 at most.
pub(super) fn dialogs(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let limit = number(caller, "limit", 100)?.min(1_000);
    let skip = number(caller, "skip", 0)?;
    let kinds = caller
        .query
        .get("type[in]")
        .or_else(|| caller.query.get("type"));
    let wanted = |dialog: &&Dialog| {
        kinds.is_none_or(|kinds| kinds.split(',').any(|kind| kind.parse() == Ok(dialog.kind)))
    };
    let all: Vec<&Dialog> = service.dialogs_of(caller.user).filter(wanted).collect();
    let page = all.iter().skip(skip).take(limit);
    let items: Vec<Value> = page
        .map(|dialog| dialog_item(dialog, caller.user))
        .collect();
    let page = json!({"skip": skip, "limit": limit, "items": items});
    Ok(with_total(caller, all.len(), page))
}

fn dialog_item(dialog: &Dialog, user: u64) -> Value {
    let room = format!("1_{}@muc.chat.quickblox.com", dialog.id);
    let room = if dialog.kind == 3 {
        Value::Null
    } else {
        json!(room)
    };
    json!({
        "_id": dialog.id, "type": dialog.kind, "name": dialog.name, "user_id": dialog.user_id,
        "occupants_ids": dialog.occupants_ids, "xmpp_room_jid": room, "photo": null, "data": null,
        "last_message": null, "last_message_date_sent": null, "last_message_id": null,
        "last_message_user_id": null, "unread_messages_count": dialog.unread_of(user),
        "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
    })
}

/// A page of all users: 10 unless asked otherwise, 100 at most.
pub(super) fn users(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let per_page = number(caller, "per_page", 10)?.clamp(1, 100);
    let page = number(caller, "page", 1)?.max(1);
    let skipped = (page - 1).saturating_mul(per_page);
    let items: Vec<Value> = service
        .users
        .iter()
        .skip(skipped)
        .take(per_page)
        .map(user_item)
        .collect();
    let total = service.users.len();
    let page = json!({"current_page": page, "per_page": per_page, "items": items});
    Ok(with_total(caller, total, page))
}

fn user_item(user: &User) -> Value {
    json!({"user": {
        "id": user.id, "login": user.login, "email": user.email, "full_name": user.full_name,
        "external_user_id": user.external_user_id,
        "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z",
        "last_request_at": null, "custom_data": null, "user_tags": null,
    }})
}

/// A look at messages, which marks them read unless `mark_as_read=0`: here for callers that should
/// not do it, so that it shows.
pub(super) fn messages(service: &mut QuickBlox, caller: &Caller<'_>) -> Result<Value, Refusal> {
    let asked = caller
        .query
        .get("chat_dialog_id")
        .map(String::as_str)
        .unwrap_or_default();
    let keeps = caller
        .query
        .get("mark_as_read")
        .is_some_and(|mark| mark == "0");
    if service.dialog(asked).is_none() {
        return Err(Refusal::not_found());
    }
    if !keeps {
        service.read(caller.user, asked);
    }
    Ok(json!({"skip": 0, "limit": 100, "items": []}))
}

/// The page with the number of all entries, where pages tell it.
fn with_total(caller: &Caller<'_>, total: usize, mut page: Value) -> Value {
    if let Some(members) = page.as_object_mut().filter(|_| caller.tells_totals) {
        members.insert("total_entries".to_owned(), json!(total));
    }
    page
}

fn number(caller: &Caller<'_>, name: &str, default: usize) -> Result<usize, Refusal> {
    let Some(text) = caller.query.get(name) else {
        return Ok(default);
    };
    text.parse()
        .ok()
        .ok_or_else(|| Refusal::invalid(name, "should be a number"))
}
