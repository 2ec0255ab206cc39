//! The engine of an import. Pure: it holds all state of a session, reads no clock and does no IO.
//!
//! It is told what happened (a row was read, an answer came, a signal, a sync ended), and says
//! with [`Engine::next`] what to do. `driver` does it. To stop carrying out commands at any of
//! them is a crash, which is how the tests crash it.
//!
//! `engine` is what it is told, `turn` what is to be done next, `answer` what follows from an
//! answer, `session` the lines of the log that belong to no row, `queue` the calls that wait.

mod answer;
mod command;
mod engine;
mod log_state;
mod queue;
mod session;
mod turn;

pub(crate) use command::{Command, Departure, End, Error, InputFailure, Now};
pub(crate) use engine::{Engine, Settings};
pub(crate) use session::not_before;

#[cfg(test)]
mod tests;
