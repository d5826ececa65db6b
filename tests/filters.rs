//! Lists by their address: which lines are wanted, from which end, page by page; and what an empty one says.

use crate::ageing::{invoice, tell};
use crate::channels::waiting;
use crate::http::{run, with_a_payment};
use app::ports::Clock;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, get, open_at};

/// Three customers a day apart, each with a claim of a bank, of whom the last owes something.
async fn begun() -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    for day in 1..=3 {
        service.advance(format!("2026-03-0{day}T10:00:00Z").parse().unwrap()).await.unwrap();
        let (now, customer, charge) = (service.clock.now(), format!("cus_{day}"), format!("ch_{day}"));
        tell(&service, "customer.created", &stripe::customer(&customer, now)).await;
        let paid = stripe::charge(&customer, &charge, None, 10_000, "usd", None, now);
        tell(&service, "charge.succeeded", &paid).await;
        let claim = stripe::dispute(&format!("dp_{day}"), &charge, 10_000, "needs_response", now);
        tell(&service, "charge.dispute.created", &claim).await;
    }
    let mut open = invoice("in_3", "2026-03-03T09:00:00Z", "2026-04-01", "usd", 4_900);
    open["customer"] = json!("cus_3");
    tell(&service, "invoice.finalized", &open).await;
    tell(&service, "customer.created", &stripe::customer("cus_4", service.clock.now())).await;
    service
}

async fn page(service: &Service, path: &str) -> String {
    let (status, page) = ask(service, "mara", Method::GET, path, None, None).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    page.as_str().unwrap().to_owned()
}

/// Whose the lines of a list are, in its order.
async fn whose(service: &Service, path: &str) -> Vec<String> {
    let mut names = Vec::new();
    for number in 1..=4 {
        let account = get(service, &format!("/api/accounts/stripe:cus_{number}")).await["account"]["id"].clone();
        names.push((account, format!("cus_{number}")));
    }
    let listed = get(service, path).await;
    let of = |item: &Value| {
        let own = if item["account"].is_object() { &item["account"]["id"] } else { &item["account"] };
        names.iter().find(|(account, _)| account == own).map(|(_, name)| name.clone()).unwrap()
    };
    listed["items"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn lists_are_filtered_and_sorted_by_their_address() {
    run(async {
        let service = begun().await;
        for (path, expected) in [
            ("/api/disputes", &["cus_3", "cus_2", "cus_1"] as &[&str]),
            ("/api/disputes?sort=oldest", &["cus_1", "cus_2", "cus_3"]),
            ("/api/disputes?account=stripe:cus_2", &["cus_2"]),
            ("/api/disputes?state=resolved", &[]),
            ("/api/cases?class=chargeback&sort=oldest", &["cus_1", "cus_2", "cus_3"]),
            ("/api/cases?class=chargeback&account=stripe:cus_1", &["cus_1"]),
            ("/api/cases?class=&state=&account=stripe:cus_4&sort=", &[]),
            ("/api/accounts?owing=true", &["cus_3"]),
            ("/api/accounts?in_trouble=false", &["cus_4"]),
            ("/api/accounts?provider=mollie", &[]),
        ] {
            assert_eq!(whose(&service, path).await, expected, "{path}");
        }
        for path in ["/api/cases?sort=amount", "/api/accounts?owing=much", "/api/actions?kind=delete", "/cases?class=x"]
        {
            assert_eq!(ask(&service, "mara", Method::GET, path, None, None).await.0, StatusCode::BAD_REQUEST, "{path}");
        }
        // A filter holds before the page is cut.
        let first = get(&service, "/api/disputes?sort=oldest&limit=2").await;
        let next = first["next"].as_str().unwrap();
        let rest = whose(&service, &format!("/api/disputes?sort=oldest&limit=2&cursor={next}")).await;
        assert_eq!(rest, ["cus_3"]);
        let one = get(&service, "/api/accounts?owing=true&limit=1").await;
        assert_eq!(one["items"].as_array().unwrap().len(), 1);
        let next = one["next"].as_str().unwrap();
        let rest = get(&service, &format!("/api/accounts?owing=true&limit=1&cursor={next}")).await;
        assert_eq!(
            (&rest["items"], &rest["next"]),
            (&json!([]), &Value::Null),
            "others are there, and none of them owes"
        );
    });
}

#[test]
fn actions_are_filtered_by_kind_and_by_who_asked() {
    run(async {
        let service = begun().await;
        for (who, customer, key) in [("lena", "cus_1", "1"), ("luis", "cus_2", "2")] {
            let wish = json!({"account": format!("stripe:{customer}"), "kind": "credit", "preview_only": true, "note": "",
                "params": {"amount": {"amount": "5.00", "currency": "USD"}}, "reason_code": "customer_dissatisfaction"});
            let (status, action) = ask(&service, who, Method::POST, "/api/actions", Some(&wish), Some(key)).await;
            assert_eq!(status, StatusCode::CREATED, "{action}");
        }
        for (path, expected) in [
            ("/api/actions?kind=credit&requested_by=luis", &["cus_2"] as &[&str]),
            ("/api/actions?kind=refund&requested_by=luis", &[]),
            ("/api/actions?account=stripe:cus_1&kind=credit&sort=oldest", &["cus_1"]),
        ] {
            assert_eq!(whose(&service, path).await, expected, "{path}");
        }
    });
}

#[test]
fn a_page_keeps_its_filters_and_an_empty_one_says_what_to_do() {
    run(async {
        let service = begun().await;
        let shown = page(&service, "/disputes?state=open&sort=oldest&limit=1").await;
        for part in [
            "<option value=\"open\" selected>open</option>",
            "<option value=\"oldest\" selected>oldest first</option>",
            "href=\"/disputes?state=open&amp;sort=oldest&amp;cursor=",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        for (path, says) in [
            ("/cases?state=resolved&account=stripe:cus_4", "fits what you asked for"),
            ("/accounts?provider=mollie", "fits what you asked for"),
            ("/actions?state=denied", "fits what you asked for"),
            ("/payment-requests", "No customer was asked to pay"),
            ("/incidents?state=over", "fits what you asked for"),
            ("/tasks?state=dropped", "fits what you asked for"),
        ] {
            let empty = page(&service, path).await;
            assert!(empty.contains(says) && empty.contains("<select"), "{path}: {empty}");
        }
        let hostile = page(&service, "/tasks?assigned_to=%22%3E%3Cscript%3E").await;
        assert!(!hostile.contains("<script>"), "{hostile}");
    });
}

#[test]
fn tickets_are_asked_for_by_their_address_like_every_other_list() {
    run(async {
        let service = begun().await;
        for subject in ["First", "Second"] {
            let requester = json!({"email": format!("{subject}@nowhere.example"), "name": "Ada"});
            let body = json!({"subject": subject, "body": "When does the office open?", "requester": requester});
            let (status, ticket) = ask(&service, "bea", Method::POST, "/api/tickets", Some(&body), Some(subject)).await;
            assert_eq!(status, StatusCode::CREATED, "{ticket}");
            service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
        }
        let subjects = async |path: &str| {
            let listed = get(&service, path).await;
            let of = |item: &Value| item["subject"].as_str().unwrap().to_owned();
            listed["items"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
        };
        for (path, expected) in [
            ("/api/tickets", &["Second", "First"] as &[&str]),
            ("/api/tickets?sort=oldest", &["First", "Second"]),
            ("/api/tickets?sort=", &["Second", "First"]),
        ] {
            assert_eq!(subjects(path).await, expected, "{path}");
        }
        for path in ["/api/tickets?sort=size", "/tickets?sort=size", "/tickets?class=x"] {
            assert_eq!(ask(&service, "mara", Method::GET, path, None, None).await.0, StatusCode::BAD_REQUEST, "{path}");
        }
        let shown = page(&service, "/tickets?sort=oldest&limit=1").await;
        for part in [
            "<option value=\"oldest\" selected>oldest first</option>",
            "<option value=\"none\">nobody</option>",
            "<option value=\"lena\">Lena</option>",
            "href=\"/tickets?sort=oldest&amp;cursor=",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(shown.contains(">First</a>") && !shown.contains(">Second</a>"), "{shown}");
        let empty = page(&service, "/tickets?assignee=nia").await;
        for part in ["fits what you asked for", "<option value=\"nia\" selected>nia (no longer here)</option>"] {
            assert!(empty.contains(part), "{part}: {empty}");
        }
    });
}

#[test]
fn what_waits_for_a_decision_is_filtered_and_names_whoever_asked() {
    run(async {
        let service = with_a_payment().await;
        let (action, _) = waiting(&service, "k1", "10.00").await;
        let leads_to = format!("/actions/{action}");
        for (path, is_there) in [
            ("/approvals", true),
            ("/approvals?requested_by=lena", true),
            ("/approvals?kind=refund&account=stripe:cus_1&sort=oldest", true),
            ("/approvals?state=denied", true),
            ("/approvals?requested_by=luis", false),
            ("/approvals?kind=credit", false),
        ] {
            let shown = page(&service, path).await;
            assert_eq!(shown.contains(&leads_to), is_there, "{path}: {shown}");
            assert_eq!(shown.contains("fits what you asked for"), !is_there, "{path}: {shown}");
            assert_eq!(shown.contains("Asked by Lena 0 minutes ago"), is_there, "{path}: {shown}");
        }
        let (status, _) = ask(&service, "mara", Method::GET, "/approvals?kind=delete", None, None).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn a_board_of_recoveries_that_is_empty_says_whether_something_was_left_out() {
    run(async {
        let service = with_a_payment().await;
        for (path, says) in [
            ("/dunning", "A recovery begins by itself when a payment fails"),
            ("/dunning?paused=true", "fits what you asked for"),
            ("/dunning?due_before=2026-03-09", "<input type=\"date\" name=\"due_before\" value=\"2026-03-09\">"),
        ] {
            let shown = page(&service, path).await;
            assert!(shown.contains(says), "{path}: {shown}");
        }
    });
}

/// A browser of somebody who has signed in.
struct Browser<'a> {
    service: &'a Service,
    cookie: String,
}

impl<'a> Browser<'a> {
    async fn of(service: &'a Service, staff: &str) -> Self {
        let request = Request::post("/local/login").body(Bytes::from(format!("staff={staff}"))).unwrap();
        let signed_in = dispatch(service, &request).await;
        let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { service, cookie }
    }

    async fn page(&self, path: &str) -> String {
        let request = Request::get(path).header("cookie", &self.cookie).body(Bytes::new()).unwrap();
        let answer = dispatch(self.service, &request).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        String::from_utf8_lossy(answer.body()).into_owned()
    }

    /// Sends a form with what the page gave to this session: how it is answered, and where that leads.
    async fn send(&self, form: &str) -> (u16, String) {
        let page = self.page("/cases?state=open").await;
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let request = Request::post("/views").header("cookie", &self.cookie).header("sec-fetch-site", "same-origin");
        let body = Bytes::from(format!("csrf={csrf}&{form}"));
        let answer = dispatch(self.service, &request.body(body).unwrap()).await;
        let location = answer.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location.unwrap_or_default())
    }
}

#[test]
fn a_view_is_kept_by_whoever_named_it_and_opens_the_list_as_it_was() {
    run(async {
        let service = begun().await;
        let (lena, mara) = (Browser::of(&service, "lena").await, Browser::of(&service, "mara").await);
        let here = "/cases?class=chargeback&sort=oldest";
        let kept = lena.send("here=%2Fcases%3Fclass%3Dchargeback%26sort%3Doldest&name=Claims+%3Cfirst%3E").await;
        assert_eq!(kept, (303, here.to_owned()));
        let link = "<a href=\"/cases?class=chargeback&amp;sort=oldest\">Claims &lt;first&gt;</a>";
        assert!(lena.page("/cases").await.contains(link));
        assert!(lena.page(here).await.contains("aria-current=\"page\">Claims &lt;first&gt;</a>"));
        assert!(!lena.page("/tasks").await.contains("Claims"), "it is a view of cases");
        assert!(!mara.page("/cases").await.contains("Claims"), "and nobody else's");

        for list in ["tickets", "approvals", "dunning"] {
            let kept = lena.send(&format!("here=%2F{list}%3Fsort%3Doldest&name=Oldest")).await;
            assert_eq!(kept, (303, format!("/{list}?sort=oldest")));
            let link = format!("<a href=\"/{list}?sort=oldest\">Oldest</a>");
            assert!(lena.page(&format!("/{list}")).await.contains(&link), "{list}");
        }

        for (form, status) in [
            ("here=%2Fcases&name=All", 422),
            ("here=%2Fcases%3Fstate%3Dopen&name=", 422),
            ("here=%2F%2Fevil.example%2Fcases%3Fx%3D1&name=Out", 400),
            ("here=%2Fcases%3Fstate%3Dopen", 400),
        ] {
            assert_eq!(lena.send(form).await.0, status, "{form}");
        }
        let request = Request::post("/views").header("cookie", &lena.cookie).header("sec-fetch-site", "same-origin");
        let forged = Bytes::from_static(b"csrf=forged&here=%2Fcases%3Fstate%3Dopen&name=Forged");
        let answer = dispatch(&service, &request.body(forged).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);

        let forgotten = lena.send("here=%2Fcases&forget=Claims+%3Cfirst%3E").await;
        assert_eq!(forgotten, (303, "/cases".to_owned()));
        assert!(!lena.page("/cases").await.contains("Claims"));
    });
}
