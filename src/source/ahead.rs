//! Reading ahead: the inputs are read and taken apart on a thread of their own, while the caller
//! judges what was read a moment ago.

use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::{Digest, Error, Inputs, Malformed, Maps, Record};
use crate::record::{Field, Location, Problem, RawRow};

/// Records handed over at a time: some 100 KB, which the caches hold, for a hand-over that costs
/// far less than they do.
const BATCH: usize = 1024;

/// Batches under way: one being filled, one being judged, one waiting.
const BATCHES: usize = 3;

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
struct Batch {
    slots: Vec<Slot>,
    text: String,
    /// The fields that are not UTF-8, for which `text` has no room.
    bytes: Vec<Vec<u8>>,
}

impl Batch {
    fn push(&mut self, record: &Record<'_>) {
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

    fn is_full(&self) -> bool {
        self.slots.len() >= BATCH || self.text.len() >= TEXT
    }

    fn clear(&mut self) {
        self.slots.clear();
        self.text.clear();
        self.bytes.clear();
    }

    /// Hands every record to `each`.
    fn for_each<E>(
        &mut self,
        maps: &Maps,
        each: &mut impl FnMut(&Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { slots, text, bytes } = self;
        let mut bytes = bytes.iter();
        let mut start = 0_usize;
        for slot in slots.drain(..) {
            let mut record = match slot {
                Slot::Malformed(bad) => {
                    let (location, problem) = *bad;
                    Record::Malformed(Malformed {
                        location,
                        problem,
                        raw: b"",
                    })
                }
                Slot::Row(location, fields) => {
                    let [group_id, member_account, unread_num, group_type] =
                        fields.map(|(packed, end)| {
                            let end = end as usize;
                            let field = unpack(packed, text, start..end, &mut bytes);
                            start = end;
                            field
                        });
                    Record::Row(RawRow {
                        location,
                        group_id,
                        member_account,
                        unread_num,
                        group_type,
                        raw: b"",
                    })
                }
            };
            maps.replace(&mut record);
            each(&record)?;
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

impl Inputs {
    /// Hands every record to `each`, in order, and reads on meanwhile. The bytes of the record
    /// (`raw`) are left out: who needs them, to write them elsewhere, reads with a `Reader`.
    /// Returns what was read.
    pub(crate) fn for_each<E: From<Error>>(
        &self,
        each: &mut impl FnMut(&Record<'_>) -> Result<(), E>,
    ) -> Result<Vec<Digest>, E> {
        let (full, to_do) = sync_channel(BATCHES);
        let (done, empty) = sync_channel(BATCHES);
        for _ in 0..BATCHES {
            done.send(Batch::default())
                .expect("the other end is here, and there is room");
        }
        std::thread::scope(|scope| {
            let reading = scope.spawn(move || self.read_ahead(&full, &empty));
            let judged = judge(to_do, &done, self.maps(), each);
            // The reader stops when nobody gives batches back.
            drop(done);
            let read = reading
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            judged?;
            Ok(read?)
        })
    }

    fn read_ahead(
        &self,
        full: &SyncSender<Batch>,
        empty: &Receiver<Batch>,
    ) -> Result<Vec<Digest>, Error> {
        let mut reader = self.reader();
        // Whoever judges has given up when no batch comes back or none is taken.
        while let Ok(mut batch) = empty.recv() {
            let mut more = true;
            let mut failed = None;
            while more && !batch.is_full() {
                match reader.advance() {
                    Ok(there) => more = there,
                    Err(error) => {
                        failed = Some(error);
                        more = false;
                    }
                }
                if more {
                    reader.lend(|record| batch.push(record));
                }
            }
            let taken = full.send(batch).is_ok();
            if let Some(error) = failed {
                return Err(error);
            }
            if !more || !taken {
                break;
            }
        }
        Ok(reader.digests().to_vec())
    }
}

fn judge<E>(
    to_do: Receiver<Batch>,
    done: &SyncSender<Batch>,
    maps: &Maps,
    each: &mut impl FnMut(&Record<'_>) -> Result<(), E>,
) -> Result<(), E> {
    for mut batch in to_do {
        batch.for_each(maps, each)?;
        batch.clear();
        // When the reader is through it takes nothing back; what it sent before is still to come.
        drop(done.send(batch));
    }
    Ok(())
}
