//! The cases of the policy, without a clock: what came, and what it means.

use super::*;

/// A policy and a present that only tests move.
struct Case {
    policy: Policy,
    now: Instant,
    began: Instant,
}

/// What an attempt in a case came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Success,
    Code(i64),
    Rate,
    Status(u16),
    Nothing,
    Unavailable(u64),
}

fn refusal(code: i64) -> Refusal {
    Refusal {
        code,
        info: "why".to_owned(),
    }
}

impl Came {
    fn error(self) -> Option<AttemptError> {
        let nothing = NoAnswer {
            info: "no answer in time".to_owned(),
            ..NoAnswer::default()
        };
        Some(match self {
            Self::Success => return None,
            Self::Code(code) => AttemptError::Refused(refusal(code)),
            Self::Rate => AttemptError::RateLimited {
                refusal: refusal(60007),
                retry_after: None,
            },
            Self::Nothing => AttemptError::NoAnswer(nothing),
            Self::Status(status) => AttemptError::NoAnswer(NoAnswer {
                status: Some(status),
                ..nothing
            }),
            Self::Unavailable(seconds) => AttemptError::NoAnswer(NoAnswer {
                status: Some(503),
                retry_after: Some(Duration::from_secs(seconds)),
                ..nothing
            }),
        })
    }
}

impl Case {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            policy: Policy::new(Patience {
                max_attempts: 4,
                outage_limit: Duration::from_mins(15),
                early_stop: None,
                max_failures: None,
            }),
            now,
            began: now,
        }
    }

    fn sent(&mut self, group: u64) -> Attempt {
        self.policy
            .sent(GroupKey(group), Account::default(), self.now)
    }

    fn came(&mut self, attempt: &Attempt, came: Came) -> Judged {
        self.now += Duration::from_millis(5);
        self.policy.judge(attempt, came.error(), self.now, 0.5)
    }

    /// One attempt after the other.
    fn attempt(&mut self, group: u64, came: Came) -> Judged {
        let attempt = self.sent(group);
        self.came(&attempt, came)
    }

    fn is_down(&self) -> bool {
        self.policy.down_since().is_some()
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }
}

fn spent(judged: &Judged) -> u32 {
    match &judged.next {
        Next::Again { account, .. } => account.spent,
        Next::Settle(settled) => panic!("settled: {settled:?}"),
    }
}

#[test]
fn twenty_attempts_of_three_groups_without_an_answer_are_an_outage_and_no_fewer() {
    for (attempts, groups, down) in [
        (20, 3, true),
        (19, 3, false),
        (20, 20, true),
        (40, 2, false),
        (200, 1, false),
    ] {
        let mut case = Case::new();
        case.attempt(99, Came::Success);
        for attempt in 0..attempts {
            case.attempt(attempt % groups, Came::Status(502));
        }
        assert_eq!(case.is_down(), down, "{attempts} of {groups} groups");
    }
}

#[test]
fn one_answer_of_any_kind_begins_the_count_anew() {
    for answer in [Came::Success, Came::Code(10010), Came::Rate] {
        let mut case = Case::new();
        for _ in 0..10 {
            for attempt in 0..19 {
                case.attempt(attempt, Came::Nothing);
            }
            case.attempt(30, answer);
        }
        assert!(!case.is_down(), "{answer:?}");
    }
}

#[test]
fn a_group_that_fails_while_others_are_answered_fails_on_its_own_account() {
    for sick in [Came::Status(504), Came::Status(403), Came::Nothing] {
        let mut case = Case::new();
        let mut account = Account::default();
        let mut settled = None;
        for _ in 0..10 {
            let attempt = case.policy.sent(GroupKey(1), account, case.now);
            for healthy in 2..6 {
                case.attempt(healthy, Came::Success);
            }
            match case.came(&attempt, sick).next {
                Next::Again { account: now, .. } => account = now,
                Next::Settle(end) => {
                    settled = Some(end);
                    break;
                }
            }
        }
        assert!(matches!(settled, Some(Settled::Exhausted(_))), "{sick:?}");
        assert_eq!(case.policy.standing(GroupKey(1)), Standing::Sick);
        assert_eq!(case.policy.standing(GroupKey(2)), Standing::Well);
    }
}

#[test]
fn a_sick_group_does_not_make_an_outage_alone_or_with_another_one() {
    let mut case = Case::new();
    for round in 0..50 {
        case.attempt(1, Came::Status(504));
        case.attempt(2, Came::Status(504));
        if round < 5 {
            case.attempt(3, Came::Success);
        }
    }
    assert!(!case.is_down(), "90 failures of two groups that are sick");
    let judged = case.attempt(1, Came::Status(504));
    assert_eq!(spent(&judged), 1, "they are on their own account");
}

#[test]
fn a_sick_group_is_well_again_after_one_answer() {
    let mut case = Case::new();
    for _ in 0..4 {
        case.attempt(1, Came::Status(504));
        case.attempt(2, Came::Success);
    }
    assert_eq!(case.policy.standing(GroupKey(1)), Standing::Sick);
    case.attempt(1, Came::Code(10010));
    assert_eq!(case.policy.standing(GroupKey(1)), Standing::Well);
}

#[test]
fn groups_that_failed_last_are_suspected_until_another_one_answers_or_fails() {
    let mut case = Case::new();
    case.attempt(2, Came::Success);
    for _ in 0..20 {
        case.attempt(1, Came::Status(504));
    }
    assert!(case.policy.wants_another_group());
    assert_eq!(case.policy.standing(GroupKey(1)), Standing::Suspect);
    assert_eq!(case.policy.standing(GroupKey(2)), Standing::Well);
    case.attempt(2, Came::Success);
    assert!(!case.policy.wants_another_group());
    assert!(!case.is_down());
}

#[test]
fn where_nothing_else_is_left_it_is_an_outage_unless_others_were_answered_and_these_never() {
    // Group 1 was answered before: all that is left is down.
    let mut case = Case::new();
    case.attempt(1, Came::Success);
    for _ in 0..20 {
        case.attempt(1, Came::Status(502));
    }
    let (change, stop) = case.policy.nothing_else(case.now);
    assert_eq!((change, stop), (Some(Change::Began), None));
    // It never was, and another one was: the group is sick.
    let mut case = Case::new();
    case.attempt(2, Came::Success);
    for _ in 0..20 {
        case.attempt(1, Came::Status(502));
    }
    assert_eq!(case.policy.nothing_else(case.now).0, None);
    assert_eq!(case.policy.standing(GroupKey(1)), Standing::Sick);
    assert_eq!(spent(&case.attempt(1, Came::Status(502))), 1);
}

#[test]
fn in_an_outage_no_attempt_counts_and_one_probe_goes_at_a_time() {
    let mut case = Case::new();
    let in_flight: Vec<Attempt> = (0..40).map(|group| case.sent(group)).collect();
    for attempt in &in_flight {
        let judged = case.came(attempt, Came::Nothing);
        assert_eq!(spent(&judged), 0, "nothing was answered meanwhile");
    }
    assert!(case.is_down());
    let mut waits = Vec::new();
    for _ in 0..6 {
        let due = case.policy.due(case.now).unwrap();
        waits.push((due - case.now).as_millis());
        case.now = due;
        let probe = case.sent(50);
        assert_eq!(case.policy.due(case.now), None, "a probe is under way");
        assert_eq!(spent(&case.came(&probe, Came::Nothing)), 0);
    }
    assert_eq!(waits[1..], [1_000, 2_000, 4_000, 8_000, 10_000]);
    case.now = case.policy.due(case.now).unwrap();
    let probe = case.sent(60);
    let judged = case.came(&probe, Came::Success);
    assert!(matches!(judged.change, Some(Change::Ended(_))));
    assert_eq!(case.policy.due(case.now), Some(case.now));
}

#[test]
fn a_probe_costs_an_attempt_if_another_call_was_answered_meanwhile() {
    let mut case = Case::new();
    let late = case.sent(70);
    for group in 0..20 {
        case.attempt(group, Came::Nothing);
    }
    case.now = case.policy.due(case.now).unwrap();
    let probe = case.sent(50);
    let ended = case.came(&late, Came::Success).change;
    assert!(matches!(ended, Some(Change::Ended(_))));
    assert_eq!(spent(&case.came(&probe, Came::Nothing)), 1);
}

#[test]
fn an_outage_that_lasts_longer_than_the_limit_ends_everything() {
    let mut case = Case::new();
    for group in 0..20 {
        case.attempt(group, Came::Nothing);
    }
    case.pass(Duration::from_mins(14));
    assert_eq!(case.policy.overdue(case.now), None);
    case.pass(Duration::from_mins(2));
    let stop = case.policy.overdue(case.now);
    assert!(
        matches!(&stop, Some(StopReason::Outage { lasted, .. }) if lasted.as_secs() >= 960),
        "{stop:?}"
    );
}

#[test]
fn nothing_but_denied_access_before_the_first_answer_is_a_first_contact_that_failed() {
    for status in [401, 403, 407] {
        let mut case = Case::new();
        let stops: Vec<_> = (0..5)
            .filter_map(|group| case.attempt(group, Came::Status(status)).stop)
            .collect();
        assert!(
            matches!(&stops[..], [StopReason::FirstContact { status: said, .. }] if *said == status),
            "{stops:?}"
        );
        // One group is all there is.
        let mut case = Case::new();
        for _ in 0..5 {
            assert_eq!(case.attempt(1, Came::Status(status)).stop, None);
        }
        let (_, stop) = case.policy.nothing_else(case.now);
        assert!(matches!(stop, Some(StopReason::FirstContact { .. })));
    }
    let mut case = Case::new();
    case.attempt(77, Came::Code(10010));
    for group in 0..30 {
        assert_eq!(case.attempt(group, Came::Status(403)).stop, None);
    }
    assert!(case.is_down(), "after an answer it is an outage");
}

#[test]
fn only_refusals_for_the_rate_and_nothing_else_are_called_that() {
    for between in [
        Some(Came::Code(10010)),
        Some(Came::Nothing),
        Some(Came::Success),
        None,
    ] {
        let mut case = Case::new();
        case.attempt(1, Came::Rate);
        let mut stop = None;
        for minute in 0..20 {
            case.pass(Duration::from_mins(1));
            if let Some(between) = between {
                case.attempt(minute, between);
            } else {
                stop = stop.or(case.attempt(minute, Came::Rate).stop);
            }
        }
        stop = stop.or(case.attempt(1, Came::Rate).stop);
        let stopped = matches!(stop, Some(StopReason::RateLimited { .. }));
        assert_eq!(stopped, between.is_none(), "{between:?}: {stop:?}");
    }
}

#[test]
fn two_refusals_for_the_rate_hours_apart_are_no_reason_to_stop() {
    let mut case = Case::new();
    case.attempt(1, Came::Rate);
    case.pass(Duration::from_hours(3));
    assert_eq!(case.attempt(2, Came::Rate).stop, None);
}

#[test]
fn a_retry_after_is_kept_within_a_minute() {
    for (asked, granted) in [(5, 5), (59, 59), (600, 60)] {
        let mut case = Case::new();
        let judged = case.attempt(1, Came::Unavailable(asked));
        assert_eq!(
            judged.hold,
            Some(Duration::from_secs(granted)),
            "nothing else is known"
        );
        let Next::Again { wait, .. } = judged.next else {
            panic!("it goes again");
        };
        assert_eq!(wait, Duration::from_secs(granted));
        for group in 0..20 {
            case.attempt(group, Came::Unavailable(asked));
        }
        let probe = case.policy.due(case.now).unwrap() - case.now;
        assert!(
            case.is_down() && probe >= Duration::from_secs(granted - 1),
            "{probe:?}"
        );
    }
}

#[test]
fn what_one_group_asks_for_holds_up_nobody_else() {
    let mut case = Case::new();
    for _ in 0..4 {
        let attempt = case.sent(1);
        case.attempt(2, Came::Success);
        let judged = case.came(&attempt, Came::Unavailable(30));
        assert_eq!(judged.hold, None);
    }
}

#[test]
fn an_outage_counts_from_its_first_failure() {
    let mut case = Case::new();
    case.attempt(1, Came::Success);
    let before = case.now;
    for group in 0..20 {
        case.attempt(group, Came::Nothing);
    }
    assert_eq!(
        case.policy.down_since(),
        Some(before + Duration::from_millis(5))
    );
    assert!(before > case.began);
}

#[test]
fn an_unknown_code_is_asked_for_once_more_and_then_is_what_the_edge_says() {
    for stop in [None, Some(StopReason::Refused(refusal(10008)))] {
        let mut case = Case::new();
        let error = AttemptError::Unknown {
            refusal: refusal(10008),
            stop: stop.clone(),
        };
        let first = case.sent(1);
        let judged = case
            .policy
            .judge(&first, Some(error.clone()), case.now, 0.5);
        let Next::Again { account, .. } = judged.next else {
            panic!("it goes again");
        };
        let second = case.policy.sent(GroupKey(1), account, case.now);
        let judged = case.policy.judge(&second, Some(error), case.now, 0.5);
        assert_eq!(judged.stop, stop);
        let failed = Next::Settle(Settled::Failed(refusal(10008)));
        assert_eq!(judged.next == failed, stop.is_none());
    }
}

#[test]
fn equal_refusals_of_all_first_rows_end_everything_and_others_do_not() {
    let patience = Patience {
        max_attempts: 4,
        outage_limit: Duration::from_mins(15),
        early_stop: Some(3),
        max_failures: Some(4),
    };
    let failed = |code| Settled::Failed(refusal(code));
    let mut policy = Policy::new(patience);
    assert_eq!(policy.settled(&failed(10010)), None);
    assert_eq!(policy.settled(&Settled::Exhausted(refusal(-1))), None);
    assert_eq!(policy.settled(&failed(10010)), None);
    let stop = policy.settled(&failed(10010));
    assert!(matches!(
        stop,
        Some(StopReason::AllRefused { calls: 3, .. })
    ));
    let mut policy = Policy::new(patience);
    assert_eq!(policy.settled(&failed(10010)), None);
    assert_eq!(policy.settled(&Settled::Succeeded), None);
    for _ in 0..3 {
        assert_eq!(policy.settled(&failed(10010)), None);
    }
    let stop = policy.settled(&failed(10010));
    assert!(matches!(
        stop,
        Some(StopReason::TooManyFailures {
            failures: 5,
            limit: 4
        })
    ));
}

#[test]
fn the_last_call_ends_also_where_refusals_come_between_its_failures() {
    let mut case = Case::new();
    let mut account = Account::default();
    for _ in 0..8 {
        for came in [Came::Nothing, Came::Rate] {
            let attempt = case.policy.sent(GroupKey(1), account, case.now);
            match case.came(&attempt, came).next {
                Next::Again { account: left, .. } => account = left,
                Next::Settle(settled) => {
                    assert!(matches!(settled, Settled::Exhausted(_)));
                    return;
                }
            }
        }
    }
    panic!("it goes on for ever: {account:?}");
}
