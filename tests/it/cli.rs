//! What is typed: help, usage errors, and where an option's value comes from.

use std::collections::BTreeSet;

use crate::support::{APP, Checkpoint, KEY, Sim, TestEnv, rows, write_csv};

const COMMANDS: [&str; 17] = [
    "import",
    "validate",
    "resume",
    "status",
    "failures",
    "rollback",
    "verify",
    "query",
    "export",
    "preview",
    "presets",
    "explain",
    "guide",
    "usersig",
    "simulate",
    "completions",
    "man",
];

#[test]
fn every_command_has_help_on_stdout_and_the_overview_lists_it() {
    let env = TestEnv::new();
    let overview = env.run("--help").exits(0);
    assert!(overview.stderr.is_empty());
    let (_, list) = overview.stdout.split_once("\nCommands:\n").unwrap();
    let listed: BTreeSet<&str> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert_eq!(
        listed,
        BTreeSet::from(COMMANDS),
        "no command without a test here"
    );
    for command in COMMANDS {
        let help = env.run(&format!("{command} --help")).exits(0);
        assert!(help.stderr.is_empty(), "{command}");
        let usage = format!("Usage: im-unread {command}");
        let help = help.prints(&[&usage]);
        let first = help.stdout.lines().next().unwrap().trim_end_matches('.');
        assert!(
            overview.stdout.contains(&format!("\n  {command} ")),
            "{command}: {first}"
        );
        for line in help.stdout.lines() {
            assert!(line.chars().count() <= 100, "{command}: `{line}`");
        }
    }
}

#[test]
fn the_help_of_an_import_names_every_option_of_the_contract_and_its_default() {
    let env = TestEnv::new();
    env.run("import --help").exits(0).prints(&[
        "--checkpoint <FILE>",
        "--dry-run",
        "--sdk-app-id <N>",
        "--identifier <NAME>",
        "[default: administrator]",
        "--region <REGION>",
        "--endpoint <URL>",
        "--simulator",
        "--secret-key-file <FILE>",
        "--user-sig-file <FILE>",
        "--format <FORMAT>",
        "--column <FIELD=NAME>",
        "--delimiter <CHAR>",
        "--on-duplicate <ON_DUPLICATE>",
        "--on-invalid <ON_INVALID>",
        "--skip-zero",
        "--qps <N>",
        "[default: 200]",
        "--max-in-flight <N>",
        "--timeout <TIME>",
        "[default: 10s]",
        "--max-attempts <N>",
        "[default: 8]",
        "--max-failures <N>",
        "--outage-limit <TIME>",
        "[default: 15m]",
        "--yes",
        "--output <OUTPUT>",
        "--rejects <FILE>",
        "--log-format <LOG_FORMAT>",
        "--log-file <FILE>",
        "--progress <PROGRESS>",
        "--color <COLOR>",
        "--retry-failed",
        "[env: IM_UNREAD_QPS]",
    ]);
}

/// Command lines that make no sense, and what is said about them.
const WRONG_USAGE: [(&str, [&str; 2]); 23] = [
    ("import in.csv", ["no target app", "--sdk-app-id"]),
    ("import in.csv --sdk-app-id 1", ["no region", "--region"]),
    (
        "import in.csv --sdk-app-id 1 --region singapore",
        ["no credential", "IM_UNREAD_SECRET_KEY"],
    ),
    (
        "import in.csv --sdk-app-id 1 --region atlantis",
        ["atlantis", "silicon-valley"],
    ),
    (
        "import in.csv --sdk-app-id 1 --region china --endpoint https://example.org",
        ["--region", "--endpoint"],
    ),
    (
        "import in.csv --sdk-app-id 1 --endpoint http://example.org",
        ["example.org", "loopback"],
    ),
    (
        "import in.csv --sdk-app-id 1 --endpoint ftp://example.org",
        ["ftp", "https://"],
    ),
    (
        "import in.csv --simulator --qps 201",
        ["--qps 201", "1 to 200"],
    ),
    ("import in.csv --simulator --qps 0", ["--qps 0", "1 to 200"]),
    (
        "import in.csv --simulator --max-attempts 0",
        ["--max-attempts 0", "1 up"],
    ),
    (
        "import in.csv --simulator --max-in-flight 0",
        ["--max-in-flight 0", "1 to"],
    ),
    (
        "import in.csv --simulator --timeout fast",
        ["--timeout fast", "10s"],
    ),
    (
        "import in.csv --simulator --timeout 0s",
        ["--timeout 0s", "10s"],
    ),
    (
        "import in.csv --simulator --column member=x",
        ["member=x", "member_account"],
    ),
    (
        "import in.csv --simulator --delimiter ab",
        ["--delimiter ab", "tab"],
    ),
    ("import", ["INPUT", "--help"]),
    ("import in.csv --secret-key abc", ["--secret-key", "--help"]),
    ("migrate in.csv", ["migrate", "--help"]),
    (
        "explain no_such_code",
        ["no_such_code", "im-unread explain"],
    ),
    (
        "usersig --sdk-app-id 1",
        ["no secret key", "IM_UNREAD_SECRET_KEY"],
    ),
    ("simulate --listen 8.8.8.8:0", ["8.8.8.8:0", "loopback"]),
    ("simulate --fault sloth=1", ["sloth=1", "http502"]),
    (
        "status in.csv --config none.toml",
        ["none.toml", "--config"],
    ),
];

#[test]
fn wrong_usage_exits_2_says_what_is_wrong_and_what_to_do_and_prints_no_result() {
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(1));
    for (line, pieces) in WRONG_USAGE {
        let done = env.run(line).exits(2).says(&pieces);
        assert_eq!(done.stdout, "", "{line}");
    }
    let left: Vec<_> = std::fs::read_dir(env.root()).unwrap().collect();
    assert_eq!(left.len(), 1, "a command that does nothing leaves nothing");
}

#[test]
fn an_unreadable_input_exits_3_and_names_the_file() {
    let env = TestEnv::new();
    env.run("import nowhere.csv --simulator")
        .exits(3)
        .says(&["`nowhere.csv`", "No such file"]);
    env.write("empty.csv", "");
    env.run("import empty.csv --simulator")
        .exits(3)
        .says(&["empty.csv"]);
    env.write("strange.csv", "colour,taste\nred,sweet\n");
    env.run("import strange.csv --simulator").exits(3).says(&[
        "strange.csv",
        "group_id",
        "--column",
    ]);
}

#[test]
fn a_flag_wins_over_the_environment_the_environment_over_the_file_the_file_over_the_default() {
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(2));
    env.write("other.toml", "qps = 120\n");
    let limit = |name: &str, variable: Option<&str>, words: &str| {
        let mut command = env.command(["import", "in.csv", "--simulator", "--checkpoint", name]);
        if let Some(value) = variable {
            command = command.env("IM_UNREAD_QPS", value);
        }
        command.args(words).json(0)["pace"]["qps_limit"].clone()
    };
    assert_eq!(limit("1", None, ""), 200, "the default");
    env.write("im-unread.toml", "qps = 150\nmax-attempts = 3\n");
    assert_eq!(limit("2", None, ""), 150, "the file");
    assert_eq!(
        limit("3", None, "--config other.toml"),
        120,
        "the file that is named"
    );
    assert_eq!(
        limit("4", Some("130"), "--config other.toml"),
        130,
        "the environment"
    );
    assert_eq!(limit("5", Some("130"), "--qps 140"), 140, "the flag");
    env.command(["import", "in.csv", "--simulator"])
        .env("IM_UNREAD_QPS", "many")
        .run()
        .exits(2)
        .says(&["`IM_UNREAD_QPS` is `many`", "1 to 200"]);
}

#[test]
fn a_whole_import_can_be_configured_in_the_file() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(3));
    let sim = Sim::start(&env, &input, "");
    env.write("key", KEY);
    env.write(
        "im-unread.toml",
        format!(
            "sdk-app-id = {APP}\nendpoint = \"{}\"\nsecret-key-file = \"key\"\n\
             checkpoint = \"run.jsonl\"\non-invalid = \"skip\"\noutput = \"json\"\n",
            sim.url()
        ),
    );
    let result = env.run("import in.csv --yes").exits(0).json();
    assert_eq!(result["checkpoint"], "run.jsonl");
    Checkpoint::new(&env, "run.jsonl").each_succeeded_once(3);
    sim.holds(&rows(3), 1);
}

#[test]
fn the_configuration_file_is_refused_when_it_holds_what_it_must_not() {
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(1));
    for (content, pieces) in [
        ("colour = \"red\"\n", ["`colour`", "no option"]),
        ("qps = 100\ndry-run = true\n", ["`dry-run`", "no option"]),
        ("[import]\nqps = 100\n", ["`import`", "no option"]),
        ("qps 100\n", ["not TOML", "qps = 150"]),
        (
            "secret-key = \"hunter2\"\n",
            ["`secret-key`", "secret-key-file"],
        ),
        ("user-sig = \"hunter2\"\n", ["`user-sig`", "user-sig-file"]),
    ] {
        env.write("im-unread.toml", content);
        let done = env.run("import in.csv --simulator").exits(2).says(&pieces);
        assert!(
            !done.stderr.contains("hunter2"),
            "{content}: {}",
            done.stderr
        );
    }
}

#[test]
fn explain_knows_problem_codes_and_api_codes() {
    let env = TestEnv::new();
    env.run("explain 10010")
        .exits(0)
        .prints(&["10010 (API error)", "does not exist"]);
    env.run("explain unsupported_group_type")
        .exits(0)
        .prints(&["unsupported_group_type (", "ChatRoom"]);
    let all = env.run("explain --output json").exits(0).json();
    let all = all.as_array().unwrap();
    assert!(all.len() > 40, "{}", all.len());
    for entry in all {
        for member in ["code", "meaning", "advice"] {
            assert!(!entry[member].as_str().unwrap().is_empty(), "{entry}");
        }
    }
}

#[test]
fn a_signed_usersig_says_on_inspection_what_it_was_signed_for() {
    let env = TestEnv::new();
    let signed = env
        .command([
            "usersig",
            "--sdk-app-id",
            "1400000123",
            "--identifier",
            "boss",
        ])
        .args("--expire 2h")
        .env("IM_UNREAD_SECRET_KEY", KEY)
        .run()
        .exits(0);
    env.write("sig", &signed.stdout);
    let claims = env
        .run("usersig --inspect sig --output json")
        .exits(0)
        .json();
    assert_eq!(claims["sdk_app_id"], 1_400_000_123);
    assert_eq!(claims["identifier"], "boss");
    assert_eq!(claims["expired"], false);
    env.write("bad", "eJnonsense");
    env.run("usersig --inspect bad").exits(2).says(&["hint: "]);
}

#[test]
fn completions_and_the_manual_page_are_printed() {
    let env = TestEnv::new();
    for shell in ["bash", "zsh", "fish"] {
        env.run(&format!("completions {shell}"))
            .exits(0)
            .prints(&["im-unread", "resume"]);
    }
    env.run("man").exits(0).prints(&[".TH", "im\\-unread"]);
}

#[test]
fn a_reader_that_has_gone_needs_no_words() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_im-unread"))
        .arg("explain")
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}
