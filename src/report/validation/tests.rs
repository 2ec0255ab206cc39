//! The samples as a user sees them checked, and the numbers of the renderings against each other.

use std::borrow::Cow;
use std::path::Path;

use super::*;
use crate::plan::Policy;
use crate::record::Problem;
use crate::run::{Calls, Step, Survey, survey};
use crate::source::{InputPath, Inputs, Options};

struct Pass {
    inputs: Inputs,
    survey: Survey,
    validation: Validation,
    tally: Tally,
}

fn pass_over(path: &Path) -> Pass {
    let inputs = Inputs::open(&[InputPath::File(path.to_owned())], &Options::default()).unwrap();
    let mut validation = Validation::default();
    let mut observer = |finding: Finding<'_>| validation.apply(finding);
    let survey = survey(
        &inputs,
        Policy::default(),
        &std::env::temp_dir(),
        &mut observer,
    )
    .unwrap();
    Pass {
        tally: inputs.tally(),
        inputs,
        survey,
        validation,
    }
}

fn sample(name: &str) -> Pass {
    pass_over(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("samples")
            .join(name),
    )
}

impl Pass {
    fn checked<'a>(&'a self, files: &'a [PathBuf]) -> Checked<'a> {
        Checked {
            files,
            rows: self.survey.plan.rows,
            planned: self.survey.plan.calls,
            qps: 200,
            maps: &[],
            clamps: None,
            tally: &self.tally,
            validation: &self.validation,
        }
    }

    fn text(&self, name: &str, style: Style) -> String {
        let files = [PathBuf::from(name)];
        let mut out = Vec::new();
        let mut excerpts = |location, column| {
            self.inputs
                .excerpt(location, column)
                .expect("the file is there")
        };
        write_text(&mut out, &self.checked(&files), &mut excerpts, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn json(&self, name: &str) -> serde_json::Value {
        let files = [PathBuf::from(name)];
        let mut out = Vec::new();
        write_json(&mut out, &self.checked(&files)).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    fn rejects(&self) -> Vec<u8> {
        let mut columns = self.inputs.columns();
        let mut rejects = Rejects::new(Vec::new(), &columns.names, columns.delimiter).unwrap();
        let mut calls = Calls::new(&self.inputs, &self.survey).unwrap();
        while let Some(step) = calls.next().unwrap() {
            if let Step::Rejected {
                location,
                problems,
                raw,
                row,
            } = step
            {
                let own = columns.cells(raw, row.as_ref());
                rejects.write(&own, problems, location.line).unwrap();
            }
        }
        rejects.finish().unwrap()
    }
}

const PLAIN: Style = Style {
    width: 100,
    colour: false,
};

#[test]
fn each_kind_is_shown_with_its_lines_and_what_to_do() {
    insta::assert_snapshot!(sample("mixed.csv").text("mixed.csv", PLAIN));
}

#[test]
fn json_lines_are_shown_with_their_values_marked() {
    insta::assert_snapshot!(sample("mixed.jsonl").text("mixed.jsonl", PLAIN));
}

#[test]
fn hostile_cells_are_shown_as_text_at_any_width() {
    let hostile = sample("hostile.csv");
    for width in [80, 120] {
        for colour in [false, true] {
            let text = hostile.text("hostile.csv", Style { width, colour });
            assert!(text.contains("<script>"));
            assert!(
                !text.contains("\u{1b}[31mred"),
                "no escape sequence of the input's"
            );
            assert!(!text.contains('\0') && !text.contains('\u{202e}'));
            assert_eq!(text.contains('\u{1b}'), colour);
        }
    }
}

#[test]
fn an_input_without_problems_is_a_verdict_and_its_sums() {
    insta::assert_snapshot!(sample("good.csv").text("good.csv", PLAIN), @r"
    rows read   24
    invalid      0
    duplicates   0
    skipped      0
    calls       24

    the input is valid
    ");
}

#[test]
fn the_json_and_the_text_have_the_same_numbers() {
    let pass = sample("mixed.csv");
    let json = pass.json("mixed.csv");
    let text = pass.text("mixed.csv", PLAIN);
    let problems = json["problems"].as_array().unwrap();
    for problem in problems {
        let (code, count) = (problem["code"].as_str().unwrap(), &problem["count"]);
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{code} ")))
            .unwrap();
        assert!(line.ends_with(&format!(" {count}")), "{line}");
    }
    let rows = &json["rows"];
    assert_eq!(
        rows["invalid"].as_u64().unwrap()
            + rows["duplicates"].as_u64().unwrap()
            + rows["skipped"].as_u64().unwrap()
            + json["calls"]["planned"].as_u64().unwrap(),
        rows["read"].as_u64().unwrap()
    );
    assert_eq!(json["outcome"], "invalid");
    assert_eq!(json["problems"][0]["examples"][0]["file"], "mixed.csv");
}

#[test]
fn counts_are_complete_and_examples_are_capped() {
    let mut validation = Validation::default();
    let problem = Problem::new(Code::UnreadNumNegative, Column::UnreadNum, "-1");
    for row in 1..=1000 {
        let location = Location {
            file: 0,
            line: row + 1,
            byte: row,
            row,
        };
        validation.apply(Finding {
            location,
            problem: &problem,
        });
    }
    let (_, kind) = validation.kinds()[0];
    assert_eq!((kind.count, kind.examples.len()), (1000, EXAMPLES));
    assert_eq!(kind.examples[0].location.line, 2);
}

#[test]
fn rejects_keep_the_input_s_columns_and_say_what_is_wrong() {
    insta::assert_snapshot!(String::from_utf8(sample("mixed.csv").rejects()).unwrap());
}

#[test]
fn rejects_of_json_have_the_canonical_columns() {
    let rejects = String::from_utf8_lossy(&sample("mixed.jsonl").rejects()).into_owned();
    let mut lines = rejects.lines();
    let header = "group_id,member_account,unread_num,group_type,reason_code,reason,line";
    assert_eq!(lines.next(), Some(header));
    assert!(
        rejects.contains("\ntrue,bob,1,,group_id_not_text,"),
        "{rejects}"
    );
}

#[test]
fn a_rejects_file_fed_back_is_rejected_alike_and_guards_formulas() {
    let first = sample("hostile.csv");
    let written = first.rejects();
    let text = String::from_utf8_lossy(&written).into_owned();
    assert!(
        text.contains("\n'+1+1,'@SUM(A1:A9)") || !text.contains("+1+1"),
        "{text}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &written).unwrap();
    let again = pass_over(file.path());
    assert_eq!(again.survey.plan.rows.read, first.survey.plan.rows.invalid);
    assert_eq!(
        again.survey.plan.rows.invalid,
        first.survey.plan.rows.invalid
    );
    let counts = |pass: &Pass| {
        let kinds = pass.validation.kinds();
        kinds
            .iter()
            .filter(|(code, _)| code.severity() == Severity::Error)
            .map(|(code, kind)| (*code, kind.count))
            .collect::<Vec<_>>()
    };
    assert_eq!(counts(&again), counts(&first));
    // A second round has the same columns, and the same cells but for the line.
    let header = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .lines()
            .next()
            .map(str::to_owned)
    };
    assert_eq!(header(&again.rejects()), header(&written));
}

#[test]
fn formulas_are_guarded_in_what_is_written() {
    let mut rejects = Rejects::new(Vec::new(), &["a".to_owned(), "b".to_owned()], b',').unwrap();
    let cells = [Cow::Borrowed(&b"=1+1"[..]), Cow::Borrowed(&b"@TGS#2X"[..])];
    let problem = Problem::new(Code::UnreadNumNotANumber, Column::UnreadNum, "=2");
    rejects.write(&cells, &[problem], 7).unwrap();
    let text = String::from_utf8(rejects.finish().unwrap()).unwrap();
    let expected = "a,b,reason_code,reason,line\n\
                    '=1+1,@TGS#2X,unread_num_not_a_number,\
                    the unread count is not a number: found `=2`,7\n";
    assert_eq!(text, expected);
}

#[test]
fn every_code_is_explained_within_the_width() {
    for code in Code::ALL {
        let mut out = Vec::new();
        write_explanation(&mut out, code, 80).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with(code.name()));
        assert!(text.lines().count() >= 6);
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }
}
