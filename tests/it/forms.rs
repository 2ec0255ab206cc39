//! Inputs in other forms than plain text: compressed, archived, encoded, many at once.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Checkpoint, Sim, TestEnv, rows, until, write_csv};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples/forms")
        .join(name)
}

fn gzipped(env: &TestEnv, name: &str, content: &[u8]) -> PathBuf {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(content).unwrap();
    env.write(name, gzip.finish().unwrap())
}

#[test]
fn an_interrupted_import_of_a_compressed_file_resumes() {
    let env = TestEnv::new();
    let rows = rows(120);
    let plain = write_csv(&env, "in.csv", &rows);
    let input = gzipped(&env, "in.csv.gz", &std::fs::read(&plain).unwrap());
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .start();
    until("some calls have their outcome", || {
        (log.outcomes() >= 30).then_some(())
    });
    running.signal("INT");
    running.wait().exits(130).says(&["in.csv.gz`: gzip, CSV"]);
    // The same text, compressed anew: the checkpoint knows the text.
    let again = std::fs::read(&plain).unwrap();
    gzipped(&env, "in.csv.gz", &again);
    Sim::resume(&env, &log.path).run().exits(0);
    sim.holds(&rows, 1);
    log.each_succeeded_once(120);
}

#[test]
fn members_of_an_archive_are_found_again_by_a_resume() {
    let env = TestEnv::new();
    let sim = Sim::start(&env, &sample("plain.csv"), "");
    for archive in ["export.zip", "export.tar.gz"] {
        let checkpoint = format!("{archive}.jsonl");
        sim.import(&env, &sample(archive))
            .args(&format!("--checkpoint {checkpoint}"))
            .run()
            .exits(0);
        let log = Checkpoint::new(&env, &checkpoint);
        let inputs = log.lines()[0]["inputs"].clone();
        let path = inputs[1]["path"].as_str().unwrap();
        assert!(path.contains(&format!("{archive}:")), "{path}");
        let result = Sim::resume(&env, &log.path).json(0);
        assert_eq!(result["calls"]["already_done"], 3);
        assert_eq!(result["calls"]["attempts"], 0);
    }
    assert_eq!(sim.calls(), 6);
}

#[test]
fn a_directory_and_a_pattern_are_all_their_files_and_a_new_file_is_another_input() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("dumps")).unwrap();
    env.write("dumps/b.csv", "group,user,count\ng,b,2\n");
    env.write(
        "dumps/a.jsonl",
        "{\"group\":\"g\",\"user\":\"a\",\"count\":1}\n",
    );
    env.write("dumps/.hidden", "nothing to read");
    gzipped(&env, "dumps/c.csv.gz", b"group,user,count\ng,c,3\n");
    let sim = Sim::start(&env, &env.path("dumps"), "");
    sim.import(&env, Path::new("dumps")).run().exits(0).says(&[
        "`dumps/a.jsonl`",
        "`dumps/b.csv`",
        "`dumps/c.csv.gz`: gzip",
    ]);
    assert_eq!(
        Checkpoint::new(&env, "dumps.checkpoint.jsonl").outcomes(),
        3
    );
    env.command(["validate", "dumps/*.csv"])
        .run()
        .exits(0)
        .prints(&["rows read   1"]);
    env.write("dumps/d.csv", "group,user,count\ng,d,4\n");
    sim.import(&env, Path::new("dumps"))
        .run()
        .exits(5)
        .says(&["belongs to another import"]);
    env.command(["validate", "dumps/*.json"])
        .run()
        .exits(3)
        .says(&["no file matches `dumps/*.json`"]);
}

#[test]
fn of_many_files_alike_the_first_and_the_last_are_named() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("dumps")).unwrap();
    for name in 10..30 {
        env.write(
            &format!("dumps/{name}.csv"),
            format!("group,user,count\ng,u{name},1\n"),
        );
    }
    let said = env.run("validate dumps").exits(0).stderr;
    let notes: Vec<&str> = said.lines().collect();
    assert_eq!(notes.len(), 1, "{said}");
    assert!(
        notes[0].starts_with("reading `dumps/10.csv`, 18 more and `dumps/29.csv`: CSV with `,`")
    );
}

#[test]
fn a_problem_in_an_archive_is_shown_with_its_member_line_and_text() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("in")).unwrap();
    env.write("in/ok.csv", "group,user,count\ng,a,1\n");
    let text = "group,user,count,name\ng,a,1,ü\ng,b,none,é\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    env.write("in/wide.csv", [b"\xff\xfe".to_vec(), wide].concat());
    let packed = Command::new("tar")
        .args(["-czf", "in.tgz", "-C", "in", "ok.csv", "wide.csv"])
        .current_dir(env.root())
        .status();
    assert!(packed.unwrap().success());
    env.command(["validate", "in.tgz", "--rejects", "rejects.csv"])
        .run()
        .exits(3)
        .prints(&["in.tgz:wide.csv:3:5", "3 | g,b,none,é"]);
    assert!(env.read("rejects.csv").contains("b,none"));
}

#[test]
fn what_is_broken_exits_3_before_anything_is_sent() {
    let env = TestEnv::new();
    let whole = std::fs::read(sample("plain.csv.gz")).unwrap();
    env.write("cut.csv.gz", &whole[..100]);
    let sim = Sim::start(&env, &sample("plain.csv"), "");
    sim.import(&env, Path::new("cut.csv.gz"))
        .run()
        .exits(3)
        .says(&[
            "`cut.csv.gz` is cut short (gzip) at byte 100 of the file",
            "behind 85 bytes of text",
            "nothing of it is used",
        ]);
    assert_eq!(sim.calls(), 0);
    assert!(!env.path("cut.csv.gz.checkpoint.jsonl").exists());
}

#[test]
fn null_as_databases_write_it_is_no_count_and_no_id() {
    let env = TestEnv::new();
    env.write(
        "in.csv",
        "group_id,user,count,type\ng,a,\\N,Work\n\\N,b,1,Work\ng,\\N,1,Work\ng,c,1,\\N\n",
    );
    let result = env.command(["validate", "in.csv"]).json(3);
    assert_eq!(result["rows"]["valid"], 1);
    let codes: Vec<&str> = result["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["code"].as_str().unwrap())
        .collect();
    for code in [
        "unread_num_unknown",
        "group_id_missing",
        "member_account_missing",
    ] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}
