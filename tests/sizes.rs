//! How large may an item become? The largest of each kind is built at the limits: of none is more than 100 KB read and
//! written at a time.

mod grown;

use app::message::{Body, Message};
use app::store::{
    Alone, Asking, Backfill, CardLink, Correction, Counted, DocumentLink, External, FoundBy, Hearing, Idempotency,
    Link, MessagesLink, Noted, Of, OnBoard, PayLink, Pressed, Probe, Probes, Receipt, Stored, TicketOf, Timeline,
    Waiting, Wrote,
};
use app::web::NOTE_CHARS_MAX;
use domain::ageing::Climb;
use domain::book::entitlement::Entitlement;
use domain::book::{
    AccessLine, CaseLine, Head, Invoice, KeptCard, Left, LetterLine, OfAll, Payment, Person, PlanLine, SaidOfAll,
    Subscription, Touched, UnderWay, Writer,
};
use domain::case::{Case, Class};
use domain::cash::{Received, Request, Step};
use domain::classify::decision::{self, Decision};
use domain::classify::desk::Desk;
use domain::classify::{self, Scene};
use domain::document::{FiledOf, Series};
use domain::dunning::{Plan, Together};
use domain::event::{Event, Seen};
use domain::group::{self, Group};
use domain::id::{AccountId, ActionId, CaseId, ReceivedId, RequestId};
use domain::import::Imports;
use domain::incident::{Incident, Pulse, Releases, Watch};
use domain::ledger::{Entry, LedgerHead};
use domain::notice::Notice;
use domain::outgoing::Reach;
use domain::policies::Policies;
use domain::policy::stored_bytes;
use domain::source::{Cohorts, Locked, TurnedAway};
use domain::staff::{Change as StaffChange, Proposal, Staff};
use domain::task::Task;
use domain::telling::{Bulletin, State};
use domain::ticket::{Dispatch, Greeted, Knocks, Outcome, Requested, TakenFor, Ticket};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, from_value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A kind of item, and the bytes of the largest.
type Row = (&'static str, usize);

/// The longest time that there is in JSON.
const AT: &str = "2026-01-31T12:00:00.123456789Z";

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());

#[test]
fn no_item_grows_beyond_what_can_be_read_at_once() {
    let rows: Vec<Row> = [book(), judged(), acting(), recovering(), asking(), company(), machinery()].concat();
    let limits = POLICIES.limits.current();
    println!("| kind | largest, bytes |\n|---|---|");
    for (kind, bytes) in &rows {
        println!("| `{kind}` | {bytes} |");
    }
    for (kind, bytes) in &rows {
        assert!(*bytes <= limits.item_bytes_max, "{kind}: {bytes} bytes are more than {}", limits.item_bytes_max);
    }
    let measured: BTreeSet<_> = rows.iter().map(|(kind, _)| (*kind).to_owned()).collect();
    assert_eq!(measured, kinds(), "each kind that is stored has its row here");
    let document = include_str!("../docs/operations.md");
    let lines = |kind: &str| document.lines().filter(|line| line.starts_with(&format!("| `{kind}` |"))).count();
    let told: Vec<_> = measured.iter().map(|kind| (kind, lines(kind))).filter(|(_, lines)| *lines != 1).collect();
    assert!(told.is_empty(), "docs/operations.md has one line for each kind, and not so many: {told:?}");
}

/// Every kind of item, as the store names them.
fn kinds() -> BTreeSet<String> {
    let shapes = include_str!("../shared/app/src/store/shapes.rs");
    let named = shapes.lines().filter_map(|line| line.strip_prefix("stored!(")?.split_once(','));
    named.map(|(kind, _)| kind.to_owned()).chain(["Imported<T>", "Board<T>"].map(str::to_owned)).collect()
}

fn of<T: Stored>(kind: &'static str, value: &T) -> Row {
    (kind, stored_bytes(value))
}

fn built<T: Stored>(kind: &'static str, value: Value) -> Row {
    let value: T = from_value(value).unwrap_or_else(|error| panic!("{kind}: {error}"));
    of(kind, &value)
}

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn id(number: usize) -> String {
    format!("{number:0>255}")
}

fn text(chars: usize) -> String {
    "x".repeat(chars)
}

/// What people write in any script.
fn note() -> String {
    "👩".repeat(NOTE_CHARS_MAX)
}

fn account() -> AccountId {
    AccountId::of("chargebee", "default", "cus_1")
}

fn action(number: usize) -> ActionId {
    ActionId::of(&account(), "mara", &number.to_string())
}

fn case(number: usize) -> CaseId {
    CaseId::of(&account(), "payment_failed", &number.to_string())
}

fn usd() -> Value {
    json!({"amount": "999999999999.99", "currency": "USD"})
}

fn many(count: usize, of: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..count).map(of).collect()
}

fn event(number: usize, kind: &str, seen: Vec<Value>) -> Event {
    let event = json!({"id": id(number), "provider": "chargebee", "source": id(0), "origin": "webhook", "kind": kind,
        "at": AT,
        "customer": id(0), "seen": seen});
    let event: Event = from_value(event).unwrap();
    assert!(event.is_named());
    event.cut(POLICIES.limits.current().room())
}

fn decline() -> Value {
    json!({"provider": "chargebee", "code": text(400), "gateway": text(400), "advice": text(400),
        "network_advice": text(400),
        "network_code": text(400), "network": text(400), "issuer": text(400), "text": text(400)})
}

fn card() -> Value {
    json!({"brand": text(400), "last4": text(400), "exp_month": 12, "exp_year": 2030})
}

fn line(number: usize) -> Value {
    json!({"id": id(number), "price": id(number), "text": text(2_000), "role": "plan", "unit": usd(),
        "quantity": "12345678.12",
        "amount": usd(), "tax": usd(), "discount": usd(), "proration": true, "from": AT, "to": AT,
        "subscription": id(0)})
}

fn invoice(number: usize, lines: usize) -> Value {
    json!({"resource": "invoice", "id": id(number), "number": text(400), "status": "open", "total": usd(), "tax": usd(),
        "remaining": usd(), "credited": usd(), "subscription": id(0), "by_period": true, "lines": many(lines, line),
        "created_at": AT, "due_on": "2026-01-31", "attempts": 8, "next_try": {"at": AT}, "pay_link": text(2_000),
        "failed_at": AT, "decline": decline()})
}

fn payment(number: usize) -> Value {
    json!({"resource": "payment", "id": id(number), "invoice": id(number), "subscription": id(0), "intent": id(number),
        "status": "succeeded", "amount": usd(), "captured": usd(), "refunded": usd(), "at": AT, "method": text(400),
        "card": card(), "issuer": text(400), "decline": decline(), "reference": text(140)})
}

fn subscription(number: usize, items: usize) -> Value {
    let item = |place: usize| {
        json!({"id": id(place), "price": id(place), "name": text(2_000),
            "role": if place == 0 { "plan" } else { "addon" },
            "unit": usd(), "quantity": 4_000_000, "interval": {"unit": "month", "count": 1}})
    };
    let status = if number.is_multiple_of(2) { "active" } else { "ended" };
    json!({"resource": "subscription", "id": id(number), "status": status, "items": many(items, item), "started_at": AT,
        "period_start": AT, "renews_at": AT, "trial_ends_at": AT, "ends_at": {"is": AT}, "contract_ends_at": AT,
        "grace_until": {"is": AT}, "resumes_at": {"is": AT}, "upcoming": usd(), "paid_at": AT,
        "discount": {"is": {"code": text(400), "percent": "12.5", "amount": usd()}}, "card": {"is": id(0)}})
}

/// An account with a long history, each of whose resources is as long as it may be.
static HISTORY: LazyLock<(Head, Touched)> = LazyLock::new(history);

fn history() -> (Head, Touched) {
    let (mut head, mut touched) = (Head::new("chargebee", &id(0), &id(0)), Touched::default());
    let mut tell = |number: usize, kind: &str, seen: Value| {
        touched.fold(&mut head, &event(number, kind, vec![seen]), SignedDuration::from_mins(10));
    };
    for number in 0..40 {
        tell(number, "subscription_changed", subscription(number, 40));
    }
    for number in 0..200 {
        let paid = Timestamp::from_second(1_700_000_000 + i64::try_from(number).unwrap()).unwrap();
        tell(
            number,
            "subscription_changed",
            json!({"resource": "subscription", "id": id(0), "paid_at": paid.to_string()}),
        );
    }
    for number in 0..70 {
        tell(number, "payment_failed", payment(number));
    }
    for number in 0..20 {
        tell(number, "invoice_changed", invoice(number, if number == 0 { 28 } else { 0 }));
        tell(number, "card_added", json!({"resource": "card", "id": id(number), "card": card(), "state": "kept"}));
        let note = json!({"resource": "credit_note", "id": id(number), "invoice": id(0), "total": usd(),
            "status": "issued",
            "reason": text(2_000), "created_at": AT});
        tell(number, "credit_note_changed", note);
        let dispute = json!({"resource": "dispute", "id": id(number), "payment": id(0), "amount": usd(),
            "status": "open",
            "formal": true, "reason": text(2_000), "opened_at": AT, "evidence_due_at": AT});
        tell(number, "payment_disputed", dispute);
    }
    // Each of a payment of its own, as each payment keeps few.
    for number in 20..60 {
        let dispute = json!({"resource": "dispute", "id": id(number), "payment": id(number), "amount": usd(),
            "status": "open", "formal": number % 2 == 0, "opened_at": AT, "evidence_due_at": AT});
        tell(number, "payment_disputed", dispute);
    }
    for number in 100..160 {
        let mut tried = payment(number);
        tried["invoice"] = json!(id(0));
        tell(number, "payment_failed", tried);
    }
    for number in 0..40 {
        let refund = json!({"resource": "refund", "id": id(number), "payment": id(0), "amount": usd(),
            "status": "succeeded",
            "created_at": AT, "action": id(number)});
        tell(number, "refund_changed", refund);
    }
    let person = json!({"resource": "customer", "name": text(2_000), "email": text(320), "phone": text(2_000),
        "address": text(2_000), "locale": "x".repeat(35), "country": "DE", "created_at": AT});
    tell(0, "customer_changed", person);
    assert!(head.book.more_disputes() > 30, "more disputes are open than are shown");
    assert!(touched.invoices[&id(0)].lines.value().is_some_and(|lines| lines.len() == 28), "the lines fit");
    assert!(touched.invoices[&id(0)].tries.has_more(), "it was tried more often than is told apart");
    assert!(touched.subscriptions[&id(0)].items.value().is_some_and(|items| !items.is_empty()), "the items fit");
    (head, touched)
}

/// What stands open at one time on one account, each as much of it as its head names.
fn with_what_is_open(mut head: Head) -> Head {
    for number in 0..1_000 {
        let line = CaseLine { class: "duplicate_subscription".to_owned(), opened_at: at(), by_ticket: true };
        head.names(&case(number), line, false);
    }
    head.names_at_most(POLICIES.limits.current().cases_shown_max);
    for number in 0..1_000 {
        let line = PlanLine {
            segment: "high_value".to_owned(),
            step: 8,
            next: Some("ask_a_person".to_owned()),
            next_at: Some(at()),
            policy_version: 1,
            access: Some(AccessLine {
                state: Entitlement::Restricted,
                since: at(),
                next: Some(Entitlement::Suspended),
                next_at: Some(at()),
            }),
        };
        head.dunning.insert(id(number), line);
    }
    let line = AccessLine {
        state: Entitlement::Restricted,
        since: at(),
        next: Some(Entitlement::Suspended),
        next_at: Some(at()),
    };
    (0..4).for_each(|number| head.shows_overdue(&id(number), Some(line)));
    head.names_recoveries_at_most(POLICIES.limits.current().recoveries_shown_max);
    // As much as people let be done, and as many tries as do not wait for it.
    let limits = POLICIES.limits.current();
    for number in 0.. {
        let has_room = stored_bytes(&head.under_way) <= limits.under_way_bytes_max;
        if head.under_way.len() >= limits.under_way_max && !has_room {
            break;
        }
        head.under_way.insert(action(number), UnderWay { target: Some(id(number)), since: at() });
    }
    for number in 0..1_000 {
        head.left.insert(id(number), vec![Left { action: Some(action(number)), at: at() }]);
        head.names_left_within(limits.left_bytes_max);
    }
    assert!(head.left.len() < 20 && head.more_left > 900, "who left longest is counted");
    for number in 0..3 {
        let (by, note, word) = (id(0), "👩".repeat(100), OfAll::Pause { until: at() });
        head.says_of_all(SaidOfAll { number: 9_990 + number, at: at(), begun_by: at(), by, word, note });
    }
    head.requests =
        (0..POLICIES.cash.current().request.most).map(|number| RequestId::of(&account(), &id(number))).collect();
    head.loose = (0..6).map(id).collect();
    head.came = (0..6).map(|number| ReceivedId::of(&account(), &id(number))).collect();
    let listed = POLICIES.dunning.current().together.as_ref().map_or(0, Together::listed_max);
    let letter = LetterLine {
        at: at(),
        invoice: id(0),
        step: 8,
        text: "final_notice".to_owned(),
        also: (0..listed).map(id).collect(),
        doubt_at: Some(at()),
        in_doubt: true,
        writer: Writer::Ladder,
    };
    let request = RequestId::of(&account(), &id(0)).to_string();
    head.answered = Some(LetterLine { invoice: request, also: Vec::new(), writer: Writer::Answer, ..letter.clone() });
    head.texted = Some(LetterLine { also: Vec::new(), ..letter.clone() });
    head.written = Some(letter);
    head
}

fn largest<T: Clone>(kind: &'static str, all: impl Iterator<Item = T>) -> Row
where
    Of<T>: Stored,
{
    let bytes = all.map(|value| stored_bytes(&Of { account: account(), value })).max();
    (kind, bytes.unwrap_or_default())
}

fn book() -> Vec<Row> {
    let (head, touched) = HISTORY.clone();
    let limits = POLICIES.limits.current();
    let seen = many(100, payment);
    let told =
        Timeline { account: account(), event: event(0, "payment_failed", seen).within(limits.room()), trace: id(0) };
    vec![
        largest::<Person>("Of<Person>", touched.person.into_iter()),
        largest::<Invoice>("Of<Invoice>", touched.invoices.into_values()),
        largest::<Payment>("Of<Payment>", touched.payments.into_values()),
        largest::<KeptCard>("Of<KeptCard>", touched.cards.into_values()),
        largest::<Subscription>("Of<Subscription>", touched.subscriptions.into_values()),
        of("Head", &with_what_is_open(head)),
        of("Timeline", &told),
        of("Ticket", &ticket()),
    ]
}

/// A ticket that is written in letters of four bytes, and is of many accounts.
fn ticket() -> Ticket {
    let mut ticket = Ticket::new("zendesk", &id(0), &id(0));
    for number in 0..2 {
        let seen = json!({"resource": "ticket", "id": id(0), "subject": "👩".repeat(2_000), "body": "👩".repeat(40_000),
            "status": "open", "csat": 5, "requester_name": "👩".repeat(2_000), "requester_email": text(320)});
        let event = event(number, "ticket_changed", vec![seen]);
        let Seen::Ticket(seen) = &event.seen[0] else { panic!("a ticket was told") };
        ticket.fold(seen, &event);
    }
    let note = "👩".repeat(150);
    for number in 0..100 {
        ticket.handling.say(at(), &id(number), "because", &note);
        let text = "👩".repeat(1_000);
        let answered = ticket.handling.answer((&id(0), &format!("{number} {text}"), false), Outcome::Free, at());
        let answered = answered.map(|answer| answer.number).unwrap();
        ticket.handling.answer_came(answered, State::Sent, at());
    }
    let word = |_| text(60);
    let taken = TakenFor::by_hand(Class::DuplicateSubscription, &id(0), at());
    ticket.handling.taken_for = Some(TakenFor { reasons: (0..10).map(word).collect(), ..taken });
    ticket.accounts = (0..90).map(|number| AccountId::of("chargebee", "default", &id(number))).collect();
    ticket
}

fn judged() -> Vec<Row> {
    let evidence = |number: usize| json!({"label": text(555), "value": text(2_000), "source": id(number)});
    let handled = |_| json!({"by": id(0), "at": AT, "what": text(100), "note": note()});
    let mut long: Case = from_value(json!({"id": case(0), "account": account(), "class": "duplicate_subscription",
        "about": id(0),
        "confidence": "0.85", "state": "resolved", "rule": text(60), "policy_version": 1, "cause": text(60),
        "evidence": many(500, evidence), "missing": many(500, |_| json!(text(700))), "advice": text(2_000),
        "why": text(1_000),
        "recommended": {"kind": {"kind": "refund", "params": {"payment": id(0), "amount": usd()}}, "reason": "other",
        "note": text(900)},
        "draft_reply": {"text": text(60), "amount": text(40), "invoice": id(0), "payment": id(0),
        "reason": text(300)},
        "actions": many(40, |number| json!(action(number))), "decisions": many(500, |number| json!(case(number))),
        "events": many(500, |number| json!(id(number))), "handled": many(20, handled),
        "tickets": many(500, |number| json!(format!("zendesk/default/{}", id(number)))), "opened_at": AT,
        "resolved_at": AT,
        "resolution": text(60)}))
    .unwrap();
    long.shorten();
    (0..100).for_each(|time| long.at_work.act(&id(0), at() + SignedDuration::from_mins(11 * time)));
    let row = json!({"at": AT, "month": "2026-01", "commit": id(0), "number": 99, "account": account(),
        "before": {"fact": "unknown_code", "item": id(0), "at": AT, "provider": id(0), "code": id(0)},
        "after": {"fact": "unknown_code", "item": id(0), "at": AT, "provider": id(0), "code": id(0)}});
    let ticket = json!({"fact": "ticket", "ticket": format!("zendesk/default/{}", id(0)), "at": AT,
        "class": "payment_method_update", "first_answer_minutes": 999_999, "resolved_minutes": 999_999,
        "handled_secs": 9_999_999, "by_hand": false, "reopened": 9_999, "escalated": false, "csat": 255});
    let counted = json!({"at": AT, "month": "2026-01", "commit": format!("tickets:zendesk/default/{}:999999", id(0)), "number": 0,
        "account": account(), "before": ticket, "after": ticket});
    vec![
        of("Case", &long),
        ("Decision", decisions().iter().map(stored_bytes).max().unwrap_or_default()),
        [row, counted].map(|row| built::<Noted>("Noted", row)).into_iter().max_by_key(|(_, bytes)| *bytes).unwrap(),
        built::<Counted>("Counted", json!({"attempt": text(20)})),
        built::<Asking>("Asking", json!({"case": case(0), "again_at": AT})),
        built::<Hearing>("Hearing", json!({"action": action(0), "again_at": AT})),
        built::<Dispatch>(
            "Dispatch",
            json!({"provider": "lemonsqueezy", "source": id(0), "id": id(0), "number": 9999, "solves": true, "tries": 24,
                "left_at": AT, "doubted": true, "looks": 24, "again_at": AT, "trace": text(60)}),
        ),
        built::<Greeted>(
            "Greeted",
            json!({"digest": text(26), "given": many(20, |_| json!({"at": AT, "words": text(26)}))}),
        ),
    ]
}

/// What is kept of a long account's decisions.
fn decisions() -> Vec<Decision> {
    let (head, mut touched) = HISTORY.clone();
    touched.invoices.retain(|number, _| *number < id(6));
    touched.payments.retain(|number, _| *number < id(6));
    touched.subscriptions.retain(|number, _| *number < id(3));
    let told = event(500, "payment_failed", many(6, |number| invoice(number, 28)));
    let mut desk = Desk::of(with_what_is_open(head), touched);
    desk.touched.fold(&mut desk.head, &told, SignedDuration::from_mins(10));
    let before = desk.clone();
    let (policy, declines) = (POLICIES.classify.current(), POLICIES.declines.current());
    let scene = Scene { event: &told, policy, declines, now: at() };
    classify::decide(scene, &classify::concerns(&desk, policy), &mut desk);
    let made = decision::record(scene, &before, &mut desk, POLICIES.limits.current().item_bytes_max);
    assert!(!made.is_empty(), "something was decided");
    made
}

/// A message to somebody who refuses it.
fn telling(number: usize) -> Value {
    json!({"channel": "mail", "to": id(number), "tries": 24, "state": "refused", "reason": text(200), "again_at": AT})
}

fn acting() -> Vec<Row> {
    let task = json!({"id": domain::id::TaskId::of(&account(), "mara", "key"), "account": account(),
        "about": {"kind": "rest_due", "action": action(0), "invoice": id(0)}, "what": text(600),
        "steps": text(4_000), "opened_at": AT,
        "due_at": AT, "state": "done", "assigned_to": id(0), "snoozed_until": AT, "ended_at": AT, "ended_by": id(0),
        "reference": id(0), "note": note()});
    let entry = json!({"account": account(), "number": 1_000_000, "at": AT, "step": "requested", "action": action(0),
        "by": id(0),
        "body": BTreeMap::from_iter((0..20).map(|number| (format!("{number:0>20}"), text(600)))), "before": text(64),
        "hash": text(64)});
    vec![
        of("Action", &grown::action()),
        built::<Task>("Task", task),
        built::<Entry>("Entry", entry),
        built::<LedgerHead>("LedgerHead", json!({"account": account(), "length": 1_000_000, "hash": text(64)})),
        built::<Idempotency>(
            "Idempotency",
            json!({"staff": id(0), "key": id(0), "request": text(64), "action": action(0)}),
        ),
        built::<Alone>("Alone", json!({"staff": id(0), "day": "2026-01-31", "total": "999999999999.99"})),
        built::<Link>(
            "Link",
            json!({"hash": text(64), "action": action(0), "digest": text(26), "staff": id(0), "expires_at": AT,
                "used_at": AT,
                "code": {"hash": text(64), "until": AT, "tries": 5, "sent": 5}}),
        ),
        built::<PayLink>("PayLink", json!({"hash": text(64), "account": account(), "invoice": id(0)})),
        built::<DocumentLink>(
            "DocumentLink",
            json!({"hash": text(64), "account": account(), "invoice": id(0), "document": "for_taxes",
                "expires_on": "2026-05-01"}),
        ),
        built::<CardLink>("CardLink", json!({"hash": text(64), "account": account(), "expires_on": "2026-05-01"})),
        built::<MessagesLink>("MessagesLink", json!({"hash": text(64), "account": account()})),
        built::<Pressed>(
            "Pressed",
            json!({"account": account(), "paying": {"since": AT, "until": AT, "secs": 99_999}}),
        ),
    ]
}

/// What is asked for because of a ticket, with as many invoices and payments as it holds.
fn asking() -> Vec<Row> {
    let request = RequestId::of(&account(), &id(0));
    let line = |number: usize| {
        json!({"invoice": id(number), "number": id(number), "amount": usd(), "settled": usd(), "dropped": text(60),
            "link": text(200)})
    };
    let matched = |number: usize| {
        json!({"account": account(), "payment": id(number), "amount": usd(), "line": id(number), "way": "by_hand",
            "confidence": "0.95", "by": id(0), "at": AT})
    };
    let left_out = |number: usize| json!({"invoice": id(number), "why": "in_review"});
    let done: Vec<_> =
        Step::ALL.iter().map(|step| json!({"step": step, "at": AT, "by": id(0), "evidence": text(1_500)})).collect();
    let notice = json!({"channel": "mail", "refusals": 24, "state": "skipped", "why": text(260)});
    let asked = json!({"id": request, "account": account(), "ticket": id(0) + &id(0), "lines": many(25, line),
        "matched": many(25, matched), "withdrawn": {"why": text(60), "by": id(0), "at": AT}, "resolved_at": AT,
        "credit": {"limit": usd(), "debt": many(20, |_| usd()), "left_out": many(20, left_out),
            "more_left_out": 9_999},
        "by": id(0), "at": AT, "look_at": AT, "looks_back_at": AT, "debt_mail": notice.clone(), "confirmation": notice, "done": done});
    let candidate = |number: usize| json!({"invoice": id(number), "way": "amount", "confidence": "0.40"});
    let received = json!({"id": ReceivedId::of(&account(), &id(0)), "account": account(), "payment": id(0),
        "amount": usd(), "at": AT, "reference": text(140), "why": "no_reference", "candidates": many(44, candidate),
        "ended": {"at": AT, "by": id(0), "target": {"invoice": id(0)}, "open": usd(), "given_back": true}});
    vec![built::<Request>("Request", asked), built::<Received>("Received", received)]
}

fn recovering() -> Vec<Row> {
    let step = |number: usize| {
        json!({"number": number, "kind": "mail", "template": text(60), "due_at": AT,
        "state": "skipped", "done_at": AT, "doubt_at": AT, "refusals": 24, "again_at": AT,
        "why": format!("in one letter with {}", id(number))})
    };
    let plan = json!({"account": account(), "invoice": id(0), "segment": text(60), "policy_version": 1,
        "started_at": AT,
        "state": "stopped", "reason": text(200), "steps": many(24, step), "held_until": AT, "held_since": AT,
        "spared_until": AT, "trace": id(0)});
    let mut recovery = plan.clone();
    let word = |_| {
        json!({"at": AT, "by": id(0), "word": "promise", "date": "2026-01-31", "until": AT, "amount": usd(),
            "note": "👩".repeat(500)})
    };
    recovery["control"] = json!({"paused_until": AT, "kept": 9999, "broken": 9999, "said": many(12, word),
        "promise": {"date": "2026-01-31", "until": AT, "amount": usd(), "open": usd()}});
    let moment = |_| json!({"at": AT, "chance": 1000});
    let chosen = json!({"number": 9999, "at": AT, "rule": text(60), "policy_version": 9999, "chance": 1000,
        "likely": 1000, "candidates": many(8, moment)});
    let made = |_| {
        json!({"action": action(0), "begun_at": AT, "chosen": chosen.clone(),
            "ended": {"outcome": "not_made", "why": text(300)}, "card": text(60), "card_id": id(0)})
    };
    recovery["tries"] = json!({"next": chosen, "why_none": text(600), "made": many(12, made), "begun": 9999,
        "look_at": AT, "card": text(60), "card_id": id(0)});
    let card = json!({"brand": text(400), "last4": text(400), "exp_month": 12, "exp_year": 2030});
    let notice = json!({"about": {"matter": "expires", "card": card, "ends_at": AT}, "way": plan.clone()});
    let pulse = json!({"provider": "chargebee", "source": id(0), "account": account(), "about": id(0),
        "trouble": "failure", "at": AT,
        "outcome": "trouble", "signs": {"issuer": text(60), "plan": text(600), "family": text(60)}, "amount": usd()});
    let incident = json!({"id": text(24), "provider": "chargebee", "source": id(0), "trouble": "failure",
        "sign": {"by": "plan", "value": text(600)}, "state": "over", "began_at": AT, "found_at": AT, "ended_at": AT,
        "members": 1_000_000, "accounts": 1_000_000, "amounts": {"USD": "999999999999.99", "EUR": "999999999999.99"},
        "seen": {"window_minutes": 60, "tries": 1_000_000, "troubles": 1_000_000, "expected": "12345.6789",
        "odds": "12.3456"},
        "cause": text(600), "owner": text(200), "rule": text(60), "why": text(600), "policy_version": 1,
        "release": note()});
    // What a day's counts may take is cut by the watch itself.
    let counts = BTreeMap::from_iter(
        (0..75).map(|number| (format!("plan:{number:0>30}"), json!({"tries": 9999, "troubles": 99}))),
    );
    assert!(stored_bytes(&counts) > 4_900, "as many signs as a day holds");
    let day = json!({"failure": counts, "dispute": counts});
    let days = BTreeMap::from_iter((20..28).map(|number| (format!("2026-01-{number}"), day.clone())));
    let known = |_| {
        json!({"incident": text(24), "trouble": "failure", "sign": {"by": "plan", "value": text(555)},
            "began_at": AT, "ended_at": AT,
            "usual": false})
    };
    let watch = json!({"provider": "chargebee", "source": id(0), "wake_at": AT, "summed_until": {"failure": AT,
        "dispute": AT},
        "late": {"failure": {"from": AT, "told_at": AT}}, "days": days, "lines": many(12, known)});
    let mut releases = Releases::default();
    for number in 0..60 {
        let name = format!("{number} {}", note());
        releases.add(from_value(json!({"at": AT, "name": name, "told_by": id(0)})).unwrap());
    }
    vec![
        built::<Climb>("Climb", plan.clone()),
        built::<OnBoard>("OnBoard", plan.clone()),
        built::<Notice>("Notice", notice),
        built::<Plan>("Plan", recovery),
        built::<Pulse>("Pulse", pulse),
        built::<Incident>("Incident", incident),
        built::<Watch>("Watch", watch),
        of("Releases", &releases),
    ]
}

fn company() -> Vec<Row> {
    let staff = json!({"id": id(0), "name": text(2_000), "role": "billing_specialist", "email": text(320),
        "slack": {"team": id(0), "user": id(0)}});
    let person: Staff = from_value(json!({"id": "lena", "name": "Lena", "role": "l1", "email": ""})).unwrap();
    let change = json!({"at": AT, "by": id(0), "confirmed_by": id(0), "before": staff, "after": staff});
    let mut groups = BTreeMap::new();
    for number in 0..200 {
        let other = AccountId::of("chargebee", "default", &id(number));
        group::say(&mut groups, (&account(), &other), false, &person, &note(), at()).unwrap();
    }
    let group: Group = groups.remove(&account()).unwrap();
    let done = |number: usize| json!({"number": number, "id": text(64), "rows": 100_000, "by": id(0), "at": AT});
    let imports = json!({"kind": "network_rules", "live": 1_000, "last": 1_000, "broken": (0..200).collect::<Vec<_>>(),
        "running": {"number": 1_000, "id": text(64), "rows": 100_000, "written": 0, "by": id(0), "since": AT},
        "done": many(50, done)});
    let (shelf, board) = grown::shelf();
    vec![
        of("Group", &group),
        of("Source", &grown::source()),
        of("Stops", &grown::stops()),
        of("Delegations", &grown::delegations()),
        of("Views", &grown::views()),
        of("Embeds", &grown::embeds()),
        of("Entities", &grown::entities()),
        built::<Series>(
            "Series",
            json!({"entity": text(40), "prefix": text(20), "next": 999_999, "last_on": "2026-01-31"}),
        ),
        of("Filed", &grown::filed()),
        built::<FiledOf>(
            "FiledOf",
            json!({"account": account(), "invoice": id(0), "number": text(26), "credit": text(26)}),
        ),
        built::<Staff>("Staff", staff),
        built::<StaffChange>("StaffChange", change),
        built::<Proposal>("Proposal", proposal()),
        built::<Imports>("Imports", imports),
        of("Imported<T>", &shelf),
        of("Board<T>", &board),
    ]
}

/// As many people as one file may hold.
fn proposal() -> Value {
    let staff = json!({"id": text(60), "name": text(200), "role": "billing_specialist", "email": text(320),
        "slack": {"team": text(20), "user": text(20)}});
    let change = json!({"at": AT, "by": text(60), "before": staff, "after": staff});
    json!({"number": 1_000, "by": id(0), "at": AT, "expires_at": AT, "changes": many(48, |_| change.clone()),
        "ended": {"by": id(0), "at": AT, "word": "confirm"}})
}

fn machinery() -> Vec<Row> {
    let promised = |number: usize| {
        json!({"queue": "events", "message": {"kind": "unlinked", "account": account(),
        "missing": {"invoice": id(number)}, "trace": id(0)}})
    };
    let receipt = json!({"provider": "chargebee", "source": id(0), "event": id(0), "account": account(),
        "body": text(600),
        "folded_at": AT, "promised": many(100, promised), "unbegun": many(33, |number| json!(id(number))),
        "trace": id(0)});
    let call = |_| json!({"listing": text(30), "path": text(400)});
    let backfill = json!({"id": text(64), "provider": "chargebee", "source": id(0), "since": AT, "dry_run": false,
        "by": id(0),
        "started_at": AT, "ended_at": AT, "pending": many(150, call), "pages": 1_000_000,
        "objects": BTreeMap::from_iter((0..20).map(|number| (format!("{number:0>30}"), 1_000_000))), "found": 1_000_000,
        "known": 1_000_000, "waiting": 1_000_000, "unreadable": many(20, |_| json!(text(900))), "skipped": many(20,
        |_| json!(text(60))),
        "minute": [AT, 120], "silent": 8, "rests_until": AT, "again_at": AT, "sweep": {"at": AT, "from": AT},
        "failed": text(1_000)});
    let cohorts = json!({"provider": "chargebee", "source": id(0), "raised_at": AT, "after": text(300),
        "wake_at": AT, "cohorts": 1_000, "done": 100,
        "asked": 1_000_000, "recovering": 1_000_000});
    let told = POLICIES.limits.current().told_people_max;
    // What a task says is the longest of what is told, and a proposal is told to the most.
    let bulletin = json!({"about": {"kind": "step", "account": account(), "invoice": id(0), "step": 24},
        "subject": text(700), "text": text(5_000), "page": text(300), "posted": true,
        "mailed": many(told, |number| json!(id(number))), "round": 1_000, "tellings": many(told + 1, telling),
        "alarm": AT,
        "trace": id(0)});
    let reach = json!({"endpoint": text(15), "failing": [AT, text(100)], "disabled_at": AT,
        "task": domain::id::TaskId::of(&account(), "undelivered", "ep_1"),
        "walk": {"since": AT, "asked_at": AT, "after": text(60)}, "wake_at": AT});
    vec![
        built::<Reach>("Reach", reach),
        of("Line", &grown::line()),
        of("Endpoints", &grown::endpoints()),
        built::<Bulletin>("Bulletin", bulletin),
        built::<Receipt>("Receipt", receipt),
        of("External", &external()),
        built::<FoundBy>("FoundBy", json!({"digest": text(64), "account": account()})),
        built::<Correction>(
            "Correction",
            json!({"provider": "zendesk", "source": id(0), "id": id(0), "class": "duplicate_subscription",
                "read_as": "duplicate_subscription", "by": id(0), "at": AT}),
        ),
        built::<Wrote>(
            "Wrote",
            json!({"digest": text(26), "provider": "zendesk", "source": id(0), "id": id(0), "at": AT}),
        ),
        built::<TicketOf>(
            "TicketOf",
            json!({"account": account(), "provider": "zendesk", "source": id(0), "id": id(0)}),
        ),
        built::<Probe>(
            "Probe",
            json!({"provider": "mollie", "source": id(0), "path": text(600), "asked_at": AT, "again_at": AT,
                "wished_at": AT}),
        ),
        built::<Requested>(
            "Requested",
            json!({"hash": text(64), "id": text(26), "source": id(0), "asked_at": AT, "expires_at": AT,
                "wanted": {"email": text(254), "invoice": "👩".repeat(60), "last4": "4242", "amount": "👩".repeat(40),
                    "reason": "customer_dissatisfaction", "language": "en",
                    "text": "👩".repeat(POLICIES.limits.current().form.text_chars_max)},
                "mail": {"state": "refused", "reason": text(200), "again_at": AT}, "refusals": 24, "confirmed_at": AT,
                "again_at": AT}),
        ),
        built::<Knocks>("Knocks", json!({"who": text(64), "since": AT, "count": 1_200})),
        built::<Probes>("Probes", json!({"provider": "mollie", "source": id(0), "since": AT, "count": 120})),
        built::<Backfill>("Backfill", backfill),
        built::<Cohorts>("Cohorts", cohorts),
        of("Locked", &locked()),
    ]
}

/// More who wait for an API key than are named.
fn locked() -> Locked {
    let mut locked = Locked::new("chargebee", &id(0), at());
    for number in 0..100 {
        let still = locked.waiting.clone();
        let own = action(number);
        locked.waits(TurnedAway { action: &own, waited: false, until: at() }, &text(200), still, at());
    }
    locked.task_of = Some(account());
    locked
}

/// As many deliveries as may wait for one owner: one more is refused.
fn external() -> External {
    let mut external = External {
        provider: "chargebee".to_owned(),
        source: id(0),
        id: id(0),
        account: Some(account()),
        waiting: Vec::new(),
    };
    let most = POLICIES.limits.current().item_bytes_max;
    loop {
        let message = Message::Delivery {
            provider: "chargebee".to_owned(),
            source: id(0),
            event: id(external.waiting.len()),
            received_at: at(),
            trace: id(0),
            body: Body::Archived(text(600)),
        };
        external.waiting.push(Waiting { event: id(external.waiting.len()), until: at(), message });
        if stored_bytes(&external) > most {
            external.waiting.pop();
            return external;
        }
    }
}
