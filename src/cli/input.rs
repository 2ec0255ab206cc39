//! What is read: the options of the command line as those of `source` and `plan`, and back.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::args::{InputArgs, ReadingArgs};
use super::failure::{Failure, Kind, unreadable};
use super::preset;
use crate::plan::Policy;
use crate::record::check;
use crate::settings::{Delimiter, OnInvalid, Reading, SideFile};
use crate::signals::Stop;
use crate::simulator::World;
use crate::source::{Encoding, Error, Extent, IdMap, InputPath, Inputs, Maps, Options, Record};

/// The paths as typed; `-` is standard input.
pub(super) fn paths(args: &InputArgs) -> Vec<InputPath> {
    args.inputs.iter().map(|path| input_path(path)).collect()
}

/// One path as typed.
pub(super) fn input_path(path: &Path) -> InputPath {
    if path == Path::new("-") {
        InputPath::Stdin
    } else {
        InputPath::File(path.to_owned())
    }
}

/// The options that change the plan.
pub(super) fn plan_options(reading: &ReadingArgs, on_invalid: OnInvalid) -> Reading {
    let mut column = reading.column.clone();
    column.sort_by_cached_key(ToString::to_string);
    Reading {
        format: reading.format,
        column,
        delimiter: reading.delimiter,
        encoding: reading.encoding.clone(),
        on_duplicate: reading.on_duplicate,
        on_invalid,
        skip_zero: reading.skip_zero,
        map_groups: reading.map_groups.as_deref().map(side_file),
        map_accounts: reading.map_accounts.as_deref().map(side_file),
        map_many_to_one: reading.map_many_to_one,
        preset: reading.preset.preset.as_deref().map(preset::named),
        user: reading.preset.user.clone(),
        group: reading.preset.group.clone(),
        name_pattern: reading.preset.name_pattern.clone(),
        on_capped: reading.preset.on_capped,
        on_negative: reading.preset.on_negative,
        muted: reading.preset.muted,
        preflight: None,
    }
}

/// A file that was named and not read yet.
pub(super) fn side_file(path: &Path) -> SideFile {
    SideFile {
        path: lasting(path),
        hash: String::new(),
    }
}

/// The path of a file as `resume` finds it from any directory.
pub(super) fn lasting(path: &Path) -> String {
    if path == Path::new("-") {
        return "-".to_owned();
    }
    let absolute = std::path::absolute(path);
    absolute.as_deref().unwrap_or(path).display().to_string()
}

/// What becomes of rows of one (group, member).
pub(super) fn policy(options: &Reading) -> Policy {
    Policy {
        on_duplicate: options.on_duplicate.unwrap_or_default(),
        skip_zero: options.skip_zero,
    }
}

/// Opens the inputs, recognises them, finds their columns, and reads the id maps. A map that was
/// read for the checkpoint before has to be the same; of a new one the options learn the content.
pub(super) fn open(paths: &[InputPath], options: &mut Reading) -> Result<Inputs, Failure> {
    let maps = maps(options)?;
    let inputs = open_unmapped(paths, options, None).map_err(Unopened::failure)?;
    Ok(inputs.mapped(maps))
}

/// How many rows the inputs have now; `None` if that cannot be told.
pub(super) fn rows_now(paths: &[InputPath], options: &Reading) -> Option<u64> {
    let inputs = open(paths, &mut options.clone()).ok()?;
    let mut reader = inputs.reader();
    let mut rows = 0;
    while reader.advance().ok()? {
        rows += 1;
    }
    Some(rows)
}

/// Opens as much of the inputs as is looked at. What reads its rows by means of other inputs is
/// opened as a whole, and so is what cannot be told from its beginning.
pub(super) fn look(
    paths: &[InputPath],
    options: &mut Reading,
    extent: Extent,
) -> Result<Inputs, Failure> {
    let maps = maps(options)?;
    let given = options.clone();
    let inputs = match open_unmapped(paths, options, Some(extent)) {
        Ok(inputs) if !inputs.have_tables() => inputs,
        Err(Unopened::Source(error)) if !error.lies_behind() => return Err(unreadable(&error)),
        Err(Unopened::Settings(failure)) => return Err(failure),
        Ok(_) | Err(Unopened::Source(_)) => {
            *options = given;
            open_unmapped(paths, options, None).map_err(Unopened::failure)?
        }
    };
    Ok(inputs.mapped(maps))
}

/// Why inputs are not open.
enum Unopened {
    /// They cannot be read.
    Source(Error),
    /// The options make no sense.
    Settings(Failure),
}

impl Unopened {
    fn failure(self) -> Failure {
        match self {
            Self::Source(error) => unreadable(&error),
            Self::Settings(failure) => failure,
        }
    }
}

impl From<Failure> for Unopened {
    fn from(failure: Failure) -> Self {
        Self::Settings(failure)
    }
}

fn maps(options: &mut Reading) -> Result<Maps, Failure> {
    Ok(Maps {
        groups: load(
            "--map-groups",
            &mut options.map_groups,
            options.map_many_to_one,
        )?,
        accounts: load(
            "--map-accounts",
            &mut options.map_accounts,
            options.map_many_to_one,
        )?,
    })
}

fn load(
    option: &str,
    file: &mut Option<SideFile>,
    many_to_one: bool,
) -> Result<Option<IdMap>, Failure> {
    let Some(SideFile { path, hash }) = file else {
        return Ok(None);
    };
    let map = IdMap::load(Path::new(path), many_to_one).map_err(|error| {
        let failure = Failure::from_error(Kind::Input, &error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    if hash.is_empty() {
        map.hash().clone_into(hash);
    } else if hash != map.hash() {
        let path = map.path().display();
        return Err(Failure::checkpoint(format!(
            "the id map `{path}` of {option} is not the one the import was begun with"
        ))
        .hint("put the earlier content back: with another map, rows would go to others than before")
        .hint("or begin another import with another --checkpoint"));
    }
    Ok(Some(map))
}

fn open_unmapped(
    paths: &[InputPath],
    plan: &mut Reading,
    extent: Option<Extent>,
) -> Result<Inputs, Unopened> {
    let encoding = plan.encoding.as_deref().map(encoding).transpose()?;
    let options = Options {
        format: plan.format,
        columns: plan.column.clone(),
        delimiter: plan.delimiter.map(Delimiter::byte),
        encoding,
        preset: preset::wanted(plan)?,
        choices: preset::choices(plan),
        extent,
        stop: stop()?,
        ..Options::default()
    };
    let inputs = Inputs::open(paths, &options).map_err(Unopened::Source)?;
    preset::settle(plan, &inputs)?;
    Ok(inputs)
}

/// What ends the passes over the inputs early.
fn stop() -> Result<Stop, Failure> {
    Stop::of_process().map_err(|source| Failure::bug("signals cannot be heard").because(&source))
}

/// The encoding of that name, which was checked when it was given.
fn encoding(name: &str) -> Result<Encoding, Failure> {
    Encoding::parse(name)
        .ok_or_else(|| Failure::bug(format!("`{name}` is no encoding that is read")))
}

/// A simulated world in which every valid row can be set to its count.
pub(super) fn world(inputs: &Inputs) -> Result<World, Failure> {
    let mut world = World::new();
    let mut reader = inputs.reader();
    let mut problems = Vec::new();
    while let Some(record) = reader.next().map_err(|error| unreadable(&error))? {
        let Record::Row(raw) = record else {
            continue;
        };
        problems.clear();
        if let Some(row) = check(&raw, &mut problems) {
            let kind = row.group_type.map(crate::record::GroupType::name);
            world
                .add_member(row.group_id, kind, row.member_account, row.unread_num)
                .map_err(|error| Failure::from_error(Kind::Bug, &error))?;
        }
    }
    Ok(world)
}

/// The checkpoint of an input that no option names one for.
pub(super) fn default_checkpoint(inputs: &[InputPath]) -> PathBuf {
    beside_input(inputs, ".checkpoint.jsonl")
}

/// A file in this directory with the first input's name and `ending`.
pub(super) fn beside_input(inputs: &[InputPath], ending: &str) -> PathBuf {
    let mut name = match inputs.first() {
        Some(InputPath::File(path)) => own_name(path),
        Some(InputPath::Stdin) | None => "stdin".into(),
    };
    name.push(ending);
    PathBuf::from(name)
}

/// The name by which an input is known: of a pattern, that of the directory it is about.
fn own_name(path: &Path) -> OsString {
    let is_pattern = |path: &Path| path.to_string_lossy().contains(['*', '?', '[']);
    let mut known = path;
    while is_pattern(known) && !path.exists() {
        known = known.parent().unwrap_or(Path::new(""));
    }
    // `.` and `..` have no name, and an empty path is this directory.
    let absolute = std::path::absolute(Path::new(".").join(known));
    let resolved = absolute.and_then(|path| {
        if known.file_name().is_some() {
            Ok(path)
        } else {
            path.canonicalize()
        }
    });
    let name = resolved
        .ok()
        .and_then(|path| Some(path.file_name()?.to_owned()));
    name.unwrap_or_else(|| "input".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_beside_an_input_is_called_after_it() {
        let here = std::env::current_dir().unwrap();
        let here = here.file_name().unwrap().to_str().unwrap();
        for (input, expected) in [
            ("in.csv", "in.csv"),
            ("/x/dumps/", "dumps"),
            ("x/a.zip:d/b.csv", "b.csv"),
            ("dumps/*.json", "dumps"),
            ("x/dumps/**/[ab]/*.json", "dumps"),
            ("*.json", here),
            (".", here),
        ] {
            let inputs = [input_path(Path::new(input))];
            let beside = beside_input(&inputs, ".x");
            assert_eq!(beside, Path::new(&format!("{expected}.x")), "{input}");
        }
        assert_eq!(
            beside_input(&[InputPath::Stdin], ".x"),
            Path::new("stdin.x")
        );
    }
}
