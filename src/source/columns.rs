//! Which column or member of a file holds which field: the contract's aliases and the user's names.

use crate::record::Column;
use crate::settings::NamedColumn;

/// The names a field is known by, the most certain first.
pub(super) const fn aliases(column: Column) -> &'static [&'static str] {
    match column {
        Column::GroupId => &["group_id", "group", "dialog_id", "channel_id", "room_id"],
        Column::MemberAccount => &["member_account", "account", "user_id", "user"],
        Column::UnreadNum => &[
            "unread_num",
            "UnreadMsgNum",
            "unread",
            "unread_count",
            "count",
        ],
        Column::GroupType => &["group_type", "type"],
        Column::Record => &[],
    }
}

/// The fields that every row needs.
pub(super) const REQUIRED: [Column; 3] =
    [Column::GroupId, Column::MemberAccount, Column::UnreadNum];

/// `name` without what does not matter in it: case, spaces, `_` and `-`.
pub(super) fn normal(name: &str) -> String {
    name.chars()
        .filter(|character| !matches!(character, '_' | '-') && !character.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The field `name` stands for, and how certain that is: 0 is the most certain.
pub(super) fn meaning(name: &str) -> Option<(Column, usize)> {
    let name = normal(name);
    Column::CELLS.into_iter().find_map(|column| {
        let rank = aliases(column)
            .iter()
            .position(|alias| normal(alias) == name)?;
        Some((column, rank))
    })
}

/// Why the columns of a header cannot be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// The user's name is not in the header.
    Named(String),
    /// Two cells of the header are equally good.
    Ambiguous(Column, Vec<String>),
    /// Nothing stands for these.
    Missing(Vec<Column>),
}

/// The cell of each field, in the order of `Column::CELLS`.
pub(super) type Indices = [Option<usize>; 4];

/// Finds the fields in a header.
pub(super) fn resolve(header: &[String], named: &[NamedColumn]) -> Result<Indices, Unresolved> {
    let mut indices = [None; 4];
    for (slot, column) in indices.iter_mut().zip(Column::CELLS) {
        *slot = match named.iter().rev().find(|name| name.column == column) {
            Some(name) => Some(by_name(header, &name.name)?),
            None => by_alias(header, column)?,
        };
    }
    let missing: Vec<Column> = Column::CELLS
        .into_iter()
        .zip(indices)
        .filter(|(column, index)| index.is_none() && REQUIRED.contains(column))
        .map(|(column, _)| column)
        .collect();
    if missing.is_empty() {
        Ok(indices)
    } else {
        Err(Unresolved::Missing(missing))
    }
}

fn by_name(header: &[String], name: &str) -> Result<usize, Unresolved> {
    header
        .iter()
        .position(|cell| cell == name)
        .or_else(|| header.iter().position(|cell| normal(cell) == normal(name)))
        .ok_or_else(|| Unresolved::Named(name.to_owned()))
}

fn by_alias(header: &[String], column: Column) -> Result<Option<usize>, Unresolved> {
    let ranked: Vec<(usize, usize)> = header
        .iter()
        .enumerate()
        .filter_map(|(index, cell)| {
            meaning(cell)
                .filter(|&(found, _)| found == column)
                .map(|(_, rank)| (rank, index))
        })
        .collect();
    let Some(&(best, index)) = ranked.iter().min() else {
        return Ok(None);
    };
    let rivals: Vec<String> = ranked
        .iter()
        .filter(|&&(rank, _)| rank == best)
        .filter_map(|&(_, index)| header.get(index).cloned())
        .collect();
    if rivals.len() > 1 {
        return Err(Unresolved::Ambiguous(column, rivals));
    }
    Ok(Some(index))
}

/// How many of the needed fields a header has: the measure by which a delimiter is chosen.
pub(super) fn recognised(header: &[String], named: &[NamedColumn]) -> usize {
    let known = |column: Column| {
        named
            .iter()
            .any(|name| name.column == column && by_name(header, &name.name).is_ok())
            || header
                .iter()
                .any(|cell| meaning(cell).is_some_and(|(found, _)| found == column))
    };
    REQUIRED.into_iter().filter(|&column| known(column)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn case_spaces_underscores_and_hyphens_of_a_name_do_not_matter() {
        for name in [
            "GroupId",
            "group_id",
            "GROUP-ID",
            " Group ID ",
            "dialogId",
            "room_id",
        ] {
            assert_eq!(
                meaning(name).map(|(column, _)| column),
                Some(Column::GroupId),
                "{name}"
            );
        }
        for name in ["Member_Account", "user id", "USER", "account"] {
            let column = meaning(name).map(|(column, _)| column);
            assert_eq!(column, Some(Column::MemberAccount), "{name}");
        }
        assert_eq!(meaning("created_at"), None);
    }

    #[test]
    fn the_more_certain_of_two_names_is_taken() {
        let header = header(&["type", "user", "user_id", "group", "unread", "group_type"]);
        assert_eq!(
            resolve(&header, &[]),
            Ok([Some(3), Some(2), Some(4), Some(5)])
        );
    }

    #[test]
    fn two_equal_names_are_ambiguous() {
        let header = header(&["Group ID", "group_id", "user", "count"]);
        let rivals = vec!["Group ID".to_owned(), "group_id".to_owned()];
        let expected = Err(Unresolved::Ambiguous(Column::GroupId, rivals));
        assert_eq!(resolve(&header, &[]), expected);
    }

    #[test]
    fn a_name_of_the_user_goes_before_the_aliases() {
        let header = header(&["group_id", "Raum", "user", "count"]);
        let named = [NamedColumn {
            column: Column::GroupId,
            name: "raum".to_owned(),
        }];
        assert_eq!(
            resolve(&header, &named),
            Ok([Some(1), Some(2), Some(3), None])
        );
        let named = [NamedColumn {
            column: Column::GroupId,
            name: "salle".to_owned(),
        }];
        assert_eq!(
            resolve(&header, &named),
            Err(Unresolved::Named("salle".to_owned()))
        );
    }

    #[test]
    fn what_is_missing_is_named_at_once() {
        let expected = Err(Unresolved::Missing(vec![
            Column::GroupId,
            Column::UnreadNum,
        ]));
        assert_eq!(resolve(&header(&["user", "x"]), &[]), expected);
    }
}
