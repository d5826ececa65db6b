//! An account beside a ticket, in the frame of a help desk: who may show it, what opens it, and what that opens
//! besides.

use crate::http::{run, with_a_payment};
use crate::tickets::{Told, known, tell};
use app::door::embed::Pass;
use app::ports::Clock;
use bytes::Bytes;
use domain::id::AccountId;
use http::{Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get};

const DESK: &str = "https://shop.zendesk.com";
const APP: &str = "https://1234.apps.zdusercontent.com";

async fn allow(service: &Service, staff: &str, origins: Value) -> (StatusCode, Value) {
    let wish = json!({"origins": origins});
    ask(service, staff, Method::POST, "/api/embeds/origins", Some(&wish), None).await
}

async fn embed(service: &Service, staff: &str, wish: Value) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, "/api/embeds", Some(&wish), None).await
}

/// What a browser is answered that comes without anything but the address.
async fn look(service: &Service, method: Method, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    dispatch(service, &request.body(Bytes::new()).unwrap()).await
}

fn path(made: &Value) -> String {
    made["url"].as_str().unwrap().strip_prefix("http://recoup.test").unwrap().to_owned()
}

fn page(answer: &Response<Bytes>) -> String {
    String::from_utf8(answer.body().to_vec()).unwrap()
}

fn policy(answer: &Response<Bytes>) -> &str {
    answer.headers()["content-security-policy"].to_str().unwrap()
}

#[test]
fn only_managers_say_whose_pages_may_show_an_account_and_only_https() {
    run(async {
        let service = with_a_payment().await;
        assert_eq!(get(&service, "/api/embeds").await, json!({"items": [], "next": null}));
        for staff in ["ana", "luis", "lena", "bea"] {
            assert_eq!(allow(&service, staff, json!([DESK])).await.0, StatusCode::FORBIDDEN, "{staff}");
        }
        for wrong in ["http://shop.zendesk.com", "https://*.zendesk.com", "https://shop.zendesk.com/", "*"] {
            let (status, answer) = allow(&service, "mara", json!([wrong])).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(wrong), "{answer}");
        }
        let (status, answer) = allow(&service, "mara", json!([DESK, APP])).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let listed = get(&service, "/api/embeds").await;
        assert_eq!((&listed["items"][0]["origin"], &listed["items"][1]["by"]), (&json!(DESK), &json!("mara")));
        assert_eq!(allow(&service, "mara", json!([])).await.0, StatusCode::OK);
        assert_eq!(get(&service, "/api/embeds").await["items"], json!([]));
    });
}

#[test]
fn a_frame_shows_its_account_to_the_pages_that_are_allowed_and_has_nothing_to_press() {
    run(async {
        let service = with_a_payment().await;
        let (status, made) = embed(&service, "ana", json!({"account": "stripe:cus_1"})).await;
        assert_eq!(status, StatusCode::OK, "whoever reads accounts may: {made}");
        let closed = look(&service, Method::GET, &path(&made), &[]).await;
        assert_eq!(closed.status(), StatusCode::FORBIDDEN);
        assert!(policy(&closed).contains("frame-ancestors 'none'"), "{}", policy(&closed));
        assert!(page(&closed).contains("/api/embeds/origins"), "it says how one is allowed");

        assert_eq!(allow(&service, "mara", json!([DESK, APP])).await.0, StatusCode::OK);
        let open = look(&service, Method::GET, &path(&made), &[]).await;
        assert_eq!(open.status(), StatusCode::OK);
        let expected = format!(
            "default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; frame-ancestors {DESK} {APP}; \
             base-uri 'none'"
        );
        assert_eq!(policy(&open), expected);
        assert!(!open.headers().contains_key("x-frame-options") && !open.headers().contains_key("set-cookie"));
        assert_eq!(open.headers()["cache-control"], "no-store");
        assert_eq!(open.headers()["referrer-policy"], "no-referrer");
        let shown = page(&open);
        assert!(shown.contains("100.00 USD") && shown.contains("came in"), "{shown}");
        for not in ["<form", "<button", "<nav", "<script", "<input"] {
            assert!(!shown.contains(not), "{not} in {shown}");
        }
        let secret = service.context.vault.tokens().await.unwrap();
        let bearer = format!("Bearer {}", app::door::token::issue(&secret, "mara", service.clock.machine(), 1));
        for other in ["/accounts/stripe:cus_1", "/", "/cases"] {
            let answer = look(&service, Method::GET, other, &[("authorization", &bearer)]).await;
            assert!(policy(&answer).contains("frame-ancestors 'none'"), "{other} stays out of frames");
        }
    });
}

#[test]
fn what_opens_a_frame_opens_that_account_for_five_minutes_and_nothing_else() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        deliver(&service, &stripe::event("evt_9", "customer.created", now, &stripe::customer("cus_2", now))).await;
        service.work().await.unwrap();
        assert_eq!(allow(&service, "mara", json!([DESK])).await.0, StatusCode::OK);
        let (_, made) = embed(&service, "lena", json!({"account": "stripe:cus_1"})).await;
        let own = path(&made);
        let sealed = own.split_once("pass=").unwrap().1.to_owned();
        let until: Timestamp = made["expires_at"].as_str().unwrap().parse().unwrap();
        let left = until.duration_since(service.clock.machine());
        assert!(left <= SignedDuration::from_mins(5) && left > SignedDuration::from_mins(4), "{left:?}");

        let other = AccountId::of("stripe", "default", "cus_2");
        let foreign = look(&service, Method::GET, &format!("/accounts/{other}?embed=1&pass={sealed}"), &[]).await;
        assert_eq!(foreign.status(), StatusCode::UNAUTHORIZED, "another account");
        let (bearer, cookie) = (format!("Bearer {sealed}"), format!("recoup_session={sealed}"));
        for (method, path) in [
            (Method::GET, "/api/accounts/stripe:cus_1"),
            (Method::GET, "/api/cases"),
            (Method::POST, "/api/embeds"),
            (Method::POST, "/api/actions"),
        ] {
            for header in [("authorization", bearer.as_str()), ("cookie", cookie.as_str())] {
                let answer = look(&service, method.clone(), path, &[header]).await;
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            }
        }
        let page_of = own.replace("embed=1&", "");
        assert_eq!(look(&service, Method::GET, &page_of, &[]).await.status(), StatusCode::SEE_OTHER, "without a frame");
        assert_ne!(look(&service, Method::POST, &own, &[]).await.status(), StatusCode::OK, "it is only read");

        // Made six minutes ago, and by somebody who does not work here.
        let (account, secret) =
            (AccountId::of("stripe", "default", "cus_1"), service.context.vault.tokens().await.unwrap());
        let machine = service.clock.machine();
        for pass in [
            Pass::new(account.clone(), "lena", machine - SignedDuration::from_mins(6)),
            Pass::new(account.clone(), "nobody", machine),
        ] {
            let path = format!("/accounts/{account}?embed=1&pass={}", pass.sealed(&secret));
            let over = look(&service, Method::GET, &path, &[]).await;
            assert_eq!(over.status(), StatusCode::UNAUTHORIZED);
            assert!(page(&over).contains("Reload the sidebar"), "{}", page(&over));
            assert!(policy(&over).contains(&format!("frame-ancestors {DESK};")), "the help desk may show that");
        }
        let signed_in = format!("Bearer {}", app::door::token::issue(&secret, "mara", machine, 1));
        let bare = format!("/accounts/{account}?embed=1");
        let answer = look(&service, Method::GET, &bare, &[("authorization", &signed_in)]).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "whoever is signed in needs a pass as well");
    });
}

#[test]
fn the_right_account_is_found_by_who_wrote_the_ticket() {
    run(async {
        let service = known().await;
        tell(&service, Told::default()).await;
        let account = get(&service, "/api/accounts/stripe:cus_1").await["account"]["id"].clone();
        let ticket = get(&service, "/api/tickets").await["items"][0]["id"].clone();
        for wish in [
            json!({"account": "stripe:cus_1"}),
            json!({"account": account}),
            json!({"email": "cus_1@shop.example"}),
            json!({"ticket": ticket}),
        ] {
            let (status, made) = embed(&service, "lena", wish.clone()).await;
            assert_eq!((status, &made["account"]), (StatusCode::OK, &account), "{wish}: {made}");
        }
        for (wish, expected) in [
            (json!({}), StatusCode::BAD_REQUEST),
            (json!({"account": "stripe:cus_1", "email": "cus_1@shop.example"}), StatusCode::BAD_REQUEST),
            (json!({"staff": "mara"}), StatusCode::BAD_REQUEST),
            (json!({"account": "stripe:cus_9"}), StatusCode::NOT_FOUND),
            (json!({"email": "nobody@shop.example"}), StatusCode::NOT_FOUND),
            (json!({"ticket": "none"}), StatusCode::NOT_FOUND),
        ] {
            let (status, answer) = embed(&service, "lena", wish.clone()).await;
            assert_eq!(status, expected, "{wish}: {answer}");
        }
    });
}
