//! What is there against what should be there. Pure.

use serde::{Deserialize, Serialize};

use super::observe::Observed;

/// Unread messages of one conversation that the service counts, at most (page 1047/33524, 2025).
const UNREAD_KEPT: u64 = 250;

/// Conversations of one account with a count, at most (the same page).
const CONVERSATIONS_KEPT: u64 = 100;

/// How one count came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It is there.
    Matched,
    /// The group has fewer messages than that, and the target shows their number.
    Clamped,
    /// One-to-one: the service keeps no count as high as that, or of so many conversations.
    Capped,
    /// Another count is there.
    Mismatched,
    /// The account is not in the group, or one of both is gone.
    NotMember,
    /// It cannot be told.
    Unverifiable,
    /// One-to-one: the account or the peer does not exist.
    UnknownAccount,
}

impl Verdict {
    /// The stable word.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Clamped => "clamped",
            Self::Capped => "capped",
            Self::Mismatched => "mismatched",
            Self::NotMember => "not_member",
            Self::Unverifiable => "unverifiable",
            Self::UnknownAccount => "unknown_account",
        }
    }
}

/// A count that is not there as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Difference {
    /// Number of the row in the input.
    pub(crate) row: u64,
    /// The group; for one-to-one conversations the peer.
    #[serde(rename = "group_id")]
    pub(crate) group: String,
    /// The account.
    #[serde(rename = "member_account")]
    pub(crate) member: String,
    /// What should be there.
    pub(crate) expected: u32,
    /// What is there.
    pub(crate) found: Option<u64>,
    /// How it came out.
    pub(crate) verdict: Verdict,
    /// Why, one phrase.
    pub(crate) reason: String,
    /// The count was reckoned from message numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reckoned: bool,
}

/// Sums over verdicts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tally {
    /// Counts by verdict.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) matched: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) clamped: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) capped: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) mismatched: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) not_member: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) unverifiable: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) unknown_account: u64,
    /// Counts above 0 that were reckoned from message numbers and matched.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) reckoned_right: u64,
    /// Counts that were reckoned from message numbers and did not match.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) reckoned_wrong: u64,
    /// Sum of what should be there.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) expected: u64,
    /// Sum of what is there, where that is known.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) found: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde calls"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Tally {
    /// Counts looked at.
    pub(crate) const fn checked(&self) -> u64 {
        self.matched + self.different()
    }

    /// Counts that are not there as they should be.
    pub(crate) const fn different(&self) -> u64 {
        self.clamped
            + self.capped
            + self.mismatched
            + self.not_member
            + self.unverifiable
            + self.unknown_account
    }

    /// Counts of one verdict.
    pub(crate) const fn of(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Matched => self.matched,
            Verdict::Clamped => self.clamped,
            Verdict::Capped => self.capped,
            Verdict::Mismatched => self.mismatched,
            Verdict::NotMember => self.not_member,
            Verdict::Unverifiable => self.unverifiable,
            Verdict::UnknownAccount => self.unknown_account,
        }
    }

    /// Adds another tally.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.matched += other.matched;
        self.clamped += other.clamped;
        self.capped += other.capped;
        self.mismatched += other.mismatched;
        self.not_member += other.not_member;
        self.unverifiable += other.unverifiable;
        self.unknown_account += other.unknown_account;
        self.reckoned_right += other.reckoned_right;
        self.reckoned_wrong += other.reckoned_wrong;
        self.expected += other.expected;
        self.found += other.found;
    }

    /// Whether reckoning counts from message numbers fits no count at all: then the app keeps its
    /// books otherwise, and what does not match is not known to be wrong.
    pub(crate) const fn reckoning_fails(&self) -> bool {
        self.reckoned_wrong > 0 && self.reckoned_right == 0
    }

    /// The tally to tell: what was reckoned by a rule that never fits counts as unverifiable.
    pub(crate) const fn told(mut self) -> Self {
        if self.reckoning_fails() {
            self.mismatched -= self.reckoned_wrong;
            self.unverifiable += self.reckoned_wrong;
        }
        self
    }

    /// Counts one more: what should be there and what is.
    pub(super) fn judge(&mut self, expected: u32, observed: &Observed) -> Judgement {
        let judgement = judgement(expected, observed);
        let counter = match judgement.verdict {
            Verdict::Matched => &mut self.matched,
            Verdict::Clamped => &mut self.clamped,
            Verdict::Capped => &mut self.capped,
            Verdict::Mismatched => &mut self.mismatched,
            Verdict::NotMember => &mut self.not_member,
            Verdict::Unverifiable => &mut self.unverifiable,
            Verdict::UnknownAccount => &mut self.unknown_account,
        };
        *counter += 1;
        let right = judgement.verdict == Verdict::Matched && expected > 0;
        let wrong = judgement.verdict == Verdict::Mismatched;
        self.reckoned_right += u64::from(judgement.reckoned && right);
        self.reckoned_wrong += u64::from(judgement.reckoned && wrong);
        self.expected += u64::from(expected);
        self.found += judgement.found.unwrap_or(0);
        judgement
    }
}

impl Difference {
    /// The difference to tell, given the whole tally.
    pub(crate) fn told(mut self, tally: &Tally) -> Self {
        if self.reckoned && self.verdict == Verdict::Mismatched && tally.reckoning_fails() {
            self.verdict = Verdict::Unverifiable;
            "message numbers fit no count of this app".clone_into(&mut self.reason);
        }
        self
    }
}

/// A verdict and its grounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) found: Option<u64>,
    pub(super) reason: String,
    pub(super) reckoned: bool,
}

impl Observed {
    /// Why there is no count, one phrase; empty where there is one.
    pub(crate) fn reason(&self) -> String {
        judgement(0, self).reason
    }
}

fn judgement(expected: u32, observed: &Observed) -> Judgement {
    let without_count = |verdict, reason: String| Judgement {
        verdict,
        found: None,
        reason,
        reckoned: false,
    };
    match observed {
        Observed::Count {
            unread,
            messages,
            reckoned,
        } => {
            let (verdict, reason) = compare(u64::from(expected), *unread, *messages);
            Judgement {
                verdict,
                found: Some(*unread),
                reason,
                reckoned: *reckoned,
            }
        }
        Observed::Conversation { unread, of } => {
            let (verdict, reason) = compare_conversation(u64::from(expected), *unread, *of);
            Judgement {
                verdict,
                found: Some(*unread),
                reason,
                reckoned: false,
            }
        }
        Observed::KeepsNone { kind } => Judgement {
            verdict: if expected == 0 {
                Verdict::Matched
            } else {
                Verdict::Mismatched
            },
            found: Some(0),
            reason: format!("a {kind} group keeps no counts; the call was ignored"),
            reckoned: false,
        },
        Observed::NoGroup(refused) => {
            without_count(Verdict::NotMember, format!("no such group ({refused})"))
        }
        Observed::NoMember => {
            without_count(Verdict::NotMember, "not in the group (any more)".to_owned())
        }
        Observed::NoAccount(refused) => {
            without_count(Verdict::NotMember, format!("no such account ({refused})"))
        }
        Observed::UnknownAccount(refused) => {
            without_count(Verdict::UnknownAccount, format!("{refused}"))
        }
        Observed::Unknown(why) => without_count(Verdict::Unverifiable, why.clone()),
    }
}

fn compare(expected: u64, found: u64, messages: Option<u64>) -> (Verdict, String) {
    if found == expected {
        return (Verdict::Matched, String::new());
    }
    if let Some(messages) = messages.filter(|&messages| messages < expected && found == messages) {
        let reason = format!("the group has {messages} messages");
        return (Verdict::Clamped, reason);
    }
    let reason = if found < expected {
        "lower: never set, set anew, or read since"
    } else {
        "higher: never set, set anew, or new messages since"
    };
    (Verdict::Mismatched, reason.to_owned())
}

/// A one-to-one count, where the account has `of` conversations.
fn compare_conversation(expected: u64, found: u64, of: u64) -> (Verdict, String) {
    if expected > UNREAD_KEPT && found == UNREAD_KEPT {
        let reason = format!("the service counts {UNREAD_KEPT} unread messages a conversation");
        return (Verdict::Capped, reason);
    }
    if expected > 0 && found == 0 && of > CONVERSATIONS_KEPT {
        let reason = format!(
            "the service counts in {CONVERSATIONS_KEPT} conversations, and the account has {of}"
        );
        return (Verdict::Capped, reason);
    }
    let (verdict, reason) = compare(expected, found, None);
    if verdict == Verdict::Mismatched && found < expected {
        let reason = "lower: read since, never imported as unread, or older than the 7 days that \
                      the service keeps";
        return (verdict, reason.to_owned());
    }
    (verdict, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reads::Refused;

    fn count(unread: u64, messages: u64, reckoned: bool) -> Observed {
        Observed::Count {
            unread,
            messages: Some(messages),
            reckoned,
        }
    }

    #[test]
    fn every_observation_has_its_verdict() {
        let refused = Refused {
            code: 10010,
            info: String::new(),
            passing: false,
        };
        let kind = "Meeting".to_owned();
        for (expected, observed, verdict) in [
            (5, count(5, 9, true), Verdict::Matched),
            (0, count(0, 0, true), Verdict::Matched),
            (9, count(4, 4, true), Verdict::Clamped),
            (1, count(0, 0, true), Verdict::Clamped),
            (9, count(3, 4, true), Verdict::Mismatched),
            (4, count(9, 9, true), Verdict::Mismatched),
            (4, count(0, 4, true), Verdict::Mismatched),
            (
                4,
                Observed::KeepsNone { kind: kind.clone() },
                Verdict::Mismatched,
            ),
            (0, Observed::KeepsNone { kind }, Verdict::Matched),
            (4, Observed::NoGroup(refused.clone()), Verdict::NotMember),
            (4, Observed::NoAccount(refused.clone()), Verdict::NotMember),
            (4, Observed::NoMember, Verdict::NotMember),
            (
                4,
                Observed::UnknownAccount(refused),
                Verdict::UnknownAccount,
            ),
            (4, Observed::Unknown("?".to_owned()), Verdict::Unverifiable),
        ] {
            let mut tally = Tally::default();
            let judged = tally.judge(expected, &observed);
            assert_eq!(judged.verdict, verdict, "{expected} {observed:?}");
            assert_eq!(tally.checked(), 1);
            assert_eq!(tally.matched, u64::from(verdict == Verdict::Matched));
        }
    }

    #[test]
    fn a_count_beyond_the_caps_is_capped_and_each_cap_is_named() {
        let most = "250 unread messages a conversation";
        for (expected, unread, of, verdict, named) in [
            (250, 250, 1, Verdict::Matched, ""),
            (251, 250, 1, Verdict::Capped, most),
            (9_000, 250, 200, Verdict::Capped, most),
            (251, 251, 1, Verdict::Matched, ""),
            (251, 249, 1, Verdict::Mismatched, "7 days"),
            (250, 249, 1, Verdict::Mismatched, "7 days"),
            (249, 250, 1, Verdict::Mismatched, "higher"),
            (5, 0, 100, Verdict::Mismatched, "7 days"),
            (
                5,
                0,
                101,
                Verdict::Capped,
                "100 conversations, and the account has 101",
            ),
            (5, 4, 101, Verdict::Mismatched, "7 days"),
            (0, 0, 101, Verdict::Matched, ""),
        ] {
            let mut tally = Tally::default();
            let judged = tally.judge(expected, &Observed::Conversation { unread, of });
            assert_eq!(judged.verdict, verdict, "{expected} {unread} {of}");
            assert!(judged.reason.contains(named), "{}", judged.reason);
            assert_eq!(named.is_empty(), judged.reason.is_empty());
            assert_eq!(tally.of(verdict), 1);
            assert_eq!(tally.different(), u64::from(verdict != Verdict::Matched));
        }
    }

    #[test]
    fn a_rule_that_never_fits_makes_counts_unverifiable_and_not_wrong() {
        let mut tally = Tally::default();
        for unread in 1..=9 {
            tally.judge(20, &count(unread, 100, true));
        }
        // A count of 0 fits whoever has read everything, so it proves nothing.
        tally.judge(0, &count(0, 100, true));
        let kind = "Meeting".to_owned();
        tally.judge(7, &Observed::KeepsNone { kind });
        let told = tally.told();
        assert_eq!((told.mismatched, told.unverifiable), (1, 9));
        assert_eq!(told.checked(), tally.checked());
        tally.judge(20, &count(20, 100, true));
        assert_eq!(
            (tally.told().mismatched, tally.told().unverifiable),
            (10, 0)
        );
    }

    #[test]
    fn what_the_server_tells_outright_is_wrong_when_it_is_wrong() {
        let mut tally = Tally::default();
        tally.judge(20, &count(1, 100, false));
        assert_eq!(tally.told().mismatched, 1);
    }
}
