//! What the simulated QuickBlox remembers: users, dialogs and unread counts.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// One user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::simulator) struct User {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) login: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) full_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) external_user_id: Option<u64>,
}

/// One dialog: type 1 is a public group, 2 a group, 3 private.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::simulator) struct Dialog {
    #[serde(rename = "_id")]
    pub(super) id: String,
    #[serde(rename = "type", default = "group")]
    pub(super) kind: u8,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) user_id: u64,
    #[serde(default)]
    pub(super) occupants_ids: Vec<u64>,
    /// The counts by user; a user without one has read everything.
    #[serde(default)]
    pub(super) unread: BTreeMap<u64, u32>,
}

/// The state of the service.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(from = "Form")]
pub(in crate::simulator) struct QuickBlox {
    pub(super) users: Vec<User>,
    pub(super) dialogs: Vec<Dialog>,
    #[serde(skip)]
    user_places: HashMap<u64, usize>,
    #[serde(skip)]
    dialog_places: HashMap<String, usize>,
    /// Places of the dialogs of each user.
    #[serde(skip)]
    dialogs_of: HashMap<u64, Vec<usize>>,
}

#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    users: Vec<User>,
    #[serde(default)]
    dialogs: Vec<Dialog>,
}

fn group() -> u8 {
    2
}

impl From<Form> for QuickBlox {
    fn from(form: Form) -> Self {
        let mut service = Self::default();
        for user in form.users {
            service.add_user(user);
        }
        for dialog in form.dialogs {
            service.add_dialog(dialog);
        }
        service
    }
}

impl QuickBlox {
    #[cfg(test)]
    /// Sets a user's count in a dialog; what is missing is created.
    pub(in crate::simulator) fn add_unread(
        &mut self,
        user: u64,
        dialog: &str,
        kind: u8,
        unread: u32,
    ) {
        self.add_user(User {
            id: user,
            login: format!("user{user}"),
            email: None,
            full_name: None,
            external_user_id: None,
        });
        let place = self.dialog_places.get(dialog).copied().unwrap_or_else(|| {
            self.add_dialog(Dialog {
                id: dialog.to_owned(),
                kind,
                name: dialog.to_owned(),
                user_id: user,
                occupants_ids: Vec::new(),
                unread: BTreeMap::new(),
            })
        });
        let Some(dialog) = self.dialogs.get_mut(place) else {
            return;
        };
        if !dialog.occupants_ids.contains(&user) {
            dialog.occupants_ids.push(user);
            self.dialogs_of.entry(user).or_default().push(place);
        }
        dialog.unread.insert(user, unread);
    }

    fn add_user(&mut self, user: User) {
        self.user_places.entry(user.id).or_insert_with(|| {
            self.users.push(user);
            self.users.len() - 1
        });
    }

    fn add_dialog(&mut self, dialog: Dialog) -> usize {
        let place = self.dialogs.len();
        let mut users = dialog.occupants_ids.clone();
        users.extend(dialog.unread.keys());
        users.sort_unstable();
        users.dedup();
        for user in users {
            self.dialogs_of.entry(user).or_default().push(place);
        }
        self.dialog_places.insert(dialog.id.clone(), place);
        self.dialogs.push(dialog);
        place
    }

    pub(super) fn has_user(&self, id: u64) -> bool {
        self.user_places.contains_key(&id)
    }

    pub(super) fn dialog(&self, id: &str) -> Option<&Dialog> {
        self.dialogs.get(*self.dialog_places.get(id)?)
    }

    /// The dialogs of a user, in the order in which they were made.
    pub(super) fn dialogs_of(&self, user: u64) -> impl Iterator<Item = &Dialog> {
        let places = self.dialogs_of.get(&user).into_iter().flatten();
        places.filter_map(|&place| self.dialogs.get(place))
    }

    /// Marks everything in a dialog as read by a user, as a look at its messages does.
    pub(super) fn read(&mut self, user: u64, dialog: &str) -> bool {
        let place = self.dialog_places.get(dialog);
        let Some(dialog) = place.and_then(|&place| self.dialogs.get_mut(place)) else {
            return false;
        };
        dialog.unread.remove(&user);
        true
    }
}

impl Dialog {
    /// How many messages a user has not read.
    pub(super) fn unread_of(&self, user: u64) -> u32 {
        self.unread.get(&user).copied().unwrap_or(0)
    }
}
