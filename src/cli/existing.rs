//! A checkpoint that was there when the command began.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::clock;
use super::failure::{Failure, checkpoint_failure, input_failure};
use super::screen::Screen;
use super::verify::beside;
use crate::checkpoint::{Header, Ledger, Log, Reconciled};
use crate::run::{Calls, InputError, Step, Survey};
use crate::source::Inputs;
use crate::storage::{DiskFile, Tail};

/// A checkpoint that was there.
#[derive(Debug)]
pub(super) struct Existing {
    pub(super) log: Log<DiskFile>,
    pub(super) ledger: Ledger,
    /// When the lock was taken: whoever wrote before is gone since then.
    pub(super) locked_at: Instant,
}

/// Opens and locks a checkpoint that is there.
pub(super) fn open_checkpoint(path: &Path, screen: Screen) -> Result<Existing, Failure> {
    let (log, scanned) = Log::open(path).map_err(|error| checkpoint_failure(&error))?;
    let locked_at = Instant::now();
    if let Tail::Torn(bytes) = scanned.tail {
        let path = path.display();
        screen.say(&format!(
            "the last line of `{path}` was cut off ({bytes} bytes): it is dropped, and its call is sent again"
        ))?;
    }
    Ok(Existing {
        log,
        ledger: scanned.ledger,
        locked_at,
    })
}

/// Gives a checkpoint another name beside its own, one that no file has, and tells which.
pub(super) fn keep_beside(path: &Path) -> Result<PathBuf, Failure> {
    let failed = |error: io::Error| {
        Failure::checkpoint(format!(
            "the former checkpoint `{}` cannot be put aside",
            path.display()
        ))
        .because(&error)
        .hint("name another file with --checkpoint")
    };
    let mut number = 1_u32;
    loop {
        let kept = beside(path, &format!(".former-{number}"));
        // A link never replaces a file, whoever else is looking for a name.
        match fs::hard_link(path, &kept) {
            Ok(()) => {
                fs::remove_file(path).map_err(failed)?;
                return Ok(kept);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(failed(error)),
        }
    }
}

impl Existing {
    /// Another input continues the import from here on.
    pub(super) fn replace(
        &mut self,
        header: &Header,
        reconciled: &Reconciled,
    ) -> Result<(), Failure> {
        let entry = reconciled.entry(header, clock());
        self.log
            .append(&entry)
            .map_err(|error| checkpoint_failure(&error))?;
        self.ledger
            .apply(&entry)
            .map_err(|error| Failure::bug("the new input does not fit").because(&error))
    }

    /// Calls that failed before and fail no differently now keep a line under their new number.
    pub(super) fn repeat_failures(
        &mut self,
        inputs: &Inputs,
        survey: &Survey,
        reconciled: &Reconciled,
    ) -> Result<(), Failure> {
        if reconciled.failed() == 0 {
            return Ok(());
        }
        let failed = |error: &InputError| input_failure(error);
        let mut calls = Calls::new(inputs, survey).map_err(|error| failed(&error))?;
        while let Some(step) = calls.next().map_err(|error| failed(&error))? {
            let Step::Call(call) = step else {
                continue;
            };
            let ids = (call.group_id, call.member_account);
            if let Some(entry) = reconciled.failure(call.row, ids, call.unread_num, clock()) {
                self.log
                    .append(&entry)
                    .map_err(|error| checkpoint_failure(&error))?;
            }
        }
        Ok(())
    }
}
