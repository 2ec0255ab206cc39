//! Records packed to be handed to another thread, for inputs that only their reader can take apart.

use std::ops::Range;

use super::{Judge, Maps, Record};
use crate::record::{Field, Location, Problem, RawRow};

/// Records handed over at a time: some 100 KB, which the caches hold, for a hand-over that costs
/// far less than they do.
const BATCH: usize = 1024;

/// Bytes of text after which a batch of unusually long records is handed over.
const TEXT: usize = 1 << 20;

/// A field, its text kept in the batch.
#[derive(Debug, Clone, Copy)]
enum Packed {
    Missing,
    Null,
    Text,
    Number,
    Other,
    NotUtf8,
}

/// A record, its text kept in the batch.
#[derive(Debug)]
enum Slot {
    /// The fields, and where the text of each ends; it starts where the one before ends.
    Row(Location, [(Packed, u32); 4]),
    Malformed(Box<(Location, Problem)>),
}

/// Records on their way.
#[derive(Debug, Default)]
pub(super) struct Batch {
    slots: Vec<Slot>,
    text: String,
    /// The fields that are not UTF-8, for which `text` has no room.
    bytes: Vec<Vec<u8>>,
}

impl Batch {
    /// Appends a record, but for its bytes (`raw`).
    pub(super) fn push(&mut self, record: &Record<'_>) {
        let slot = match record {
            Record::Malformed(bad) => {
                Slot::Malformed(Box::new((bad.location, bad.problem.clone())))
            }
            Record::Row(row) => {
                let fields = [
                    row.group_id,
                    row.member_account,
                    row.unread_num,
                    row.group_type,
                ];
                Slot::Row(row.location, fields.map(|field| self.pack(field)))
            }
        };
        self.slots.push(slot);
    }

    fn pack(&mut self, field: Field<'_>) -> (Packed, u32) {
        let (packed, text) = match field {
            Field::Missing => (Packed::Missing, ""),
            Field::Null => (Packed::Null, ""),
            // Ids are mapped where the batch is judged.
            Field::Text(text) | Field::Mapped { source: text, .. } | Field::Unmapped(text) => {
                (Packed::Text, text)
            }
            Field::Number(text) => (Packed::Number, text),
            Field::Other(text) => (Packed::Other, text),
            Field::NotUtf8(bytes) => {
                self.bytes.push(bytes.to_owned());
                return (Packed::NotUtf8, self.end());
            }
        };
        self.text.push_str(text);
        (packed, self.end())
    }

    /// Where the text ends: a few MB at most, since a batch is full at one and a record has a cap.
    fn end(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    /// Whether it is time to hand it over.
    pub(super) fn is_full(&self) -> bool {
        self.slots.len() >= BATCH || self.text.len() >= TEXT
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.text.clear();
        self.bytes.clear();
    }

    /// Has every record judged, its ids mapped.
    pub(super) fn judge<J: Judge>(&self, maps: &Maps, judge: &mut J) -> Result<(), J::Error> {
        let Self { slots, text, bytes } = self;
        let mut bytes = bytes.iter();
        let mut start = 0_usize;
        for slot in slots {
            let (location, fields) = match slot {
                Slot::Row(location, fields) => (*location, fields),
                Slot::Malformed(bad) => {
                    let (location, problem) = &**bad;
                    judge.reject(*location, problem);
                    continue;
                }
            };
            let mut row = RawRow::new(location, b"");
            let places = [
                &mut row.group_id,
                &mut row.member_account,
                &mut row.unread_num,
                &mut row.group_type,
            ];
            for (field, &(packed, end)) in places.into_iter().zip(fields) {
                let end = end as usize;
                *field = unpack(packed, text, start..end, &mut bytes);
                start = end;
            }
            maps.replace(&mut row);
            judge.judge(&row)?;
        }
        Ok(())
    }
}

fn unpack<'a>(
    packed: Packed,
    text: &'a str,
    range: Range<usize>,
    bytes: &mut std::slice::Iter<'a, Vec<u8>>,
) -> Field<'a> {
    let text = text.get(range).unwrap_or_default();
    match packed {
        Packed::Missing => Field::Missing,
        Packed::Null => Field::Null,
        Packed::Text => Field::Text(text),
        Packed::Number => Field::Number(text),
        Packed::Other => Field::Other(text),
        Packed::NotUtf8 => Field::NotUtf8(bytes.next().map_or(&[], Vec::as_slice)),
    }
}
