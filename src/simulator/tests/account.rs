use super::*;

const IMPORT: &str = "im_open_login_svc/account_import";
const IMPORT_MANY: &str = "im_open_login_svc/multiaccount_import";
const CHECK: &str = "im_open_login_svc/account_check";

#[tokio::test(start_paused = true)]
async fn an_imported_account_is_found_by_account_check() {
    let bench = Bench::new(options(), World::new());
    assert_eq!(
        bench
            .code(IMPORT, &json!({"UserID": "ann", "Nick": "Ann"}))
            .await,
        0
    );
    assert_eq!(bench.code(IMPORT, &json!({"Identifier": "bob"})).await, 0);
    let asked = json!({"CheckItem": [{"UserID": "ann"}, {"UserID": "bob"}, {"UserID": "eve"}]});
    let answer = bench.call(CHECK, &asked).await;
    let item = |account: &str, status: &str| {
        json!({
            "UserID": account, "ResultCode": 0, "ResultInfo": "", "AccountStatus": status,
        })
    };
    let expected = json!([
        item("ann", "Imported"),
        item("bob", "Imported"),
        item("eve", "NotImported")
    ]);
    assert_eq!(answer["ResultItem"], expected);
}

#[tokio::test(start_paused = true)]
async fn account_ids_that_break_the_rules_are_refused_one_by_one() {
    let bench = Bench::new(options(), World::new());
    let long = "x".repeat(33);
    for bad in [
        json!({}),
        json!({"UserID": ""}),
        json!({"UserID": 7}),
        json!({"UserID": long}),
    ] {
        assert_eq!(bench.code(IMPORT, &bad).await, 70_402, "{bad}");
    }
    let answer = bench
        .call(IMPORT_MANY, &json!({"Accounts": ["ann", long]}))
        .await;
    assert_eq!(
        (&answer["ErrorCode"], &answer["FailAccounts"]),
        (&json!(0), &json!([long]))
    );
    let newer = json!({"AccountList": [{"UserID": "bob", "Nick": "Bob"}]});
    let answer = bench.call(IMPORT_MANY, &newer).await;
    assert_eq!(answer["FailAccounts"], json!([]));
    let (_, world) = bench.get("/simulator/world").await;
    assert!(world.starts_with(r#"{"accounts":["ann","bob"]"#), "{world}");
}

#[tokio::test(start_paused = true)]
async fn a_batch_holds_a_hundred_accounts() {
    let bench = Bench::new(options(), World::new());
    let items = |count: usize| json!({"CheckItem": vec![json!({"UserID": "ann"}); count]});
    assert_eq!(bench.code(CHECK, &items(100)).await, 0);
    assert_eq!(bench.code(CHECK, &items(101)).await, 70_402);
    assert_eq!(bench.code(CHECK, &items(0)).await, 70_402);
    let accounts = |count: usize| json!({"Accounts": vec!["ann"; count]});
    assert_eq!(bench.code(IMPORT_MANY, &accounts(100)).await, 0);
    assert_eq!(bench.code(IMPORT_MANY, &accounts(101)).await, 70_206);
}

#[tokio::test(start_paused = true)]
async fn account_check_has_half_the_usual_quota() {
    let bench = Bench::new(options(), World::new());
    let asked = json!({"CheckItem": [{"UserID": "ann"}]});
    for _ in 0..100 {
        assert_eq!(bench.code(CHECK, &asked).await, 0);
    }
    assert_eq!(bench.code(CHECK, &asked).await, 60_007);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_json_is_refused_by_the_gateway() {
    let bench = Bench::new(options(), World::new());
    let text = body(bench.post(CHECK, "{").await).await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["ErrorCode"], 60_003);
}
