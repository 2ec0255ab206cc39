//! `verify --c2c`: the audit of one-to-one counts.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use tempfile::NamedTempFile;

use super::args::{self, OutputForm};
use super::asking::{halted, interrupted, pace, timeouts, with_client};
use super::differences::{Csv, SHOWN};
use super::failure::Failure;
use super::input::unreadable;
use super::meter::Meter;
use super::screen::Screen;
use super::target::Destination;
use super::verified::{examples, sums, verdicts};
use super::verify::read_failure;
use crate::record::Column;
use crate::report::{count, sanitised};
use crate::run::Signals;
use crate::source::{Error, InputPath, Inputs, NamedColumn, Options};
use crate::sweep::Api;
use crate::sweep::{self, End};
use crate::tencent::Transport;
use crate::verify::{Audience, Audit, AuditError, C2cRows, Difference, Tally, Verdict, audit};

/// The names of the peer, the most certain first; accounts and counts have the import's names.
const PEER_NAMES: [&str; 8] = [
    "peer",
    "peer_account",
    "peer_id",
    "opponent_id",
    "other_user",
    "partner",
    "conversation_with",
    "from_account",
];

/// The columns of `--differences`.
const COLUMNS: [&str; 7] = [
    "row", "peer", "account", "expected", "found", "verdict", "reason",
];

/// Rows that are no good are named up to this many.
const PROBLEMS_NAMED: u64 = 20;

/// Runs the command.
pub(super) fn run(
    args: &args::Verify,
    screen: Screen,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let path = args.c2c.as_deref().unwrap_or(Path::new("-"));
    let destination = Destination::resolve(&args.target)?;
    let rows = read(path, &args.column, screen)?;
    screen.say(&format!(
        "comparing {} one-to-one counts",
        count(rows.count())
    ))?;
    let pace = pace(&args.asking)?;
    let timeouts = timeouts(&args.asking.timeout)?;
    let reached = destination.reach_alone()?;
    let mut found = Found::new(args.differences.as_deref())?;
    let (done, asked) = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace);
        let done = go(&rows, &api, &mut found, screen).await?;
        Ok((done, api.tally()))
    })?;
    match done.end {
        End::Completed => tell(&done.tally, found, (&rows, asked), args, out),
        End::Interrupted(signal) => interrupted(signal, screen, "the same command begins anew"),
        End::Halted(halt) => Err(halted(&halt)),
    }
}

async fn go<T: Transport>(
    rows: &C2cRows,
    api: &Api<'_, T>,
    found: &mut Found,
    screen: Screen,
) -> Result<Audit, Failure> {
    let mut signals = Signals::listen()
        .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
    let mut meter = Meter::new(screen, "counts", rows.count());
    let mut show = |tally: &Tally, asked: sweep::Tally| {
        let (different, calls) = (count(tally.different()), count(asked.attempts));
        meter.show(
            tally.checked(),
            &format!("{different} different, {calls} calls"),
        );
    };
    let audience = Audience {
        difference: &mut |difference| found.add(difference),
        show: &mut show,
    };
    let done = audit(rows, api, &mut signals, audience).await;
    meter.finish();
    done.map_err(|error| failure(&error))
}

/// Differences: all of them to the file, the first few for the result.
struct Found {
    csv: Option<Csv>,
    shown: Vec<Difference>,
}

impl Found {
    fn new(file: Option<&Path>) -> Result<Self, Failure> {
        Ok(Self {
            csv: file.map(|path| Csv::create(path, &COLUMNS)).transpose()?,
            shown: Vec::new(),
        })
    }

    fn add(&mut self, difference: Difference) -> io::Result<()> {
        if let Some(csv) = &mut self.csv {
            csv.difference(&difference)?;
        }
        if self.shown.len() < SHOWN {
            self.shown.push(difference);
        }
        Ok(())
    }
}

fn failure(error: &AuditError) -> Failure {
    match error {
        AuditError::Source(error) => unreadable(error),
        AuditError::Sort(error) => read_failure(error),
    }
}

/// Reads the rows, whatever their columns are called.
fn read(path: &Path, named: &[String], screen: Screen) -> Result<C2cRows, Failure> {
    let spooled = (path == Path::new("-")).then(spool).transpose()?;
    let path = spooled.as_ref().map_or(path, |file| file.path()).to_owned();
    let inputs = open(&path, named)?;
    let mut named_so_far = 0;
    let done = C2cRows::read(&inputs, &std::env::temp_dir(), |line, why| {
        named_so_far += 1;
        if named_so_far <= PROBLEMS_NAMED {
            // A terminal that is gone must not stop the audit.
            drop(screen.say(&format!("line {line} is left out: {why}")));
        }
    });
    done.map_err(|error| failure(&error))
}

/// Standard input in a file, since its columns are looked for more than once.
fn spool() -> Result<NamedTempFile, Failure> {
    let copied = NamedTempFile::new().and_then(|mut file| {
        io::copy(&mut io::stdin().lock(), file.as_file_mut())?;
        Ok(file)
    });
    copied.map_err(|source| Failure::input("cannot copy standard input").because(&source))
}

/// Opens the input with the first name of the peer that it knows.
fn open(path: &Path, named: &[String]) -> Result<Inputs, Failure> {
    let given: Vec<NamedColumn> = named
        .iter()
        .map(|text| named_column(text))
        .collect::<Result<_, _>>()?;
    let peer_given = given.iter().any(|name| name.column == Column::GroupId);
    let candidates: &[&str] = if peer_given { &[""] } else { &PEER_NAMES };
    let mut first_error = None;
    for candidate in candidates {
        let mut columns = given.clone();
        if !peer_given {
            columns.push(NamedColumn {
                column: Column::GroupId,
                name: (*candidate).to_owned(),
            });
        }
        let options = Options {
            columns,
            ..Options::default()
        };
        match Inputs::open(&[InputPath::File(PathBuf::from(path))], &options) {
            Ok(inputs) => return Ok(inputs),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    let unknown = |error: Error| {
        unreadable(&error).hint(
            "the columns are account, peer and count, under these or similar names; say which with --column account=NAME, peer=NAME, count=NAME",
        )
    };
    Err(first_error.map_or_else(|| Failure::bug("no name was tried"), unknown))
}

/// `FIELD=NAME`, in the words of this input.
fn named_column(text: &str) -> Result<NamedColumn, Failure> {
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
        Failure::usage(format!("`--column {text}` names no field and column"))
            .hint("write FIELD=NAME, where FIELD is account, peer or count")
    })
}

/// `--output json`.
#[derive(Serialize)]
struct AuditResult<'a> {
    command: &'static str,
    outcome: &'static str,
    rows: AuditRows,
    checked: u64,
    results: Results,
    sums: Sums,
    calls: u64,
    attempts: u64,
    busiest_second: usize,
    differences: Vec<AuditDifference<'a>>,
}

#[derive(Serialize)]
struct AuditRows {
    read: u64,
    invalid: u64,
}

#[derive(Serialize)]
struct Results {
    matched: u64,
    mismatched: u64,
    unknown_account: u64,
    unverifiable: u64,
}

#[derive(Serialize)]
struct Sums {
    expected: u64,
    found: u64,
}

#[derive(Serialize)]
struct AuditDifference<'a> {
    row: u64,
    account: &'a str,
    peer: &'a str,
    expected: u32,
    found: Option<u64>,
    verdict: Verdict,
    reason: &'a str,
}

/// The verdicts of an audit, with what they mean.
const VERDICTS: [(Verdict, &str); 4] = [
    (Verdict::Matched, ""),
    (Verdict::Mismatched, "another count is there"),
    (
        Verdict::UnknownAccount,
        "the app does not know the account or the peer",
    ),
    (Verdict::Unverifiable, "cannot be told"),
];

fn tell(
    tally: &Tally,
    found: Found,
    (rows, asked): (&C2cRows, sweep::Tally),
    args: &args::Verify,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let Found { csv, shown } = found;
    csv.map_or(Ok(()), Csv::finish)?;
    let well = tally.different() == 0 && rows.invalid == 0;
    let written = match args.result.output {
        OutputForm::Json => json(out, (tally, well), &shown, (rows, asked)),
        OutputForm::Text => text(out, tally, &shown, (rows, asked), args),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::from(u8::from(!well)))
}

fn text(
    out: &mut dyn Write,
    tally: &Tally,
    shown: &[Difference],
    (rows, asked): (&C2cRows, sweep::Tally),
    args: &args::Verify,
) -> io::Result<()> {
    let path = args.c2c.as_deref().unwrap_or(Path::new("-"));
    writeln!(
        out,
        "input       {}",
        sanitised(&path.display().to_string())
    )?;
    writeln!(
        out,
        "rows        {} read, {} invalid",
        count(rows.read),
        count(rows.invalid)
    )?;
    writeln!(
        out,
        "checked     {} one-to-one counts",
        count(tally.checked())
    )?;
    verdicts(out, tally, &VERDICTS)?;
    sums(out, tally)?;
    writeln!(
        out,
        "calls       {}, {} attempts, busiest second {}",
        count(asked.calls),
        count(asked.attempts),
        asked.busiest_second
    )?;
    let file = args.differences.as_deref();
    examples(out, shown, tally.different(), file, ["peer", "account"])
}

fn json(
    out: &mut dyn Write,
    (tally, well): (&Tally, bool),
    shown: &[Difference],
    (rows, asked): (&C2cRows, sweep::Tally),
) -> io::Result<()> {
    let result = AuditResult {
        command: "verify --c2c",
        outcome: if well { "verified" } else { "different" },
        rows: AuditRows {
            read: rows.read,
            invalid: rows.invalid,
        },
        checked: tally.checked(),
        results: Results {
            matched: tally.matched,
            mismatched: tally.mismatched,
            unknown_account: tally.unknown_account,
            unverifiable: tally.unverifiable,
        },
        sums: Sums {
            expected: tally.expected,
            found: tally.found,
        },
        calls: asked.calls,
        attempts: asked.attempts,
        busiest_second: asked.busiest_second,
        differences: shown.iter().map(AuditDifference::new).collect(),
    };
    serde_json::to_writer(&mut *out, &result)?;
    writeln!(out)
}

impl<'a> AuditDifference<'a> {
    fn new(difference: &'a Difference) -> Self {
        Self {
            row: difference.row,
            account: &difference.member,
            peer: &difference.group,
            expected: difference.expected,
            found: difference.found,
            verdict: difference.verdict,
            reason: &difference.reason,
        }
    }
}
