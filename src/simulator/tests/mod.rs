//! The simulator as a caller meets it: in process under a paused clock, and on a socket.

mod account;
mod behaviour;
mod c2c;
mod chapter;
mod clients;
mod contract;
mod documents;
mod group;
mod import;
mod malformed;
mod member;
mod pace;
mod quickblox;
mod socket;
mod unread;

use std::io::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tower::ServiceExt as _;

use super::world::{Content, MessageKey, Topic};
use super::*;

pub(super) const KEY: &str = "a key for tests";
pub(super) const APP: u64 = 1_400_000_001;
pub(super) const NOW: u64 = 1_700_000_000;
/// A community that keeps its messages in topics.
pub(super) const TOWN: &str = "@TGS#_town";
pub(super) const TOPIC: &str = "@TGS#_town@TOPIC#_a";
pub(super) const SET: &str = "group_open_http_svc/set_unread_msg_num";

/// A simulator and a caller with every right.
pub(super) struct Bench {
    pub(super) simulator: Arc<Simulator>,
    pub(super) query: String,
}

pub(super) fn options() -> Options {
    Options::new(APP, KEY.into(), Duration::from_secs(NOW))
}

/// A signature as the vendor's libraries make it.
pub(super) fn sign(identifier: &str, made_at: u64) -> String {
    let text = format!(
        "TLS.identifier:{identifier}\nTLS.sdkappid:{APP}\nTLS.time:{made_at}\nTLS.expire:86400\n"
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let json = json!({
        "TLS.ver": "2.0", "TLS.identifier": identifier, "TLS.sdkappid": APP,
        "TLS.expire": 86_400, "TLS.time": made_at,
        "TLS.sig": STANDARD.encode(mac.finalize().into_bytes()),
    });
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json.to_string().as_bytes()).unwrap();
    let base64 = STANDARD.encode(encoder.finish().unwrap());
    base64.replace('+', "*").replace('/', "-").replace('=', "_")
}

pub(super) fn query(signature: &str) -> String {
    format!("sdkappid={APP}&identifier=administrator&usersig={signature}&random=1&contenttype=json")
}

pub(super) async fn body(response: Response) -> Result<String, axum::Error> {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

impl Bench {
    pub(super) fn new(options: Options, world: World) -> Self {
        let simulator = Arc::new(Simulator::new(options, world));
        Self {
            simulator,
            query: query(&sign("administrator", NOW)),
        }
    }

    /// A world with one group of each kind (`Private`, `Public`, …), 10 messages each, with the
    /// members `ann` and `bob`; [`TOWN`] is a community with a topic; `eve` is an account in no
    /// group; `bob` has written to `ann`.
    pub(super) fn standard(options: Options) -> Self {
        let mut world = World::new();
        for kind in ["Private", "Public", "ChatRoom", "AVChatRoom", "Community"] {
            for member in ["ann", "bob"] {
                world.add_member(kind, Some(kind), member, 10).unwrap();
            }
        }
        world.add_account("eve");
        world.add_member(TOWN, Some("Community"), "ann", 0).unwrap();
        let town = world.group(TOWN).unwrap();
        world.enable_topics(town);
        let topic = Topic {
            id: TOPIC.to_owned(),
            messages: 5,
            ..Topic::default()
        };
        world.add_topic(town, topic).unwrap();
        let (ann, bob) = (world.account("ann").unwrap(), world.account("bob").unwrap());
        let key = MessageKey {
            sequence: 1,
            random: 1,
            sent_at: u32::try_from(NOW).unwrap() - 50,
        };
        let content = Content {
            body: r#"[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hello"}}]"#.into(),
            custom_data: Some("c".into()),
        };
        world.add_c2c(ann, World::message(bob, key), Some(content));
        Self::new(options, world)
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Response {
        router(Arc::clone(&self.simulator))
            .oneshot(request)
            .await
            .unwrap()
    }

    pub(super) async fn post(&self, command: &str, body: impl Into<Body>) -> Response {
        let uri = format!("/v4/{command}?{}", self.query);
        self.send(Request::post(uri).body(body.into()).unwrap())
            .await
    }

    /// The JSON that answers a call.
    pub(super) async fn call(&self, command: &str, request: &Value) -> Value {
        let response = self.post(command, request.to_string()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        serde_json::from_str(&body(response).await.unwrap()).unwrap()
    }

    /// The `ErrorCode` that answers a call.
    pub(super) async fn code(&self, command: &str, request: &Value) -> u64 {
        let answer = self.call(command, request).await;
        let code = answer["ErrorCode"].as_u64().unwrap();
        assert_eq!(
            answer["ActionStatus"],
            if code == 0 { "OK" } else { "FAIL" }
        );
        assert_eq!(answer["ErrorInfo"] == "", code == 0);
        code
    }

    pub(super) async fn set(&self, group: &str, member: &str, unread: u32) -> u64 {
        self.code(SET, &set_body(group, member, unread)).await
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, String) {
        let response = self
            .send(Request::get(path).body(Body::empty()).unwrap())
            .await;
        (response.status(), body(response).await.unwrap())
    }

    pub(super) async fn stats(&self) -> Value {
        serde_json::from_str(&self.get("/simulator/stats").await.1).unwrap()
    }

    /// The count that the simulator holds for a member.
    pub(super) async fn unread(&self, group: &str, member: &str) -> Option<u64> {
        let (_, lines) = self
            .get(&format!("/simulator/unread?group_id={group}"))
            .await;
        let mut lines = lines
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.find(|line| line["member_account"] == member)?["unread_num"].as_u64()
    }
}

pub(super) fn set_body(group: &str, member: &str, unread: u32) -> Value {
    json!({"GroupId": group, "Member_Account": member, "UnreadMsgNum": unread})
}
