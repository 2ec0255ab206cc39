//! The REST API of Tencent Cloud Chat: which commands there are and how each call is answered.
//!
//! An answer is always HTTP 200 with `ActionStatus`, `ErrorInfo` and `ErrorCode`. This module
//! checks caller and envelope; the commands themselves are one file a family.

mod account;
mod auth;
mod c2c;
mod error;
mod field;
mod group;
mod history;
mod import;
mod joined;
mod member;
mod topic;
mod unread;

use axum::http::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use self::auth::Clock;
pub(super) use self::auth::Guard;
use self::error::Refusal;
use self::field::Fields;
use super::exchange::State;
use super::options::Options;
use super::stats::Outcome;
use super::world::{GroupNumber, GroupTexts, GroupType, World};

/// One command of the API.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) name: &'static str,
    service: &'static str,
    /// Calls per second and app that the vendor allows unless more is bought.
    pub(super) per_second: u32,
    /// Whether it changes nothing, and so is served with GET, too.
    reads: bool,
    handle: Handler,
}

type Handler = fn(&mut Call<'_>) -> Result<Map<String, Value>, Refusal>;

/// A call whose caller has been let in.
struct Call<'a> {
    world: &'a mut World,
    fields: Fields<'a>,
    options: &'a Options,
    /// The present in Unix seconds.
    now: u32,
}

/// What arrived: the parts of a request that decide on its answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'a> {
    /// The method: POST, or GET as some clients have it.
    pub(super) method: &'a Method,
    /// The query of the URL.
    pub(super) query: &'a str,
    /// The whole body; nothing when it is too large.
    pub(super) body: Option<&'a [u8]>,
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

const GROUP: &str = "group_open_http_svc";
const LOGIN: &str = "im_open_login_svc";
const OPENIM: &str = "openim";
const TOPIC: &str = "million_group_open_http_svc";

/// The largest answer (vendor page of `get_group_info`).
const LARGEST_ANSWER: usize = 1_024 * 1_024;

/// Quotas: the vendor's page of use limits (2025-12).
pub(super) static COMMANDS: &[Command] = &[
    Command::new(LOGIN, "account_import", 200, account::account_import),
    Command::new(
        LOGIN,
        "multiaccount_import",
        100,
        account::multiaccount_import,
    ),
    Command::new(LOGIN, "account_check", 100, account::account_check).reading(),
    Command::new(GROUP, "import_group", 200, import::import_group),
    Command::new(
        GROUP,
        "import_group_member",
        200,
        import::import_group_member,
    ),
    Command::new(GROUP, "import_group_msg", 200, import::import_group_msg),
    Command::new(GROUP, "set_unread_msg_num", 200, unread::set_unread_msg_num),
    Command::new(GROUP, "get_group_info", 200, group::get_group_info).reading(),
    Command::new(
        GROUP,
        "get_appid_group_list",
        200,
        group::get_appid_group_list,
    )
    .reading(),
    Command::new(
        GROUP,
        "get_group_member_info",
        200,
        member::get_group_member_info,
    )
    .reading(),
    Command::new(
        GROUP,
        "get_specified_group_member_info",
        200,
        member::get_specified_group_member_info,
    )
    .reading(),
    Command::new(GROUP, "get_role_in_group", 200, member::get_role_in_group).reading(),
    Command::new(
        GROUP,
        "get_joined_group_list",
        200,
        joined::get_joined_group_list,
    )
    .reading(),
    Command::new(GROUP, "import_topic", 200, topic::import_topic),
    Command::new(TOPIC, "get_topic", 200, topic::get_topic).reading(),
    Command::new(OPENIM, "importmsg", 200, c2c::importmsg),
    Command::new(OPENIM, "admin_set_msg_read", 200, c2c::admin_set_msg_read),
    Command::new(OPENIM, "admin_getroammsg", 200, history::admin_getroammsg).reading(),
    Command::new(
        OPENIM,
        "get_c2c_unread_msg_num",
        200,
        c2c::get_c2c_unread_msg_num,
    )
    .reading(),
];

/// Stands for all commands that the group service does not have.
static UNKNOWN_COMMAND: Command = Command::new(GROUP, "unknown", 200, |_| {
    Err(Refusal::of(error::UNKNOWN_COMMAND))
})
.reading();

/// Stands for all other URLs.
static UNKNOWN_URL: Command =
    Command::new("", "unknown", 200, |_| Err(Refusal::of(error::BAD_URL))).reading();

/// The command of a path that begins with a version of the API; a stand-in that refuses every call
/// where there is none. Nothing for paths without a version.
pub(super) fn command_of(path: &str) -> Option<&'static Command> {
    let version = path.strip_prefix("/v")?;
    if !version.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let mut parts = version.split('/');
    let parts = [parts.next(), parts.next(), parts.next(), parts.next()];
    Some(match parts {
        [Some("4"), Some(service), Some(name), None] if !name.is_empty() => command(service, name),
        _ => &UNKNOWN_URL,
    })
}

fn command(service: &str, name: &str) -> &'static Command {
    let mut commands = COMMANDS.iter();
    let found = commands.find(|command| command.name == name && command.service == service);
    let none = if service == GROUP || service == TOPIC {
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
    state: &mut State,
) -> Answer {
    match carry_out(command, arrival, options, state) {
        Ok(fields) => {
            let json = envelope(0, "", fields);
            if json.len() > LARGEST_ANSWER {
                return refusal(error::ANSWER_TOO_LARGE);
            }
            Answer {
                json,
                outcome: Outcome::Ok,
            }
        }
        Err(refusal) => refused(&refusal),
    }
}

/// The answer that refuses a call with this code and the text that goes with it.
pub(super) fn refusal(code: u32) -> Answer {
    refused(&Refusal::of(code))
}

fn refused(refusal: &Refusal) -> Answer {
    Answer {
        json: envelope(refusal.code, &refusal.info, Map::new()),
        outcome: Outcome::Refused(refusal.code),
    }
}

fn carry_out(
    command: &Command,
    arrival: Arrival<'_>,
    options: &Options,
    state: &mut State,
) -> Result<Map<String, Value>, Refusal> {
    let too_large = || Refusal::with(error::BAD_HTTP, "request body is too large");
    let body = arrival.body.ok_or_else(too_large)?;
    // The pages know POST alone; a client in use reads with GET, with and without a body.
    let body = match *arrival.method {
        Method::POST => body,
        Method::GET if command.reads && body.is_empty() => b"{}",
        Method::GET if command.reads => body,
        _ => return Err(Refusal::of(error::BAD_HTTP)),
    };
    let clock = Clock {
        now: arrival.now,
        void_before: arrival.void_before,
    };
    state.guard.check(arrival.query, options, clock)?;
    let unparsable = || Refusal::of(command.unparsable_code(body));
    let body: Value = serde_json::from_slice(body).ok().ok_or_else(unparsable)?;
    let members = body.as_object().ok_or_else(unparsable)?;
    let fields = Fields::new(members, command.bad_parameter_code());
    let now = u32::try_from(arrival.now).unwrap_or(u32::MAX);
    (command.handle)(&mut Call {
        world: &mut state.world,
        fields,
        options,
        now,
    })
}

impl Call<'_> {
    /// The group of that ID.
    fn group(&self, id: &str) -> Result<GroupNumber, Refusal> {
        self.world
            .group(id)
            .ok_or_else(|| Refusal::of(error::NO_GROUP))
    }

    /// The group that the request is about.
    fn named_group(&self) -> Result<GroupNumber, Refusal> {
        let id = self.fields.text("GroupId")?;
        field::check_group_id(id)?;
        self.group(id)
    }
}

impl Command {
    const fn new(
        service: &'static str,
        name: &'static str,
        per_second: u32,
        handle: Handler,
    ) -> Self {
        Self {
            name,
            service,
            per_second,
            reads: false,
            handle,
        }
    }

    /// The same as a command that changes nothing.
    const fn reading(self) -> Self {
        Self {
            reads: true,
            ..self
        }
    }

    #[cfg(test)]
    /// The path of its URL.
    pub(super) fn path(&self) -> String {
        format!("/v4/{}/{}", self.service, self.name)
    }

    /// The gateway refuses a body that is missing, the service one that it cannot parse.
    fn unparsable_code(&self, body: &[u8]) -> u32 {
        match self.service {
            GROUP | TOPIC if !body.is_empty() => error::GROUP_NOT_JSON,
            OPENIM if !body.is_empty() => error::C2C_NOT_JSON,
            _ => error::NOT_JSON,
        }
    }

    fn bad_parameter_code(&self) -> u32 {
        match self.service {
            LOGIN => error::ACCOUNT_PARAMETER,
            OPENIM => error::BAD_MESSAGE,
            _ => error::BAD_PARAMETER,
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
