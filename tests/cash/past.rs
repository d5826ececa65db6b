//! Money that came past the provider, and what people say that it is for: it counts once, and nobody is asked for it
//! again.

use super::*;

/// An invoice that failed is paid by transfer, and its provider does not know that.
#[test]
fn nobody_is_charged_again_or_asked_for_what_came_past_the_provider() {
    run(async {
        let service = shop().await;
        let failed = Some("insufficient_funds");
        let charge = stripe::charge("cus_1", "ch_0", Some("in_1"), 4_900, "eur", failed, service.clock.now());
        tell(&service, "evt_f1", "charge.failed", &charge).await;
        bill(&service, "evt_f2", "invoice.payment_failed", "in_1", "open", (4_900, 4_900)).await;
        let plan = async || get(&service, "/api/accounts/stripe:cus_1/dunning").await["items"][0].clone();
        assert_eq!(plan().await["state"], "running");
        known(&service, "t1").await;
        let (_, asked) = collect(&service, "lena", "t1", None).await;
        let id = asked["id"].as_str().unwrap();
        let link = request(&service, id).await["link"].as_str().unwrap().replace("http://recoup.test", "");
        let page = async || {
            let request = Request::get(&link).body(Bytes::new()).unwrap();
            String::from_utf8(dispatch(&service, &request).await.body().to_vec()).unwrap()
        };
        assert!(page().await.contains(">Pay 49.00 EUR</button>"));
        pays(&service, "evt_3", "ch_1", 4_900, Some(id)).await;
        assert_eq!(request(&service, id).await["state"], "paid");
        let told = || {
            let letters = service.outbox.letters().unwrap();
            letters.iter().filter(|(_, letter)| letter.to == "cus_1@shop.example").count()
        };
        let tried =
            || service.sandbox.calls("stripe").unwrap().iter().filter(|call| call.path.ends_with("/pay")).count();
        let before = (told(), tried());
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 40)).await.unwrap();
        assert_eq!((told(), tried()), before, "{}", plan().await);
        let access = get(&service, "/api/entitlements/stripe:cus_1").await;
        assert!(access["state"].is_null() || access["state"] == "grace", "{access}");
        assert!(!page().await.contains("<button"), "and nobody pays it once more");
        // Whoever keeps the books says so there, and it is over.
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert_eq!(read_ticket(&service, "t1").await.1.handling.state, State::Resolved);
    });
}

#[test]
fn what_came_to_nothing_is_not_sent_again_once_the_money_came_past_the_provider() {
    run(async {
        let (service, id, at) = declined_and_asked().await;
        service.clock.advance(at).unwrap();
        service.sandbox.trouble("stripe", "429").unwrap();
        service.work().await.unwrap();
        assert_eq!(tried(&service), 1, "it has left, and is to be sent again");
        pays(&service, "evt_3", "ch_1", 4_900, Some(&id)).await;
        assert_eq!(request(&service, &id).await["state"], "paid");
        // Whoever sends it again is quicker than its recovery, which does not know yet.
        service.clock.advance(at + SignedDuration::from_hours(3)).unwrap();
        let own = async || {
            let actions: Vec<Action> = records(&service, &keys::actions(&account())).await;
            actions.into_iter().find(|action| action.by_rule().is_some()).unwrap()
        };
        let message = Message::Act { action: own().await.id, trace: "t".to_owned() };
        app::approval::handle(&service.context, &message).await.unwrap();
        assert_eq!((tried(&service), own().await.state().name()), (1, "stale"));
        service.advance(at + SignedDuration::from_hours(24 * 40)).await.unwrap();
        let tries = recovery(&service).await["tries"].clone();
        let end = json!({"outcome": "not_made", "why": "stale"});
        assert_eq!((tried(&service), &tries["made"][0]["ended"]), (1, &end), "{tries}");
    });
}

#[test]
fn what_a_try_collects_beside_money_that_came_past_the_provider_is_a_persons() {
    for (name, invoice_first) in [("its payment is told first", false), ("its invoice is told first", true)] {
        run(async {
            let (mut service, id, at) = declined_and_asked().await;
            service.context.http = Arc::new(TakesOn::over(&service));
            service.advance(at).await.unwrap();
            pays(&service, "evt_3", "ch_1", 4_900, Some(&id)).await;
            assert_eq!(request(&service, &id).await["state"], "paid", "{name}");
            let collected = charge(&service, "ch_2", Some("in_1"), 4_900, None);
            if !invoice_first {
                tell(&service, "evt_4", "charge.succeeded", &collected).await;
            }
            bill(&service, "evt_5", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
            if invoice_first {
                tell(&service, "evt_4", "charge.succeeded", &collected).await;
            }
            service.advance(service.clock.now() + SignedDuration::from_hours(25)).await.unwrap();
            let over = request(&service, &id).await;
            let shown = (&over["state"], &over["over"]["amount"]);
            assert_eq!(shown, (&json!("overpaid"), &json!("49.00")), "{name}: {over}");
            assert!(tasks(&service).await.contains(&"overpaid".to_owned()), "{name}: {:?}", tasks(&service).await);
        });
    }
}

#[test]
fn money_that_is_there_stands_for_its_invoice_though_its_ticket_is_closed() {
    run(async {
        let (service, id, _) = declined_and_asked().await;
        pays(&service, "evt_3", "ch_1", 4_900, Some(&id)).await;
        let closed = json!({"note": "they called"});
        let close = ask(&service, "lena", Method::POST, "/api/tickets/t1/close", Some(&closed), None).await;
        assert_eq!(close.0, StatusCode::OK, "{}", close.1);
        service.work().await.unwrap();
        assert_eq!(request(&service, &id).await["state"], "paid", "it is not withdrawn");
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 40)).await.unwrap();
        assert_eq!(tried(&service), 0, "nobody collects it once more: {}", recovery(&service).await);
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert!(request(&service, &id).await["resolved_at"].is_string());
    });
}

#[test]
fn what_a_person_says_is_for_an_invoice_holds_it_until_its_provider_shows_that() {
    run(async {
        let service = declined_and_said().await;
        let told = || {
            let letters = service.outbox.letters().unwrap();
            letters.iter().filter(|(_, letter)| letter.to == "cus_1@shop.example").count()
        };
        let before = (told(), tried(&service));
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 40)).await.unwrap();
        assert_eq!((told(), tried(&service)), before, "{}", recovery(&service).await);
        let access = get(&service, "/api/entitlements/stripe:cus_1").await;
        assert!(access["state"].is_null() || access["state"] == "grace", "{access}");
        assert!(!pay_page(&service).await.contains("<button"), "nobody pays it once more");
        known(&service, "t1").await;
        let (status, answer) = collect(&service, "lena", "t1", None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "nobody asks for it: {answer}");
        bill(&service, "evt_4", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        assert_eq!(marking(&service).await, None);
        assert!(head(&service).await.came.is_empty());
    });
}

#[test]
fn what_was_said_of_a_payment_holds_nothing_once_that_is_given_back_or_was_wrong() {
    for (name, is_given_back, waiting) in [("given back", true, 0), ("wrong", false, 1)] {
        run(async {
            let service = declined_and_said().await;
            assert!(!pay_page(&service).await.contains("<button"), "{name}");
            if is_given_back {
                goes_back(&service, "evt_4", 4_900, None).await;
            } else {
                let path = format!("/api/tasks/{}", marking(&service).await.unwrap()["id"].as_str().unwrap());
                let word = json!({"done": false, "note": "it is for another shop"});
                let (status, answer) = ask(&service, "bea", Method::POST, &path, Some(&word), None).await;
                assert_eq!(status, StatusCode::OK, "{name}: {answer}");
            }
            assert!(pay_page(&service).await.contains(">Pay 49.00 EUR</button>"), "{name}: it is asked for again");
            assert_eq!(marking(&service).await, None, "{name}");
            assert_eq!(unmatched(&service).await.len(), waiting, "{name}");
            assert!(head(&service).await.came.is_empty(), "{name}");
            if is_given_back {
                return;
            }
            // Nothing is owed by then, so that no payment would be looked at.
            bill(&service, "evt_5", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
            goes_back(&service, "evt_6", 4_900, None).await;
            assert_eq!(unmatched(&service).await, Vec::<Value>::new(), "{name}");
        });
    }
}

#[test]
fn what_its_provider_books_elsewhere_than_a_person_said_counts_once() {
    run(async {
        let service = declined_and_said().await;
        service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
        bill(&service, "evt_4", "invoice.finalized", "in_2", "open", (4_900, 4_900)).await;
        tell(&service, "evt_5", "charge.succeeded", &charge(&service, "ch_1", Some("in_2"), 4_900, None)).await;
        bill(&service, "evt_6", "invoice.paid", "in_2", "paid", (4_900, 0)).await;
        assert!(pay_page(&service).await.contains(">Pay 49.00 EUR</button>"), "it is asked for again");
        assert!(head(&service).await.came.is_empty());
        assert_eq!(unmatched(&service).await, Vec::<Value>::new(), "nobody has to say anew");
        let key = keys::task(&About::MarkPaid { invoice: "in_1".to_owned() }.task(&account()));
        let task = Batch::read(&service.context, vec![key.clone()]).await.unwrap().get::<Task>(&key).unwrap().unwrap();
        assert_eq!((task.note.as_str(), task.ended_at.is_some()), ("its provider books the payment elsewhere", true));
    });
}

#[test]
fn a_part_that_a_person_says_is_for_an_invoice_holds_it_though_a_request_asks_for_it() {
    run(async {
        let (service, id, at) = declined_and_asked().await;
        pays(&service, "evt_3", "ch_1", 2_000, None).await;
        let waiting = unmatched(&service).await;
        let (status, answer) = say(&service, "bea", &waiting[0]["id"], &json!({"invoice": "in_1"})).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(request(&service, &id).await["state"], "partly_paid");
        service.advance(at + SignedDuration::from_hours(24)).await.unwrap();
        assert_eq!(tried(&service), 0, "all of it would be collected: {}", recovery(&service).await);
    });
}

#[test]
fn a_link_to_pay_is_not_sent_once_the_money_came_past_the_provider() {
    run(async {
        let service = shop().await;
        let stop = |release: bool| json!({"kind": "payment_link", "note": "we look at it", "release": release});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(false)), None).await.0, StatusCode::OK);
        let body = json!({"account": "stripe:cus_1", "kind": "payment_link", "params": {"invoice": "in_1"},
            "reason_code": "other", "note": ""});
        let (status, answer) = ask(&service, "lena", Method::POST, "/api/actions", Some(&body), Some("k")).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        service.work().await.unwrap();
        pays(&service, "evt_3", "ch_1", 4_900, None).await;
        let waiting = unmatched(&service).await;
        assert_eq!(say(&service, "bea", &waiting[0]["id"], &json!({"invoice": "in_1"})).await.0, 200);
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(true)), None).await.0, StatusCode::OK);
        service.work().await.unwrap();
        service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        let action = get(&service, &format!("/api/actions/{}", answer["id"].as_str().unwrap())).await;
        assert_eq!(action["state"], "stale", "{action}");
        let letters = service.outbox.letters().unwrap();
        assert!(!letters.iter().any(|(_, letter)| letter.id.starts_with("link_")), "nobody is asked for it");
    });
}

#[test]
fn what_its_provider_collects_beside_what_a_person_said_is_a_persons() {
    run(async {
        let service = declined_and_said().await;
        service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
        let collected = charge(&service, "ch_2", Some("in_1"), 4_900, None);
        tell(&service, "evt_4", "charge.succeeded", &collected).await;
        bill(&service, "evt_5", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        let task = marking(&service).await.expect("somebody decides");
        let said = (&task["what"], &task["state"]);
        assert_eq!(said, (&json!("Decide about invoice IN_1, which was paid twice"), &json!("open")), "{task}");
        assert!(task["steps"].as_str().unwrap().contains("payment ch_2"), "{task}");
    });
}

#[test]
fn a_payment_that_is_given_back_is_nobodys_any_more() {
    run(async {
        let service = shop().await;
        pays(&service, "evt_3", "ch_1", 4_900, None).await;
        assert_eq!(head(&service).await.loose.len(), 1);
        goes_back(&service, "evt_4", 1_900, None).await;
        assert_eq!(unmatched(&service).await[0]["amount"]["amount"], "30.00", "a part of it");
        // Nothing is owed by then, so that no payment would be looked at.
        bill(&service, "evt_5", "invoice.paid", "in_1", "paid", (4_900, 0)).await;
        goes_back(&service, "evt_6", 4_900, None).await;
        assert_eq!(unmatched(&service).await, Vec::<Value>::new());
        assert!(head(&service).await.loose.is_empty(), "it keeps no place");
    });
    run(async {
        let (service, id) = asked().await;
        let close = ask(&service, "lena", Method::POST, "/api/tickets/t1/close", None, None).await;
        assert_eq!(close.0, StatusCode::OK, "{}", close.1);
        service.work().await.unwrap();
        pays(&service, "evt_3", "ch_1", 4_900, Some(&id)).await;
        assert_eq!((tasks(&service).await, unmatched(&service).await.len()), (vec!["paid_after_all".to_owned()], 1));
        goes_back(&service, "evt_4", 4_900, Some(&id)).await;
        assert_eq!((tasks(&service).await, unmatched(&service).await.len()), (Vec::new(), 0));
    });
}

#[test]
fn nobody_is_asked_by_a_part_of_what_is_open() {
    run(async {
        let mut service = shop().await;
        for number in 2..=19 {
            let (event, id) = (format!("evt_b{number}"), format!("in_{number}"));
            bill(&service, &event, "invoice.finalized", &id, "open", (100, 100)).await;
        }
        known(&service, "t1").await;
        with_limit(&mut service, "invoices_read_max", 18);
        let counts = Counted::over(&mut service);
        counts.take();
        let path = "/api/tickets/t1/payment-request";
        let (status, refused) = ask(&service, "lena", Method::POST, path, None, None).await;
        assert_eq!((status.as_u16(), &refused["error"]["code"]), (422, &json!("not_possible")), "{refused}");
        let costs = counts.take();
        assert!(costs.items <= 19 + 2, "one more than it may be, and no further: {costs:?}");
        with_limit(&mut service, "invoices_read_max", 19);
        let (status, asked) = collect(&service, "lena", "t1", None).await;
        assert_eq!((status, asked["invoices"].as_array().map(Vec::len)), (StatusCode::CREATED, Some(19)), "{asked}");
    });
}
