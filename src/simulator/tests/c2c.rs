use super::*;

const IMPORT: &str = "openim/importmsg";
const READ: &str = "openim/admin_set_msg_read";
const UNREAD: &str = "openim/get_c2c_unread_msg_num";

fn bench() -> Bench {
    let mut world = World::new();
    for account in ["ann", "bob", "eve"] {
        world.add_account(account);
    }
    Bench::new(options(), world)
}

fn message(sync: u32, sequence: u32, sent_at: u64) -> Value {
    let body = json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}]);
    json!({
        "SyncFromOldSystem": sync, "From_Account": "bob", "To_Account": "ann",
        "MsgSeq": sequence, "MsgRandom": 7, "MsgTimeStamp": sent_at, "MsgBody": body,
    })
}

async fn total(bench: &Bench, account: &str) -> Value {
    let answer = bench.call(UNREAD, &json!({"To_Account": account})).await;
    answer["AllC2CUnreadMsgNum"].clone()
}

#[tokio::test(start_paused = true)]
async fn live_messages_count_as_unread_and_history_does_not() {
    let bench = bench();
    for (sync, sequence) in [(1, 1), (1, 2), (2, 3), (1, 2)] {
        assert_eq!(bench.code(IMPORT, &message(sync, sequence, NOW)).await, 0);
    }
    assert_eq!(total(&bench, "ann").await, 2);
    assert_eq!(total(&bench, "bob").await, 0);
    let asked = json!({"To_Account": "ann", "Peer_Account": ["bob", "nobody", "eve"]});
    let answer = bench.call(UNREAD, &asked).await;
    let expected = json!([
        {"Peer_Account": "bob", "C2CUnreadMsgNum": 2},
        {"Peer_Account": "eve", "C2CUnreadMsgNum": 0},
    ]);
    assert_eq!(answer["C2CUnreadMsgNumList"], expected);
    let expected = json!([{"Peer_Account": "nobody", "ErrorCode": 70_107}]);
    assert_eq!(
        (&answer["ErrorCode"], &answer["ErrorList"]),
        (&json!(0), &expected)
    );
}

#[tokio::test(start_paused = true)]
async fn reading_stops_at_the_given_time_in_either_form() {
    let bench = bench();
    for (sequence, sent_at) in [(1, 100), (2, 200), (3, 300)] {
        bench.call(IMPORT, &message(1, sequence, sent_at)).await;
    }
    let read =
        |time: Value| json!({"Report_Account": "ann", "Peer_Account": "bob", "MsgReadTime": time});
    assert_eq!(bench.code(READ, &read(json!(200))).await, 0);
    assert_eq!(total(&bench, "ann").await, 2);
    assert_eq!(bench.code(READ, &read(json!("300"))).await, 0);
    assert_eq!(total(&bench, "ann").await, 1);
    assert_eq!(bench.code(READ, &read(json!("soon"))).await, 90_002);
    let other = json!({"Report_Account": "ann", "Peer_Account": "bob", "MsgReadedTime": "soon"});
    assert_eq!(bench.code(READ, &other).await, 90_002);
    let all = json!({"Report_Account": "ann", "Peer_Account": "bob"});
    assert_eq!(bench.code(READ, &all).await, 0);
    assert_eq!(total(&bench, "ann").await, 0);
}

#[tokio::test(start_paused = true)]
async fn each_field_of_a_message_has_its_code() {
    let bench = bench();
    for (field, value, code) in [
        ("SyncFromOldSystem", json!(3), 90_030),
        ("SyncFromOldSystem", json!("1"), 90_030),
        ("From_Account", json!("nobody"), 90_008),
        ("To_Account", json!("nobody"), 90_003),
        ("MsgRandom", json!("7"), 90_005),
        ("MsgTimeStamp", Value::Null, 90_006),
        ("MsgBody", json!({}), 90_007),
        ("MsgBody", json!([]), 90_002),
        (
            "MsgBody",
            json!([{"MsgType": "T", "MsgContent": "x".repeat(12_288)}]),
            93_000,
        ),
    ] {
        let mut request = message(1, 1, NOW);
        request[field] = value;
        assert_eq!(bench.code(IMPORT, &request).await, code, "{field}");
    }
    assert_eq!(total(&bench, "ann").await, 0);
}

#[tokio::test(start_paused = true)]
async fn unknown_readers_and_long_lists_are_refused() {
    let bench = bench();
    assert_eq!(
        bench.code(UNREAD, &json!({"To_Account": "nobody"})).await,
        90_003
    );
    assert_eq!(bench.code(UNREAD, &json!({})).await, 90_003);
    let asked = |count: usize| json!({"To_Account": "ann", "Peer_Account": vec!["bob"; count]});
    assert_eq!(bench.code(UNREAD, &asked(10)).await, 0);
    assert_eq!(bench.code(UNREAD, &asked(11)).await, 90_018);
    assert_eq!(
        bench.code(READ, &json!({"Peer_Account": "bob"})).await,
        90_008
    );
    assert_eq!(
        bench.code(READ, &json!({"Report_Account": "ann"})).await,
        90_003
    );
    let text = body(bench.post(UNREAD, "{").await).await.unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&text).unwrap()["ErrorCode"],
        90_001
    );
}

#[tokio::test(start_paused = true)]
async fn counts_of_a_world_file_are_answered() {
    let file = r#"{"c2c":[{"account":"ann","peer":"bob","unread":12}]}"#;
    let bench = Bench::new(options(), World::from_json(file.as_bytes()).unwrap());
    assert_eq!(total(&bench, "ann").await, 12);
}
