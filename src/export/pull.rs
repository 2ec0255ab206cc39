//! One user: which dialogs to ask for, the counts, and whether they agree with each other.

use std::collections::HashSet;
use std::hash::Hash;

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use serde::{Deserialize, Serialize};

use super::mapping::{Mapping, Source};
use crate::delivery::GroupKey;
use crate::quickblox::{Client, Dialog, DialogKind, Page, User};
use crate::reads::{RateLimitedApi, Refused};
use crate::record::GroupType;
use crate::stop_reason::StopReason;
use crate::tencent::Transport;

/// Pages of the list of users that are asked for at a time.
const PAGES_AT_ONCE: usize = 16;

/// The endpoints of QuickBlox as one API: the limit of the plan spans all of them.
#[derive(Debug)]
pub(crate) struct Api<'a, T> {
    pub(crate) client: &'a Client<T>,
    pub(crate) calls: RateLimitedApi,
}

/// Sums over users.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sums {
    /// Users whose counts are written.
    pub(crate) users: u64,
    /// Users who were refused for good.
    pub(crate) refused: u64,
    /// Users without a name at the target.
    pub(crate) nameless: u64,
    /// Group counts written.
    pub(crate) rows: u64,
    /// Of these, counts of public dialogs.
    pub(crate) public_rows: u64,
    /// Of these, counts of dialogs whose type is not told: they may be one-to-one.
    pub(crate) untyped_rows: u64,
    /// One-to-one counts written.
    pub(crate) c2c_rows: u64,
    /// Sum of the group counts.
    pub(crate) unread: u64,
    /// Sum of the one-to-one counts.
    pub(crate) c2c_unread: u64,
    /// Dialogs that were asked for and have no number in the answer.
    pub(crate) missing: u64,
    /// One-to-one dialogs whose other side is not known.
    pub(crate) peerless: u64,
    /// Dialogs in answers that were not asked for.
    pub(crate) unasked: u64,
    /// Users whose total is above the sum of what was asked for: they have unread messages in
    /// dialogs beyond those asked for.
    pub(crate) more_elsewhere: u64,
    /// Unread messages in those dialogs.
    pub(crate) unread_elsewhere: u64,
    /// Users whose total is below the sum.
    pub(crate) total_too_low: u64,
    /// Dialogs whose own `unread_messages_count` is another number.
    pub(crate) disagreeing: u64,
}

impl Sums {
    /// Adds others.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.users += other.users;
        self.refused += other.refused;
        self.nameless += other.nameless;
        self.rows += other.rows;
        self.public_rows += other.public_rows;
        self.untyped_rows += other.untyped_rows;
        self.c2c_rows += other.c2c_rows;
        self.unread += other.unread;
        self.c2c_unread += other.c2c_unread;
        self.missing += other.missing;
        self.peerless += other.peerless;
        self.unasked += other.unasked;
        self.more_elsewhere += other.more_elsewhere;
        self.unread_elsewhere += other.unread_elsewhere;
        self.total_too_low += other.total_too_low;
        self.disagreeing += other.disagreeing;
    }
}

/// A line of the output.
#[derive(Debug, Serialize)]
pub(super) struct Row<'a> {
    pub(super) group_id: &'a str,
    pub(super) member_account: &'a str,
    pub(super) unread_num: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group_type: Option<&'static str>,
    /// Marks public dialogs, whose counts the vendor's pages leave doubtful.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quickblox_type: Option<u8>,
}

/// A line of the one-to-one output.
#[derive(Debug, Serialize)]
pub(super) struct C2cRow<'a> {
    pub(super) account: &'a str,
    pub(super) peer: &'a str,
    pub(super) count: u64,
}

/// Two sources that say different things of one count, or a user who could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doubt {
    /// The user.
    pub(crate) user: u64,
    /// The dialog, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dialog: Option<String>,
    /// What is doubtful, one phrase.
    pub(crate) what: String,
    /// With which HTTP status the user was refused, if that is what it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<i64>,
}

/// What is known of a user.
#[derive(Debug, Default)]
pub(super) struct Pulled {
    pub(super) user: u64,
    /// Lines of the output.
    pub(super) rows: Vec<u8>,
    /// Lines of the one-to-one output.
    pub(super) c2c: Vec<u8>,
    pub(super) sums: Sums,
    pub(super) doubts: Vec<Doubt>,
    /// Attempts were used up: the user is asked for again the next time.
    pub(super) exhausted: bool,
}

/// All users, from the service.
pub(crate) async fn fetch_users<T: Transport>(
    api: &Api<'_, T>,
) -> Result<Result<Vec<User>, Refused>, StopReason> {
    let page = |number| {
        api.calls
            .call(GroupKey(number), move |_departure| api.client.users(number))
    };
    let first: Page<User> = match page(1).await? {
        Ok(first) => first,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut users = Listed::new(|user: &User| user.id);
    let Some(total) = first.total else {
        return users_of_unknown_number(api, first, users).await;
    };
    users.add(first.items);
    let pages = Client::<T>::pages(total);
    let mut rest = iter(2..=pages).map(page).buffered(PAGES_AT_ONCE);
    while let Some(next) = rest.try_next().await? {
        match next {
            Ok(page) => users.add(page.items),
            Err(refused) => return Ok(Err(refused)),
        };
    }
    Ok(Ok(users.items))
}

/// Page after page, to the first that has nothing new: where nobody says how many there are, a
/// short page may be one that the service has cut.
async fn users_of_unknown_number<T: Transport>(
    api: &Api<'_, T>,
    first: Page<User>,
    mut users: Listed<User, u64>,
) -> Result<Result<Vec<User>, Refused>, StopReason> {
    let mut number = 1;
    let mut page = first;
    while users.add(page.items) {
        number += 1;
        page = match api
            .calls
            .call(GroupKey(number), |_departure| api.client.users(number))
            .await?
        {
            Ok(page) => page,
            Err(refused) => return Ok(Err(refused)),
        };
    }
    Ok(Ok(users.items))
}

/// What is on the pages of a list, each entry once.
struct Listed<T, K> {
    items: Vec<T>,
    seen: HashSet<K>,
    key: fn(&T) -> K,
}

impl<T, K: Eq + Hash> Listed<T, K> {
    fn new(key: fn(&T) -> K) -> Self {
        Self {
            items: Vec::new(),
            seen: HashSet::new(),
            key,
        }
    }

    /// Adds a page. False if nothing on it is new.
    fn add(&mut self, page: Vec<T>) -> bool {
        let before = self.items.len();
        let new = page
            .into_iter()
            .filter(|item| self.seen.insert((self.key)(item)));
        self.items.extend(new);
        self.items.len() > before
    }
}

/// Reads one user's counts.
pub(super) async fn pull<T: Transport>(
    api: &Api<'_, T>,
    source: &Source,
    mapping: &Mapping,
    user: u64,
) -> Result<Pulled, StopReason> {
    let mut pulled = Pulled {
        user,
        ..Pulled::default()
    };
    let Some(account) = mapping.account(user) else {
        pulled.sums.nameless = 1;
        pulled.doubt(None, "has no name at the target".to_owned());
        return Ok(pulled);
    };
    let fetched;
    let dialogs: Vec<&Dialog> = match source {
        Source::Listed { .. } => source.of(user),
        Source::Fetched => {
            fetched = match fetch_dialogs(api, user).await? {
                Ok(fetched) => fetched,
                Err(refused) => return Ok(pulled.refused(&refused)),
            };
            fetched.iter().collect()
        }
    };
    let ids: Vec<&str> = dialogs.iter().map(|dialog| &*dialog.id).collect();
    let mut counts = Vec::new();
    let mut total = None;
    for batch in api.client.batches(&ids) {
        match api
            .calls
            .call(GroupKey(user), |_departure| api.client.unread(user, batch))
            .await?
        {
            Err(refused) => return Ok(pulled.refused(&refused)),
            Ok(unread) => {
                counts.extend(unread.counts);
                pulled.sums.unasked += unread.unasked;
                total = unread.total.or(total);
            }
        }
    }
    pulled.sums.users = 1;
    for (dialog, count) in dialogs.iter().zip(&counts) {
        pulled.take(dialog, *count, &account, (source, mapping));
    }
    if let Some(total) = total {
        pulled.compare(total, counts.iter().flatten().sum());
    }
    Ok(pulled)
}

async fn fetch_dialogs<T: Transport>(
    api: &Api<'_, T>,
    user: u64,
) -> Result<Result<Vec<Dialog>, Refused>, StopReason> {
    let mut dialogs = Listed::new(|dialog: &Dialog| dialog.id.clone());
    let mut skip = 0;
    loop {
        let page = match api
            .calls
            .call(GroupKey(user), |_departure| api.client.dialogs(user, skip))
            .await?
        {
            Ok(page) => page,
            Err(refused) => return Ok(Err(refused)),
        };
        skip += page.entries;
        let all = page.total.is_some_and(|total| skip >= total);
        // Without a total, the last page is the first that has nothing new.
        if !dialogs.add(page.items) && page.total.is_none() || page.entries == 0 || all {
            return Ok(Ok(dialogs.items));
        }
    }
}

impl Pulled {
    fn doubt(&mut self, dialog: Option<&Dialog>, what: String) {
        self.doubts.push(Doubt {
            user: self.user,
            dialog: dialog.map(|dialog| dialog.id.clone()),
            what,
            status: None,
        });
    }

    fn refused(mut self, refused: &Refused) -> Self {
        self.exhausted = refused.passing;
        self.sums = Sums {
            refused: 1,
            ..Sums::default()
        };
        self.doubts = vec![Doubt {
            user: self.user,
            dialog: None,
            what: format!("could not be read: {refused}"),
            status: Some(refused.code),
        }];
        self
    }

    fn take(
        &mut self,
        dialog: &Dialog,
        count: Option<u64>,
        account: &str,
        (source, mapping): (&Source, &Mapping),
    ) {
        let Some(count) = count else {
            self.sums.missing += 1;
            self.doubt(Some(dialog), "no number in unread.json".to_owned());
            return;
        };
        let other = source.unread_of_the_same_user(dialog);
        if let Some(other) = other.filter(|&other| other != count) {
            self.sums.disagreeing += 1;
            let what = format!("unread.json says {count}, Dialog.json says {other}");
            self.doubt(Some(dialog), what);
        }
        if count == 0 && !source.is_member(dialog) {
            return;
        }
        if dialog.kind == DialogKind::Private {
            self.take_c2c(dialog, count, account, mapping);
            return;
        }
        let public = dialog.kind == DialogKind::Public;
        self.sums.rows += 1;
        self.sums.public_rows += u64::from(public);
        self.sums.untyped_rows += u64::from(dialog.kind == DialogKind::Unknown);
        self.sums.unread += count;
        line(
            &mut self.rows,
            &Row {
                group_id: &dialog.id,
                member_account: account,
                unread_num: count,
                group_type: mapping.group_type(dialog.kind).map(GroupType::name),
                quickblox_type: public.then_some(1),
            },
        );
    }

    fn take_c2c(&mut self, dialog: &Dialog, count: u64, account: &str, mapping: &Mapping) {
        let occupants = dialog.occupants.iter().flatten();
        let mut others = occupants.filter(|&&other| other != self.user);
        let peer = others.next().and_then(|&peer| mapping.account(peer));
        let Some(peer) = peer else {
            self.sums.peerless += 1;
            let what = format!("{count} unread, and the other side is not known");
            self.doubt(Some(dialog), what);
            return;
        };
        self.sums.c2c_rows += 1;
        self.sums.c2c_unread += count;
        let row = C2cRow {
            account,
            peer: &peer,
            count,
        };
        line(&mut self.c2c, &row);
    }

    /// The total spans all of the user's dialogs, so it is the sum or more.
    fn compare(&mut self, total: u64, sum: u64) {
        if total > sum {
            self.sums.more_elsewhere += 1;
            self.sums.unread_elsewhere += total - sum;
        }
        if total < sum {
            self.sums.total_too_low += 1;
            let what = format!("total {total} is below the sum {sum} of the dialogs");
            self.doubt(None, what);
        }
    }
}

fn line(out: &mut Vec<u8>, row: &impl Serialize) {
    serde_json::to_writer(&mut *out, row).expect("text and numbers always serialise into memory");
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::super::mapping::NameBy;
    use super::*;

    fn dialog(kind: DialogKind, unread: Option<u64>) -> Dialog {
        Dialog {
            id: "aa".to_owned(),
            kind,
            occupants: Some(vec![7, 8]),
            unread,
        }
    }

    fn mapping() -> Mapping {
        let users = [7, 8].map(|id| User {
            id,
            login: None,
            email: None,
            external_user_id: None,
        });
        Mapping::new(&users, NameBy::Id, [None, None])
    }

    fn taken(source: &Source, dialog: &Dialog, count: u64) -> Pulled {
        let mut pulled = Pulled {
            user: 7,
            ..Pulled::default()
        };
        pulled.take(dialog, Some(count), "7", (source, &mapping()));
        pulled
    }

    #[test]
    fn a_dialog_s_own_count_is_compared_where_it_is_of_the_same_user() {
        let stale = dialog(DialogKind::Group, Some(5));
        let fetched = taken(&Source::Fetched, &stale, 0);
        assert_eq!((fetched.sums.disagreeing, fetched.doubts.len()), (1, 1));
        let doubt = fetched.doubts.first().unwrap();
        assert_eq!(doubt.what, "unread.json says 0, Dialog.json says 5");
        // A page in a file is of whoever fetched it.
        let listed = Source::listed(vec![stale.clone()]);
        assert_eq!(taken(&listed, &stale, 0).sums.disagreeing, 0);
        let silent = dialog(DialogKind::Group, None);
        assert_eq!(taken(&Source::Fetched, &silent, 3).sums.disagreeing, 0);
    }

    #[test]
    fn a_total_spans_all_dialogs_and_cannot_be_below_their_sum() {
        let mut pulled = Pulled::default();
        pulled.compare(9, 9);
        assert_eq!(pulled.sums, Sums::default());
        pulled.compare(12, 9);
        assert_eq!(
            (pulled.sums.more_elsewhere, pulled.sums.unread_elsewhere),
            (1, 3)
        );
        assert!(pulled.doubts.is_empty(), "the others were not asked for");
        pulled.compare(4, 9);
        assert_eq!((pulled.sums.total_too_low, pulled.doubts.len()), (1, 1));
    }

    #[test]
    fn counts_of_dialogs_without_a_type_are_told_apart() {
        let untyped = taken(&Source::Fetched, &dialog(DialogKind::Unknown, None), 3);
        assert_eq!((untyped.sums.rows, untyped.sums.untyped_rows), (1, 1));
        let private = taken(&Source::Fetched, &dialog(DialogKind::Private, None), 3);
        assert_eq!((private.sums.rows, private.sums.c2c_rows), (0, 1));
        let public = taken(&Source::Fetched, &dialog(DialogKind::Public, None), 3);
        assert_eq!((public.sums.public_rows, public.sums.untyped_rows), (1, 0));
    }
}
