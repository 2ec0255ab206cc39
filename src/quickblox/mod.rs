//! QuickBlox, the source system: its REST API, as far as unread counts need it.
//!
//! Three endpoints are called, and none that reads messages, since that would mark them read:
//! `chat/Message/unread.json`, `chat/Dialog.json` and `users.json` (QuickBlox's reference and its
//! help centre, editions of 2023 and 2024). `answer` reads (pure), `client` asks over the same
//! transport as the target's. Pace and repeats are the engine's.

mod answer;
mod client;

pub(crate) use self::answer::{Dialog, DialogKind, Page, User, dialog_of, user_of};
pub(crate) use self::client::{Access, Client};
