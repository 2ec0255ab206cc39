//! What clients that others wrote send: recorded with `tests/clients/record.py`, which says how, and
//! sent again here. The clients are `timsdk` 1.1.12 and `tencentcloud-sdk-python-im` 0.9.4 for
//! Python and the crate `tencent_im_rs` 1.0.4; the signatures are of the Python package
//! `tls-sig-api-v2` 1.1 and of the Node package `tls-sig-api-v2` 1.0.2.

use std::collections::BTreeSet;

use super::*;

const RECORDED: &str = include_str!("../../../tests/clients/exchanges.jsonl");

fn recorded() -> (Value, Vec<Value>) {
    let mut lines = RECORDED
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (lines.next().unwrap(), lines.collect())
}

/// The simulator as it was when the exchanges were recorded, so long after them.
fn bench(header: &Value, later: u64) -> Bench {
    let now = Duration::from_secs(header["now"].as_u64().unwrap() + later);
    let key = header["key"].as_str().unwrap();
    let options = Options::new(header["app"].as_u64().unwrap(), key.into(), now);
    let world = World::from_json(header["world"].to_string().as_bytes()).unwrap();
    Bench::new(options, world)
}

#[tokio::test(start_paused = true)]
async fn every_recorded_request_is_answered_as_it_was() {
    let (header, exchanges) = recorded();
    let bench = bench(&header, 0);
    let mut clients = BTreeSet::new();
    for exchange in &exchanges {
        let text = |name: &str| exchange[name].as_str().unwrap();
        let mut request = Request::builder().method(text("method")).uri(text("path"));
        if let Some(kind) = exchange["content_type"].as_str() {
            request = request.header("content-type", kind);
        }
        let body_text = text("body").to_owned();
        let response = bench
            .send(request.body(Body::from(body_text)).unwrap())
            .await;
        let answer: Value = serde_json::from_str(&body(response).await.unwrap()).unwrap();
        assert_eq!(
            answer,
            exchange["answer"],
            "{}: {}",
            text("client"),
            text("call")
        );
        clients.insert(text("client"));
    }
    assert_eq!(clients.len(), 3);
}

/// A strict client cannot read a refusal without the list of a good answer; no page shows one.
#[test]
fn the_clients_made_something_of_every_answer_but_for_two_refusals() {
    let (_, exchanges) = recorded();
    let odd = exchanges
        .iter()
        .filter(|exchange| exchange["client_says"] != "answered");
    let odd: Vec<&str> = odd
        .map(|exchange| exchange["call"].as_str().unwrap())
        .collect();
    assert_eq!(
        odd,
        [
            "get_role_in_group, AVChatRoom",
            "import_group_msg, AVChatRoom"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn signatures_of_both_libraries_are_accepted_and_bad_ones_refused() {
    let (header, _) = recorded();
    let signatures = header["usersigs"].as_array().unwrap();
    let code = async |later: u64, usersig: &str| {
        let mut bench = bench(&header, later);
        let app = &header["app"];
        bench.query = format!("sdkappid={app}&identifier=administrator&usersig={usersig}");
        let asked = json!({"CheckItem": [{"UserID": "ann"}]});
        bench.code("im_open_login_svc/account_check", &asked).await
    };
    for signature in signatures {
        let lifetime = signature["lifetime"].as_u64().unwrap();
        let usersig = signature["usersig"].as_str().unwrap();
        let is_too_long = lifetime > 50 * 366 * 86_400;
        let expected = if is_too_long { 70_005 } else { 0 };
        assert_eq!(code(0, usersig).await, expected, "{signature}");
        if !is_too_long {
            // Signatures were made some seconds after the moment that was noted.
            assert_eq!(code(lifetime + 60, usersig).await, 70_001, "{signature}");
        }
        // Two letters that changed places break what was compressed.
        let forged: String = usersig.chars().rev().collect();
        assert_eq!(code(0, &forged).await, 70_003, "{signature}");
    }
    assert_eq!(signatures.len(), 9);
}
