//! What the target's answers mean for a planned call. Pure.

use super::rows::Row;
use crate::reads::Refused;
use crate::record::{Clamp, Code, Column, GroupType, Problem, Severity};
use crate::tencent::{AccountStatus, Group, Role};

/// The codes for a group that is not there: dissolved, or of an id that cannot be.
const NO_GROUP: [i64; 2] = [10010, 10015];

/// The codes for an account that is not there.
const NO_ACCOUNT: [i64; 2] = [10019, 70107];

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    There,
    NotThere,
    /// The code of the refusal, or -1.
    Untold(i64),
}

/// Judges one account's part of an answer; `None` if the answer leaves it out.
pub(super) fn account(answer: Option<&Result<AccountStatus, Refused>>) -> Account {
    match answer {
        Some(Ok(AccountStatus::Imported)) => Account::There,
        Some(Ok(AccountStatus::NotImported)) => Account::NotThere,
        Some(Err(refused)) if NO_ACCOUNT.contains(&refused.code) => Account::NotThere,
        Some(Err(refused)) => Account::Untold(refused.code),
        Some(Ok(AccountStatus::Unknown(_))) | None => Account::Untold(-1),
    }
}

/// The problem of a row whose group cannot be sent to, or not be told about; `None` for a group
/// whose members are worth asking for.
pub(super) fn group(row: &Row, answer: Option<&Result<Group, Refused>>) -> Option<Problem> {
    match answer {
        None => Some(untold("the answer leaves the group out")),
        Some(Err(refused)) => Some(refused_group(row, refused)),
        Some(Ok(group)) => {
            let kind = GroupType::parse(group.kind.as_deref()?)?;
            (!kind.keeps_unread()).then(|| problem(Code::TargetGroupUnsupported, kind.name()))
        }
    }
}

/// Whether the group is of the type whose messages can be in topics.
pub(super) fn may_have_topics(group: &Group) -> bool {
    group.kind.as_deref().and_then(GroupType::parse) == Some(GroupType::Community)
}

/// The problem of all rows of a community, given whether it has topics.
pub(super) fn topics(group: &Group, answer: &Result<bool, Refused>) -> Option<Problem> {
    match answer {
        Ok(false) => None,
        Ok(true) => Some(problem(Code::MessagesInTopics, &group.id)),
        Err(refused) => Some(untold(&format!("get_topic: {refused}"))),
    }
}

/// The problem of a row whose group a call refuses.
pub(super) fn refused_group(row: &Row, refused: &Refused) -> Problem {
    if NO_GROUP.contains(&refused.code) {
        let code = refused.code;
        problem(Code::GroupNotFound, &format!("{} (code {code})", row.group))
    } else {
        untold(&refused.to_string())
    }
}

/// The problems of a row, of which nothing is wrong but what the group's answer or the role tells.
pub(super) fn member(row: &Row, group: &Group, role: Option<&Role>) -> Vec<Problem> {
    let role = match role {
        Some(Role::Member) => None,
        Some(Role::NotMember) => Some(problem(Code::NotAMember, &row.member)),
        Some(Role::Unknown(role)) => Some(untold(&format!("role {role}"))),
        None => Some(untold("the answer leaves the account out")),
    };
    let fails = |problem: &Problem| problem.code.severity() == Severity::Error;
    if let Some(problem) = role.as_ref().filter(|problem| fails(problem)) {
        return vec![problem.clone()];
    }
    let kind = group.kind.as_deref();
    [role, differing_type(row, kind), clamped(row, group)]
        .into_iter()
        .flatten()
        .collect()
}

fn differing_type(row: &Row, kind: Option<&str>) -> Option<Problem> {
    let exported = row.group_type?;
    let kind = kind?;
    let found = match GroupType::parse(kind) {
        Some(real) if real == exported => return None,
        Some(real) => real.name(),
        None => kind,
    };
    let found = format!("{} → {found}", exported.name());
    Some(problem(Code::GroupTypeDiffers, &found))
}

/// Numbers start at 1 and have no gaps, so the next one less one is the number of messages, and
/// the highest count that the group takes.
fn clamped(row: &Row, group: &Group) -> Option<Problem> {
    let Some(next) = group.next_msg_seq else {
        return Some(untold("the answer tells no message numbers"));
    };
    let clamp = Clamp::predict(row.unread, next.saturating_sub(1))?;
    Some(problem(Code::CountAboveMessageCount, &clamp.to_string()))
}

/// Nothing is known, and why.
pub(super) fn untold(why: &str) -> Problem {
    problem(Code::NotChecked, why)
}

pub(super) fn problem(code: Code, found: &str) -> Problem {
    Problem::new(code, code.online_column().unwrap_or(Column::Record), found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Location;

    fn row(unread: u32) -> Row {
        let location = Location {
            file: 0,
            line: 2,
            byte: 9,
            row: 1,
        };
        Row {
            location,
            group: "g".into(),
            member: "m".into(),
            unread,
            group_type: Some(GroupType::Public),
        }
    }

    fn of(kind: &str, next_msg_seq: Option<u64>) -> Group {
        Group {
            id: "g".into(),
            kind: Some(kind.into()),
            next_msg_seq,
            member_num: None,
        }
    }

    #[test]
    fn what_the_target_does_not_tell_is_no_error_and_no_silence() {
        let refused = |code| Refused {
            code,
            info: "why".into(),
            passing: false,
        };
        assert_eq!(account(None), Account::Untold(-1));
        assert_eq!(account(Some(&Err(refused(70500)))), Account::Untold(70500));
        assert_eq!(account(Some(&Err(refused(70107)))), Account::NotThere);
        let code = |problem: Option<Problem>| problem.map(|problem| problem.code);
        assert_eq!(code(group(&row(1), None)), Some(Code::NotChecked));
        let busy = Err(refused(10002));
        assert_eq!(code(group(&row(1), Some(&busy))), Some(Code::NotChecked));
        let gone = Err(refused(10015));
        assert_eq!(code(group(&row(1), Some(&gone))), Some(Code::GroupNotFound));
        let unknown_role = Role::Unknown("Guest".into());
        for role in [None, Some(&unknown_role)] {
            let problems = member(&row(1), &of("Public", Some(9)), role);
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].code, Code::NotChecked);
        }
        let problems = member(&row(1), &of("Public", None), Some(&Role::Member));
        assert_eq!(problems[0].code, Code::NotChecked);
    }

    #[test]
    fn counts_are_cut_to_one_less_than_the_next_number_and_types_are_compared_by_meaning() {
        for (kind, next, unread, expected) in [
            ("Public", 10, 9, vec![]),
            ("Public", 10, 10, vec!["10 → 9"]),
            ("Public", 0, 1, vec!["1 → 0"]),
            ("Public", 1, 0, vec![]),
            ("Private", 10, 1, vec!["Public → Work"]),
            ("BChatRoom", 10, 1, vec!["Public → BChatRoom"]),
            ("Work", 1, 7, vec!["Public → Work", "7 → 0"]),
        ] {
            let problems = member(&row(unread), &of(kind, Some(next)), Some(&Role::Member));
            let found: Vec<&str> = problems.iter().map(|problem| &*problem.found).collect();
            assert_eq!(found, expected, "{kind} {next} {unread}");
        }
    }
}
