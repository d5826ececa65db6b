//! Answers that do not leave, or not yet: refused, stopped, to another address, or nobody's to write.

use super::*;

#[test]
fn nothing_is_answered_by_itself_where_recoup_does_not_write() {
    run(async {
        let service = with_a_payment().await;
        let less = json!({"acting": "observe"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/sources/ticket/default", Some(&less), None).await.0, 200);
        wrote(&service, "t1", EVE, "I was charged twice.").await;
        assert_eq!(mails(&service, EVE).len(), 0);
        for (staff, address, text, status, code) in [
            ("lena", "t1", "We look.", 422, "not_possible"),
            ("ana", "t1", "We look.", 403, "not_permitted"),
            ("lena", "nope", "We look.", 404, "not_found"),
            ("lena", "a:b:c:d", "We look.", 404, "not_found"),
        ] {
            let (found, answer) = reply(&service, staff, address, &json!({"text": text})).await;
            assert_eq!((found, answer["error"]["code"].as_str()), (status, Some(code)), "{staff} {address}: {answer}");
        }
        assert_eq!(reply(&service, "lena", "t1", &json!({"say": "hello"})).await.0, 400);
        wrote(&service, "t2", "no address", "I was charged twice.").await;
        let offered = drafts(&service, "t2").await;
        assert_eq!(offered["way"], json!({"by": "nowhere"}));
    });
}

#[test]
fn a_mail_that_is_refused_is_sent_later_and_given_up_in_the_end() {
    run(async {
        let mut service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let post = service.context.post.clone();
        let refused = deafen(&mut service, ADA);
        reply(&service, "lena", "t1", &json!({"text": "It is done."})).await;
        service.work().await.unwrap();
        later(&service, 59).await;
        assert_eq!(refused.load(std::sync::atomic::Ordering::SeqCst), 1, "it is left alone for a minute");
        service.context.post = post;
        later(&service, 1).await;
        assert_eq!((mails(&service, ADA).len(), last(&service, &own("t1")).await.state), (1, Sent::Sent));

        deafen(&mut service, ADA);
        reply(&service, "lena", "t1", &json!({"text": "And one thing more."})).await;
        later(&service, 14 * 86_400).await;
        let state = last(&service, &own("t1")).await.state;
        assert!(matches!(state, Sent::Refused { again_at: None, .. }), "{state:?}");
        assert!(ticket(&service, &own("t1")).await.handling.due_at.is_some(), "somebody has to see to it");
    });
}

#[test]
fn what_the_provider_refuses_comes_back_and_is_told_as_it_is() {
    run(async {
        let service = with_a_payment().await;
        let (_, action) = asked_for(&service).await;
        service.sandbox.trouble("stripe", "400").unwrap();
        decide(&service, &action, "approve").await;
        let path = format!("/api/actions/{}", action["id"].as_str().unwrap());
        assert_eq!(get(&service, &path).await["state"], "failed");
        let back = ticket(&service, &own("t1")).await;
        assert_eq!((back.handling.state, back.handling.heard[0].end), (State::Investigating, End::Failed));
        assert!(back.handling.due_at.is_some(), "they were told that it is being decided: {:?}", back.handling);
        let offered = drafts(&service, "t1").await;
        assert_eq!(outcomes(&offered), ["failed", "waiting"], "{offered}");
        assert!(!offered.to_string().contains("100.00"), "nothing went back: {offered}");
        let text = json!({"text": offered["drafts"][0]["text"]});
        let (status, answer) = reply(&service, "lena", "t1", &text).await;
        assert_eq!((status, &answer["outcome"]), (200, &json!("failed")), "{answer}");
        service.work().await.unwrap();
        assert_eq!(ticket(&service, &own("t1")).await.handling.state, State::Waiting);
    });
}

#[test]
fn what_is_stopped_does_not_leave_until_somebody_releases_it() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let stop = json!({"note": "look first"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        reply(&service, "lena", "t1", &json!({"text": "It is done."})).await;
        later(&service, 3_600).await;
        assert!(mails(&service, ADA).is_empty());
        let release = json!({"release": true, "note": ""});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&release), None).await.0, StatusCode::OK);
        later(&service, 600).await;
        assert_eq!((mails(&service, ADA).len(), last(&service, &own("t1")).await.state), (1, Sent::Sent));
    });
}

#[test]
fn what_was_written_for_one_address_is_not_sent_to_another() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let stop = json!({"note": "look first"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        reply(&service, "lena", "t1", &json!({"text": "38.00 USD go back to you."})).await;
        later(&service, 60).await;
        let now_eve = json!({"requester": {"email": EVE, "name": "Eve"}});
        tell(&service, "evt_t1_2", "t1", now_eve).await;
        let release = json!({"release": true, "note": ""});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&release), None).await.0, StatusCode::OK);
        later(&service, 3_600).await;
        let amounts = |to: &str| mails(&service, to).into_iter().filter(|letter| letter.text.contains("38.00")).count();
        assert_eq!((amounts(ADA), amounts(EVE)), (0, 0));
        let ended = last(&service, &own("t1")).await.state;
        assert!(
            matches!(&ended, Sent::Refused { reason, again_at: None } if reason.contains("another address")),
            "{ended:?}"
        );
    });
}
