//! What is told: one fold of the engine's events, and the forms it is shown in.
//!
//! Every number that anyone sees comes from [`Summary`], so that text, JSON and the progress bar
//! agree. Nothing here decides anything.

mod code;
mod difference_summary;
pub(crate) mod document;
mod export_report;
mod frame;
mod history;
mod html;
mod latency;
mod layout;
pub(crate) mod manual;
mod number;
mod own;
mod pause;
mod plan_summary;
pub(crate) mod preview;
mod progress;
mod query;
pub(crate) mod quickblox_code;
mod read_progress;
mod result;
mod shape;
mod state;
mod status;
mod summary;
mod table;
mod text;
mod timeline;
pub(crate) mod validation;
mod verify_report;

pub(crate) use crate::record::escaped as sanitised;
pub(crate) use code::{advice, explained, meaning};
pub(crate) use difference_summary::{CheckKind, DifferenceSummary, PLACES};
pub(crate) use export_report::{DoubtSummary, ExportReport};
pub(crate) use frame::CommandResult;
pub(crate) use history::{History, Settled};
pub(crate) use html::{import_html, validation_html, verification_html};
pub(crate) use layout::{Page, wrapped};
pub(crate) use number::{clock_time, count, duration, plural};
pub(crate) use own::is_report;
pub(crate) use pause::{LivePauses, Pauses};
pub(crate) use plan_summary::{Changes, Earlier, PlanSummary};
pub(crate) use progress::{Display, Progress};
pub(crate) use query::{CountPart, QueryResult};
pub(crate) use read_progress::ReadProgress;
pub(crate) use result::{ImportResult, StopReason};
pub(crate) use shape::Shape;
pub(crate) use state::State;
pub(crate) use status::Status;
pub(crate) use summary::{Plan, Summary};
pub(crate) use table::found_text;
pub(crate) use text::{import_text, rows_text};
pub(crate) use verify_report::{CheckRun, Checked, VerifyReport};

#[cfg(test)]
mod tests;
