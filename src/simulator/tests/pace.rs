use tokio::time::{Instant, advance};

use super::*;

#[tokio::test(start_paused = true)]
async fn two_hundred_calls_pass_and_the_next_in_the_same_second_changes_nothing() {
    let bench = Bench::standard(options());
    for _ in 0..200 {
        assert_eq!(bench.set("Public", "ann", 1).await, 0);
    }
    advance(Duration::from_millis(999)).await;
    assert_eq!(bench.set("Public", "ann", 2).await, 60_007);
    assert_eq!(bench.unread("Public", "ann").await, Some(1));
    advance(Duration::from_millis(1)).await;
    assert_eq!(bench.set("Public", "ann", 2).await, 0);
    let stats = bench.stats().await;
    let command = &stats["commands"]["set_unread_msg_num"];
    assert_eq!(command["busiest_second"], 201);
    assert_eq!(command["rate_limited"], 1);
    assert_eq!(command["refused_by_code"], json!({"60007": 1}));
    assert_eq!(command["ok"], 201);
}

#[tokio::test(start_paused = true)]
async fn the_quota_and_its_code_can_be_chosen_and_each_command_has_its_own() {
    let mut options = options();
    options
        .quota_per_second
        .insert("set_unread_msg_num".to_owned(), 1);
    options.quirks = vec![QuirkChoice::parse("rate-code=10006").unwrap()];
    let bench = Bench::standard(options);
    assert_eq!(bench.set("Public", "ann", 1).await, 0);
    assert_eq!(bench.set("Public", "ann", 1).await, 10_006);
    assert_eq!(
        bench.code("group_open_http_svc/other", &json!({})).await,
        10_003
    );
}

#[tokio::test(start_paused = true)]
async fn refused_calls_may_count_towards_the_quota() {
    for (value, expected) in [("no", [60_007, 0]), ("yes", [60_007, 60_007])] {
        let mut options = options();
        options
            .quota_per_second
            .insert("set_unread_msg_num".to_owned(), 1);
        let quirk = format!("quota-counts-refused={value}");
        options.quirks = vec![QuirkChoice::parse(&quirk).unwrap()];
        let bench = Bench::standard(options);
        assert_eq!(bench.set("Public", "ann", 1).await, 0);
        // The second call is refused; the third comes a second after the first.
        for expected in expected {
            advance(Duration::from_millis(500)).await;
            assert_eq!(bench.set("Public", "ann", 1).await, expected, "{value}");
        }
        advance(Duration::from_secs(1)).await;
        assert_eq!(bench.set("Public", "ann", 1).await, 0, "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_answer_does_not_move_the_time_of_arrival() {
    let mut options = options();
    options.behaviour.latency = "300ms".parse().unwrap();
    let bench = Bench::standard(options);
    let start = Instant::now();
    bench.set("Public", "ann", 1).await;
    bench.set("Public", "ann", 1).await;
    assert_eq!(start.elapsed(), Duration::from_millis(600));
    let stats = bench.stats().await;
    let command = &stats["commands"]["set_unread_msg_num"];
    assert_eq!(
        (&command["first_call"], &command["last_call"]),
        (&json!(0.0), &json!(0.3))
    );
}
