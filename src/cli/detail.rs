//! What another pass over the calls of a first pass tells: how high the counts are, which groups
//! are the biggest, which counts the target will cut, which ids the maps lack.

use std::path::PathBuf;

use super::failure::{Failure, input_failure};
use super::validate::FirstPass;
use crate::plan::{Groups, Tally};
use crate::record::{Clamp, Code, Column, Field, RawRow, shown};
use crate::report::Shape;
use crate::report::document::{GroupPart, GroupsPart};
use crate::report::validation::{
    ClampedCall, ClampedGroup, ClampedGroups, Clamps, ClampsPart, MapPart, Unmapped, UnmappedId,
    Validation, unmapped_code,
};
use crate::run::{Along, Call, InputError, Step};
use crate::source::MapUse;

/// Groups that are listed: more would not be read.
const BIGGEST_GROUPS: usize = 20;

/// Groups that are listed beside the calls of which most is cut.
const CLAMPED_GROUPS: usize = 10;

/// Ids that are listed for each map.
const UNMAPPED_IDS: usize = 10;

/// Bytes by which ids are told apart; no target has ids as long as that.
const ID_BYTES: usize = 255;

/// What the pass tells.
#[derive(Debug, Default)]
pub(super) struct Detail {
    pub(super) shape: Shape,
    pub(super) groups: GroupsPart,
    /// `None` if the target was not asked.
    pub(super) clamps: Option<ClampsPart>,
    pub(super) maps: Vec<MapPart>,
}

impl Detail {
    /// What is told if nobody wants the numbers of another pass.
    pub(super) fn without_pass(usage: &[MapUse], validation: &Validation) -> Self {
        let maps = usage
            .iter()
            .map(|usage| MapPart::new(usage, Unmapped::default(), validation));
        Self {
            maps: maps.collect(),
            ..Self::default()
        }
    }
}

/// The pass under way.
pub(super) struct Gathering<'a> {
    shape: Shape,
    groups: Tally,
    clamping: Option<Clamping<'a>>,
    missing: Missing,
}

impl<'a> Gathering<'a> {
    /// `None` if nobody wants its numbers: a report does, and a result that has cut counts or
    /// missing ids to tell of.
    pub(super) fn new(
        pass: &FirstPass<'a>,
        usage: &[MapUse],
        reported: bool,
    ) -> Result<Option<Self>, Failure> {
        let unmapped = |map: &MapUse| pass.validation.count_of(unmapped_code(map.column)) > 0;
        if !reported && pass.survey.findings.is_none() && !usage.iter().any(unmapped) {
            return Ok(None);
        }
        Ok(Some(Self {
            shape: Shape::default(),
            groups: tally(),
            clamping: Clamping::new(pass).map_err(|error| input_failure(&error))?,
            missing: Missing::new(),
        }))
    }

    /// The next call or invalid row.
    pub(super) fn take(&mut self, step: &Step<'_>) -> Result<(), InputError> {
        match step {
            Step::Call(call) => {
                self.shape.add(call.unread_num, call.group_type);
                self.groups.add(call.group_id, call.unread_num)?;
                if let Some(clamping) = &mut self.clamping {
                    clamping.take(call)?;
                }
            }
            Step::Rejected { row: Some(row), .. } => self.missing.take(row)?,
            Step::Rejected { row: None, .. } | Step::Withheld { .. } => {}
        }
        Ok(())
    }

    /// What the pass tells.
    pub(super) fn finish(
        self,
        usage: &[MapUse],
        validation: &Validation,
    ) -> Result<Detail, Failure> {
        self.summed_up(usage, validation)
            .map_err(|error| input_failure(&error))
    }

    fn summed_up(self, usage: &[MapUse], validation: &Validation) -> Result<Detail, InputError> {
        let (mut of_groups, mut of_accounts) = self.missing.finish()?;
        let maps = usage.iter().map(|usage| {
            let unmapped = match usage.column {
                Column::GroupId => &mut of_groups,
                Column::MemberAccount | Column::UnreadNum | Column::GroupType | Column::Record => {
                    &mut of_accounts
                }
            };
            MapPart::new(usage, std::mem::take(unmapped), validation)
        });
        Ok(Detail {
            shape: self.shape,
            groups: biggest(self.groups.finish(BIGGEST_GROUPS)?),
            clamps: self.clamping.map(Clamping::finish).transpose()?,
            maps: maps.collect(),
        })
    }
}

fn tally() -> Tally {
    Tally::new(&std::env::temp_dir())
}

fn biggest(groups: Groups) -> GroupsPart {
    let biggest = groups.biggest.into_iter().map(|group| GroupPart {
        group_id: group.group_id,
        calls: group.sum.calls,
        unread: group.sum.unread,
    });
    GroupsPart {
        count: groups.count,
        biggest: biggest.collect(),
    }
}

/// The calls whose count the target cuts.
struct Clamping<'a> {
    found: Along<'a>,
    files: Vec<PathBuf>,
    clamps: Clamps,
    groups: Tally,
}

impl<'a> Clamping<'a> {
    /// `None` if the target was not asked.
    fn new(pass: &FirstPass<'a>) -> Result<Option<Self>, InputError> {
        let Some(findings) = &pass.survey.findings else {
            return Ok(None);
        };
        let found = findings.along(|code| code == Code::CountAboveMessageCount);
        Ok(Some(Self {
            found: found.map_err(InputError::Findings)?,
            files: pass.files(),
            clamps: Clamps::default(),
            groups: tally(),
        }))
    }

    fn take(&mut self, call: &Call<'_>) -> Result<(), InputError> {
        let found = self.found.of(call.row).map_err(InputError::Findings)?;
        let Some(clamp) = found.and_then(|problem| Clamp::parse(&problem.found)) else {
            return Ok(());
        };
        let files = &self.files;
        self.clamps.add(clamp, call.row, || {
            let file = usize::try_from(call.location.file).ok();
            let file = file.and_then(|index| files.get(index));
            ClampedCall {
                file: file.map_or_else(String::new, |path| shown(&path.to_string_lossy())),
                line: call.line,
                row: call.row,
                group_id: call.group_id.to_owned(),
                member_account: call.member_account.to_owned(),
                unread_num: clamp.unread_num,
                becomes: clamp.becomes,
            }
        });
        Ok(self.groups.add(call.group_id, clamp.lost())?)
    }

    fn finish(self) -> Result<ClampsPart, InputError> {
        let groups = self.groups.finish(CLAMPED_GROUPS)?;
        let biggest = groups.biggest.into_iter().map(|group| ClampedGroup {
            group_id: group.group_id,
            calls: group.sum.calls,
            lost: group.sum.unread,
        });
        Ok(self.clamps.finish(ClampedGroups {
            count: groups.count,
            biggest: biggest.collect(),
        }))
    }
}

/// The ids that the maps lack.
struct Missing {
    groups: Tally,
    accounts: Tally,
}

impl Missing {
    fn new() -> Self {
        Self {
            groups: tally(),
            accounts: tally(),
        }
    }

    fn take(&mut self, row: &RawRow<'_>) -> Result<(), InputError> {
        let fields = [
            (&mut self.groups, row.group_id),
            (&mut self.accounts, row.member_account),
        ];
        for (tally, field) in fields {
            if let Field::Unmapped(id) = field {
                let (id, _) = id.split_at(id.floor_char_boundary(ID_BYTES));
                tally.add(id, 0)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(Unmapped, Unmapped), InputError> {
        let unmapped = |tally: Tally| {
            let ids = tally.finish(UNMAPPED_IDS)?;
            let examples = ids.biggest.into_iter().map(|id| UnmappedId {
                id: shown(&id.group_id),
                rows: id.sum.calls,
            });
            Ok::<_, InputError>(Unmapped {
                ids: ids.count,
                examples: examples.collect(),
            })
        };
        Ok((unmapped(self.groups)?, unmapped(self.accounts)?))
    }
}
