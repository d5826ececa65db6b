//! What the outside sees: answers, refusals, and pages, on a whole service.

use http::{Method, Request, StatusCode};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use shared::app::ports::Clock;
use tests::stripe;
use tests::world::{ask, ask_text, at, deliver, get, import, open_at};

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

async fn with_a_payment() -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    let now = service.clock.now();
    deliver(&service, &stripe::event("evt_1", "customer.created", now, &stripe::customer("cus_1", now))).await;
    deliver(&service, &stripe::event("evt_2", "charge.succeeded", now, &stripe::charge("cus_1", "ch_1", None, 10_000, "usd", None, now)))
        .await;
    service.work().await.unwrap();
    service
}

async fn raw(service: &Service, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, String) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = dispatch(service, &request.body(body.to_owned().into()).unwrap()).await;
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap())
}

#[test]
fn bad_requests_get_named_answers_and_change_nothing() {
    run(async {
        let service = with_a_payment().await;
        let long = "x".repeat((1 << 20) + 1);
        /// Method, path, headers, body; status and code.
        type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, u16, &'a str);
        let rows: [Row<'_>; 12] = [
            ("GET", "/nope", &[], "", 404, "not_found"),
            ("DELETE", "/api/actions", &[], "", 405, "method_not_allowed"),
            ("GET", "/webhooks/stripe/default", &[], "", 405, "method_not_allowed"),
            ("POST", "/webhooks/paypal/default", &[], "{}", 404, "unknown_provider"),
            ("POST", "/webhooks/stripe/default", &[], &long, 413, "too_large"),
            ("POST", "/webhooks/stripe/default", &[("content-type", "text/xml")], "<a/>", 415, "unsupported_media_type"),
            ("POST", "/webhooks/stripe/default", &[], "{}", 401, "not_authentic"),
            ("POST", "/webhooks/stripe/unknown", &[("stripe-signature", "t=1,v1=00")], "{}", 401, "not_authentic"),
            ("GET", "/api/cases", &[], "", 401, "not_signed_in"),
            ("GET", "/api/cases", &[("authorization", "Bearer a.b.c")], "", 401, "not_signed_in"),
            ("POST", "/local/clock", &[], "{}", 400, "malformed"),
            ("POST", "/local/queues/nope/redrive", &[], "", 404, "not_found"),
        ];
        for (method, path, headers, body, status, code) in rows {
            let (found, text) = raw(&service, method, path, headers, body).await;
            let value: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{method} {path}: {text}"));
            assert_eq!((found.as_u16(), value["error"]["code"].as_str()), (status, Some(code)), "{method} {path}: {text}");
            assert!(value["error"]["message"].as_str().is_some_and(|message| message.len() > 10), "{text}");
        }
        for path in [
            "/api/accounts/acc_x",
            "/api/accounts/stripe:nobody",
            "/api/accounts/..%2f..",
            "/api/cases/case_x",
            "/api/actions/act_x",
            "/api/actions/act_x/receipt",
        ] {
            assert_eq!(ask(&service, "ana", Method::GET, path, None, None).await.0, 404, "{path}");
        }
        for path in [
            "/api/reports/2026-13",
            "/api/reports/now",
            "/api/cases?limit=0",
            "/api/cases?limit=x",
            "/api/cases?cursor=%21",
            "/api/cases?class=x",
            "/api/actions?state=x",
            "/api/dunning?due_before=x",
            "/api/reports/2026-03?format=doc",
        ] {
            assert_eq!(ask(&service, "ana", Method::GET, path, None, None).await.0, 400, "{path}");
        }
        assert_eq!(get(&service, "/api/actions").await["items"], json!([]));
        assert!(service.sandbox.calls("stripe").unwrap().is_empty());
    });
}

#[test]
fn every_cause_of_disbelief_has_the_same_answer() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let body = stripe::event("evt_1", "charge.succeeded", at("2026-03-01T09:00:00Z"), &json!({})).to_string();
        let good = service.signed("stripe", "default", body.clone().into_bytes()).await.unwrap();
        let header = good.headers()["stripe-signature"].to_str().unwrap().to_owned();
        let mut answers = Vec::new();
        for (source, value) in [
            ("default", header.replace("t=", "t=1")),
            ("default", "t=1,v1=0".to_owned()),
            ("default", "nonsense".to_owned()),
            ("other", header),
        ] {
            answers.push(raw(&service, "POST", &format!("/webhooks/stripe/{source}"), &[("stripe-signature", &value)], &body).await);
        }
        answers.push(raw(&service, "POST", "/webhooks/stripe/default", &[], &body).await);
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
    });
}

#[test]
fn a_delivery_is_counted_as_the_interface_says() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let now = service.clock.now();
        let charge = stripe::event("evt_1", "charge.succeeded", now, &stripe::charge("cus_1", "ch_1", None, 500, "usd", None, now));
        assert_eq!(deliver(&service, &charge).await, (StatusCode::OK, json!({"accepted": 1, "duplicates": 0, "ignored": 0})));
        let other = stripe::event("evt_2", "product.created", now, &json!({"id": "prod_1"}));
        assert_eq!(deliver(&service, &other).await, (StatusCode::OK, json!({"accepted": 0, "duplicates": 0, "ignored": 1})));
        let (status, answer) = deliver(&service, &json!({"hello": "world"})).await;
        assert_eq!((status.as_u16(), answer["error"]["code"].as_str()), (400, Some("malformed")));
        // What says that it is a charge and is none is durable, and set aside with its reason.
        let broken = stripe::event("evt_3", "charge.succeeded", now, &json!({"id": "ch_3", "currency": "usd", "amount": "much"}));
        assert_eq!(deliver(&service, &broken).await.0, StatusCode::OK);
        service.work().await.unwrap();
        let depths = service.queue.depths().unwrap();
        assert_eq!((depths[0].name, depths[0].dead, depths[0].depth), ("events", 1, 0));
        let (_, dead) = raw(&service, "GET", "/local/queues/events/dead", &[], "").await;
        assert!(dead.contains("this is not a Stripe event"), "{dead}");
    });
}

#[test]
fn a_repeated_request_is_the_same_action_and_another_under_its_key_is_refused() {
    run(async {
        let service = with_a_payment().await;
        let body = |amount: &str| json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1", "amount": {"amount": amount, "currency": "USD"}}, "reason_code": "billing_error", "note": ""});
        let first = ask(&service, "mara", Method::POST, "/api/actions", Some(&body("10.00")), Some("k")).await;
        assert_eq!(
            (first.0.as_u16(), first.1["state"].as_str(), first.1["approvals"][0]["within_limit"].as_bool()),
            (201, Some("approved"), Some(true))
        );
        service.work().await.unwrap();
        let again = ask(&service, "mara", Method::POST, "/api/actions", Some(&body("10.00")), Some("k")).await;
        assert_eq!((again.0.as_u16(), &again.1["id"]), (201, &first.1["id"]));
        assert_eq!(ask(&service, "mara", Method::POST, "/api/actions", Some(&body("11.00")), Some("k")).await.0, 409);
        assert_eq!(ask(&service, "mara", Method::POST, "/api/actions", Some(&body("11.00")), None).await.0, 400);
        assert_eq!(ask(&service, "ana", Method::POST, "/api/actions", Some(&body("11.00")), Some("a")).await.0, 403);
        let mut preview = body("20.00");
        preview["preview_only"] = json!(true);
        let previewed = ask(&service, "mara", Method::POST, "/api/actions", Some(&preview), Some("p")).await;
        assert_eq!((previewed.0.as_u16(), previewed.1["state"].as_str()), (201, Some("previewed")));
        for wrong in
            [json!({}), json!({"account": "stripe:cus_1"}), body("-1.00"), body("0.00"), body("1e2"), body("100000.00"), body("0.001")]
        {
            let status = ask(&service, "mara", Method::POST, "/api/actions", Some(&wrong), Some("w")).await.0.as_u16();
            assert!(matches!(status, 400 | 422), "{wrong}: {status}");
        }
        let refunds: Vec<_> = service.sandbox.calls("stripe").unwrap().into_iter().filter(|call| call.method == "POST").collect();
        assert_eq!(refunds.len(), 1, "{refunds:?}");
        assert!(refunds[0].idempotency_key.is_some() && refunds[0].body.contains("amount=1000"));
    });
}

#[test]
fn a_form_from_elsewhere_decides_nothing() {
    run(async {
        let service = with_a_payment().await;
        let body =
            json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1"}, "reason_code": "billing_error", "note": ""});
        let (_, action) = ask(&service, "luis", Method::POST, "/api/actions", Some(&body), Some("k")).await;
        let (id, digest) = (action["id"].as_str().unwrap(), action["preview"]["digest"].as_str().unwrap());
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=mara".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(signed_in.headers()["set-cookie"].to_str().unwrap().contains("HttpOnly; SameSite=Strict"));
        let page = raw(&service, "GET", &format!("/actions/{id}"), &[("cookie", &cookie)], "").await.1;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let path = format!("/actions/{id}/decision");
        let form = |csrf: &str| format!("csrf={csrf}&decision=approve&preview_digest={digest}");
        for (headers, body) in [
            (vec![("cookie", cookie.as_str())], form(&csrf)),
            (vec![("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")], form(&csrf)),
            (vec![("cookie", cookie.as_str()), ("origin", "https://evil.example"), ("host", "recoup.test")], form(&csrf)),
            (vec![("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")], form("forged")),
        ] {
            assert_eq!(raw(&service, "POST", &path, &headers, &body).await.0, 403, "{headers:?}");
        }
        assert_eq!(raw(&service, "GET", &path, &[("cookie", &cookie)], "").await.0, 405);
        assert_eq!(get(&service, &format!("/api/actions/{id}")).await["state"], "waiting_approval");
        assert_eq!(raw(&service, "POST", &path, &[("cookie", &cookie), ("sec-fetch-site", "same-origin")], &form(&csrf)).await.0, 303);
        service.work().await.unwrap();
        assert_eq!(get(&service, &format!("/api/actions/{id}")).await["state"], "executed");
    });
}

#[test]
fn a_refund_event_before_its_charge_waits_and_is_folded() {
    run(async {
        let service = open_at("2026-03-01T09:00:00Z").await;
        let now = service.clock.now();
        let refund = json!({"id": "re_1", "object": "refund", "charge": "ch_1", "amount": 400, "currency": "usd", "status": "succeeded"});
        deliver(&service, &stripe::event("evt_r", "refund.created", now, &refund)).await;
        service.work().await.unwrap();
        assert_eq!(get(&service, "/api/accounts").await["items"], json!([]));
        deliver(&service, &stripe::event("evt_c", "charge.succeeded", now, &stripe::charge("cus_1", "ch_1", None, 1000, "usd", None, now)))
            .await;
        service.work().await.unwrap();
        let sidebar = get(&service, "/api/accounts/stripe:cus_1").await;
        assert_eq!(sidebar["lifetime"]["revenue"], json!({"amount": "6.00", "currency": "USD"}));
        assert_eq!(get(&service, "/api/accounts/stripe:cus_1/timeline").await["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn no_page_or_answer_shows_a_secret_and_every_page_has_its_headers() {
    run(async {
        let service = with_a_payment().await;
        for path in [
            "/",
            "/accounts",
            "/cases",
            "/actions",
            "/approvals",
            "/dunning",
            "/tickets",
            "/sources",
            "/policies",
            "/reports/2026-03",
            "/outbox",
            "/api/accounts",
            "/accounts/stripe:cus_1",
        ] {
            let (status, value) = ask(&service, "mara", Method::GET, path, None, None).await;
            assert_eq!(status, 200, "{path}");
            assert!(!value.to_string().contains("test_stripe_secret"), "{path}");
        }
        let answer = dispatch(&service, &Request::get("/login").body("".into()).unwrap()).await;
        for (name, part) in [
            ("content-security-policy", "frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert!(answer.headers()[name].to_str().unwrap().contains(part), "{name}");
        }
        let away = dispatch(&service, &Request::get("/accounts").body("".into()).unwrap()).await;
        assert_eq!((away.status().as_u16(), away.headers()["location"].to_str().unwrap()), (303, "/login"));
    });
}

#[test]
fn a_past_decision_is_shown_and_made_again() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let again = stripe::charge("cus_1", "ch_2", None, 10_000, "usd", None, now);
        deliver(&service, &stripe::event("evt_3", "charge.succeeded", now, &again)).await;
        service.work().await.unwrap();
        let cases = get(&service, "/api/cases").await;
        let id = cases["items"][0]["decisions"][0].as_str().unwrap().to_owned();
        let decision = get(&service, &format!("/api/decisions/{id}")).await;
        assert_eq!(
            (decision["case"].clone(), decision["outcome"]["rule"].as_str()),
            (cases["items"][0]["id"].clone(), Some("same-amount-same-day"))
        );
        let path = format!("/api/decisions/{id}/replay");
        let (status, same) = ask(&service, "ana", Method::POST, &path, Some(&json!({"policy_version": 1})), None).await;
        assert_eq!((status, &same["same"], &same["differences"]), (StatusCode::OK, &json!(true), &json!([])), "{same}");
        for (path, body, expected) in [
            (path.as_str(), json!({"policy_version": 9}), (404, "not_found")),
            (path.as_str(), json!({"policy_version": "one"}), (400, "malformed")),
            ("/api/decisions/dec_nope/replay", json!({"policy_version": 1}), (404, "not_found")),
        ] {
            let (status, answer) = ask(&service, "ana", Method::POST, path, Some(&body), None).await;
            assert_eq!((status.as_u16(), answer["error"]["code"].as_str()), (expected.0, Some(expected.1)), "{path} {body}");
        }
    });
}

#[test]
fn accounts_of_one_customer_are_proposed_and_only_people_say_so() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let mut twin = stripe::customer("cus_2", now);
        twin["email"] = json!("CUS_1@shop.example");
        deliver(&service, &stripe::event("evt_4", "customer.created", now, &twin)).await;
        service.work().await.unwrap();
        let shown = |service| async move {
            let shown = get(service, "/api/accounts/stripe:cus_1/group").await;
            ["confirmed", "proposed", "apart"].map(|list| shown[list].as_array().unwrap().len())
        };
        assert_eq!(shown(&service).await, [0, 1, 0], "one address in two spellings");
        let tell = |staff, other: &str, same| {
            let body = json!({"account": other, "same": same, "note": "asked them"});
            let service = &service;
            async move { ask(service, staff, Method::POST, "/api/accounts/stripe:cus_1/group", Some(&body), None).await.0.as_u16() }
        };
        let rows = [
            ("ana", "stripe:cus_2", true, 403, [0, 1, 0]),
            ("lena", "stripe:cus_1", true, 422, [0, 1, 0]),
            ("lena", "stripe:cus_9", true, 404, [0, 1, 0]),
            ("lena", "stripe:cus_2", true, 200, [1, 0, 0]),
            ("lena", "stripe:cus_2", false, 200, [0, 0, 1]),
        ];
        for (staff, other, same, status, lists) in rows {
            assert_eq!((tell(staff, other, same).await, shown(&service).await), (status, lists), "{staff} {other} {same}");
        }
    });
}

const CONTRACTS: &str = "account,reference,price,unit,currency,starts_on\nstripe:cus_1,C-1,price_pro,45.00,USD,2026-01-01\n";

#[test]
fn an_import_is_whole_or_nothing_and_a_repeat_changes_nothing() {
    run(async {
        let service = with_a_payment().await;
        let counts = |answer: &Value| ["rows", "added", "changed", "unchanged"].map(|name| answer[name].as_u64().unwrap());
        let file = |staff, csv: String, dry_run| {
            let service = &service;
            async move { import(service, staff, "contracts", &csv, dry_run).await }
        };
        let (status, tried) = file("mara", CONTRACTS.into(), true).await;
        assert_eq!((status, counts(&tried)), (StatusCode::OK, [1, 1, 0, 0]), "{tried}");
        assert_eq!(get(&service, "/api/import/contracts").await["live"], 0, "a dry run changes nothing");
        let (_, done) = file("mara", CONTRACTS.into(), false).await;
        assert_eq!((counts(&done), &done["repeated"]), ([1, 1, 0, 0], &json!(false)), "{done}");
        let spelled = CONTRACTS.replace("45.00", "45").replace(',', ";");
        let (_, again) = file("marc", spelled, false).await;
        assert_eq!((counts(&again), &again["repeated"], &again["id"]), ([1, 0, 0, 1], &json!(true), &done["id"]), "{again}");
        let (_, other) = file("mara", CONTRACTS.replace("45.00", "44.00"), false).await;
        assert_eq!(counts(&other), [1, 0, 1, 0], "{other}");
        let bad = format!("{CONTRACTS}stripe:cus_2,C-2,price_pro,4x,USD,2026-01-01\n,C-3,price_pro,5.00,USD,2026-13-01\n");
        let (status, refused) = file("mara", bad, false).await;
        let rows: Vec<_> = refused["rows"].as_array().unwrap().iter().map(|row| row["row"].as_u64().unwrap()).collect();
        assert_eq!((status.as_u16(), &refused["error"]["code"], rows), (422, &json!("rows_refused"), vec![3, 4, 4]), "{refused}");
        assert_eq!(get(&service, "/api/import/contracts").await["live"], 2, "a refused file changes nothing");
    });
}

#[test]
fn who_may_import_and_what_staff_may_not_do_to_themselves() {
    run(async {
        let service = with_a_payment().await;
        let staff = |id: &str, role: &str| format!("id,name,email,role\n{id},{id},{id}@demo.example,{role}\n");
        let rows = [
            ("lena", "contracts", CONTRACTS.to_owned(), 403, "not_permitted"),
            ("ana", "contracts", CONTRACTS.to_owned(), 403, "not_permitted"),
            ("mara", "nonsense", CONTRACTS.to_owned(), 404, "not_found"),
            ("mara", "contracts", String::new(), 422, "rows_refused"),
            ("mara", "staff", staff("mara", "vp"), 403, "own_request"),
            ("mara", "staff", staff("lena", "vp"), 403, "not_permitted"),
            ("mara", "staff", staff("lena", "king"), 422, "rows_refused"),
        ];
        for (who, kind, csv, status, code) in rows {
            let (found, answer) = import(&service, who, kind, &csv, false).await;
            assert_eq!((found.as_u16(), answer["error"]["code"].as_str()), (status, Some(code)), "{who} {kind}: {answer}");
        }
        assert_eq!(import(&service, "vera", "staff", &staff("lena", "manager"), false).await.0, StatusCode::OK);
        assert_eq!(import(&service, "lena", "contracts", CONTRACTS, true).await.0, StatusCode::OK, "a manager from now on");
    });
}

#[test]
fn imports_show_beside_the_account_and_in_the_preview_of_a_case() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let files = [
            ("customers", "account,locale,strategic,owner\nstripe:cus_1,de-DE,yes,mara\n"),
            ("contracts", "account,reference,price,seats,starts_on,ends_on\nstripe:cus_1,C-1,price_pro,20,2026-01-01,2026-04-01\n"),
            ("usage", "account,seats_used,as_of\nstripe:cus_1,7,2026-02-28T00:00:00Z\n"),
            ("exceptions", "account,kind,amount,granted_on,granted_by,reason\nstripe:cus_1,refund,15.00 USD,2026-01-15,Mara,goodwill\n"),
        ];
        for (kind, csv) in files {
            let (status, answer) = import(&service, "mara", kind, csv, false).await;
            assert_eq!(status, StatusCode::OK, "{kind}: {answer}");
        }
        let account = get(&service, "/api/accounts/stripe:cus_1").await;
        assert_eq!((&account["account"]["strategic"], &account["account"]["owner"]), (&json!(true), &json!("mara")));
        let seats = &account["subscription"];
        assert_eq!((&seats["seats_used"], &seats["seats_total"], &seats["utilisation"]), (&json!(7), &json!(20), &json!("0.3500")));
        assert_eq!((&seats["contract_end"], &account["lifetime"]["churn_risk"]), (&json!("2026-04-02T00:00:00Z"), &json!("medium")));

        let again = stripe::charge("cus_1", "ch_2", None, 10_000, "usd", None, now);
        deliver(&service, &stripe::event("evt_3", "charge.succeeded", now, &again)).await;
        service.work().await.unwrap();
        let id = get(&service, "/api/cases").await["items"][0]["id"].as_str().unwrap().to_owned();
        let case = get(&service, &format!("/api/cases/{id}")).await;
        let preview = &case["preview"];
        let proposed = &preview["recommended"][0];
        assert_eq!((&proposed["kind"], &proposed["amount"]["amount"]), (&json!("refund"), &json!("100.00")), "{preview}");
        assert_eq!(proposed["approvals_required"], json!(["billing_specialist"]));
        assert_eq!(
            proposed["lines"].as_array().map(Vec::len),
            get(&service, "/api/actions").await["items"][0]["preview"]["lines"].as_array().map(Vec::len)
        );
        assert_eq!(preview["exceptions"][0]["reason"], "goodwill");
        assert!(preview["reply"]["subject"].as_str().unwrap().starts_with("Zu Ihren zwei Zahlungen"), "{preview}");
        assert_eq!(preview["digest"].as_str().map(str::len), Some(64));
        assert_eq!(get(&service, &format!("/api/cases/{id}")).await["preview"]["digest"], preview["digest"], "the same, whenever asked");
        let text = ask_text(&service, "ana", &format!("/api/cases/{id}")).await;
        assert!(text.contains("Proposed: Refund 100.00 USD") && text.contains("granted before: refund of 15.00 USD"), "{text}");
        let slack = get(&service, &format!("/api/cases/{id}?format=slack")).await;
        assert_eq!(slack["blocks"][0]["type"], "header", "{slack}");
    });
}

#[test]
fn the_examples_of_the_manual_are_taken() {
    run(async {
        let service = with_a_payment().await;
        let manual = include_str!("../docs/imports.md");
        let mut taken = 0;
        for part in manual.split("`recoup import ").skip(2) {
            let kind = part.split_whitespace().next().unwrap();
            let csv = part.split("```csv\n").nth(1).unwrap().split("```").next().unwrap();
            let (status, answer) = import(&service, "mara", kind, csv, false).await;
            assert_eq!(status, StatusCode::OK, "{kind}: {answer}");
            taken += 1;
        }
        assert_eq!(taken, 7, "one of each kind");
    });
}

#[test]
fn people_end_cases_and_correct_their_class() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        let again = stripe::charge("cus_1", "ch_2", None, 10_000, "usd", None, now);
        deliver(&service, &stripe::event("evt_3", "charge.succeeded", now, &again)).await;
        service.work().await.unwrap();
        let id = get(&service, "/api/cases").await["items"][0]["id"].as_str().unwrap().to_owned();
        let rows = [
            ("ana", "resolve", json!({"note": "seen"}), 403, "not_permitted"),
            ("lena", "class", json!({"note": "no class"}), 400, "malformed"),
            ("lena", "class", json!({"class": "nonsense"}), 400, "malformed"),
            ("lena", "class", json!({"class": "overcharge", "note": "they were billed too much"}), 200, ""),
            ("lena", "resolve", json!({"note": "the customer wanted both"}), 200, ""),
            ("luis", "resolve", json!({}), 409, "already_resolved"),
        ];
        for (staff, what, body, status, code) in rows {
            let (found, answer) = ask(&service, staff, Method::POST, &format!("/api/cases/{id}/{what}"), Some(&body), None).await;
            let told = answer["error"]["code"].as_str().unwrap_or_default();
            assert_eq!((found.as_u16(), told), (status, code), "{staff} {what}: {answer}");
        }
        let case = get(&service, &format!("/api/cases/{id}")).await;
        assert_eq!(
            (&case["state"], &case["class"], &case["resolution"]),
            (&json!("resolved"), &json!("overcharge"), &json!("by a person"))
        );
        assert_eq!(case["handled"].as_array().map(Vec::len), Some(2), "{case}");
        let waiting = get(&service, "/api/actions?state=waiting_approval").await["items"][0].clone();
        let body = json!({"decision": "approve", "preview_digest": waiting["preview"]["digest"], "note": ""});
        let path = format!("/api/actions/{}/decision", waiting["id"].as_str().unwrap());
        let (status, answer) = ask(&service, "mara", Method::POST, &path, Some(&body), None).await;
        assert_eq!((status.as_u16(), answer["error"]["code"].as_str()), (409, Some("stale_preview")), "nothing is left to approve");
        let report = get(&service, "/api/reports/2026-03").await;
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{}", report["checks"]);
    });
}
