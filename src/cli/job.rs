//! What `import` and `resume` share: first pass, plan, question, and then a session.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::args::{OutputForm, SendingArgs};
use super::command_line;
use super::consent::{Consent, Open, Situation};
use super::context::Context;
use super::existing::{Existing, keep_beside};
use super::failure::{Failure, checkpoint_failure, input_failure};
use super::input::{self, lasting, policy};
use super::online::{self, Online};
use super::question::agreed;
use super::report::ReportFile;
use super::screen::{Screen, width};
use super::second_pass::{Comparison, RejectsFile, SecondPass};
use super::sending;
use super::session::Session;
use super::target::{Destination, Reached};
use super::validate::{self, FirstPass};
use super::{clock, identity, outcome, snapshot};
use crate::checkpoint::{Header, Input, Ledger, Log, Reconciled, Target};
use crate::import::Settings;
use crate::plan::Totals;
use crate::record::{RowCounts, Severity};
use crate::report::{Changes, Earlier, Page, Plan, PlanSummary, duration, plural};
use crate::run::{Calls, Survey};
use crate::settings::{OnInvalid, Reading};
use crate::source::{InputPath, Inputs};
use crate::storage::OutputFile;

/// What a session is about.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// `import` or `resume`.
    pub(super) command: &'static str,
    pub(super) inputs: Inputs,
    /// The inputs as they were named.
    pub(super) paths: Vec<InputPath>,
    pub(super) options: Reading,
    /// The checks to be made before the first call.
    pub(super) online: Option<Online>,
    pub(super) destination: Destination,
    /// The target by which the checkpoint knows the import; the destination may be another address
    /// of the same app.
    pub(super) target: Target,
    pub(super) checkpoint: PathBuf,
    /// The log, opened and locked, if it was there.
    pub(super) existing: Option<Existing>,
    /// The log of another app that has accepted nothing, still locked.
    pub(super) unbound: Option<Existing>,
    pub(super) sending: &'a SendingArgs,
    pub(super) retry_failed: bool,
    /// Continue with another input.
    pub(super) changed_input: bool,
    pub(super) output: OutputForm,
    /// Where rejected rows go.
    pub(super) rejects: Option<OutputFile>,
    /// Where reports go.
    pub(super) reports: Vec<ReportFile>,
    /// Where the counts go that are there before the first call.
    pub(super) snapshot: Option<&'a Path>,
    pub(super) context: Context<'a>,
}

impl Job<'_> {
    /// First pass, plan, question, calls, result.
    pub(super) fn run(mut self, out: &mut dyn Write) -> Result<ExitCode, Failure> {
        let screen = self.context.screen;
        let go_on = command_line::resume_options(self.context.given);
        let settings = sending::settings(self.sending, self.retry_failed, go_on);
        for note in self.inputs.taken_for() {
            screen.say(&format!("reading {note}"))?;
        }
        self.let_go_of_another_app();
        let policy = policy(&self.options);
        let (mut survey, mut validation) = validate::first_pass(&self.inputs, policy)?;
        self.check_online(&survey, screen)?;
        let app = self.target.sdk_app_id;
        let found = (&mut survey, &mut validation);
        online::apply(&mut self.options, app, found, self.context)?;
        let rows = survey.plan.rows;
        if rows.invalid > 0 && self.options.on_invalid == OnInvalid::Stop {
            let (inputs, limit) = (&self.inputs, settings.limit);
            let pass = FirstPass {
                paths: &self.paths,
                options: &self.options,
                inputs,
                survey: &survey,
                validation: &validation,
                policy,
                limit,
                rejects: self.rejects.as_ref(),
            };
            let code = pass.tell(&self.reports, self.output, out)?;
            let skip = self.context.again().replacing("--on-invalid", "skip");
            let said = "nothing was sent: correct the rows, or send the others with";
            screen.say_command(said, &skip)?;
            return Ok(code);
        }
        let rejects = validation
            .kinds()
            .into_iter()
            .filter(|(code, _)| code.severity() == Severity::Error)
            .map(|(code, kind)| (code.name(), kind.count))
            .collect();
        let header = self.header(&survey, rows);
        let (totals, reconciled) = self.read_again(&header, &survey)?;
        let prepared = Prepared {
            header,
            rows,
            totals,
            survey,
            settings,
            reconciled,
        };
        self.confirm(&prepared, rejects, screen)?;
        self.send(prepared, screen, out)
    }

    /// A log of another app that has accepted no call binds nobody: it is put aside when the plan
    /// is agreed to.
    fn let_go_of_another_app(&mut self) {
        let is_unbound = |existing: &mut Existing| {
            existing.ledger.header().target != self.target && !existing.ledger.has_accepted()
        };
        self.unbound = self.existing.take_if(is_unbound);
    }

    /// Keeps the log of another app beside the new one.
    fn put_aside(&self, screen: Screen) -> Result<(), Failure> {
        let Some(unbound) = &self.unbound else {
            return Ok(());
        };
        let kept = keep_beside(&self.checkpoint)?;
        let target = &unbound.ledger.header().target;
        screen.say(&format!(
            "the checkpoint was of app {} at {} as {}, which has accepted no call: it is begun anew, and the former one is kept as `{}`",
            target.sdk_app_id,
            target.endpoint,
            target.identifier,
            kept.display()
        ))
    }

    /// Asks the target about the planned calls, unless the import was begun with such checks.
    fn check_online(&mut self, survey: &Survey, screen: Screen) -> Result<(), Failure> {
        let Some(online) = self.online.take() else {
            return Ok(());
        };
        if let Some(existing) = &self.existing {
            let recorded = existing.ledger.header();
            let present = self.header(survey, survey.plan.rows);
            let same = identity::input_differences(recorded, &present).is_empty();
            if same || !self.changed_input {
                let checks = recorded.options.preflight.clone();
                self.options.preflight = checks;
                if self.options.preflight.is_some() {
                    return Ok(());
                }
            }
        }
        let file = input::side_file(online.file());
        online.check(&self.inputs, survey, &self.options, screen)?;
        self.options.preflight = Some(file);
        Ok(())
    }

    fn header(&self, survey: &Survey, rows: RowCounts) -> Header {
        let inputs = survey.digests.iter().map(|digest| Input {
            path: lasting(&digest.path),
            bytes: digest.content.bytes,
            hash: digest.content.hash.clone(),
        });
        Header {
            format: crate::checkpoint::FORMAT,
            run: format!("{:016x}", fastrand::u64(..)),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            created: clock(),
            inputs: inputs.collect(),
            target: self.target.clone(),
            options: self.options.clone(),
            rows: rows.read,
            calls: survey.plan.calls,
            tally: self.inputs.tally(),
        }
    }

    /// Sums up the calls, writes the rejected rows, and makes sure that the checkpoint is of this
    /// import. With another input, and leave to continue with it, finds out what of it is done
    /// already.
    fn read_again(
        &self,
        header: &Header,
        survey: &Survey,
    ) -> Result<(Totals, Option<Reconciled>), Failure> {
        let totals = survey.call_totals();
        let (differences, comparison) = self.comparison(header)?;
        let rejects = self.rejects.as_ref();
        let mut pass = SecondPass {
            rejects: rejects
                .map(|output| RejectsFile::create(output, &self.inputs))
                .transpose()?,
            totals: totals.is_none().then(Totals::default),
            comparison,
            ..SecondPass::default()
        };
        pass.run(&self.inputs, survey)?;
        let totals = totals.or(pass.totals).unwrap_or_default();
        match pass.comparison {
            Comparison::Nothing => Ok((totals, None)),
            Comparison::Continued(reconciliation) => Ok((totals, Some(reconciliation.finish()))),
            Comparison::Other(difference) => {
                let line = difference.found();
                let changed = self.context.again().flag("--changed-input");
                let refused = identity::other_input(differences, line, &self.checkpoint);
                Err(refused.command(
                    "or continue with the changed input: what is done is then told by group, member and count",
                    &changed,
                ))
            }
        }
    }

    /// How the input is not the one of the log, and what its calls have to be compared with.
    fn comparison(&self, header: &Header) -> Result<(Vec<String>, Comparison), Failure> {
        let Some(existing) = &self.existing else {
            return Ok((Vec::new(), Comparison::Nothing));
        };
        let recorded = existing.ledger.header();
        let differences = identity::input_differences(recorded, header);
        let mut expected = recorded.clone();
        if self.changed_input {
            // What is done is told call by call, and checks only say which calls are not made.
            expected
                .options
                .preflight
                .clone_from(&header.options.preflight);
        }
        identity::same_settings(&expected, header, (&self.checkpoint, &existing.ledger))?;
        let same_checks = recorded.options.preflight == header.options.preflight;
        let comparison = if differences.is_empty() && same_checks {
            Comparison::Nothing
        } else if self.changed_input {
            Comparison::continued(&self.checkpoint)?
        } else {
            Comparison::other(&self.checkpoint)?
        };
        Ok((differences, comparison))
    }

    /// Shows the plan, and makes sure that somebody agrees to it.
    fn confirm(
        &self,
        prepared: &Prepared,
        rejects: Vec<(&'static str, u64)>,
        screen: Screen,
    ) -> Result<(), Failure> {
        let now = clock();
        let destination = self.destination.record();
        let outlook = PlanSummary {
            rows: prepared.rows,
            calls: prepared.header.calls,
            totals: prepared.totals,
            rejects,
            tally: self.inputs.tally(),
            target: &destination,
            limit: prepared.settings.limit,
            checkpoint: &self.checkpoint.display().to_string(),
            earlier: self.earlier(prepared.reconciled.as_ref()),
            idle: self.idle(now),
            credential_ends: self.destination.credential_ends(),
            now,
        };
        let consent = Situation {
            interactive: screen.interactive,
            yes: self.sending.yes,
            accept_stale: self.sending.accept_stale,
            stale: outlook.idle.is_some(),
            simulated: matches!(self.destination, Destination::Simulator { .. }),
            to_send: outlook.to_send(),
        }
        .decide();
        // Whoever has to agree sees the plan, also with --quiet.
        let mut err: Box<dyn Write> = match consent {
            Consent::Given => screen.err(),
            Consent::Ask(_) | Consent::Refused(_) => Box::new(anstream::stderr()),
        };
        outlook
            .write(&mut Page::new(&mut err, width()))
            .map_err(|error| Failure::from_output(&error))?;
        match consent {
            Consent::Given => Ok(()),
            Consent::Ask(open) => ask(open, &outlook, &mut err),
            Consent::Refused(open) => Err(not_agreed(open)),
        }
    }

    /// What earlier sessions leave to this one.
    fn earlier(&self, reconciled: Option<&Reconciled>) -> Option<Earlier> {
        let counts = self.existing.as_ref()?.ledger.counts();
        let done = match reconciled {
            Some(reconciled) => reconciled.done,
            None => counts.succeeded + counts.failed,
        };
        let failed = match reconciled {
            Some(reconciled) => reconciled.failed(),
            None => counts.failed,
        };
        Some(Earlier {
            done: if self.retry_failed {
                done - failed
            } else {
                done
            },
            failed: if self.retry_failed { 0 } else { failed },
            in_doubt: counts.in_doubt,
            changes: reconciled.map(|reconciled| Changes {
                new: reconciled.new,
                changed: reconciled.changed,
                gone: reconciled.gone,
            }),
        })
    }

    /// How long nothing was sent, if that is so long that users may have come back meanwhile.
    fn idle(&self, now: Timestamp) -> Option<Duration> {
        let existing = self.existing.as_ref()?;
        let idle = now.duration_since(existing.ledger.last_activity());
        let idle = Duration::try_from(idle).unwrap_or_default();
        (existing.ledger.sessions() > 0 && idle > self.sending.stale_after).then_some(idle)
    }

    /// Keeps the counts that are there, if that was asked for.
    fn take_snapshot(
        &self,
        survey: &Survey,
        reached: &Reached,
        screen: Screen,
    ) -> Result<(), Failure> {
        let Some(path) = self.snapshot else {
            return Ok(());
        };
        let undo = command_line::rollback(path, self.context.given);
        let calls = Calls::new(&self.inputs, survey).map_err(|error| input_failure(&error))?;
        let stage = match &self.existing {
            None => snapshot::Stage::New,
            Some(existing) if existing.ledger.admitted() == 0 => snapshot::Stage::Begun,
            Some(_) => snapshot::Stage::Sent,
        };
        snapshot::take((path, &undo), calls, reached, (self.sending, stage), screen)
    }

    /// The log that was there, or a new one.
    fn take_log(&mut self, header: &Header) -> Result<Existing, Failure> {
        if let Some(existing) = self.existing.take() {
            return Ok(existing);
        }
        let log = Log::create(&self.checkpoint, header.clone());
        Ok(Existing {
            log: log.map_err(|error| checkpoint_failure(&error))?,
            ledger: Ledger::new(header.clone()),
            locked_at: Instant::now(),
        })
    }

    /// How many rows the inputs have beyond those that were planned.
    fn rows_beyond(&self, planned: u64) -> Option<u64> {
        let now = input::rows_now(&self.paths, &self.options)?;
        Some(now.saturating_sub(planned))
    }

    /// Sends what is left, and tells the result.
    fn send(
        mut self,
        prepared: Prepared,
        screen: Screen,
        out: &mut dyn Write,
    ) -> Result<ExitCode, Failure> {
        let earlier = self
            .earlier(prepared.reconciled.as_ref())
            .unwrap_or_default();
        let Prepared {
            header,
            rows,
            survey,
            settings,
            reconciled,
            totals: _,
        } = prepared;
        let reached = self.destination.clone().reach(&self.inputs)?;
        self.take_snapshot(&survey, &reached, screen)?;
        self.put_aside(screen)?;
        let mut existing = self.take_log(&header)?;
        if let Some(path) = self.snapshot {
            snapshot::forget(path)?;
        }
        if let Some(reconciled) = reconciled {
            existing.replace(&header, &reconciled)?;
            existing.repeat_failures(&self.inputs, &survey, &reconciled)?;
        }
        let plan = Plan {
            rows,
            planned: header.calls,
            already_done: earlier.done,
            already_failed: earlier.failed,
            limit: settings.limit.get(),
        };
        let calls = Calls::to_send(&self.inputs, &survey);
        let session = Session {
            plan,
            settings,
            timeouts: sending::timeouts(self.sending.timeout),
            reached,
            existing,
            calls: calls.map_err(|error| input_failure(&error))?,
        };
        let ended = session.run(screen)?;
        let told = outcome::Told {
            command: self.command,
            checkpoint: &self.checkpoint,
            form: self.output,
            context: self.context,
            reports: &self.reports,
            resume: &command_line::resume(&self.checkpoint, self.context.given),
            came: ended
                .has_grown()
                .then(|| self.rows_beyond(header.rows))
                .flatten(),
        };
        outcome::tell(&ended, told, out)
    }
}

/// Asks about what is open, one question after the other.
fn ask(open: Open, outlook: &PlanSummary<'_>, out: &mut dyn Write) -> Result<(), Failure> {
    let app = outlook.target.sdk_app_id;
    let mut questions = Vec::new();
    if let (true, Some(idle)) = (open.stale, outlook.idle) {
        let idle = duration(idle);
        questions.push((
            format!("Overwrite what users of app {app} have read in the last {idle}?"),
            open.only_stale(),
        ));
    }
    if open.plan {
        let calls = plural(outlook.to_send(), "call");
        questions.push((format!("Send {calls} to app {app}?"), open.only_plan()));
    }
    for (question, part) in questions {
        if !agreed(&question, out)? {
            return Err(not_agreed(part));
        }
    }
    Ok(())
}

/// What is said when nothing may be sent, with the options that would agree.
fn not_agreed(open: Open) -> Failure {
    let mut failure = Failure::usage("not confirmed: nothing was sent").known_as("not_confirmed");
    if open.plan {
        failure = failure.hint("answer y on a terminal, or give --yes to agree to the plan above");
    }
    if open.stale {
        failure = failure.hint(
            "counts that users have read down since then would be set back up; give --accept-stale if nobody has used the app since, or raise --stale-after",
        );
    }
    failure
}

/// What is known when the user has agreed.
struct Prepared {
    header: Header,
    rows: RowCounts,
    /// Sums over the calls.
    totals: Totals,
    survey: Survey,
    settings: Settings,
    reconciled: Option<Reconciled>,
}
