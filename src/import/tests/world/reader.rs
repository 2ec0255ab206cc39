//! The second pass over an input that may be appended to, or replaced, meanwhile.

use super::input::{Record, Sheet};
use super::universe::Universe;
use crate::checkpoint::{Count, Outcome, Status};
use crate::import::{Engine, InputFailure};

/// What can go wrong with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the input grew")]
    Grew,
    #[error("the input was replaced")]
    Replaced,
}

impl InputFailure for Trouble {
    fn word(&self) -> &'static str {
        match self {
            Self::Grew => "input_grew",
            Self::Replaced => "input_changed",
        }
    }
}

#[derive(Debug)]
pub(super) struct Reader {
    /// What the first pass read.
    planned: Sheet,
    /// The file when it is appended to.
    appended: Sheet,
    /// Whether nobody looks at its size, so that more is read than was planned.
    careless: bool,
    read: u64,
}

impl Reader {
    pub(super) fn new(planned: Sheet, appended: Sheet, careless: bool) -> Self {
        Self {
            planned,
            appended,
            careless,
            read: 0,
        }
    }

    pub(super) const fn planned(&self) -> &Sheet {
        &self.planned
    }

    /// Reads some rows on.
    pub(super) fn read(&mut self, engine: &mut Engine<Trouble>, universe: &mut Universe) {
        let since = universe.now - universe.began;
        let happened = |at: Option<std::time::Duration>| at.is_some_and(|at| at <= since);
        let grew = happened(universe.weather.appended);
        for _ in 0..universe.rng.u8(1..=12) {
            if !engine.wants_rows() {
                return;
            }
            if happened(universe.weather.replaced) {
                return engine.input_failed(Trouble::Replaced);
            }
            let sheet = if grew && self.careless {
                &self.appended
            } else {
                &self.planned
            };
            self.read += 1;
            match sheet.record(self.read) {
                Some(Record::Call(member, count)) => {
                    let (group_id, account) = (member.group_id(), member.account());
                    engine.planned(self.read, (&group_id, &account), count);
                }
                Some(Record::Invalid) => engine.rejected(self.rejected(universe)),
                Some(Record::Passed) => {}
                None if grew && !self.careless => return engine.input_grew(Trouble::Grew),
                None => return engine.input_ended(),
            }
        }
    }

    fn rejected(&self, universe: &Universe) -> Outcome<'static> {
        Outcome {
            row: self.read,
            status: Status::Rejected,
            group_id: "".into(),
            member_account: "?".into(),
            unread_num: Count::Raw("n/a".into()),
            group_type: None,
            code: 0,
            info: "invalid_unread_num".into(),
            attempts: 0,
            at: universe.present().wall,
            ms: 0,
        }
    }
}
