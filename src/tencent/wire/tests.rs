//! Answers as servers, gateways and vandals send them.

use http::HeaderValue;
use proptest::prelude::*;

use super::super::classify::{Refusal, Verdict, classify};
use super::*;

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn decoded(status: u16, retry_after: Option<&str>, body: &str) -> Answer {
    let mut headers = HeaderMap::new();
    if let Some(text) = retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
    }
    decode(
        StatusCode::from_u16(status).unwrap(),
        &headers,
        body.as_bytes(),
        now(),
    )
}

fn refused(code: i64, info: &str) -> Answer {
    Answer::Refused {
        code,
        info: info.to_owned(),
        retry_after: None,
    }
}

#[test]
fn error_code_0_is_success_whatever_else_the_answer_says() {
    for body in [
        r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#,
        r#"{"Action1Status":"OK","ErrorInfo":"","ErrorCode":0}"#,
        r#"{"ErrorCode":0}"#,
        r#"{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":null}"#,
        r#"{"ErrorCode":0,"ErrorInfo":{"a":[1]},"ErrorDisplay":"x","New":{"b":[{}]}}"#,
        " {\n\"ErrorCode\" : 0 } \r\n",
    ] {
        assert_eq!(decoded(200, None, body), Answer::Done, "{body}");
    }
}

#[test]
fn another_error_code_is_a_refusal_even_if_the_status_says_ok() {
    for (body, expected) in [
        (
            r#"{"ActionStatus":"FAIL","ErrorCode":10010,"ErrorInfo":"this group does not exist"}"#,
            refused(10010, "this group does not exist"),
        ),
        (
            r#"{"ActionStatus":"OK","ErrorCode":10002,"ErrorInfo":""}"#,
            refused(10002, ""),
        ),
        (r#"{"ErrorCode":-1}"#, refused(-1, "")),
        (r#"{"ErrorCode":70001,"ErrorInfo":17}"#, refused(70001, "")),
    ] {
        assert_eq!(decoded(200, None, body), expected);
    }
}

#[test]
fn an_answer_without_a_whole_number_as_error_code_is_no_answer() {
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "0",
        "OK",
        r#"{"ActionStatus":"OK"}"#,
        r#"{"ErrorCode":"0"}"#,
        r#"{"ErrorCode":0.0}"#,
        r#"{"ErrorCode":null}"#,
        r#"{"ErrorCode":false}"#,
        r#"{"ErrorCode":99999999999999999999}"#,
        r#"{"ErrorCode":10002,"ErrorCode":0}"#,
        r#"{"errorcode":0}"#,
        r#"{"ErrorCode":0"#,
        r#"{"ErrorCode":0}{"ErrorCode":10002}"#,
        "<html><body>502 Bad Gateway</body></html>",
    ] {
        let answer = decoded(200, None, body);
        let unusable = matches!(&answer, Answer::Unusable(f) if f.kind == FailureKind::Body);
        assert!(unusable, "{body}: {answer:?}");
    }
}

#[test]
fn a_failure_shows_the_beginning_of_what_came_instead() {
    let page = format!("<html>\u{1b}[31m{}", "x ".repeat(1000));
    let Answer::Unusable(failure) = decoded(200, None, &page) else {
        panic!("a page is no answer")
    };
    let shown = failure.to_string();
    assert!(
        shown.starts_with(r"unusable answer: not JSON: `<html>\u{1b}[31mx x x"),
        "{shown}"
    );
    assert!(shown.chars().count() < 130, "{shown}");
    let Answer::Unusable(failure) = decoded(502, None, " ") else {
        panic!("502 is no answer")
    };
    assert_eq!(failure.to_string(), "HTTP status 502: an empty body");
}

/// What an answer of each status comes to, with each form of Retry-After, in one line per range
/// of statuses that behave alike.
#[test]
fn every_status_from_100_to_599_with_every_form_of_retry_after_has_its_verdict() {
    let forms: [(&str, Option<&str>); 9] = [
        ("none", None),
        ("seconds", Some("7")),
        ("zero", Some("0")),
        ("many seconds", Some("999999999999")),
        ("date", Some("Sat, 21 Nov 2026 12:00:30 GMT")),
        ("past date", Some("Sat, 21 Nov 2026 11:00:00 GMT")),
        ("negative", Some("-3")),
        ("fraction", Some("1.5")),
        ("garbage", Some("soon")),
    ];
    let mut lines: Vec<(String, u16, u16)> = Vec::new();
    for status in 100..=599_u16 {
        let shown: Vec<_> = forms
            .iter()
            .map(|(name, form)| outcome(status, name, *form))
            .collect();
        let shown = shown.join(", ");
        match lines.last_mut() {
            Some((last, _, end)) if *last == shown => *end = status,
            _ => lines.push((shown, status, status)),
        }
    }
    let table: Vec<_> = lines
        .iter()
        .map(|(shown, from, to)| format!("{from}-{to}: {shown}"))
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

fn outcome(status: u16, name: &str, form: Option<&str>) -> String {
    let wait = |wait: Option<Duration>| wait.map_or("-".to_owned(), |wait| format!("{wait:?}"));
    let verdict = classify(decoded(status, form, r#"{"ErrorCode":0}"#));
    match &verdict {
        Verdict::Succeeded => format!("{name} succeeded"),
        Verdict::RateLimited {
            refusal,
            retry_after,
        } => {
            assert_eq!(refusal.code, 429);
            format!("{name} rate {}", wait(*retry_after))
        }
        Verdict::Unreachable(failure) => {
            assert_eq!(failure.kind, FailureKind::Status(status));
            format!("{name} unreachable {}", wait(failure.retry_after))
        }
        Verdict::Row(_)
        | Verdict::Retry(_)
        | Verdict::RetryOnce { .. }
        | Verdict::CredentialExpired(_)
        | Verdict::Fatal(_)
        | Verdict::Bug(_) => panic!("a status alone never refuses: {verdict:?}"),
    }
}

#[test]
fn a_rate_code_with_http_200_keeps_its_retry_after() {
    let answer = decoded(200, Some("2"), r#"{"ErrorCode":60007,"ErrorInfo":"slow"}"#);
    let refusal = Refusal::new(60007, "slow");
    let retry_after = Some(Duration::from_secs(2));
    assert_eq!(
        classify(answer),
        Verdict::RateLimited {
            refusal,
            retry_after
        }
    );
}

#[test]
fn http_429_keeps_the_code_of_its_body() {
    let answer = decoded(429, Some("2"), r#"{"ErrorCode":60007,"ErrorInfo":"slow"}"#);
    let retry_after = Some(Duration::from_secs(2));
    assert_eq!(
        answer,
        Answer::Throttled {
            code: 60007,
            info: "slow".to_owned(),
            retry_after
        }
    );
}

proptest! {
    #[test]
    fn no_body_makes_decoding_panic_and_none_but_code_0_succeeds(
        status in 100_u16..600,
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let status = StatusCode::from_u16(status).unwrap();
        prop_assert_ne!(decode(status, &HeaderMap::new(), &body, now()), Answer::Done);
    }

    #[test]
    fn every_code_but_0_is_a_refusal(code in any::<i64>(), info in any::<String>()) {
        prop_assume!(code != 0);
        let body = serde_json::json!({"ErrorCode": code, "ErrorInfo": info}).to_string();
        prop_assert_eq!(decoded(200, None, &body), refused(code, &info));
    }
}
