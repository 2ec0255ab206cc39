//! A rejected record in the terms of its own input: what a rejects file repeats.

use std::borrow::Cow;

use super::columns::normal;
use super::csv::Splitter;
use super::inputs::Inputs;
use super::sniff::Layout;
use crate::record::{ADDED_COLUMNS, Column, Field, RawRow};

/// The columns of a rejects file, before those that are added.
#[derive(Debug)]
pub(crate) struct Columns {
    /// Their names.
    pub(crate) names: Vec<String>,
    /// What stands between two cells.
    pub(crate) delimiter: u8,
    /// Which cells of the input they are; `None` if they are the canonical ones.
    own: Option<Own>,
}

/// Which cells of a CSV record are the input's own.
#[derive(Debug)]
struct Own {
    indices: Vec<usize>,
    splitter: Splitter,
}

impl Inputs {
    /// The input's own columns, if all inputs are CSV with one header; the canonical ones
    /// otherwise. Columns added by an earlier round of rejects are left out.
    pub(crate) fn columns(&self) -> Columns {
        let mut headers = self.headers();
        let Some((Layout::Csv { delimiter }, header)) = headers.next() else {
            return canonical();
        };
        let same = |(layout, other)| layout == Layout::Csv { delimiter } && other == header;
        if !headers.all(same) {
            return canonical();
        }
        let again = is_rejects_file(header);
        let added = |name: &str| {
            ADDED_COLUMNS
                .iter()
                .any(|added| normal(added) == normal(name))
        };
        let (indices, names) = header
            .iter()
            .enumerate()
            .filter(|(_, name)| !again || !added(name))
            .map(|(index, name)| (index, name.clone()))
            .unzip();
        Columns {
            names,
            delimiter,
            own: Some(Own {
                indices,
                splitter: Splitter::new(delimiter),
            }),
        }
    }
}

/// Whether a header is that of a rejects or failures file.
pub(super) fn is_rejects_file(header: &[String]) -> bool {
    header.iter().any(|name| normal(name) == "reasoncode")
}

fn canonical() -> Columns {
    let names = Column::CELLS
        .map(|column| column.name().to_owned())
        .to_vec();
    Columns {
        names,
        delimiter: b',',
        own: None,
    }
}

impl Columns {
    /// The cells of a record, as its input holds them: `raw` is the record in the bytes of the
    /// file, and `row` is the record taken apart, if it could be.
    pub(crate) fn cells<'a>(
        &'a mut self,
        raw: &'a [u8],
        row: Option<&RawRow<'a>>,
    ) -> Vec<Cow<'a, [u8]>> {
        let Some(Own { indices, splitter }) = &mut self.own else {
            return row.map_or_else(Vec::new, canonical_cells);
        };
        let cells = splitter.cells(raw);
        if row.is_none() {
            // With another number of cells than the header, none is known to be an added one.
            return cells.map(Cow::Borrowed).collect();
        }
        let cells: Vec<_> = cells.collect();
        let own = indices.iter().filter_map(|&index| cells.get(index));
        own.map(|cell| Cow::Borrowed(*cell)).collect()
    }
}

fn canonical_cells<'a>(row: &RawRow<'a>) -> Vec<Cow<'a, [u8]>> {
    [
        row.group_id,
        row.member_account,
        row.unread_num,
        row.group_type,
    ]
    .into_iter()
    .map(|field| match field {
        Field::Missing | Field::Null => Cow::Borrowed(&b""[..]),
        Field::Text(text) | Field::Number(text) | Field::Other(text) => {
            Cow::Borrowed(text.as_bytes())
        }
        Field::NotUtf8(bytes) => Cow::Borrowed(bytes),
        // Whoever feeds the file back gives the same map again.
        Field::Mapped { source, .. } | Field::Unmapped(source) => Cow::Borrowed(source.as_bytes()),
    })
    .collect()
}
