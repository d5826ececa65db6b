//! Each try once, in any order of its events.

use super::*;
use crate::book::{Head, Touched};
use crate::event::{Card, Decline, InvoiceSeen, InvoiceStatus, Kind, LinkSeen, Origin};
use crate::money::Currency;

const SAME_TRY: SignedDuration = SignedDuration::from_mins(10);

fn minute(minute: i64) -> Timestamp {
    "2026-03-01T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn event(id: &str, at: i64, kind: Kind, seen: Vec<Seen>) -> Event {
    Event {
        id: id.to_owned(),
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        origin: Origin::Webhook,
        kind,
        at: minute(at),
        customer: Some("cus_1".to_owned()),
        seen,
    }
}

fn usd(minor: i64) -> Option<Money> {
    Some(Money::from_minor(minor, Currency::USD))
}

fn invoice(id: &str, failed_at: Option<i64>) -> Seen {
    Seen::Invoice(InvoiceSeen {
        id: id.to_owned(),
        status: Some(InvoiceStatus::Open),
        remaining: usd(4900),
        failed_at: failed_at.map(minute),
        ..InvoiceSeen::default()
    })
}

fn charge(id: &str, invoice: Option<&str>, status: PaymentStatus, at: i64) -> PaymentSeen {
    let failed = status == PaymentStatus::Failed;
    PaymentSeen {
        id: id.to_owned(),
        invoice: invoice.map(str::to_owned),
        intent: Some(format!("pi_{id}")),
        status: Some(status),
        amount: usd(4900),
        at: Some(minute(at)),
        method: Some("card".to_owned()),
        card: Some(Card { brand: "visa".to_owned(), last4: "4242".to_owned(), exp_month: None, exp_year: None }),
        decline: failed.then(|| Decline { network: Some("visa".into()), ..Decline::new("stripe", "do_not_honor") }),
        ..PaymentSeen::default()
    }
}

fn failed(id: &str, invoice: Option<&str>, at: i64) -> Seen {
    Seen::Payment(charge(id, invoice, PaymentStatus::Failed, at))
}

fn folded<'a>(events: impl IntoIterator<Item = &'a Event>) -> Touched {
    let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
    for event in events {
        touched.fold(&mut head, event, SAME_TRY);
    }
    touched
}

fn told(touched: &Touched, invoice: &str) -> Vec<String> {
    let line = |tried: Tried| {
        let minutes = tried.at.duration_since(minute(0)).as_mins();
        let payment = tried.payment.unwrap_or_else(|| "?".to_owned());
        format!("{payment} {minutes} {:?}{}", tried.by, if tried.succeeded { " won" } else { "" })
    };
    touched.invoices[invoice].tried(SAME_TRY).into_iter().map(line).collect()
}

/// As Stripe tells it since basil: neither names the other, and each try has three events.
fn history() -> Vec<Event> {
    let day = 24 * 60;
    let intent = Seen::Payment(PaymentSeen { at: None, ..charge("ch_1", None, PaymentStatus::Failed, 0) });
    let by_hand = Seen::Payment(PaymentSeen {
        by_customer: true,
        ..charge("ch_4", Some("in_1"), PaymentStatus::Failed, 3 * day)
    });
    let won = Seen::Payment(charge("ch_5", Some("in_1"), PaymentStatus::Succeeded, 4 * day));
    vec![
        event("evt_0", -1, Kind::InvoiceChanged, vec![invoice("in_1", None)]),
        event("evt_1", 0, Kind::PaymentFailed, vec![failed("ch_1", None, 0)]),
        event("evt_2", 1, Kind::PaymentFailed, vec![intent]),
        event("evt_3", 2, Kind::PaymentFailed, vec![invoice("in_1", Some(2))]),
        // Two days later nothing but a link says whose it was.
        event("evt_4", 2 * day, Kind::PaymentFailed, vec![failed("ch_2", None, 2 * day)]),
        event(
            "evt_5",
            2 * day + 60,
            Kind::InvoiceChanged,
            vec![Seen::Link(LinkSeen { intent: "pi_ch_2".to_owned(), invoice: "in_1".to_owned() })],
        ),
        event("evt_6", 3 * day, Kind::PaymentFailed, vec![by_hand, invoice("in_1", Some(3 * day))]),
        event("evt_7", 3 * day + 300, Kind::PaymentFailed, vec![invoice("in_1", Some(3 * day + 300))]),
        event("evt_8", 4 * day, Kind::PaymentSucceeded, vec![won, invoice("in_1", None)]),
        event("evt_9", 4 * day, Kind::PaymentFailed, vec![failed("ch_9", Some("in_9"), 4 * day)]),
    ]
}

#[test]
fn each_try_counts_once_in_any_order() {
    let events = history();
    let straight = folded(&events);
    assert_eq!(
        told(&straight, "in_1"),
        ["ch_1 0 Provider", "ch_2 2880 Provider", "ch_4 4320 Customer", "? 4620 Provider", "ch_5 5760 Provider won",]
    );
    let mut order: Vec<usize> = (0..events.len()).collect();
    for round in 0..200 {
        // Swaps that reach every place, and each event twice in a while.
        let (one, other) = (round * 7 % order.len(), (round * 3 + 1) % order.len());
        order.swap(one, other);
        let twice = order.iter().chain(order.iter().take(round % 4)).map(|place| &events[*place]);
        assert_eq!(folded(twice).invoices, straight.invoices, "{order:?}");
    }
}

#[test]
fn what_is_read_for_an_event_is_enough_for_its_tries() {
    let events = history();
    let mut orders = vec![(0..events.len()).collect::<Vec<_>>(), (0..events.len()).rev().collect()];
    orders.push(vec![0, 5, 4, 3, 2, 1, 8, 7, 6, 9]);
    for order in orders {
        let (mut head, mut stored) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        for place in &order {
            let event = &events[*place];
            let named = crate::book::named_by_head(event, &head, SAME_TRY);
            let mut read = Touched::default();
            for id in crate::book::touches(event).into_iter().chain(named) {
                if let crate::book::ResourceId::Invoice(id) = id
                    && let Some(invoice) = stored.invoices.get(&id)
                {
                    read.invoices.insert(id, invoice.clone());
                }
            }
            read.fold(&mut head, event, SAME_TRY);
            stored.invoices.extend(read.invoices);
        }
        assert_eq!(told(&stored, "in_1"), told(&folded(&events), "in_1"), "{order:?}");
    }
}

#[test]
fn a_try_is_ours_if_it_was_made_when_we_asked() {
    let day = 24 * 60;
    // A bank debit: begun on one day, and returned five days later.
    let debit = PaymentSeen {
        method: Some("sepa_debit".to_owned()),
        card: None,
        decline: None,
        ..charge("py_1", Some("in_1"), PaymentStatus::Failed, 0)
    };
    let events = [
        event("evt_1", 5 * day, Kind::PaymentFailed, vec![Seen::Payment(debit), invoice("in_1", Some(5 * day))]),
        event(
            "evt_2",
            6 * day,
            Kind::PaymentFailed,
            vec![failed("ch_2", Some("in_1"), 6 * day), invoice("in_1", None)],
        ),
    ];
    for (name, sent, expected) in [
        ("nothing was sent", vec![], ["Provider", "Provider"]),
        ("the debit", vec![0], ["Recoup", "Provider"]),
        ("the charge, told a while later", vec![6 * day - 9], ["Provider", "Recoup"]),
        ("too long before", vec![6 * day - 11], ["Provider", "Provider"]),
        ("both", vec![1, 6 * day], ["Recoup", "Recoup"]),
    ] {
        let mut touched = folded(&events);
        let invoice = touched.invoices.get_mut("in_1").unwrap();
        sent.into_iter().for_each(|at| invoice.tries.sends(minute(at)));
        let tried = invoice.tried(SAME_TRY);
        let by: Vec<_> = tried.iter().map(|tried| format!("{:?}", tried.by)).collect();
        assert_eq!(by, expected, "{name}");
        let networks: Vec<_> = tried.iter().map(|tried| tried.network.as_deref()).collect();
        assert_eq!(networks, [Some("sepa_debit"), Some("visa")], "{name}");
        assert_eq!((tried[0].at, tried[0].made_at), (minute(5 * day), Some(minute(0))), "{name}");
        assert_eq!(tried[1].card.as_deref(), Some("visa 4242"), "{name}");
    }
}

#[test]
fn what_left_is_untold_until_a_telling_of_its_own_comes() {
    let told = [
        event("evt_1", 1, Kind::PaymentFailed, vec![failed("ch_1", Some("in_1"), 1), invoice("in_1", Some(1))]),
        event("evt_2", 500, Kind::PaymentFailed, vec![failed("ch_2", Some("in_1"), 500), invoice("in_1", None)]),
    ];
    for (name, sent, expected) in [
        ("nothing left", vec![], vec![]),
        ("both are told", vec![0, 499], vec![]),
        ("one in between is not", vec![0, 200, 499], vec![200]),
        ("two within a while, of which one is told", vec![0, 5], vec![5]),
        ("a later telling is not of an earlier one", vec![300], vec![300]),
    ] {
        let mut touched = folded(&told);
        let tries = &mut touched.invoices.get_mut("in_1").unwrap().tries;
        sent.iter().for_each(|at| tries.sends(minute(*at)));
        assert_eq!(tries.untold(SAME_TRY), expected.into_iter().map(minute).collect::<Vec<_>>(), "{name}");
        sent.iter().for_each(|at| tries.was_idle(minute(*at)));
        assert!(tries.untold(SAME_TRY).is_empty(), "{name}: what did nothing was no try");
    }
}

#[test]
fn a_card_is_known_by_its_number_where_its_brand_is_not_told() {
    for (one, other, same) in [
        ("visa 4242", "visa 4242", true),
        ("card 4242", "visa 4242", true),
        ("visa 4242", "card 4242", true),
        ("visa 4242", "visa 1881", false),
        ("card 4242", "visa 1881", false),
        ("visa 4242", "mastercard 4242", false),
    ] {
        assert_eq!(is_same_card(one, other), same, "{one}, {other}");
    }
}

#[test]
fn the_newest_are_kept_and_each_is_a_short_line() {
    let long = |number: usize| format!("{number:0>200}");
    let told = |number: usize| {
        let at = i64::try_from(number).unwrap() * 60;
        let seen = PaymentSeen { id: long(number), ..charge("ch", Some("in_1"), PaymentStatus::Failed, at) };
        event(&format!("evt_{number}"), at, Kind::PaymentFailed, vec![Seen::Payment(seen), invoice("in_1", Some(at))])
    };
    let events: Vec<Event> = (0..60).map(told).collect();
    for (count, has_more) in [(40, false), (41, true), (60, true)] {
        let touched = folded(&events[..count]);
        let tries = &touched.invoices["in_1"].tries;
        assert_eq!((tries.all(SAME_TRY).len(), tries.has_more()), (40, has_more), "{count}");
        assert_eq!(tries.all(SAME_TRY).last().unwrap().at, minute(i64::try_from(count - 1).unwrap() * 60), "{count}");
        assert_eq!(folded(events[..count].iter().rev()).invoices["in_1"].tries, *tries, "{count}, backwards");
        assert!(serde_json::to_string(tries).unwrap().len() < 40 * 250, "{tries:?}");
    }
    let untried = serde_json::to_string(&crate::book::Invoice::new("in_1")).unwrap();
    assert!(!untried.contains("tries"), "what was not tried takes no room: {untried}");
}

#[test]
fn a_list_that_names_no_payment_tells_of_no_try() {
    let listed =
        Event { origin: Origin::Listed, ..event("list:in_1", 0, Kind::PaymentFailed, vec![invoice("in_1", Some(0))]) };
    let touched = folded([&listed]);
    assert!(touched.invoices["in_1"].tries.is_nothing());
    assert_eq!(touched.invoices["in_1"].first_failed_at, Some(minute(0)));
    let named = Event { seen: vec![failed("ch_1", Some("in_1"), 0), invoice("in_1", Some(0))], ..listed };
    assert_eq!(told(&folded([&named]), "in_1"), ["ch_1 0 Provider"]);
}
