use super::*;

#[tokio::test(start_paused = true)]
async fn a_count_is_set_and_the_answer_has_the_documented_form() {
    let bench = Bench::standard(options());
    let answer = bench
        .post(SET, set_body("Public", "ann", 5).to_string())
        .await;
    let text = body(answer).await.unwrap();
    assert_eq!(
        text,
        r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#
    );
    assert_eq!(bench.unread("Public", "ann").await, Some(5));
    assert_eq!(bench.unread("Public", "bob").await, Some(0));
    assert_eq!(bench.set("Public", "ann", 0).await, 0);
    assert_eq!(bench.unread("Public", "ann").await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn a_count_above_the_number_of_messages_becomes_that_number() {
    let bench = Bench::standard(options());
    for kind in ["Private", "Public", "Community"] {
        assert_eq!(bench.set(kind, "ann", u32::MAX).await, 0);
        assert_eq!(bench.unread(kind, "ann").await, Some(10));
    }
}

#[tokio::test(start_paused = true)]
async fn groups_without_counts_answer_well_and_change_nothing() {
    let bench = Bench::standard(options());
    for kind in ["ChatRoom", "AVChatRoom"] {
        assert_eq!(bench.set(kind, "ann", 5).await, 0);
        assert_eq!(bench.unread(kind, "ann").await, Some(0));
        assert_eq!(bench.set(kind, "nobody", 5).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn each_way_to_name_the_wrong_target_has_its_code_and_no_effect() {
    let bench = Bench::standard(options());
    assert_eq!(bench.set("nowhere", "ann", 5).await, 10_010);
    assert_eq!(bench.set("Public", "nobody", 5).await, 10_019);
    assert_eq!(bench.set("Public", "eve", 5).await, 10_007);
    assert_eq!(bench.set("Gr\u{fc}n", "ann", 5).await, 10_015);
    assert_eq!(bench.set(&"x".repeat(49), "ann", 5).await, 10_015);
    assert_eq!(bench.set(&"x".repeat(48), "ann", 5).await, 10_010);
    assert_eq!(bench.stats().await["keys"]["set"], 0);
}

#[tokio::test(start_paused = true)]
async fn fields_that_are_missing_or_of_another_type_are_bad_parameters() {
    let bench = Bench::standard(options());
    for (name, values) in [
        ("GroupId", vec![json!(7), json!(""), Value::Null]),
        ("Member_Account", vec![json!(7), json!(""), json!(["ann"])]),
        (
            "UnreadMsgNum",
            vec![
                json!("5"),
                json!(-1),
                json!(5.5),
                json!(4_294_967_296_u64),
                Value::Null,
            ],
        ),
    ] {
        let mut request = set_body("Public", "ann", 5);
        request.as_object_mut().unwrap().remove(name);
        assert_eq!(bench.code(SET, &request).await, 10_004, "no {name}");
        for value in values {
            request[name] = value;
            assert_eq!(bench.code(SET, &request).await, 10_004, "{request}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_no_json_object_are_refused_with_http_200() {
    let bench = Bench::standard(options());
    for (text, code) in [
        ("", 60_003),
        ("{", 10_011),
        ("[]", 10_011),
        ("{\"a\":1}}", 10_011),
    ] {
        let response = bench.post(SET, text).await;
        assert_eq!(response.status(), StatusCode::OK);
        let answer: Value = serde_json::from_str(&body(response).await.unwrap()).unwrap();
        assert_eq!(answer["ErrorCode"], code, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn commands_that_do_not_exist_are_refused_by_the_service_or_the_gateway() {
    let bench = Bench::standard(options());
    assert_eq!(
        bench
            .code("group_open_http_svc/set_unread", &json!({}))
            .await,
        10_003
    );
    assert_eq!(
        bench
            .code("group_open_http_svc/Set_Unread_Msg_Num", &json!({}))
            .await,
        10_003
    );
    assert_eq!(
        bench
            .code("no_such_svc/set_unread_msg_num", &json!({}))
            .await,
        60_009
    );
    let uri = format!("/v4/{SET}?{}", bench.query);
    let response = bench
        .send(Request::put(uri).body(Body::empty()).unwrap())
        .await;
    let answer: Value = serde_json::from_str(&body(response).await.unwrap()).unwrap();
    assert_eq!(answer["ErrorCode"], 60_002);
}

#[tokio::test(start_paused = true)]
async fn callers_without_the_right_change_nothing() {
    let mut bench = Bench::standard(options());
    bench.query = query(&sign("bob", NOW));
    assert_eq!(bench.set("Public", "ann", 5).await, 70_013);
    bench.query = query(&sign("bob", NOW)).replace("identifier=administrator", "identifier=bob");
    assert_eq!(bench.set("Public", "ann", 5).await, 60_010);
    bench.query = query(&sign("administrator", NOW - 86_401));
    assert_eq!(bench.set("Public", "ann", 5).await, 70_001);
    assert_eq!(bench.unread("Public", "ann").await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn the_wall_clock_goes_on_with_the_runtime() {
    let bench = Bench::standard(options());
    tokio::time::advance(Duration::from_hours(24)).await;
    assert_eq!(bench.set("Public", "ann", 5).await, 0);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(bench.set("Public", "ann", 5).await, 70_001);
}

#[tokio::test(start_paused = true)]
async fn repeated_calls_for_one_member_are_told_of() {
    let bench = Bench::standard(options());
    for member in ["ann", "ann", "ann", "bob"] {
        assert_eq!(bench.set("Public", member, 5).await, 0);
    }
    let expected = json!({"set": 2, "repeated": 1, "most_calls": 3});
    assert_eq!(bench.stats().await["keys"], expected);
    let (_, lines) = bench.get("/simulator/unread?group_id=Public").await;
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let expected =
        json!({"group_id": "Public", "member_account": "ann", "unread_num": 5, "calls": 3});
    assert_eq!(first, expected);
}

#[tokio::test(start_paused = true)]
async fn the_listing_of_all_members_is_whole_however_long() {
    let mut world = World::new();
    for number in 0..5_000 {
        world
            .add_member(&format!("g{}", number % 7), None, &format!("u{number}"), 1)
            .unwrap();
    }
    let bench = Bench::new(options(), world);
    let (_, lines) = bench.get("/simulator/unread").await;
    assert_eq!(lines.lines().count(), 5_000);
    let (_, lines) = bench.get("/simulator/unread?group_id=g3").await;
    assert_eq!(lines.lines().count(), 5_000 / 7);
    assert_eq!(
        bench.get("/simulator/unread?group_id=g9").await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(start_paused = true)]
async fn a_world_can_be_read_and_replaced() {
    let bench = Bench::standard(options());
    bench.set("Public", "ann", 5).await;
    let (_, before) = bench.get("/simulator/world").await;
    let put = |text: &str| Request::put("/simulator/world").body(Body::from(text.to_owned()));
    let empty = bench.send(put("{}").unwrap()).await;
    assert_eq!(empty.status(), StatusCode::NO_CONTENT);
    assert_eq!(bench.set("Public", "ann", 5).await, 10_010);
    let refused = bench.send(put("{\"groups\":[{}]}").unwrap()).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        body(refused)
            .await
            .unwrap()
            .contains("missing field `group_id`")
    );
    bench.send(put(&before).unwrap()).await;
    assert_eq!(bench.get("/simulator/world").await.1, before);
    assert_eq!(bench.unread("Public", "ann").await, Some(5));
}
