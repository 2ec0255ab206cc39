//! `verify --c2c`: the check of one-to-one counts.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tokio::time::Instant;

use super::args;
use super::asking::{pace, with_client};
use super::clock;
use super::context::Context;
use super::differences::probe;
use super::failure::{Failure, check_failure, stopped};
use super::peers;
use super::report::ReportFile;
use super::sending::timeouts;
use super::target::Destination;
use super::verified::conclude;
use super::verify::{announce_continued, default_progress_log, go_through};
use crate::reads::{Api, End, opening};
use crate::report::{CheckRun, Checked, count};
use crate::verify::{C2cRows, Check, JournalHeader, Way};

/// Runs the command.
pub(super) fn run(
    args: &args::Verify,
    path: &Path,
    context: Context<'_>,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let screen = context.screen;
    probe(args)?;
    let (pace, timeouts) = (pace(&args.asking), timeouts(args.asking.timeout));
    let reports = ReportFile::all(&args.report.report)?;
    let destination = Destination::resolve(&args.target, context.secrets)?;
    let rows = peers::read(path, &args.column, screen)?;
    let (read, invalid, comparable) = (rows.read, rows.invalid, rows.count());
    screen.say(&format!(
        "comparing {} one-to-one counts",
        count(comparable)
    ))?;
    let target = destination.record();
    let mut check = begin(args, &rows, target.sdk_app_id)?;
    announce_continued(&check, screen)?;
    let reached = destination.reach_alone()?;
    let order = rows.into_order();
    let began = Instant::now();
    let not_before = opening(check.continued.is_some(), Instant::now());
    let (end, asked) = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace, not_before);
        let end = go_through(&mut check, order, &api, (comparable, screen)).await?;
        Ok((end, api.tally()))
    })?;
    match end {
        End::Completed => {
            let run = CheckRun {
                subject: path,
                checked: Checked::Conversations { read, invalid },
                target,
                way: Way::Peer,
                asked,
                took: began.elapsed(),
                continued: check.continued,
            };
            conclude(check, &run, (args, &reports, context.given), out)
        }
        End::Interrupted(signal) => Err(Failure::interrupted(signal, "interrupted")),
        End::Stopped(stop) => Err(stopped(&stop).again("then continue with")),
    }
}

/// The check of these rows in this app, begun or continued.
fn begin(args: &args::Verify, rows: &C2cRows, sdk_app_id: u64) -> Result<Check, Failure> {
    let header = JournalHeader {
        journal: "verify --c2c".to_owned(),
        run: format!("{sdk_app_id}-{}", rows.digest()),
        bytes: rows.count(),
        sample: None,
        seed: 0,
        way: None,
        begun: clock(),
    };
    let progress = args.progress_log.clone();
    let progress = progress.unwrap_or_else(|| default_progress_log(args));
    Check::open(&progress, header, args.restart, &std::env::temp_dir())
        .map_err(|error| check_failure(&error))
}
