//! `preview`: the first rows through every step. Sends nothing and reads only what it shows.

use std::collections::HashMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::process::ExitCode;

use super::args::{self, OutputForm};
use super::failure::{Failure, unreadable};
use super::input;
use super::screen::width;
use crate::plan::Policy;
use crate::record::{Problem, RawRow, WITHHELD, check, is_perhaps_secret};
use crate::report::preview::{
    Again, Fate, Input, Preview, Row, changes, values, write_json, write_text,
};
use crate::settings::OnInvalid;
use crate::source::{Error, Extent, Glimpse, Inputs, Record};

/// Inputs that are looked at: more are seldom looked at by anybody.
const INPUTS: usize = 3;

/// Bytes of a compressed text that are decompressed at least: longer than any record may be.
const BYTES: u64 = 4 << 20;

/// The same for each row to be shown: most records are far shorter.
const BYTES_PER_ROW: u64 = 16 << 10;

/// Characters of a record that are kept.
const RAW: usize = 1000;

/// Runs the command.
pub(super) fn run(args: &args::Preview, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let paths = input::paths(&args.input);
    let mut options = input::plan_options(&args.input.reading, OnInvalid::Stop);
    let extent = Extent {
        // One more tells that there are more.
        inputs: INPUTS + 1,
        bytes: BYTES.saturating_add(BYTES_PER_ROW.saturating_mul(args.rows.into())),
    };
    let inputs = input::look(&paths, &mut options, extent)?;
    let policy = input::policy(&options);
    let mut looking = Looking {
        inputs: &inputs,
        policy,
        rows: args.rows,
        known: HashMap::new(),
    };
    let preview = looking.preview().map_err(|error| unreadable(&error))?;
    let written = match args.result.output {
        OutputForm::Json => write_json(&preview, out),
        OutputForm::Text => write_text(&preview, policy.on_duplicate.name(), out, width()),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

/// A look at the inputs.
struct Looking<'a> {
    inputs: &'a Inputs,
    policy: Policy,
    rows: u32,
    /// The rows seen so far, by group and member.
    known: HashMap<(String, String), Again>,
}

impl Looking<'_> {
    fn preview(&mut self) -> Result<Preview, Error> {
        let mut preview = Preview {
            inputs: Vec::new(),
            more: self.inputs.notes().count() > INPUTS,
        };
        for (index, note) in self.inputs.notes().take(INPUTS).enumerate() {
            let mut shown = Input::new(note);
            let file = u32::try_from(index).unwrap_or(u32::MAX);
            let mut left = self.rows;
            shown.end = self.inputs.glimpse(file, &mut |glimpse| {
                if left == 0 {
                    return ControlFlow::Break(());
                }
                left -= 1;
                shown.rows.push(self.row(index, &glimpse));
                ControlFlow::Continue(())
            })?;
            preview.inputs.push(shown);
        }
        Ok(preview)
    }

    fn row(&mut self, input: usize, glimpse: &Glimpse<'_>) -> Row {
        let (location, raw) = match &glimpse.found {
            Record::Row(row) => (row.location, row.raw),
            Record::Malformed(bad) => (bad.location, bad.raw),
        };
        let secret = is_perhaps_secret(raw);
        let mut row = Row {
            line: location.line,
            byte: location.byte,
            raw: if secret {
                WITHHELD.to_owned()
            } else {
                beginning(raw)
            },
            fields: Vec::new(),
            made: Vec::new(),
            problems: Vec::new(),
            fate: Fate::Invalid,
            again: None,
        };
        match (&glimpse.found, &glimpse.made) {
            (Record::Row(found), Record::Row(made)) => {
                if !secret {
                    row.fields = values(found);
                    row.made = changes(found, made);
                }
                (row.fate, row.again) = match &glimpse.left {
                    Some(left) => (
                        Fate::LeftOut {
                            reason: left.reason.clone(),
                            unread: left.unread,
                        },
                        None,
                    ),
                    None => self.fate(input, made, &mut row.problems),
                };
            }
            (Record::Malformed(bad), _) | (_, Record::Malformed(bad)) => {
                row.problems.push(bad.problem.clone());
            }
        }
        row
    }

    fn fate(
        &mut self,
        input: usize,
        made: &RawRow<'_>,
        problems: &mut Vec<Problem>,
    ) -> (Fate, Option<Again>) {
        let Some(row) = check(made, problems) else {
            return (Fate::Invalid, None);
        };
        let unread_num = row.unread_num;
        let pair = (row.group_id.to_owned(), row.member_account.to_owned());
        let this = Again {
            input,
            line: row.location.line,
            unread_num,
        };
        let again = self.known.get(&pair).copied();
        if again.is_none() {
            self.known.insert(pair.clone(), this);
        }
        let (group_id, member_account) = pair;
        let fate = if unread_num == 0 && self.policy.skip_zero {
            Fate::Zero
        } else {
            Fate::Call {
                group_id,
                member_account,
                unread_num,
            }
        };
        (fate, again)
    }
}

/// The beginning of a record as text.
fn beginning(raw: &[u8]) -> String {
    // No letter is longer than four bytes.
    let bytes = raw.get(..RAW * 4).unwrap_or(raw);
    let text = String::from_utf8_lossy(bytes);
    let mut beginning: String = text.chars().take(RAW).collect();
    if beginning.len() < raw.len() && text.chars().count() > RAW {
        beginning.push('…');
    }
    beginning
}
