use super::*;

const GROUP: &str = "group_open_http_svc/import_group";
const MEMBER: &str = "group_open_http_svc/import_group_member";
const MESSAGE: &str = "group_open_http_svc/import_group_msg";

async fn with_group() -> Bench {
    let mut world = World::new();
    for account in ["ann", "bob", "eve"] {
        world.add_account(account);
    }
    let bench = Bench::new(options(), world);
    let group = json!({
        "Type": "Public", "GroupId": "g", "Name": "team", "Owner_Account": "ann",
        "CreateTime": NOW - 1_000,
    });
    let answer = bench.call(GROUP, &group).await;
    assert_eq!(
        (&answer["ErrorCode"], &answer["GroupId"]),
        (&json!(0), &json!("g"))
    );
    bench
}

fn message(sent_at: u64, random: u32) -> Value {
    let body = json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}]);
    json!({"From_Account": "ann", "SendTime": sent_at, "Random": random, "MsgBody": body})
}

async fn send(bench: &Bench, messages: &[Value]) -> Value {
    let answer = bench
        .call(MESSAGE, &json!({"GroupId": "g", "MsgList": messages}))
        .await;
    assert_eq!(answer["ErrorCode"], 0, "{answer}");
    answer["ImportMsgResult"].clone()
}

#[tokio::test(start_paused = true)]
async fn the_whole_import_ends_with_counts_that_read_back() {
    let bench = with_group().await;
    let messages: Vec<Value> = (1..=5)
        .map(|number| message(NOW - 900 + u64::from(number), number))
        .collect();
    let results = send(&bench, &messages).await;
    assert_eq!(
        results[4],
        json!({"MsgSeq": 5, "MsgTime": NOW - 895, "Result": 0})
    );
    let members = json!([
        {"Member_Account": "bob", "Role": "Admin", "JoinTime": NOW - 500, "UnreadMsgNum": 3},
        {"Member_Account": "eve", "UnreadMsgNum": 9},
        {"Member_Account": "ann", "UnreadMsgNum": 2},
        {"Member_Account": "nobody"},
    ]);
    let answer = bench
        .call(MEMBER, &json!({"GroupId": "g", "MemberList": members}))
        .await;
    let expected = json!([
        {"Member_Account": "bob", "Result": 1}, {"Member_Account": "eve", "Result": 1},
        {"Member_Account": "ann", "Result": 2}, {"Member_Account": "nobody", "Result": 0},
    ]);
    assert_eq!(answer["MemberList"], expected);
    assert_eq!(bench.unread("g", "bob").await, Some(3));
    assert_eq!(bench.unread("g", "eve").await, Some(5));
    assert_eq!(bench.unread("g", "ann").await, Some(0));
    let asked = json!({"GroupId": "g", "User_Account": ["ann", "bob", "eve"]});
    let roles = bench
        .call("group_open_http_svc/get_role_in_group", &asked)
        .await;
    let role = |place: usize| {
        roles["UserIdList"][place]["Role"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!([role(0), role(1), role(2)], ["Owner", "Admin", "Member"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_imported_later_sets_every_count_of_its_group_to_zero() {
    let bench = with_group().await;
    send(&bench, &[message(NOW - 900, 1), message(NOW - 899, 2)]).await;
    assert_eq!(bench.set("g", "ann", 2).await, 0);
    send(&bench, &[message(NOW + 5, 3)]).await;
    assert_eq!(bench.unread("g", "ann").await, Some(2));
    send(&bench, &[message(NOW - 800, 4)]).await;
    assert_eq!(bench.unread("g", "ann").await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn times_of_messages_lie_after_the_group_and_ascend_until_now() {
    let bench = with_group().await;
    let times = [NOW - 1_000, NOW - 999, NOW - 990, NOW - 991, NOW, NOW - 1];
    let messages: Vec<Value> = (1..)
        .zip(times)
        .map(|(random, at)| message(at, random))
        .collect();
    let results = send(&bench, &messages).await;
    let codes: Vec<u64> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["Result"].as_u64().unwrap())
        .collect();
    assert_eq!(codes, [10_004, 0, 0, 10_004, 10_004, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_random_within_five_minutes_adds_no_message() {
    let bench = with_group().await;
    let all = [
        message(NOW - 900, 1),
        message(NOW - 601, 1),
        message(NOW - 600, 1),
    ];
    let results = send(&bench, &all).await;
    let sequences: Vec<u64> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["MsgSeq"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, [1, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn batches_have_their_limits() {
    let bench = with_group().await;
    let messages =
        |count: usize| json!({"GroupId": "g", "MsgList": vec![message(NOW - 1, 1); count]});
    assert_eq!(bench.code(MESSAGE, &messages(7)).await, 0);
    assert_eq!(bench.code(MESSAGE, &messages(8)).await, 10_004);
    let members = |count: usize| json!({"GroupId": "g", "MemberList": vec![json!({"Member_Account": "bob"}); count]});
    assert_eq!(bench.code(MEMBER, &members(20)).await, 0);
    assert_eq!(bench.code(MEMBER, &members(21)).await, 10_005);
    assert_eq!(bench.code(MEMBER, &members(0)).await, 10_004);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_too_long_is_refused_alone() {
    let bench = with_group().await;
    let mut long = message(NOW - 900, 1);
    long["MsgBody"][0]["MsgContent"]["Text"] = json!("x".repeat(12 * 1_024));
    let results = send(&bench, &[long, message(NOW - 800, 2)]).await;
    assert_eq!(
        (&results[0]["Result"], &results[1]["Result"]),
        (&json!(80_002), &json!(0))
    );
}

#[tokio::test(start_paused = true)]
async fn members_join_between_the_creation_of_the_group_and_now() {
    let bench = with_group().await;
    for (time, result) in [(NOW - 1_000, 0), (NOW, 0), (NOW - 1, 1)] {
        let members = json!([{"Member_Account": "bob", "JoinTime": time}]);
        let answer = bench
            .call(MEMBER, &json!({"GroupId": "g", "MemberList": members}))
            .await;
        assert_eq!(answer["MemberList"][0]["Result"], result, "{time}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_keeps_the_rules_for_types_texts_and_ids() {
    let bench = with_group().await;
    let code = async |change: Value| {
        let mut group = json!({"Type": "Public", "Name": "team"});
        group
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        bench.code(GROUP, &group).await
    };
    assert_eq!(code(json!({"GroupId": "g"})).await, 10_021);
    assert_eq!(code(json!({"Type": "AVChatRoom"})).await, 10_007);
    assert_eq!(code(json!({"Type": "Club"})).await, 10_004);
    assert_eq!(code(json!({"Name": ""})).await, 10_004);
    assert_eq!(code(json!({"Name": "x".repeat(31)})).await, 10_004);
    assert_eq!(code(json!({"Introduction": "x".repeat(241)})).await, 10_004);
    assert_eq!(code(json!({"Notification": "x".repeat(301)})).await, 10_004);
    assert_eq!(code(json!({"FaceUrl": "x".repeat(101)})).await, 10_004);
    assert_eq!(code(json!({"Owner_Account": "nobody"})).await, 10_019);
    assert_eq!(code(json!({"GroupId": "@TGS#mine"})).await, 10_015);
    assert_eq!(code(json!({"GroupId": "x".repeat(49)})).await, 10_015);
    assert_eq!(
        code(json!({"Type": "Community", "GroupId": "c"})).await,
        10_015
    );
    assert_eq!(
        code(json!({"Type": "Community", "GroupId": "@TGS#_c"})).await,
        0
    );
    let answer = bench
        .call(GROUP, &json!({"Type": "Private", "Name": "team"}))
        .await;
    assert!(answer["GroupId"].as_str().unwrap().starts_with("@TGS#"));
}
