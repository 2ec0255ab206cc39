//! One session: the loop on this thread, with everything that watches it.

use tokio::time::Instant;

use super::clock;
use super::existing::Existing;
use super::failure::Failure;
use super::outcome::Ended;
use super::screen::{Screen, step_around};
use super::target::Reached;
use crate::driver::{self, Parts};
use crate::event::Event;
use crate::import::{self, Now, Settings};
use crate::report::{LivePauses, Plan, Progress, Summary};
use crate::run::Calls;
use crate::signals::Signals;
use crate::tencent::{Client, HttpTransport, Timeouts};

/// All that the loop needs.
pub(super) struct Session<'a> {
    pub(super) plan: Plan,
    pub(super) settings: Settings,
    pub(super) timeouts: Timeouts,
    pub(super) reached: Reached,
    pub(super) existing: Existing,
    pub(super) calls: Calls<'a>,
}

impl Session<'_> {
    /// Runs the loop on this thread until its end.
    pub(super) fn run(self, screen: Screen) -> Result<Ended, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| Failure::bug("no runtime").because(&source))?;
        runtime.block_on(self.run_loop(screen))
    }

    async fn run_loop(self, screen: Screen) -> Result<Ended, Failure> {
        let Self {
            plan,
            settings,
            timeouts,
            reached,
            existing,
            calls,
        } = self;
        let Reached {
            target,
            credential,
            simulator,
        } = reached;
        let transport = HttpTransport::new(target.endpoint(), timeouts)
            .map_err(|error| Failure::usage("no HTTP client").because(&error))?;
        let client = Client::new(transport, target, credential, clock);
        let mut signals = Signals::listen()
            .map_err(|source| Failure::bug("signals cannot be heard").because(&source))?;
        let now = Now {
            at: Instant::now(),
            wall: clock(),
        };
        let not_before = import::not_before(&existing.ledger, existing.locked_at, now);
        let started = Instant::now();
        let mut summary = Summary::new(plan, started);
        let mut progress = Progress::new(screen.progress, plan.planned, screen.err());
        step_around(progress.bar());
        let mut pauses = LivePauses::new((started, clock()));
        let mut observer = |event: Event<'_>| {
            summary.apply(&event);
            pauses.apply(&event);
            log(&event);
            progress.show(&event, &summary);
        };
        let parts = Parts {
            client: &client,
            calls,
            log: existing.log,
            ledger: existing.ledger,
            settings,
            not_before,
            clock,
        };
        let (end, ledger) = driver::run(parts, &mut observer, &mut signals).await;
        progress.finish();
        drop(simulator);
        let finished = Instant::now();
        Ok(Ended {
            end,
            ledger,
            summary,
            pauses: pauses.finish(finished),
            finished,
        })
    }
}

/// What the logs say of an event.
fn log(event: &Event<'_>) {
    match event {
        Event::Settled {
            verdict,
            code,
            info,
            latency,
            ..
        } => {
            tracing::debug!(
                ?verdict,
                code,
                info = &**info,
                ms = latency.as_millis(),
                "settled"
            );
        }
        Event::Retrying { code, info, wait } => {
            tracing::debug!(
                code,
                info = &**info,
                wait_ms = wait.as_millis(),
                "trying again"
            );
        }
        Event::RateLimited { code, hold, .. } => {
            let hold_ms = hold.map_or(0, |hold| hold.as_millis());
            tracing::info!(code, hold_ms, "asked to slow down");
        }
        Event::Renewed => tracing::info!("the UserSig had expired; signed anew"),
        Event::OutageBegan { info, .. } => {
            tracing::warn!(last = &**info, "the target is down; probing");
        }
        Event::OutageEnded { lasted, .. } => {
            tracing::warn!(seconds = lasted.as_secs(), "the target is back");
        }
        Event::Draining { in_flight } => {
            tracing::info!(in_flight, "no new calls; waiting for answers");
        }
        Event::Sent { .. } | Event::Rejected | Event::Pulse(_) => {}
    }
}
