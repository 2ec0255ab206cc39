//! One import from start to end: what arrives, what is told, what is refused.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{APP, Checkpoint, Row, Sim, TestEnv, rows, write_csv};

/// The identities that the contract promises for every result.
pub(crate) fn adds_up(result: &Value) {
    let number = |part: &str, name: &str| result[part][name].as_u64().unwrap();
    let calls = |name| number("calls", name);
    let rows = |name| number("rows", name);
    assert_eq!(
        calls("succeeded") + calls("failed") + calls("already_done") + calls("remaining"),
        calls("planned"),
        "{result}"
    );
    assert_eq!(
        rows("invalid") + rows("duplicates") + rows("skipped") + calls("planned"),
        rows("read"),
        "{result}"
    );
    assert_eq!(rows("valid") + rows("invalid"), rows("read"), "{result}");
    let by_code = result["failures_by_code"].as_object().unwrap();
    let failures: u64 = by_code.values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(failures, calls("failed"), "{result}");
}

fn row(group: &str, member: &str, count: u32) -> Row {
    Row {
        group: group.to_owned(),
        member: member.to_owned(),
        count,
    }
}

#[test]
fn each_row_is_set_exactly_once_to_its_value_and_the_result_adds_up() {
    let env = TestEnv::new();
    let rows = rows(300);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "run.jsonl");
    let result = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .json(0);
    adds_up(&result);
    assert_eq!(result["command"], "import");
    assert_eq!(result["outcome"], "completed");
    assert_eq!(result["reason"], Value::Null);
    assert_eq!(result["rows"]["read"], 300);
    assert_eq!(result["calls"]["succeeded"], 300);
    assert_eq!(result["calls"]["attempts"], 300);
    assert_eq!(result["checkpoint"], "run.jsonl");
    sim.holds(&rows, 1);
    assert_eq!(sim.calls(), 300, "not one call more");
    log.each_succeeded_once(300);
    // What is recorded is what was sent.
    for line in log.lines().iter().filter(|line| line["row"].is_u64()) {
        let index = usize::try_from(line["row"].as_u64().unwrap()).unwrap() - 1;
        assert_eq!(line["group_id"], rows[index].group.as_str());
        assert_eq!(line["member_account"], rows[index].member.as_str());
        assert_eq!(line["unread_num"], rows[index].count);
    }
}

#[test]
fn the_busiest_second_of_a_short_session_counts_all_of_its_calls() {
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(5));
    let result = env.command(["import", "in.csv", "--simulator"]).json(0);
    assert_eq!(result["pace"]["busiest_second"], 5, "{result}");
}

#[test]
fn the_checkpoint_is_private_ends_every_line_with_a_crc_and_begins_with_what_it_is_about() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(3));
    let sim = Sim::start(&env, &input, "");
    sim.import(&env, &input).run().exits(0);
    // Without --checkpoint it is named after the input and stands where the command ran.
    let log = Checkpoint::new(&env, "in.csv.checkpoint.jsonl");
    let mode = std::fs::metadata(&log.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let lines = log.lines();
    for line in &lines {
        assert_eq!(line["crc"].as_str().unwrap().len(), 8, "{line}");
    }
    let header = &lines[0];
    assert_eq!(header["type"], "header");
    assert_eq!(header["format"], 1);
    assert_eq!(header["calls"], 3);
    assert_eq!(header["target"]["sdk_app_id"], APP);
    assert_eq!(header["target"]["endpoint"], sim.url());
    assert_eq!(
        header["inputs"][0]["bytes"],
        std::fs::metadata(&input).unwrap().len()
    );
    assert_eq!(lines.last().unwrap()["event"], "completed");
}

/// Three rows, in every format.
const FORMATS: [(&str, &str); 6] = [
    (
        "a.csv",
        "group_id,member_account,unread_num\r\ng1,bob,5\r\ng1,alice,0\r\n\"g 2\",carol,4294967295\r\n",
    ),
    (
        "b.csv",
        "\u{feff}Dialog ID;User-ID;Unread Count\ng1;bob;5\ng1;alice;0\ng 2;carol;4294967295\n",
    ),
    (
        "c.tsv",
        "unread\tGroupId\tMember_Account\n5\tg1\tbob\n0\tg1\talice\n4294967295\tg 2\tcarol",
    ),
    (
        "d.jsonl",
        "{\"GroupId\":\"g1\",\"user\":\"bob\",\"count\":\"5\"}\n\n{\"group\":\"g1\",\"user\":\"alice\",\"count\":0}\n{\"room_id\":\"g 2\",\"user\":\"carol\",\"count\":4294967295.0}\n",
    ),
    (
        "e.json",
        "[{\"group_id\":\"g1\",\"member_account\":\"bob\",\"unread_num\":{\"$numberInt\":\"5\"}},\n{\"group_id\":\"g1\",\"member_account\":\"alice\",\"unread_num\":0},{\"group_id\":\"g 2\",\"member_account\":\"carol\",\"unread_num\":4294967295}]",
    ),
    (
        "f.psv",
        "group|account|unread\ng1|bob|5\ng1|alice|0\ng 2|carol|4294967295\n",
    ),
];

#[test]
fn every_format_and_several_files_carry_the_same_rows() {
    let env = TestEnv::new();
    let expected = [
        row("g1", "bob", 5),
        row("g1", "alice", 0),
        row("g 2", "carol", 4_294_967_295),
    ];
    let plain = env.write("world.csv", FORMATS[0].1);
    for (name, content) in FORMATS {
        let sim = Sim::start(&env, &plain, "");
        let input = env.write(name, content);
        let result = sim.import(&env, &input).json(0);
        adds_up(&result);
        assert_eq!(result["calls"]["succeeded"], 3, "{name}");
        sim.holds(&expected, 1);
    }
    let sim = Sim::start(&env, &plain, "");
    env.write("1.csv", "group_id,member_account,unread_num\ng1,bob,5\n");
    env.write(
        "2.jsonl",
        "{\"group\":\"g1\",\"user\":\"alice\",\"count\":0}\n",
    );
    env.write("3.csv", "user;count;group\ncarol;4294967295;g 2\n");
    let several = sim.aimed(env.command(["import", "1.csv", "2.jsonl", "3.csv", "--yes"]));
    let result = several
        .env("IM_UNREAD_SECRET_KEY", crate::support::KEY)
        .json(0);
    assert_eq!(result["rows"]["read"], 3);
    sim.holds(&expected, 1);
    let rows: BTreeSet<_> = Checkpoint::new(&env, "1.csv.checkpoint.jsonl")
        .lines()
        .iter()
        .filter_map(|line| line["row"].as_u64())
        .collect();
    assert_eq!(
        rows,
        BTreeSet::from([1, 2, 3]),
        "rows are numbered over all files"
    );
}

#[test]
fn standard_input_and_named_columns_are_read() {
    let env = TestEnv::new();
    let world = env.write(
        "world.csv",
        "group_id,member_account,unread_num\ng1,bob,5\n",
    );
    let sim = Sim::start(&env, &world, "");
    let stream = env.write("stream", "wer,wo,viel\nbob,g1,3\n");
    let result = sim
        .import(&env, "-".as_ref())
        .args("--column group_id=wo --column member_account=wer --column unread_num=viel")
        .stdin(&stream)
        .json(0);
    assert_eq!(result["checkpoint"], "stdin.checkpoint.jsonl");
    sim.holds(&[row("g1", "bob", 3)], 1);
}

const FLAWED: &str = "group_id,member_account,unread_num,group_type
g1,alice,5,Public
g1,bob,minus,Public
g1,carol,,Public
,dave,4,Public
room,erin,6,ChatRoom
hall,frank,7,AVChatRoom
g1,alice,5,Public
g1,gina,8,public
g2,henry,1,Private
g2,henry,2,Private
g1,ivan,0,Public
";

#[test]
fn an_invalid_row_exits_3_names_the_place_and_nothing_is_sent_or_written() {
    let env = TestEnv::new();
    let input = env.write("in.csv", FLAWED);
    let sim = Sim::start(&env, &input, "");
    let done = sim
        .import(&env, &input)
        .args("--checkpoint run.jsonl")
        .run()
        .exits(3);
    let told = format!("{}{}", done.stdout, done.stderr);
    for piece in ["in.csv", "3", "minus", "unread_num", "ChatRoom"] {
        assert!(told.contains(piece), "no `{piece}`: {told}");
    }
    assert_eq!(sim.calls(), 0);
    assert!(!env.path("run.jsonl").exists());
}

#[test]
fn with_on_invalid_skip_the_good_rows_are_set_the_others_recorded_and_the_exit_is_1() {
    let env = TestEnv::new();
    let input = env.write("in.csv", FLAWED);
    let sim = Sim::start(&env, &input, "");
    let import = || {
        sim.import(&env, &input)
            .args("--on-invalid skip --checkpoint run.jsonl")
    };
    let result = import().json(1);
    adds_up(&result);
    let rows = &result["rows"];
    assert_eq!(rows["read"], 11);
    assert_eq!(rows["invalid"], 7, "two of them the rows that disagree");
    assert_eq!(rows["duplicates"], 1);
    assert_eq!(result["calls"]["planned"], 3);
    let good = [
        row("g1", "alice", 5),
        row("g1", "gina", 8),
        row("g1", "ivan", 0),
    ];
    sim.holds(&good, 1);
    assert_eq!(
        sim.calls(),
        3,
        "no call for a type that would answer OK and do nothing"
    );
    let log = Checkpoint::new(&env, "run.jsonl");
    let rejected: BTreeSet<u64> = log
        .lines()
        .iter()
        .filter(|line| line["status"] == "rejected")
        .map(|line| line["row"].as_u64().unwrap())
        .collect();
    assert_eq!(rejected, BTreeSet::from([2, 3, 4, 5, 6, 9, 10]));
    let again = import().json(1);
    adds_up(&again);
    assert_eq!(again["calls"]["already_done"], 3);
    assert_eq!(sim.calls(), 3);
    let lines = log
        .lines()
        .iter()
        .filter(|line| line["status"] == "rejected")
        .count();
    assert_eq!(
        lines, 7,
        "a second session does not reject the same rows again"
    );
}

#[test]
fn duplicates_follow_the_policy_and_zeros_can_be_skipped() {
    let text = "group_id,member_account,unread_num\ng,a,3\ng,b,0\ng,a,9\ng,a,4\n";
    for (policy, count) in [("first", 3), ("last", 4), ("max", 9), ("sum", 16)] {
        let env = TestEnv::new();
        let input = env.write("in.csv", text);
        let world = env.write(
            "world.csv",
            "group_id,member_account,unread_num\ng,a,99\ng,b,9\n",
        );
        let sim = Sim::start(&env, &world, "");
        let result = sim
            .import(&env, &input)
            .args(&format!("--skip-zero --on-duplicate {policy}"))
            .json(0);
        adds_up(&result);
        assert_eq!(result["rows"]["duplicates"], 2, "{policy}");
        assert_eq!(result["rows"]["skipped"], 1, "{policy}");
        sim.holds(&[row("g", "a", count)], 1);
        assert_eq!(sim.calls(), 1, "{policy}");
    }
}

#[test]
fn the_plan_is_told_on_stderr_before_the_first_call() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(4));
    let sim = Sim::start(&env, &input, "");
    let done = sim.import(&env, &input).args("--qps 100").run().exits(0);
    let app = APP.to_string();
    let done = done.says(&[
        "reading `",
        "rows       4 read: 4 valid, 0 invalid, 0 duplicate, 0 skipped",
        "calls      4",
        "target     app ",
        &app,
        sim.url(),
        "as administrator",
        "pace       100 calls/s: about 40 ms, until ",
        "checkpoint in.csv.checkpoint.jsonl (new)",
    ]);
    assert!(!done.stderr.contains("[y/N]"), "nobody is there to answer");
    assert!(
        done.stdout.starts_with("import completed\n"),
        "{}",
        done.stdout
    );
    let quiet = sim.import(&env, &input).args("-q").run().exits(0);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_dry_run_and_validate_send_nothing_and_leave_no_checkpoint() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(4));
    let sim = Sim::start(&env, &input, "");
    sim.import(&env, &input).args("--dry-run").run().exits(0);
    env.run("import in.csv --dry-run").exits(0);
    env.run("validate in.csv").exits(0);
    assert_eq!(sim.calls(), 0);
    let left = std::fs::read_dir(env.root()).unwrap().count();
    assert_eq!(left, 1, "nothing but the input");
}

#[test]
fn refused_rows_are_failures_with_the_codes_of_the_api_and_the_rest_is_set() {
    let env = TestEnv::new();
    let world = env.write(
        "world.csv",
        "group_id,member_account,unread_num\ng,a,9\ng,b,9\n",
    );
    let input = env.write(
        "in.csv",
        "group_id,member_account,unread_num\ng,a,1\ng,nobody,2\nnowhere,a,3\ng,b,4\n",
    );
    let sim = Sim::start(&env, &world, "");
    let result = sim.import(&env, &input).json(1);
    adds_up(&result);
    assert_eq!(result["outcome"], "completed");
    assert_eq!(result["calls"]["succeeded"], 2);
    assert_eq!(result["calls"]["failed"], 2);
    assert_eq!(result["failures_by_code"]["10010"], 1, "{result}");
    sim.holds(&[row("g", "a", 1), row("g", "b", 4)], 1);
    let log = Checkpoint::new(&env, "in.csv.checkpoint.jsonl");
    assert_eq!(log.with_status("failed").len(), 2);
}
