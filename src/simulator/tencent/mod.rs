//! The REST API of Tencent Cloud Chat: which commands there are and how each call is answered.
//!
//! An answer is always HTTP 200 with `ActionStatus`, `ErrorInfo` and `ErrorCode`. This module
//! checks caller and envelope; the commands themselves are one file a family.

mod auth;
mod error;
mod field;
mod unread;

use serde::Serialize;
use serde_json::{Map, Value};

use self::auth::Clock;
use self::error::Refusal;
use self::field::Fields;
use super::options::Options;
use super::stats::Outcome;
use super::world::World;

/// One command of the API.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) name: &'static str,
    service: &'static str,
    /// Calls per second and app that the vendor allows unless more is bought.
    pub(super) per_second: u32,
    handle: fn(&mut Call<'_>) -> Result<Map<String, Value>, Refusal>,
}

/// A call whose caller has been let in.
struct Call<'a> {
    world: &'a mut World,
    fields: Fields<'a>,
}

/// What arrived: the parts of a request that decide on its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'a> {
    /// Whether the method is POST.
    pub(super) is_post: bool,
    /// The query of the URL.
    pub(super) query: &'a str,
    /// The whole body.
    pub(super) body: &'a [u8],
    /// The present in Unix seconds.
    pub(super) now: u64,
    /// Signatures made before this moment, in Unix seconds, have run out.
    pub(super) void_before: u64,
}

/// The answer and what it means.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) json: String,
    pub(super) outcome: Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    action_status: &'static str,
    error_info: &'a str,
    error_code: u32,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

const GROUP_SERVICE: &str = "group_open_http_svc";

static COMMANDS: &[Command] = &[Command {
    name: "set_unread_msg_num",
    service: GROUP_SERVICE,
    per_second: 200,
    handle: unread::set_unread_msg_num,
}];

/// Stands for all commands that the group service does not have.
static UNKNOWN_COMMAND: Command = Command {
    name: "unknown",
    service: GROUP_SERVICE,
    per_second: 200,
    handle: |_| Err(Refusal::of(error::UNKNOWN_COMMAND)),
};

/// Stands for all other URLs.
static UNKNOWN_URL: Command = Command {
    name: "unknown",
    service: "",
    per_second: 200,
    handle: |_| Err(Refusal::of(error::BAD_URL)),
};

/// The command of a URL; a stand-in that refuses every call where there is none.
pub(super) fn command(service: &str, name: &str) -> &'static Command {
    let mut commands = COMMANDS.iter();
    let found = commands.find(|command| command.name == name && command.service == service);
    let none = if service == GROUP_SERVICE {
        &UNKNOWN_COMMAND
    } else {
        &UNKNOWN_URL
    };
    found.unwrap_or(none)
}

/// Answers a call and carries it out if nothing is wrong with it.
pub(super) fn answer(
    command: &Command,
    arrival: Arrival<'_>,
    options: &Options,
    world: &mut World,
) -> Answer {
    match carry_out(command, arrival, options, world) {
        Ok(fields) => Answer {
            json: envelope(0, "", fields),
            outcome: Outcome::Ok,
        },
        Err(refusal) => refused(&refusal),
    }
}

/// The answer that refuses a call with this code and the text that goes with it.
pub(super) fn refusal(code: u32) -> Answer {
    refused(&Refusal::of(code))
}

fn refused(refusal: &Refusal) -> Answer {
    let json = envelope(refusal.code, &refusal.info, Map::new());
    Answer {
        json,
        outcome: Outcome::Refused(refusal.code),
    }
}

fn carry_out(
    command: &Command,
    arrival: Arrival<'_>,
    options: &Options,
    world: &mut World,
) -> Result<Map<String, Value>, Refusal> {
    if !arrival.is_post {
        return Err(Refusal::of(error::BAD_HTTP));
    }
    let clock = Clock {
        now: arrival.now,
        void_before: arrival.void_before,
    };
    auth::check(arrival.query, options, clock)?;
    let unparsable = || Refusal::of(command.unparsable_code(arrival.body));
    let body: Value = serde_json::from_slice(arrival.body)
        .ok()
        .ok_or_else(unparsable)?;
    let Value::Object(members) = body else {
        return Err(unparsable());
    };
    let fields = Fields::new(&members, error::BAD_PARAMETER);
    (command.handle)(&mut Call { world, fields })
}

impl Command {
    /// The gateway refuses a body that is missing, the service one that it cannot parse.
    fn unparsable_code(&self, body: &[u8]) -> u32 {
        match self.service {
            GROUP_SERVICE if !body.is_empty() => error::GROUP_NOT_JSON,
            _ => error::NOT_JSON,
        }
    }
}

fn envelope(error_code: u32, error_info: &str, fields: Map<String, Value>) -> String {
    let action_status = if error_code == 0 { "OK" } else { "FAIL" };
    let envelope = Envelope {
        action_status,
        error_info,
        error_code,
        fields,
    };
    serde_json::to_string(&envelope).expect("texts and numbers are always valid JSON")
}
