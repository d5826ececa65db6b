//! Deliveries of every provider, through the whole path: from a signed request to the account book.

use app::ports::{Clock, Order};
use app::store::{self, Of, Stored, keys};
use bytes::Bytes;
use domain::book::{Head, Invoice, KeptCard, Payment, Person, Subscription};
use domain::id::AccountId;
use domain::source::{Mode, Source};
use http::{Method, Request, StatusCode};
use jiff::SignedDuration;
use local::demo::Dice;
use local::server::dispatch;
use local::service::Service;
use providers::ALL;
use serde_json::{Value, json};
use std::path::Path;
use tests::counted::Counted;
use tests::world::{ask, at, deliver_to, get, open_at, records, tries_given_back};
use tests::{faults, stripe};

const NOON: &str = "2026-03-20T12:00:00Z";

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn fixture(provider: &str, name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider).join(name)).unwrap()
}

/// Every recorded delivery of a provider that is signed.
fn history(provider: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(provider);
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    names.sort();
    names.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

async fn accounts(service: &Service) -> Vec<Head> {
    store::page(&service.context, keys::lists::ACCOUNTS, None, 1000, Order::Ascending).await.unwrap().items
}

/// Everything in the books that is a fold of events, as bytes.
async fn books(service: &Service) -> String {
    fn line<T: Stored>(records: &[T]) -> String {
        serde_json::to_string(records).unwrap() + "\n"
    }
    let mut text = String::new();
    for head in accounts(service).await {
        text += &format!("{} {} {}\n", head.provider, head.customer, serde_json::to_string(&head.book).unwrap());
        let account = &head.account;
        let person: Option<Of<Person>> = store::read(&service.context, &keys::person(account)).await.unwrap();
        text += &line(person.as_slice());
        text += &line(&records::<Of<Invoice>>(service, &keys::invoices(account)).await);
        text += &line(&records::<Of<Payment>>(service, &keys::payments(account)).await);
        text += &line(&records::<Of<Subscription>>(service, &keys::subscriptions(account)).await);
        text += &line(&records::<Of<KeptCard>>(service, &keys::cards(account)).await);
    }
    text
}

#[test]
fn any_order_with_duplicates_gives_the_same_bytes() {
    for provider in ALL.iter().filter(|provider| provider.api.is_some()) {
        let mut expected: Option<String> = None;
        let mut dice = Dice::new(7);
        for turn in 0..8 {
            let mut order = history(provider.name);
            if turn > 0 {
                for place in (1..order.len()).rev() {
                    order.swap(place, usize::try_from(dice.roll(place as u64 + 1)).unwrap());
                }
                for _ in 0..5 {
                    let again = order[usize::try_from(dice.roll(order.len() as u64)).unwrap()].clone();
                    order.push(again);
                }
            }
            let books = run(async {
                let service = open_at(NOON).await;
                if matches!(provider.name, "stripe" | "chargebee" | "mollie") {
                    // What leaves depends on what came first, and is no part of what was told.
                    tries_given_back(&service, provider.name).await;
                }
                if provider.name == "mollie" {
                    // Its classic deliveries say nothing by themselves: whoever asks finds the same, whatever came
                    // before.
                    history("mollie").iter().for_each(|body| service.sandbox.learn("mollie", body).unwrap());
                }
                for body in &order {
                    let (status, answer) = deliver_to(&service, provider.name, body).await;
                    assert_eq!(status, StatusCode::OK, "{}: {answer}", provider.name);
                    // Sometimes many are waiting when the work begins.
                    if dice.roll(3) == 0 {
                        service.work().await.unwrap();
                    }
                }
                service.work().await.unwrap();
                let dead = app::ports::QueueName::ALL.map(|queue| service.queue.dead(queue).unwrap());
                assert!(dead.iter().all(Vec::is_empty), "{}: {dead:?}", provider.name);
                books(&service).await
            });
            match &expected {
                None => {
                    assert!(books.len() > 1000, "{}: {books}", provider.name);
                    expected = Some(books);
                }
                Some(expected) => assert_eq!(&books, expected, "{}, turn {turn}", provider.name),
            }
        }
    }
}

#[test]
fn a_sidebar_shows_what_the_events_tell_and_nothing_else() {
    run(async {
        let service = open_at(NOON).await;
        for provider in ["stripe", "chargebee"] {
            for body in history(provider) {
                deliver_to(&service, provider, &body).await;
            }
        }
        service.work().await.unwrap();
        let sidebar = get(&service, "/api/accounts/chargebee:cb_1").await;
        for (path, expected) in [
            ("/account/name", json!("Ada Lovelace")),
            ("/account/billing_address", json!("1 Main St, 10115, Berlin, DE")),
            ("/account/strategic", Value::Null),
            // The first card was removed; the one that was given since is charged.
            ("/payment_method/last4", json!("4444")),
            ("/subscription/seats_used", Value::Null),
            ("/subscription/addons/0/name", json!("sso-EUR-Y")),
            // What is in another currency is shown in it, and never added.
            ("/lifetime/mrr/currency", json!("EUR")),
            ("/lifetime/revenue/currency", json!("USD")),
            ("/credits/available/amount", json!("1.00")),
            ("/credits/applied/amount", json!("10.00")),
        ] {
            assert_eq!(sidebar.pointer(path), Some(&expected), "{path}: {sidebar}");
        }
        let stripe = get(&service, "/api/accounts/stripe:cus_200").await;
        assert_eq!(stripe.pointer("/status/disputes/0/id"), Some(&json!("dp_1")), "{stripe}");
        assert!(stripe.pointer("/history/0/status").is_some());
    });
}

#[test]
fn a_credit_is_pending_until_it_is_given_or_refused() {
    run(async {
        let service = crate::http::with_a_payment().await;
        let pending = async || get(&service, "/api/accounts/stripe:cus_1").await["credits"]["pending"].clone();
        let asks = async |amount: &str| {
            let usd = json!({"amount": amount, "currency": "USD"});
            let wish = json!({"account": "stripe:cus_1", "kind": "credit", "params": {"amount": usd},
                "reason_code": "customer_dissatisfaction", "note": ""});
            let (status, asked) = ask(&service, "lena", Method::POST, "/api/actions", Some(&wish), Some(amount)).await;
            assert_eq!((status, &asked["state"]), (StatusCode::CREATED, &json!("waiting_approval")), "{asked}");
            asked
        };
        let decides = async |asked: &Value, decision: &str| {
            let ballot =
                json!({"decision": decision, "preview_digest": asked["preview"]["digest"], "note": "as it is"});
            let path = format!("/api/actions/{}/decision", asked["id"].as_str().unwrap());
            assert_eq!(ask(&service, "luis", Method::POST, &path, Some(&ballot), None).await.0, StatusCode::OK);
            service.advance(service.clock.now() + SignedDuration::from_hours(1)).await.unwrap();
        };
        let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
        assert_eq!(pending().await, usd("0.00"));
        let (one, other) = (asks("15.00").await, asks("4.50").await);
        assert_eq!(pending().await, usd("19.50"));
        let list = get(&service, "/api/accounts").await;
        assert_eq!(list["items"][0]["credits"]["pending"], Value::Null, "a list does not look for it: {list}");
        decides(&one, "deny").await;
        assert_eq!(pending().await, usd("4.50"));
        decides(&other, "approve").await;
        assert_eq!(pending().await, usd("0.00"));
    });
}

#[test]
fn a_failed_renewal_in_a_store_is_one_case_and_the_next_payment_ends_it() {
    run(async {
        for order in [
            ["BILLING_ISSUE", "CANCELLATION.billing_error", "RENEWAL"],
            ["RENEWAL", "CANCELLATION.billing_error", "BILLING_ISSUE"],
        ] {
            let service = open_at(NOON).await;
            deliver_to(&service, "revenuecat", &fixture("revenuecat", "INITIAL_PURCHASE.json")).await;
            for name in order {
                deliver_to(&service, "revenuecat", &fixture("revenuecat", &format!("{name}.json"))).await;
                service.work().await.unwrap();
            }
            let account = AccountId::of("revenuecat", "default", "user_1");
            let invoices: Vec<Of<Invoice>> = records(&service, &keys::invoices(&account)).await;
            assert_eq!(invoices.len(), 1, "one period, one due item");
            assert!(invoices[0].value.paid_at().is_some(), "{order:?}");
            let open = get(&service, "/api/cases?state=open").await;
            assert_eq!(open["items"], json!([]), "{order:?}: {open}");
            let sidebar = get(&service, "/api/accounts/revenuecat:user_1").await;
            assert_eq!(
                (&sidebar["status"]["failures_12m"], &sidebar["status"]["failed_tries"]),
                (&json!(1), &json!(0)),
                "{order:?}"
            );
            assert_eq!(sidebar["lifetime"]["mrr"]["amount"], "9.99", "{sidebar}");
        }
    });
}

async fn classic(service: &Service, id: &str) -> StatusCode {
    let request = Request::post("/webhooks/mollie/default")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Bytes::from(format!("id={id}")))
        .unwrap();
    dispatch(service, &request).await.status()
}

fn mollie_payment(id: &str, status: &str) -> Value {
    let mut payment =
        serde_json::from_slice::<Value>(&fixture("mollie", "payment.paid.json")).unwrap()["_embedded"]["entity"].take();
    payment["id"] = json!(id);
    payment["status"] = json!(status);
    payment
}

fn fetched(service: &Service) -> usize {
    service.sandbox.calls("mollie").unwrap().len()
}

#[test]
fn a_classic_webhook_is_believed_only_as_far_as_the_provider_confirms() {
    run(async {
        let service = open_at(NOON).await;
        assert_eq!(classic(&service, "tr_unknown1").await, StatusCode::OK, "whether an id exists is nobody's business");
        service.work().await.unwrap();
        assert_eq!((fetched(&service), accounts(&service).await.len()), (1, 0));
        service.sandbox.teach("mollie", &mollie_payment("tr_known1", "paid")).unwrap();
        assert_eq!(classic(&service, "tr_known1").await, StatusCode::OK);
        service.work().await.unwrap();
        let sidebar = get(&service, "/api/accounts/mollie:cst_1").await;
        assert_eq!(sidebar["lifetime"]["revenue"]["amount"], "10.00", "{sidebar}");
        for wrong in ["tr_1/../x", "tr_", "", "{}"] {
            assert_eq!(classic(&service, wrong).await, StatusCode::UNAUTHORIZED, "{wrong}");
        }
        let get = service.sandbox.calls("mollie").unwrap();
        assert!(get.iter().all(|call| call.method == "GET"));
    });
}

#[test]
fn repeats_of_one_id_are_fetched_once_and_once_more_later() {
    run(async {
        let service = open_at(NOON).await;
        service.sandbox.teach("mollie", &mollie_payment("tr_1", "open")).unwrap();
        for _ in 0..20 {
            classic(&service, "tr_1").await;
        }
        service.work().await.unwrap();
        assert_eq!(fetched(&service), 1, "twenty calls within a moment are one question");
        // What happened in between is not missed: it is asked once more when the object has rested.
        service.sandbox.teach("mollie", &mollie_payment("tr_1", "paid")).unwrap();
        service.advance(service.clock.now() + SignedDuration::from_mins(1)).await.unwrap();
        assert_eq!(fetched(&service), 2);
        assert_eq!(get(&service, "/api/accounts/mollie:cst_1").await["lifetime"]["revenue"]["amount"], "10.00");
        // A flood of invented ids cannot make us flood the provider.
        let most = service.context.policies.limits.current().probes_per_minute_max;
        for number in 0..most + 30 {
            classic(&service, &format!("tr_flood{number}")).await;
        }
        service.work().await.unwrap();
        assert_eq!(fetched(&service), 2 + most as usize);
        service.advance(service.clock.now() + SignedDuration::from_mins(2)).await.unwrap();
        assert_eq!(fetched(&service), 2 + most as usize + 30, "and those that waited are asked about later");
    });
}

#[test]
fn a_provider_that_does_not_answer_is_asked_again() {
    run(async {
        let mut service = open_at(NOON).await;
        service.sandbox.teach("mollie", &mollie_payment("tr_1", "paid")).unwrap();
        let silence = faults::silence(&mut service);
        classic(&service, "tr_1").await;
        service.work().await.unwrap();
        assert_eq!(accounts(&service).await.len(), 0);
        silence.end();
        service.advance(service.clock.now() + SignedDuration::from_mins(10)).await.unwrap();
        assert_eq!(accounts(&service).await.len(), 1, "what was acknowledged is not lost");
    });
}

#[test]
fn since_basil_the_reason_is_asked_for_and_the_case_goes_without_it() {
    run(async {
        let body = fixture("stripe", "invoice.payment_failed.basil.json");
        let reason = |sidebar: &Value| sidebar["items"][0]["preview"]["missing"].to_string().contains("decline code");
        // The provider does not know: the case is there and says what it lacks.
        let mut service = open_at(NOON).await;
        let silence = faults::silence(&mut service);
        deliver_to(&service, "stripe", &body).await;
        service.work().await.unwrap();
        let cases = get(&service, "/api/cases?state=open").await;
        assert!(reason(&cases), "{cases}");
        silence.end();
        // It does know: one call, and the case names the reason.
        let service = open_at(NOON).await;
        tries_given_back(&service, "stripe").await;
        let invoice = serde_json::from_slice::<Value>(&body).unwrap()["data"]["object"].take();
        let intent = json!({"id": "pi_100", "object": "payment_intent", "customer": invoice["customer"], "amount": invoice["amount_due"], "currency": "usd",
            "status": "requires_payment_method", "last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"}});
        service.sandbox.teach("stripe", &intent).unwrap();
        deliver_to(&service, "stripe", &body).await;
        service.work().await.unwrap();
        let cases = get(&service, "/api/cases?state=open").await;
        assert!(!reason(&cases) && cases["items"][0]["rule"] == "no-funds", "{cases}");
        assert_eq!(service.sandbox.calls("stripe").unwrap().len(), 1);
        // Another event told it before: nothing is asked.
        let service = open_at(NOON).await;
        let (now, total) = (at("2026-03-01T10:00:00Z"), invoice["amount_due"].as_i64().unwrap());
        let failed = stripe::charge("cus_100", "ch_1", None, total, "usd", Some("expired_card"), now);
        deliver_to(&service, "stripe", stripe::event("evt_f", "charge.failed", now, &failed).to_string().as_bytes())
            .await;
        deliver_to(&service, "stripe", &body).await;
        service.work().await.unwrap();
        let cases = get(&service, "/api/cases?state=open").await;
        assert_eq!(cases["items"][0]["rule"], "card-expired", "{cases}");
        // One try that two events told counts once.
        let sidebar = get(&service, "/api/accounts/stripe:cus_100").await;
        assert_eq!(sidebar["status"]["failed_tries"], 1, "{sidebar}");
        assert_eq!(service.sandbox.calls("stripe").unwrap().len(), 0, "amount and time say that it is the same try");
    });
}

async fn wish(service: &Service, staff: &str, source: &str, wish: Value) -> (StatusCode, Value) {
    ask(service, staff, Method::POST, &format!("/api/sources/{source}"), Some(&wish), None).await
}

#[test]
fn a_source_takes_its_mode_and_raising_it_needs_two_people() {
    run(async {
        let service = open_at(NOON).await;
        let sources = get(&service, "/api/sources").await;
        let of = |name: &str| {
            sources["items"].as_array().unwrap().iter().find(|source| source["provider"] == name).unwrap().clone()
        };
        assert_eq!((of("stripe")["mode"].as_str(), of("zendesk")["acting"].as_str()), (Some("both"), Some("act")));
        assert_eq!(wish(&service, "lena", "stripe/default", json!({"mode": "live"})).await.0, StatusCode::FORBIDDEN);
        assert_eq!(wish(&service, "mara", "stripe/default", json!({"moed": "live"})).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(wish(&service, "mara", "nobody/default", json!({"mode": "live"})).await.0, StatusCode::NOT_FOUND);
        assert_eq!(wish(&service, "mara", "stripe/default", json!({"mode": "live"})).await.0, StatusCode::OK);
        // A delivery of test mode is authentic and of no use.
        let (status, answer) = deliver_to(&service, "stripe", &fixture("stripe", "charge.succeeded.json")).await;
        assert_eq!((status, answer), (StatusCode::OK, json!({"accepted": 0, "duplicates": 0, "ignored": 1})));
        // Less may leave at once; more needs a second person.
        assert_eq!(wish(&service, "mara", "chargebee/default", json!({"acting": "observe"})).await.0, StatusCode::OK);
        deliver_to(&service, "chargebee", &fixture("chargebee", "payment_failed.json")).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 20)).await.unwrap();
        assert_eq!(service.outbox.letters().unwrap().len(), 0, "nothing leaves from a source that observes");
        assert_eq!(
            get(&service, "/api/cases?state=open").await["items"].as_array().unwrap().len(),
            1,
            "but it is understood"
        );
        let request = json!({"account": "chargebee:cb_1", "kind": "refund", "params": {"payment": "txn_2"}, "reason_code": "other", "note": ""});
        let (status, answer) = ask(&service, "mara", Method::POST, "/api/actions", Some(&request), Some("k1")).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (StatusCode::CONFLICT, Some("source_observes")));
        assert_eq!(wish(&service, "mara", "chargebee/default", json!({"acting": "act"})).await.0, StatusCode::ACCEPTED);
        let (status, answer) = wish(&service, "mara", "chargebee/default", json!({"acting": "act"})).await;
        assert_eq!((status, answer["error"]["code"].as_str()), (StatusCode::FORBIDDEN, Some("own_request")));
        let (status, source) = wish(&service, "marc", "chargebee/default", json!({"acting": "act"})).await;
        assert_eq!((status, source["acting"].as_str()), (StatusCode::OK, Some("act")));
        assert_eq!(source["changes"][1]["confirmed_by"], "marc");
    });
}

#[test]
fn what_an_old_word_would_refuse_is_asked_for_before_it_is_lost() {
    run(async {
        let service = open_at(NOON).await;
        assert_eq!(wish(&service, "mara", "stripe/default", json!({"mode": "live"})).await.0, StatusCode::OK);
        let test = fixture("stripe", "charge.succeeded.json");
        assert_eq!(deliver_to(&service, "stripe", &test).await.1["ignored"], 1, "and how it is set up is kept");
        // Another process takes test deliveries as well; this one has not heard of it.
        let key = keys::source("stripe", "default");
        let batch = store::Batch::read(&service.context, vec![key.clone()]).await.unwrap();
        let mut setup: Source = batch.get(&key).unwrap().unwrap();
        setup.mode = Mode::Both;
        let mut commit = store::Commit::default();
        commit.over(&batch, &setup);
        commit.run(&service.context).await.unwrap();
        assert_eq!(deliver_to(&service, "stripe", &test).await.1["accepted"], 1);
    });
}

#[test]
fn on_a_warm_path_a_delivery_asks_no_table_anything() {
    run(async {
        let mut service = open_at(NOON).await;
        let counts = Counted::over(&mut service);
        for (name, is_warm) in [("charge.succeeded.json", false), ("charge.refunded.json", true)] {
            let (status, answer) = deliver_to(&service, "stripe", &fixture("stripe", name)).await;
            assert_eq!((status, &answer["accepted"]), (StatusCode::OK, &json!(1)), "{name}: {answer}");
            let costs = counts.take();
            let asked = (costs.batches, costs.keys, costs.queries, costs.looks, costs.claims, costs.commits);
            assert!(!is_warm || asked == (0, 0, 0, 0, 0, 0), "{name}: {asked:?}");
            assert!(is_warm || asked == (1, 1, 0, 0, 0, 0), "{name}: how the source is set up, {asked:?}");
        }
        // It is believed for a minute, and not for longer.
        service.clock.advance(service.clock.now() + SignedDuration::from_mins(2)).unwrap();
        deliver_to(&service, "stripe", &fixture("stripe", "refund.created.json")).await;
        assert_eq!(counts.take().batches, 1);
    });
}

#[test]
fn a_dispute_of_a_payment_that_nobody_knows_is_seen_after_a_while() {
    run(async {
        let service = open_at(NOON).await;
        deliver_to(&service, "stripe", &fixture("stripe", "charge.dispute.created.json")).await;
        service.advance(service.clock.now() + SignedDuration::from_hours(71)).await.unwrap();
        assert_eq!(accounts(&service).await.len(), 0, "its charge may still come");
        service.advance(service.clock.now() + SignedDuration::from_hours(2)).await.unwrap();
        let sidebar = get(&service, "/api/accounts/stripe:guest:ch_200").await;
        assert_eq!(sidebar["status"]["disputes"][0]["id"], "dp_1", "{sidebar}");
        // The charge comes after all, with its customer: what follows is theirs.
        deliver_to(&service, "stripe", &fixture("stripe", "charge.succeeded.basil.json")).await;
        deliver_to(&service, "stripe", &fixture("stripe", "radar.early_fraud_warning.created.json")).await;
        service.work().await.unwrap();
        assert_eq!(get(&service, "/api/accounts/stripe:cus_200").await["status"]["disputes"][0]["id"], "issfr_1");
    });
}

#[test]
fn a_ticket_is_masked_and_finds_its_customer() {
    run(async {
        let service = open_at(NOON).await;
        deliver_to(&service, "chargebee", &fixture("chargebee", "customer_changed.json")).await;
        service.work().await.unwrap();
        for (provider, name) in [
            ("ticket", "created"),
            ("ticket", "commented"),
            ("ticket", "closed"),
            ("zendesk", "email"),
            ("zendesk", "comment"),
        ] {
            deliver_to(&service, provider, &fixture(provider, &format!("{name}.json"))).await;
        }
        service.work().await.unwrap();
        let tickets = get(&service, "/api/tickets").await;
        let ticket = tickets["items"].as_array().unwrap().iter().find(|ticket| ticket["id"] == "42").unwrap();
        assert_eq!(ticket["status"], "closed");
        assert_eq!(ticket["accounts"], json!([AccountId::of("chargebee", "default", "cb_1")]));
        assert!(ticket["body"].as_str().unwrap().contains("[masked]"), "{ticket}");
        let everything = tickets.to_string() + &get_text(&service, "/local/deliveries").await;
        assert!(!everything.contains("4242 4242") && !everything.contains("3704 0044"), "{everything}");
    });
}

async fn get_text(service: &Service, path: &str) -> String {
    let answer = dispatch(service, &Request::get(path).body(Bytes::new()).unwrap()).await;
    String::from_utf8_lossy(answer.body()).into_owned()
}

#[test]
fn an_account_is_found_by_what_people_know_of_it() {
    run(async {
        let service = open_at(NOON).await;
        for name in ["payment_failed.json", "customer_changed.json"] {
            deliver_to(&service, "chargebee", &fixture("chargebee", name)).await;
        }
        service.work().await.unwrap();
        for (question, found) in [
            ("ada@shop.example", 1),
            ("ADA@Shop.Example", 1),
            ("Ada Lovelace", 1),
            ("lovelace", 1),
            ("6", 1),
            ("4242", 1),
            ("4243", 0),
            ("nobody", 0),
            ("", 0),
        ] {
            let (status, answer) =
                ask(&service, "lena", Method::POST, "/api/accounts/search", Some(&json!({"q": question})), None).await;
            assert_eq!((status, answer["items"].as_array().unwrap().len()), (StatusCode::OK, found), "{question}");
        }
        assert_eq!(
            ask(&service, "lena", Method::POST, "/api/accounts/search", Some(&json!({})), None).await.0,
            StatusCode::BAD_REQUEST
        );
        let entitlement = get(&service, "/api/entitlements/chargebee:cb_1").await;
        assert_eq!(entitlement["state"], "grace");
    });
}

#[test]
fn an_account_is_found_by_money_that_went_back() {
    run(async {
        let service = open_at(NOON).await;
        for name in ["payment_refunded.json", "credit_note_created.json"] {
            deliver_to(&service, "chargebee", &fixture("chargebee", name)).await;
        }
        // A refund of Stripe's names its charge, and that its customer.
        for name in ["charge.refunded.json", "refund.created.json"] {
            deliver_to(&service, "stripe", &fixture("stripe", name)).await;
            service.work().await.unwrap();
        }
        for (question, found) in
            [("txn_3", 1), (" test-cn-1 ", 1), ("TEST-CN-2", 0), ("RE_100", 1), ("re_101", 0), ("re 100", 0)]
        {
            let asked = json!({"q": question});
            let (status, answer) =
                ask(&service, "lena", Method::POST, "/api/accounts/search", Some(&asked), None).await;
            assert_eq!((status, answer["items"].as_array().unwrap().len()), (StatusCode::OK, found), "{question}");
        }
    });
}

#[test]
fn raw_bodies_are_kept_as_long_as_the_policy_says() {
    run(async {
        let service = open_at(NOON).await;
        tries_given_back(&service, "chargebee").await;
        let body = fixture("chargebee", "payment_failed.json");
        deliver_to(&service, "chargebee", &body).await;
        deliver_to(&service, "chargebee", &body).await;
        service.work().await.unwrap();
        let kept: Value = serde_json::from_str(&get_text(&service, "/local/deliveries").await).unwrap();
        assert_eq!(kept["items"].as_array().unwrap().len(), 1, "the same body is kept once");
        assert_eq!(kept["items"][0]["body"].as_str().unwrap().as_bytes(), body);
        let receipt: store::Receipt =
            store::read(&service.context, &keys::receipt("chargebee", "default", "ev_payment_failed"))
                .await
                .unwrap()
                .unwrap();
        assert!(receipt.body.is_some_and(|name| name.starts_with("bodies/chargebee/default/")));
        service.advance(service.clock.now() + SignedDuration::from_hours(24 * 91)).await.unwrap();
        let kept: Value = serde_json::from_str(&get_text(&service, "/local/deliveries").await).unwrap();
        assert_eq!(kept["items"], json!([]));
    });
}

/// The head is what a sidebar reads: it does not grow with an account's history.
#[test]
fn a_long_history_reads_like_a_short_one() {
    run(async {
        let service = open_at(NOON).await;
        let mut size = 0;
        for number in 0..400 {
            let when = at("2026-01-01T00:00:00Z") + SignedDuration::from_hours(4 * number);
            let charge = stripe::charge(
                "cus_1",
                &format!("ch_{number}"),
                Some(&format!("in_{number}")),
                500 + number,
                "usd",
                None,
                when,
            );
            let invoice = stripe::invoice("cus_1", &format!("in_{number}"), "paid", 500 + number, 0, "usd", 1, when);
            for (kind, object) in [("charge.succeeded", charge), ("invoice.paid", invoice)] {
                let event = stripe::event(&format!("evt_{kind}_{number}"), kind, when, &object);
                deliver_to(&service, "stripe", event.to_string().as_bytes()).await;
            }
            service.work().await.unwrap();
            let account = AccountId::of("stripe", "default", "cus_1");
            let head: Head = store::read(&service.context, &keys::head(&account)).await.unwrap().unwrap();
            let now = serde_json::to_string(&head).unwrap().len();
            assert!(number <= 20 || now < size + 500, "the head grows: {size} bytes after 20, {now} after {number}");
            if number == 20 {
                size = now;
            }
        }
    });
}
