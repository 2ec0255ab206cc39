//! The target: Tencent Cloud Chat's server REST API, from region names to a verdict on one answer.
//!
//! Pure parts: `region`, `endpoint`, `usersig`, `command`, `error_code`, `wire`, `classify`. The
//! one place that touches a network is `http`, behind the `Transport` trait; `client` joins both.
//! Pacing, retrying and logging belong to others: a call here is one request and one judgement.
//! The wall clock is handed in, and no error, `Debug` or `Display` of this module shows a
//! signature, a key or a URL.

mod classify;
mod client;
mod command;
mod credential;
mod endpoint;
mod error_code;
#[cfg(test)]
mod fake;
mod http;
pub(crate) mod printable;
mod read;
mod region;
mod transport;
pub(crate) mod usersig;
mod wire;

pub(crate) use classify::{Refusal, Verdict, judge};
pub(crate) use client::Client;
pub(crate) use command::Command;
pub(crate) use credential::{Credential, LIFETIME_DEFAULT};
pub(crate) use endpoint::{Endpoint, Target};
pub(crate) use error_code::{explain, explanations};
pub(crate) use read::{AccountStatus, Each, Group, JoinedGroup, JoinedGroups, Member, Role};
pub(crate) use region::Region;
#[cfg(test)]
pub(crate) use transport::{Failure, FailureKind};

pub(crate) use transport::{DepartureNotice, Transport};

pub(crate) use self::http::{HttpTransport, Timeouts};
