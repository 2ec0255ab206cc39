//! Every command that is printed is complete: pasted into a shell, it does what it says.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{APP, Checkpoint, KEY, Sim, TestEnv, rows, until, write_csv};

/// The commands in a text, each on a line of its own.
pub(crate) fn commands(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let commands = lines.filter(|line| line.starts_with("im-unread "));
    commands.map(str::to_owned).collect()
}

/// The one command with these words.
pub(crate) fn command(text: &str, words: &str) -> String {
    let mut found = commands(text);
    found.retain(|command| command.contains(words));
    assert_eq!(found.len(), 1, "`{words}` in {text}");
    found.remove(0)
}

/// Runs a line as a user pastes it: in another directory, without a credential in the environment.
fn paste(env: &TestEnv, line: &str) -> Output {
    let elsewhere = env.path("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_im-unread"));
    Command::new("/bin/sh")
        .args(["-c", line])
        .env_clear()
        .env("PATH", binary.parent().unwrap())
        .env("TMPDIR", env.root())
        .current_dir(elsewhere)
        .output()
        .unwrap()
}

pub(crate) fn pasted(env: &TestEnv, line: &str, code: i32) -> String {
    let output = paste(env, line);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{line}\n{stderr}");
    stderr
}

#[test]
fn an_interrupted_import_tells_a_resume_with_its_key_file_limits_and_reports() {
    let env = TestEnv::new();
    let rows = rows(120);
    let input = write_csv(&env, "in.csv", &rows);
    std::fs::copy(&input, env.path("in put.csv")).unwrap();
    let sim = Sim::start(&env, &input, "--latency 50ms");
    env.write("the key", KEY);
    let log = Checkpoint::new(&env, "it's.jsonl");
    let running = sim
        .aimed(env.command(["import", "in put.csv", "--yes"]))
        .args("--qps 100 --max-in-flight 20 --max-attempts 5 --max-failures 7 --timeout 5s")
        .args("--outage-limit 2m --early-stop 9 --stale-after 2h --report done.json")
        .arg("--secret-key-file=the key")
        .arg("--checkpoint=it's.jsonl")
        .start();
    until("some calls have their outcome", || {
        (log.outcomes() >= 20).then_some(())
    });
    running.signal("TERM");
    let done = running.wait().exits(143);
    let line = command(&done.stderr, "resume");
    for words in [
        "--qps 100",
        "--max-in-flight 20",
        "--max-attempts 5",
        "--max-failures 7",
        "--timeout 5s",
        "--outage-limit 2m",
        "--early-stop 9",
        "--stale-after 2h",
    ] {
        assert!(line.contains(words), "`{words}`: {line}");
    }
    assert!(!line.contains("--yes"), "{line}");
    // The report of the interrupted session tells the same command.
    assert!(env.read("done.json").contains("--qps 100"));
    std::fs::remove_file(env.path("done.json")).unwrap();
    pasted(&env, &line, 2);
    let told = pasted(&env, &format!("{line} --yes"), 0);
    assert!(told.contains("100 calls/s"), "{told}");
    assert!(env.read("done.json").contains("\"completed\""));
    sim.holds(&rows, 1);
}

#[test]
fn the_rollback_that_a_snapshot_tells_goes_to_the_same_target() {
    let env = TestEnv::new();
    let before = rows(6);
    let world = write_csv(&env, "world.csv", &before);
    let sim = Sim::start(&env, &world, "");
    let mut after = before.clone();
    for row in &mut after {
        row.count = 0;
    }
    let input = write_csv(&env, "in.csv", &after);
    env.write("key", KEY);
    sim.import(&env, &world).run().exits(0);
    let done = sim
        .aimed(env.command(["import"]).arg(&input))
        .args("--yes --secret-key-file key --qps 150 --snapshot before.jsonl")
        .run()
        .exits(0);
    let line = command(&done.stderr, "rollback");
    assert!(line.contains("--qps 150"), "{line}");
    let told = pasted(&env, &format!("{line} --yes"), 0);
    assert!(told.contains("150 calls/s"), "{told}");
    for (key, held) in sim.unread() {
        let row = before
            .iter()
            .find(|row| (&row.group, &row.member) == (&key.0, &key.1));
        assert_eq!(held.count, row.unwrap().count, "{key:?}");
    }
}

#[test]
fn what_failed_and_what_is_left_are_told_as_commands_that_work() {
    let env = TestEnv::new();
    let rows = rows(60);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "--fault code:10010=1 --faults-per-call 1");
    env.write("key", KEY);
    // A file that a person has corrected keeps its rows.
    env.write("failures.csv", "corrected");
    let import = |sim: &Sim, checkpoint: &str, options: &str| {
        sim.aimed(env.command(["import", "in.csv", "--yes", "--secret-key-file", "key"]))
            .args(&format!(
                "--max-in-flight 1 --checkpoint {checkpoint} {options}"
            ))
            .run()
            .exits(4)
            .stderr
    };
    let told = import(&sim, "1.jsonl", "--max-failures 3");
    let failures = command(&told, " failures ");
    assert!(failures.contains("failures-2.csv"), "{failures}");
    pasted(&env, &failures, 0);
    assert_eq!(env.read("failures.csv"), "corrected");
    assert!(env.read("failures-2.csv").lines().count() >= 5);
    pasted(&env, &format!("{} --yes", command(&told, "resume")), 4);

    let status = env.run("status 1.jsonl").exits(0).stdout;
    let line = commands(&format!(
        "  {}",
        status.rsplit("next").next().unwrap().trim()
    ))
    .remove(0);
    // Each call is refused once, so the first 50 of those that are left are.
    // It has the limits of the last session.
    assert!(line.contains("--max-failures 3"), "{line}");
    let line = line.replace(" --max-failures 3", "");
    let told = pasted(&env, &format!("{line} --yes"), 4);
    let line = command(&told, "--no-early-stop");
    pasted(&env, &format!("{line} --yes"), 1);

    let sim = Sim::start(&env, &input, "--fault code:10010=1 --faults-per-call 1");
    let told = import(&sim, "2.jsonl", "--early-stop 5");
    let line = command(&told, "--retry-failed");
    let refused = Checkpoint::new(&env, "2.jsonl").with_status("failed");
    pasted(&env, &format!("{line} --yes"), 1);
    let succeeded = Checkpoint::new(&env, "2.jsonl").with_status("succeeded");
    assert_eq!((refused.len(), succeeded), (5, refused));
}

#[test]
fn a_command_is_one_line_however_narrow_the_terminal_is() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(3));
    let sim = Sim::start(&env, &input, "");
    env.write("key", "another-key-than-the-right-one-0123456789");
    let screen = sim
        .aimed(env.command(["import", "in.csv", "--yes", "--checkpoint", "my run.jsonl"]))
        .args("--secret-key-file key --report a-rather-long-name-of-a-report.html")
        .env("COLUMNS", "60")
        .start_on_terminal()
        .exits(4);
    let line = command(&screen, "resume");
    assert!(
        line.ends_with("a-rather-long-name-of-a-report.html"),
        "{line}"
    );
    env.write("key", KEY);
    pasted(&env, &format!("{line} --yes"), 0);
    sim.holds(&rows(3), 1);
}

#[test]
fn while_an_app_has_accepted_nothing_the_corrected_import_begins_its_log_anew() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(4));
    let sim = Sim::start(&env, &input, "");
    let import = |app: u64| {
        env.command(["import", "in.csv", "--yes", "--checkpoint", "run.jsonl"])
            .args(&format!("--sdk-app-id {app} --endpoint {}", sim.url()))
            .env("IM_UNREAD_SECRET_KEY", KEY)
            .run()
    };
    let told = import(APP + 1).exits(4);
    assert!(
        told.stderr
            .contains("give `import` again with the right one"),
        "{}",
        told.stderr
    );
    let wrong = env.read("run.jsonl");
    let told = import(APP + 2).exits(4);
    assert!(
        told.stderr.contains("run.jsonl.former-1`"),
        "{}",
        told.stderr
    );
    assert_eq!(env.read("run.jsonl.former-1"), wrong);
    let told = import(APP).exits(0);
    assert!(
        told.stderr.contains("run.jsonl.former-2`"),
        "{}",
        told.stderr
    );
    assert_eq!(env.read("run.jsonl.former-1"), wrong);
    Checkpoint::new(&env, "run.jsonl").each_succeeded_once(4);
    sim.holds(&rows(4), 1);
    let accepted = env.read("run.jsonl");
    drop(
        import(APP + 1)
            .exits(5)
            .says(&["belongs to another import"]),
    );
    assert_eq!(env.read("run.jsonl"), accepted);
}

#[test]
fn a_call_in_doubt_binds_the_log_to_its_app() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(40));
    let sim = Sim::start(&env, &input, "--latency 20s");
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .start();
    until("a call is at the server", || {
        (sim.calls() > 0).then_some(())
    });
    running.kill().was_killed();
    assert_eq!(log.outcomes(), 0);
    let before = env.read("run.jsonl");
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl --identifier somebody")
        .run()
        .exits(5)
        .says(&["belongs to another import"]);
    assert_eq!(env.read("run.jsonl"), before);
}

#[test]
fn an_import_of_standard_input_is_told_with_all_its_options() {
    let env = TestEnv::new();
    let text = "g;m;n\ng1;a;3\ng1;b;4\ng2;a;0\ng3;c;x\n";
    let input = env.write("in.txt", text);
    let world = env.write(
        "world.csv",
        "group_id,member_account,unread_num\ng1,a,9\ng1,b,9\ng2,a,9\n",
    );
    let sim = Sim::start(&env, &world, "--fault code:10002=1 --faults-per-call 1");
    env.write("key", KEY);
    sim.aimed(env.command(["import", "-", "--yes", "--secret-key-file", "key"]))
        .args("--column group_id=g --column member_account=m --column unread_num=n")
        .args("--delimiter ; --skip-zero --on-invalid skip --max-attempts 1")
        .args("--checkpoint run.jsonl")
        .stdin(&input)
        .run()
        .exits(1);
    let refused = env
        .run("resume run.jsonl --yes --secret-key-file key")
        .exits(2);
    let line = command(&refused.stderr, "import - ");
    pasted(&env, &format!("{line} --yes < {}", input.display()), 1);
    let counts: Vec<u32> = sim.unread().values().map(|held| held.count).collect();
    assert_eq!(counts[..2], [3, 4]);
    assert_eq!(
        Checkpoint::new(&env, "run.jsonl")
            .with_status("succeeded")
            .len(),
        2
    );
}

#[test]
fn what_a_validation_suggests_reads_the_input_in_the_same_way() {
    let env = TestEnv::new();
    env.write("in put.txt", "g;m;n\ng1;a;3\ng1;b;x\n");
    let columns =
        "--column group_id=g --column member_account=m --column unread_num=n --delimiter ;";
    let validate = |name: &str| {
        env.command(["validate", name, "--report", "r.json"])
            .args(columns)
            .run()
    };
    drop(validate("in put.txt").exits(3));
    let report: serde_json::Value = serde_json::from_str(&env.read("r.json")).unwrap();
    let steps: Vec<&str> = report["next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["command"].as_str().unwrap())
        .collect();
    assert_eq!(steps.len(), 2);
    pasted(&env, steps[0], 3);
    assert!(env.read("rejects.csv").contains("g1;b;x"));
    pasted(&env, steps[1], 1);
}

#[test]
fn a_rehearsal_goes_on_as_a_rehearsal_in_its_own_world() {
    let env = TestEnv::new();
    let rows = rows(300);
    write_csv(&env, "in.csv", &rows);
    // A world without a group: rows fail, and would not in one made from the input.
    env.write(
        "world.json",
        serde_json::json!({"accounts": [], "groups": []}).to_string(),
    );
    let log = Checkpoint::new(&env, "run.jsonl");
    let running = env
        .command(["import", "in.csv", "--simulator", "--no-early-stop"])
        .args("--simulator-world world.json --checkpoint run.jsonl")
        .start();
    until("a call has its outcome", || {
        (log.outcomes() > 0).then_some(())
    });
    running.signal("INT");
    let told = running.wait();
    let refused = env
        .run("resume run.jsonl --endpoint https://console.tim.qq.com")
        .exits(2);
    assert!(
        !refused.stderr.contains("calls go to"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("rehearsal"), "{}", refused.stderr);
    pasted(&env, &command(&told.stderr, "resume"), 1);
    assert_eq!(log.with_status("succeeded").len(), 0);
    assert_eq!(log.with_status("failed").len(), 300);
}
