//! A question to whoever sits at the terminal.

use std::io::{self, BufRead as _, Write};

use super::failure::Failure;

/// Asks whether to go on; only an explicit yes counts.
pub(super) fn agreed(question: &str, out: &mut dyn Write) -> Result<bool, Failure> {
    let asked = |error: io::Error| Failure::usage("the question cannot be asked").because(&error);
    write!(out, "{question} [y/N] ").map_err(asked)?;
    out.flush().map_err(asked)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(asked)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
