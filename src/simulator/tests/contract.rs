//! Every page of the vendor, as a table that the simulator is held against: the fields of the
//! request, those of the answer, the limits and the codes. A command without a page here, or a
//! page without a command, fails the first test; what a page says beyond these is in the other
//! files of this directory.

use std::collections::BTreeSet;

use super::*;

/// What the page of a command says.
struct Page {
    command: &'static str,
    /// Where the page is: its number at cloud.tencent.com or tencentcloud.com, and its edition.
    source: &'static str,
    /// A request that holds every field of the page.
    request: Value,
    /// Its required fields, each with the code when it is missing and when it is of another type.
    required: &'static [(&'static str, u64)],
    /// Fields of the answer besides the three of every answer.
    answer: &'static [&'static str],
    /// Fields of an item of the first list in the answer.
    item: &'static [&'static str],
    /// The list of the request that is limited, to how many, and the code above it.
    batch: Option<(&'static str, usize, u64)>,
    /// Calls a second.
    per_second: usize,
    /// The code for each kind of group that the page excludes.
    excluded: &'static [(&'static str, u64)],
}

impl Page {
    fn new(command: &'static str, source: &'static str, request: Value) -> Self {
        Self {
            command,
            source,
            request,
            required: &[],
            answer: &[],
            item: &[],
            batch: None,
            per_second: 200,
            excluded: &[],
        }
    }
}

fn text() -> Value {
    json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}])
}

/// Pages of the group service that change something.
fn group_imports() -> Vec<Page> {
    vec![
        Page {
            required: &[
                ("GroupId", 10_004),
                ("Member_Account", 10_004),
                ("UnreadMsgNum", 10_004),
            ],
            ..Page::new(
                "group_open_http_svc/set_unread_msg_num",
                "269/1637, 2025-12; 1047/34909, 2025-03",
                json!({"GroupId": "Public", "Member_Account": "ann", "UnreadMsgNum": 3}),
            )
        },
        Page {
            required: &[("Type", 10_004), ("Name", 10_004)],
            answer: &["GroupId"],
            ..Page::new(
                "group_open_http_svc/import_group",
                "1047/34967, 2024",
                json!({
                    "Type": "Public", "Name": "team", "GroupId": "new", "Owner_Account": "ann",
                    "Introduction": "i", "Notification": "n", "FaceUrl": "f", "MaxMemberCount": 500,
                    "ApplyJoinOption": "FreeAccess", "CreateTime": NOW - 99,
                    "AppDefinedData": [{"Key": "k", "Value": "v"}],
                }),
            )
        },
        Page {
            required: &[("GroupId", 10_004), ("MemberList", 10_004)],
            answer: &["MemberList"],
            item: &["Member_Account", "Result"],
            batch: Some(("MemberList", 20, 10_005)),
            excluded: &[("AVChatRoom", 10_007)],
            ..Page::new(
                "group_open_http_svc/import_group_member",
                "269/1636, 2026-01",
                json!({"GroupId": "Public", "MemberList": [
                    {"Member_Account": "eve", "Role": "Admin", "JoinTime": NOW - 9, "UnreadMsgNum": 2}]}),
            )
        },
        Page {
            required: &[("GroupId", 10_004), ("MsgList", 10_004)],
            answer: &["ImportMsgResult"],
            item: &["MsgSeq", "MsgTime", "Result"],
            batch: Some(("MsgList", 7, 10_004)),
            excluded: &[("AVChatRoom", 10_007)],
            ..Page::new(
                "group_open_http_svc/import_group_msg",
                "269/1635, 2025-12; 1047/34968",
                json!({"GroupId": "Public", "RecentContactFlag": 1, "MsgList": [
                    {"From_Account": "ann", "SendTime": NOW - 1, "Random": 7, "MsgBody": text()}]}),
            )
        },
    ]
}

/// Pages of the group service that tell of groups and lists of members.
fn group_reads() -> Vec<Page> {
    vec![
        Page {
            required: &[("GroupIdList", 10_004)],
            answer: &["GroupInfo"],
            item: &[
                "GroupId",
                "ErrorCode",
                "ErrorInfo",
                "Type",
                "NextMsgSeq",
                "MemberNum",
            ],
            batch: Some(("GroupIdList", 50, 10_004)),
            ..Page::new(
                "group_open_http_svc/get_group_info",
                "1047/34961, 2024",
                json!({"GroupIdList": ["Public"], "ResponseFilter": {
                    "GroupBaseInfoFilter": ["Type", "NextMsgSeq", "MemberNum"]}}),
            )
        },
        Page {
            answer: &["TotalCount", "GroupIdList", "Next"],
            item: &["GroupId"],
            ..Page::new(
                "group_open_http_svc/get_appid_group_list",
                "1047/34960, 2024",
                json!({"Limit": 2, "Next": 0, "GroupType": "Public"}),
            )
        },
        Page {
            required: &[("GroupId", 10_004)],
            answer: &["MemberNum", "MemberList"],
            item: &["Member_Account", "Role", "JoinTime", "MsgSeq"],
            excluded: &[("AVChatRoom", 10_007)],
            ..Page::new(
                "group_open_http_svc/get_group_member_info",
                "269/1617, 2025-11",
                json!({"GroupId": "Public", "Limit": 100, "Offset": 0,
                    "MemberInfoFilter": ["Role", "JoinTime", "MsgSeq"], "MemberRoleFilter": ["Member"]}),
            )
        },
    ]
}

/// Pages that tell who is in a group, and in which groups somebody is.
fn member_reads() -> Vec<Page> {
    vec![
        Page {
            required: &[("GroupId", 10_004), ("Member_List_Account", 10_004)],
            answer: &["GroupId", "MemberList"],
            item: &["Member_Account", "MsgSeq", "MsgFlag"],
            batch: Some(("Member_List_Account", 50, 10_005)),
            excluded: &[("AVChatRoom", 10_007)],
            ..Page::new(
                "group_open_http_svc/get_specified_group_member_info",
                "269/112002, 2025-12",
                json!({"GroupId": "Public", "Member_List_Account": ["ann"],
                    "MemberInfoFilter": ["MsgSeq", "MsgFlag"]}),
            )
        },
        Page {
            required: &[("GroupId", 10_004), ("User_Account", 10_004)],
            answer: &["UserIdList"],
            item: &["Member_Account", "Role"],
            batch: Some(("User_Account", 500, 10_005)),
            excluded: &[("AVChatRoom", 10_007)],
            ..Page::new(
                "group_open_http_svc/get_role_in_group",
                "vendor docs, 2022",
                json!({"GroupId": "Public", "User_Account": ["ann"]}),
            )
        },
        Page {
            required: &[("Member_Account", 10_004)],
            answer: &["TotalCount", "GroupIdList"],
            item: &["GroupId", "Type", "NextMsgSeq", "SelfInfo"],
            ..Page::new(
                "group_open_http_svc/get_joined_group_list",
                "vendor docs, 2022; 2019 for UnreadMsgNum",
                json!({"Member_Account": "ann", "WithHugeGroups": 1, "WithNoActiveGroups": 1,
                    "Limit": 5_000, "Offset": 0, "GroupType": "Public", "ResponseFilter": {
                        "GroupBaseInfoFilter": ["Type", "NextMsgSeq"],
                        "SelfInfoFilter": ["MsgSeq", "UnreadMsgNum"]}}),
            )
        },
    ]
}

/// Pages of topics.
fn topics() -> Vec<Page> {
    vec![
        Page {
            required: &[("GroupId", 10_004), ("TopicName", 10_004)],
            answer: &["TopicId"],
            excluded: &[("Public", 10_007), ("Community", 11_000)],
            ..Page::new(
                "group_open_http_svc/import_topic",
                "1047/53448, 2024-07",
                json!({"GroupId": TOWN, "TopicName": "t", "CreateTime": NOW - 9}),
            )
        },
        Page {
            required: &[("GroupId", 10_004), ("From_Account", 10_004)],
            answer: &["TopicAndSelfInfo"],
            item: &["ErrorCode", "ErrorInfo", "TopicInfo", "SelfInfo"],
            excluded: &[("Public", 10_007), ("Community", 11_000)],
            ..Page::new(
                "million_group_open_http_svc/get_topic",
                "1047/49469, 2023-03",
                json!({"GroupId": TOWN, "From_Account": "ann", "TopicIdList": [TOPIC],
                    "ResponseFilter": ["TopicName", "NextMsgSeq"]}),
            )
        },
    ]
}

/// Pages of accounts.
fn accounts() -> Vec<Page> {
    vec![
        Page {
            required: &[("UserID", 70_402)],
            ..Page::new(
                "im_open_login_svc/account_import",
                "vendor docs, 2025",
                json!({"UserID": "new", "Nick": "New", "FaceUrl": "f"}),
            )
        },
        Page {
            required: &[("Accounts", 70_402)],
            answer: &["FailAccounts"],
            batch: Some(("Accounts", 100, 70_206)),
            per_second: 100,
            ..Page::new(
                "im_open_login_svc/multiaccount_import",
                "vendor docs, 2025",
                json!({"Accounts": ["new"]}),
            )
        },
        Page {
            required: &[("CheckItem", 70_402)],
            answer: &["ResultItem"],
            item: &["UserID", "ResultCode", "ResultInfo", "AccountStatus"],
            batch: Some(("CheckItem", 100, 70_402)),
            per_second: 100,
            ..Page::new(
                "im_open_login_svc/account_check",
                "269/38417, 2025-12",
                json!({"CheckItem": [{"UserID": "ann"}]}),
            )
        },
    ]
}

/// Pages of one-to-one conversations.
fn conversations() -> Vec<Page> {
    vec![
        Page {
            required: &[
                ("SyncFromOldSystem", 90_030),
                ("From_Account", 90_008),
                ("To_Account", 90_003),
                ("MsgRandom", 90_005),
                ("MsgTimeStamp", 90_006),
                ("MsgBody", 90_007),
            ],
            ..Page::new(
                "openim/importmsg",
                "269/2568, 2025-12; 1047/35014",
                json!({"SyncFromOldSystem": 5, "From_Account": "bob", "To_Account": "ann",
                    "MsgSeq": 1, "MsgRandom": 7, "MsgTimeStamp": NOW - 9, "MsgBody": text(),
                    "CloudCustomData": "c"}),
            )
        },
        Page {
            required: &[("Report_Account", 90_008), ("Peer_Account", 90_003)],
            ..Page::new(
                "openim/admin_set_msg_read",
                "1047/38996, 2025-02",
                json!({"Report_Account": "ann", "Peer_Account": "bob", "MsgReadTime": NOW.to_string()}),
            )
        },
        Page {
            required: &[("Operator_Account", 90_008), ("Peer_Account", 90_003)],
            answer: &["Complete", "MsgCnt", "LastMsgTime", "LastMsgKey", "MsgList"],
            item: &[
                "From_Account",
                "To_Account",
                "MsgSeq",
                "MsgRandom",
                "MsgTimeStamp",
                "MsgFlagBits",
                "IsPeerRead",
                "MsgKey",
                "MsgBody",
                "CloudCustomData",
            ],
            ..Page::new(
                "openim/admin_getroammsg",
                "1047/35478",
                json!({"Operator_Account": "ann", "Peer_Account": "bob", "MaxCnt": 9,
                    "MinTime": NOW - 99, "MaxTime": NOW, "LastMsgKey": "1_1_1"}),
            )
        },
        Page {
            required: &[("To_Account", 90_003)],
            answer: &["C2CUnreadMsgNumList"],
            item: &["Peer_Account", "C2CUnreadMsgNum"],
            batch: Some(("Peer_Account", 10, 90_018)),
            ..Page::new(
                "openim/get_c2c_unread_msg_num",
                "1047/50349, 2025-10; 269/56043, 2025-11",
                json!({"To_Account": "ann", "Peer_Account": ["bob"]}),
            )
        },
    ]
}

fn pages() -> Vec<Page> {
    let mut pages = group_imports();
    pages.extend(group_reads());
    pages.extend(member_reads());
    pages.extend(topics());
    pages.extend(accounts());
    pages.extend(conversations());
    pages
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn every_command_has_its_page() {
    let pages = pages();
    let told: BTreeSet<&str> = pages
        .iter()
        .map(|page| page.command.rsplit('/').next().unwrap())
        .collect();
    let known: BTreeSet<&str> = tencent::COMMANDS
        .iter()
        .map(|command| command.name)
        .collect();
    assert_eq!(told, known);
    assert!(pages.iter().all(|page| !page.source.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_request_with_every_field_is_answered_with_every_field_and_no_other() {
    for page in pages() {
        let bench = Bench::standard(options());
        let answer = bench.call(page.command, &page.request).await;
        assert_eq!(answer["ErrorCode"], 0, "{}: {answer}", page.command);
        let mut expected: BTreeSet<&str> = page.answer.iter().copied().collect();
        expected.extend(["ActionStatus", "ErrorInfo", "ErrorCode"]);
        assert_eq!(keys(&answer), expected, "{}", page.command);
        if !page.item.is_empty() {
            let mut lists = page.answer.iter().map(|name| &answer[*name]);
            let item = lists.find_map(|list| list.get(0)).unwrap();
            let expected: BTreeSet<&str> = page.item.iter().copied().collect();
            assert_eq!(keys(item), expected, "{}", page.command);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_field_that_is_missing_or_of_another_type_has_its_code() {
    for page in pages() {
        let bench = Bench::standard(options());
        for &(field, code) in page.required {
            let mut request = page.request.clone();
            request[field] = json!({"not": "that"});
            let found = bench.code(page.command, &request).await;
            assert_eq!(found, code, "{}: {field} of another type", page.command);
            request.as_object_mut().unwrap().remove(field);
            let found = bench.code(page.command, &request).await;
            assert_eq!(found, code, "{}: no {field}", page.command);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_has_its_limit_and_one_more_has_its_code() {
    for page in pages() {
        let Some((field, limit, code)) = page.batch else {
            continue;
        };
        let bench = Bench::standard(options());
        let mut request = page.request.clone();
        let item = request[field][0].clone();
        request[field] = json!(vec![item.clone(); limit]);
        assert_eq!(
            bench.code(page.command, &request).await,
            0,
            "{}",
            page.command
        );
        request[field] = json!(vec![item; limit + 1]);
        assert_eq!(
            bench.code(page.command, &request).await,
            code,
            "{}",
            page.command
        );
        request[field] = json!([]);
        assert_ne!(
            bench.code(page.command, &request).await,
            0,
            "{}",
            page.command
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_takes_its_calls_a_second_and_no_more() {
    for page in pages() {
        let bench = Bench::standard(options());
        for call in 0..=page.per_second {
            let answer = bench.call(page.command, &page.request).await;
            let limited = answer["ErrorCode"] == 60_007;
            assert_eq!(limited, call == page.per_second, "{}: {call}", page.command);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn groups_that_a_page_excludes_unknown_groups_and_impossible_ids_have_their_codes() {
    for page in pages() {
        let bench = Bench::standard(options());
        for &(kind, code) in page.excluded {
            let mut request = page.request.clone();
            request["GroupId"] = kind.into();
            assert_eq!(
                bench.code(page.command, &request).await,
                code,
                "{}",
                page.command
            );
        }
        let names_a_group = page.required.iter().any(|&(field, _)| field == "GroupId");
        if names_a_group {
            let mut request = page.request.clone();
            for (id, code) in [("nowhere", 10_010), ("\u{7}", 10_015)] {
                request["GroupId"] = id.into();
                assert_eq!(
                    bench.code(page.command, &request).await,
                    code,
                    "{}",
                    page.command
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_command_refuses_strangers_and_bodies_that_are_no_json() {
    for page in pages() {
        let bench = Bench::standard(options());
        let response = bench.post(page.command, "{").await;
        let answer: Value = serde_json::from_str(&body(response).await.unwrap()).unwrap();
        let code = match page.command.split('/').next().unwrap() {
            "group_open_http_svc" | "million_group_open_http_svc" => 10_011,
            "openim" => 90_001,
            _ => 60_003,
        };
        assert_eq!(answer["ErrorCode"], code, "{}", page.command);
        let stranger = Bench {
            query: query(&sign("eve", NOW)).replace("administrator", "eve"),
            ..bench
        };
        let code = stranger.code(page.command, &page.request).await;
        assert_eq!(code, 60_010, "{}", page.command);
    }
}
