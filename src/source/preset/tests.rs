//! Every sample of every preset, read on the way that an import reads it, against what was worked
//! out by hand from the sample.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::plan::Policy;
use crate::record::{Finding, Severity, Sum};
use crate::run::{Calls, Step, survey};
use crate::settings::{OnCapped, OnDuplicate, OnMuted, OnNegative};
use crate::source::tests::{read_alone, read_shared};
use crate::source::{InputPath, Inputs, Options};

/// `expected.json` of a sample's folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) cases: Vec<Case>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file")]
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Case {
    pub(super) inputs: Vec<String>,
    pub(super) form: String,
    pub(super) user: Option<String>,
    pub(super) group: Option<String>,
    pub(super) name_pattern: Option<String>,
    pub(super) on_capped: Option<String>,
    pub(super) on_negative: Option<String>,
    pub(super) muted: Option<String>,
    /// `group,member,count,type`.
    pub(super) calls: Vec<String>,
    /// `line code`.
    pub(super) invalid: Vec<String>,
    /// Rows, unread, rows whose count is unknown.
    pub(super) left_out: BTreeMap<String, [u64; 3]>,
    pub(super) remarks: BTreeMap<String, [u64; 3]>,
    pub(super) error: Option<String>,
    /// The file has several parts: they are of several forms.
    pub(super) several: bool,
    /// Too little is in the file to tell the system by it.
    pub(super) named: bool,
    /// Rows of a pair are added up: what was worked out, never what is expected.
    #[serde(skip)]
    pub(super) sums: bool,
}

pub(super) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/presets")
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let stems = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned());
    stems.map(|stem| stem.into_string().unwrap()).collect()
}

impl Case {
    pub(super) fn options(&self, preset: &str) -> Options {
        let given = Outer {
            user: self.user.clone(),
            group: self.group.clone(),
        };
        Options {
            preset: Some(Wanted {
                library: Library::find(preset).unwrap(),
                naming: Naming::new(given, self.name_pattern.as_deref()).unwrap(),
            }),
            choices: Choices {
                capped: match self.on_capped.as_deref() {
                    Some("lower-bound") => OnCapped::LowerBound,
                    Some("skip") => OnCapped::Skip,
                    other => {
                        assert_eq!(other, None);
                        OnCapped::Error
                    }
                },
                negative: match self.on_negative.as_deref() {
                    Some("zero") => OnNegative::Zero,
                    Some("skip") => OnNegative::Skip,
                    other => {
                        assert_eq!(other, None);
                        OnNegative::Error
                    }
                },
                muted: match self.muted.as_deref() {
                    Some("zero") => OnMuted::Zero,
                    Some("skip") => OnMuted::Skip,
                    other => {
                        assert_eq!(other, None);
                        OnMuted::Keep
                    }
                },
            },
            ..Options::default()
        }
    }

    fn is_as_worked_out(&self, expected: &Self) -> bool {
        let sorted = |codes: &[String]| codes.iter().cloned().collect::<BTreeSet<_>>();
        self.error == expected.error
            && self.calls == expected.calls
            && self.left_out == expected.left_out
            && self.remarks == expected.remarks
            && sorted(&self.invalid) == sorted(&expected.invalid)
    }

    fn failed(error: &dyn std::error::Error, folder: &Path) -> Self {
        let folder = format!("{}/", folder.display());
        Self {
            error: Some(error.to_string().replace(&folder, "")),
            ..Self::default()
        }
    }

    /// What comes of the inputs, in the form of what is expected.
    fn run(&self, folder: &Path, preset: &str) -> Self {
        self.run_with(folder, &self.options(preset))
    }

    /// The same by options that were made before.
    pub(super) fn run_with(&self, folder: &Path, options: &Options) -> Self {
        let paths = self
            .inputs
            .iter()
            .map(|name| InputPath::File(folder.join(name)));
        let paths: Vec<InputPath> = paths.collect();
        let opened = Inputs::open(&paths, options);
        let inputs = match opened {
            Ok(inputs) => inputs,
            Err(error) => return Self::failed(&error, folder),
        };
        let on_duplicate = match inputs.on_duplicate().unwrap() {
            Some(OnDuplicate::Sum) => OnDuplicate::Sum,
            _ => OnDuplicate::Error,
        };
        let policy = Policy {
            on_duplicate,
            skip_zero: false,
        };
        let mut invalid = Vec::new();
        let mut observer = |finding: Finding<'_>| {
            if finding.problem.code.severity() == Severity::Error {
                let (line, code) = (finding.location.line, finding.problem.code.name());
                invalid.push(format!("{line} {code}"));
            }
        };
        let survey = match survey(&inputs, policy, &std::env::temp_dir(), &mut observer) {
            Ok(survey) => survey,
            Err(error) => return Self::failed(&error, folder),
        };
        let mut pass = Calls::new(&inputs, &survey).unwrap();
        let mut calls = Vec::new();
        while let Some(step) = pass.next().unwrap() {
            if let Step::Call(call) = step {
                let kind = call.group_type.map_or("", crate::record::GroupType::name);
                let (group, member) = (call.group_id, call.member_account);
                calls.push(format!("{group},{member},{},{kind}", call.unread_num));
            }
        }
        let sums = |sums: &BTreeMap<String, Sum>| {
            let sums = sums.iter();
            sums.map(|(name, sum)| (name.clone(), [sum.rows, sum.unread, sum.unknown]))
                .collect()
        };
        let tally = inputs.tally();
        Self {
            calls,
            invalid,
            sums: on_duplicate == OnDuplicate::Sum,
            left_out: sums(&tally.left_out),
            remarks: sums(&tally.remarks),
            ..Self::default()
        }
    }
}

#[test]
fn every_sample_of_every_preset_comes_out_as_worked_out_by_hand() {
    let mut wrong = Vec::new();
    for (name, _) in EMBEDDED {
        let folder = samples().join(name);
        let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: Expected = serde_json::from_str(&text).unwrap();
        let mut forms = BTreeSet::new();
        let mut used = BTreeSet::from(["expected".to_owned()]);
        for case in &expected.cases {
            forms.insert(case.form.clone());
            used.extend(case.inputs.iter().map(|name| {
                Path::new(name)
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            }));
            for preset in ["auto", name, &case.form] {
                // A form is of one file, and these inputs are of several.
                let several = preset == case.form && (case.several || case.inputs.len() > 1);
                if several || preset == "auto" && case.named {
                    continue;
                }
                let got = case.run(&folder, preset);
                if !got.is_as_worked_out(case) {
                    wrong.push(format!("{name} {:?} by {preset}: {got:#?}", case.inputs));
                }
            }
        }
        assert_eq!(used, names_in(&folder), "every file of {name} is in a case");
        let preset = Library::find(name).unwrap();
        let preset = preset.presets().next().unwrap();
        for form in preset.forms.iter().filter(|form| form.rows.is_some()) {
            let form = format!("{name}/{}", form.name);
            assert!(forms.contains(&form), "{form} has a sample");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_preset_in_the_folder_is_embedded_and_has_samples() {
    let embedded: BTreeSet<String> = EMBEDDED
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/source/presets");
    assert_eq!(embedded, names_in(&folder));
    assert_eq!(embedded, names_in(&samples()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_sample_however_spoilt_makes_a_preset_panic(
        which in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
        spoilt in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let files: Vec<(String, PathBuf)> = EMBEDDED
            .iter()
            .flat_map(|(name, _)| {
                let folder = std::fs::read_dir(samples().join(name)).unwrap();
                folder.map(move |file| ((*name).to_owned(), file.unwrap().path()))
            })
            .filter(|(_, path)| !path.ends_with("expected.json"))
            .collect();
        let (name, path) = which.get(&files);
        let mut bytes = std::fs::read(path).unwrap();
        for (at, byte) in spoilt {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 2).max(1));
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x"), &bytes).unwrap();
        let case = Case {
            inputs: vec!["x".to_owned()],
            user: Some("u".to_owned()),
            group: Some("g".to_owned()),
            ..Case::default()
        };
        let paths = [InputPath::File(folder.path().join("x"))];
        for preset in ["auto", name] {
            let Ok(inputs) = Inputs::open(&paths, &case.options(preset)) else {
                continue;
            };
            let mut rows = Vec::new();
            let mut reader = inputs.reader();
            while let Ok(Some(record)) = reader.next() {
                let (crate::source::Record::Row(crate::record::RawRow { location, .. })
                | crate::source::Record::Malformed(crate::source::Malformed { location, .. })) = record;
                rows.push(location);
            }
            for location in rows {
                prop_assert!(usize::try_from(location.byte).unwrap() < bytes.len());
                for column in crate::record::Column::CELLS {
                    drop(inputs.excerpt(location, column));
                }
            }
        }
    }
}

#[test]
fn records_are_found_beside_what_is_larger_than_any_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.json");
    let item =
        |n: usize| format!("{{\"_id\":\"{n:024}\",\"unread_messages_count\":{n},\"type\":2}}");
    let items: Vec<String> = (0..20_000).map(item).collect();
    let junk = format!("[\"{}\\\"]\"]", "{x[".repeat(RECORD_CAP / 3 + 9));
    let text = format!(
        "{{\"items\":[\n{}\n],\"junk\":{junk},\"more\":1}}",
        items.join(",\n")
    );
    std::fs::write(&path, text).unwrap();
    let case = Case {
        user: Some("u".to_owned()),
        ..Case::default()
    };
    let inputs = Inputs::open(&[InputPath::File(path)], &case.options("quickblox")).unwrap();
    let mut reader = inputs.reader();
    let mut row = 0;
    while let Some(crate::source::Record::Row(raw)) = reader.next().unwrap() {
        assert_eq!(
            raw.unread_num,
            crate::record::Field::Number(&row.to_string())
        );
        assert_eq!(raw.location.line, row + 2);
        row += 1;
    }
    assert_eq!(row, 20_000);
}

#[test]
fn the_preset_that_the_manual_shows_is_one() {
    let readme = include_str!("../../cli/guide/presets.md");
    let (_, shown) = readme.split_once("```toml\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let preset = Preset::parse("readme", Path::new("presets.md"), shown).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let rows = r#"{"data":{"list":[
        {"room":"room_17","user":{"id":"ada"},"unread":4,"kind":"team"},
        {"room":"room_18","user":{"id":"ada"},"unread":9,"kind":"pair"},
        {"room":"room_19","user":{"id":"ada"},"unread":2,"kind":"open","left_at":"2026-01-01"}]}}"#;
    std::fs::write(folder.path().join("x.json"), rows).unwrap();
    std::fs::write(folder.path().join("readme.toml"), shown).unwrap();
    assert_eq!(preset.forms.len(), 1);
    let case = Case {
        inputs: vec!["x.json".to_owned()],
        ..Case::default()
    };
    let file = folder.path().join("readme.toml");
    let got = case.run(folder.path(), file.to_str().unwrap());
    assert_eq!(got.calls, ["17,ada,4,Work"]);
    let left: Vec<&str> = got.left_out.keys().map(String::as_str).collect();
    assert_eq!(left, ["left", "one_to_one"]);
}

#[test]
fn rows_to_which_nothing_is_done_are_read_alike_by_one_thread_and_by_several() {
    let folder = tempfile::tempdir().unwrap();
    let preset = folder.path().join("flat.toml");
    let model = r#"system = "Flat"
        [[form]]
        name = "rows"
        about = "rows"
        detect = ["room", "who"]
        group = "room"
        member = "who"
        count = "new""#;
    std::fs::write(&preset, model).unwrap();
    let row = |index: usize| format!("x{index},room {},\"a\",3\n", index / 7);
    let odd = ["x,room,b\n", "\r\n", "x,r,\\N,1\n", "x, r ,é,+1\r\n"];
    let mut csv = "id,room,who,new\n".to_owned();
    let mut json = String::new();
    for index in 0..20_000 {
        // A quote now and then; lines without them in between.
        let plain = row(index).replace('"', "");
        csv.push_str(if index % 3000 == 0 { row(index) } else { plain }.as_str());
        csv.push_str(odd.get(index % 999).unwrap_or(&""));
        let odd = match index % 999 {
            1 => "{\"room\":\"\\u0041\",\"who\":{\"$oid\":\"f\"},\"new\":1}\n",
            2 => "{\"room\":1,\"room\":2}\n[]\n \n",
            3 => "  {\"room\":null,\"new\":tru}\n{\"x\":[{}],\"room\":\"r\",\"new\":1.5}\r\n",
            _ => "",
        };
        json.push_str(odd);
        let row = serde_json::json!({ "room": format!("r{index}"), "who": "é", "new": index });
        json.extend([row.to_string().as_str(), "\n"]);
    }
    let values = json.replace("tru}", "true}");
    let values =
        serde_json::Deserializer::from_str(&values).into_iter::<&serde_json::value::RawValue>();
    let values: Vec<_> = values.map(|value| value.unwrap().get()).collect();
    let array = format!("[{}]", values.join(" ,\n"));
    for (name, text) in [
        ("rows.csv", csv),
        ("rows.jsonl", json),
        ("rows.json", array),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, &text).unwrap();
        let options = Case::default().options(preset.to_str().unwrap());
        let inputs = Inputs::open(&[InputPath::File(path)], &options).unwrap();
        let (alone, digests) = read_alone(text.as_bytes(), &inputs).unwrap();
        assert!(alone.len() > 20_000, "{name}");
        let (shared, read) = read_shared(&inputs);
        assert_eq!(alone, shared, "{name}");
        assert_eq!(digests, read.unwrap(), "{name}");
    }
}
