//! A command that fails still prints one object, and no secret.

use crate::support::{KEY, Sim, TestEnv, rows, write_csv};

/// Command lines that fail, their code, the command and the kind of the error.
const FAILING: [(&str, i32, &str, &str); 12] = [
    (
        "import in.csv --sdk-app-id 1 --output json",
        2,
        "import",
        "no_target",
    ),
    (
        "import in.csv --bogus --output=json",
        2,
        "import",
        "unknown_option",
    ),
    (
        "import in.csv --simulator --qps many --output json",
        2,
        "import",
        "invalid_value",
    ),
    ("import --output json", 2, "import", "missing_argument"),
    (
        "validate in.csv --output json --config none.toml",
        2,
        "validate",
        "usage",
    ),
    (
        "validate nowhere.csv --output json",
        3,
        "validate",
        "unreadable_input",
    ),
    (
        "import nowhere.csv --simulator --output json",
        3,
        "import",
        "unreadable_input",
    ),
    (
        "status nowhere --output json",
        5,
        "status",
        "checkpoint_unreadable",
    ),
    (
        "resume in.csv --output json",
        5,
        "resume",
        "not_a_checkpoint",
    ),
    (
        "verify in.csv --output json",
        5,
        "verify",
        "not_a_checkpoint",
    ),
    (
        "query c2c ann --sdk-app-id 1 --output json",
        2,
        "query c2c",
        "no_target",
    ),
    (
        "export quickblox --bogus --result json",
        2,
        "export quickblox",
        "unknown_option",
    ),
];

#[test]
fn with_output_json_a_failed_command_prints_one_object() {
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(2));
    for (line, code, command, kind) in FAILING {
        let done = env.run(line).exits(code);
        let object = done.json();
        assert_eq!(object["command"], command, "{line}: {object}");
        assert_eq!(object["outcome"], "failed", "{line}: {object}");
        assert_eq!(object["error"]["kind"], kind, "{line}: {object}");
        let message = object["error"]["message"].as_str().unwrap();
        assert!(
            !message.is_empty() && !message.contains('\n'),
            "{line}: {object}"
        );
        assert!(object["error"]["hints"].is_array(), "{line}: {object}");
        assert!(!done.stderr.is_empty(), "{line}: a person is told as well");
    }
    // Without it, stdout stays empty.
    assert_eq!(env.run("import in.csv --bogus").exits(2).stdout, "");
}

#[test]
fn the_environment_asks_for_the_object_too() {
    let env = TestEnv::new();
    let done = env
        .command(["import", "x.csv", "--bogus"])
        .env("IM_UNREAD_OUTPUT", "json")
        .run()
        .exits(2);
    assert_eq!(done.json()["error"]["kind"], "unknown_option");
}

#[test]
fn an_import_that_nobody_agreed_to_is_an_object_and_a_stopped_one_stays_its_result() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(2));
    let sim = Sim::start(&env, &input, "");
    let object = sim.import_unagreed(&env, &input).json(2);
    assert_eq!(object["error"]["kind"], "not_confirmed");
    assert!(
        object["error"]["hints"][0]
            .as_str()
            .unwrap()
            .contains("--yes")
    );
    let stopped = sim
        .import_with(&env, &input, "a-wrong-key-0123456789")
        .json(4);
    assert_eq!(stopped["outcome"], "stopped");
    assert_eq!(stopped["calls"]["planned"], 2);
    assert!(stopped.get("error").is_none(), "{stopped}");
}

#[test]
fn a_file_with_a_key_given_in_the_place_of_another_shows_nothing_of_it() {
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(1));
    let long = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
    for secret in [long, KEY, "hunter2"] {
        env.write("key", format!("{secret}\n"));
        env.write("key.toml", format!("{secret}\n"));
        env.write("rows", format!("{secret}\ng,m,1\n"));
        for line in [
            "import key --simulator",
            "validate key",
            "validate rows",
            "validate key --format csv --column group_id=g",
            "validate key --format json",
            "validate key --format jsonl",
            "preview key",
            "validate in.csv --map-groups key",
            "validate in.csv --preset key.toml",
            "validate in.csv --preflight key --online --simulator",
            "validate in.csv --config key",
            "import in.csv --simulator --simulator-world key",
            "resume key",
            "status key",
            "failures key --output f.csv",
            "verify key",
            "verify --c2c key --simulator",
            "rollback key --simulator --yes",
            "usersig --inspect key",
            "export quickblox --users key --output e.jsonl",
        ] {
            for form in ["", " --output json"] {
                let done = env.run(&format!("{line}{form}"));
                for text in [&done.stdout, &done.stderr] {
                    assert!(!text.contains(secret.get(..6).unwrap()), "{line}: {text}");
                }
            }
        }
    }
}
