//! An input that changed, or a checkpoint that lay about: what is repeated, and what is asked.

use std::path::Path;

use serde_json::Value;

use crate::import::adds_up;
use crate::support::{Checkpoint, Done, Held, KEY, Row, Sim, TestEnv, rows, until, write_csv};

/// A finished import of `rows` into `run.jsonl`; every id of `world` is known to the target.
fn imported(env: &TestEnv, rows: &[Row], world: &[Row]) -> Sim {
    let world = write_csv(env, "world.csv", world);
    let sim = Sim::start(env, &world, "");
    let input = write_csv(env, "in.csv", rows);
    sim.import(env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(0);
    sim
}

fn held(sim: &Sim, row: &Row) -> Held {
    sim.unread()[&(row.group.clone(), row.member.clone())]
}

#[test]
fn changed_input_goes_by_identity_whatever_was_inserted_removed_reordered_or_changed() {
    let env = TestEnv::new();
    let before = rows(40);
    let all = rows(45);
    let sim = imported(&env, &before, &all);
    let mut after = all.clone();
    after.remove(3);
    after[10].count ^= 1;
    after.reverse();
    let input = write_csv(&env, "in.csv", &after);
    let refused = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(5)
        .says(&["40 rows, now it has 44", "--changed-input"]);
    assert!(refused.stdout.is_empty());
    let done = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl --changed-input --output json")
        .run()
        .exits(0);
    let result = done.json();
    adds_up(&result);
    assert_eq!(result["calls"]["planned"], 44);
    assert_eq!(result["calls"]["already_done"], 38);
    assert_eq!(result["calls"]["succeeded"], 6, "five new and one changed");
    for row in &after {
        assert_eq!(held(&sim, row).count, row.count, "{row:?}");
    }
    let twice: Vec<_> = before
        .iter()
        .filter(|row| held(&sim, row).calls > 1)
        .collect();
    assert_eq!(twice.len(), 1, "only the row with another count: {twice:?}");
    // From here on the checkpoint is of the new input.
    let again = Sim::resume(&env, &env.path("run.jsonl")).json(0);
    adds_up(&again);
    assert_eq!(again["calls"]["already_done"], 44);
    assert_eq!(again["calls"]["attempts"], 0);
}

/// The line that replaces the input could not be read back when it held failures: the checkpoint
/// counted as damaged from then on.
#[test]
fn a_checkpoint_with_failures_goes_on_after_its_input_changed() {
    let env = TestEnv::new();
    let world = write_csv(&env, "world.csv", &rows(5));
    let sim = Sim::start(&env, &world, "");
    let input = write_csv(&env, "in.csv", &rows(7));
    let import = || sim.import(&env, &input).args("--checkpoint run.jsonl");
    import().run().exits(1);
    let mut after = rows(7);
    after.reverse();
    write_csv(&env, "in.csv", &after);
    let changed = import().args("--changed-input").json(1);
    adds_up(&changed);
    assert_eq!(changed["calls"]["already_done"], 7);
    let log = Checkpoint::new(&env, "run.jsonl");
    assert_eq!(log.calls(&env)["failed"], 2);
    let resumed = Sim::resume(&env, &log.path).json(1);
    assert_eq!(resumed["calls"]["attempts"], 0);
    env.run("failures run.jsonl --output failures.csv")
        .exits(0)
        .says(&["2 rows"]);
}

/// Calls that were done before have no number, and yet were reserved: a kill left more calls in
/// doubt than the plan has.
#[test]
fn the_parts_of_the_status_add_up_when_a_changed_input_is_killed_half_way() {
    let env = TestEnv::new();
    let all = rows(150);
    let sim = imported(&env, &rows(50), &all);
    let input = write_csv(&env, "in.csv", &all);
    let log = Checkpoint::new(&env, "run.jsonl");
    let before = log.outcomes();
    let session = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl --changed-input")
        .start();
    until("new rows are settled", || {
        (log.outcomes() >= before + 20).then_some(())
    });
    session.kill().was_killed();
    let calls = log.calls(&env);
    let part = |name: &str| calls[name].as_u64().unwrap();
    assert_eq!(part("planned"), 150);
    assert!(part("succeeded") >= 70, "{calls}");
    let doubt = part("in_doubt") + part("never_sent");
    assert_eq!(
        part("succeeded") + part("failed") + part("exhausted") + doubt,
        150,
        "{calls}"
    );
    Sim::resume(&env, &log.path).run().exits(0);
    sim.holds(&all, 2);
}

/// The second input was killed with calls in doubt, and the first one came back: "already done", it
/// said, while the target held counts of the second.
#[test]
fn an_input_that_comes_back_sends_again_what_the_other_may_have_overwritten() {
    let env = TestEnv::new();
    let first = rows(600);
    let mut second = first.clone();
    for row in &mut second {
        row.count ^= 1;
    }
    let world = write_csv(&env, "world.csv", &first);
    let sim = Sim::start(&env, &world, "--latency 400ms");
    let input = write_csv(&env, "in.csv", &first);
    let import = || sim.import(&env, &input).args("--checkpoint run.jsonl");
    import().run().exits(0);
    let log = Checkpoint::new(&env, "run.jsonl");
    let before = log.outcomes();
    write_csv(&env, "in.csv", &second);
    let session = import().args("--changed-input").start();
    until("new counts are settled", || {
        (log.outcomes() >= before + 20).then_some(())
    });
    session.kill().was_killed();
    let differs = |row: &Row| held(&sim, row).count != row.count;
    let overwritten = first.iter().filter(|row| differs(row)).count();
    assert!(overwritten > log.outcomes() - before, "some are in doubt");
    write_csv(&env, "in.csv", &first);
    let back = import().args("--changed-input").json(0);
    adds_up(&back);
    let wrong: Vec<_> = first.iter().filter(|row| differs(row)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(
        back["calls"]["already_done"].as_u64().unwrap() > 0,
        "{back}"
    );
    // What an earlier line records and nothing may have replaced is not sent again.
    let again = import().json(0);
    assert_eq!(again["calls"]["attempts"], 0);
}

#[test]
fn the_plan_of_a_changed_input_tells_what_is_done_new_changed_and_gone() {
    let env = TestEnv::new();
    let sim = imported(&env, &rows(10), &rows(12));
    let mut after = rows(12);
    after.remove(0);
    after[0].count ^= 1;
    let input = write_csv(&env, "in.csv", &after);
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl --changed-input")
        .run()
        .exits(0)
        .says(&[
            "11 planned: 8 done, 3 to send",
            "2 new, 1 with another count, 1 no longer in the input",
        ]);
}

/// An import that was begun, and whose input then grew by rows of a group that is not there.
fn grown(env: &TestEnv, options: &str) -> Sim {
    let world = write_csv(env, "world.csv", &rows(8));
    let sim = Sim::start(env, &world, "");
    let input = write_csv(env, "in.csv", &rows(5));
    if options.contains("--preflight") {
        checked(&sim, env).exits(0);
    }
    sim.import(env, &input)
        .args(&format!(
            "--checkpoint run.jsonl --on-invalid skip {options}"
        ))
        .run()
        .exits(0);
    let mut after = rows(8);
    for row in &mut after[6..] {
        row.group = "nowhere".into();
        row.count = 1_000_000;
    }
    write_csv(env, "in.csv", &after);
    sim
}

/// The online checks of `in.csv`, in `checks.jsonl`.
fn checked(sim: &Sim, env: &TestEnv) -> Done {
    let validate = sim.aimed(env.command(["validate", "in.csv"]));
    let validate = validate.args("--online --preflight checks.jsonl");
    validate.env("IM_UNREAD_SECRET_KEY", KEY).run()
}

#[test]
fn a_changed_input_takes_online_checks_of_its_own() {
    let env = TestEnv::new();
    let sim = grown(&env, "");
    checked(&sim, &env).exits(3);
    let import = || {
        let import = sim.import(&env, &env.path("in.csv"));
        import.args("--checkpoint run.jsonl --on-invalid skip --preflight checks.jsonl")
    };
    drop(import().run().exits(5).says(&["--preflight"]));
    let grown = import()
        .args("--changed-input --output json")
        .run()
        .exits(1);
    let result = grown.json();
    adds_up(&result);
    assert_eq!(result["rows"]["invalid"], 2);
    assert_eq!(result["calls"]["already_done"], 5);
    assert_eq!(
        result["calls"]["succeeded"], 1,
        "the rows of no group are not sent"
    );
    let unread: u64 = rows(6).iter().map(|row| u64::from(row.count)).sum();
    let unread = unread.to_string();
    let words = grown.stderr.replace(',', "");
    assert!(words.contains(&format!("{unread} in all")), "{words}");
    // A resume finds the input and its checks as the log has them.
    let again = Sim::resume(&env, &env.path("run.jsonl")).json(1);
    assert_eq!(again["calls"]["attempts"], 0);
    assert_eq!(again["calls"]["planned"], 6);
}

#[test]
fn a_resume_with_a_changed_input_needs_checks_of_that_input() {
    let env = TestEnv::new();
    let sim = grown(&env, "--preflight checks.jsonl");
    let resume = || {
        let resume = Sim::resume(&env, &env.path("run.jsonl"));
        resume.args("--changed-input")
    };
    let words = ["of another input", "--changed-input --preflight"];
    drop(resume().run().exits(5).says(&words));
    checked(&sim, &env).exits(3);
    let result = resume().json(1);
    adds_up(&result);
    assert_eq!(result["calls"]["succeeded"], 1);
    let again = Sim::resume(&env, &env.path("run.jsonl")).json(1);
    assert_eq!(again["calls"]["attempts"], 0);
}

#[test]
fn a_file_that_holds_no_online_checks_is_left_alone_and_told_as_such() {
    let env = TestEnv::new();
    let text = "notes of mine, on one line";
    env.write("notes.txt", text);
    write_csv(&env, "in.csv", &rows(2));
    let words = "import in.csv --simulator --checkpoint run.jsonl --preflight notes.txt";
    drop(env.run(words).exits(5).says(&[
        "notes.txt` is damaged at line 1",
        "that `im-unread validate --online` wrote",
    ]));
    assert_eq!(env.read("notes.txt"), text);
}

#[test]
fn a_late_resume_needs_a_yes_of_its_own_since_users_may_have_read_meanwhile() {
    let env = TestEnv::new();
    let world = write_csv(&env, "world.csv", &rows(3));
    let sim = Sim::start(&env, &world, "--fault code:10002=1 --faults-per-call 1");
    let input = write_csv(&env, "in.csv", &rows(3));
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl --max-attempts 1")
        .run()
        .exits(1);
    let calls = sim.calls();
    let resume = || Sim::resume(&env, &env.path("run.jsonl")).args("--stale-after 1ms");
    resume().run().exits(2).says(&[
        "not confirmed: nothing was sent",
        "give --accept-stale",
        "--stale-after",
    ]);
    assert_eq!(sim.calls(), calls);
    resume().args("--accept-stale").run().exits(0);
    sim.holds(&rows(3), 1);
}

/// The cells of a CSV without quotes in it.
fn cells(line: &str) -> Vec<&str> {
    line.split(',').collect()
}

#[test]
fn failures_writes_a_csv_that_corrected_imports() {
    let env = TestEnv::new();
    let world = env.write(
        "world.csv",
        "group_id,member_account,unread_num\ng,a,9\ng,b,9\ng,c,9\n",
    );
    let sim = Sim::start(&env, &world, "");
    let input = env.write(
        "in.csv",
        "group_id,member_account,unread_num,group_type\ng,a,1,Public\ng,bb,2,Public\ng,c,x3,Public\n",
    );
    let import = |input: &Path, log: &str| {
        sim.import(&env, input)
            .args(&format!("--on-invalid skip --checkpoint {log}"))
    };
    import(&input, "run.jsonl")
        .run()
        .exits(1)
        .says(&["im-unread failures /", "/run.jsonl --output /"]);
    env.run("failures run.jsonl --output failures.csv")
        .exits(0)
        .says(&["2 rows"]);
    let text = env.read("failures.csv");
    let lines: Vec<Vec<&str>> = text.lines().map(cells).collect();
    let columns = [
        "group_id",
        "member_account",
        "unread_num",
        "group_type",
        "reason_code",
    ];
    assert_eq!(lines[0][..5], columns);
    let mut found: Vec<_> = lines[1..].iter().map(|line| line[..3].to_vec()).collect();
    found.sort();
    assert_eq!(found, [["g", "bb", "2"], ["g", "c", "x3"]]);
    let reasons: String = text.lines().skip(1).collect();
    assert!(reasons.contains("unread_num_not_a_number"), "{text}");
    let corrected = text.replace("g,bb,", "g,b,").replace("x3", "3");
    let corrected = env.write("corrected.csv", corrected);
    let result = import(&corrected, "second.jsonl").json(0);
    adds_up(&result);
    for (member, count) in [("a", 1), ("b", 2), ("c", 3)] {
        let row = Row {
            group: "g".to_owned(),
            member: member.to_owned(),
            count,
        };
        assert_eq!(held(&sim, &row).count, count, "{member}");
    }
}

#[test]
fn validate_tells_every_problem_with_its_place_and_its_number() {
    let env = TestEnv::new();
    env.write(
        "in.csv",
        "group_id,member_account,unread_num,group_type\n\
         g,a,5,Public\n\
         g,b,minus,Public\n\
         ,c,,Public\n\
         room,d,1,Meeting\n",
    );
    let result = env.run("validate in.csv --output json").exits(3).json();
    assert_eq!(result["command"], "validate");
    assert_eq!(result["outcome"], "invalid");
    assert_eq!(result["rows"]["read"], 4);
    assert_eq!(result["rows"]["invalid"], 3);
    assert_eq!(result["calls"]["planned"], 1);
    let problems = result["problems"].as_array().unwrap();
    let example = |code: &str| {
        let problem = problems.iter().find(|problem| problem["code"] == code);
        let problem = problem.unwrap_or_else(|| panic!("no `{code}`: {result}"));
        assert_eq!(problem["count"], 1, "{code}");
        assert_eq!(problem["severity"], "error", "{code}");
        problem["examples"][0].clone()
    };
    for (code, line, column, found) in [
        (
            "unread_num_not_a_number",
            3,
            "unread_num",
            Value::from("minus"),
        ),
        (
            "unsupported_group_type",
            5,
            "group_type",
            Value::from("Meeting"),
        ),
    ] {
        let example = example(code);
        assert_eq!(example["line"], line, "{code}");
        assert_eq!(example["column"], column, "{code}");
        assert_eq!(example["found"], found, "{code}");
        assert!(
            example["file"].as_str().unwrap().ends_with("in.csv"),
            "{code}"
        );
    }
    assert_eq!(example("unread_num_unknown")["line"], 4);
    let told = env.run("validate in.csv").exits(3);
    for piece in ["in.csv", "minus", "Meeting"] {
        let text = format!("{}{}", told.stdout, told.stderr);
        assert!(text.contains(piece), "no `{piece}`: {text}");
    }
    let same = env
        .run("import in.csv --dry-run --output json")
        .exits(3)
        .json();
    assert_eq!(same["problems"], result["problems"]);
}

#[test]
fn what_a_spreadsheet_would_run_is_written_so_that_it_does_not_and_reads_back_unchanged() {
    let env = TestEnv::new();
    let world = env.write("world.csv", "group_id,member_account,unread_num\ng,a,9\n");
    let sim = Sim::start(&env, &world, "");
    let input = env.write(
        "in.csv",
        "group_id,member_account,unread_num\n=1+1,@SUM(A1),7\n-g,+a,8\ng,a,9\n",
    );
    sim.import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(1);
    env.run("failures run.jsonl --output failures.csv").exits(0);
    let text = env.read("failures.csv");
    for line in text.lines().skip(1) {
        for cell in line.split(',') {
            let first = cell.trim_start_matches('"').chars().next();
            assert!(!matches!(first, Some('=' | '+' | '-' | '@')), "{line}");
        }
    }
    let second = sim
        .import(&env, &env.path("failures.csv"))
        .args("--checkpoint second.jsonl")
        .run()
        .exits(1);
    assert!(second.stdout.contains("2 read"), "{}", second.stdout);
    let keys = |log: &str| {
        let mut keys = Checkpoint::new(&env, log).with_status("failed");
        keys.sort();
        keys
    };
    assert_eq!(keys("second.jsonl"), keys("run.jsonl"));
}
