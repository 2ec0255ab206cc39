//! From QuickBlox to the target, over real sockets: export, import and proof.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::{Invocation, KEY, Sim, TestEnv, until};

/// The application's key, and a session's token.
const API_KEY: &str = "qb-canary-key-417";
const TOKEN: &str = "qb-canary-token-993";

/// Messages in each group at the target: higher counts are cut to it.
const MESSAGES: u32 = 30;

/// A dialog's id, as long as QuickBlox's.
fn dialog(number: u32) -> String {
    format!("{number:024x}")
}

/// What a user has not read in a dialog.
fn unread(user: u32, dialog: u32) -> u32 {
    // Three counts are higher than the target's groups have messages.
    if user == 3 && dialog < 3 {
        return 100 + dialog;
    }
    (user * 7 + dialog * 3) % MESSAGES
}

/// So many users with so many dialogs each, and a private one of the first two; the target has the
/// same groups and members.
fn world(users: u32, dialogs: u32) -> Value {
    let ids: Vec<u32> = (1..=users).collect();
    let mut all: Vec<Value> = (0..dialogs)
        .map(|number| {
            let counts = ids
                .iter()
                .map(|&user| (user.to_string(), json!(unread(user, number))));
            let counts: Map<String, Value> = counts.collect();
            json!({"_id": dialog(number), "type": 2, "occupants_ids": ids, "unread": counts})
        })
        .collect();
    all.push(json!({"_id": "pair", "type": 3, "occupants_ids": [1, 2], "unread": {"1": 4}}));
    let logins: Vec<Value> = ids
        .iter()
        .map(|user| json!({"id": user, "login": format!("u{user}")}))
        .collect();
    let members: Vec<Value> = ids
        .iter()
        .map(|user| json!({"account": user.to_string()}))
        .collect();
    let groups: Vec<Value> = (0..dialogs)
        .map(|number| {
            json!({"group_id": dialog(number), "type": "Private", "message_count": MESSAGES, "members": members})
        })
        .collect();
    json!({
        "groups": groups,
        "c2c": [{"account": "1", "peer": "2", "unread": 4}],
        "quickblox": {"users": logins, "dialogs": all},
    })
}

/// Both services, with a key and a session of user 1 for QuickBlox.
fn start(env: &TestEnv, world: &Value, options: &str) -> Sim {
    env.write("world.json", world.to_string());
    env.write("key", API_KEY);
    env.write("token", TOKEN);
    let access = "--quickblox-key-file key --quickblox-token-file token --quickblox-session-user 1";
    Sim::of_world(env, &env.path("world.json"), &format!("{access} {options}"))
}

fn with_key(env: &TestEnv, sim: &Sim, words: &str) -> Invocation {
    env.command(words.split_whitespace())
        .args(&format!("--base-url {}", sim.url()))
        .env("IM_UNREAD_QUICKBLOX_API_KEY", API_KEY)
}

fn with_token(env: &TestEnv, sim: &Sim, words: &str) -> Invocation {
    env.command(words.split_whitespace())
        .args(&format!("--base-url {}", sim.url()))
        .env("IM_UNREAD_QUICKBLOX_TOKEN", TOKEN)
}

fn calls(sim: &Sim, endpoint: &str) -> u64 {
    let stats = sim.stats();
    stats["commands"][endpoint]["calls"].as_u64().unwrap_or(0)
}

#[test]
fn a_session_exports_the_counts_of_its_own_user_and_its_token_stays_a_secret() {
    let env = TestEnv::new();
    let sim = start(&env, &world(3, 5), "");
    env.write("me.csv", "1\n");
    let words = "export quickblox --users me.csv --output out.jsonl --result json -v";
    let done = with_token(&env, &sim, words).run().exits(0);
    let result = done.json();
    assert_eq!(env.read("out.jsonl").lines().count(), 5, "{result}");
    let mine = env
        .read("out.jsonl")
        .lines()
        .all(|line| line.contains(r#""member_account":"1""#));
    assert!(mine);
    assert_eq!(
        env.read("out.jsonl.c2c.jsonl"),
        "{\"account\":\"1\",\"peer\":\"2\",\"count\":4}\n"
    );
    let files = [
        "out.jsonl",
        "out.jsonl.c2c.jsonl",
        "out.jsonl.checkpoint.jsonl",
    ];
    let told = files.map(|name| env.read(name)).concat() + &done.stdout + &done.stderr;
    assert!(!told.contains(TOKEN) && !told.contains(API_KEY));
    // The same from a file, and the token of nobody as an argument.
    let words = "export quickblox --users me.csv --output two.jsonl --token-file token";
    drop(
        with_key(&env, &sim, words)
            .env("IM_UNREAD_QUICKBLOX_API_KEY", "")
            .run()
            .exits(0),
    );
    assert_eq!(env.read("two.jsonl"), env.read("out.jsonl"));
    let words = "export quickblox --users me.csv --output x --token anything";
    drop(with_token(&env, &sim, words).run().exits(2));
    // All users cannot be asked for with one user's session.
    let words = "export quickblox --output all.jsonl";
    let refused = with_token(&env, &sim, words).run().exits(2);
    drop(refused.says(&["of its own user only", "hint"]));
    let query = with_token(&env, &sim, "query quickblox 1").run().exits(0);
    drop(
        query.prints(&[&(0..5)
            .map(|dialog| unread(1, dialog))
            .sum::<u32>()
            .saturating_add(4)
            .to_string()]),
    );
}

#[test]
fn a_session_that_has_ended_stops_the_export_and_says_what_to_do() {
    let env = TestEnv::new();
    let sim = start(&env, &world(3, 5), "--quickblox-session-lifetime 1s");
    until("the session has ended", || {
        (sim.stats()["elapsed_seconds"].as_f64().unwrap() > 1.0).then_some(())
    });
    env.write("me.csv", "1\n");
    let words = "export quickblox --users me.csv --output out.jsonl";
    let done = with_token(&env, &sim, words).run().exits(4);
    drop(done.says(&[
        "HTTP 401",
        "Required session does not exist",
        "hint",
        "made anew",
        "then continue with",
        "--users",
    ]));
    assert!(!env.path("out.jsonl").exists());
    // With a fresh session, the same command goes on.
    let fresh = start(&env, &world(3, 5), "");
    let words = "export quickblox --users me.csv --output other.jsonl";
    drop(with_token(&env, &fresh, words).run().exits(0));
}

#[test]
fn what_is_mistyped_leaves_no_file() {
    let env = TestEnv::new();
    let sim = start(&env, &world(1, 1), "");
    let before = std::fs::read_dir(env.root()).unwrap().count();
    for words in [
        "--rate 500",
        "--rate 0",
        "--timeout soon",
        "--group-types 2=Nope",
        "--max-attempts 0",
    ] {
        let line = format!("export quickblox --output out.jsonl {words}");
        drop(with_key(&env, &sim, &line).run().exits(2).says(&["hint"]));
    }
    let line = "export quickblox --output out.jsonl --base-url http://example.com";
    let export = env.command(line.split_whitespace());
    drop(
        export
            .env("IM_UNREAD_QUICKBLOX_API_KEY", API_KEY)
            .run()
            .exits(2),
    );
    assert_eq!(std::fs::read_dir(env.root()).unwrap().count(), before);
}

#[test]
fn every_refusal_of_quickblox_has_its_action() {
    let env = TestEnv::new();
    let sim = start(&env, &world(3, 2), "");
    // 401: a wrong key stops everything at once.
    let wrong = with_key(&env, &sim, "export quickblox --output a.jsonl");
    let wrong = wrong
        .env("IM_UNREAD_QUICKBLOX_API_KEY", "no-such-key")
        .run()
        .exits(4);
    drop(wrong.says(&["HTTP 401", "check the API key"]));
    // 404: a user who is not there is named, and the others come.
    env.write("users.csv", "1\n2\n3\n99\n");
    let words = "export quickblox --users users.csv --output b.jsonl --doubts doubts.csv";
    let gone = with_key(&env, &sim, words).run().exits(1);
    drop(gone.prints(&["99", "404", "check --base-url"]));
    assert_eq!(env.read("b.jsonl").lines().count(), 6);
    assert!(env.read("doubts.csv").contains("99,"));
    // 403: a session of the application is nobody's.
    let access = "--quickblox-token-file token";
    let application = Sim::of_world(&env, &env.path("world.json"), access);
    env.write("me.csv", "1\n");
    let words = "export quickblox --users me.csv --output c.jsonl";
    let nobody = with_token(&env, &application, words).run().exits(1);
    drop(nobody.prints(&["403", "Need user", "session of a user"]));
    // 429: slower, and in the end everything.
    let tight = start(&env, &world(60, 2), "--quickblox-rate 20");
    let words = "export quickblox --output d.jsonl --rate 80";
    drop(with_key(&env, &tight, words).run().exits(0));
    assert_eq!(env.read("d.jsonl").lines().count(), 120);
    // All commands share the quota; whichever meets it first slows all of them down.
    let stats = tight.stats();
    let refused = stats["commands"].as_object().unwrap().values();
    let refused: u64 = refused
        .filter_map(|command| command["rate_limited"].as_u64())
        .sum();
    assert!(refused > 0, "the quota was met: {stats}");
    // 5xx and 422 for everybody.
    let many = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
    env.write("many.csv", many);
    for (fault, words, of_the_list) in [
        (
            "http503=1",
            ["the service was down", "until QuickBlox answers"],
            // Every call there is has no answer: an outage, which no attempts are spent on.
            ["the service was down", "until QuickBlox answers"],
        ),
        (
            "http422=1",
            ["HTTP 422", "check the ids"],
            ["the list of users", "hint"],
        ),
    ] {
        let sim = start(&env, &world(12, 2), &format!("--fault {fault}"));
        let line = format!("export quickblox --users many.csv --output {fault} --outage-limit 1s");
        drop(with_key(&env, &sim, &line).run().exits(4).says(&words));
        let line = format!("export quickblox --output e{fault} --outage-limit 1s --max-attempts 2");
        drop(
            with_key(&env, &sim, &line)
                .run()
                .exits(4)
                .says(&of_the_list),
        );
    }
}

/// The lines that an export of `world` has to have.
fn expected(users: u32, dialogs: u32) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for user in 1..=users {
        for number in 0..dialogs {
            lines.insert(format!(
                r#"{{"group_id":"{}","member_account":"{user}","unread_num":{},"group_type":"Work"}}"#,
                dialog(number),
                unread(user, number)
            ));
        }
    }
    lines
}

#[test]
fn an_export_that_is_killed_is_complete_in_the_end_and_its_import_is_proven() {
    let env = TestEnv::new();
    let (users, dialogs) = (300, 8);
    let sim = start(&env, &world(users, dialogs), "--quickblox-rate 160");
    let words = "export quickblox --output out.jsonl --group-types 1=Public,2=Work --rate 160";
    let export = with_key(&env, &sim, words).start();
    until("some users are done", || {
        let log = std::fs::read_to_string(env.path("out.jsonl.checkpoint.jsonl")).ok()?;
        (log.lines().count() > 60).then_some(())
    });
    drop(export.kill().was_killed());
    assert!(
        !env.path("out.jsonl").exists(),
        "a half-made file has another name"
    );
    let done = with_key(&env, &sim, words).run().exits(0);
    drop(done.says(&["continuing"]));
    let lines: Vec<String> = env.read("out.jsonl").lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), (users * dialogs) as usize);
    assert_eq!(
        lines.into_iter().collect::<BTreeSet<_>>(),
        expected(users, dialogs)
    );
    assert_eq!(
        calls(&sim, "quickblox_messages"),
        0,
        "nothing is marked as read"
    );
    let asked = calls(&sim, "quickblox_unread");
    assert!(asked < u64::from(users) * 2, "{asked}");
    let busiest = sim.stats()["shared_busiest_second"]["quickblox"]
        .as_u64()
        .unwrap();
    // The server stamps a call when it comes to it, late by what it was busy with. A second process
    // that does not wait for the first one's second to pass goes beyond this.
    assert!(busiest <= 180, "{busiest}");

    drop(env.run("validate out.jsonl").exits(0));
    let import = sim.import(&env, &env.path("out.jsonl"));
    drop(import.args("--checkpoint log.jsonl").run().exits(0));
    let mut world = sim.world();
    let members = world["groups"][5]["members"].as_array_mut().unwrap();
    members.retain(|member| member["account"] != "9");
    sim.replace_world(&world);
    let verify = env.command(["verify", "log.jsonl", "--differences", "d.csv"]);
    let result = verify.env("IM_UNREAD_SECRET_KEY", KEY).json(1);
    assert_eq!(
        result["results"],
        json!({"matched": 2396, "clamped": 3, "mismatched": 0, "not_member": 1, "unverifiable": 0})
    );
    let differences = env.read("d.csv");
    for number in 0..3 {
        let line = format!("{},3,{},{MESSAGES},clamped", dialog(number), 100 + number);
        assert!(differences.contains(&line), "{line}: {differences}");
    }
    let left = format!("{},9,", dialog(5));
    assert!(differences.contains(&left), "{differences}");
    let audit = sim.aimed(env.command(["verify", "--c2c", "out.jsonl.c2c.jsonl"]));
    let audit = audit.env("IM_UNREAD_SECRET_KEY", KEY).json(0);
    assert_eq!(audit["results"]["matched"], 2, "both sides of the pair");
}
