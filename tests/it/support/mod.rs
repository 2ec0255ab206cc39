//! What the topics share: a clean place to run the binary in, the simulator as a process, rows,
//! and the checkpoint as a reader of the file sees it.

mod checkpoint;
mod env;
mod process;
mod quiet;
mod row;
mod sim;
mod terminal;

pub(crate) use checkpoint::Checkpoint;
pub(crate) use env::{Invocation, TestEnv};
pub(crate) use process::{Done, Running, until};
pub(crate) use row::{Row, rows, write_csv};
pub(crate) use sim::{APP, Held, KEY, Sim};
