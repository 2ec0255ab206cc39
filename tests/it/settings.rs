//! Flags over environment over file over default, option by option and group by group.

use crate::support::{APP, Done, Invocation, KEY, Row, Sim, TestEnv, rows, write_csv};

/// Where options stand.
#[derive(Clone, Copy, Debug)]
enum Where {
    File,
    Environment,
    Typed,
}
use Where::{Environment, File, Typed};

/// `line`, with `option = value` at a place.
fn given(env: &TestEnv, line: &str, (place, option, value): (Where, &str, &str)) -> Done {
    with(
        env,
        env.command(line.split_whitespace()),
        (place, option, value),
    )
    .run()
}

fn with(
    env: &TestEnv,
    command: Invocation,
    (place, option, value): (Where, &str, &str),
) -> Invocation {
    let variable = format!("IM_UNREAD_{}", option.to_uppercase().replace('-', "_"));
    match place {
        File => {
            let toml = match value {
                "true" | "false" => value.to_owned(),
                text => format!("\"{text}\""),
            };
            env.write(
                "im-unread.toml",
                format!("# A comment.\n\n{option} = {toml}\n"),
            );
            command
        }
        Environment => command.env(&variable, value),
        Typed => command.arg(format!("--{option}={value}")),
    }
}

fn two_rows() -> (TestEnv, Vec<Row>) {
    let env = TestEnv::new();
    let rows = rows(2);
    write_csv(&env, "in.csv", &rows);
    (env, rows)
}

/// An import into `sim` with the key, up to what a test adds.
fn import(env: &TestEnv, name: &str) -> Invocation {
    env.command(["import", "in.csv", "--yes", "--checkpoint", name])
        .args(&format!("--sdk-app-id {APP}"))
        .env("IM_UNREAD_SECRET_KEY", KEY)
}

#[test]
fn a_typed_region_beats_an_endpoint_of_the_file_and_of_the_environment() {
    for place in [File, Environment] {
        let (env, rows) = two_rows();
        let sim = Sim::start(&env, &env.path("in.csv"), "");
        // A region that does not exist shows that the region is what counts.
        let command = import(&env, "a.jsonl").args("--region atlantis");
        with(&env, command, (place, "endpoint", sim.url()))
            .run()
            .exits(2)
            .says(&["atlantis", "silicon-valley"]);
        assert_eq!(sim.calls(), 0, "{place:?}");
        // Without it, the endpoint counts.
        with(
            &env,
            import(&env, "b.jsonl"),
            (place, "endpoint", sim.url()),
        )
        .run()
        .exits(0);
        sim.holds(&rows, 1);
    }
}

#[test]
fn a_typed_endpoint_beats_a_region_and_a_simulator() {
    for (place, option, value) in [
        (Environment, "region", "atlantis"),
        (File, "region", "atlantis"),
        (Environment, "simulator", "true"),
        (File, "simulator", "true"),
    ] {
        let (env, rows) = two_rows();
        let sim = Sim::start(&env, &env.path("in.csv"), "");
        let command = import(&env, "a.jsonl").args(&format!("--endpoint {}", sim.url()));
        with(&env, command, (place, option, value)).run().exits(0);
        sim.holds(&rows, 1);
    }
}

#[test]
fn a_typed_user_sig_beats_a_secret_key_and_the_environment_beats_the_file() {
    let (env, _) = two_rows();
    let sim = Sim::start(&env, &env.path("in.csv"), "");
    env.write("key", KEY);
    let foreign = env
        .command(["usersig", "--sdk-app-id", "7"])
        .env("IM_UNREAD_SECRET_KEY", KEY)
        .run()
        .exits(0)
        .stdout;
    env.write("sig", &foreign);
    let aimed = || sim.aimed(env.command(["import", "in.csv", "--yes"]));
    // Typed over a variable, and over the file.
    aimed()
        .args("--user-sig-file sig")
        .env("IM_UNREAD_SECRET_KEY", KEY)
        .run()
        .exits(2)
        .says(&["UserSig", "SDKAppID `7`"]);
    with(
        &env,
        aimed().args("--user-sig-file sig"),
        (File, "secret-key-file", "key"),
    )
    .run()
    .exits(2)
    .says(&["UserSig", "SDKAppID `7`"]);
    // A variable over the file.
    aimed()
        .env("IM_UNREAD_USER_SIG", foreign.trim())
        .run()
        .exits(2)
        .says(&["UserSig", "SDKAppID `7`"]);
    // Two of one source say nothing.
    aimed()
        .args("--user-sig-file sig --secret-key-file key")
        .run()
        .exits(2)
        .says(&[
            "`--secret-key-file`",
            "`--user-sig-file`",
            "give one of them",
        ]);
    let both = aimed().env("IM_UNREAD_USER_SIG", foreign.trim());
    let said = both.env("IM_UNREAD_SECRET_KEY", KEY).run().exits(2);
    let said = said.says(&[
        "`IM_UNREAD_SECRET_KEY`",
        "`IM_UNREAD_USER_SIG`",
        "unset one",
    ]);
    assert!(!said.stderr.contains(KEY) && !said.stderr.contains(foreign.trim()));
    assert_eq!(sim.calls(), 0);
    // A simulator in this process needs none, so it does not ask which.
    env.command(["import", "in.csv", "--simulator"])
        .env("IM_UNREAD_USER_SIG", foreign.trim())
        .env("IM_UNREAD_SECRET_KEY", KEY)
        .run()
        .exits(0);
}

#[test]
fn a_switch_can_be_turned_off_again() {
    for place in [File, Environment] {
        let (env, _) = two_rows();
        let run = |line| given(&env, line, (place, "simulator", "true"));
        run("import in.csv --simulator=false")
            .exits(2)
            .says(&["no target app"]);
        run("import in.csv").exits(0);
    }
    let (env, _) = two_rows();
    env.write("im-unread.toml", "simulator = true\n");
    env.command(["import", "in.csv"])
        .env("IM_UNREAD_SIMULATOR", "false")
        .run()
        .exits(2)
        .says(&["no target app"]);
    env.run("import in.csv --simulator=perhaps")
        .exits(2)
        .says(&["perhaps", "--simulator"]);
    // A switch that is off says nothing against another option.
    let sim = Sim::start(&env, &env.path("in.csv"), "");
    import(&env, "a.jsonl")
        .args(&format!("--simulator=false --endpoint {}", sim.url()))
        .run()
        .exits(0);
    assert_eq!(sim.calls(), 2);
}

#[test]
fn an_unknown_variable_is_an_error_and_its_value_is_not_shown() {
    let (env, _) = two_rows();
    for (name, near) in [
        ("IM_UNREAD_REGOIN", "`IM_UNREAD_REGION`"),
        ("IM_UNREAD_SECRETKEY", "`IM_UNREAD_SECRET_KEY`"),
        ("IM_UNREAD_USERSIG", "`IM_UNREAD_USER_SIG`"),
        ("IM_UNREAD_DRY_RUN", "--dry-run"),
    ] {
        let done = env
            .command(["import", "in.csv", "--simulator"])
            .env(name, "hunter2")
            .run()
            .exits(2)
            .says(&[name, near]);
        assert!(!done.stderr.contains("hunter2"), "{}", done.stderr);
    }
    let mut command = env.command(["import", "in.csv", "--simulator"]);
    for name in [
        "OUTCOME",
        "EXIT",
        "SERVICE_HOST",
        "PORT",
        "PORT_80_TCP_ADDR",
    ] {
        command = command.env(&format!("IM_UNREAD_{name}"), "x");
    }
    command.run().exits(0);
}

#[test]
fn a_bad_value_is_told_with_its_origin() {
    let (env, _) = two_rows();
    for (option, value, pieces) in [
        ("qps", "many", ["`many`", "1 to 200"]),
        ("timeout", "fast", ["`fast`", "10s"]),
        ("delimiter", "ab", ["`ab`", "tab"]),
        ("encoding", "morse", ["`morse`", "utf-8"]),
        ("on-invalid", "sleep", ["`sleep`", "stop, skip"]),
        ("simulator", "perhaps", ["`perhaps`", "--simulator"]),
        ("progress", "loud", ["`loud`", "auto, always, never"]),
    ] {
        let place = format!("`{option}` in line 3 of `im-unread.toml`");
        given(
            &env,
            "import in.csv --simulator=true",
            (File, "column", "group_id=group_id"),
        )
        .exits(0);
        std::fs::remove_file(env.path("in.csv.checkpoint.jsonl")).unwrap();
        let line = "import in.csv";
        given(&env, line, (File, option, value))
            .exits(2)
            .says(&pieces)
            .says(&[&place]);
        std::fs::remove_file(env.path("im-unread.toml")).unwrap();
        let variable = format!("`IM_UNREAD_{}`", option.to_uppercase().replace('-', "_"));
        given(&env, line, (Environment, option, value))
            .exits(2)
            .says(&pieces)
            .says(&[&variable]);
    }
}

#[test]
fn answers_for_one_run_cannot_stand_in_a_configuration_file() {
    let (env, _) = two_rows();
    for key in [
        "yes",
        "force",
        "accept-stale",
        "changed-input",
        "on-lower",
        "on-higher",
        "on-finish",
    ] {
        given(&env, "import in.csv --simulator", (File, key, "true"))
            .exits(2)
            .says(&[
                &format!("`{key}` in line 3 of `im-unread.toml` cannot stand"),
                &format!("--{key}"),
            ]);
    }
    given(&env, "import in.csv --simulator", (File, "regoin", "china"))
        .exits(2)
        .says(&["`regoin` in line 3", "`region`"]);
}

#[test]
fn options_of_the_file_that_a_command_does_not_have_do_no_harm() {
    let (env, rows) = two_rows();
    let sim = Sim::start(&env, &env.path("in.csv"), "");
    let all = format!(
        "rejects = \"rejected.csv\"\ncheckpoint = \"log.jsonl\"\nendpoint = \"{}\"\n\
         sdk-app-id = {APP}\nsimulator-world = \"none.json\"\nuser = \"alice\"\nby = \"group\"\n\
         column = [\"group_id=group_id\"]\nearly-stop = 3\nreport = []\n",
        sim.url()
    );
    env.write("im-unread.toml", all);
    let run = |line: &str| {
        let command = env.command(line.split_whitespace());
        command.env("IM_UNREAD_SECRET_KEY", KEY).run()
    };
    run("preview in.csv").exits(0).prints(&["user-0"]);
    assert!(!env.path("rejected.csv").exists());
    run("validate in.csv").exits(0);
    run("import in.csv --yes --snapshot before.jsonl").exits(0);
    run("status log.jsonl").exits(0);
    run("verify log.jsonl").exits(0);
    // It has a log of its own.
    run("rollback before.jsonl --yes").exits(0);
    assert!(env.path("before.jsonl.rollback.checkpoint.jsonl").exists());
    env.write("c2c.csv", "account,peer,count\na,b,0\n");
    run("verify --c2c c2c.csv --simulator");
    run("usersig").exits(0);
    run("explain 10010").exits(0);
    // The endpoint of the file is not another address for a checkpoint.
    let other = std::fs::read_to_string(env.path("im-unread.toml")).unwrap();
    env.write(
        "im-unread.toml",
        other.replace(sim.url(), "https://example.invalid"),
    );
    run("resume log.jsonl --yes").exits(0);
    assert_eq!(rows.len(), 2);
}

#[test]
fn an_option_that_needs_another_may_get_it_from_the_file() {
    let (env, _) = two_rows();
    let world = "{\"accounts\":[],\"groups\":[]}";
    env.write("world.json", world);
    env.run("validate in.csv --simulator-world world.json")
        .exits(2)
        .says(&["`--simulator-world`", "`--simulator`"]);
    given(
        &env,
        "validate in.csv --simulator-world world.json",
        (File, "simulator", "true"),
    )
    .exits(0);
    given(
        &env,
        "import in.csv --region=china --endpoint=https://a.example",
        (Typed, "sdk-app-id", "1"),
    )
    .exits(2)
    .says(&["`--region` and `--endpoint` exclude each other"]);
    env.write(
        "im-unread.toml",
        "region = \"china\"\nendpoint = \"https://a.example\"\n",
    );
    env.run("import in.csv --sdk-app-id 1").exits(2).says(&[
        "`region` in line 1 of `im-unread.toml`",
        "`endpoint` in line 2 of `im-unread.toml`",
    ]);
}

#[test]
fn a_form_of_the_result_in_the_file_holds_for_failures_too() {
    let env = TestEnv::new();
    for (file, kind) in [
        ("output = \"json\"\n", "checkpoint_unreadable"),
        ("qps = 999\noutput = \"json\"\n", "invalid_value"),
        ("output = \"json\"\nregoin = 1\n", "usage"),
        ("output = \"json\"\n[", "usage"),
    ] {
        env.write("im-unread.toml", file);
        let line = if file.starts_with("qps") {
            "rollback none"
        } else {
            "status none"
        };
        let failed = env.run(line).json();
        assert_eq!(failed["error"]["kind"], kind, "{file}");
        let failed = env.run(&format!("{line} --output text"));
        assert_eq!(failed.stdout, "", "{file}");
    }
    // A name of a file is no form.
    env.write("im-unread.toml", "output = \"json\"\n");
    assert_eq!(env.run("failures none --output x.csv").exits(5).stdout, "");
}

#[test]
fn a_file_of_a_secret_that_cannot_be_read_is_told_with_its_origin() {
    let (env, _) = two_rows();
    let line = "import in.csv --sdk-app-id 1 --region china";
    given(&env, line, (Typed, "secret-key-file", "none"))
        .exits(2)
        .says(&["`none`", "--secret-key-file"]);
    given(&env, line, (Environment, "secret-key-file", "none"))
        .exits(2)
        .says(&["`none`", "comes from `IM_UNREAD_SECRET_KEY_FILE`"]);
    given(&env, line, (File, "secret-key-file", "none"))
        .exits(2)
        .says(&["`none`", "comes from `secret-key-file` in line 3 of"]);
}
