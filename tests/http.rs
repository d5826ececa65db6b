//! What the outside sees: answers, refusals, and pages, on a whole service.

use app::ports::Clock;
use http::{Method, Request, StatusCode};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, at, deliver, get, import, open_at};

pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

pub async fn with_a_payment() -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    let now = service.clock.now();
    deliver(&service, &stripe::event("evt_1", "customer.created", now, &stripe::customer("cus_1", now))).await;
    deliver(
        &service,
        &stripe::event(
            "evt_2",
            "charge.succeeded",
            now,
            &stripe::charge("cus_1", "ch_1", None, 10_000, "usd", None, now),
        ),
    )
    .await;
    service.work().await.unwrap();
    service
}

async fn raw(
    service: &Service,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (StatusCode, String) {
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
            (
                "POST",
                "/webhooks/stripe/default",
                &[("content-type", "text/xml")],
                "<a/>",
                415,
                "unsupported_media_type",
            ),
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
            assert_eq!(
                (found.as_u16(), value["error"]["code"].as_str()),
                (status, Some(code)),
                "{method} {path}: {text}"
            );
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
            "/api/ageing?at=yesterday",
            "/api/ageing?at=2026-02-29",
            "/api/ageing?bucket=5-7",
            "/api/ageing?limit=0",
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
            answers.push(
                raw(&service, "POST", &format!("/webhooks/stripe/{source}"), &[("stripe-signature", &value)], &body)
                    .await,
            );
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
        let charge = stripe::event(
            "evt_1",
            "charge.succeeded",
            now,
            &stripe::charge("cus_1", "ch_1", None, 500, "usd", None, now),
        );
        assert_eq!(
            deliver(&service, &charge).await,
            (StatusCode::OK, json!({"accepted": 1, "duplicates": 0, "ignored": 0}))
        );
        let other = stripe::event("evt_2", "product.created", now, &json!({"id": "prod_1"}));
        assert_eq!(
            deliver(&service, &other).await,
            (StatusCode::OK, json!({"accepted": 0, "duplicates": 0, "ignored": 1}))
        );
        let (status, answer) = deliver(&service, &json!({"hello": "world"})).await;
        assert_eq!((status.as_u16(), answer["error"]["code"].as_str()), (400, Some("malformed")));
        // What says that it is a charge and is none is durable, and set aside with its reason.
        let broken = stripe::event(
            "evt_3",
            "charge.succeeded",
            now,
            &json!({"id": "ch_3", "currency": "usd", "amount": "much"}),
        );
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
        for wrong in [
            json!({}),
            json!({"account": "stripe:cus_1"}),
            body("-1.00"),
            body("0.00"),
            body("1e2"),
            body("100000.00"),
            body("0.001"),
        ] {
            let status = ask(&service, "mara", Method::POST, "/api/actions", Some(&wrong), Some("w")).await.0.as_u16();
            assert!(matches!(status, 400 | 422), "{wrong}: {status}");
        }
        let refunds: Vec<_> =
            service.sandbox.calls("stripe").unwrap().into_iter().filter(|call| call.method == "POST").collect();
        assert_eq!(refunds.len(), 1, "{refunds:?}");
        assert!(refunds[0].idempotency_key.is_some() && refunds[0].body.contains("amount=1000"));
    });
}

#[test]
fn a_form_from_elsewhere_decides_nothing() {
    run(async {
        let service = with_a_payment().await;
        let body = json!({"account": "stripe:cus_1", "kind": "refund", "params": {"payment": "ch_1"}, "reason_code": "billing_error", "note": ""});
        let (_, action) = ask(&service, "luis", Method::POST, "/api/actions", Some(&body), Some("k")).await;
        let (id, digest) = (action["id"].as_str().unwrap(), action["preview"]["digest"].as_str().unwrap());
        let signed_in = dispatch(&service, &Request::post("/local/login").body("staff=mara".into()).unwrap()).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(signed_in.headers()["set-cookie"].to_str().unwrap().contains("HttpOnly; SameSite=Lax"));
        let page = raw(&service, "GET", &format!("/actions/{id}"), &[("cookie", &cookie)], "").await.1;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let path = format!("/actions/{id}/decision");
        let form = |csrf: &str| format!("csrf={csrf}&decision=approve&preview_digest={digest}");
        for (headers, body) in [
            (vec![("cookie", cookie.as_str())], form(&csrf)),
            (vec![("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")], form(&csrf)),
            (
                vec![("cookie", cookie.as_str()), ("origin", "https://evil.example"), ("host", "recoup.test")],
                form(&csrf),
            ),
            (vec![("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")], form("forged")),
        ] {
            assert_eq!(raw(&service, "POST", &path, &headers, &body).await.0, 403, "{headers:?}");
        }
        assert_eq!(raw(&service, "GET", &path, &[("cookie", &cookie)], "").await.0, 405);
        assert_eq!(get(&service, &format!("/api/actions/{id}")).await["state"], "waiting_approval");
        assert_eq!(
            raw(&service, "POST", &path, &[("cookie", &cookie), ("sec-fetch-site", "same-origin")], &form(&csrf))
                .await
                .0,
            303
        );
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
        deliver(
            &service,
            &stripe::event(
                "evt_c",
                "charge.succeeded",
                now,
                &stripe::charge("cus_1", "ch_1", None, 1000, "usd", None, now),
            ),
        )
        .await;
        service.work().await.unwrap();
        let sidebar = get(&service, "/api/accounts/stripe:cus_1").await;
        assert_eq!(sidebar["lifetime"]["revenue"], json!({"amount": "6.00", "currency": "USD"}));
        assert_eq!(get(&service, "/api/accounts/stripe:cus_1/timeline").await["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn the_policies_say_how_a_change_takes_effect_and_why() {
    run(async {
        let service = with_a_payment().await;
        let (_, page) = ask(&service, "mara", Method::GET, "/policies", None, None).await;
        let (page, setup) = (page.as_str().unwrap(), service.context.policies.setup.current());
        let (proposal, recovery, cohort) = (&setup.proposal, &setup.recovery, &setup.cohort);
        for told in [
            format!("It waits {} hours for a second person. <span class=\"soft\">{}", proposal.hours, proposal.why),
            format!("begins up to {} days after. <span class=\"soft\">{}", recovery.days_max, recovery.why),
            format!(
                "asks for {} cases each {} minutes. <span class=\"soft\">{}",
                cohort.cases_max, cohort.minutes, cohort.why
            ),
        ] {
            assert!(page.contains(&told), "{told}");
        }
    });
}

#[test]
fn the_policies_say_how_often_a_payment_may_be_tried_again() {
    run(async {
        let service = with_a_payment().await;
        let rules = "network,tries_max,days,code,family,category,from,until,why\n\
                     visa,12,30,,,,2026-03-01,2026-12-31,Our acquirer counts to 12.\n\
                     iso8583,,,05,barred,,2026-01-01,,As our acquirer reads it.\n";
        let page = async || {
            let (_, page) = ask(&service, "mara", Method::GET, "/policies", None, None).await;
            page.as_str().unwrap().to_owned()
        };
        let before = page().await;
        for told in [
            "<td>of one card, but for the first of each debt, without the customer</td><td>from 2025-05-19</td>",
            "<td>of one debit again, after it was first presented, 120 hours apart</td><td>always</td>",
        ] {
            assert!(before.contains(told), "{told}");
        }
        assert!(!before.contains("Imported. "));
        let (status, answer) = import(&service, "mara", "network-rules", rules, false).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let after = page().await;
        for told in ["Imported. Our acquirer counts to 12.", "2026-03-01 to 2026-12-31", "iso8583 05", "means barred"] {
            assert!(after.contains(told), "{told}");
        }
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
            "/ageing",
            "/ageing?at=2026-02-28&bucket=90%2B",
            "/tickets",
            "/payment-requests",
            "/payments/unmatched",
            "/sources",
            "/endpoints",
            "/entities",
            "/documents",
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
fn a_decline_is_answered_for_all_that_is_told_of_it() {
    run(async {
        let service = with_a_payment().await;
        let rows = [
            ("stripe/generic_decline", "declined", "later"),
            ("stripe/generic_decline?network=43", "lost_or_stolen", "never"),
            ("stripe/generic_decline?network=R1", "revoked", "never"),
            ("stripe/generic_decline?network=mastercard:78", "invalid_account", "never"),
            ("stripe/generic_decline?network=visa%3A78", "not_permitted", "after_customer"),
            ("stripe/generic_decline?advice=confirm_card_data", "wrong_details", "after_customer"),
            ("stripe/generic_decline?advice=41", "not_permitted", "after_customer"),
            ("stripe/generic_decline?advice=51", "declined", "later"),
            ("chargebee/2047?gateway=braintree", "lost_or_stolen", "never"),
            ("chargebee/generic_decline?gateway=stripe&advice=03", "barred", "never"),
            ("chargebee/insufficient_funds", "insufficient_funds", "later"),
            ("iso8583/05", "declined", "later"),
            ("mastercard_advice/51", "unclassified", "internal_review"),
        ];
        for (asked, family, retry) in rows {
            let answer = get(&service, &format!("/api/declines/{asked}")).await;
            assert_eq!(
                (answer["family"].as_str(), answer["retry"].as_str()),
                (Some(family), Some(retry)),
                "{asked}: {answer}"
            );
        }
        let answer = get(&service, "/api/declines/stripe/generic_decline?network=05&advice=25").await;
        assert_eq!(answer["wait_hours"], 24, "{answer}");
        assert_eq!(answer["source"], "stripe generic_decline and iso8583 05 and mastercard_advice 25, declines v3");
        assert_eq!(ask(&service, "ana", Method::GET, "/api/declines/nobody/x", None, None).await.0, 404);
    });
}
