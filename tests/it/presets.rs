//! Exports of other systems, as a user gives them to the tool.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Done, TestEnv};

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples/presets")
        .join(name)
}

/// Runs `words` with the sample as the input.
fn on_sample(env: &TestEnv, words: &str, name: &str) -> Done {
    env.command(words.split_whitespace())
        .arg(sample(name))
        .run()
}

#[test]
fn presets_are_listed_and_one_that_is_printed_can_be_used_as_a_file() {
    let env = TestEnv::new();
    let listed = env.run("presets").exits(0);
    listed.prints(&[
        "quickblox (QuickBlox)",
        "rocketchat (Rocket.Chat)",
        "seq_user",
    ]);
    let listed = env.run("presets --output json").exits(0).json();
    assert_eq!(listed.as_array().unwrap().len(), 22);
    let shown = env.run("presets show quickblox").exits(0);
    env.write("mine.toml", &shown.stdout);
    let words = "validate --output json --user 301 --preset";
    let by_name = on_sample(
        &env,
        &format!("{words} quickblox"),
        "quickblox/dialogs.json",
    )
    .exits(3);
    let by_file = on_sample(
        &env,
        &format!("{words} mine.toml"),
        "quickblox/dialogs.json",
    )
    .exits(3);
    assert_eq!(by_name.stdout, by_file.stdout);
    assert!(
        by_file
            .stderr
            .contains("preset mine/dialogs, told by `items[]._id`")
    );
}

#[test]
fn a_preset_that_cannot_be_used_is_explained() {
    let env = TestEnv::new();
    let done = on_sample(&env, "validate --preset nothing", "yunxin/sessions.jsonl").exits(2);
    done.says(&["`--preset nothing` is no preset", "quickblox", "`auto`"]);
    let done = on_sample(
        &env,
        "validate --preset yunxin/none",
        "yunxin/sessions.jsonl",
    )
    .exits(2);
    done.says(&[
        "preset `yunxin` has no form `none`",
        "conversations, pages, sessions",
    ]);
    for (text, complaint) in [
        (
            "system = \"x\"\nfrom = 1\n",
            "bad.toml:2:1: unknown field `from`",
        ),
        (
            "system = \"x\"\n[[form]]\nname = \"a\"\nabout = \"b\"\ndetect = [\"a..b\"]\n",
            "bad.toml:5:10: `a..b` has an empty part",
        ),
        (
            "system = \"x\"\n[[form]]\nname = \"a\"\nabout = \"b\"\ndetect = [\"a\"]\ngroup = \"a\"\ncount = \"c\"\n",
            "bad.toml:3:1: form `a` needs `group` and `member`",
        ),
    ] {
        env.write("bad.toml", text);
        let done = on_sample(&env, "validate --preset bad.toml", "yunxin/sessions.jsonl").exits(2);
        done.says(&[complaint, "presets show"]);
    }
    let done = on_sample(&env, "validate --preset stream", "yunxin/sessions.jsonl").exits(3);
    done.says(&[
        "none of the forms of preset stream",
        "channels has `channels[].channel.cid`",
    ]);
}

#[test]
fn what_is_left_out_is_the_same_in_every_form_of_the_result() {
    let env = TestEnv::new();
    let words = "validate --preset auto --report v.json --report v.html --output json";
    let validated = on_sample(&env, words, "yunxin/conversations.jsonl")
        .exits(3)
        .json();
    let expected = serde_json::json!(
        [{"reason": "one_to_one", "rows": 1, "unread": 2, "unknown": 0}]
    );
    let remarks = serde_json::json!([{"reason": "muted", "rows": 1, "unread": 120, "unknown": 0}]);
    assert_eq!(validated["left_out"], expected);
    assert_eq!(validated["remarks"], remarks);
    let report: Value = serde_json::from_str(&env.read("v.json")).unwrap();
    assert_eq!(
        (&report["left_out"], &report["remarks"]),
        (&expected, &remarks)
    );
    assert!(env.read("v.html").contains("one_to_one"));
    let words = "import --preset auto --on-invalid skip --simulator --yes --checkpoint c.jsonl --report i.json --report i.html --output json";
    let imported = on_sample(&env, words, "yunxin/conversations.jsonl")
        .exits(1)
        .json();
    assert_eq!(
        (&imported["left_out"], &imported["remarks"]),
        (&expected, &remarks)
    );
    assert_eq!(imported["calls"]["succeeded"], 2);
    let report: Value = serde_json::from_str(&env.read("i.json")).unwrap();
    assert_eq!(
        (&report["left_out"], &report["remarks"]),
        (&expected, &remarks)
    );
    assert!(env.read("i.html").contains("one_to_one"));
    let text = on_sample(&env, "validate --preset auto", "yunxin/conversations.jsonl").exits(3);
    text.prints(&["left out    rows  unread\none_to_one  1          2"]);
}

#[test]
fn a_checkpoint_knows_its_preset_and_the_choices() {
    let env = TestEnv::new();
    let shown = env.run("presets show yunxin").exits(0);
    env.write("mine.toml", &shown.stdout);
    let words =
        "import --preset mine.toml --on-capped lower-bound --simulator --yes --checkpoint c.jsonl";
    let first = on_sample(&env, words, "yunxin/conversations.jsonl").exits(0);
    first.prints(&["3 planned: 3 succeeded"]);
    let again = on_sample(&env, words, "yunxin/conversations.jsonl").exits(0);
    again.prints(&["3 already done"]);
    env.run("resume c.jsonl --yes")
        .exits(0)
        .prints(&["3 already done"]);
    let other = words.replace("lower-bound", "skip");
    let refused = on_sample(&env, &other, "yunxin/conversations.jsonl").exits(5);
    refused.says(&["--on-capped lower-bound", "--on-capped skip"]);
    env.write("mine.toml", format!("{}# another\n", shown.stdout));
    let refused = env.run("resume c.jsonl --yes").exits(5);
    refused.says(&["mine.toml` is not the one the import was begun with"]);
}

#[test]
fn the_user_of_a_file_is_told_by_its_name() {
    let env = TestEnv::new();
    std::fs::create_dir(env.path("dumps")).unwrap();
    for user in ["301", "302"] {
        std::fs::copy(
            sample("quickblox/dialogs.json"),
            env.path(&format!("dumps/{user}.json")),
        )
        .unwrap();
    }
    let words = "import dumps/301.json dumps/302.json --preset quickblox --name-pattern dumps/{user}.json --on-invalid skip --simulator --yes --checkpoint c.jsonl";
    env.run(words).exits(1);
    let log = env.read("c.jsonl");
    for user in ["301", "302"] {
        assert!(
            log.contains(&format!("\"member_account\":\"{user}\",\"unread_num\":4")),
            "{user}"
        );
    }
    let done = env
        .run("validate dumps/301.json --preset quickblox")
        .exits(3);
    done.says(&["do not say of which user", "--name-pattern"]);
}

#[test]
fn plain_rows_with_bounds_and_negative_counts_are_taken_as_chosen() {
    let env = TestEnv::new();
    env.write("in.csv", "group,user,count\ng,a,99+\ng,b,-3\ng,c,4\ng,d,\n");
    env.run("validate in.csv")
        .exits(3)
        .prints(&["unread_num_at_least", "unread_num_negative"]);
    let done = env.run("validate in.csv --on-capped lower-bound --on-negative zero --output json");
    let result = done.exits(3).json();
    assert_eq!(result["calls"]["planned"], 3);
    assert_eq!(result["rows"]["invalid"], 1, "an unknown count is never 0");
    let remarks = serde_json::json!([
        {"reason": "at_least", "rows": 1, "unread": 99, "unknown": 0},
        {"reason": "negative_as_0", "rows": 1, "unread": 0, "unknown": 0}
    ]);
    assert_eq!(result["remarks"], remarks);
    let done = env.run("validate in.csv --on-capped skip --on-negative skip --output json");
    let result = done.exits(3).json();
    assert_eq!(result["rows"]["read"], 2);
    assert_eq!(result["left_out"][0]["reason"], "at_least");
}

#[test]
fn a_file_of_the_documents_of_a_system_without_counts_says_so_in_one_sentence() {
    let env = TestEnv::new();
    let done = on_sample(&env, "validate --preset auto", "mattermost/old.jsonl").exits(3);
    done.says(&["holds no unread counts: no row has `msg_count`"]);
    let done = on_sample(&env, "validate --preset auto", "stream/import.json").exits(3);
    done.says(&["holds no unread counts: it is a file for Stream's own import"]);
}
