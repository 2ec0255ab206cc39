//! No file uses one that uses it, by whatever way: read from the sources.
//!
//! A path is followed through re-exports to the file that has the name. A re-export of a file's own
//! children is no use of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::sources;

/// Files that are part of a cycle still, at most, by folder. It is to shrink: a number that is too
/// high fails, too.
const IN_CYCLES: [(&str, usize); 7] = [
    ("cli", 54),
    ("delivery", 2),
    ("report", 2),
    ("simulator", 12),
    // Of files in the folder itself, of `json` and of `map`.
    ("source", 39 + 2 + 2),
    ("tencent", 2),
    // The folders that have none.
    ("", 0),
];

type Path = Vec<String>;

/// A path that a file names, as absolute as its text says.
#[derive(Debug, Clone)]
struct Use {
    path: Path,
    /// The name it has in the file.
    name: String,
    is_public: bool,
}

struct Graph {
    /// What each module names.
    uses: BTreeMap<Path, Vec<Use>>,
}

impl Graph {
    fn read() -> Self {
        let mut codes = BTreeMap::new();
        for source in sources() {
            let path = source.path.trim_end_matches(".rs");
            let mut path: Path = path.split('/').map(str::to_owned).collect();
            if path.last().is_some_and(|name| name == "mod") {
                path.pop();
            }
            codes.insert(path, source.code);
        }
        let uses = codes.iter().map(|(module, code)| {
            let named = named(code).into_iter();
            let uses = named.filter_map(|used| absolute(module, used, &codes));
            (module.clone(), uses.collect())
        });
        Self {
            uses: uses.collect(),
        }
    }

    /// The module that has the name at the end of `path`.
    fn home(&self, path: &[String], steps: usize) -> Option<Path> {
        let lengths = (1..=path.len()).rev();
        let mut modules = lengths.filter_map(|length| path.get(..length));
        let module = modules.find(|module| self.uses.contains_key(*module))?;
        let rest = path.get(module.len()..)?;
        let Some((name, rest)) = rest.split_first() else {
            return Some(module.to_vec());
        };
        let mut named = self.uses.get(module)?.iter();
        match named.find(|used| used.name == *name && used.path != path) {
            Some(found) if steps > 0 => self.home(&[&found.path, rest].concat(), steps - 1),
            Some(_) | None => Some(module.to_vec()),
        }
    }

    /// Which modules each module uses.
    fn edges(&self) -> BTreeMap<&Path, BTreeSet<Path>> {
        let edges = self.uses.iter().map(|(module, uses)| {
            let used = uses.iter().filter_map(|used| {
                let home = self.home(&used.path, 8)?;
                let is_own = used.is_public && home.starts_with(module);
                (home != *module && !is_own).then_some(home)
            });
            (module, used.collect())
        });
        edges.collect()
    }
}

/// All paths that `code` names: those of its `use`, and those in between.
fn named(code: &str) -> Vec<Use> {
    let mut uses = Vec::new();
    let mut rest = String::new();
    let mut statement: Option<(String, bool)> = None;
    for line in code.lines() {
        let text = line.trim_start();
        let bare = match text.strip_prefix("pub") {
            Some(text) => text.split_once("use ").map(|(_, tree)| (tree, true)),
            None => text.strip_prefix("use ").map(|tree| (tree, false)),
        };
        let is_use = text.starts_with("use ")
            || text.starts_with("pub use ")
            || (text.starts_with("pub(") && text.contains(") use "));
        match (&mut statement, bare) {
            (Some((tree, _)), _) => tree.push_str(text),
            (None, Some((tree, public))) if is_use => statement = Some((tree.to_owned(), public)),
            (None, _) => {
                rest.push_str(line);
                rest.push('\n');
            }
        }
        if let Some((tree, public)) = statement.take_if(|(tree, _)| tree.ends_with(';')) {
            expand(&[], tree.trim_end_matches(';'), public, &mut uses);
        }
    }
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in rest.match_indices(start) {
            let before = rest.get(..at).and_then(|before| before.chars().next_back());
            let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
            if before.is_some_and(|letter| is_word(letter) || letter == ':') {
                continue;
            }
            let text = rest.get(at..).unwrap_or_default();
            let end = text.find(|letter| !is_word(letter) && letter != ':');
            expand(
                &[],
                text.get(..end.unwrap_or(text.len())).unwrap_or_default(),
                false,
                &mut uses,
            );
        }
    }
    uses
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expand(before: &[String], tree: &str, is_public: bool, uses: &mut Vec<Use>) {
    let words = |text: &str| -> Path {
        let words = text.split("::").map(str::trim);
        let words = words.filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    if let Some((stem, branches)) = tree.split_once('{') {
        let before = [before, &words(stem)].concat();
        let branches = branches.trim_end();
        let branches = branches.strip_suffix('}').unwrap_or(branches);
        let (mut depth, mut start) = (0, 0);
        for (at, letter) in branches.char_indices().chain([(branches.len(), ',')]) {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    let branch = branches.get(start..at).unwrap_or_default();
                    expand(&before, branch, is_public, uses);
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim().to_owned())),
        None => (tree, None),
    };
    let path = [before, &words(path)].concat();
    if let Some(last) = path.last().filter(|_| path.len() > 1) {
        let name = alias.unwrap_or_else(|| last.clone());
        uses.push(Use {
            path,
            name,
            is_public,
        });
    }
}

/// The path from the root of the crate; `None` for one of another crate.
fn absolute(module: &[String], used: Use, modules: &BTreeMap<Path, String>) -> Option<Use> {
    let first = used.path.first()?;
    let path = match first.as_str() {
        "crate" => used.path.get(1..)?.to_vec(),
        "self" => [module, used.path.get(1..)?].concat(),
        "super" => {
            let up = used.path.iter().take_while(|word| *word == "super").count();
            let above = module.get(..module.len().checked_sub(up)?)?;
            [above, used.path.get(up..)?].concat()
        }
        child => {
            let child = [module, &[child.to_owned()]].concat();
            modules.contains_key(&child).then_some(())?;
            [module, used.path.as_slice()].concat()
        }
    };
    Some(Use { path, ..used })
}

/// All modules that `from` uses, by whatever way.
fn reached<'a>(from: &'a Path, edges: &'a BTreeMap<&Path, BTreeSet<Path>>) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for used in edges.get(module).into_iter().flatten() {
            if reached.insert(used) {
                open.push(used);
            }
        }
    }
    reached
}

#[test]
fn files_use_each_other_downwards_only() {
    let graph = Graph::read();
    let edges = graph.edges();
    let uses: usize = edges.values().map(BTreeSet::len).sum();
    assert!(uses > 1_000, "{uses} uses were found");
    let in_cycles = edges
        .keys()
        .filter(|module| reached(module, &edges).contains(*module));
    let mut by_folder: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for module in in_cycles {
        let folder = module.first().map_or("", String::as_str);
        by_folder.entry(folder).or_default().push(module.join("/"));
    }
    let allowed: BTreeMap<&str, usize> = IN_CYCLES.into();
    for (folder, files) in &by_folder {
        let most = allowed.get(folder).copied().unwrap_or(0);
        assert!(
            files.len() <= most,
            "`{folder}`: {} files use each other in a circle, {most} did: {files:?}",
            files.len()
        );
    }
    for (folder, most) in allowed {
        let files = by_folder.get(folder).map_or(0, Vec::len);
        assert_eq!(files, most, "`{folder}` has fewer now: lower its number");
    }
}

#[test]
fn a_tree_of_uses_is_taken_apart() {
    let code = "use a::{b, c::{d, e as f}};\npub(crate) use self::g::h;\nfn x() { crate::i::j(); }";
    let found: Vec<String> = named(code)
        .iter()
        .map(|used| format!("{} {} {}", used.path.join("."), used.name, used.is_public))
        .collect();
    assert_eq!(
        found,
        [
            "a.b b false",
            "a.c.d d false",
            "a.c.e f false",
            "self.g.h h true",
            "crate.i.j j false"
        ]
    );
}
