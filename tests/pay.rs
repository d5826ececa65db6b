//! Links to pay: ours in every message, good for as long as there is anything to pay, and never more than a way to the
//! provider's own page.

use crate::again;
use crate::crash_points::cases;
use crate::http::run;
use app::dunning::pay::link;
use app::fault::Fault;
use app::identity::Identity;
use app::ports::{Clock, Http, NoReply, Vault};
use app::web::Answer;
use async_trait::async_trait;
use domain::id::AccountId;
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::server::dispatch;
use local::service::Service;
use providers::{Call, Keys, Reply, Secret};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::faults::{Fate, Hit, inject, silence};
use tests::stripe;
use tests::world::{ask, at, deliver, open_at};

async fn tell(service: &Service, id: &str, kind: &str, object: &Value) {
    let event = stripe::event(id, kind, service.clock.now(), object);
    let (status, answer) = deliver(service, &event).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    service.work().await.unwrap();
}

fn invoice(id: &str, status: &str, remaining: i64) -> Value {
    stripe::invoice("cus_1", id, status, 4900, remaining, "eur", 1, at("2026-03-01T09:00:00Z"))
}

/// Somebody whose payment failed.
async fn shop() -> Service {
    let service = open_at("2026-03-01T09:00:00Z").await;
    tell(&service, "evt_1", "customer.created", &stripe::customer("cus_1", service.clock.now())).await;
    tell(&service, "evt_2", "invoice.payment_failed", &invoice("in_1", "open", 4900)).await;
    service
}

async fn path(service: &Service, account: &str, invoice: &str) -> String {
    let address = link::stored(&service.context, &AccountId::named(account).unwrap(), invoice).await.unwrap();
    address.strip_prefix("http://recoup.test").unwrap().to_owned()
}

async fn asked(service: &Service, method: Method, path: &str, body: &str) -> (StatusCode, String, Answer) {
    let request = Request::builder().method(method).uri(path).body(body.to_owned().into()).unwrap();
    let answer = dispatch(service, &request).await;
    (answer.status(), String::from_utf8(answer.body().to_vec()).unwrap(), answer)
}

async fn opened(service: &Service, path: &str) -> (StatusCode, String) {
    let (status, page, answer) = asked(service, Method::GET, path, "").await;
    must_be_for_the_outside(&answer);
    (status, page)
}

/// Presses the button of an invoice: where that leads, or what is said instead.
async fn pressed(service: &Service, path: &str, invoice: &str) -> (StatusCode, String) {
    let (status, page, answer) = asked(service, Method::POST, path, &format!("invoice={invoice}")).await;
    must_be_for_the_outside(&answer);
    match answer.headers().get("location") {
        Some(location) => (status, location.to_str().unwrap().to_owned()),
        None => (status, page),
    }
}

fn must_be_for_the_outside(answer: &Answer) {
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("x-robots-tag"), "noindex, nofollow");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    // Or a browser would not follow the form to the provider.
    assert!(answer.status() == StatusCode::SEE_OTHER || policy.contains("form-action 'self' https:;"), "{policy}");
    assert!(answer.headers().get("set-cookie").is_none());
}

fn calls(service: &Service, provider: &str) -> usize {
    service.sandbox.calls(provider).unwrap().len()
}

#[test]
fn a_reminder_leads_to_our_page_and_its_button_to_the_providers() {
    run(async {
        let service = shop().await;
        service.advance(at("2026-03-20T09:00:00Z")).await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let reminders: Vec<_> =
            letters.iter().map(|(_, letter)| letter).filter(|letter| letter.to == "cus_1@shop.example").collect();
        assert!(reminders.len() > 1, "{letters:?}");
        let address = &reminders[0].links[0];
        for letter in &reminders {
            assert_eq!(letter.links, std::slice::from_ref(address), "each has the same link");
            assert!(letter.text.contains(address) && !letter.text.contains("stripe.com"), "{}", letter.text);
        }
        assert!(address.len() < 70, "it fits into an SMS: {address}");
        let path = address.strip_prefix("http://recoup.test").unwrap();
        let (status, page) = opened(&service, path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        for part in ["recoup.test asks you to pay", "<dd>IN_1</dd>", "<dd>49.00 EUR</dd>", ">Pay 49.00 EUR</button>"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        for part in ["<script", "cus_1", "stripe.com", "shop.example", "/login"] {
            assert!(!page.contains(part), "{part}: {page}");
        }
        let name = json!({"name": "Juniper & Söhne"});
        let named = ask(&service, "mara", Method::POST, "/api/sources/stripe/default", Some(&name), None).await;
        assert_eq!((named.0, &named.1["name"]), (StatusCode::OK, &name["name"]), "{named:?}");
        let (_, page) = opened(&service, path).await;
        assert!(page.contains("Juniper &amp; Söhne asks you to pay") && !page.contains("recoup.test asks"), "{page}");
        let before = calls(&service, "stripe");
        let to_stripe = (StatusCode::SEE_OTHER, "https://invoice.stripe.com/i/in_1".to_owned());
        assert_eq!(pressed(&service, path, "in_1").await, to_stripe);
        assert_eq!(asked(&service, Method::POST, path, "").await.0, StatusCode::SEE_OTHER, "the link says which one");
        assert_eq!(calls(&service, "stripe"), before + 2, "the page is looked up anew each time");
    });
}

#[test]
fn a_click_leads_to_each_providers_own_page() {
    run(async {
        let mut providers = Vec::new();
        for case in cases::all().into_iter().filter(|case| case.kind == "payment_link") {
            let (name, service) = (case.provider, cases::prepared(&case).await);
            let invoice = case.params["invoice"].as_str().unwrap();
            let path = path(&service, case.account, invoice).await;
            let (status, page) = opened(&service, &path).await;
            assert!(status == StatusCode::OK && page.contains("<form method=\"post\""), "{name}: {page}");
            let host = match name {
                "chargebee" => "https://default.chargebee.com/pages/v3/hp_",
                "lemonsqueezy" => "https://my-store.lemonsqueezy.com/subscription/1/payment-details?",
                "mollie" => "https://payment-links.mollie.com/payment/",
                "revenuecat" => "https://apps.apple.com/account/subscriptions",
                _ => "https://invoice.stripe.com/i/in_1",
            };
            let made = |service: &Service| {
                let calls = service.sandbox.calls(name).unwrap();
                calls.iter().filter(|call| call.method == "POST" && call.executed).count()
            };
            let before = made(&service);
            let (status, first) = pressed(&service, &path, invoice).await;
            assert!(status == StatusCode::SEE_OTHER && first.starts_with(host), "{name}: {status} {first}");
            let makes = made(&service) - before;
            assert_eq!(makes, usize::from(matches!(name, "chargebee" | "mollie")), "{name}");
            // Twice in one minute is once, and later it is another page.
            assert_eq!(pressed(&service, &path, invoice).await, (StatusCode::SEE_OTHER, first), "{name}");
            assert_eq!(made(&service) - before, makes, "{name}");
            service.clock.advance(service.clock.now() + SignedDuration::from_mins(2)).unwrap();
            assert_eq!(pressed(&service, &path, invoice).await.0, StatusCode::SEE_OTHER, "{name}");
            assert_eq!(made(&service) - before, 2 * makes, "{name}");
            providers.push(name);
        }
        assert_eq!(providers, ["stripe", "chargebee", "lemonsqueezy", "mollie", "revenuecat"]);
    });
}

#[test]
fn opening_a_link_changes_nothing_and_pressing_asks_the_provider_and_is_remembered() {
    run(async {
        let mut service = shop().await;
        let path = path(&service, "stripe:cus_1", "in_1").await;
        let fate = Fate::at(u64::MAX, Hit::CrashBefore);
        inject(&mut service, &fate);
        for _ in 0..3 {
            assert_eq!(opened(&service, &path).await.0, StatusCode::OK);
        }
        assert_eq!(fate.changes(), 0, "nothing was written, sent or asked for");
        assert_eq!(pressed(&service, &path, "in_1").await.0, StatusCode::SEE_OTHER);
        assert_eq!(fate.changes(), 2, "one question to the provider, and of ours only that there was one");
    });
}

#[test]
fn what_is_paid_or_withdrawn_meanwhile_is_said_and_no_page_is_made() {
    run(async {
        for (kind, status, words) in [
            ("invoice.paid", "paid", "Invoice IN_1 is already paid"),
            ("invoice.voided", "void", "Invoice IN_1 is not yours to pay any more"),
            ("invoice.marked_uncollectible", "uncollectible", "Invoice IN_1 is not yours to pay any more"),
        ] {
            let service = shop().await;
            let path = path(&service, "stripe:cus_1", "in_1").await;
            assert!(opened(&service, &path).await.1.contains("<form"));
            service.advance(at("2026-03-03T09:00:00Z")).await.unwrap();
            let remaining = if status == "paid" { 0 } else { 4900 };
            let mut object = invoice("in_1", status, remaining);
            if status == "paid" {
                object["status_transitions"]["paid_at"] = json!(service.clock.now().as_second());
            }
            tell(&service, "evt_3", kind, &object).await;
            let before = calls(&service, "stripe");
            let (pressed_status, page) = pressed(&service, &path, "in_1").await;
            assert_eq!(pressed_status, StatusCode::CONFLICT, "{page}");
            assert!(page.contains(words) && !page.contains("<form"), "{page}");
            assert_eq!(page.contains("2026-03-03"), status == "paid", "{page}");
            assert_eq!(calls(&service, "stripe"), before, "{kind}");
            let (status, again) = opened(&service, &path).await;
            assert_eq!((status, again), (StatusCode::OK, page), "it is no fault to look");
        }
    });
}

#[test]
fn all_that_an_account_owes_is_on_one_page_and_nothing_of_another() {
    run(async {
        let service = shop().await;
        tell(&service, "evt_3", "invoice.payment_failed", &invoice("in_2", "open", 1900)).await;
        tell(&service, "evt_4", "customer.created", &stripe::customer("cus_2", service.clock.now())).await;
        let other = stripe::invoice("cus_2", "in_9", "open", 700, 700, "eur", 1, service.clock.now());
        tell(&service, "evt_5", "invoice.payment_failed", &other).await;
        let path = path(&service, "stripe:cus_1", "in_1").await;
        let (_, page) = opened(&service, &path).await;
        assert_eq!(page.matches("<form").count(), 2, "{page}");
        for part in [">Pay 49.00 EUR</button>", ">Pay 19.00 EUR</button>", "value=\"in_2\""] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("7.00 EUR"), "{page}");
        assert_eq!(pressed(&service, &path, "in_2").await.1, "https://invoice.stripe.com/i/in_2");
        for stranger in ["in_9", "in_404", "", &"x".repeat(2_000)] {
            let (status, page) = pressed(&service, &path, stranger).await;
            assert!(status == StatusCode::NOT_FOUND && page.contains("This link opens nothing"), "{page}");
        }
        // What is settled goes, and what is still open stays on the same page.
        tell(&service, "evt_6", "invoice.paid", &invoice("in_1", "paid", 0)).await;
        let (_, page) = opened(&service, &path).await;
        assert!(
            page.contains("Invoice IN_1 is already paid") && page.contains("<h2>This is still open</h2>"),
            "{page}"
        );
        assert_eq!(page.matches("<form").count(), 1, "{page}");
    });
}

/// A vault whose secrets of links have been changed.
struct Rotated {
    vault: Arc<dyn Vault>,
    links: Vec<Secret>,
}

#[async_trait]
impl Vault for Rotated {
    async fn keys(&self, provider: &str, source: &str) -> Result<Keys, Fault> {
        self.vault.keys(provider, source).await
    }

    async fn tokens(&self) -> Result<Secret, Fault> {
        self.vault.tokens().await
    }

    async fn identity(&self) -> Result<Option<Identity>, Fault> {
        self.vault.identity().await
    }

    async fn links(&self) -> Result<Vec<Secret>, Fault> {
        Ok(self.links.clone())
    }

    async fn outgoing(&self) -> Result<Secret, Fault> {
        self.vault.outgoing().await
    }

    async fn slack_signing(&self) -> Result<Vec<Secret>, Fault> {
        self.vault.slack_signing().await
    }
}

#[test]
fn a_link_that_opens_nothing_says_what_to_do() {
    run(async {
        let mut service = shop().await;
        let good = path(&service, "stripe:cus_1", "in_1").await;
        let token = good.strip_prefix("/pay/").unwrap();
        let touched = format!("/pay/{}{}", if token.starts_with('0') { '1' } else { '0' }, &token[1..]);
        let cut = good[..good.len() - 1].to_owned();
        for path in [touched, cut, "/pay/x".to_owned(), "/pay/%00".to_owned(), format!("/pay/{}", "0".repeat(32))] {
            for (status, page) in [opened(&service, &path).await, pressed(&service, &path, "in_1").await] {
                assert_eq!(status, StatusCode::NOT_FOUND, "{path}: {page}");
                assert!(page.contains("copy it from the message") && !page.contains("IN_1"), "{page}");
            }
        }
        assert_eq!(opened(&service, &good.to_uppercase().replace("/PAY/", "/pay/")).await.0, StatusCode::OK);
        // A month later it is still the same; while the secret is rotated, too; and not once the old one is gone.
        service.advance(at("2026-04-20T09:00:00Z")).await.unwrap();
        assert_eq!(opened(&service, &good).await.0, StatusCode::OK);
        let (vault, new) = (service.context.vault.clone(), Secret::new("new"));
        let old = vault.links().await.unwrap();
        let both = std::iter::once(new.clone()).chain(old).collect();
        service.context.vault = Arc::new(Rotated { vault: vault.clone(), links: both });
        assert_eq!(opened(&service, &good).await.0, StatusCode::OK);
        service.context.vault = Arc::new(Rotated { vault, links: vec![new] });
        assert_eq!(opened(&service, &good).await.0, StatusCode::NOT_FOUND);
        let anew = path(&service, "stripe:cus_1", "in_1").await;
        assert_ne!(anew, good);
        assert_eq!(opened(&service, &anew).await.0, StatusCode::OK);
    });
}

#[test]
fn a_provider_that_does_not_answer_is_no_dead_end() {
    run(async {
        let mut service = shop().await;
        let path = path(&service, "stripe:cus_1", "in_1").await;
        let silence = silence(&mut service);
        let (status, page) = pressed(&service, &path, "in_1").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{page}");
        assert!(page.contains("Nothing was charged") && page.contains("try again"), "{page}");
        silence.end();
        assert_eq!(pressed(&service, &path, "in_1").await.0, StatusCode::SEE_OTHER);
        // Nobody is led to where the provider is not.
        let mut strange = invoice("in_1", "open", 4900);
        strange["hosted_invoice_url"] = json!("https://invoice.stripe.com.elsewhere.example/i/in_1");
        assert!(service.sandbox.teach("stripe", &strange).unwrap());
        assert_eq!(pressed(&service, &path, "in_1").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert!(service.sandbox.teach("stripe", &invoice("in_1", "open", 4900)).unwrap());
        assert_eq!(pressed(&service, &path, "in_1").await.0, StatusCode::SEE_OTHER);
        // What is stopped does not leave, whoever asks.
        let stop = json!({"kind": "payment_link", "note": "the provider's page is broken"});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop), None).await.0, StatusCode::OK);
        let before = calls(&service, "stripe");
        assert_eq!(pressed(&service, &path, "in_1").await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(calls(&service, "stripe"), before);
        assert_eq!(opened(&service, &path).await.0, StatusCode::OK, "what is open is still shown");
    });
}

#[test]
fn who_asked_for_a_link_to_pay_is_sent_ours() {
    run(async {
        let service = shop().await;
        let body = json!({"account": "stripe:cus_1", "kind": "payment_link", "params": {"invoice": "in_1"},
            "reason_code": "other", "note": ""});
        let (status, answer) = ask(&service, "lena", Method::POST, "/api/actions", Some(&body), Some("k")).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        service.work().await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let (_, letter) = letters.iter().find(|(_, letter)| letter.id.starts_with("link_")).unwrap();
        let path = path(&service, "stripe:cus_1", "in_1").await;
        assert_eq!(letter.links, [format!("http://recoup.test{path}")]);
        assert_eq!(opened(&service, &path).await.0, StatusCode::OK);
    });
}

#[test]
fn a_link_that_is_sent_after_a_part_was_paid_is_ours_and_asks_for_the_rest() {
    run(async {
        let service = shop().await;
        let stop = |release: bool| json!({"kind": "payment_link", "note": "we look at it", "release": release});
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(false)), None).await.0, StatusCode::OK);
        let body = json!({"account": "stripe:cus_1", "kind": "payment_link", "params": {"invoice": "in_1"},
            "reason_code": "other", "note": ""});
        let (status, answer) = ask(&service, "lena", Method::POST, "/api/actions", Some(&body), Some("k")).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        service.work().await.unwrap();
        service.advance(at("2026-03-01T09:01:00Z")).await.unwrap();
        tell(&service, "evt_3", "invoice.updated", &invoice("in_1", "open", 2900)).await;
        assert_eq!(ask(&service, "mara", Method::POST, "/api/stop", Some(&stop(true)), None).await.0, StatusCode::OK);
        service.work().await.unwrap();
        let letters = service.outbox.letters().unwrap();
        let (_, letter) = letters.iter().find(|(_, letter)| letter.id.starts_with("link_")).unwrap();
        let path = path(&service, "stripe:cus_1", "in_1").await;
        assert_eq!(letter.links, [format!("http://recoup.test{path}")]);
        assert!(letter.text.contains("29.00 EUR") && !letter.text.contains("49.00"), "{}", letter.text);
        for part in [&letter.text, &letter.html] {
            assert!(part.contains("/pay/") && !part.contains("stripe.com"), "{part}");
        }
        assert!(opened(&service, &path).await.1.contains(">Pay 29.00 EUR</button>"));
    });
}

/// A provider that takes each try of an invoice on, as of a bank debit: how it ends it tells days later.
pub struct TakesOn(Arc<dyn Http>);

impl TakesOn {
    /// In front of the provider of a service.
    pub fn over(service: &Service) -> Self {
        Self(service.context.http.clone())
    }
}

#[async_trait]
impl Http for TakesOn {
    async fn call(&self, provider: &str, source: &str, call: &Call) -> Result<Reply, NoReply> {
        if call.path == "/v1/invoices/in_1/pay" {
            let open = json!({"id": "in_1", "object": "invoice", "status": "open", "status_transitions": {}});
            return Ok(Reply { status: 200, body: open.to_string() });
        }
        self.0.call(provider, source, call).await
    }
}

#[test]
fn what_a_debit_is_on_its_way_for_is_in_review_and_can_be_paid_again_once_it_has_failed() {
    run(async {
        let mut service = again::declined().await;
        service.context.http = Arc::new(TakesOn::over(&service));
        let path = path(&service, "stripe:cus_1", "in_1").await;
        assert!(opened(&service, &path).await.1.contains("<form"), "nothing is tried yet");
        let tried_at = again::next(&service).await;
        for hours in [1, 72] {
            service.advance(tried_at + SignedDuration::from_hours(hours)).await.unwrap();
            let (status, page) = opened(&service, &path).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            assert!(page.contains("Invoice IN_1 is in review") && !page.contains("<form"), "after {hours}: {page}");
            assert_eq!(pressed(&service, &path, "in_1").await.0, StatusCode::CONFLICT, "after {hours}");
            let made = again::plan(&service).await["tries"]["made"].clone();
            assert_eq!((made.as_array().map(Vec::len), &made[0]["ended"]), (Some(1), &Value::Null), "{made}");
        }
        // The bank has sent it back.
        let mut debit =
            stripe::charge("cus_1", "ch_2", Some("in_1"), 4_900, "usd", Some("insufficient_funds"), tried_at);
        debit["payment_method_details"] = json!({"type": "us_bank_account"});
        tell(&service, "evt_5", "charge.failed", &debit).await;
        let now = service.clock.now();
        let failed = stripe::invoice("cus_1", "in_1", "open", 4_900, 4_900, "usd", 2, now);
        tell(&service, "evt_6", "invoice.payment_failed", &failed).await;
        service.advance(now + SignedDuration::from_mins(5)).await.unwrap();
        let tries = again::plan(&service).await["tries"].clone();
        assert_eq!(tries["made"][0]["ended"]["outcome"], "declined", "{tries}");
        let (_, page) = opened(&service, &path).await;
        assert!(page.contains(">Pay 49.00 USD</button>"), "{page}");
        let page = "https://invoice.stripe.com/i/in_1".to_owned();
        assert_eq!(pressed(&service, &path, "in_1").await, (StatusCode::SEE_OTHER, page));
    });
}
