//! What every command is told besides its own options.

use super::command_line::CommandLine;
use super::resolve::{Given, Secrets};
use super::screen::Screen;

/// The streams, what was given in words, and where secrets are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) screen: Screen,
    pub(super) given: &'a Given,
    pub(super) secrets: &'a Secrets,
}

impl Context<'_> {
    /// The same command, to be printed.
    pub(super) fn again(self) -> CommandLine {
        CommandLine::again(self.given)
    }
}
