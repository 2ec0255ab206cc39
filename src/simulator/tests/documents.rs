//! What clients that others wrote, and a server written apart, found to differ from the documents:
//! a row each, with the page that it is held against.

use super::*;

const IMPORT_MESSAGES: &str = "group_open_http_svc/import_group_msg";
const IMPORT_MEMBERS: &str = "group_open_http_svc/import_group_member";
const IMPORT_GROUP: &str = "group_open_http_svc/import_group";
const INFO: &str = "group_open_http_svc/get_group_info";

/// A request, and what its answer holds: a place in it and the value there.
struct Row {
    /// The page.
    page: &'static str,
    command: &'static str,
    request: Value,
    expected: Vec<(&'static str, Value)>,
}

fn row(
    page: &'static str,
    command: &'static str,
    request: Value,
    expected: impl Into<Vec<(&'static str, Value)>>,
) -> Row {
    Row {
        page,
        command,
        request,
        expected: expected.into(),
    }
}

fn message(sent_at: u64, random: u32) -> Value {
    let body = json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}]);
    json!({"From_Account": "ann", "SendTime": sent_at, "Random": random, "MsgBody": body})
}

fn info(group: &str) -> Value {
    json!({"GroupIdList": [group]})
}

fn messages(group: &str, list: &[Value]) -> Value {
    json!({"GroupId": group, "MsgList": list})
}

/// The rows; each may go on from what those above it did.
fn rows() -> Vec<Row> {
    let mut rows = message_rows();
    rows.extend(group_rows());
    rows.extend(list_rows());
    rows
}

fn message_rows() -> Vec<Row> {
    let mut nameless = message(NOW - 8, 2);
    nameless.as_object_mut().unwrap().remove("From_Account");
    let next = "/GroupInfo/0/NextMsgSeq";
    vec![
        row(
            "269/1635, 2025-12; 1047/34968: not for AVChatRoom",
            IMPORT_MESSAGES,
            messages("AVChatRoom", &[message(NOW - 9, 1)]),
            [
                ("/ErrorCode", json!(10_007)),
                ("/ImportMsgResult", Value::Null),
            ],
        ),
        row(
            "269/1635: a call that is refused has no effect",
            IMPORT_MESSAGES,
            messages("Public", &[message(NOW - 9, 1), nameless]),
            [
                ("/ErrorCode", json!(10_004)),
                ("/ImportMsgResult", Value::Null),
            ],
        ),
        row(
            "269/1635: the same",
            INFO,
            info("Public"),
            [(next, json!(11))],
        ),
        row(
            "269/1635: times ascend, an equal second is refused",
            IMPORT_MESSAGES,
            messages("Public", &[message(NOW - 9, 1), message(NOW - 9, 2)]),
            [
                ("/ErrorCode", json!(0)),
                ("/ImportMsgResult/0/Result", json!(0)),
                ("/ImportMsgResult/1/Result", json!(10_004)),
            ],
        ),
        row(
            "269/2568, 2025-12; 1047/35014: 2 or 5",
            "openim/importmsg",
            json!({"SyncFromOldSystem": 5, "From_Account": "eve", "To_Account": "ann",
                "MsgRandom": 1, "MsgTimeStamp": NOW - 9, "MsgBody": message(NOW, 1)["MsgBody"]}),
            [("/ErrorCode", json!(0))],
        ),
        row(
            "269/56043: 5 counts as unread",
            "openim/get_c2c_unread_msg_num",
            json!({"To_Account": "ann", "Peer_Account": ["eve"]}),
            [("/C2CUnreadMsgNumList/0/C2CUnreadMsgNum", json!(1))],
        ),
    ]
}

fn group_rows() -> Vec<Row> {
    vec![
        row(
            "1047/34967: MaxMemberCount and AppDefinedData are kept",
            IMPORT_GROUP,
            json!({"Type": "Public", "GroupId": "new", "Name": "new", "MaxMemberCount": 300,
                "AppDefinedData": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}]}),
            [("/ErrorCode", json!(0))],
        ),
        row(
            "1047/34961: and given back",
            INFO,
            info("new"),
            [
                ("/GroupInfo/0/MaxMemberNum", json!(300)),
                (
                    "/GroupInfo/0/AppDefinedData/1",
                    json!({"Key": "l", "Value": "w"}),
                ),
            ],
        ),
        row(
            "1047/34961: fields of the app that a filter names",
            INFO,
            json!({"GroupIdList": ["new"], "ResponseFilter": {"AppDefinedDataFilter_Group": ["l"]}}),
            [(
                "/GroupInfo/0",
                json!({"GroupId": "new", "ErrorCode": 0, "ErrorInfo": "",
                    "AppDefinedData": [{"Key": "l", "Value": "w"}]}),
            )],
        ),
    ]
}

fn list_rows() -> Vec<Row> {
    vec![
        row(
            "REST introduction: a refusal has the three common fields",
            "group_open_http_svc/get_role_in_group",
            json!({"GroupId": "AVChatRoom", "User_Account": ["ann"]}),
            [("/ErrorCode", json!(10_007)), ("/UserIdList", Value::Null)],
        ),
        row(
            "1047/34960: the sample of the page has a Next above 32 bits",
            "group_open_http_svc/get_appid_group_list",
            json!({"Limit": 2, "Next": 4_454_685_361_u64}),
            [
                ("/ErrorCode", json!(0)),
                ("/GroupIdList", json!([])),
                ("/Next", json!(0)),
            ],
        ),
        row(
            "269/1636: nothing said of an entry of a wrong type, all or nothing is the safer reading",
            IMPORT_MEMBERS,
            json!({"GroupId": "Public", "MemberList": [
                {"Member_Account": "eve"}, {"Member_Account": "ann", "UnreadMsgNum": "5"}]}),
            [("/ErrorCode", json!(10_004)), ("/MemberList", Value::Null)],
        ),
        row(
            "269/1636: the same",
            "group_open_http_svc/get_role_in_group",
            json!({"GroupId": "Public", "User_Account": ["eve"]}),
            [("/UserIdList/0/Role", json!("NotMember"))],
        ),
        row(
            "2018 edition of get_joined_group_list; SupportTopic from 2022",
            "group_open_http_svc/get_joined_group_list",
            json!({"Member_Account": "ann", "SupportTopic": 1}),
            [(
                "/GroupIdList",
                json!([{"GroupId": TOWN, "SupportTopic": 1, "GrossTopicNextMsgSeq": 6,
                    "SelfInfo": {"GrossTopicReadSeq": 5}}]),
            )],
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_difference_that_was_found_is_mended() {
    let bench = Bench::standard(options());
    for row in rows() {
        let answer = bench.call(row.command, &row.request).await;
        for (place, expected) in &row.expected {
            let found = answer.pointer(place).cloned().unwrap_or_default();
            assert_eq!(&found, expected, "{}: {place} in {answer}", row.page);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn urls_that_lead_nowhere_are_refused_with_http_200() {
    let bench = Bench::standard(options());
    for path in [
        "/v4/group_open_http_svc",
        "/v4/group_open_http_svc/set_unread_msg_num/x",
        "/v4/group_open_http_svc/",
        "/v4/no_such_svc/get_group_info",
        "/v3/openim/sendmsg",
        "/v4//",
        "/v4",
    ] {
        let uri = format!("{path}?{}", bench.query);
        for request in [Request::post(&uri), Request::get(&uri)] {
            let response = bench.send(request.body(Body::from("{}")).unwrap()).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            let answer: Value = serde_json::from_str(&body(response).await.unwrap()).unwrap();
            assert_eq!(answer["ErrorCode"], 60_009, "{path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn commands_that_read_are_served_with_get_and_others_are_not() {
    let bench = Bench::standard(options());
    for command in tencent::COMMANDS {
        let uri = format!("{}?{}", command.path(), bench.query);
        let response = bench
            .send(Request::get(uri).body(Body::from("{}")).unwrap())
            .await;
        let answer: Value = serde_json::from_str(&body(response).await.unwrap()).unwrap();
        let refused = answer["ErrorCode"] == 60_002;
        let writes = ["import", "set"]
            .iter()
            .any(|word| command.name.contains(word));
        assert_eq!(refused, writes, "{}: {answer}", command.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_said_to_be() {
    let bench = Bench::standard(options());
    let body_of = |length: usize| format!("{{\"GroupIdList\":[\"{}\"]}}", "x".repeat(length));
    let answer = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    let fits = answer(body(bench.post(INFO, body_of(1_000)).await).await.unwrap());
    assert_eq!(fits["GroupInfo"][0]["ErrorCode"], 10_015);
    let large = body_of(16 * 1_024 * 1_024);
    let refused = answer(body(bench.post(INFO, large).await).await.unwrap());
    let expected = json!({
        "ActionStatus": "FAIL", "ErrorCode": 60_002, "ErrorInfo": "request body is too large",
    });
    assert_eq!(refused, expected);
}
