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
    for (sync, sequence) in [(5, 1), (5, 2), (2, 3), (5, 2)] {
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
    for (sequence, sent_at) in [(1, NOW - 300), (2, NOW - 200), (3, NOW - 100)] {
        bench.call(IMPORT, &message(5, sequence, sent_at)).await;
    }
    let read =
        |time: Value| json!({"Report_Account": "ann", "Peer_Account": "bob", "MsgReadTime": time});
    assert_eq!(bench.code(READ, &read(json!(NOW - 200))).await, 0);
    assert_eq!(total(&bench, "ann").await, 2);
    assert_eq!(
        bench
            .code(READ, &read(json!((NOW - 100).to_string())))
            .await,
        0
    );
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
        ("SyncFromOldSystem", json!("5"), 90_030),
        ("SyncFromOldSystem", json!(1), 90_030),
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
        let mut request = message(5, 1, NOW);
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

const HISTORY: &str = "openim/admin_getroammsg";

/// Pages of a conversation as a caller goes through them: the seconds of each page's messages.
async fn pages(bench: &Bench, most: u32) -> Vec<Vec<u64>> {
    let mut request = json!({"Operator_Account": "ann", "Peer_Account": "bob", "MaxCnt": most,
        "MinTime": NOW - 1_000, "MaxTime": NOW});
    let mut pages = Vec::new();
    loop {
        let page = bench.call(HISTORY, &request).await;
        assert_eq!(page["ErrorCode"], 0, "{page}");
        let list = page["MsgList"].as_array().unwrap();
        assert_eq!(page["MsgCnt"], list.len());
        assert!(page["MsgList"].to_string().len() <= 13 * 1_024 + 2 * list.len());
        pages.push(
            list.iter()
                .map(|item| item["MsgTimeStamp"].as_u64().unwrap())
                .collect(),
        );
        if page["Complete"] == 1 {
            return pages;
        }
        assert_eq!(page["LastMsgKey"], list[0]["MsgKey"]);
        request["MaxTime"] = page["LastMsgTime"].clone();
        request["LastMsgKey"] = page["LastMsgKey"].clone();
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_comes_page_by_page_from_the_newest_to_the_oldest() {
    let text = "x".repeat(4_000);
    let file = json!({"c2c": [{"account": "ann", "peer": "bob", "messages": [
        {"time": NOW - 1_001}, {"time": NOW - 300, "text": text}, {"time": NOW - 300},
        {"time": NOW - 200, "text": text, "recalled": true},
        {"time": NOW - 200, "text": text, "from": "ann"}, {"ago": 100, "text": text}]}]});
    let world = World::from_json(file.to_string().as_bytes()).unwrap();
    let bench = Bench::new(options(), world);
    let (a, b, c) = (NOW - 300, NOW - 200, NOW - 100);
    assert_eq!(pages(&bench, 100).await, [vec![a, b, b, c], vec![a]]);
    assert_eq!(pages(&bench, 2).await, [vec![b, c], vec![a, b], vec![a]]);
    let asked = json!({"Operator_Account": "bob", "Peer_Account": "ann", "MaxCnt": 9,
        "MinTime": b, "MaxTime": b, "LastMsgKey": ""});
    let page = bench.call(HISTORY, &asked).await;
    let told = |place: usize| {
        let item = &page["MsgList"][place];
        json!([
            item["From_Account"],
            item["To_Account"],
            item["MsgFlagBits"]
        ])
    };
    assert_eq!(
        (told(0), told(1)),
        (json!(["bob", "ann", 8]), json!(["ann", "bob", 0]))
    );
    assert_eq!(total(&bench, "ann").await, 4);
    let nobody = json!({"Operator_Account": "ann", "Peer_Account": "eve", "MaxCnt": 9,
        "MinTime": 0, "MaxTime": NOW});
    assert_eq!(bench.code(HISTORY, &nobody).await, 90_003);
}

#[tokio::test(start_paused = true)]
async fn messages_that_are_no_longer_kept_are_not_told() {
    let file = json!({"c2c": [{"account": "ann", "peer": "bob",
        "messages": [{"ago": 604_800}, {"ago": 604_801}]}]});
    for (quirk, expected) in [("c2c-days=7", 1), ("c2c-days=30", 2), ("c2c-days=off", 2)] {
        let world = World::from_json(file.to_string().as_bytes()).unwrap();
        let quirks = vec![QuirkChoice::parse(quirk).unwrap()];
        let bench = Bench::new(
            Options {
                quirks,
                ..options()
            },
            world,
        );
        let asked = json!({"Operator_Account": "ann", "Peer_Account": "bob", "MaxCnt": 9,
            "MinTime": 0, "MaxTime": NOW});
        assert_eq!(
            bench.call(HISTORY, &asked).await["MsgCnt"],
            expected,
            "{quirk}"
        );
        assert_eq!(total(&bench, "ann").await, expected, "{quirk}");
    }
}
