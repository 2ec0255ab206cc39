//! `im-unread` carries unread-message counts from another chat system into Tencent Cloud Chat.
//!
//! A row travels one way: `source` reads it, `record` checks it, `plan` makes it a call, `run`
//! takes it through `delivery` and `tencent` and writes the outcome to `checkpoint`, and `report`
//! folds the events into every number that is shown. `simulator` stands in for the target and
//! imports nothing of the rest, so that a shared mistake cannot hide. `cli` wires them together.

#[doc(hidden)]
pub mod bench;
mod checkpoint;
pub mod cli;
mod delivery;
mod driver;
mod event;
mod export;
#[doc(hidden)]
pub mod fuzz;
mod import;
mod operation;
mod plan;
mod preflight;
mod quickblox;
mod reads;
mod record;
mod report;
mod run;
mod settings;
mod signals;
#[cfg(test)]
mod simulated;
mod simulator;
mod source;
mod stop_reason;
mod storage;
mod tencent;
mod verify;
