//! What holds of every page of the console: it is there, says no program's word, can be read aloud, and keeps what was
//! typed when a session has ended.

use crate::http::{run, with_a_payment};
use app::door::routes::{Function, ROUTES};
use app::ports::Clock;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use local::server::dispatch;
use local::service::Service;
use serde_json::{Value, json};
use tests::stripe;
use tests::world::{ask, deliver, get};

/// A company in which everything that lists show is there once.
pub struct Company {
    pub service: Service,
    case: String,
    action: String,
    task: String,
    ticket: String,
}

pub async fn company() -> Company {
    let service = with_a_payment().await;
    let now = service.clock.now();
    let invoice = stripe::invoice("cus_1", "in_1", "open", 4900, 4900, "usd", 1, now);
    deliver(&service, &stripe::event("evt_9", "invoice.payment_failed", now, &invoice)).await;
    let dispute = stripe::dispute("dp_1", "ch_1", 10_000, "needs_response", now);
    deliver(&service, &stripe::event("evt_10", "charge.dispute.created", now, &dispute)).await;
    service.work().await.unwrap();
    let asked = async |kind: &str, params: Value, key: &str| {
        let body = json!({"account": "stripe:cus_1", "kind": kind, "params": params,
            "reason_code": "customer_dissatisfaction", "note": "they called"});
        let (status, action) = ask(&service, "luis", Method::POST, "/api/actions", Some(&body), Some(key)).await;
        assert_eq!(status, StatusCode::CREATED, "{action}");
        action["id"].as_str().unwrap().to_owned()
    };
    let action = asked("credit", json!({"amount": {"amount": "150.00", "currency": "USD"}}), "a").await;
    let body = json!({"account": "stripe:cus_1", "kind": "defer", "params": {"invoice": "in_1", "days": 5},
        "reason_code": "other", "note": ""});
    let (status, left) = ask(&service, "mara", Method::POST, "/api/actions", Some(&body), Some("b")).await;
    assert_eq!(status, StatusCode::CREATED, "{left}");
    let body = json!({"subject": "Twice", "body": "I was charged twice this month",
        "requester": {"email": "cus_1@shop.example", "name": "Ada"}});
    let (status, ticket) = ask(&service, "bea", Method::POST, "/api/tickets", Some(&body), Some("c")).await;
    assert_eq!(status, StatusCode::CREATED, "{ticket}");
    service.work().await.unwrap();
    let first = async |path: &str| {
        let list = get(&service, path).await;
        list["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{path}: {list}")).to_owned()
    };
    let (case, task, ticket) = (first("/api/cases").await, first("/api/tasks").await, first("/api/tickets").await);
    Company { service, case, action, task, ticket }
}

impl Company {
    /// Where a page is, with something in it; `None` for those of customers, and for what a browser asks beside them.
    fn path(&self, pattern: &str) -> Option<String> {
        let path = match pattern {
            "/healthz" | "/style.css" | "/console.js" | "/messages/{token}" => return None,
            // What there is none of is a page all the same, which says so: its test is in the browser.
            "/incidents/{id}" => return None,
            // Theirs is in `paper.rs`.
            pattern if pattern.starts_with("/documents/{number}") => return None,
            "/accounts/{id}" => "/accounts/stripe:cus_1".to_owned(),
            "/accounts/{id}/ask" => "/accounts/stripe:cus_1/ask?kind=refund".to_owned(),
            "/accounts/{id}/dunning" => "/accounts/stripe:cus_1/dunning".to_owned(),
            "/cases/{id}" => format!("/cases/{}", self.case),
            "/actions/{id}" => format!("/actions/{}", self.action),
            "/tasks/{id}" => format!("/tasks/{}", self.task),
            "/tickets/{id}" => format!("/tickets/{}", self.ticket),
            "/reports/{month}" => "/reports/2026-03".to_owned(),
            whole if !whole.contains('{') => whole.to_owned(),
            gap => panic!("say where {gap} is, so that it is looked at like every page"),
        };
        Some(path)
    }

    fn pages(&self) -> Vec<String> {
        let own = ROUTES.iter().filter(|route| route.method == Method::GET && route.function == Function::Report);
        let paths =
            own.filter(|route| !route.pattern.starts_with("/api/")).filter_map(|route| self.path(route.pattern));
        paths.chain(["/accounts/stripe:cus_1/ask".to_owned(), "/outbox".to_owned()]).collect()
    }
}

pub async fn signed_in(service: &Service, staff: &str) -> String {
    let request = Request::post("/local/login").body(Bytes::from(format!("staff={staff}"))).unwrap();
    let answer = dispatch(service, &request).await;
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

pub async fn look(service: &Service, cookie: &str, path: &str) -> String {
    let request = Request::get(path).header("cookie", cookie).body(Bytes::new()).unwrap();
    let answer = dispatch(service, &request).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8(answer.body().to_vec()).unwrap()
}

/// A form of ours, as a browser sends it.
pub async fn press(service: &Service, cookie: &str, path: &str, form: &str) -> (u16, String, String) {
    let request = Request::post(path).header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let answer = dispatch(service, &request.body(Bytes::from(form.to_owned())).unwrap()).await;
    let header =
        |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let place = if answer.status() == StatusCode::SEE_OTHER { header("location") } else { header("set-cookie") };
    (answer.status().as_u16(), place, String::from_utf8(answer.body().to_vec()).unwrap())
}

fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default()
}

/// What people read of a page: the text between its elements, without what is shown as code or as it was written.
fn text(page: &str) -> String {
    let mut rest = page.to_owned();
    for (from, to) in [
        ("<script", "</script>"),
        ("<code", "</code>"),
        ("<pre", "</pre>"),
        ("<textarea", "</textarea>"),
        ("<title", "</title>"),
    ] {
        while let Some((before, after)) = rest.split_once(from) {
            rest = format!("{before} {}", after.split_once(to).map_or("", |(_, after)| after));
        }
    }
    rest.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

/// How ids begin, which are no words.
const IDS: &[&str] = &[
    "act", "ch", "cus", "di", "dp", "du", "evt", "in", "inc", "link", "own", "pi", "pm", "pr", "price", "prod", "rcv",
    "re", "sub", "task",
];

/// The words that only programs say: in small letters, with an underscore, and no id.
fn programs_words(text: &str) -> Vec<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let is_word = |word: &&str| {
        word.trim_matches('_').contains('_')
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            && word.split('_').next().is_some_and(|start| !IDS.contains(&start))
    };
    words.filter(is_word).collect()
}

#[test]
fn no_page_says_what_only_programs_say() {
    assert_eq!(
        programs_words(&text("<p class=\"a_b\">needs billing_specialist (<code>x_y</code>) in_1</p>")),
        ["billing_specialist"]
    );
    run(async {
        let company = company().await;
        for staff in ["mara", "ana"] {
            let cookie = signed_in(&company.service, staff).await;
            let pages = company.pages();
            assert!(pages.len() > 25, "{pages:?}");
            for path in pages {
                let page = look(&company.service, &cookie, &path).await;
                let text = text(&page);
                assert_eq!(programs_words(&text), [""; 0], "{path} of {staff}");
                for said in [".toml", ".rs", " column ", "missing field", "unknown variant", "expected one of"] {
                    assert!(!text.contains(said), "{path} of {staff} says {said}: {text}");
                }
            }
        }
    });
}

#[test]
fn every_page_has_one_title_and_tables_that_can_be_read_aloud() {
    run(async {
        let company = company().await;
        let cookie = signed_in(&company.service, "mara").await;
        for path in company.pages() {
            let page = look(&company.service, &cookie, &path).await;
            assert_eq!(page.matches("<h1").count(), 1, "{path}");
            assert!(page.contains("href=\"#main\"") && page.contains("<main id=\"main\""), "{path}");
            for head in page.split("<th").skip(1).filter(|after| !after.starts_with("ead")) {
                assert!(head.split('>').next().unwrap().contains("scope="), "{path}: {head}");
            }
            for table in page.split("<table").skip(1) {
                assert!(table.split('>').next().unwrap().contains("aria-label="), "{path}: {table}");
            }
        }
    });
}

#[test]
fn who_only_reads_sees_no_button_that_changes_something_and_reads_who_may() {
    run(async {
        let company = company().await;
        let cookie = signed_in(&company.service, "ana").await;
        let harmless = ["/logout", "/login", "/local/login", "/search", "/approvals"];
        for path in company.pages() {
            let page = look(&company.service, &cookie, &path).await;
            let forms = page.split("<form").skip(1).filter_map(|form| form.split('>').next());
            let posts = forms.filter(|form| form.contains("method=\"post\""));
            let to = posts.filter_map(|form| form.split("action=\"").nth(1)?.split('"').next());
            let changing: Vec<_> = to.filter(|to| !harmless.contains(to)).collect();
            assert_eq!(changing, [""; 0], "{path}");
        }
        for (path, who) in [
            ("/accounts/stripe:cus_1/ask".to_owned(), "Colleagues in support and billing may"),
            ("/sources".to_owned(), "A manager or a VP changes them"),
            ("/endpoints".to_owned(), "A manager or a VP adds"),
            ("/entities".to_owned(), "A VP adds, changes and removes"),
            ("/stop".to_owned(), "A manager or a VP stops and releases"),
            ("/staff".to_owned(), "Whoever may decide says here"),
            ("/tickets".to_owned(), "Colleagues in support and billing handle tickets"),
            (format!("/actions/{}", company.action), "Whoever asked, a manager or a VP may withdraw it"),
            (format!("/cases/{}", company.case), "Colleagues in support and billing work on it"),
            (format!("/tasks/{}", company.task), "a manager or a VP does it and says so here"),
        ] {
            let page = look(&company.service, &cookie, &path).await;
            assert!(page.contains(who), "{path}: {page}");
        }
    });
}

#[test]
fn the_script_is_small_kept_and_the_only_one_that_a_page_may_run() {
    run(async {
        let service = with_a_payment().await;
        for (path, kind) in [("/console.js", "text/javascript"), ("/style.css", "text/css")] {
            let answer = dispatch(&service, &Request::get(path).body(Bytes::new()).unwrap()).await;
            let header = |name: &str| answer.headers()[name].to_str().unwrap();
            assert!(header("content-type").starts_with(kind), "{path}");
            assert_eq!((answer.status(), header("cache-control")), (StatusCode::OK, "max-age=300"), "{path}");
            assert!(answer.body().len() < 12_288, "{path}: {}", answer.body().len());
        }
        let answer = dispatch(&service, &Request::get("/login").body(Bytes::new()).unwrap()).await;
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.ends_with("script-src 'self'"), "{policy}");
        let page = String::from_utf8(answer.body().to_vec()).unwrap();
        assert_eq!(page.matches("<script").count(), 1, "{page}");
    });
}

#[test]
fn a_list_shows_twenty_five_and_leads_on() {
    run(async {
        let service = with_a_payment().await;
        let now = service.clock.now();
        for number in 2..=27 {
            let customer = stripe::customer(&format!("cus_{number}"), now);
            deliver(&service, &stripe::event(&format!("evt_c{number}"), "customer.created", now, &customer)).await;
        }
        service.work().await.unwrap();
        let cookie = signed_in(&service, "mara").await;
        let rows = |page: &str| page.matches("<td><a href=\"/accounts/").count();
        let page = look(&service, &cookie, "/accounts").await;
        assert_eq!(rows(&page), 25, "{page}");
        let next = page.split("<a href=\"/accounts?").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let page = look(&service, &cookie, &format!("/accounts?{next}")).await;
        assert_eq!((rows(&page), page.contains(">More<")), (2, false), "{page}");
    });
}

#[test]
fn what_was_typed_is_kept_when_the_session_has_ended() {
    run(async {
        let company = company().await;
        let (service, path) = (&company.service, format!("/tickets/{}", company.ticket));
        let form = "csrf=old&say=class&class=refund_request&note=they+want+%3Cb%3E+it+back";
        let (status, _, page) = press(service, "recoup_session=gone", &path, form).await;
        assert_eq!(status, 401);
        assert!(page.contains("nothing was done") && page.contains("they want &lt;b&gt; it back"), "{page}");
        assert_eq!((hidden(&page, "kept"), hidden(&page, "kept.say")), (path.as_str(), "class"));
        assert!(!page.contains("name=\"kept.csrf\""), "{page}");

        // Whoever signs in sees it again; nothing is done until they send it, in their own session.
        let kept = format!("staff=bea&kept={path}&kept.say=class&kept.class=refund_request&kept.note=back&kept.csrf=x");
        let (status, cookie, page) = press(service, "", "/local/login", &kept).await;
        assert_eq!(status, 200, "{page}");
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let csrf = hidden(&page, "csrf").to_owned();
        assert!(page.contains(&format!("action=\"{path}\"")) && csrf.len() > 20 && csrf != "x", "{page}");
        let ticket = async || get(service, &format!("/api/tickets/{}", company.ticket)).await;
        assert_eq!(ticket().await["classed_by"], Value::Null);
        let form = format!("csrf={csrf}&say=class&class=refund_request&note=back");
        assert_eq!(press(service, &cookie, &path, &form).await.0, 303);
        assert_eq!(ticket().await["classed_by"], "bea");

        // A token does the same, and one that is wrong loses nothing.
        let (status, _, page) = press(service, "", "/login", &format!("token=no&kept={path}&kept.note=mine")).await;
        assert_eq!((status, hidden(&page, "kept.note")), (401, "mine"), "{page}");

        // What is no form of ours, from elsewhere, or longer than a form is, is not carried along.
        for (name, path, site, form) in [
            ("from elsewhere", path.as_str(), "cross-site", "say=class&note=x".to_owned()),
            ("too long", path.as_str(), "same-origin", format!("note={}", "x".repeat(300 * 1024))),
        ] {
            let request = Request::post(path).header("sec-fetch-site", site).body(Bytes::from(form)).unwrap();
            let answer = dispatch(service, &request).await;
            let page = String::from_utf8(answer.body().to_vec()).unwrap();
            assert!(answer.status() == StatusCode::UNAUTHORIZED && !page.contains("kept."), "{name}: {page}");
        }
        for elsewhere in ["https://evil.example/", "//evil.example/stop", "/api/actions", "/logout", "/nope"] {
            let form = format!("staff=bea&kept={elsewhere}&kept.note=x");
            let (status, to, page) = press(service, "", "/local/login", &form).await;
            assert_eq!((status, to.as_str()), (303, "/"), "{elsewhere}: {page}");
        }
        let (_, _, found) = press(service, "", "/search", "q=ada").await;
        assert_eq!(hidden(&found, "kept.q"), "ada", "a search too: {found}");
    });
}

#[test]
fn a_ticket_form_that_is_sent_twice_is_one_ticket_and_says_so() {
    run(async {
        let service = with_a_payment().await;
        let cookie = signed_in(&service, "bea").await;
        let page = look(&service, &cookie, "/tickets").await;
        let (csrf, key) = (hidden(&page, "csrf"), hidden(&page, "key"));
        assert!(!key.is_empty(), "{page}");
        let form = |body: &str| format!("csrf={csrf}&key={}&subject=Twice&body={body}", key.replace(':', "%3A"));
        let (first, to, _) = press(&service, &cookie, "/tickets", &form("charged")).await;
        let (second, again, _) = press(&service, &cookie, "/tickets", &form("charged")).await;
        assert_eq!((first, second), (303, 303));
        assert!(again.starts_with(&format!("{to}?notice=This+form+was+sent+before")), "{to} and {again}");
        let (_, other, _) = press(&service, &cookie, "/tickets", &form("something+else")).await;
        assert_ne!(to, other, "what was changed since is another");
        assert_eq!(get(&service, "/api/tickets").await["items"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn what_was_typed_into_a_ticket_that_is_refused_is_still_there() {
    run(async {
        let service = with_a_payment().await;
        let cookie = signed_in(&service, "bea").await;
        let csrf = hidden(&look(&service, &cookie, "/tickets").await, "csrf").to_owned();
        let form = format!("csrf={csrf}&key=k&subject=%3CTwice%3E&name=Ada&email=ada%40else.example&body=++");
        let (status, _, page) = press(&service, &cookie, "/tickets", &form).await;
        assert!(status == 400 && page.contains("what the customer wrote"), "{status}: {page}");
        for kept in ["value=\"&lt;Twice&gt;\"", "value=\"ada@else.example\"", "name=\"key\" value=\"k\""] {
            assert!(page.contains(kept), "{kept}: {page}");
        }
        assert_eq!(hidden(&page, "csrf"), csrf, "it is sent again from there");
        assert!(get(&service, "/api/tickets").await["items"].as_array().unwrap().is_empty());
    });
}

#[test]
fn a_body_that_cannot_be_read_is_answered_in_words() {
    run(async {
        let company = company().await;
        let ticket = format!("/api/tickets/{}", company.ticket);
        for (path, body, says) in [
            ("/api/actions".to_owned(), json!({"account": "stripe:cus_1"}), "is missing"),
            (
                "/api/actions".to_owned(),
                json!({"account": 5, "kind": "credit", "params": {}, "reason_code": "other"}),
                "`account`: `5` is not a text",
            ),
            (
                "/api/actions".to_owned(),
                json!({"account": "stripe:cus_1", "kind": "credit", "params": {}, "reason_code": "whim"}),
                "`reason_code`: `whim` is not known",
            ),
            (format!("/api/actions/{}/decision", company.action), json!({}), "`decision` is missing"),
            (format!("{ticket}/assign"), json!({"to": 5}), "`to`: `5` is not a text"),
            (format!("{ticket}/close"), json!({"turns": "x"}), "`turns`: `x` is not a whole number from 0"),
            (format!("{ticket}/class"), json!({"class": "x"}), "`class`: `x` is not known; it is "),
            ("/api/stop".to_owned(), json!({"sauce": "x"}), "`sauce` is no field; there is "),
            ("/api/tickets".to_owned(), json!({"body": ["x"]}), "`body`: a list is not a text"),
        ] {
            let (status, answer) = ask(&company.service, "mara", Method::POST, &path, Some(&body), Some("k")).await;
            let message = answer["error"]["message"].as_str().unwrap_or_default();
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {body}: {answer}");
            assert!(message.contains(says), "{path} {body}: {message}");
            assert!(!message.contains(" column ") && !message.contains("expected"), "{path} {body}: {message}");
        }
    });
}
