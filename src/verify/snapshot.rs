//! Keeps the counts that are there before an import changes them, as an input of the import.

use std::io::{self, Write};

use serde::Serialize;

use super::expected::{Expectations, ReadError, Unit, Units};
use super::observe::{Expected, Observed, by_group};
use crate::run::Signals;
use crate::sweep::{self, Api, End, Halt, Work, sweep};
use crate::tencent::Transport;

/// Units under way at a time, as for a check.
const AT_ONCE: usize = 64;

/// A line of a snapshot.
#[derive(Serialize)]
struct Row<'a> {
    group_id: &'a str,
    member_account: &'a str,
    unread_num: u64,
}

/// What a snapshot came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    /// How it ended.
    pub(crate) end: End,
    /// Counts that were written.
    pub(crate) written: u64,
    /// Counts of groups that keep none: there is nothing to put back.
    pub(crate) kept_none: u64,
    /// Counts that could not be read, and so could not be put back.
    pub(crate) unknown: u64,
    /// The first of these: group, member and why.
    pub(crate) example: Option<(String, String, Observed)>,
}

/// Writes every count that is to be set as it is now. `show` is told how many are known, a few
/// times a second.
pub(crate) async fn snapshot<T: Transport>(
    expectations: &Expectations,
    api: &Api<'_, T>,
    signals: &mut Signals,
    out: &mut dyn Write,
    show: &mut dyn FnMut(u64, sweep::Tally),
) -> Result<Taken, ReadError> {
    let mut work = Taking {
        units: expectations.units()?,
        out,
        show: &mut |known| show(known, api.tally()),
        taken: Taken {
            end: End::Completed,
            written: 0,
            kept_none: 0,
            unknown: 0,
            example: None,
        },
    };
    let ask = |unit| asked(api, unit);
    let end = sweep(&mut work, ask, AT_ONCE, signals).await?;
    Ok(Taken { end, ..work.taken })
}

async fn asked<T: Transport>(
    api: &Api<'_, T>,
    unit: Unit,
) -> Result<Vec<(Expected, Observed)>, Halt> {
    let observed = by_group(api, &unit.rows).await?;
    Ok(unit.rows.into_iter().zip(observed).collect())
}

struct Taking<'a> {
    units: Units<'a>,
    out: &'a mut dyn Write,
    show: &'a mut dyn FnMut(u64),
    taken: Taken,
}

impl Work for Taking<'_> {
    type Unit = Unit;
    type Outcome = Vec<(Expected, Observed)>;
    type Error = ReadError;

    fn next(&mut self) -> Result<Option<Unit>, ReadError> {
        Ok(self.units.next()?)
    }

    fn done(&mut self, outcome: Vec<(Expected, Observed)>) -> Result<(), ReadError> {
        for (row, observed) in outcome {
            match observed {
                Observed::Count { unread, .. } => {
                    self.taken.written += 1;
                    let row = Row {
                        group_id: &row.group,
                        member_account: &row.member,
                        unread_num: unread,
                    };
                    serde_json::to_writer(&mut *self.out, &row).map_err(io::Error::from)?;
                    self.out.write_all(b"\n")?;
                }
                Observed::KeepsNone { .. } => self.taken.kept_none += 1,
                Observed::NoGroup(_)
                | Observed::NoMember
                | Observed::NoAccount(_)
                | Observed::UnknownAccount(_)
                | Observed::Unknown(_) => {
                    self.taken.unknown += 1;
                    let ids = (row.group.into(), row.member.into());
                    self.taken.example.get_or_insert((ids.0, ids.1, observed));
                }
            }
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), ReadError> {
        let Taken {
            written,
            kept_none,
            unknown,
            ..
        } = &self.taken;
        (self.show)(written + kept_none + unknown);
        Ok(())
    }
}
