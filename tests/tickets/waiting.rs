//! Who has a ticket and who waits for whom: queues, the ladder, and what is given up.

use super::*;

#[test]
fn the_customer_who_answers_ends_the_waiting_and_whom_nobody_answers_is_given_up_with_a_draft() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        let waits = |event| Told { event, kind: "ticket.updated", body: None, status: "pending", ..Told::default() };
        tell(&service, waits("e_2")).await;
        assert_eq!(ticket(&service, "t_1").await["state"], "waiting");
        // Of one instant the help desk's waiting would count before the answer.
        later(&service, 1).await;
        let answer = Told { event: "e_3", kind: "ticket.commented", body: Some("Here it is."), ..Told::default() };
        tell(&service, answer).await;
        assert_eq!(ticket(&service, "t_1").await["state"], "investigating", "somebody has it");
        later(&service, 1).await;
        tell(&service, waits("e_4")).await;
        later(&service, 24 * 14 - 1).await;
        let waiting = ticket(&service, "t_1").await;
        assert_eq!(waiting["state"], "waiting", "{waiting}");
        later(&service, 2).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["state"], &told["draft"]), (&json!("resolved"), &json!("ticket_waited")), "{told}");
        let mailed = service.outbox.letters().unwrap();
        assert!(mailed.iter().all(|(_, letter)| letter.to != OWN), "nothing is sent by itself");
    });
}

#[test]
fn the_top_of_the_ladder_hears_of_an_overdue_ticket_once_and_once_more_of_a_new_letter() {
    run(async {
        let service = known().await;
        tell(&service, Told { body: Some("xqzt wv"), ..Told::default() }).await;
        let heard = |who: &str| {
            let (letters, to) = (service.outbox.letters().unwrap(), format!("{who}@demo.example"));
            letters.iter().filter(|(_, letter)| letter.id.starts_with("ticket_") && letter.to == to).count()
        };
        later(&service, 24 * 30).await;
        assert_eq!(["luis", "bea", "mara", "vera"].map(heard), [1, 1, 1, 1], "each level once");
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["role"], &told["assignee"]), (&json!("vp"), &json!("vera")), "{told}");
        assert!(told["due_at"].is_string() && told["state"] == "investigating", "it stays overdue: {told}");
        tell(&service, Told { event: "e_2", kind: "ticket.commented", body: Some("Hello?"), ..Told::default() }).await;
        assert_eq!(heard("vera"), 1, "the letter has a time of its own");
        later(&service, 24 * 14).await;
        assert_eq!(["luis", "bea", "mara", "vera"].map(heard), [1, 1, 1, 2]);
    });
}

#[test]
fn the_task_for_a_ticket_that_nobody_has_goes_with_it_to_another_customer_and_ends_where_one_is_erased() {
    run(async {
        let service = known().await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_2", "customer.created", now, &stripe::customer("cus_2", now))).await;
        service.work().await.unwrap();
        all_are_away(&service).await;
        tell(&service, Told { body: Some("xqzt wv"), ..Told::default() }).await;
        let id = |customer: &str| domain::id::AccountId::of("stripe", "default", customer);
        let open = async || {
            let all = get(&service, "/api/tasks").await["items"].as_array().unwrap().clone();
            all.iter().map(|task| task["account"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(open().await, [id("cus_1").to_string()]);
        let theirs = json!({"account": "stripe:cus_2", "note": "called"});
        let (status, answer) = say(&service, "lena", "t_1", "account", &theirs).await;
        assert_eq!((status, &answer["assignee"]), (200, &Value::Null), "{answer}");
        assert_eq!(open().await, [id("cus_2").to_string()], "one open task, where the ticket is");
        app::privacy::erase(&service.context, &id("cus_2")).await.unwrap();
        let nobodys = TicketName::new("ticket", "default", "t_1").in_place_of_an_account();
        assert_eq!(open().await, [nobodys.to_string()], "it is nobody's by now, and somebody finds out whose it is");
    });
}

#[test]
fn where_nobody_is_there_a_ticket_waits_in_its_queue_and_is_a_task_until_somebody_has_it() {
    run(async {
        let service = known().await;
        all_are_away(&service).await;
        tell(&service, Told { body: Some("xqzt wv"), ..Told::default() }).await;
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["assignee"], &told["role"]), (&Value::Null, &json!("l1")), "{told}");
        assert!(told["due_at"].is_string() && told["history"].to_string().contains("the queue of l1"), "{told}");
        let tasks = get(&service, "/api/tasks").await;
        let about = |task: &Value| task["about"] == json!({"kind": "unowned", "ticket": "ticket/default/t_1"});
        assert_eq!(tasks["items"].as_array().unwrap().iter().filter(|task| about(task)).count(), 1, "{tasks}");
        assert_eq!(say(&service, "lena", "t_1", "assign", &json!({"to": "lena"})).await.0, 200);
        assert_eq!(get(&service, "/api/tasks").await["items"], json!([]), "somebody has it");
    });
}

#[test]
fn nobody_closes_a_ticket_over_a_letter_that_they_have_not_seen() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=bea".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let form = async || {
            let request = Request::get("/tickets/t_1").header("cookie", &cookie).body(Bytes::new()).unwrap();
            let page = String::from_utf8(dispatch(&service, &request).await.body().to_vec()).unwrap();
            let form = page.split("value=\"close\"").next().unwrap().rsplit("<form").next().unwrap().to_owned();
            let hidden = |name: &str| {
                let after = form.split(&format!("name=\"{name}\" value=\"")).nth(1);
                after.unwrap_or_default().split('"').next().unwrap().to_owned()
            };
            format!("csrf={}&turns={}&say=close&note=done", hidden("csrf"), hidden("turns"))
        };
        let press = async |form: String| {
            let request =
                Request::post("/tickets/t_1").header("cookie", &cookie).header("sec-fetch-site", "same-origin");
            let answer = dispatch(&service, &request.body(Bytes::from(form)).unwrap()).await;
            answer.headers()["location"].to_str().unwrap().to_owned()
        };
        let (seen, looked) = (ticket(&service, "t_1").await["turns"].clone(), form().await);
        later(&service, 1).await;
        let letter = Told { event: "e_2", kind: "ticket.commented", body: Some("One thing more."), ..Told::default() };
        tell(&service, letter).await;
        let to = press(looked).await;
        assert!(to.contains("something+came+in+since+you+looked"), "{to}");
        let (status, answer) = say(&service, "lena", "t_1", "close", &json!({"turns": seen})).await;
        assert_eq!((status, &answer["error"]["code"]), (409, &json!("written_meanwhile")), "{answer}");
        assert!(ticket(&service, "t_1").await["due_at"].is_string());
        assert!(press(form().await).await.contains("notice=Noted"));
        assert_eq!(ticket(&service, "t_1").await["state"], "resolved");
    });
}
