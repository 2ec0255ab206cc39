//! What is asked for, and how it is called at the target.

use std::collections::HashMap;

use crate::quickblox::{Dialog, DialogKind, User};
use crate::record::GroupType;

/// Which member of a user is the account's name at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameBy {
    /// QuickBlox's id.
    Id,
    /// The customer's own id.
    ExternalUserId,
    /// The login.
    Login,
    /// The mail address.
    Email,
}

/// How things are called at the target.
#[derive(Debug)]
pub(crate) struct Mapping {
    /// The type of groups for dialogs of type 1 and 2, where it is known.
    pub(crate) group_types: [Option<GroupType>; 2],
    name_by: NameBy,
    names: HashMap<u64, String>,
}

impl Mapping {
    /// Names for `users`.
    pub(crate) fn new(
        users: &[User],
        name_by: NameBy,
        group_types: [Option<GroupType>; 2],
    ) -> Self {
        let names = users.iter().filter_map(|user| {
            let name = match name_by {
                // Ids are their own names, also those of users that are not listed.
                NameBy::Id => return None,
                NameBy::ExternalUserId => user.external_user_id.clone(),
                NameBy::Login => user.login.clone(),
                NameBy::Email => user.email.clone(),
            };
            Some((user.id, name?))
        });
        Self {
            group_types,
            name_by,
            names: names.collect(),
        }
    }

    /// The account of a user; `None` for one without a name.
    pub(crate) fn account(&self, user: u64) -> Option<String> {
        match self.name_by {
            NameBy::Id => Some(user.to_string()),
            NameBy::ExternalUserId | NameBy::Login | NameBy::Email => {
                self.names.get(&user).cloned()
            }
        }
    }

    pub(super) fn group_type(&self, kind: DialogKind) -> Option<GroupType> {
        let [public, group] = self.group_types;
        match kind {
            DialogKind::Public => public,
            DialogKind::Group => group,
            DialogKind::Private | DialogKind::Unknown => None,
        }
    }
}

/// Where the dialogs of a user come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// From each user's own list.
    Fetched,
    /// From a file; the places of each user's dialogs, and of those that anybody may be in.
    Listed {
        dialogs: Vec<Dialog>,
        of_user: HashMap<u64, Vec<u32>>,
        of_anybody: Vec<u32>,
    },
}

impl Source {
    /// Dialogs of a file, by who takes part in them.
    pub(crate) fn listed(dialogs: Vec<Dialog>) -> Self {
        let mut of_user: HashMap<u64, Vec<u32>> = HashMap::new();
        let mut of_anybody = Vec::new();
        for (place, dialog) in (0..).zip(&dialogs) {
            match &dialog.occupants {
                // Occupants mean nothing for a public dialog.
                Some(users) if dialog.kind != DialogKind::Public => {
                    for user in users {
                        of_user.entry(*user).or_default().push(place);
                    }
                }
                Some(_) | None => of_anybody.push(place),
            }
        }
        Self::Listed {
            dialogs,
            of_user,
            of_anybody,
        }
    }

    /// Whether a user who was asked about the dialog is known to be in it. A list tells it by the
    /// occupants, which mean nothing for a public dialog; a user's own list has no others. Where
    /// it is not known, a count of 0 most likely means that the user is not in the dialog.
    pub(super) fn is_member(&self, dialog: &Dialog) -> bool {
        match self {
            Self::Fetched => true,
            Self::Listed { .. } => dialog.occupants.is_some() && dialog.kind != DialogKind::Public,
        }
    }

    /// The count that the dialog's own entry tells, if it is the count of the user who is asked
    /// about: a page is of whoever fetched it, and a file does not say who that was.
    pub(super) const fn unread_of_the_same_user(&self, dialog: &Dialog) -> Option<u64> {
        match self {
            Self::Fetched => dialog.unread,
            Self::Listed { .. } => None,
        }
    }

    pub(super) fn of(&self, user: u64) -> Vec<&Dialog> {
        match self {
            Self::Fetched => Vec::new(),
            Self::Listed {
                dialogs,
                of_user,
                of_anybody,
            } => of_user
                .get(&user)
                .into_iter()
                .flatten()
                .chain(of_anybody)
                .filter_map(|&place| dialogs.get(place as usize))
                .collect(),
        }
    }
}
