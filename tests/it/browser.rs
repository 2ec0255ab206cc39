//! The reports in a real browser: Chromium, driven by plain `WebDriver` requests.
//!
//! What only a browser can tell: that the page's own policy lets its style and script act and
//! nothing else, that hostile cells are text, that tables sort and filter by mouse and keyboard,
//! that nothing is wider than the screen. Screenshots for the eye go to `target/tmp`.
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Invocation, KEY, Sim, TestEnv};

/// Names an element in the JSON of `WebDriver` (its W3C recommendation, 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys as `WebDriver` spells them (its W3C recommendation, 17.4.2).
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

/// A browser with a profile of its own; it ends with the test.
struct Browser {
    driver: Child,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    session: String,
    profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without the driver's own end, Chromium would outlive it.
        let closed = self
            .runtime
            .block_on(self.client.delete(&self.session).send());
        drop(closed);
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

impl Browser {
    /// `None` where there is no Chromium, which on a build machine is a failure.
    fn start() -> Option<Self> {
        let spawned = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = spawned else {
            let ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
            assert!(
                !ci,
                "no `chromedriver`: install chromium and chromium-driver"
            );
            eprintln!("skipped: no `chromedriver`; install chromium and chromium-driver to run it");
            return None;
        };
        let output = BufReader::new(driver.stdout.take().unwrap());
        let port = output.lines().find_map(|line| {
            let line = line.unwrap();
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let profile = TempDir::new().unwrap();
        let mut browser = Self {
            driver,
            runtime: runtime.unwrap(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            session: format!(
                "http://127.0.0.1:{}/session",
                port.expect("chromedriver's port")
            ),
            profile,
        };
        let created = browser.post("", &browser.capabilities());
        let id = created["sessionId"].as_str().unwrap().to_owned();
        browser.session = format!("{}/{id}", browser.session);
        Some(browser)
    }

    fn capabilities(&self) -> Value {
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", profile,
            ]},
        }}})
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = self.runtime.block_on(async {
            let answer = self.client.post(&url).json(body).send().await.unwrap();
            answer.json::<Value>().await.unwrap()
        });
        assert!(
            answer["value"]["error"].is_null(),
            "{path} {body}: {answer}"
        );
        answer["value"].clone()
    }

    fn open(&self, page: &Path) {
        self.post(
            "/url",
            &json!({"url": format!("file://{}", page.display())}),
        );
    }

    /// Runs `script` in the page; it ends with `return`.
    fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    fn protocol(&self, command: &str, parameters: &Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            &json!({"cmd": command, "params": parameters}),
        )
    }

    /// The screen's width, in CSS pixels.
    fn resize(&self, width: u32) {
        let screen =
            json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500});
        self.protocol("Emulation.setDeviceMetricsOverride", &screen);
    }

    fn media(&self, media: &str, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.protocol(
            "Emulation.setEmulatedMedia",
            &json!({"media": media, "features": features}),
        );
    }

    fn element(&self, css: &str) -> String {
        let found = self.post("/element", &json!({"using": "css selector", "value": css}));
        format!("/element/{}", found[ELEMENT].as_str().unwrap())
    }

    fn click(&self, css: &str) {
        self.post(&format!("{}/click", self.element(css)), &json!({}));
    }

    /// Types into the element, which gets the focus; a button hears Enter.
    fn keys(&self, css: &str, text: &str) {
        self.post(
            &format!("{}/value", self.element(css)),
            &json!({"text": text}),
        );
    }

    /// Lines of the console since the last time.
    fn console(&self) -> Vec<Value> {
        let lines = self.post("/se/log", &json!({"type": "browser"}));
        lines.as_array().unwrap().clone()
    }

    /// The whole page as it looks now, for the eye.
    fn screenshot(&self, name: &str) {
        let shot = self.protocol(
            "Page.captureScreenshot",
            &json!({"captureBeyondViewport": true}),
        );
        keep(name, &shot);
    }

    /// The page as it is printed, for the eye.
    fn print(&self, name: &str) {
        keep(name, &self.protocol("Page.printToPDF", &json!({})));
    }
}

fn keep(name: &str, answer: &Value) {
    let bytes = BASE64_STANDARD.decode(answer["data"].as_str().unwrap());
    fs::write(
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(name),
        bytes.unwrap(),
    )
    .unwrap();
}

/// A page, and its JSON form.
struct Report {
    page: PathBuf,
    json: Value,
}

/// Runs a command that writes both forms of its report.
fn report(env: &TestEnv, words: &str, code: i32) -> Report {
    report_of(env.command(words.split_whitespace()), env, code)
}

/// The same with a command.
fn report_of(command: Invocation, env: &TestEnv, code: i32) -> Report {
    let command = command.args("--quiet --report report.html --report report.json");
    drop(command.run().exits(code));
    Report {
        page: env.path("report.html"),
        json: serde_json::from_str(&env.read("report.json")).unwrap(),
    }
}

/// An input with every severity of problem, hostile cells and groups that differ in size.
fn validation(env: &TestEnv) -> Report {
    let hostile = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/samples/hostile.csv"));
    let more =
        "big,a,500,Work\nbig,b,3,Work\nbig,c,0,Work\nmid,a,7,Public\nmid,b,7,Public\n,x,1,Work\n";
    let input = [&hostile[..], more.as_bytes()].concat();
    env.write("<b>input.csv", input);
    report(env, "validate <b>input.csv", 3)
}

/// An input that is checked against a target that cuts most of its counts, with an id map that
/// has hostile ids, lacks some, shares some, and has some that no row has.
fn online(env: &TestEnv) -> Report {
    let mut input = String::from("group_id,member_account,unread_num\n");
    let mut map = String::from("source,target\n");
    for number in 0..90 {
        writeln!(input, "room{},user{number},{}", number % 30, number * 7).unwrap();
        writeln!(map, "unused{number},target{number}").unwrap();
        if number % 4 == 0 {
            writeln!(input, "\"<b>lost{}</b>\",user{number},1", number % 16).unwrap();
        }
    }
    let group = |number: usize| match number {
        0 => "<img src=x onerror=alert(1)>".to_owned(),
        _ => format!("@TGS#{number}"),
    };
    for number in 0..30 {
        writeln!(map, "room{number},{}", group(number)).unwrap();
    }
    writeln!(map, "\"<b>old</b>\",{}", group(0)).unwrap();
    let members: Vec<Value> = (0..90)
        .map(|number| json!({"account": format!("user{number}")}))
        .collect();
    let groups: Vec<Value> = (0..30)
        .map(|number| json!({"group_id": group(number), "type": "Public", "message_count": number * 9, "members": members}))
        .collect();
    env.write("input.csv", input);
    env.write("map<i>.csv", map);
    env.write("world.json", json!({"groups": groups}).to_string());
    let words = "validate input.csv --online --simulator --simulator-world world.json \
                 --map-groups map<i>.csv --map-many-to-one";
    report(env, words, 3)
}

/// An import of which some calls are refused for hostile groups, and some rows are rejected.
fn import(env: &TestEnv) -> Report {
    let mut input = String::from("group_id,member_account,unread_num\n");
    for number in 0..60 {
        writeln!(input, "room,user{number},{number}").unwrap();
        if number % 6 == 0 {
            writeln!(input, "<img src=x onerror=alert(1)>,user{number},3").unwrap();
        }
        if number % 20 == 0 {
            writeln!(input, "room,\"'><script>alert({number})</script>\",4").unwrap();
            writeln!(input, ",user{number},1").unwrap();
        }
    }
    input += "room,user1,-5\n";
    let members: Vec<Value> = (0..60)
        .map(|number| json!({"account": format!("user{number}")}))
        .collect();
    let world = json!({"groups": [{"group_id": "room", "type": "Public", "message_count": 500, "members": members}]});
    env.write("input.csv", input);
    env.write("world.json", world.to_string());
    let words = "import input.csv --simulator --simulator-world world.json --on-invalid skip \
                 --yes --checkpoint log.jsonl";
    report(env, words, 1)
}

/// A check of an import after which counts were read, members left and groups went; one member is
/// hostile, and so is a group.
fn verification(env: &TestEnv) -> Report {
    let hostile = "<img src=x onerror=alert(1)>";
    let member = "\"'><script>alert(1)</script>";
    let mut input = String::from("group_id,member_account,unread_num\n");
    let mut members = Vec::new();
    for number in 0..150_u32 {
        writeln!(input, "room,user{number},{}", number + 1).unwrap();
        writeln!(input, "side{},user{number},5", number % 40).unwrap();
        members.push(json!({"account": format!("user{number}")}));
    }
    writeln!(input, "{hostile},user1,9\nroom,\"\"{member}\",3").unwrap();
    members.push(json!({"account": member}));
    let side = |number: u32| {
        let of_group = (number..150).step_by(40);
        let members: Vec<Value> = of_group
            .map(|number| json!({"account": format!("user{number}")}))
            .collect();
        json!({"group_id": format!("side{number}"), "type": "Work", "message_count": 30, "members": members})
    };
    let mut groups: Vec<Value> = (0..40).map(side).collect();
    groups.push(
        json!({"group_id": "room", "type": "Public", "message_count": 100, "members": members}),
    );
    groups.push(json!({"group_id": hostile, "type": "Public", "message_count": 100, "members": [{"account": "user1"}]}));
    env.write("input.csv", input);
    env.write("world.json", json!({"groups": groups}).to_string());
    let sim = Sim::of_world(env, &env.path("world.json"), "");
    let import = sim.import(env, &env.path("input.csv"));
    drop(import.args("--checkpoint <b>log.jsonl").run().exits(0));
    // Since then somebody has read in each group, and the hostile group is gone.
    let mut world = sim.world();
    let groups = world["groups"].as_array_mut().unwrap();
    groups.retain(|group| group["group_id"] != hostile);
    for group in groups {
        group["members"][0]["unread"] = 0.into();
    }
    sim.replace_world(&world);
    let verify = env.command(["verify", "<b>log.jsonl", "--sample", "302"]);
    report_of(verify.env("IM_UNREAD_SECRET_KEY", KEY), env, 1)
}

/// What holds for every page.
fn inspect(browser: &Browser, report: &Report, name: &str) {
    browser.media("", "light");
    browser.resize(1280);
    browser.open(&report.page);
    let loaded = "return performance.getEntriesByType('resource').map(entry => entry.name)";
    assert_eq!(browser.run(loaded), json!([]), "the page loads nothing");
    let strange = "return document.querySelectorAll('main script, img, iframe, object, main b, [onerror], [onload], [style]').length";
    assert_eq!(browser.run(strange), 0, "hostile cells are text");
    assert_eq!(browser.run("return document.scripts.length"), 1);
    same_numbers(browser, &report.json);
    for width in [1280, 360] {
        browser.resize(width);
        for scheme in ["light", "dark"] {
            browser.media("", scheme);
            let wide = browser.run("return document.documentElement.scrollWidth");
            assert!(
                wide.as_u64().unwrap() <= u64::from(width),
                "{wide} > {width}"
            );
            let charts = "return [...document.querySelectorAll('.chart svg')]\
                          .map(svg => svg.getBoundingClientRect().width).filter(width => width > 0)";
            let charts = browser.run(charts);
            let charts = charts.as_array().unwrap();
            let broad = |chart: &Value| chart.as_f64().unwrap() > f64::from(width) * 0.4;
            assert!(!charts.is_empty() && charts.iter().all(broad), "{charts:?}");
            browser.screenshot(&format!("{name}-{width}-{scheme}.png"));
        }
    }
    browser.resize(1280);
    browser.media("", "dark");
    assert!(
        brightness(browser) < 60,
        "a dark page for those who ask for it"
    );
    browser.media("print", "dark");
    assert!(brightness(browser) > 250, "paper is white");
    let filter = "return [...document.querySelectorAll('.filter')].every(bar => getComputedStyle(bar).display === 'none')";
    assert_eq!(browser.run(filter), true, "paper cannot be typed into");
    browser.print(&format!("{name}.pdf"));
    browser.media("", "light");
    assert_eq!(severe(browser), Vec::<Value>::new());
}

/// The sum of the parts of the ground's colour, 255 at most.
fn brightness(browser: &Browser) -> u64 {
    let script =
        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)";
    let parts = browser.run(script);
    let parts: Vec<u64> = parts
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    parts[..3].iter().sum::<u64>() / 3
}

fn severe(browser: &Browser) -> Vec<Value> {
    let mut lines = browser.console();
    lines.retain(|line| line["level"] == "SEVERE");
    lines
}

/// Every number that the page shows is the one of the JSON.
fn same_numbers(browser: &Browser, json: &Value) {
    let script = "return [...document.querySelectorAll('[data-number]')].map(number => [number.dataset.number, number.textContent])";
    let shown = browser.run(script);
    let shown = shown.as_array().unwrap();
    assert!(shown.len() > 12, "{shown:?}");
    for pair in shown {
        let path = pair[0].as_str().unwrap();
        let number: u64 = pair[1].as_str().unwrap().replace(',', "").parse().unwrap();
        let pointer = format!("/{}", path.replace('.', "/"));
        assert_eq!(
            json.pointer(&pointer).and_then(Value::as_u64),
            Some(number),
            "{path}"
        );
    }
}

/// The values of a column in the order in which they stand, of the rows that are shown.
fn column(browser: &Browser, section: &str, column: usize) -> Vec<String> {
    let script = format!(
        "return [...document.querySelector('#{section} table').tBodies[0].rows].filter(row => !row.hidden)\
         .map(row => row.cells[{column}].dataset.value ?? row.cells[{column}].innerText)"
    );
    let values = browser.run(&script);
    let values = values.as_array().unwrap().iter();
    values
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

fn numbers(browser: &Browser, section: &str, index: usize) -> Vec<u64> {
    let values = column(browser, section, index);
    values.iter().map(|value| value.parse().unwrap()).collect()
}

#[test]
fn the_validation_page_works_in_a_browser() {
    let env = TestEnv::new();
    let Some(browser) = Browser::start() else {
        return;
    };
    let report = validation(&env);
    inspect(&browser, &report, "validation");
    let heading = browser.run("return document.querySelector('h1').textContent");
    assert_eq!(heading, "<b>input.csv");

    // By mouse: numbers from the highest at first, then from the lowest.
    browser.click("#groups thead th:nth-child(4) button");
    let unread = numbers(&browser, "groups", 3);
    assert!(
        unread.is_sorted_by(|a, b| a >= b) && unread[0] == 503,
        "{unread:?}"
    );
    // By keyboard: Enter on the same heading.
    browser.keys("#groups thead th:nth-child(4) button", ENTER);
    let unread = numbers(&browser, "groups", 3);
    assert!(unread.is_sorted(), "{unread:?}");
    let sorted = browser
        .run("return document.querySelector('#groups [aria-sort]').getAttribute('aria-sort')");
    assert_eq!(sorted, "ascending");

    let all = column(&browser, "problems", 1);
    assert!(all.contains(&"error".to_owned()) && all.contains(&"warning".to_owned()));
    browser.click("#problems .filter button:nth-of-type(3)");
    let warnings = column(&browser, "problems", 1);
    assert!(warnings.len() < all.len() && warnings.iter().all(|kind| kind == "warning"));
    browser.keys("#problems .filter button:nth-of-type(1)", ENTER);
    assert_eq!(column(&browser, "problems", 1), all);

    browser.keys("#groups input", "<SCRIPT>");
    let found = column(&browser, "groups", 0);
    assert_eq!(found, ["<script>alert(1)</script>"]);
    let told =
        browser.run("return document.querySelector('#groups .filter [role=status]').textContent");
    assert!(told.as_str().unwrap().starts_with("1 of "), "{told}");
    browser.keys("#groups input", ESCAPE);
    assert!(column(&browser, "groups", 0).len() > 5);
    assert_eq!(severe(&browser), Vec::<Value>::new());
}

#[test]
fn the_page_of_online_checks_and_id_maps_works_in_a_browser() {
    let env = TestEnv::new();
    let Some(browser) = Browser::start() else {
        return;
    };
    let report = online(&env);
    let clamps = &report.json["clamps"];
    assert_eq!(clamps["worst"].as_array().unwrap().len(), 20);
    assert!(clamps["calls"].as_u64().unwrap() > 20);
    inspect(&browser, &report, "online");
    let listed = "return [...document.querySelectorAll('#clamps tbody tr')].length";
    let groups = clamps["groups"]["biggest"].as_array().unwrap().len();
    assert_eq!(browser.run(listed), 20 + groups);
    browser.click("#clamped-calls thead th:nth-child(4) button");
    let counts = numbers(&browser, "clamps", 3);
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
    browser.keys("#clamps input", "<IMG");
    let found = column(&browser, "clamps", 0);
    assert!(!found.is_empty() && found.len() < 20);
    assert!(
        found
            .iter()
            .all(|group| group == "<img src=x onerror=alert(1)>"),
        "{found:?}"
    );
    let maps = browser.run("return document.querySelector('#maps').innerText");
    let maps = maps.as_str().unwrap();
    for words in ["map<i>.csv", "<b>lost0</b>"] {
        assert!(maps.contains(words), "{words}: {maps}");
    }
    browser.click("#maps details:last-of-type summary");
    let merged = browser.run("return document.querySelector('#maps details[open]').innerText");
    assert!(merged.as_str().unwrap().contains("<b>old</b>"), "{merged}");
    assert_eq!(severe(&browser), Vec::<Value>::new());
}

#[test]
fn the_import_page_works_in_a_browser() {
    let env = TestEnv::new();
    let Some(browser) = Browser::start() else {
        return;
    };
    let report = import(&env);
    assert_eq!(report.json["state"], "completed");
    assert!(report.json["calls"]["failed"].as_u64().unwrap() >= 13);
    inspect(&browser, &report, "import");
    browser.click("#failures thead th:nth-child(2) button");
    let calls = numbers(&browser, "failures", 1);
    assert!(
        calls.len() > 1 && calls.is_sorted_by(|a, b| a >= b),
        "{calls:?}"
    );
    browser.click("#failures details summary");
    let examples =
        browser.run("return document.querySelector('#failures details[open]').innerText");
    let examples = examples.as_str().unwrap();
    assert!(
        examples.contains("<img src=x onerror=alert(1)>"),
        "{examples}"
    );
    let charts = browser.run(
        "return [...document.querySelectorAll('.chart svg')].filter(svg => svg.getBoundingClientRect().width > 0).length",
    );
    assert_eq!(
        charts, 2,
        "one of the two sizes of the throughput, and the latencies"
    );
    assert_eq!(severe(&browser), Vec::<Value>::new());
}

#[test]
fn the_verification_page_works_in_a_browser() {
    let env = TestEnv::new();
    let Some(browser) = Browser::start() else {
        return;
    };
    let report = verification(&env);
    assert_eq!(report.json["outcome"], "different");
    inspect(&browser, &report, "verification");
    let heading = browser.run("return document.querySelector('h1').textContent");
    assert_eq!(heading, "<b>log.jsonl → app 1400000009");
    let results = numbers(&browser, "results", 1);
    let [matched, clamped, mismatched, not_member, unverifiable] = results[..] else {
        panic!("{results:?}");
    };
    assert_eq!((clamped, not_member, unverifiable), (50, 1, 0));
    assert_eq!(mismatched, 41, "the first member of each group has read");
    assert_eq!(matched + clamped + mismatched + not_member, 302);

    // Each result has a button; the group that is gone is the only one of its kind.
    let kinds = "return [...document.querySelectorAll('#differences .filter button')].map(button => button.textContent)";
    let kinds = browser.run(kinds);
    assert_eq!(kinds, json!(["all", "mismatched", "not_member", "clamped"]));
    browser.click("#differences .filter button:nth-of-type(3)");
    let gone = column(&browser, "differences", 1);
    assert_eq!(gone, ["<img src=x onerror=alert(1)>"]);
    browser.keys("#differences .filter button:nth-of-type(1)", ENTER);
    browser.keys("#differences input", "<SCRIPT>");
    let member = column(&browser, "differences", 2);
    assert!(member.len() <= 1, "{member:?}");
    browser.keys("#differences input", ESCAPE);
    browser.click("#differences thead th:nth-child(4) button");
    let expected = numbers(&browser, "differences", 3);
    assert!(expected.is_sorted_by(|a, b| a >= b), "{expected:?}");
    let places = numbers(&browser, "affected", 1);
    assert!(places.len() == 10 && places[0] == 51, "{places:?}");
    assert_eq!(severe(&browser), Vec::<Value>::new());
}

#[test]
fn a_page_reads_without_script() {
    let env = TestEnv::new();
    let Some(browser) = Browser::start() else {
        return;
    };
    let report = validation(&env);
    browser.protocol(
        "Emulation.setScriptExecutionDisabled",
        &json!({"value": true}),
    );
    browser.open(&report.page);
    browser.protocol(
        "Emulation.setScriptExecutionDisabled",
        &json!({"value": false}),
    );
    assert_eq!(
        browser.run("return document.querySelectorAll('.filter, th button').length"),
        0
    );
    let text = browser.run("return document.body.innerText");
    let text = text.as_str().unwrap();
    let verdict = report.json["verdict"]["sentence"].as_str().unwrap();
    for words in [
        verdict,
        "unread_num_not_a_number",
        "<script>alert(1)</script>",
        "503",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(severe(&browser), Vec::<Value>::new());
}
