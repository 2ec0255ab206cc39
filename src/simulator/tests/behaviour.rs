use std::collections::BTreeMap;

use tokio::time::{Instant, advance};

use super::*;

fn with_faults(faults: &[&str]) -> Options {
    let mut options = options();
    for fault in faults {
        options.behaviour.add_fault(fault.parse().unwrap()).unwrap();
    }
    options
        .quota_per_second
        .insert("set_unread_msg_num".to_owned(), u32::MAX);
    options
}

/// What a caller can tell about an answer.
async fn seen(response: Response) -> String {
    let cut = response.extensions().get::<Cut>().copied();
    let status = response.status().as_u16();
    match (cut, body(response).await) {
        (Some(cut), Err(_)) => format!("{cut:?}"),
        (None, Ok(text)) => format!("{status} {text}"),
        (cut, body) => panic!("{cut:?} does not go with {body:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn each_fault_looks_as_it_does_in_life_and_only_a_lost_answer_has_an_effect() {
    for (fault, expected, effect) in [
        ("http502=1", "502 <html>", 0),
        ("http429:2=1", "429 <html>", 0),
        ("reset=1", "Reset", 0),
        ("lost=1", "Close", 5),
        ("nonjson=1", "200 <html>", 0),
        (
            "code:10002=1",
            r#"200 {"ActionStatus":"FAIL","ErrorInfo":"internal error""#,
            0,
        ),
    ] {
        let bench = Bench::standard(with_faults(&[fault]));
        let seen = seen(
            bench
                .post(SET, set_body("Public", "ann", 5).to_string())
                .await,
        )
        .await;
        assert!(seen.starts_with(expected), "{fault}: {seen}");
        assert_eq!(bench.unread("Public", "ann").await, Some(effect), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_says_when_to_come_back() {
    let bench = Bench::standard(with_faults(&["http429:2=1"]));
    let response = bench
        .post(SET, set_body("Public", "ann", 5).to_string())
        .await;
    assert_eq!(response.headers()[header::RETRY_AFTER], "2");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_faults_and_they_are_all_told_of() {
    let faults = [
        "http502=0.2",
        "reset=0.2",
        "lost=0.2",
        "nonjson=0.1",
        "code:60007=0.1",
    ];
    let mut runs = Vec::new();
    for _ in 0..2 {
        let bench = Bench::standard(with_faults(&faults));
        let mut all = Vec::new();
        for number in 0..200 {
            let request = set_body("Public", "ann", number % 10);
            all.push(seen(bench.post(SET, request.to_string()).await).await);
        }
        let stats = bench.stats().await["commands"]["set_unread_msg_num"].clone();
        let faulted: BTreeMap<String, u64> =
            serde_json::from_value(stats["faulted"].clone()).unwrap();
        let names: Vec<&str> = faulted.keys().map(String::as_str).collect();
        assert_eq!(names, ["code:60007", "http502", "nonjson", "reset"]);
        let ended = stats["ok"].as_u64().unwrap() + stats["lost"].as_u64().unwrap();
        assert_eq!(ended + faulted.values().sum::<u64>(), 200);
        runs.push(all);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test(start_paused = true)]
async fn with_a_limit_on_faults_the_same_call_succeeds_in_the_end() {
    let mut options = with_faults(&["code:10002=1"]);
    options.behaviour.faults_per_key = Some(2);
    let bench = Bench::standard(options);
    for member in ["ann", "bob"] {
        let mut codes = Vec::new();
        for _ in 0..4 {
            codes.push(bench.set("Public", member, 5).await);
        }
        assert_eq!(codes, [10_002, 10_002, 0, 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_counts_from_the_first_call_and_ends() {
    let mut options = options();
    options.behaviour.outages = vec!["10s+60s".parse().unwrap()];
    let bench = Bench::standard(options);
    advance(Duration::from_secs(30)).await;
    assert_eq!(bench.set("Public", "ann", 1).await, 0);
    advance(Duration::from_secs(10)).await;
    let down = bench
        .post(SET, set_body("Public", "ann", 2).to_string())
        .await;
    assert_eq!(seen(down).await, "Reset");
    assert_eq!(bench.unread("Public", "ann").await, Some(1));
    advance(Duration::from_mins(1)).await;
    assert_eq!(bench.set("Public", "ann", 2).await, 0);
    let stats = bench.stats().await;
    assert_eq!(
        stats["commands"]["set_unread_msg_num"]["faulted"],
        json!({"outage": 1})
    );
}

#[tokio::test(start_paused = true)]
async fn a_stall_holds_answers_back_until_it_ends() {
    let mut options = options();
    options.behaviour.stalls = vec!["5s+2s".parse().unwrap()];
    let bench = Bench::standard(options);
    let start = Instant::now();
    bench.set("Public", "ann", 1).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    advance(Duration::from_millis(5_500)).await;
    bench.set("Public", "ann", 2).await;
    assert_eq!(start.elapsed(), Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn signatures_can_be_made_to_run_out_and_a_new_one_is_taken() {
    let mut options = options();
    options.behaviour.signatures_expire_after = Some(Duration::from_secs(10));
    let mut bench = Bench::standard(options);
    assert_eq!(bench.set("Public", "ann", 1).await, 0);
    advance(Duration::from_millis(9_999)).await;
    assert_eq!(bench.set("Public", "ann", 2).await, 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(bench.set("Public", "ann", 3).await, 70_001);
    bench.query = query(&sign("administrator", NOW + 10));
    assert_eq!(bench.set("Public", "ann", 3).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_a_world_is_loaded_does_not_put_the_wall_clock_back() {
    let mut options = options();
    options.behaviour.signatures_expire_after = Some(Duration::from_secs(1));
    advance(Duration::from_millis(1900)).await;
    let mut bench = Bench::standard(options);
    bench.query = query(&sign("administrator", NOW + 1));
    assert_eq!(bench.set("Public", "ann", 1).await, 0);
    advance(Duration::from_secs(1)).await;
    assert_eq!(bench.set("Public", "ann", 2).await, 70_001);
}
