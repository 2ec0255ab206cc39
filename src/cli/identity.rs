//! Whether a checkpoint belongs to the import that was asked for, and what differs.

use std::path::Path;

use super::command_line;
use super::failure::Failure;
use crate::checkpoint::{Header, Ledger};
use crate::report::count;
use crate::settings::{OnCapped, OnMuted, OnNegative, Reading, SideFile, word};

/// Refuses a checkpoint of another target or of other options, and names what differs.
pub(super) fn same_settings(
    recorded: &Header,
    present: &Header,
    (checkpoint, ledger): (&Path, &Ledger),
) -> Result<(), Failure> {
    let mut differences = Vec::new();
    let (was, is) = (&recorded.target, &present.target);
    if was != is {
        differences.push(format!(
            "the target was app {} at {} as {}, now it is app {} at {} as {}",
            was.sdk_app_id, was.endpoint, was.identifier, is.sdk_app_id, is.endpoint, is.identifier
        ));
    }
    if recorded.options != present.options {
        let (was, is) = (options(recorded), options(present));
        differences.push(format!("the options were {was}, now they are {is}"));
    }
    if differences.is_empty() {
        return Ok(());
    }
    let resume = command_line::recorded_resume(checkpoint, ledger);
    Err(refusal(&differences, checkpoint)
        .command(
            "continue with the target and the options it was begun with",
            &resume,
        )
        .hint("or begin another import with another --checkpoint"))
}

/// Refuses a checkpoint of another input. `line` is the first row and line whose call is not the
/// one that was settled.
pub(super) fn other_input(
    mut differences: Vec<String>,
    line: Option<(u64, u64)>,
    checkpoint: &Path,
) -> Failure {
    differences.push(match line {
        Some((row, line)) => format!(
            "the first row that is not what was sent before is row {} (line {})",
            count(row),
            count(line)
        ),
        None => "all rows that were sent before are as they were".to_owned(),
    });
    refusal(&differences, checkpoint)
        .hint("continue with the input it was begun with")
        .hint("or begin another import with another --checkpoint")
}

fn refusal(differences: &[String], checkpoint: &Path) -> Failure {
    Failure::checkpoint(format!(
        "the checkpoint `{}` belongs to another import:\n{}",
        checkpoint.display(),
        differences.join("\n")
    ))
    .known_as("other_import")
}

/// In which ways the input is not the recorded one; none if it is the same.
pub(super) fn input_differences(recorded: &Header, present: &Header) -> Vec<String> {
    let mut differences = Vec::new();
    if recorded.inputs.len() != present.inputs.len() {
        differences.push(format!(
            "the input was {} files, now it is {}",
            recorded.inputs.len(),
            present.inputs.len()
        ));
    }
    for (was, is) in recorded.inputs.iter().zip(&present.inputs) {
        if was.bytes != is.bytes {
            differences.push(format!(
                "`{}` had {} bytes, `{}` has {}",
                was.path,
                count(was.bytes),
                is.path,
                count(is.bytes)
            ));
        } else if was.hash != is.hash {
            differences.push(format!(
                "`{}` has the same size but another content",
                is.path
            ));
        }
    }
    if !differences.is_empty() && recorded.rows != present.rows {
        differences.push(format!(
            "the input had {} rows, now it has {}",
            count(recorded.rows),
            count(present.rows)
        ));
    }
    differences
}

/// Digits of a hash that tell two files apart for a reader.
const SHOWN_DIGITS: usize = 12;

/// The options in words.
fn options(header: &Header) -> String {
    let options = &header.options;
    let mut words = vec![
        format!("--format {}", word(&options.format)),
        format!(
            "--on-duplicate {}",
            word(&options.on_duplicate.unwrap_or_default())
        ),
        format!("--on-invalid {}", word(&options.on_invalid)),
    ];
    let columns = options.column.iter();
    words.extend(columns.map(|column| format!("--column {column}")));
    if let Some(delimiter) = options.delimiter {
        words.push(format!("--delimiter {delimiter}"));
    }
    if let Some(encoding) = &options.encoding {
        words.push(format!("--encoding {encoding}"));
    }
    if options.skip_zero {
        words.push("--skip-zero".to_owned());
    }
    for (option, map) in [
        ("--preset", &options.preset),
        ("--map-groups", &options.map_groups),
        ("--map-accounts", &options.map_accounts),
        ("--preflight", &options.preflight),
    ] {
        if let Some(SideFile { path, hash }) = map {
            let hash = hash.get(..SHOWN_DIGITS).unwrap_or_default();
            words.push(format!("{option} {path} (content {hash}…)"));
        }
    }
    for (option, value) in [
        ("--user", &options.user),
        ("--group", &options.group),
        ("--name-pattern", &options.name_pattern),
    ] {
        if let Some(value) = value {
            words.push(format!("{option} {value}"));
        }
    }
    words.extend(uncertain_counts(options));
    if options.map_many_to_one {
        words.push("--map-many-to-one".to_owned());
    }
    words.join(" ")
}

/// What is done with counts that are not sure, where it is not the default.
fn uncertain_counts(options: &Reading) -> impl Iterator<Item = String> {
    let capped = (options.on_capped != OnCapped::default())
        .then(|| format!("--on-capped {}", word(&options.on_capped)));
    let negative = (options.on_negative != OnNegative::default())
        .then(|| format!("--on-negative {}", word(&options.on_negative)));
    let muted =
        (options.muted != OnMuted::default()).then(|| format!("--muted {}", word(&options.muted)));
    [capped, negative, muted].into_iter().flatten()
}
