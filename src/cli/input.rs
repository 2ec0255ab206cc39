//! What is read: the options of the command line as those of `source` and `plan`, and back.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::args::{
    InputArgs, InputFormat, OnCapped, OnDuplicate, OnInvalid, OnMuted, OnNegative, ReadingArgs,
};
use super::failure::{Failure, Kind};
use super::preset;
use crate::checkpoint::{PlanOptions, SideFile};
use crate::plan;
use crate::record::{Column, check};
use crate::simulator::World;
use crate::source::{
    Encoding, Error, Extent, Format, IdMap, InputPath, Inputs, Maps, NamedColumn, Options, Record,
};

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

/// The options that change the plan, in the words of the command line.
pub(super) fn plan_options(reading: &ReadingArgs, on_invalid: OnInvalid) -> PlanOptions {
    let mut column = reading.column.clone();
    column.sort();
    PlanOptions {
        format: word(&reading.format),
        column,
        delimiter: reading.delimiter.clone().unwrap_or_default(),
        encoding: reading.encoding.clone().unwrap_or_default(),
        on_duplicate: reading.on_duplicate.as_ref().map(word).unwrap_or_default(),
        on_invalid: word(&on_invalid),
        skip_zero: reading.skip_zero,
        map_groups: reading.map_groups.as_deref().map(side_file),
        map_accounts: reading.map_accounts.as_deref().map(side_file),
        map_many_to_one: reading.map_many_to_one,
        preset: reading.preset.preset.as_deref().map(preset::named),
        user: reading.preset.user.clone(),
        group: reading.preset.group.clone(),
        name_pattern: reading.preset.name_pattern.clone(),
        on_capped: not_default(&reading.preset.on_capped, &OnCapped::Error),
        on_negative: not_default(&reading.preset.on_negative, &OnNegative::Error),
        muted: not_default(&reading.preset.muted, &OnMuted::Keep),
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

/// An option in the words of the command line, unless it is as if it were not given.
fn not_default<T: clap::ValueEnum + PartialEq>(given: &T, default: &T) -> Option<String> {
    (given != default).then(|| word(given))
}

fn word(value: &impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

pub(super) fn value<T: clap::ValueEnum>(option: &str, word: &str) -> Result<T, Failure> {
    T::from_str(word, true).map_err(|_word| {
        Failure::checkpoint(format!("the checkpoint holds `{option} {word}`"))
            .hint("it was written by another version of im-unread; continue with that one")
    })
}

/// Whether rows that are invalid are skipped.
pub(super) fn skips_invalid(options: &PlanOptions) -> Result<bool, Failure> {
    let on_invalid: OnInvalid = value("--on-invalid", &options.on_invalid)?;
    Ok(on_invalid == OnInvalid::Skip)
}

/// What becomes of rows of one (group, member).
pub(super) fn policy(options: &PlanOptions) -> Result<plan::Policy, Failure> {
    let on_duplicate = match value("--on-duplicate", &options.on_duplicate)? {
        OnDuplicate::Error => plan::OnDuplicate::Error,
        OnDuplicate::First => plan::OnDuplicate::First,
        OnDuplicate::Last => plan::OnDuplicate::Last,
        OnDuplicate::Max => plan::OnDuplicate::Max,
        OnDuplicate::Sum => plan::OnDuplicate::Sum,
    };
    Ok(plan::Policy {
        on_duplicate,
        skip_zero: options.skip_zero,
    })
}

/// Opens the inputs, recognises them, finds their columns, and reads the id maps. A map that was
/// read for the checkpoint before has to be the same; of a new one the options learn the content.
pub(super) fn open(paths: &[InputPath], options: &mut PlanOptions) -> Result<Inputs, Failure> {
    let maps = maps(options)?;
    let inputs = open_unmapped(paths, options, None).map_err(Unopened::failure)?;
    Ok(inputs.mapped(maps))
}

/// Opens as much of the inputs as is looked at. What reads its rows by means of other inputs is
/// opened as a whole, and so is what cannot be told from its beginning.
pub(super) fn look(
    paths: &[InputPath],
    options: &mut PlanOptions,
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

fn maps(options: &mut PlanOptions) -> Result<Maps, Failure> {
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
    plan: &mut PlanOptions,
    extent: Option<Extent>,
) -> Result<Inputs, Unopened> {
    let format = match value("--format", &plan.format)? {
        InputFormat::Auto => Format::Auto,
        InputFormat::Csv => Format::Csv,
        InputFormat::Jsonl => Format::Jsonl,
        InputFormat::Json => Format::Json,
    };
    let columns: Result<Vec<NamedColumn>, Failure> = plan
        .column
        .iter()
        .map(|named| named_column(named))
        .collect();
    let options = Options {
        format,
        columns: columns?,
        delimiter: delimiter(&plan.delimiter)?,
        encoding: encoding(&plan.encoding)?,
        preset: preset::wanted(plan)?,
        choices: preset::choices(plan)?,
        extent,
        ..Options::default()
    };
    let inputs = Inputs::open(paths, &options).map_err(Unopened::Source)?;
    preset::settle(plan, &inputs)?;
    Ok(inputs)
}

/// `FIELD=NAME`.
fn named_column(text: &str) -> Result<NamedColumn, Failure> {
    let parsed = text.split_once('=').and_then(|(field, name)| {
        let column = Column::parse(field.trim())?;
        (!name.is_empty()).then(|| NamedColumn {
            column,
            name: name.to_owned(),
        })
    });
    parsed.ok_or_else(|| {
        Failure::usage(format!("`--column {text}` names no field and column")).hint(
            "write FIELD=NAME, where FIELD is group_id, member_account, unread_num or group_type",
        )
    })
}

fn delimiter(text: &str) -> Result<Option<u8>, Failure> {
    match text.as_bytes() {
        [] => Ok(None),
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Some(*byte)),
        _ if text.eq_ignore_ascii_case("tab") || text == "\\t" => Ok(Some(b'\t')),
        _ => Err(
            Failure::usage(format!("`--delimiter {text}` is not one character"))
                .hint("give one ASCII character, or the word tab"),
        ),
    }
}

fn encoding(name: &str) -> Result<Option<Encoding>, Failure> {
    if name.is_empty() {
        return Ok(None);
    }
    Encoding::parse(name).map(Some).ok_or_else(|| {
        Failure::usage(format!("`--encoding {name}` is no encoding that is read")).hint(
            "utf-8, utf-16le, utf-16be, gb18030 (gbk), windows-1252 (latin1), big5, shift_jis, euc-kr and others of the WHATWG Encoding Standard are",
        )
    })
}

/// The input cannot be read.
pub(super) fn unreadable(error: &Error) -> Failure {
    let failure = Failure::from_error(Kind::Input, error);
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
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
