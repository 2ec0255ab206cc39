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
mod import;
mod member;
mod unread;

use axum::http::Method;
use serde::Serialize;
use serde_json::{Map, Value};

use self::auth::Clock;
use self::error::Refusal;
use self::field::Fields;
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
const LOGIN_SERVICE: &str = "im_open_login_svc";
const OPENIM_SERVICE: &str = "openim";

/// The largest answer (vendor page of `get_group_info`).
const LARGEST_ANSWER: usize = 1_024 * 1_024;

/// Quotas: the vendor's page of use limits (2025-12).
pub(super) static COMMANDS: &[Command] = &[
    Command::new(
        LOGIN_SERVICE,
        "account_import",
        200,
        account::account_import,
    ),
    Command::new(
        LOGIN_SERVICE,
        "multiaccount_import",
        100,
        account::multiaccount_import,
    ),
    Command::new(LOGIN_SERVICE, "account_check", 100, account::account_check),
    Command::new(GROUP_SERVICE, "import_group", 200, import::import_group),
    Command::new(
        GROUP_SERVICE,
        "import_group_member",
        200,
        import::import_group_member,
    ),
    Command::new(
        GROUP_SERVICE,
        "import_group_msg",
        200,
        import::import_group_msg,
    ),
    Command::new(
        GROUP_SERVICE,
        "set_unread_msg_num",
        200,
        unread::set_unread_msg_num,
    ),
    Command::new(GROUP_SERVICE, "get_group_info", 200, group::get_group_info),
    Command::new(
        GROUP_SERVICE,
        "get_appid_group_list",
        200,
        group::get_appid_group_list,
    ),
    Command::new(
        GROUP_SERVICE,
        "get_group_member_info",
        200,
        member::get_group_member_info,
    ),
    Command::new(
        GROUP_SERVICE,
        "get_specified_group_member_info",
        200,
        member::get_specified_group_member_info,
    ),
    Command::new(
        GROUP_SERVICE,
        "get_role_in_group",
        200,
        member::get_role_in_group,
    ),
    Command::new(
        GROUP_SERVICE,
        "get_joined_group_list",
        200,
        member::get_joined_group_list,
    ),
    Command::new(OPENIM_SERVICE, "importmsg", 200, c2c::importmsg),
    Command::new(
        OPENIM_SERVICE,
        "admin_set_msg_read",
        200,
        c2c::admin_set_msg_read,
    ),
    Command::new(
        OPENIM_SERVICE,
        "get_c2c_unread_msg_num",
        200,
        c2c::get_c2c_unread_msg_num,
    ),
];

/// Stands for all commands that the group service does not have.
static UNKNOWN_COMMAND: Command = Command::new(GROUP_SERVICE, "unknown", 200, |_| {
    Err(Refusal::of(error::UNKNOWN_COMMAND))
});

/// Stands for all other URLs.
static UNKNOWN_URL: Command =
    Command::new("", "unknown", 200, |_| Err(Refusal::of(error::BAD_URL)));

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
        Ok(fields) => {
            let json = envelope(0, "", fields);
            if json.len() > LARGEST_ANSWER {
                return refusal(command, error::ANSWER_TOO_LARGE);
            }
            Answer {
                json,
                outcome: Outcome::Ok,
            }
        }
        Err(refusal) => refused(command, &refusal),
    }
}

/// The answer that refuses a call with this code and the text that goes with it.
pub(super) fn refusal(command: &Command, code: u32) -> Answer {
    refused(command, &Refusal::of(code))
}

fn refused(command: &Command, refusal: &Refusal) -> Answer {
    let list = command.unfailing_list();
    let fields = list.map(|name| (name.to_owned(), Value::Array(Vec::new())));
    let json = envelope(refusal.code, &refusal.info, Map::from_iter(fields));
    let outcome = Outcome::Refused(refusal.code);
    Answer { json, outcome }
}

fn carry_out(
    command: &Command,
    arrival: Arrival<'_>,
    options: &Options,
    world: &mut World,
) -> Result<Map<String, Value>, Refusal> {
    // The pages know POST alone; a client in use asks with GET, with and without a body.
    let body = match *arrival.method {
        Method::GET if arrival.body.is_empty() => b"{}",
        Method::GET | Method::POST => arrival.body,
        _ => return Err(Refusal::of(error::BAD_HTTP)),
    };
    let clock = Clock {
        now: arrival.now,
        void_before: arrival.void_before,
    };
    auth::check(arrival.query, options, clock)?;
    let unparsable = || Refusal::of(command.unparsable_code(body));
    let body: Value = serde_json::from_slice(body).ok().ok_or_else(unparsable)?;
    let members = body.as_object().ok_or_else(unparsable)?;
    let fields = Fields::new(members, command.bad_parameter_code());
    let now = u32::try_from(arrival.now).unwrap_or(u32::MAX);
    (command.handle)(&mut Call {
        world,
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
            handle,
        }
    }

    /// The gateway refuses a body that is missing, the service one that it cannot parse.
    fn unparsable_code(&self, body: &[u8]) -> u32 {
        match self.service {
            GROUP_SERVICE if !body.is_empty() => error::GROUP_NOT_JSON,
            OPENIM_SERVICE if !body.is_empty() => error::C2C_NOT_JSON,
            _ => error::NOT_JSON,
        }
    }

    /// A list that a strict client in use expects in every answer, refusals included.
    fn unfailing_list(&self) -> Option<&'static str> {
        match self.name {
            "get_role_in_group" => Some("UserIdList"),
            "import_group_msg" => Some("ImportMsgResult"),
            _ => None,
        }
    }

    fn bad_parameter_code(&self) -> u32 {
        match self.service {
            LOGIN_SERVICE => error::ACCOUNT_PARAMETER,
            OPENIM_SERVICE => error::BAD_MESSAGE,
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
