//! Values that are checked where they are read, so that a bad one is reported with its origin: the
//! flag, the variable, or the line of the configuration file.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use jiff::{Span, SpanRelativeTo};

use crate::delivery::Limit;
use crate::record::{Column, GroupType};
use crate::settings::{NamedColumn, ParseError};
use crate::simulator::{self, BehaviourError, QuirkChoice};
use crate::source::Encoding;
use crate::source::preset::{self, Library, Naming, Outer};
use crate::tencent::usersig::LIFETIME_MAX;
use crate::tencent::{Endpoint, Region, Target};

/// Most calls without an answer: each may hold a connection, and more than this needs no
/// realistic answer time at 200 calls/s.
pub(in crate::cli) const MOST_IN_FLIGHT: usize = 10_000;

/// A length of time: `10s`, `15m`, `1h 30m`, `2d`; a day has 24 hours.
pub(super) fn duration(text: &str) -> Result<Duration, ParseError> {
    let parsed: Option<Span> = text.trim().parse().ok();
    parsed
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok())
        .and_then(|length| Duration::try_from(length).ok())
        .filter(|length| !length.is_zero())
        .ok_or_else(|| {
            ParseError::new(
                "is no length of time",
                "write a number and a unit, as in 500ms, 10s, 15m, 1h or 2d",
            )
        })
}

/// `usersig --expire`.
pub(super) fn lifetime(text: &str) -> Result<Duration, ParseError> {
    duration(text).and_then(|length| {
        let within = (1..=LIFETIME_MAX).contains(&length.as_secs());
        within.then_some(length).ok_or_else(|| {
            ParseError::new(
                "is out of range",
                "give 1s up to 50 years (18250d), the vendor's maximum",
            )
        })
    })
}

/// `--qps`, which may not exceed the vendor's quota.
pub(super) fn qps(text: &str) -> Result<Limit, ParseError> {
    limit(
        text,
        "give 1 to 200; set_unread_msg_num answers 200 calls a second, and the vendor does not \
         raise that limit",
    )
}

/// `--rate` of QuickBlox.
pub(super) fn rate(text: &str) -> Result<Limit, ParseError> {
    limit(
        text,
        "give 1 to 200; QuickBlox answers 80, 120 or 160 calls a second, by plan",
    )
}

fn limit(text: &str, hint: &'static str) -> Result<Limit, ParseError> {
    let number = text.parse().ok();
    number
        .and_then(Limit::new)
        .ok_or_else(|| ParseError::new("is out of range", hint))
}

/// `--max-in-flight`.
pub(super) fn in_flight(text: &str) -> Result<usize, ParseError> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=MOST_IN_FLIGHT).contains(number))
        .ok_or_else(|| {
            ParseError::new(
                "is out of range",
                format!("give a number from 1 to {MOST_IN_FLIGHT}"),
            )
        })
}

/// `--max-attempts`.
pub(super) fn attempts(text: &str) -> Result<u32, ParseError> {
    let number = text.parse().ok();
    number.filter(|&number| number > 0).ok_or_else(|| {
        ParseError::new(
            "would send nothing",
            "give a number from 1 up; 8 is the default",
        )
    })
}

/// A rate of the simulator.
pub(super) fn answers(text: &str) -> Result<u32, ParseError> {
    let number = text.parse().ok();
    number
        .filter(|&number| number > 0)
        .ok_or_else(|| ParseError::new("would answer nothing", "give a number from 1 up"))
}

/// `--encoding`. Kept as it was given.
pub(super) fn encoding(text: &str) -> Result<String, ParseError> {
    let known = Encoding::parse(text).map(|_| text.to_owned());
    known.ok_or_else(|| {
        ParseError::new(
            "is no encoding that is read",
            "utf-8, utf-16le, utf-16be, gb18030 (gbk), windows-1252 (latin1), big5, shift_jis, \
             euc-kr and others of the WHATWG Encoding Standard are",
        )
    })
}

/// `--sdk-app-id`.
pub(super) fn app(text: &str) -> Result<u64, ParseError> {
    let number = text.parse().ok();
    number.filter(|&number| number > 0).ok_or_else(|| {
        ParseError::new(
            "is no SDKAppID",
            "give the app's number, which the console shows beside its name",
        )
    })
}

/// `--identifier`.
pub(super) fn identifier(text: &str) -> Result<String, ParseError> {
    if Target::is_identifier(text) {
        return Ok(text.to_owned());
    }
    Err(ParseError::new(
        format!(
            "is not 1–{} bytes of printable ASCII",
            Target::IDENTIFIER_MAX
        ),
        "give the account's name as the console shows it",
    ))
}

/// `--region`.
pub(super) fn region(text: &str) -> Result<Region, ParseError> {
    text.parse().map_err(|_unknown| {
        let names = Region::ALL.map(Region::name);
        ParseError::new(
            "is not a region",
            format!("the regions are {}", names.join(", ")),
        )
    })
}

/// `--endpoint`.
pub(super) fn endpoint(text: &str) -> Result<Endpoint, ParseError> {
    Endpoint::parse(text).map_err(|error| {
        ParseError::unusable(
            &error,
            "give scheme and host, as in https://console.tim.qq.com",
        )
    })
}

/// `--base-url` of QuickBlox.
pub(super) fn base_url(text: &str) -> Result<Endpoint, ParseError> {
    Endpoint::parse(text).map_err(|error| {
        ParseError::unusable(
            &error,
            "give scheme and host, as in https://api.quickblox.com",
        )
    })
}

/// `--report`: the form is that of the file's name.
pub(super) fn report() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| {
        if ReportForm::of(&path).is_some() {
            return Ok(path);
        }
        Err(ParseError::new(
            "has no form of a report",
            "name a file that ends in .html or .json",
        ))
    })
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum ReportForm {
    /// A page.
    Html,
    /// The same numbers for programs.
    Json,
}

impl ReportForm {
    /// The form of a file of this name.
    pub(in crate::cli) fn of(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?;
        match extension.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// `--preset`: one that is known, or the name of a file. Kept as it was given.
pub(super) fn named_preset(text: &str) -> Result<String, ParseError> {
    if Library::is_file(text) {
        return Ok(text.to_owned());
    }
    match Library::find(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => {
            let fault = if matches!(error, preset::Error::Unknown { .. }) {
                "is no preset".to_owned()
            } else {
                format!("is no preset: {error}")
            };
            Err(ParseError::new(fault, error.hint().unwrap_or_default()))
        }
    }
}

/// `--name-pattern`. Kept as it was given.
pub(super) fn name_pattern(text: &str) -> Result<String, ParseError> {
    match Naming::new(Outer::default(), Some(text)) {
        Ok(_) => Ok(text.to_owned()),
        Err(preset::Error::NamePattern { what, .. }) => Err(ParseError::new(
            format!("is no pattern: {what}"),
            "write it as in `dumps/{user}.json`, with {user}, {group} and `*`",
        )),
        Err(error) => Err(ParseError::unusable(&error, "")),
    }
}

/// `--column` of one-to-one counts: a conversation is read like a group of its own.
pub(super) fn peer_column(text: &str) -> Result<NamedColumn, ParseError> {
    let parsed = text.split_once('=').and_then(|(field, name)| {
        let column = match field.trim() {
            "peer" => Column::GroupId,
            "account" => Column::MemberAccount,
            "count" => Column::UnreadNum,
            _ => return None,
        };
        (!name.is_empty()).then(|| NamedColumn {
            column,
            name: name.to_owned(),
        })
    });
    parsed.ok_or_else(|| {
        ParseError::new(
            "names no field and column",
            "write FIELD=NAME, where FIELD is account, peer or count",
        )
    })
}

/// The type of the groups that dialogs of one type become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct DialogType {
    /// 1 or 2; dialogs of type 3 are one-to-one.
    pub(in crate::cli) dialog: usize,
    /// The type of the group.
    pub(in crate::cli) group: GroupType,
}

/// `--group-types 1=Public`.
pub(super) fn dialog_type(text: &str) -> Result<DialogType, ParseError> {
    let parsed = text.split_once('=').and_then(|(dialog, group)| {
        Some(DialogType {
            dialog: dialog
                .trim()
                .parse()
                .ok()
                .filter(|dialog| (1..=2).contains(dialog))?,
            group: GroupType::parse(group.trim())?,
        })
    });
    parsed.ok_or_else(|| {
        ParseError::new(
            "is no type of a dialog and of a group",
            "write as in 1=Public,2=Work; dialogs of type 3 are one-to-one",
        )
    })
}

/// `simulate --listen`.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, ParseError> {
    let address: Option<SocketAddr> = text.parse().ok();
    address
        .filter(|address| address.ip().is_loopback())
        .ok_or_else(|| {
            ParseError::new(
                "is no loopback address",
                "give one with its port, as in 127.0.0.1:8080; port 0 lets the system choose",
            )
        })
}

/// A length of time as the simulator takes it, which may be 0.
pub(super) fn simulated_time(text: &str) -> Result<Duration, ParseError> {
    simulator::parse_duration(text).map_err(|error| ParseError::unusable(&error, ""))
}

/// `simulate --latency`, `--fault`, `--outage` and `--stall`.
pub(super) fn simulated<T: FromStr<Err = BehaviourError>>(text: &str) -> Result<T, ParseError> {
    text.parse()
        .map_err(|error| ParseError::unusable(&error, ""))
}

/// `simulate --quirk`.
pub(super) fn quirk(text: &str) -> Result<QuirkChoice, ParseError> {
    QuirkChoice::parse(text).map_err(|error| ParseError::unusable(&error, ""))
}
