use super::*;

const LIST: &str = "group_open_http_svc/get_group_member_info";
const SPECIFIED: &str = "group_open_http_svc/get_specified_group_member_info";
const ROLE: &str = "group_open_http_svc/get_role_in_group";
const JOINED: &str = "group_open_http_svc/get_joined_group_list";

fn crowd(kind: &str) -> Bench {
    let mut world = World::new();
    for number in 0..7 {
        world
            .add_member("g", Some(kind), &format!("u{number}"), 9)
            .unwrap();
    }
    Bench::new(options(), world)
}

fn accounts(answer: &Value) -> Vec<&str> {
    let members = answer["MemberList"].as_array().unwrap();
    members
        .iter()
        .map(|member| member["Member_Account"].as_str().unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_count_reads_back_as_the_difference_of_sequence_numbers() {
    let bench = Bench::standard(options());
    bench.set("Public", "ann", 4).await;
    let asked = json!({
        "GroupId": "Public", "Member_List_Account": ["ann", "bob", "eve", "nobody"],
        "MemberInfoFilter": ["MsgSeq"],
    });
    let answer = bench.call(SPECIFIED, &asked).await;
    let expected = json!([
        {"Member_Account": "ann", "MsgSeq": 6}, {"Member_Account": "bob", "MsgSeq": 10},
    ]);
    assert_eq!(
        (&answer["GroupId"], &answer["MemberList"]),
        (&json!("Public"), &expected)
    );
}

#[tokio::test(start_paused = true)]
async fn specified_members_come_fifty_at_a_time_and_not_from_an_avchatroom() {
    let bench = Bench::standard(options());
    let asked =
        |count: usize| json!({"GroupId": "Public", "Member_List_Account": vec!["ann"; count]});
    assert_eq!(bench.code(SPECIFIED, &asked(50)).await, 0);
    assert_eq!(bench.code(SPECIFIED, &asked(51)).await, 10_005);
    assert_eq!(bench.code(SPECIFIED, &asked(0)).await, 10_004);
    let asked = json!({"GroupId": "AVChatRoom", "Member_List_Account": ["ann"]});
    assert_eq!(bench.code(SPECIFIED, &asked).await, 10_007);
    let asked = json!({"GroupId": "nowhere", "Member_List_Account": ["ann"]});
    assert_eq!(bench.code(SPECIFIED, &asked).await, 10_010);
}

#[tokio::test(start_paused = true)]
async fn members_come_by_limit_and_offset() {
    let bench = crowd("Public");
    let answer = bench
        .call(LIST, &json!({"GroupId": "g", "Limit": 3, "Offset": 5}))
        .await;
    assert_eq!(accounts(&answer), ["u5", "u6"]);
    assert_eq!(answer["MemberNum"], 7);
    let first = &answer["MemberList"][0];
    for name in [
        "Role",
        "JoinTime",
        "MsgSeq",
        "MsgFlag",
        "LastSendMsgTime",
        "ShutUpUntil",
    ] {
        assert!(!first[name].is_null(), "{name} in {first}");
    }
    let owners = json!({"GroupId": "g", "MemberRoleFilter": ["Owner"]});
    assert!(accounts(&bench.call(LIST, &owners).await).is_empty());
    assert_eq!(
        bench
            .code(LIST, &json!({"GroupId": "g", "Limit": 6_001}))
            .await,
        10_004
    );
}

#[tokio::test(start_paused = true)]
async fn members_of_a_community_come_by_cursor_in_the_form_in_which_it_was_given() {
    let bench = crowd("Community");
    assert_eq!(
        bench.code(LIST, &json!({"GroupId": "g", "Limit": 3})).await,
        10_004
    );
    for (first, last) in [(json!(0), json!(0)), (json!(""), json!(""))] {
        let (mut all, mut next) = (Vec::new(), first);
        loop {
            let asked = json!({"GroupId": "g", "Limit": 3, "Next": next});
            let answer = bench.call(LIST, &asked).await;
            all.extend(accounts(&answer).into_iter().map(str::to_owned));
            next = answer["Next"].clone();
            if next == last {
                break;
            }
        }
        assert_eq!(all, ["u0", "u1", "u2", "u3", "u4", "u5", "u6"]);
    }
}

#[tokio::test(start_paused = true)]
async fn everybody_who_is_asked_for_has_a_role() {
    let bench = Bench::standard(options());
    let asked = json!({"GroupId": "Public", "User_Account": ["ann", "eve", "nobody"]});
    let expected = json!([
        {"Member_Account": "ann", "Role": "Member"},
        {"Member_Account": "eve", "Role": "NotMember"},
        {"Member_Account": "nobody", "Role": "NotMember"},
    ]);
    assert_eq!(bench.call(ROLE, &asked).await["UserIdList"], expected);
    let asked = |count: usize| json!({"GroupId": "Public", "User_Account": vec!["ann"; count]});
    assert_eq!(bench.code(ROLE, &asked(500)).await, 0);
    assert_eq!(bench.code(ROLE, &asked(501)).await, 10_005);
    let asked = json!({"GroupId": "AVChatRoom", "User_Account": ["ann"]});
    let refused = bench.call(ROLE, &asked).await;
    assert_eq!(
        (&refused["ErrorCode"], refused.get("UserIdList")),
        (&json!(10_007), None)
    );
}

#[tokio::test(start_paused = true)]
async fn the_groups_of_an_account_come_with_both_sequence_numbers() {
    let bench = Bench::standard(options());
    bench.set("Public", "ann", 4).await;
    let asked = json!({
        "Member_Account": "ann", "GroupType": "Public",
        "ResponseFilter": {
            "GroupBaseInfoFilter": ["Type", "NextMsgSeq"],
            "SelfInfoFilter": ["Role", "MsgSeq", "UnreadMsgNum"],
        },
    });
    let expected = json!([{
        "GroupId": "Public", "Type": "Public", "NextMsgSeq": 11,
        "SelfInfo": {"Role": "Member", "MsgSeq": 6, "UnreadMsgNum": 4},
    }]);
    let answer = bench.call(JOINED, &asked).await;
    assert_eq!(
        (&answer["TotalCount"], &answer["GroupIdList"]),
        (&json!(1), &expected)
    );
}

#[tokio::test(start_paused = true)]
async fn a_service_of_today_may_not_know_the_field_of_old() {
    let bench = Bench::standard(Options {
        quirks: vec![QuirkChoice::parse("tells-unread=no").unwrap()],
        ..options()
    });
    let filter = json!({"SelfInfoFilter": ["MsgSeq", "UnreadMsgNum"]});
    let asked = json!({"Member_Account": "ann", "GroupType": "Public", "ResponseFilter": filter});
    let answer = bench.call(JOINED, &asked).await;
    assert_eq!(answer["GroupIdList"][0]["SelfInfo"], json!({"MsgSeq": 10}));
}

#[tokio::test(start_paused = true)]
async fn huge_and_idle_groups_are_listed_only_when_asked_for() {
    let mut world = World::new();
    for (id, kind, messages) in [
        ("a", "Private", 0),
        ("b", "Private", 1),
        ("c", "AVChatRoom", 1),
    ] {
        world.add_member(id, Some(kind), "ann", messages).unwrap();
    }
    let bench = Bench::new(options(), world);
    for (huge, idle, expected) in [
        (0, 0, vec!["b"]),
        (0, 1, vec!["b", "a"]),
        (1, 0, vec!["c", "b"]),
        (1, 1, vec!["c", "b", "a"]),
    ] {
        let asked = json!({
            "Member_Account": "ann", "WithHugeGroups": huge, "WithNoActiveGroups": idle,
        });
        let answer = bench.call(JOINED, &asked).await;
        let groups = answer["GroupIdList"].as_array().unwrap();
        let ids: Vec<&str> = groups
            .iter()
            .map(|group| group["GroupId"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected);
        assert_eq!(answer["TotalCount"], expected.len());
    }
    let page = json!({"Member_Account": "ann", "WithHugeGroups": 1, "Limit": 1, "Offset": 1});
    assert_eq!(
        bench.call(JOINED, &page).await["GroupIdList"],
        json!([{"GroupId": "b"}])
    );
    let page = json!({"Member_Account": "ann", "Limit": 5_001});
    assert_eq!(bench.code(JOINED, &page).await, 10_004);
    assert_eq!(
        bench
            .code(JOINED, &json!({"Member_Account": "nobody"}))
            .await,
        10_019
    );
}
