use super::*;

const INFO: &str = "group_open_http_svc/get_group_info";
const ALL: &str = "group_open_http_svc/get_appid_group_list";

#[tokio::test(start_paused = true)]
async fn each_group_is_answered_with_a_code_of_its_own() {
    let bench = Bench::standard(options());
    let asked = json!({
        "GroupIdList": ["Public", "nowhere", "x".repeat(49)],
        "ResponseFilter": {"GroupBaseInfoFilter": ["Type", "NextMsgSeq", "MemberNum"]},
    });
    let answer = bench.call(INFO, &asked).await;
    let expected = json!([
        {
            "GroupId": "Public", "ErrorCode": 0, "ErrorInfo": "", "Type": "Public",
            "NextMsgSeq": 11, "MemberNum": 2,
        },
        {
            "GroupId": "nowhere", "ErrorCode": 10_010,
            "ErrorInfo": "this group does not exist",
        },
        {"GroupId": "x".repeat(49), "ErrorCode": 10_015, "ErrorInfo": "group id is invalid"},
    ]);
    assert_eq!(answer["GroupInfo"], expected);
}

#[tokio::test(start_paused = true)]
async fn without_a_filter_everything_is_answered_with_the_members() {
    let bench = Bench::standard(options());
    let answer = bench
        .call(INFO, &json!({"GroupIdList": ["ChatRoom"]}))
        .await;
    let group = &answer["GroupInfo"][0];
    for name in [
        "Type",
        "Name",
        "Appid",
        "Introduction",
        "Notification",
        "FaceUrl",
        "Owner_Account",
        "CreateTime",
        "LastInfoTime",
        "LastMsgTime",
        "NextMsgSeq",
        "MemberNum",
        "MaxMemberNum",
        "ApplyJoinOption",
        "ShutUpAllMember",
        "MuteAllMember",
        "AppDefinedData",
    ] {
        assert!(!group[name].is_null(), "{name} in {group}");
    }
    assert_eq!(group["MemberList"][1]["Member_Account"], "bob");
    assert_eq!(group["MemberList"][1]["MsgSeq"], 10);
    let filter = json!({"MemberInfoFilter": ["Account", "Role"]});
    let asked = json!({"GroupIdList": ["Public"], "ResponseFilter": filter});
    let expected = json!({
        "GroupId": "Public", "ErrorCode": 0, "ErrorInfo": "",
        "MemberList": [
            {"Member_Account": "ann", "Role": "Member"},
            {"Member_Account": "bob", "Role": "Member"},
        ],
    });
    assert_eq!(bench.call(INFO, &asked).await["GroupInfo"][0], expected);
}

#[tokio::test(start_paused = true)]
async fn a_call_asks_for_fifty_groups_at_most() {
    let bench = Bench::standard(options());
    let asked = |count: usize| json!({"GroupIdList": vec!["Public"; count]});
    assert_eq!(bench.code(INFO, &asked(50)).await, 0);
    assert_eq!(bench.code(INFO, &asked(51)).await, 10_004);
    assert_eq!(bench.code(INFO, &asked(0)).await, 10_004);
    assert_eq!(bench.code(INFO, &json!({})).await, 10_004);
}

#[tokio::test(start_paused = true)]
async fn an_answer_above_a_megabyte_is_refused() {
    let mut world = World::new();
    for number in 0..12_000 {
        world
            .add_member("g", Some("Community"), &format!("u{number}"), 1)
            .unwrap();
    }
    let bench = Bench::new(options(), world);
    assert_eq!(
        bench.code(INFO, &json!({"GroupIdList": ["g"]})).await,
        10_018
    );
    let filter = json!({"GroupBaseInfoFilter": ["NextMsgSeq"]});
    let asked = json!({"GroupIdList": ["g"], "ResponseFilter": filter});
    assert_eq!(bench.code(INFO, &asked).await, 0);
}

#[tokio::test(start_paused = true)]
async fn all_groups_come_page_by_page_and_by_kind() {
    let bench = Bench::standard(options());
    let (mut ids, mut next) = (Vec::new(), json!(0));
    loop {
        let answer = bench.call(ALL, &json!({"Limit": 2, "Next": next})).await;
        assert_eq!(answer["TotalCount"], 6);
        let page = answer["GroupIdList"].as_array().unwrap();
        ids.extend(
            page.iter()
                .map(|group| group["GroupId"].as_str().unwrap().to_owned()),
        );
        next = answer["Next"].clone();
        if next == 0 {
            break;
        }
    }
    assert_eq!(
        ids,
        [
            "Private",
            "Public",
            "ChatRoom",
            "AVChatRoom",
            "Community",
            TOWN
        ]
    );
    let answer = bench.call(ALL, &json!({"GroupType": "Meeting"})).await;
    assert_eq!(answer["GroupIdList"], json!([{"GroupId": "ChatRoom"}]));
    assert_eq!(answer["Next"], 0);
    let answer = bench.call(ALL, &json!({"GroupType": ""})).await;
    assert_eq!(answer["TotalCount"], 6);
    assert_eq!(bench.code(ALL, &json!({"Limit": 10_001})).await, 10_004);
    assert_eq!(bench.code(ALL, &json!({"GroupType": "Club"})).await, 10_004);
}

#[tokio::test(start_paused = true)]
async fn a_client_may_ask_with_get_with_and_without_a_body() {
    let bench = Bench::standard(options());
    for (command, body_text, member) in [
        (ALL, "", "TotalCount"),
        (INFO, r#"{"GroupIdList": ["Public"]}"#, "GroupInfo"),
    ] {
        let uri = format!("/v4/{command}?{}", bench.query);
        let response = bench
            .send(Request::get(uri).body(Body::from(body_text)).unwrap())
            .await;
        let answer: Value = serde_json::from_str(&body(response).await.unwrap()).unwrap();
        assert_eq!(answer["ErrorCode"], 0);
        assert!(!answer[member].is_null(), "{answer}");
    }
}
