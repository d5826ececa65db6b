//! What comes in, or is done, while an answer is written or on its way.

use super::*;

#[test]
fn of_two_agents_at_once_one_answers() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let (lena, luis) = (json!({"text": "It is done.", "answered": 0}), json!({"text": "We look.", "answered": 0}));
        let (one, two) = tokio::join!(reply(&service, "lena", "t1", &lena), reply(&service, "luis", "t1", &luis));
        let mut statuses = [one.0, two.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
        service.work().await.unwrap();
        assert_eq!(mails(&service, ADA).len(), 1);

        let other = if one.0 == 200 { ("luis", &luis) } else { ("lena", &lena) };
        let (status, answer) = reply(&service, other.0, "t1", other.1).await;
        assert_eq!((status, &answer["error"]["code"]), (409, &json!("answered_meanwhile")), "{answer}");
        let looked = json!({"text": "And one thing more.", "answered": 1});
        assert_eq!(reply(&service, other.0, "t1", &looked).await.0, 200, "they have looked again");
        service.work().await.unwrap();
        assert_eq!(mails(&service, ADA).len(), 2);
    });
}

#[test]
fn a_ticket_hears_of_its_end_however_many_others_its_account_has() {
    run(async {
        let service = with_a_payment().await;
        let (case, action) = asked_for(&service).await;
        for (before, part) in [("a", 0), ("a", 1), ("a", 2), ("z", 0), ("z", 1), ("z", 2)] {
            let mut commit = Commit::default();
            for number in 0..90 {
                let (provider, source) = ("ticket".to_owned(), "default".to_owned());
                commit.put(&TicketOf { account: account(), provider, source, id: format!("{before}_{part}_{number}") });
            }
            commit.run(&service.context).await.unwrap();
        }
        decide(&service, &action, "approve").await;
        let back = ticket(&service, &own("t1")).await;
        assert_eq!((back.handling.state, back.handling.heard.len()), (State::Investigating, 1));
        let shown = get(&service, &format!("/api/cases/{case}")).await;
        let mut steps = shown["playbook"]["steps"].as_array().unwrap().iter();
        let message = steps.find(|step| step["step"] == "say").unwrap();
        assert_eq!(message["ticket"], "t1", "and its case leads to it: {shown}");
    });
}

#[test]
fn nobody_is_given_up_who_waits_for_us_and_what_is_decided_late_is_heard() {
    run(async {
        let service = with_a_payment().await;
        asked_for(&service).await;
        later(&service, 15 * 86_400).await;
        let waiting = ticket(&service, &own("t1")).await;
        assert_eq!(
            (waiting.handling.state, waiting.handling.draft),
            (State::Waiting, None),
            "{:?}",
            waiting.handling.history
        );
        let action = get(&service, "/api/actions?state=waiting_approval").await["items"][0].clone();
        decide(&service, &action, "approve").await;
        let back = ticket(&service, &own("t1")).await;
        assert_eq!((back.handling.state, back.handling.heard.len()), (State::Investigating, 1));
        assert_eq!((back.handling.heard[0].end, back.handling.due_at.is_some()), (End::Done, true));
    });
}

#[test]
fn a_letter_that_comes_while_an_answer_waits_to_leave_keeps_its_clock_and_the_ticket_open() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let stop = json!({"note": "look first"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        let (status, answer) = reply(&service, "lena", "t1", &json!({"text": "It is done.", "solved": true})).await;
        assert_eq!((status, &answer["turn"]), (200, &json!(1)), "{answer}");
        later(&service, 60).await;
        let more = json!({"body": "And one thing more?", "requester": {"email": ADA}});
        tell(&service, "evt_t1_2", "t1", more).await;
        let release = json!({"release": true, "note": ""});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&release), None).await.0, StatusCode::OK);
        later(&service, 600).await;
        assert_eq!(last(&service, &own("t1")).await.state, Sent::Sent);
        let open = ticket(&service, &own("t1")).await.handling;
        assert_eq!((open.state, open.turns), (State::Investigating, 2), "the answer was to solve it");
        assert!(open.due_at.is_some() && open.first_answer_at.is_some(), "the second letter waits for an answer");

        let (status, answer) = reply(&service, "lena", "t1", &json!({"text": "That too.", "solved": true})).await;
        assert_eq!((status, &answer["turn"]), (200, &json!(2)), "{answer}");
        later(&service, 60).await;
        let over = ticket(&service, &own("t1")).await.handling;
        assert_eq!((over.state, over.due_at, mails(&service, ADA).len()), (State::Resolved, None, 2));
    });
}

#[test]
fn who_answers_what_they_read_answers_nothing_that_came_since() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let read = drafts(&service, "t1").await["turns"].clone();
        later(&service, 60).await;
        tell(&service, "evt_t1_2", "t1", json!({"body": "And one thing more?", "requester": {"email": ADA}})).await;
        let said = json!({"text": "It is done.", "solved": true, "turns": read});
        assert_eq!(reply(&service, "lena", "t1", &said).await.0, 200);
        service.work().await.unwrap();
        let open = ticket(&service, &own("t1")).await.handling;
        assert!(open.state != State::Resolved && open.due_at.is_some(), "{open:?}");
    });
}

#[test]
fn the_same_words_to_two_letters_are_two_answers_and_a_late_repeat_is_none() {
    run(async {
        let service = with_a_payment().await;
        of_a_contact(&service, "t1").await;
        let first = json!({"text": "We look into it.", "turns": 1, "answered": 0});
        assert_eq!(reply(&service, "lena", "t1", &first).await.1["number"], 1);
        service.work().await.unwrap();
        later(&service, 3_600).await;
        tell(&service, "evt_t1_2", "t1", json!({"body": "Any news?", "requester": {"email": ADA}})).await;
        let (by_turns, by_count) =
            (json!({"text": "We look into it.", "turns": 1}), json!({"answered": 0, "text": "We look into it."}));
        for late in [first, by_turns, by_count] {
            let (status, answer) = reply(&service, "lena", "t1", &late).await;
            assert_eq!((status, &answer["number"]), (200, &json!(1)), "a repeat of the first: {late} {answer}");
        }
        service.work().await.unwrap();
        assert_eq!(mails(&service, ADA).len(), 1);

        let again = json!({"text": "We look into it."});
        for _ in 0..2 {
            let (status, answer) = reply(&service, "lena", "t1", &again).await;
            assert_eq!((status, &answer["number"], &answer["turn"]), (200, &json!(2), &json!(2)), "{answer}");
            service.work().await.unwrap();
        }
        assert_eq!(mails(&service, ADA).len(), 2, "the second letter is answered, once");
        assert_eq!(ticket(&service, &own("t1")).await.handling.due_at, None);
    });
}

#[test]
fn what_zendesk_has_of_last_week_is_not_taken_for_the_answer_of_today() {
    run(async {
        let service = with_a_payment().await;
        wrote_at_zendesk(&service, "created", "OPEN").await;
        let text = json!({"text": "We look into it."});
        assert_eq!(reply(&service, "lena", "zendesk:42", &text).await.0, 200);
        service.work().await.unwrap();
        later(&service, 7 * 86_400).await;
        let body = json!({"type": "zen:event-type:ticket.comment_added", "id": "zd_comment", "account_id": 1,
            "subject": "zen:ticket:42", "time": service.clock.now(), "zendesk_event_version": "2022-11-06",
            "detail": {"id": "42", "subject": "Charged twice", "status": "OPEN", "requester_id": "555"},
            "event": {"comment": {"body": "Any news?", "is_public": true, "author": {"is_staff": false}}}});
        assert_eq!(deliver_to(&service, "zendesk", body.to_string().as_bytes()).await.0, StatusCode::OK);
        service.work().await.unwrap();
        service.sandbox.trouble("zendesk", "timeout_not_done").unwrap();
        assert_eq!(reply(&service, "lena", "zendesk:42", &text).await.1["number"], 2);
        service.work().await.unwrap();
        later(&service, 3 * 3_600).await;
        assert_eq!(puts(&service).0, 2, "{:?}", service.sandbox.calls("zendesk").unwrap());
        assert_eq!(last(&service, &zendesk()).await.state, Sent::Sent);
    });
}
