//! The page against the data it shows, without a browser.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::event::Verdict;
use crate::report::page::{
    CallsPart, Explained, Facts, ImportPage, InputPart, NextStep, State, TargetPart,
};
use crate::report::{History, Settled};

/// What a hostile input or a hostile server could make us show.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'&{{x}}\u{202e}";

fn history() -> History {
    let mut history = History::default();
    history.timeline_mut().began(at(0));
    for row in 1..=2500_u64 {
        let failed = row.is_multiple_of(50);
        history.settled(Settled {
            row,
            verdict: if failed {
                Verdict::Failed
            } else {
                Verdict::Succeeded
            },
            group_id: HOSTILE,
            member_account: HOSTILE,
            unread_num: Some(1234),
            code: if failed { 10010 } else { 0 },
            info: HOSTILE,
            at: at(i64::try_from(row).unwrap() * 5),
            ms: row % 90,
        });
    }
    history.rejected(at(100), "group_id_empty: the group id is empty");
    history.settled(Settled {
        row: 3000,
        verdict: Verdict::Exhausted,
        group_id: "g",
        member_account: "m",
        unread_num: None,
        code: -1,
        info: HOSTILE,
        at: at(60_000),
        ms: 10_000,
    });
    history
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

fn page(checkpoint: &str) -> ImportPage {
    let facts = Facts {
        tool: "0.0.0".to_owned(),
        generated_at: at(90_000),
        checkpoint: checkpoint.to_owned(),
        run: "0123".to_owned(),
        inputs: vec![InputPart {
            path: checkpoint.to_owned(),
            bytes: 123_456,
        }],
        target: TargetPart {
            endpoint: "https://example.invalid".to_owned(),
            sdk_app_id: 1_400_000_001,
            identifier: checkpoint.to_owned(),
        },
        state: State::Running,
        reason: None,
        rows: 5000,
        rejected: 1,
        calls: CallsPart {
            planned: 4000,
            succeeded: 2450,
            failed: 50,
            exhausted: 1,
            in_doubt: 2,
            never_sent: 1497,
        },
        failures_by_code: BTreeMap::from([(10010, 50), (-1, 1)]),
        next: vec![NextStep {
            purpose: "Send what is left".to_owned(),
            command: checkpoint.to_owned(),
        }],
    };
    let explain = |code| {
        (code == 10010).then_some(Explained {
            meaning: "the group does not exist",
            advice: "Create it, or see `im-unread failures`.",
        })
    };
    ImportPage::new(facts, &history(), None, &explain)
}

/// The member of `value` at a dotted path.
fn find<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(value, |value, step| match step.parse::<usize>() {
            Ok(index) => &value[index],
            Err(_) => &value[step],
        })
}

#[test]
fn every_number_of_the_page_is_the_one_of_the_json() {
    let page = page("unread.csv");
    let (html, json) = (import_html(&page), serde_json::to_value(&page).unwrap());
    let mut numbers = 0;
    for part in html.split("<span data-number=\"").skip(1) {
        let (path, rest) = part.split_once("\">").unwrap();
        let (shown, _) = rest.split_once("</span>").unwrap();
        let shown: u64 = shown.replace(',', "").parse().unwrap();
        assert_eq!(find(&json, path).as_u64(), Some(shown), "{path}");
        numbers += 1;
    }
    assert!(numbers > 20, "{numbers}");
}

#[test]
fn hostile_texts_are_text() {
    let html = import_html(&page(HOSTILE));
    assert!(!html.contains("<img"));
    assert!(!html.contains(HOSTILE));
    assert_eq!(html.matches("</script>").count(), 1);
    assert!(html.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"));
}

#[test]
fn nothing_but_the_page_s_own_style_and_script_may_act() {
    let html = import_html(&page("unread.csv"));
    assert!(html.contains("default-src 'none'; style-src 'sha256-"));
    for sign in [
        " style=",
        "http-equiv=\"refresh",
        "<iframe",
        "<link rel=\"stylesheet",
        "@import",
        "url(",
        "<script ",
        "<img",
        "<object",
        "<base",
    ] {
        assert!(!html.contains(sign), "{sign}");
    }
}

#[test]
fn the_parts_of_a_report_add_up() {
    let page = page("unread.csv");
    let settled: u64 = page
        .throughput
        .buckets
        .iter()
        .map(|b| b.succeeded + b.failed)
        .sum();
    assert_eq!(settled, 2501);
    assert_eq!(page.remaining, 1500);
    let latency = page.latency.as_ref().unwrap();
    assert_eq!(latency.calls, 2500);
    assert_eq!(
        latency.histogram.iter().map(|bar| bar.calls).sum::<u64>(),
        2500
    );
    let failed: u64 = page.failures.iter().map(|failure| failure.calls).sum();
    assert_eq!(failed, page.calls.failed + page.calls.exhausted);
}

#[test]
fn backticks_mark_what_is_to_be_typed() {
    let html = import_html(&page("unread.csv"));
    assert!(html.contains("Create it, or see <code>im-unread failures</code>."));
}
