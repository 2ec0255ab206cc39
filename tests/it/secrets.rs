//! A canary for a secret: whatever is done with it, nothing that is written holds it.

use std::path::Path;

use crate::support::{APP, Done, Sim, TestEnv, rows, until, write_csv};

/// The secret key of these tests.
const CANARY: &str = "CanarySecretKey5f0d2c9a7b3e4816";

/// Everything that must not be found, in everything that was written.
struct Watch<'a> {
    env: &'a TestEnv,
    secrets: Vec<String>,
    /// Files that hold a secret on purpose.
    keepers: Vec<&'a str>,
}

impl Watch<'_> {
    /// Looks at both streams of a command.
    fn streams(&self, done: &Done) {
        self.text(&done.stdout, "stdout", done);
        self.text(&done.stderr, "stderr", done);
    }

    fn text(&self, text: &str, place: &str, context: &dyn std::fmt::Debug) {
        for secret in &self.secrets {
            assert!(!text.contains(secret.as_str()), "{place}: {context:?}");
        }
        // A UserSig that was signed on the way is not known here, but its form is.
        assert!(!text.contains("usersig="), "{place}: {context:?}");
        let signature = text
            .split(|letter: char| !(letter.is_ascii_alphanumeric() || "*-_".contains(letter)))
            .find(|word| word.starts_with("eJ") && word.len() > 60);
        assert_eq!(signature, None, "{place}: {context:?}");
    }

    /// Looks at every file there is.
    fn files(&self) {
        for entry in std::fs::read_dir(self.env.root()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !self.keepers.iter().any(|name| path.ends_with(name)) {
                let bytes = std::fs::read(&path).unwrap();
                self.text(&String::from_utf8_lossy(&bytes), "a file", &path);
            }
        }
    }
}

/// All faults at once, so that all that can be logged is.
const FAULTS: &str = "--fault http502=0.05 --fault reset=0.05 --fault lost=0.05 --fault nonjson=0.05 \
                      --fault code:10002=0.05 --fault http429:1=0.01 --fault code:91000=0.05 --faults-per-call 1";

fn signature(env: &TestEnv, key: &str) -> String {
    let words = ["usersig", "--sdk-app-id", &APP.to_string()];
    let signed = env
        .command(words)
        .env("IM_UNREAD_SECRET_KEY", key)
        .run()
        .exits(0);
    signed.stdout.trim().to_owned()
}

/// Command lines and the variable that holds the credential. `TO_SIM` stands for the options that
/// aim at the simulator.
const COMMANDS: [(&str, &str); 29] = [
    // Good ones, with every source of a credential.
    (
        "import in.csv TO_SIM --yes --secret-key-file key --checkpoint 1",
        "",
    ),
    (
        "import in.csv TO_SIM --yes --user-sig-file sig --checkpoint 2",
        "",
    ),
    (
        "import in.csv TO_SIM --yes --checkpoint 3 --output json",
        "IM_UNREAD_SECRET_KEY",
    ),
    (
        "import in.csv TO_SIM --yes --checkpoint 4 --log-format json --report r.html --report r.json",
        "IM_UNREAD_USER_SIG",
    ),
    (
        "import in.csv TO_SIM --yes --checkpoint 5 --log-file log",
        "IM_UNREAD_SECRET_KEY",
    ),
    ("resume 1 --yes --secret-key-file key", ""),
    ("resume 2 --yes", "IM_UNREAD_USER_SIG"),
    ("status 1 --report s.html", "IM_UNREAD_SECRET_KEY"),
    ("failures 1 --output failures.csv", "IM_UNREAD_SECRET_KEY"),
    (
        "verify 1 --differences differences.csv",
        "IM_UNREAD_SECRET_KEY",
    ),
    ("verify 2", "IM_UNREAD_USER_SIG=foreign"),
    ("query group @TGS#G0 user-1 TO_SIM", "IM_UNREAD_SECRET_KEY"),
    ("query c2c user-1 TO_SIM", "IM_UNREAD_USER_SIG"),
    (
        "import in.csv TO_SIM --yes --checkpoint 11 --report 11.html --report 11.json",
        "IM_UNREAD_SECRET_KEY",
    ),
    ("usersig --inspect sig", ""),
    (
        "import in.csv --simulator --checkpoint 6",
        "IM_UNREAD_SECRET_KEY",
    ),
    ("validate in.csv", "IM_UNREAD_SECRET_KEY"),
    ("explain 70001", "IM_UNREAD_SECRET_KEY"),
    ("import --help", "IM_UNREAD_SECRET_KEY"),
    // Failing ones.
    (
        "import in.csv TO_SIM --yes --secret-key-file bad --checkpoint 7",
        "",
    ),
    (
        "import in.csv TO_SIM --yes --user-sig-file bad --checkpoint 8",
        "",
    ),
    (
        "import in.csv TO_SIM --yes --checkpoint 9",
        "IM_UNREAD_USER_SIG=foreign",
    ),
    (
        "import in.csv TO_SIM --yes --qps 999",
        "IM_UNREAD_SECRET_KEY",
    ),
    ("import none.csv TO_SIM", "IM_UNREAD_SECRET_KEY"),
    (
        "import in.csv --yes --sdk-app-id 1400000009 --endpoint http://127.0.0.1:1 --outage-limit 1s --checkpoint 10",
        "IM_UNREAD_SECRET_KEY",
    ),
    (
        "import in.csv --yes --sdk-app-id 1400000009 --endpoint http://example.org",
        "IM_UNREAD_SECRET_KEY",
    ),
    ("usersig --inspect bad", ""),
    ("resume in.csv", "IM_UNREAD_SECRET_KEY"),
    ("simulate --listen 8.8.8.8:0", "IM_UNREAD_SECRET_KEY"),
];

#[test]
fn no_command_writes_a_secret_anywhere_however_it_ends_and_however_much_it_logs() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(25));
    let own = signature(&env, CANARY);
    let foreign = signature(&env, "another-key-0123456789");
    let watch = Watch {
        env: &env,
        secrets: vec![CANARY.to_owned(), own.clone(), foreign.clone()],
        keepers: vec!["key", "sig", "bad"],
    };
    env.write("key", format!("{CANARY}\n"));
    env.write("sig", &own);
    env.write("bad", format!("{CANARY} {CANARY}"));
    let sim = Sim::with_key(&env, &input, FAULTS, CANARY);
    let to_sim = format!("--sdk-app-id {APP} --endpoint {}", sim.url());
    for (line, variable) in COMMANDS {
        let line = line.replace("TO_SIM", &to_sim);
        let mut command = env.command(line.split_whitespace()).args("-vv");
        command = match variable {
            "" => command,
            "IM_UNREAD_SECRET_KEY" => command.env(variable, CANARY),
            "IM_UNREAD_USER_SIG" => command.env(variable, &own),
            _ => command.env("IM_UNREAD_USER_SIG", &foreign),
        };
        watch.streams(&command.run());
    }
    for kept in ["1", "5", "log"] {
        assert!(
            env.path(kept).metadata().unwrap().len() > 1_000,
            "{kept} was written"
        );
    }
    watch.files();
}

#[test]
fn a_secret_is_not_among_the_words_that_everybody_on_the_machine_can_list() {
    let env = TestEnv::new();
    let input = write_csv(&env, "in.csv", &rows(20));
    let sim = Sim::with_key(&env, &input, "--stall 0s+1h", CANARY);
    let running = sim.import_with(&env, &input, CANARY).start();
    until("a call is under way", || (sim.calls() > 0).then_some(()));
    let listed = Path::new("/proc")
        .join(running.id().to_string())
        .join("cmdline");
    let Ok(words) = std::fs::read(listed) else {
        println!("skipped: this system has no /proc");
        return;
    };
    let words = String::from_utf8_lossy(&words);
    assert!(words.contains("--endpoint"), "{words}");
    assert!(!words.contains(CANARY), "{words}");
    running.kill().was_killed();
}

#[test]
fn what_the_tool_writes_beside_the_result_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = TestEnv::new();
    write_csv(&env, "in.csv", &rows(2));
    env.run("import in.csv --simulator --checkpoint run.jsonl --log-file log -v")
        .exits(0);
    for name in ["run.jsonl", "log"] {
        let mode = env.path(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn words_of_the_input_cannot_steer_the_terminal() {
    let env = TestEnv::new();
    let input = env.write(
        "in.csv",
        "group_id,member_account,unread_num\ng1,\u{1b}]0;owned\u{7}bob,5\ng1,bob,\u{1b}[31m7\n",
    );
    let done = env
        .command(["import"])
        .arg(&input)
        .args("--simulator --checkpoint run.jsonl -vv")
        .run()
        .exits(3);
    for text in [&done.stdout, &done.stderr] {
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{7}'),
            "{text:?}"
        );
    }
    let done = env
        .command(["import"])
        .arg(&input)
        .args("--simulator --checkpoint \u{1b}[31mrun --on-invalid skip -vv")
        .run()
        .exits(1);
    for text in [&done.stdout, &done.stderr] {
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}

#[test]
fn a_key_or_a_signature_in_the_place_of_an_input_or_of_a_file_is_not_shown() {
    let env = TestEnv::new();
    let key = "6add8722121b217067587fa3b785e2a2f65dc2b289652cdfe1234563af9f4ecc";
    let signed = signature(&env, key);
    env.write("key", format!("{key}\n"));
    env.write("sig", &signed);
    env.write("twice", format!("{key}\n{key}\n"));
    env.write(
        "mixed",
        format!("group_id,member_account,unread_num\ng,m,1\n{key}\n"),
    );
    let hidden = |done: &Done| {
        for secret in [key, &signed] {
            let said = format!("{}{}", done.stdout, done.stderr);
            assert!(!said.contains(secret.get(..20).unwrap()), "{said}");
        }
    };
    for input in ["key", "sig", "twice", "mixed"] {
        for format in ["auto", "csv", "json", "jsonl"] {
            for command in ["preview", "validate", "import --simulator"] {
                for form in ["text", "json"] {
                    let line = format!("{command} {input} --format {format} --output {form}");
                    hidden(&env.run(&line));
                }
            }
        }
    }
    for line in [
        "import mixed --sdk-app-id 1 --region china --secret-key-file",
        "import mixed --sdk-app-id 1 --region china --user-sig-file",
        "usersig --sdk-app-id 1 --secret-key-file",
        "usersig --inspect",
        "usersig",
        "simulate --secret-key-file",
        "export quickblox --output out --api-key-file",
        "import mixed --qps",
        "import mixed --preset",
    ] {
        for secret in [key, &signed] {
            hidden(&env.command(line.split(' ')).arg(secret).run().exits(2));
        }
    }
}
