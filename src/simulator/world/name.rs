//! Interned names: each account and group ID is stored once and known by a number from then on.
//!
//! All names lie in one text, so that ten million of them cost their letters and some 13 bytes
//! each.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// A set of names in the order of their first mention.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<usize>,
    table: HashTable<u32>,
}

impl Names {
    /// The name with this number, or the empty text for a number that was never given out.
    pub(super) fn get(&self, number: u32) -> &str {
        name_at(&self.text, &self.ends, number)
    }

    /// The number of a name that is present.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        let same = |&number: &u32| self.get(number) == name;
        self.table.find(xxh3_64(name.as_bytes()), same).copied()
    }

    /// The number of a name, which is added if it is not present.
    pub(super) fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.find(name) {
            return number;
        }
        let number = self.len();
        self.text.push_str(name);
        self.ends.push(self.text.len());
        let (text, ends) = (&self.text, &self.ends);
        self.table
            .insert_unique(xxh3_64(name.as_bytes()), number, |&other| {
                xxh3_64(name_at(text, ends, other).as_bytes())
            });
        number
    }

    /// How many names there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).expect("memory ends before four thousand million names")
    }
}

fn name_at<'a>(text: &'a str, ends: &[usize], number: u32) -> &'a str {
    let index = number as usize;
    let start = match index.checked_sub(1) {
        Some(previous) => ends.get(previous).copied().unwrap_or(0),
        None => 0,
    };
    let end = ends.get(index).copied().unwrap_or(start);
    text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_name_keeps_its_number_however_many_follow() {
        let mut names = Names::default();
        for number in 0..5_000_u32 {
            assert_eq!(names.intern(&format!("user{number}")), number);
        }
        assert_eq!(names.intern("user0"), 0);
        assert_eq!(names.find("user4999"), Some(4_999));
        assert_eq!(names.find("user5000"), None);
        assert_eq!(names.get(17), "user17");
        assert_eq!(names.len(), 5_000);
    }

    #[test]
    fn the_empty_name_is_a_name_like_others() {
        let mut names = Names::default();
        assert_eq!(names.find(""), None);
        assert_eq!(names.intern(""), 0);
        assert_eq!(names.intern("a"), 1);
        assert_eq!(names.find(""), Some(0));
    }
}
