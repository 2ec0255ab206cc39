//! `verify --c2c`: the audit of one-to-one counts.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use tempfile::NamedTempFile;

use super::args::{self, OutputForm};
use super::asking::{halted, interrupted, pace, timeouts, with_client};
use super::clock;
use super::failure::Failure;
use super::input::{beside_input, input_path, unreadable};
use super::screen::Screen;
use super::target::Destination;
use super::verified::{collect, examples, finish, sums, verdicts};
use super::verify::{announce_continued, check_failure, go_through, read_failure};
use crate::record::Column;
use crate::report::{count, sanitised};
use crate::source::{Error, InputPath, Inputs, NamedColumn, Options};
use crate::sweep::{self, Api, End};
use crate::verify::{C2cRows, Check, Difference, JournalHeader, RowsError, Tally, Verdict};

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
    let (read, invalid, comparable) = (rows.read, rows.invalid, rows.count());
    screen.say(&format!(
        "comparing {} one-to-one counts",
        count(comparable)
    ))?;
    let mut check = begin(args, path, &rows, destination.record().sdk_app_id)?;
    announce_continued(&check, screen)?;
    let pace = pace(&args.asking)?;
    let timeouts = timeouts(&args.asking.timeout)?;
    let reached = destination.reach_alone()?;
    let order = rows.into_order();
    let (end, asked) = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace);
        let end = go_through(&mut check, order, &api, (comparable, screen)).await?;
        Ok((end, api.tally()))
    })?;
    match end {
        End::Completed => Told {
            path,
            read,
            invalid,
            asked,
        }
        .tell(check, args, out),
        End::Interrupted(signal) => {
            interrupted(signal, screen, "the same command goes on from here")
        }
        End::Halted(halt) => Err(halted(&halt).hint("the same command then goes on from here")),
    }
}

/// The check of these rows in this app, begun or continued.
fn begin(
    args: &args::Verify,
    path: &Path,
    rows: &C2cRows,
    sdk_app_id: u64,
) -> Result<Check, Failure> {
    let header = JournalHeader {
        journal: "verify --c2c".to_owned(),
        run: format!("{sdk_app_id}-{}", rows.digest()),
        bytes: rows.count(),
        sample: None,
        seed: 0,
        way: None,
        begun: clock(),
    };
    let default = || beside_input(&[input_path(path)], ".verify.jsonl");
    let progress = args.progress_log.clone().unwrap_or_else(default);
    Check::open(&progress, header, args.restart, &std::env::temp_dir())
        .map_err(|error| check_failure(&error))
}

fn failure(error: &RowsError) -> Failure {
    match error {
        RowsError::Source(error) => unreadable(error),
        RowsError::Sort(error) => read_failure(error),
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
    /// Of an account and a peer that a later row has too; that one counts.
    repeated: u64,
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

/// All that is told of an audit that reached its end.
struct Told<'a> {
    path: &'a Path,
    read: u64,
    invalid: u64,
    asked: sweep::Tally,
}

impl Told<'_> {
    fn tell(
        self,
        mut check: Check,
        args: &args::Verify,
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let tally = check.tally().told();
        let file = args.differences.as_deref();
        let shown = collect(&mut check, &COLUMNS, file)?;
        finish(check)?;
        let written = match args.result.output {
            OutputForm::Json => self.json(out, &tally, &shown),
            OutputForm::Text => self.text(out, &tally, &shown, file),
        };
        written.map_err(|error| Failure::from_output(&error))?;
        Ok(ExitCode::from(u8::from(!self.is_well(&tally))))
    }

    /// Every row could be compared, and every count is there.
    const fn is_well(&self, tally: &Tally) -> bool {
        tally.different() == 0 && self.invalid == 0
    }

    /// Rows whose account and peer another row has too; the last one counts.
    const fn repeated(&self, tally: &Tally) -> u64 {
        self.read - self.invalid - tally.checked()
    }

    fn text(
        &self,
        out: &mut dyn Write,
        tally: &Tally,
        shown: &[Difference],
        file: Option<&Path>,
    ) -> io::Result<()> {
        writeln!(
            out,
            "input       {}",
            sanitised(&self.path.display().to_string())
        )?;
        writeln!(
            out,
            "rows        {} read, {} invalid, {} repeated",
            count(self.read),
            count(self.invalid),
            count(self.repeated(tally))
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
            count(self.asked.calls),
            count(self.asked.attempts),
            self.asked.busiest_second
        )?;
        examples(out, shown, tally.different(), file, ["peer", "account"])
    }

    fn json(&self, out: &mut dyn Write, tally: &Tally, shown: &[Difference]) -> io::Result<()> {
        let result = AuditResult {
            command: "verify --c2c",
            outcome: if self.is_well(tally) {
                "verified"
            } else {
                "different"
            },
            rows: AuditRows {
                read: self.read,
                invalid: self.invalid,
                repeated: self.repeated(tally),
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
            calls: self.asked.calls,
            attempts: self.asked.attempts,
            busiest_second: self.asked.busiest_second,
            differences: shown.iter().map(AuditDifference::new).collect(),
        };
        serde_json::to_writer(&mut *out, &result)?;
        writeln!(out)
    }
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
