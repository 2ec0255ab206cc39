use super::*;

const WORLD: &str = r#"{"quickblox": {
    "users": [{"id": 7, "login": "ann", "external_user_id": 42}, {"id": 8, "login": "bob"}],
    "dialogs": [
        {"_id": "aa", "type": 2, "name": "team", "occupants_ids": [7, 8], "unread": {"7": 5}},
        {"_id": "bb", "type": 3, "occupants_ids": [7, 8], "unread": {"7": 2, "8": 1}},
        {"_id": "cc", "type": 1, "unread": {"8": 4}}]}}"#;

fn bench() -> Bench {
    let access = QuickBloxAccess {
        api_key: Some("qb key".into()),
        sessions: vec![
            QuickBloxSession {
                token: "a session".into(),
                user: Some(7),
            },
            QuickBloxSession {
                token: "of the application".into(),
                user: None,
            },
        ],
        session_lifetime: SESSION_LIFETIME,
        per_second: 80,
    };
    let options = Options {
        quickblox: Some(access),
        ..options()
    };
    Bench::new(options, World::from_json(WORLD.as_bytes()).unwrap())
}

async fn get(bench: &Bench, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
    let request = Request::get(path);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    let response = bench.send(request.body(Body::empty()).unwrap()).await;
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_str(&body(response).await.unwrap()).unwrap(),
    )
}

async fn get_as(bench: &Bench, path: &str, user: &str) -> Value {
    let headers = [("Authorization", "ApiKey qb key"), ("On-Behalf-Of", user)];
    let (status, answer) = get(bench, path, &headers).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test(start_paused = true)]
async fn the_total_spans_all_dialogs_and_only_the_asked_ones_are_listed() {
    let bench = bench();
    let answer = get_as(&bench, "/chat/Message/unread.json", "7").await;
    assert_eq!(answer, json!({"total": 7}));
    let answer = get_as(
        &bench,
        "/chat/Message/unread.json?chat_dialog_ids=aa,cc,zz",
        "7",
    )
    .await;
    assert_eq!(answer, json!({"total": 7, "aa": 5, "cc": 0, "zz": 0}));
}

#[tokio::test(start_paused = true)]
async fn dialogs_come_by_page_and_type() {
    let bench = bench();
    let page = get_as(&bench, "/chat/Dialog.json?limit=1&skip=1", "7").await;
    assert_eq!(
        (&page["total_entries"], &page["skip"], &page["limit"]),
        (&json!(2), &json!(1), &json!(1))
    );
    let item = &page["items"][0];
    assert_eq!(
        (&item["_id"], &item["unread_messages_count"]),
        (&json!("bb"), &json!(2))
    );
    assert!(item["xmpp_room_jid"].is_null());
    let page = get_as(&bench, "/chat/Dialog.json?type%5Bin%5D=1,2", "8").await;
    assert_eq!(page["limit"], 100);
    let ids: Vec<&Value> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["_id"])
        .collect();
    assert_eq!(ids, ["aa", "cc"]);
}

#[tokio::test(start_paused = true)]
async fn users_come_by_page_for_a_key_alone() {
    let bench = bench();
    let key = [("Authorization", "ApiKey qb key")];
    let (status, page) = get(&bench, "/users.json?per_page=1&page=2", &key).await;
    assert_eq!((status, &page["items"][0]["user"]["id"]), (200, &json!(8)));
    let (_, page) = get(&bench, "/users.json", &key).await;
    assert_eq!(
        (
            &page["current_page"],
            &page["per_page"],
            &page["total_entries"]
        ),
        (&json!(1), &json!(10), &json!(2))
    );
    assert_eq!(page["items"][0]["user"]["external_user_id"], 42);
    let (status, answer) = get(&bench, "/users.json?page=x", &key).await;
    assert_eq!(
        (status, answer),
        (422, json!({"errors": {"page": ["should be a number"]}}))
    );
}

#[tokio::test(start_paused = true)]
async fn callers_are_refused_with_the_documented_texts() {
    let bench = bench();
    let path = "/chat/Message/unread.json";
    for (headers, status, text) in [
        (vec![], 401, "Token is required"),
        (
            vec![("Authorization", "ApiKey other"), ("On-Behalf-Of", "7")],
            401,
            "Unauthorized",
        ),
        (
            vec![("QB-Token", "old")],
            401,
            "Required session does not exist",
        ),
        (
            vec![("Authorization", "ApiKey qb key")],
            403,
            "Forbidden. Need user.",
        ),
        (
            vec![("QB-Token", "of the application")],
            403,
            "Forbidden. Need user.",
        ),
        (
            vec![("Authorization", "ApiKey qb key"), ("On-Behalf-Of", "99")],
            404,
            "The resource wasn't found",
        ),
    ] {
        assert_eq!(
            get(&bench, path, &headers).await,
            (status, json!({"errors": [text]}))
        );
    }
    let stats = bench.stats().await["commands"]["quickblox_unread"].clone();
    assert_eq!(
        stats["refused_by_code"],
        json!({"401": 3, "403": 2, "404": 1})
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_stands_for_its_user_and_is_prolonged() {
    let bench = bench();
    let request = Request::get("/chat/Message/unread.json").header("QB-Token", "a session");
    let response = bench.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        response.headers()["QB-Token-ExpirationDate"],
        "2023-11-15 00:13:20 UTC"
    );
    assert_eq!(body(response).await.unwrap(), r#"{"total":7}"#);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_two_hours_after_its_last_call() {
    let bench = bench();
    let call = async || {
        let headers = [("QB-Token", "a session")];
        get(&bench, "/chat/Message/unread.json", &headers).await.0
    };
    for _ in 0..3 {
        tokio::time::advance(Duration::from_mins(119)).await;
        assert_eq!(call().await, 200);
    }
    tokio::time::advance(Duration::from_mins(121)).await;
    assert_eq!(call().await, 401);
    assert_eq!(call().await, 401, "a call that is refused prolongs nothing");
}

#[tokio::test(start_paused = true)]
async fn the_quota_spans_all_endpoints_and_answers_429() {
    let bench = bench();
    for call in 0..80 {
        let path = if call % 2 == 0 {
            "/chat/Message/unread.json"
        } else {
            "/chat/Dialog.json"
        };
        get_as(&bench, path, "7").await;
    }
    let headers = [("Authorization", "ApiKey qb key"), ("On-Behalf-Of", "7")];
    let (status, answer) = get(&bench, "/users.json", &headers).await;
    assert_eq!(
        (status, answer),
        (429, json!({"errors": ["Too Many Requests"]}))
    );
    let busiest = bench.stats().await["shared_busiest_second"].clone();
    assert_eq!(busiest, json!({"quickblox": 81}));
}

#[tokio::test(start_paused = true)]
async fn a_look_at_messages_marks_them_read_unless_told_otherwise() {
    let bench = bench();
    get_as(
        &bench,
        "/chat/Message.json?chat_dialog_id=aa&mark_as_read=0",
        "7",
    )
    .await;
    assert_eq!(
        get_as(&bench, "/chat/Message/unread.json", "7").await["total"],
        7
    );
    get_as(&bench, "/chat/Message.json?chat_dialog_id=aa", "7").await;
    assert_eq!(
        get_as(&bench, "/chat/Message/unread.json", "7").await["total"],
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_limit_on_faults_tells_users_and_pages_apart() {
    let mut options = options();
    options
        .behaviour
        .add_fault("http503=1".parse().unwrap())
        .unwrap();
    options.behaviour.faults_per_key = Some(1);
    options.quickblox = Some(QuickBloxAccess {
        api_key: Some("qb key".into()),
        sessions: Vec::new(),
        session_lifetime: SESSION_LIFETIME,
        per_second: 80,
    });
    let bench = Bench::new(options, World::from_json(WORLD.as_bytes()).unwrap());
    for (path, user) in [
        ("/chat/Dialog.json?skip=0", "7"),
        ("/chat/Dialog.json?skip=0", "8"),
        ("/chat/Dialog.json?skip=1", "7"),
    ] {
        for expected in [503, 200] {
            let request = Request::get(path)
                .header("Authorization", "ApiKey qb key")
                .header("On-Behalf-Of", user);
            let response = bench.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(response.status(), expected, "{path} for {user}");
        }
    }
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

#[tokio::test(start_paused = true)]
async fn pages_of_dialogs_and_users_have_the_documented_fields_and_limits() {
    let bench = bench();
    let page = get_as(&bench, "/chat/Dialog.json?limit=9999", "7").await;
    assert_eq!(keys(&page), ["items", "limit", "skip", "total_entries"]);
    assert_eq!(page["limit"], 1_000);
    assert_eq!(
        keys(&page["items"][0]),
        [
            "_id",
            "created_at",
            "data",
            "last_message",
            "last_message_date_sent",
            "last_message_id",
            "last_message_user_id",
            "name",
            "occupants_ids",
            "photo",
            "type",
            "unread_messages_count",
            "updated_at",
            "user_id",
            "xmpp_room_jid",
        ]
    );
    assert_eq!(
        page["items"][0]["xmpp_room_jid"],
        "1_aa@muc.chat.quickblox.com"
    );
    let page = get_as(&bench, "/users.json?per_page=9999", "7").await;
    let fields = ["current_page", "items", "per_page", "total_entries"];
    assert_eq!(
        (keys(&page), &page["per_page"]),
        (fields.to_vec(), &json!(100))
    );
    let user = &page["items"][0]["user"];
    for field in ["id", "login", "email", "external_user_id", "created_at"] {
        assert!(keys(user).contains(&field), "{field} in {user}");
    }
    // Reading is GET; nothing else is an endpoint.
    let request = Request::post("/chat/Message/unread.json").header("QB-Token", "a session");
    let response = bench.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 404);
}

#[tokio::test(start_paused = true)]
async fn a_form_in_the_body_of_a_get_names_dialogs_too() {
    let bench = bench();
    let ask = async |path: &str, form: &str| {
        let request = Request::get(path)
            .header("authorization", "ApiKey qb key")
            .header("on-behalf-of", "7")
            .header("content-type", "application/x-www-form-urlencoded");
        let response = bench
            .send(request.body(Body::from(form.to_owned())).unwrap())
            .await;
        body(response).await.unwrap()
    };
    let unread = "/chat/Message/unread.json";
    assert_eq!(
        ask(unread, "chat_dialog_ids=aa,cc").await,
        r#"{"aa":5,"cc":0,"total":7}"#
    );
    assert_eq!(ask(unread, "").await, r#"{"total":7}"#);
    let xml = ask("/chat/Message/unread.xml", "chat_dialog_ids=aa").await;
    assert!(
        xml.ends_with(
            "<items type=\"array\"><item><chat_dialog_id>aa</chat_dialog_id>\
             <count type=\"integer\">5</count></item><total type=\"integer\">7</total></items>\n"
        ),
        "{xml}"
    );
}

#[tokio::test(start_paused = true)]
async fn every_refusal_has_a_body() {
    let bench = bench();
    let (status, answer) = get(&bench, "/chat/Nothing.json", &[]).await;
    assert_eq!(status, 401);
    assert!(answer["errors"].is_array());
    let key = [("authorization", "ApiKey qb key"), ("on-behalf-of", "7")];
    for path in ["/chat/Nothing.json", "/", "/chat/Message", "/verse"] {
        let (status, answer) = get(&bench, path, &key).await;
        assert_eq!(status, 404, "{path}");
        assert_eq!(
            answer,
            json!({"errors": ["The resource wasn't found"]}),
            "{path}"
        );
    }
    let request = Request::post("/chat/Message/unread.json").header("qb-token", "a session");
    let response = bench.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 404);
    assert!(body(response).await.unwrap().contains("errors"));
    let response = bench
        .send(
            Request::get("/chat/Message/unread.xml")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(
        response.headers()["content-type"],
        "application/xml; charset=utf-8"
    );
    let text = body(response).await.unwrap();
    assert!(
        text.ends_with("<errors><error>Token is required</error></errors>\n"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn pages_may_leave_the_number_of_all_entries_out() {
    let bench = bench();
    bench
        .simulator
        .state()
        .world
        .choose(&[QuirkChoice::parse("quickblox-totals=no").unwrap()]);
    let key = [("authorization", "ApiKey qb key"), ("on-behalf-of", "7")];
    for path in ["/chat/Dialog.json", "/users.json"] {
        let (status, page) = get(&bench, path, &key).await;
        assert_eq!(status, 200);
        assert_eq!(page.get("total_entries"), None);
        assert_eq!(page["items"].as_array().unwrap().len(), 2);
    }
}
