//! No output destroys what the user has.

use std::io::Read as _;
use std::path::Path;

use crate::support::{Checkpoint, Invocation, Sim, TestEnv, rows, write_csv};

/// The second row is invalid.
const INPUT: &str = "group,user,count\ng1,u1,1\ng1,u2,many\n";

/// Commands with two names of one file, and what is said of it.
const CLASHES: [(&str, [&str; 2]); 17] = [
    (
        "validate in.csv --rejects in.csv --force",
        ["--rejects and INPUT are one file", "`in.csv`"],
    ),
    (
        "import in.csv --simulator --rejects hard.csv --force",
        ["--rejects (`hard.csv`)", "INPUT (`in.csv`)"],
    ),
    (
        "validate in.csv --rejects soft.csv --force",
        ["--rejects (`soft.csv`)", "INPUT (`in.csv`)"],
    ),
    (
        "validate dumps --rejects dumps/a.csv --force",
        ["--rejects and INPUT are one file", "`dumps/a.csv`"],
    ),
    (
        "validate in.json --report report.json",
        ["--report (`report.json`)", "INPUT (`in.json`)"],
    ),
    (
        "validate in.csv --map-groups map.csv --rejects map.csv --force",
        ["--rejects and --map-groups are one file", "`map.csv`"],
    ),
    (
        "import in.csv --secret-key-file key.txt --snapshot key.txt",
        ["--snapshot and --secret-key-file", "`key.txt`"],
    ),
    (
        "validate in.csv --config conf.toml --rejects conf.toml --force",
        ["--rejects and --config are one file", "`conf.toml`"],
    ),
    (
        "validate in.csv --rejects im-unread.toml --force",
        ["--rejects and the configuration file", "`im-unread.toml`"],
    ),
    (
        "failures log.jsonl --output log.jsonl --force",
        ["--output and CHECKPOINT are one file", "`log.jsonl`"],
    ),
    (
        "failures log.jsonl --output imported.csv --force",
        ["--output (`imported.csv`)", "a file of the import"],
    ),
    (
        "verify log.jsonl --differences log.jsonl --force",
        ["--differences and CHECKPOINT are one file", "`log.jsonl`"],
    ),
    (
        "validate in.csv --log-file in.csv",
        ["--log-file and INPUT are one file", "`in.csv`"],
    ),
    (
        "status log.jsonl --log-file log.jsonl",
        ["--log-file and CHECKPOINT are one file", "`log.jsonl`"],
    ),
    (
        "import in.csv --simulator --checkpoint new --rejects ./new",
        ["--rejects (`./new`)", "--checkpoint (`new`)"],
    ),
    (
        "import in.csv --simulator --rejects in.csv.checkpoint.jsonl",
        ["--rejects", "the default of --checkpoint"],
    ),
    (
        "validate in.csv --report r.html --report r.html",
        ["--report and --report are one file", "`r.html`"],
    ),
];

/// The command refuses with exit 2, says so with these pieces, and leaves all files as they are.
fn touches_nothing(env: &TestEnv, command: Invocation, pieces: &[&str]) {
    let before = files(env.root());
    command.run().exits(2).says(pieces);
    assert_eq!(files(env.root()), before);
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// A directory with an input, its links, and a checkpoint in which one of two calls failed.
fn begun() -> (TestEnv, Checkpoint) {
    let env = TestEnv::new();
    let imported = "group,user,count\ng1,u1,1\n";
    let known = env.write("known.csv", imported);
    let input = env.write("imported.csv", format!("{imported}g1,u2,2\n"));
    let sim = Sim::start(&env, &known, "");
    let log = Checkpoint::new(&env, "log.jsonl");
    sim.import(&env, &input)
        .args("--checkpoint log.jsonl")
        .run()
        .exits(1);
    env.write("in.csv", INPUT);
    std::fs::hard_link(env.path("in.csv"), env.path("hard.csv")).unwrap();
    std::os::unix::fs::symlink("in.csv", env.path("soft.csv")).unwrap();
    (env, log)
}

#[test]
fn an_output_is_no_other_file_of_its_command() {
    let (env, _) = begun();
    env.write("map.csv", "source,target\ng1,t1\n");
    env.write("key.txt", "a key");
    env.write("conf.toml", "qps = 100\n");
    env.write("im-unread.toml", "qps = 100\n");
    env.write("in.json", r#"[{"group":"g1","user":"u1","count":1}]"#);
    std::fs::hard_link(env.path("in.json"), env.path("report.json")).unwrap();
    std::fs::create_dir(env.path("dumps")).unwrap();
    env.write("dumps/a.csv", INPUT);
    for (line, pieces) in CLASHES {
        touches_nothing(&env, env.command(line.split_whitespace()), &pieces);
    }
}

#[test]
fn an_input_from_a_stream_is_no_output_either() {
    let (env, _) = begun();
    let command = env.command(["validate", "-", "--rejects", "in.csv", "--force"]);
    let pieces = ["--rejects (`in.csv`) and standard input"];
    touches_nothing(&env, command.stdin(&env.path("in.csv")), &pieces);
}

#[test]
fn a_file_that_is_there_stays_and_a_free_name_is_suggested() {
    let (env, _) = begun();
    env.write("rows.csv", "corrected,by,hand\n");
    env.write("rows-2.csv", "and again\n");
    for line in [
        "validate in.csv --rejects rows.csv",
        "import in.csv --simulator --on-invalid skip --rejects rows.csv",
        "failures log.jsonl --output rows.csv",
        "verify log.jsonl --differences rows.csv",
    ] {
        touches_nothing(
            &env,
            env.command(line.split_whitespace()),
            &[
                "`rows.csv` exists already",
                "`rows-3.csv` is free",
                "--force",
            ],
        );
    }
    env.run("validate in.csv --rejects rows.csv --force")
        .exits(3);
    assert!(env.read("rows.csv").starts_with("group,user,count,reason"));
    env.run("failures log.jsonl --output rows.csv --force")
        .exits(0);
    assert!(env.read("rows.csv").contains("u2,2,"));
}

#[test]
fn what_is_written_already_may_be_written_again() {
    let (env, _) = begun();
    for _ in 0..2 {
        env.run("failures log.jsonl --output rows.csv").exits(0);
        env.run("validate in.csv --rejects rejects.csv").exits(3);
    }
}

#[test]
fn the_printed_name_for_failures_is_a_free_one() {
    let env = TestEnv::new();
    env.write("failures.csv", "corrected,by,hand\n");
    env.write("in.csv", INPUT);
    env.run("import in.csv --simulator --on-invalid skip --yes --report r.json")
        .exits(1)
        .says(&["/failures-2.csv"]);
    assert!(env.read("r.json").contains("/failures-2.csv"));
    assert_eq!(env.read("failures.csv"), "corrected,by,hand\n");
}

#[test]
fn force_is_typed_and_never_configured() {
    let (env, _) = begun();
    env.write("im-unread.toml", "force = true\n");
    let command = env.command(["status", "log.jsonl"]);
    touches_nothing(&env, command, &["`force`"]);
}

#[test]
fn a_configured_rejects_file_does_not_concern_a_preview() {
    let env = TestEnv::new();
    env.write("in.csv", INPUT);
    env.write("im-unread.toml", "rejects = \"rejects.csv\"\n");
    env.run("preview in.csv").exits(0);
    assert!(!env.path("rejects.csv").exists());
    env.run("validate in.csv").exits(3);
    assert!(env.path("rejects.csv").exists());
}

#[test]
fn a_report_replaces_a_report_only() {
    let env = TestEnv::new();
    env.write("in.csv", "group,user,count\ng1,u1,1\n");
    env.write("page.html", "<!DOCTYPE html><html><body>mine</body></html>");
    env.write("data.json", "{\"report\": \"mine\"}\n");
    for name in ["page.html", "data.json"] {
        touches_nothing(
            &env,
            env.command(["validate", "in.csv", "--report", name]),
            &["is not a report of im-unread", "is free"],
        );
    }
    for name in ["r.html", "r.json"] {
        let report = |input: &str| {
            env.command(["validate", input, "--report", name])
                .run()
                .exits(0);
            env.read(name)
        };
        let first = report("in.csv");
        env.write("longer.csv", "group,user,count\ng1,u1,1\ng2,u2,2\n");
        assert_ne!(report("longer.csv"), first, "{name}");
    }
}

#[test]
fn logs_are_appended_to_logs_only() {
    let (env, _) = begun();
    env.write("notes.txt", "remember the milk\n");
    for name in ["notes.txt", "known.csv"] {
        touches_nothing(
            &env,
            env.command(["status", "log.jsonl", "--log-file", name]),
            &["is not a log of im-unread", "is free"],
        );
    }
    for form in ["text", "json"] {
        let import = || {
            let options = "--simulator --on-invalid skip --yes --retry-failed -vv";
            env.command(["import", "in.csv", "--log-file", form, "--log-format", form])
                .args(options)
                .arg("--checkpoint")
                .arg(format!("{form}.jsonl"))
                .run()
                .exits(1);
            env.read(form)
        };
        let first = import();
        assert!(first.contains("settled"), "{first}");
        std::fs::remove_file(env.path(&format!("{form}.jsonl"))).unwrap();
        let second = import();
        assert!(second.len() > first.len() && second.starts_with(&first));
    }
}

#[test]
fn streams_and_devices_are_written_through() {
    let (env, _) = begun();
    env.run("failures log.jsonl --output /dev/null").exits(0);
    env.run("failures log.jsonl --output /dev/stdout")
        .exits(0)
        .prints(&["g1,u2,2,"]);
    env.run("validate in.csv --rejects /dev/stdout")
        .exits(3)
        .prints(&["g1,u2,many,", "invalid     1"]);
    let made = std::process::Command::new("mkfifo")
        .arg(env.path("pipe.json"))
        .status();
    assert!(made.unwrap().success());
    let reading = env.command(["validate", "in.csv", "--report", "pipe.json"]);
    let running = reading.start();
    let mut report = String::new();
    let mut pipe = std::fs::File::open(env.path("pipe.json")).unwrap();
    pipe.read_to_string(&mut report).unwrap();
    running.wait().exits(3);
    assert!(report.contains("\"report\": \"validation\""), "{report}");
}

#[test]
fn a_progress_log_takes_no_file_of_another_kind() {
    let (env, _) = begun();
    // One line without its end, as a log's first line that was cut off.
    env.write("world.json", "{\"groups\":[]}");
    let sim = Sim::start(&env, &env.path("known.csv"), "");
    for name in ["world.json", "log.jsonl", "in.csv"] {
        let before = files(env.root());
        let online = env.command(["validate", "known.csv", "--online", "--preflight", name]);
        sim.aimed(online)
            .env("IM_UNREAD_SECRET_KEY", crate::support::KEY)
            .run()
            .exits(5)
            .says(&[name]);
        assert_eq!(files(env.root()), before, "{name}");
    }
}

#[test]
fn a_simulator_replaces_its_own_files_only() {
    let env = TestEnv::new();
    env.write("in.csv", INPUT);
    for option in ["--address-file", "--tls-self-made"] {
        let command = env.command(["simulate", option, "in.csv"]);
        touches_nothing(&env, command, &["`in.csv` exists already and is not"]);
    }
    let first = rows(1);
    let input = write_csv(&env, "world.csv", &first);
    for _ in 0..2 {
        let options = "--address-file address";
        let sim = Sim::start(&env, &input, options);
        assert_eq!(sim.calls(), 0);
        assert!(env.read("address").starts_with("http://127.0.0.1:"));
    }
}
