//! `preview`: what is shown of the first rows, and how little is read for it.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::TestEnv;

const ROWS: &str = "group,user,count,type\n\
    old-team,ann,3,Work\n\
    old-team,ann,4,Work\n\
    old-hall,bob,99+,Public\n\
    gone,carol,1,Work\n\
    old-team,dan,0,Work\n\
    old-team,eve\n";

fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write("in.csv", ROWS);
    env.write(
        "groups.csv",
        "source,target\nold-team,team\nold-hall,hall\n",
    );
    env
}

#[test]
fn the_steps_of_the_first_rows_are_shown_at_every_width() {
    let env = env();
    for width in ["60", "80", "120"] {
        let done = env
            .command(["preview", "in.csv"])
            .args("--map-groups groups.csv --skip-zero --rows 9 --on-duplicate max")
            .env("COLUMNS", width)
            .run()
            .exits(0);
        let columns: usize = width.parse().unwrap();
        let wide = done
            .stdout
            .lines()
            .find(|line| line.chars().count() > columns);
        assert_eq!(wide, None);
        done.prints(&["  columns    group_id from `group`"]);
    }
    env.command(["preview", "in.csv"])
        .args("--map-groups groups.csv --skip-zero --rows 9 --on-duplicate max")
        .env("COLUMNS", "120")
        .run()
        .exits(0)
        .prints(&[
            "in.csv\n  format     CSV with `,`\n",
            "line 2\n  raw        old-team,ann,3,Work\n",
            "  fields     group_id `old-team`, member_account `ann`, unread_num `3`, group_type `Work`\n",
            "  mapped     group_id `old-team` becomes `team`\n",
            "  call       `ann` of `team` gets 3\n",
            "  again      line 2 has a count of 3 for the same group and member: the highest counts (--on-duplicate max)",
            "  invalid    the unread count is only a lower bound: found `99+` (unread_num_at_least)",
            "  mapped     group_id `gone` is not in the map\n  invalid    ",
            "  no call    the count is 0, and --skip-zero is given\n",
            "(record_cell_count)",
            "That is all of it.",
        ]);
}

#[test]
fn the_same_is_told_as_json() {
    let env = env();
    let told = env
        .command(["preview", "in.csv"])
        .args("--map-groups groups.csv --rows 3 --on-capped skip")
        .json(0);
    assert_eq!(told["command"], "preview");
    assert_eq!(told["more_inputs"], false);
    let input = &told["inputs"][0];
    assert_eq!(input["format"], json!(["CSV with `,`"]));
    assert_eq!(input["columns"]["member_account"], "user");
    assert_eq!(input["end"], "more");
    let rows = input["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        (&rows[0]["line"], &rows[0]["byte"]),
        (&json!(2), &json!(22))
    );
    assert_eq!(
        rows[0]["call"],
        json!({"group_id": "team", "member_account": "ann", "unread_num": 3})
    );
    assert_eq!(rows[0]["mapped"], json!({"group_id": "team"}));
    assert_eq!(
        rows[1]["again"],
        json!({"input": 0, "line": 2, "unread_num": 3})
    );
    assert_eq!(rows[2]["call"], json!(null));
    assert_eq!(
        rows[2]["left_out"],
        json!({"reason": "at_least", "unread": 99})
    );
}

#[test]
fn rows_that_a_preset_leaves_out_are_shown_with_the_reason() {
    let env = TestEnv::new();
    let sample =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/presets/yunxin/conversations.jsonl");
    env.command(["preview", "--preset", "auto"])
        .arg(sample)
        .run()
        .exits(0)
        .prints(&[
            "  read by    preset yunxin/",
            "  left out   one_to_one, 2 unread",
        ]);
}

#[test]
fn no_more_is_read_than_is_shown() {
    let env = TestEnv::new();
    // Reading it to the end would take minutes; most of it is not on the disk.
    let huge = std::fs::File::create(env.path("huge.csv")).unwrap();
    (&huge).write_all(ROWS.as_bytes()).unwrap();
    (&huge)
        .write_all("team,user,1,Work\n".repeat(100_000).as_bytes())
        .unwrap();
    huge.set_len(64 << 30).unwrap();
    env.command(["preview", "huge.csv", "--rows", "2"])
        .run()
        .exits(0)
        .prints(&["`ann`", "There is more; --rows N"]);
    // The end of the compressed file is missing, and nobody gets that far.
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(ROWS.as_bytes()).unwrap();
    for row in 0..400_000 {
        writeln!(gzip, "team,user{row},{},Work", row % 7).unwrap();
    }
    let whole = gzip.finish().unwrap();
    env.write("cut.csv.gz", &whole[..whole.len() - 1000]);
    env.command(["preview", "cut.csv.gz"])
        .run()
        .exits(0)
        .prints(&["  form       gzip\n", "`ann` of `old-team` gets 3"]);
    env.command(["validate", "cut.csv.gz"]).run().exits(3);
}

#[test]
fn of_many_inputs_the_first_are_shown() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("dumps")).unwrap();
    for name in ["a", "b", "c", "d"] {
        env.write(&format!("dumps/{name}.csv"), "group,user,count\ng,u,1\n");
    }
    let done = env.command(["preview", "dumps"]).run().exits(0).prints(&[
        "dumps/c.csv\n",
        "line 2 of `dumps/a.csv` has the same group, member and count",
        "Inputs behind these were not opened.",
    ]);
    assert!(!done.stdout.contains("d.csv"));
}

#[test]
fn what_cannot_be_read_is_told_as_by_any_other_command() {
    let env = TestEnv::new();
    env.write("in.csv", "raum,user,count\na,b,1\n");
    env.command(["preview", "in.csv"])
        .run()
        .exits(3)
        .says(&["has no column for `group_id`", "it has `raum`"]);
    env.command(["preview", "in.csv", "--rejects", "out.csv"])
        .run()
        .exits(2)
        .says(&["unexpected argument '--rejects'"]);
}
