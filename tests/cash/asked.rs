//! What is asked for because of a ticket: by whom, of whom, for how long, and what becomes of it beside the ticket.

use super::*;

#[test]
fn a_request_is_withdrawn_as_soon_as_its_ticket_has_ended_or_is_of_another_account() {
    run(async {
        let closed = json!({"id": "tkt_over", "type": "ticket.updated", "created_at": "2026-03-02T09:00:00Z",
            "ticket": {"id": "t1", "subject": "What do I owe?", "body": null, "status": "closed", "csat": null,
                "requester": {"email": "ada@elsewhere.example", "name": "Ada"}}});
        let other = json!({"account": "stripe:cus_2", "note": "called the number on file"});
        for (what, path, body, why, state) in [
            ("an agent", Some("close"), None, "its ticket was closed", State::Resolved),
            ("the help desk", None, Some(&closed), "its ticket was closed", State::Resolved),
            ("whose it is", Some("account"), Some(&other), "its ticket is of another account", State::Investigating),
        ] {
            let (service, id) = asked().await;
            tell(&service, "evt_8", "customer.created", &stripe::customer("cus_2", service.clock.now())).await;
            let answer = match path {
                Some(path) => ask(&service, "lena", Method::POST, &format!("/api/tickets/t1/{path}"), body, None).await,
                None => deliver_to(&service, "ticket", closed.to_string().as_bytes()).await,
            };
            assert_eq!(answer.0, StatusCode::OK, "{what}: {}", answer.1);
            service.work().await.unwrap();
            let gone = request(&service, &id).await;
            let told = (&gone["state"], &gone["withdrawn"]["why"]);
            assert_eq!(told, (&json!("withdrawn"), &json!(why)), "{what}, without waiting for an alarm: {gone}");
            let handling = read_ticket(&service, "t1").await.1.handling;
            assert_eq!((handling.state, handling.payment_request), (state, None), "{what}");
            assert_eq!(tasks(&service).await, Vec::<String>::new(), "{what}");
        }
    });
}

#[test]
fn who_writes_while_money_is_waited_for_is_answered_and_nothing_is_withdrawn() {
    run(async {
        let (service, id) = asked().await;
        assert_eq!(read_ticket(&service, "t1").await.1.handling.due_at, None, "the letter was the answer");
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        let again = json!({"id": "tkt_again", "type": "ticket.commented", "created_at": service.clock.now(),
            "ticket": {"id": "t1", "subject": "What do I owe?", "body": "Can I pay on Friday?", "status": "open",
                "csat": null, "requester": {"email": "ada@elsewhere.example", "name": "Ada"}}});
        assert_eq!(deliver_to(&service, "ticket", again.to_string().as_bytes()).await.0, StatusCode::OK);
        service.work().await.unwrap();
        let handling = read_ticket(&service, "t1").await.1.handling;
        assert_eq!((handling.state, handling.payment_request), (State::AwaitingPayment, Some(id.clone())));
        assert!(handling.due_at.is_some(), "somebody answers them in time");
        pays(&service, "evt_3", "ch_1", 4_900, Some(&id)).await;
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        let handling = read_ticket(&service, "t1").await.1.handling;
        assert_eq!(request(&service, &id).await["state"], "paid");
        assert_eq!(handling.state, State::Investigating, "it is paid, and they wait for an answer");
        assert!(handling.due_at.is_some());
        let waits = flow(&service.context, &read_ticket(&service, "t1").await.1).await.unwrap().waits.unwrap();
        assert!(waits.contains("until what came in before the money is answered"), "{waits}");
        let close = ask(&service, "lena", Method::POST, "/api/tickets/t1/close", Some(&json!({})), None).await;
        assert_eq!(close.0, StatusCode::OK, "{}", close.1);
        service.work().await.unwrap();
        let ticket = read_ticket(&service, "t1").await.1;
        assert_eq!((ticket.handling.state, ticket.handling.due_at), (State::Resolved, None));
        let flow = flow(&service.context, &ticket).await.unwrap();
        assert_eq!((flow.next, &flow.waits), (None, &None), "all sixteen steps are done");
    });
}

#[test]
fn what_was_written_before_the_money_came_and_is_read_after_it_opens_the_ticket_again() {
    run(async {
        let (service, id) = asked().await;
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        let late = json!({"id": "tkt_late", "type": "ticket.commented", "created_at": service.clock.now(),
            "ticket": {"id": "t1", "subject": "What do I owe?", "body": "And where is my receipt?", "status": "open",
                "csat": null, "requester": {"email": "ada@elsewhere.example", "name": "Ada"}}});
        service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
        pays(&service, "evt_3", "ch_1", 4_900, Some(&id)).await;
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::Resolved);
        assert_eq!(deliver_to(&service, "ticket", late.to_string().as_bytes()).await.0, StatusCode::OK);
        service.work().await.unwrap();
        let handling = read_ticket(&service, "t1").await.1.handling;
        assert!(handling.state != State::Resolved && handling.due_at.is_some(), "{handling:?}");
        assert_eq!(handling.reopened, 1);
        assert_eq!(request(&service, &id).await["state"], "paid");
    });
}

#[test]
fn a_ticket_shows_its_way_to_the_money_and_a_button_asks_for_it() {
    run(async {
        let service = shop().await;
        known(&service, "t1").await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=lena".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let look = async |path: &str| {
            let request = Request::get(path).header("cookie", &cookie).body(Bytes::new()).unwrap();
            let answer = dispatch(&service, &request).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            String::from_utf8(answer.body().to_vec()).unwrap()
        };
        let page = look("/tickets/t1").await;
        for shown in ["From the ticket to the money", "action=\"/tickets/t1/payment-request\"", "nobody has asked"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let request = Request::post("/tickets/t1/payment-request")
            .header("cookie", &cookie)
            .header("sec-fetch-site", "same-origin")
            .body(Bytes::from(format!("csrf={csrf}")))
            .unwrap();
        let answer = dispatch(&service, &request).await;
        let back = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(answer.status() == StatusCode::SEE_OTHER && back.starts_with("/tickets/t1?"), "{back}");
        service.work().await.unwrap();
        let page = look("/tickets/t1").await;
        assert!(page.contains("49.00 EUR is to come") && !page.contains("t1/payment-request\""), "{page}");
        assert_eq!(get(&service, "/api/payment-requests").await["items"][0]["ticket"], "t1");
    });
}

#[test]
fn an_invoice_that_is_void_is_asked_for_no_more() {
    run(async {
        let (service, id) = asked().await;
        bill(&service, "evt_3", "invoice.voided", "in_1", "void", (4_900, 4_900)).await;
        let gone = request(&service, &id).await;
        let why = (&gone["state"], &gone["withdrawn"]["why"]);
        assert_eq!(why, (&json!("withdrawn"), &json!("it is void or written off")), "{gone}");
        let ticket = read_ticket(&service, "t1").await.1;
        assert_eq!((ticket.handling.state, ticket.handling.payment_request), (State::Investigating, None));
        assert_eq!(tasks(&service).await, Vec::<String>::new());
        bill(&service, "evt_4", "invoice.finalized", "in_2", "open", (1_000, 1_000)).await;
        let (status, again) = collect(&service, "lena", "t1", None).await;
        assert_eq!((status, &again["state"]), (StatusCode::CREATED, &json!("open")), "it is asked for anew: {again}");
    });
}

#[test]
fn only_who_may_asks_and_a_stranger_is_never_told_an_amount() {
    run(async {
        let service = shop().await;
        written(&service, "t9").await;
        let (status, answer) = collect(&service, "lena", "t9", None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(!answer.to_string().contains("49"), "{answer}");
        let ticket = read_ticket(&service, "t9").await.1;
        let waits = flow(&service.context, &ticket).await.unwrap().waits.unwrap();
        assert!(waits.starts_with("it is not certain whose ticket it is"), "{waits}");
        assert_eq!(collect(&service, "ana", "t9", None).await.0, StatusCode::FORBIDDEN);
        assert_eq!(collect(&service, "lena", "t0", None).await.0, StatusCode::NOT_FOUND);
        service.advance(service.clock.now() + SignedDuration::from_hours(48)).await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let told = letters.iter().filter(|(_, letter)| letter.to.ends_with("@elsewhere.example"));
        assert!(told.clone().all(|(_, letter)| !letter.text.contains("49.00")), "{letters:?}");
        assert_eq!(get(&service, "/api/payment-requests").await["items"], json!([]));
    });
}

#[test]
fn what_a_customer_has_asked_for_waits_for_no_letter_and_the_others_wait_for_it() {
    run(async {
        for (asked_at, reminded_on) in [("2026-03-03T08:00:00Z", "03-04"), ("2026-03-03T10:00:00Z", "03-03")] {
            let service = shop().await;
            tries_given_back(&service, "stripe").await;
            let failed = Some("insufficient_funds");
            let charge = stripe::charge("cus_1", "ch_0", Some("in_1"), 4_900, "eur", failed, service.clock.now());
            tell(&service, "evt_f1", "charge.failed", &charge).await;
            bill(&service, "evt_f2", "invoice.payment_failed", "in_1", "open", (4_900, 4_900)).await;
            service.advance(asked_at.parse().unwrap()).await.unwrap();
            known(&service, "t1").await;
            assert_eq!(collect(&service, "lena", "t1", None).await.0, StatusCode::CREATED);
            assert_eq!(letters(&service, Channel::Mail).len(), 1, "{asked_at}: it leaves at once");
            service.advance("2026-03-05T12:00:00Z".parse().unwrap()).await.unwrap();
            let sent = service.outbox.letters().unwrap();
            let is_reminder = |letter: &Letter| letter.id.starts_with("dun_") && letter.to == "cus_1@shop.example";
            let reminders = sent.iter().filter(|(_, letter)| is_reminder(letter));
            let days: Vec<_> = reminders.map(|(at, _)| at.strftime("%m-%d").to_string()).collect();
            assert_eq!(days, [reminded_on], "{asked_at}");
        }
    });
}

#[test]
fn whose_number_a_stranger_names_is_asked_for_nothing() {
    run(async {
        let service = shop().await;
        written(&service, "t1").await;
        change(&service, "t1", |ticket| ticket.handling.account = Some(account())).await;
        let (status, answer) = collect(&service, "lena", "t1", None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
        assert!(letters(&service, Channel::Mail).is_empty());
    });
}

#[test]
fn a_letter_that_was_refused_is_not_sent_for_a_request_that_was_withdrawn_since() {
    run(async {
        let mut service = shop().await;
        known(&service, "t1").await;
        let post = service.context.post.clone();
        tests::faults::deafen(&mut service, "cus_1@shop.example");
        let (_, asked) = collect(&service, "lena", "t1", None).await;
        let closed = json!({"note": "they called"});
        let close = ask(&service, "lena", Method::POST, "/api/tickets/t1/close", Some(&closed), None).await;
        assert_eq!(close.0, StatusCode::OK, "{}", close.1);
        service.work().await.unwrap();
        assert_eq!(request(&service, asked["id"].as_str().unwrap()).await["state"], "withdrawn");
        service.context.post = post;
        service.advance(service.clock.now() + SignedDuration::from_hours(24)).await.unwrap();
        assert_eq!(letters(&service, Channel::Mail), Vec::new());
    });
}
