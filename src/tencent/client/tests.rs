//! Calls over a transport that answers from a list.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::classify::{Last, Refusal};
use super::super::endpoint::Endpoint;
use super::super::fake::{Fake, client, clock, set_clock, target};
use super::super::http::{HttpTransport, Timeouts};
use super::super::transport::{Failure, FailureKind};
use super::super::usersig;
use super::*;

const OK: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
const EXPIRED: &str = r#"{"ActionStatus":"FAIL","ErrorInfo":"expired","ErrorCode":70001}"#;

fn expired() -> Refusal {
    Refusal {
        code: 70001,
        info: "expired".to_owned(),
    }
}

#[tokio::test]
async fn a_call_posts_the_three_values_with_a_signature_that_verifies() {
    let fake = Fake::answering(&[OK]);
    let verdict = client(&fake)
        .set_unread_msg_num("@TGS#2CLUZEAEJ", "bob", 5, None)
        .await;
    assert_eq!(verdict, Verdict::Succeeded);
    let asked = fake.asked().remove(0);
    assert_eq!(asked.path, "/v4/group_open_http_svc/set_unread_msg_num");
    assert_eq!(
        asked.body.to_string(),
        r#"{"GroupId":"@TGS#2CLUZEAEJ","Member_Account":"bob","UnreadMsgNum":5}"#
    );
    assert_eq!(asked.query["sdkappid"], "1400000001");
    assert_eq!(asked.query["identifier"], "administrator");
    assert_eq!(asked.query["contenttype"], "json");
    let claims = usersig::verify(&asked.query["usersig"], &"example-secret-key".into()).unwrap();
    assert_eq!(
        claims.objections(1_400_000_001, "administrator", clock()),
        []
    );
}

#[tokio::test]
async fn each_call_has_its_own_random_number_of_32_bits() {
    let fake = Fake::answering(&[OK; 20]);
    let client = client(&fake);
    for _ in 0..20 {
        client.set_unread_msg_num("g", "m", 1, None).await;
    }
    let mut numbers: Vec<u32> = fake
        .asked()
        .iter()
        .map(|asked| asked.query["random"].parse().unwrap())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert!(numbers.len() > 15, "{numbers:?}");
}

#[tokio::test]
async fn names_that_mean_something_in_a_url_arrive_as_they_are() {
    let fake = Fake::answering(&[OK]);
    let name = "a b&c=d#e/f?g%h+i";
    let target = Target::new(target().endpoint().clone(), 7, name).unwrap();
    let sig = Credential::Signature(UserSig::from_text("x+y/z=&q".into()));
    Client::new(&fake, target, sig, clock)
        .set_unread_msg_num("\"g\"", "m", 1, None)
        .await;
    let asked = fake.asked().remove(0);
    assert_eq!(asked.query["identifier"], name);
    assert_eq!(asked.query["usersig"], "x+y/z=&q");
    assert_eq!(asked.body["GroupId"], "\"g\"");
}

#[tokio::test]
async fn the_signature_is_made_once_and_replaced_before_it_ends() {
    let fake = Fake::answering(&[OK, OK, OK]);
    let client = client(&fake);
    for second in [0, 800, 950] {
        set_clock(second);
        client.set_unread_msg_num("g", "m", 1, None).await;
    }
    let sigs: Vec<_> = fake
        .asked()
        .iter()
        .map(|asked| asked.query["usersig"].clone())
        .collect();
    assert_eq!(sigs[0], sigs[1]);
    assert_ne!(sigs[1], sigs[2]);
}

#[tokio::test]
async fn an_expiry_is_answered_with_a_new_signature_and_a_second_one_is_fatal() {
    let fake = Fake::answering(&[EXPIRED, EXPIRED]);
    let client = client(&fake);
    let verdict = client.set_unread_msg_num("g", "m", 1, None).await;
    assert_eq!(verdict, Verdict::CredentialExpired(expired()));
    set_clock(1);
    assert_eq!(
        client.set_unread_msg_num("g", "m", 1, None).await,
        Verdict::Fatal(expired())
    );
}

#[tokio::test]
async fn signatures_that_expire_again_and_again_are_replaced_while_calls_succeed_in_between() {
    let fake = Fake::answering(&[EXPIRED, OK, EXPIRED, OK, EXPIRED]);
    let client = client(&fake);
    for second in 0..5 {
        set_clock(second);
        let verdict = client.set_unread_msg_num("g", "m", 1, None).await;
        assert!(!matches!(verdict, Verdict::Fatal(_)), "{verdict:?}");
    }
}

#[tokio::test]
async fn calls_in_flight_with_the_old_signature_do_not_use_up_the_new_one() {
    let fake = Fake::answering(&[EXPIRED, EXPIRED, EXPIRED, OK]);
    let client = client(&fake);
    let call = || client.set_unread_msg_num("g", "m", 1, None);
    let old = [client.query(), client.query()].map(|query| query.generation);
    assert_eq!(call().await, Verdict::CredentialExpired(expired()));
    for generation in old {
        let settled = client.settle(Verdict::CredentialExpired(expired()), generation);
        assert_eq!(settled, Verdict::CredentialExpired(expired()));
    }
}

#[tokio::test]
async fn an_expiry_is_fatal_for_a_signature_made_elsewhere() {
    let fake = Fake::answering(&[EXPIRED]);
    let sig = Credential::Signature(UserSig::from_text("made-elsewhere".into()));
    let client = Client::new(&fake, target(), sig, clock);
    assert_eq!(
        client.set_unread_msg_num("g", "m", 1, None).await,
        Verdict::Fatal(expired())
    );
}

#[tokio::test]
async fn a_server_that_repeats_the_signature_does_not_get_it_into_a_verdict() {
    let echo = r#"{"ErrorCode":70032,"ErrorInfo":"canary-sig is bad"}"#;
    let page = "<p>canary-sig</p>";
    let fake = Fake::answering(&[echo, page]);
    let sig = Credential::Signature(UserSig::from_text("canary-sig".into()));
    let client = Client::new(&fake, target(), sig, clock);
    let refusal = Refusal {
        code: 70032,
        info: "[hidden] is bad".to_owned(),
    };
    let verdict = client.set_unread_msg_num("g", "m", 1, None).await;
    assert_eq!(
        verdict,
        Verdict::RetryOnce {
            refusal,
            last: Last::Row
        }
    );
    let verdict = client.set_unread_msg_num("g", "m", 1, None).await;
    assert!(matches!(verdict, Verdict::Unreachable(_)), "{verdict:?}");
    assert!(!format!("{verdict:?}").contains("canary"), "{verdict:?}");
}

#[tokio::test]
async fn a_failure_of_the_transport_is_the_verdict() {
    let failure = Failure::new(FailureKind::Timeout, "10 s");
    let fake = Fake::failing(failure.clone());
    let verdict = client(&fake).set_unread_msg_num("g", "m", 1, None).await;
    assert_eq!(verdict, Verdict::Unreachable(failure));
}

/// A server that puts the whole request into its answer, as debugging gateways do.
async fn reflect(listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"}") {
        assert_ne!(
            stream.read_buf(&mut text).await.unwrap(),
            0,
            "the request is whole"
        );
    }
    let text = String::from_utf8(text).unwrap();
    let body = serde_json::json!({"ErrorCode": 10002, "ErrorInfo": text}).to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn a_server_that_reflects_the_request_over_the_network_does_not_reveal_the_signature() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let endpoint = Endpoint::parse(&origin).unwrap();
    let patience = Duration::from_secs(20);
    let timeouts = Timeouts {
        connect: patience,
        total: patience,
    };
    let transport = HttpTransport::new(&endpoint, timeouts).unwrap();
    let target = Target::new(endpoint, 1_400_000_001, "administrator").unwrap();
    let credential = Credential::Key {
        secret_key: "canary-key".into(),
        lifetime: 1000,
    };
    let client = Client::new(transport, target, credential, clock);
    let (verdict, ()) = tokio::join!(
        client.set_unread_msg_num("g", "m", 1, None),
        reflect(listener)
    );
    let Verdict::Retry(refusal) = verdict else {
        panic!("10002 is tried again: {verdict:?}")
    };
    assert!(
        refusal.info.starts_with("POST /v4/group_open_http_svc/"),
        "{refusal}"
    );
    assert!(
        refusal.info.contains("&usersig=[hidden]&random="),
        "{refusal}"
    );
}
