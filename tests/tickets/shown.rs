//! Tickets on pages and beside their account.

use super::*;

#[test]
fn an_account_at_a_glance_is_two_queries_and_two_batches_whatever_it_has() {
    run(async {
        let mut service = known().await;
        let csv = "provider,customer,phone\nstripe,cus_1,+49 30 123456\n";
        assert_eq!(import(&service, "mara", "customers", csv, false).await.0, StatusCode::OK);
        let counts = Counted::over(&mut service);
        let mut told = 0;
        for tickets in [0, 1, 12] {
            while told < tickets {
                told += 1;
                let (id, body) = (format!("t_{told}"), format!("My question number {told} is about the invoice"));
                tell(&service, Told { event: &format!("e_{told}"), id: &id, body: Some(&body), ..Told::default() })
                    .await;
            }
            counts.take();
            let shown = get(&service, "/api/accounts/stripe:cus_1").await;
            let costs = counts.take();
            assert_eq!(shown["tickets"].as_array().map_or(0, Vec::len), tickets, "{shown}");
            // Whoever asks is looked up by a batch before. The tickets are read by another one, where there are any.
            let batches = 1 + 1 + u64::from(tickets > 0);
            assert_eq!((costs.batches, costs.queries), (batches, 2), "with {tickets} tickets: {costs:?}");
        }
    });
}

#[test]
fn the_pages_show_the_account_by_its_name_and_their_buttons_work_without_scripts() {
    run(async {
        let service = known().await;
        tell(&service, Told { subject: "Twice", ..Told::default() }).await;
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=bea".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let look = async |path: &str| {
            let request = Request::get(path).header("cookie", &cookie).body(Bytes::new()).unwrap();
            let answer = dispatch(&service, &request).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            String::from_utf8(answer.body().to_vec()).unwrap()
        };
        let list = look("/tickets?state=investigating").await;
        assert!(list.contains("/tickets/t_1") && list.contains(">Customer cus_1<"), "{list}");
        assert!(!look("/tickets?state=resolved").await.contains("/tickets/t_1"));
        let page = look("/tickets/t_1").await;
        for shown in ["I was charged twice this month", ">Customer cus_1<", OWN, "Assign to me", "History"] {
            assert!(page.contains(shown), "{shown}: {page}");
        }
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let press = async |form: &str| {
            let request =
                Request::post("/tickets/t_1").header("cookie", &cookie).header("sec-fetch-site", "same-origin");
            let body = Bytes::from(format!("csrf={csrf}&{form}"));
            dispatch(&service, &request.body(body).unwrap()).await.status().as_u16()
        };
        for form in ["say=assign&to=bea", "say=class&class=duplicate_charge&note=two+charges", "say=close&note=done"] {
            assert_eq!(press(form).await, 303, "{form}");
        }
        let told = ticket(&service, "t_1").await;
        assert_eq!((&told["assignee"], &told["state"]), (&json!("bea"), &json!("resolved")), "{told}");
        let case = look(&format!("/cases/{}", told["case"].as_str().unwrap())).await;
        assert!(case.contains("/tickets/t_1") && case.contains("tickets v1"), "{case}");
        let over = look("/tickets/t_1").await;
        assert!(over.contains("/cases/"), "the way to the case and its preview");
        for named in [" – gave it to Bea</p>", "</time>: Bea – "] {
            assert!(over.contains(named), "whoever had to do with it is named, {named}: {over}");
        }
        assert!(look("/tickets?state=resolved").await.contains("<td>Bea</td>"));
        assert!(over.contains("value=\"reopen\"") && !over.contains("value=\"close\""), "{over}");
        assert_eq!(press("say=reopen&note=one+is+left").await, 303);
        assert_eq!(ticket(&service, "t_1").await["state"], "open");
        assert!(!look("/tickets/t_1").await.contains("value=\"reopen\""));
    });
}

#[test]
fn an_account_shows_its_tickets_those_that_are_open_first() {
    run(async {
        let service = known().await;
        for (event, id, body) in [("e_1", "t_1", "one"), ("e_2", "t_2", "two"), ("e_3", "t_3", "three")] {
            tell(&service, Told { event, id, body: Some(body), ..Told::default() }).await;
            later(&service, 1).await;
        }
        assert_eq!(say(&service, "lena", "t_3", "close", &json!({})).await.0, 200);
        let account = get(&service, "/api/accounts/stripe:cus_1").await;
        let shown: Vec<_> =
            account["tickets"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
        assert_eq!(shown, ["t_2", "t_1", "t_3"], "{account}");
        let page = get(&service, "/accounts/stripe:cus_1").await;
        assert!(page.as_str().unwrap().contains("/tickets/t_2"), "{page}");
    });
}
