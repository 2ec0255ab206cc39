//! The read-only commands against answers in the shapes of the vendor's samples.

use serde_json::json;

use super::super::classify::Last;
use super::super::fake::{Fake, client};
use super::*;

fn refusal(code: i64, info: &str) -> Refusal {
    Refusal {
        code,
        info: info.to_owned(),
    }
}

fn group(id: &str, kind: &str, next_msg_seq: u64) -> Group {
    Group {
        id: id.to_owned(),
        kind: Some(kind.to_owned()),
        next_msg_seq: Some(next_msg_seq),
        member_num: None,
    }
}

#[tokio::test]
async fn each_group_is_judged_by_its_own_code_whatever_the_whole_answer_says() {
    for code in [0, 10010] {
        let answer = json!({
            "ActionStatus": "OK", "ErrorInfo": "x", "ErrorCode": code,
            "GroupInfo": [
                {"GroupId": "@TGS#1", "ErrorCode": 0, "ErrorInfo": "", "Type": "Public", "NextMsgSeq": 1234},
                {"GroupId": "@TGS#2", "ErrorCode": 10010, "ErrorInfo": "group not exist"},
            ],
        });
        let fake = Fake::answering(&[&answer.to_string()]);
        let groups = client(&fake)
            .get_group_info(&["@TGS#1", "@TGS#2"], None)
            .await
            .unwrap();
        assert_eq!(
            groups,
            [
                ("@TGS#1".to_owned(), Ok(group("@TGS#1", "Public", 1234))),
                ("@TGS#2".to_owned(), Err(refusal(10010, "group not exist"))),
            ]
        );
        let asked = fake.asked().remove(0);
        assert_eq!(asked.path, "/v4/group_open_http_svc/get_group_info");
        let fields = json!(["Type", "NextMsgSeq", "MemberNum"]);
        assert_eq!(
            asked.body,
            json!({"GroupIdList": ["@TGS#1", "@TGS#2"], "ResponseFilter": {"GroupBaseInfoFilter": fields}})
        );
    }
}

#[tokio::test]
async fn a_refusal_without_groups_stays_a_refusal() {
    let fake = Fake::answering(&[
        r#"{"ErrorCode":10007,"ErrorInfo":"no"}"#,
        r#"{"ErrorCode":10018,"ErrorInfo":"too long","GroupInfo":[]}"#,
        r#"{"ErrorCode":0,"GroupInfo":7}"#,
        "<html>",
    ]);
    let client = client(&fake);
    let ask = || client.get_group_info(&["g"], None);
    assert_eq!(ask().await, Err(Verdict::Row(refusal(10007, "no"))));
    let split = Verdict::RetryOnce {
        refusal: refusal(10018, "too long"),
        last: Last::Row,
    };
    assert_eq!(ask().await, Err(split));
    for _ in 0..2 {
        let verdict = ask().await.unwrap_err();
        let unusable = matches!(&verdict, Verdict::Unreachable(f) if f.kind == FailureKind::Body);
        assert!(unusable, "{verdict:?}");
    }
}

#[tokio::test]
async fn accounts_are_imported_or_not_or_refused_one_by_one() {
    let answer = json!({
        "ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "",
        "ResultItem": [
            {"UserID": "a", "ResultCode": 0, "ResultInfo": "", "AccountStatus": "Imported"},
            {"UserID": "b", "ResultCode": 0, "ResultInfo": "", "AccountStatus": "NotImported"},
            {"UserID": "c", "ResultCode": 70107, "ResultInfo": "Err", "AccountStatus": ""},
            {"UserID": "d", "ResultCode": 0, "AccountStatus": "Frozen\u{1b}"},
        ],
    });
    let fake = Fake::answering(&[&answer.to_string()]);
    let accounts = client(&fake)
        .account_check(&["a", "b", "c", "d"], None)
        .await
        .unwrap();
    let expected = [
        ("a", Ok(AccountStatus::Imported)),
        ("b", Ok(AccountStatus::NotImported)),
        ("c", Err(refusal(70107, "Err"))),
        ("d", Ok(AccountStatus::Unknown(r"Frozen\u{1b}".to_owned()))),
    ];
    assert_eq!(
        accounts,
        expected.map(|(account, status)| (account.to_owned(), status))
    );
    let asked = fake.asked().remove(0);
    assert_eq!(asked.path, "/v4/im_open_login_svc/account_check");
    let items = json!([{"UserID": "a"}, {"UserID": "b"}, {"UserID": "c"}, {"UserID": "d"}]);
    assert_eq!(asked.body, json!({"CheckItem": items}));
}

#[tokio::test]
async fn owners_and_admins_are_members_too() {
    let answer = json!({
        "ErrorCode": 0,
        "UserIdList": [
            {"Member_Account": "o", "Role": "Owner"},
            {"Member_Account": "a", "Role": "Admin"},
            {"Member_Account": "m", "Role": "Member"},
            {"Member_Account": "n", "Role": "NotMember"},
            {"Member_Account": "x", "Role": "Guest"},
        ],
    });
    let fake = Fake::answering(&[&answer.to_string()]);
    let roles = client(&fake)
        .get_role_in_group("g", &["o", "a", "m", "n", "x"], None)
        .await
        .unwrap();
    let roles: Vec<_> = roles.into_iter().map(|(_, role)| role).collect();
    let guest = Role::Unknown("Guest".to_owned());
    assert_eq!(
        roles,
        [
            Role::Member,
            Role::Member,
            Role::Member,
            Role::NotMember,
            guest
        ]
    );
    let asked = fake.asked().remove(0);
    assert_eq!(asked.path, "/v4/group_open_http_svc/get_role_in_group");
    assert_eq!(
        asked.body,
        json!({"GroupId": "g", "User_Account": ["o", "a", "m", "n", "x"]})
    );
}

#[tokio::test]
async fn members_come_with_how_far_they_have_read() {
    let answer = json!({
        "ErrorCode": 0, "GroupId": "g",
        "MemberList": [
            {"Member_Account": "a", "MsgSeq": 4_294_967_295_u64, "Role": "Owner"},
            {"Member_Account": "b"},
        ],
    });
    let fake = Fake::answering(&[&answer.to_string()]);
    let members = client(&fake)
        .get_specified_group_member_info("g", &["a", "b", "c"], None)
        .await
        .unwrap();
    let expected = [("a", Some(4_294_967_295)), ("b", None)];
    let expected = expected.map(|(name, msg_seq)| Member {
        account: name.to_owned(),
        msg_seq,
    });
    assert_eq!(members, expected);
    let asked = fake.asked().remove(0);
    assert_eq!(
        asked.path,
        "/v4/group_open_http_svc/get_specified_group_member_info"
    );
    assert_eq!(
        asked.body,
        json!({"GroupId": "g", "Member_List_Account": ["a", "b", "c"], "MemberInfoFilter": ["MsgSeq"]})
    );
}

#[tokio::test]
async fn joined_groups_carry_both_numbers_of_either_edition() {
    let answer = json!({
        "ErrorCode": 0, "TotalCount": 2,
        "GroupIdList": [
            {"GroupId": "g", "Type": "Work", "NextMsgSeq": 10, "SelfInfo": {"MsgSeq": 7}},
            {"GroupId": "h", "Type": "Public", "NextMsgSeq": 2, "SelfInfo": {"UnreadMsgNum": 1}},
        ],
    });
    let fake = Fake::answering(&[&answer.to_string()]);
    let joined = client(&fake)
        .get_joined_group_list("bob", 5000, 100, None)
        .await
        .unwrap();
    let groups = vec![
        JoinedGroup {
            group: group("g", "Work", 10),
            msg_seq: Some(7),
            unread_msg_num: None,
        },
        JoinedGroup {
            group: group("h", "Public", 2),
            msg_seq: None,
            unread_msg_num: Some(1),
        },
    ];
    assert_eq!(
        joined,
        JoinedGroups {
            total: Some(2),
            groups
        }
    );
    let asked = fake.asked().remove(0);
    assert_eq!(asked.path, "/v4/group_open_http_svc/get_joined_group_list");
    assert_eq!(
        asked.body,
        json!({
            "Member_Account": "bob", "WithHugeGroups": 0, "WithNoActiveGroups": 1,
            "Limit": 100, "Offset": 5000,
            "ResponseFilter": {
                "GroupBaseInfoFilter": ["Type", "NextMsgSeq", "MemberNum"],
                "SelfInfoFilter": ["MsgSeq", "UnreadMsgNum"],
            },
        })
    );
}

#[tokio::test]
async fn one_to_one_counts_can_be_part_good_and_part_refused() {
    let answer = json!({
        "ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "",
        "C2CUnreadMsgNumList": [{"Peer_Account": "a", "C2CUnreadMsgNum": 12}],
        "ErrorList": [{"Peer_Account": "b", "ErrorCode": 70107}],
    });
    let fake = Fake::answering(&[&answer.to_string()]);
    let counts = client(&fake)
        .get_c2c_unread_msg_num("bob", &["a", "b"], None)
        .await
        .unwrap();
    let expected = [
        ("a".to_owned(), Ok(12)),
        ("b".to_owned(), Err(refusal(70107, ""))),
    ];
    assert_eq!(counts, expected);
    let asked = fake.asked().remove(0);
    assert_eq!(asked.path, "/v4/openim/get_c2c_unread_msg_num");
    assert_eq!(
        asked.body,
        json!({"To_Account": "bob", "Peer_Account": ["a", "b"]})
    );
}

#[tokio::test]
async fn the_total_of_one_to_one_counts_is_asked_for_without_peers_and_never_made_up() {
    let fake = Fake::answering(&[
        r#"{"ErrorCode":0,"AllC2CUnreadMsgNum":12}"#,
        r#"{"ErrorCode":0}"#,
        r#"{"ErrorCode":0,"AllC2CUnreadMsgNum":-1}"#,
    ]);
    let client = client(&fake);
    assert_eq!(client.get_c2c_unread_total("bob", None).await, Ok(12));
    assert_eq!(fake.asked()[0].body, json!({"To_Account": "bob"}));
    for _ in 0..2 {
        let verdict = client.get_c2c_unread_total("bob", None).await.unwrap_err();
        assert!(matches!(verdict, Verdict::Unreachable(_)), "{verdict:?}");
    }
}

#[tokio::test]
async fn a_null_where_a_list_belongs_is_an_empty_list() {
    let answer = r#"{"ErrorCode":0,"GroupInfo":null,"ResultItem":null,"UserIdList":null,"MemberList":null,"GroupIdList":null,"C2CUnreadMsgNumList":null,"ErrorList":null}"#;
    let fake = Fake::answering(&[answer; 6]);
    let client = client(&fake);
    assert_eq!(client.get_group_info(&["g"], None).await, Ok(vec![]));
    assert_eq!(client.account_check(&["a"], None).await, Ok(vec![]));
    assert_eq!(
        client.get_role_in_group("g", &["a"], None).await,
        Ok(vec![])
    );
    assert_eq!(
        client
            .get_specified_group_member_info("g", &["a"], None)
            .await,
        Ok(vec![])
    );
    let none = JoinedGroups {
        total: None,
        groups: vec![],
    };
    assert_eq!(
        client.get_joined_group_list("a", 0, 1, None).await,
        Ok(none)
    );
    assert_eq!(
        client.get_c2c_unread_msg_num("a", &["b"], None).await,
        Ok(vec![])
    );
}

#[test]
fn every_command_has_the_limits_of_its_page() {
    let limits = Command::ALL.map(|command| {
        (
            command.to_string(),
            command.batch(),
            command.calls_per_second(),
        )
    });
    let expected = [
        ("set_unread_msg_num", 1, 200),
        ("get_c2c_unread_msg_num", 10, 200),
        ("get_group_info", 50, 200),
        ("account_check", 100, 100),
        ("get_role_in_group", 500, 200),
        ("get_specified_group_member_info", 50, 200),
        ("get_joined_group_list", 5000, 200),
        ("get_topic", 1, 200),
    ];
    assert_eq!(
        limits,
        expected.map(|(name, batch, rate)| (name.to_owned(), batch, rate))
    );
}
