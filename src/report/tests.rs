//! A report in its two forms, page and JSON, against each other and against the schema.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;

use super::*;
use crate::event::{Event, Verdict};
use crate::record::{
    Clamp, Code, Column, Finding, GroupType, Location, OtherRow, Problem, RowCounts, Tally,
};
use crate::report::code::Explained;
use crate::report::document::{
    AffectedOne, AffectedPart, AffectedResult, AskedPart, CallsPart, CheckedImport, ConfidencePart,
    DifferencePart, DifferencesPart, Facts, Findings, GapBar, GapsPart, GroupPart, GroupsPart,
    ImportReport, InputPart, NextStep, Origin, ResultPart, SessionNumbers, SumsPart, TargetPart,
    ValidationReport, VerificationReport,
};
use crate::report::validation::{
    Checked, ClampedCall, ClampedGroup, ClampedGroups, Clamps, ClampsPart, MapPart, Unmapped,
    UnmappedId, Validation,
};
use crate::source::{MapUse, Merged};

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
            attempts: 1,
            at: at(i64::try_from(row).unwrap() * 5),
            ms: row % 90,
        });
    }
    history.rejected(at(100), "group_id_empty: the group id is empty");
    let mut live = LivePauses::new((Instant::now(), at(0)));
    live.apply(&Event::RateLimited {
        code: 60007,
        at: Instant::now(),
        hold: Some(Duration::from_millis(250)),
    });
    history.timeline_mut().explain(live.finish(Instant::now()));
    history.settled(Settled {
        row: 3000,
        verdict: Verdict::Exhausted,
        group_id: "g",
        member_account: "m",
        unread_num: None,
        code: -1,
        info: HOSTILE,
        attempts: 6,
        at: at(60_000),
        ms: 10_000,
    });
    history
}

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap()
}

fn page(checkpoint: &str) -> ImportReport {
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
        reason: Some(StopReason {
            kind: "outage".to_owned(),
            code: None,
            message: checkpoint.to_owned(),
            hint: "wait".to_owned(),
        }),
        rows: 5000,
        left_out: Vec::new(),
        remarks: Vec::new(),
        rejected: 1,
        calls: CallsPart {
            planned: 4000,
            succeeded: 2450,
            failed: 50,
            exhausted: 1,
            in_flight: 2,
            in_doubt: 0,
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
    let session = Summary::new(Plan::default(), Instant::now());
    let session = SessionNumbers::new(&session, Duration::from_secs(12));
    ImportReport::new(facts, &history(), Some(session), &explain)
}

/// The member of `value` at a dotted path.
fn find<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(value, |value, step| match step.parse::<usize>() {
            Ok(index) => &value[index],
            Err(_) => &value[step],
        })
}

/// Compares every number of the page with the JSON, and tells how many there are.
fn same_numbers(html: &str, json: &Value) -> usize {
    let mut numbers = 0;
    for part in html.split("<span data-number=\"").skip(1) {
        let (path, rest) = part.split_once("\">").unwrap();
        let (shown, _) = rest.split_once("</span>").unwrap();
        let shown: u64 = shown.replace(',', "").parse().unwrap();
        assert_eq!(find(json, path).as_u64(), Some(shown), "{path}");
        numbers += 1;
    }
    numbers
}

#[test]
fn every_number_of_the_page_is_the_one_of_the_json() {
    let page = page("unread.csv");
    let (html, json) = (import_html(&page), serde_json::to_value(&page).unwrap());
    assert!(same_numbers(&html, &json) > 20);
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

/// Thirty rows that disagree with another.
fn conflicts() -> Validation {
    let mut validation = Validation::default();
    for row in 1..=30 {
        let problem = Problem {
            other: Some(OtherRow {
                file: 0,
                line: 7,
                unread_num: 9,
            }),
            ..Problem::new(Code::ConflictingDuplicate, Column::UnreadNum, HOSTILE)
        };
        let location = Location {
            file: 0,
            line: row + 1,
            byte: 0,
            row,
        };
        validation.apply(Finding {
            location,
            problem: &problem,
        });
    }
    validation
}

/// A map whose every id is hostile.
fn map(validation: &Validation) -> MapPart {
    let usage = MapUse {
        column: Column::GroupId,
        path: HOSTILE.into(),
        entries: 4000,
        unused: 11,
        unused_examples: vec![HOSTILE.to_owned(); 10],
        merged: 12,
        merged_examples: vec![
            Merged {
                target: HOSTILE.to_owned(),
                first: HOSTILE.to_owned(),
                second: HOSTILE.to_owned(),
            };
            10
        ],
    };
    let id = HOSTILE.to_owned();
    let unmapped = Unmapped {
        ids: 13,
        examples: vec![UnmappedId { id, rows: 14 }],
    };
    MapPart::new(&usage, unmapped, validation)
}

/// Sixty calls of a hostile group, of which each loses more than the one before.
fn clamps() -> ClampsPart {
    let mut clamps = Clamps::default();
    for row in 1..=60 {
        let clamp = Clamp::predict(u32::try_from(row).unwrap() + 9, 9).unwrap();
        clamps.add(clamp, row, || ClampedCall {
            file: HOSTILE.to_owned(),
            line: row + 1,
            row,
            group_id: HOSTILE.to_owned(),
            member_account: HOSTILE.to_owned(),
            unread_num: clamp.unread_num,
            becomes: clamp.becomes,
        });
    }
    let group = ClampedGroup {
        group_id: HOSTILE.to_owned(),
        calls: 60,
        lost: 1830,
    };
    clamps.finish(ClampedGroups {
        count: 1,
        biggest: vec![group],
    })
}

/// The report of an input in which every cell is hostile.
fn validation() -> ValidationReport {
    let mut shape = Shape::default();
    for unread_num in 0..1500 {
        shape.add(unread_num, GroupType::parse("Work"));
    }
    let validation = conflicts();
    let checked = Checked {
        files: &[HOSTILE.into()],
        rows: RowCounts {
            read: 1540,
            valid: 1510,
            invalid: 30,
            duplicates: 10,
            skipped: 0,
        },
        planned: 1500,
        qps: 200,
        maps: &[map(&validation)],
        clamps: Some(&clamps()),
        tally: &Tally::default(),
        validation: &validation,
    };
    let origin = Origin {
        tool: "0.0.0".to_owned(),
        generated_at: at(0),
        inputs: vec![InputPart {
            path: HOSTILE.to_owned(),
            bytes: 9,
        }],
        on_duplicate: "error",
        groups: GroupsPart {
            count: 1,
            biggest: vec![GroupPart {
                group_id: HOSTILE.to_owned(),
                calls: 1500,
                unread: 1_124_250,
            }],
        },
        next: vec![NextStep {
            purpose: "Rehearse".to_owned(),
            command: HOSTILE.to_owned(),
        }],
    };
    ValidationReport::new(origin, &checked, &shape)
}

#[test]
fn the_validation_page_has_the_json_s_numbers_and_hostile_cells_as_text() {
    let report = validation();
    let (html, json) = (
        validation_html(&report),
        serde_json::to_value(&report).unwrap(),
    );
    assert!(same_numbers(&html, &json) > 12);
    assert!(!html.contains("<img") && !html.contains(HOSTILE));
    assert_eq!(
        json["problems"][0]["examples"].as_array().unwrap().len(),
        20
    );
    assert_eq!(json["duplicates"]["conflicting"], 30);
    assert!(html.contains("and 10 more"));
    assert!(html.contains("20 of 60 are listed."));
    for path in [
        "clamps.lost",
        "maps.0.used",
        "maps.0.merged",
        "maps.0.unmapped_ids",
    ] {
        let shown = format!("data-number=\"{path}\"");
        assert!(html.contains(&shown), "{path}");
    }
}

/// The report of a sample in which every text is hostile.
fn verification() -> VerificationReport {
    let part = |result, counts| ResultPart {
        result,
        counts,
        meaning: "m",
    };
    let found = Findings {
        subject: HOSTILE.to_owned(),
        inputs: Vec::new(),
        target: TargetPart {
            endpoint: HOSTILE.to_owned(),
            sdk_app_id: 1_400_000_001,
            identifier: HOSTILE.to_owned(),
        },
        import: Some(CheckedImport {
            run: "1".to_owned(),
            calls_planned: 5000,
            calls_succeeded: 4999,
            counts_set: 4999,
        }),
        rows: None,
        checked: 1000,
        results: vec![part("matched", 998), part("mismatched", 2)],
        sums: SumsPart {
            expected: 12_000,
            found: 11_000,
        },
        confidence: Some(ConfidencePart {
            sample: 1000,
            of: 4999,
            level: 0.95,
            at_most_share: 0.0061,
            at_most: 31,
        }),
        differences: two_differences(),
        gaps: GapsPart {
            lower: 1,
            higher: 0,
            histogram: vec![GapBar {
                from: 512,
                to: 1023,
                counts: 1,
            }],
        },
        affected: one_group(),
        asked: AskedPart {
            by: "group",
            calls: 1001,
            attempts: 1003,
            rate_limited: 1,
            busiest_second: 199,
            seconds: 5.5,
            continued: Some(at(0)),
            calls_by_group: Some(1500),
            calls_by_member: Some(4000),
        },
        next: Vec::new(),
    };
    VerificationReport::new("0.0.0".to_owned(), at(0), found)
}

fn two_differences() -> DifferencesPart {
    let difference = |found| DifferencePart {
        row: 7,
        group_id: Some(HOSTILE.to_owned()),
        member_account: Some(HOSTILE.to_owned()),
        expected: 1234,
        found,
        result: "mismatched",
        reason: HOSTILE.to_owned(),
        ..DifferencePart::default()
    };
    DifferencesPart {
        total: 2,
        shown: vec![difference(Some(234)), difference(None)],
        file: None,
    }
}

fn one_group() -> AffectedPart {
    AffectedPart {
        count: 1,
        most: vec![AffectedOne {
            id: HOSTILE.to_owned(),
            differences: 2,
            results: vec![AffectedResult {
                result: "mismatched",
                counts: 2,
            }],
        }],
    }
}

#[test]
fn the_verification_page_has_the_json_s_numbers_and_hostile_cells_as_text() {
    let report = verification();
    let (html, json) = (
        verification_html(&report),
        serde_json::to_value(&report).unwrap(),
    );
    assert!(same_numbers(&html, &json) > 20);
    assert!(!html.contains("<img") && !html.contains(HOSTILE));
    assert_eq!(
        json["verdict"]["sentence"],
        "2 of 1,000 counts differ: 2 mismatched; with 95 % confidence at most 0.61 % of all \
         4,999 differ; not succeeded: 1 call"
    );
    assert_eq!(json["verdict"]["level"], "bad");
    assert_eq!(json["outcome"], "different");
}

/// What `value` violates of `schema`, of the keywords that the schemas of `samples/` use.
fn violations(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let mut expect = |holds: bool, what: &str| {
        if !holds {
            found.push(format!("{place}: {what}: {value}"));
        }
    };
    if let Some(constant) = schema.get("const") {
        expect(constant == value, "const");
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        expect(choices.contains(value), "enum");
    }
    let types = match schema.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    expect(
        types.is_empty() || types.iter().any(|name| is_a(name, value)),
        "type",
    );
    if let Some(least) = schema.get("minimum").and_then(Value::as_f64) {
        expect(
            value.as_f64().is_none_or(|number| number >= least),
            "minimum",
        );
    }
    if let (Some(properties), Some(object)) = (schema.get("properties"), value.as_object()) {
        for name in schema["required"].as_array().unwrap() {
            expect(
                object.contains_key(name.as_str().unwrap()),
                &format!("no {name}"),
            );
        }
        for (name, value) in object {
            match properties.get(name) {
                Some(schema) => violations(schema, value, &format!("{place}.{name}"), found),
                None => found.push(format!("{place}: `{name}` is not in the schema")),
            }
        }
    }
    if let (Some(items), Some(array)) = (schema.get("items"), value.as_array()) {
        for (index, value) in array.iter().enumerate() {
            violations(items, value, &format!("{place}.{index}"), found);
        }
    }
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("`{other}` is no type"),
    }
}

#[test]
fn the_json_forms_follow_their_schemas() {
    let import = include_str!("../../samples/import-report.schema.json");
    let checked = include_str!("../../samples/validation-report.schema.json");
    let verified = include_str!("../../samples/verification-report.schema.json");
    for (schema, report) in [
        (import, serde_json::to_value(page("unread.csv")).unwrap()),
        (checked, serde_json::to_value(validation()).unwrap()),
        (verified, serde_json::to_value(verification()).unwrap()),
    ] {
        let schema: Value = serde_json::from_str(schema).unwrap();
        let mut found = Vec::new();
        violations(&schema, &report, "", &mut found);
        assert_eq!(found, Vec::<String>::new());
        let mut strange = report.clone();
        strange["verdict"]["level"] = "splendid".into();
        strange["surprise"] = Value::Null;
        violations(&schema, &strange, "", &mut found);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
