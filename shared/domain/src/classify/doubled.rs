//! Does one customer pay for one plan twice?

use super::{ClassifyPolicy, Finding, Scene, Standing, moment, span};
use crate::action::{Kind, Reason, When};
use crate::book::{Book, Head, PaymentLine, SubscriptionLine, Touched};
use crate::case::{Case, Class, Evidence, Recommendation};
use crate::classify::desk::{Desk, Elsewhere};
use crate::event::{Event, SubscriptionStatus};
use crate::id::CaseId;
use jiff::{SignedDuration, Timestamp};

const ELSEWHERE: &str = "The first belongs to an account with the same address";

/// Which subscriptions to look at after an event: all of the account, once it said something about any of them or about
/// what was paid.
pub(super) fn at_issue<'a>(touched: &Touched, head: &'a Head) -> impl Iterator<Item = &'a str> {
    let said = tells(touched);
    head.book.subscriptions.keys().filter(move |_| said).map(String::as_str)
}

pub(super) fn is_open(id: &str, desk: &Desk) -> bool {
    first_of(id, desk).is_some()
}

fn tells(touched: &Touched) -> bool {
    !touched.subscriptions.is_empty() || !touched.invoices.is_empty() || !touched.payments.is_empty()
}

/// Whether it is worth looking for the same subscription elsewhere: one has just begun, or a case may go by another's.
pub(super) fn looks_elsewhere(event: &Event, desk: &Desk, policy: &ClassifyPolicy) -> bool {
    let recent = event.at - SignedDuration::from_hours(policy.duplicates.subscription_hours);
    let mut touched = desk.touched.subscriptions.values();
    let has_begun = touched.any(|it| it.started_at.copied() >= Some(recent) && it.items.value().is_some());
    let is_named = || desk.head.cases.values().any(|line| line.class == Class::DuplicateSubscription.name());
    let is_open = || desk.head.more_cases > 0 || is_named();
    has_begun || (tells(&desk.touched) && is_open())
}

/// Whether the case of a subscription that is hardly meant gives a payment back: then no other case asks for that.
pub(super) fn gives_back<'a>(payment: &'a PaymentLine, desk: &'a Desk, policy: &ClassifyPolicy) -> Option<&'a str> {
    let book = &desk.head.book;
    let id = book.subscription_of(payment)?;
    let (_, first, _) = first_of(id, desk)?;
    let is_last = book.last_paid(id).is_some_and(|last| last.payment == payment.payment);
    (is_last && is_close(&book.subscriptions[id], first, policy)).then_some(id)
}

fn apart(second: &SubscriptionLine, first: &SubscriptionLine) -> Option<SignedDuration> {
    second.started_at.zip(first.started_at).map(|(second, first)| second.duration_since(first))
}

/// Whether they began so close together that they are hardly both meant.
fn is_close(second: &SubscriptionLine, first: &SubscriptionLine, policy: &ClassifyPolicy) -> bool {
    let most = SignedDuration::from_hours(policy.duplicates.subscription_hours);
    apart(second, first).is_some_and(|apart| apart <= most)
}

/// What was paid last for the second goes back, and it ends.
fn recommended(id: &str, began: Timestamp, book: &Book) -> Option<Recommendation> {
    let paid = book.last_paid(id)?;
    let cancel = Kind::Cancel { subscription: id.to_owned(), when: When::Now, asked_at: began };
    let (kind, note) = match paid.left() {
        Some(amount) => {
            let refund = Kind::Refund { payment: paid.payment.clone(), amount };
            let note = format!(
                "a second subscription to the same was bought; refund {amount} that was paid for it at {} and cancel it",
                moment(paid.at)
            );
            (Kind::Bundle { actions: vec![refund, cancel] }, note)
        }
        None => {
            let gone = "a second subscription to the same was bought, and what was paid for it went back; cancel it";
            (cancel, gone.to_owned())
        }
    };
    Some(Recommendation::new(kind, Reason::DuplicateCharge, note))
}

fn runs(line: &SubscriptionLine) -> bool {
    use SubscriptionStatus::{Active, PastDue, Trial};
    matches!(line.status, Some(Active | PastDue | Trial)) && line.ends_at.is_none()
}

/// The earlier running subscription to the same plan at the same price, of this account or of one with the same address.
fn first_of<'a>(id: &str, desk: &'a Desk) -> Option<(&'a str, &'a SubscriptionLine, Option<&'a Elsewhere>)> {
    let own = desk.head.book.subscriptions.get(id).filter(|line| runs(line) && line.plan.is_some())?;
    let same = |line: &SubscriptionLine| {
        runs(line) && line.plan == own.plan && line.price == own.price && line.interval == own.interval
    };
    let here = desk
        .head
        .book
        .subscriptions
        .iter()
        .filter(|(other, _)| *other != id)
        .map(|(other, line)| (other.as_str(), line, None));
    let there = desk.beside.elsewhere.iter().map(|it| (it.subscription.as_str(), &it.line, Some(it)));
    here.chain(there).find(|(other, line, _)| same(line) && (line.started_at, *other) < (own.started_at, id))
}

pub(super) fn standing(scene: Scene<'_>, id: &str, desk: &Desk) -> Standing {
    // What the head has no room for cannot be compared.
    let Some(second) = desk.head.book.subscriptions.get(id) else { return Standing::AsItIs };
    let Some((first, first_line, elsewhere)) = first_of(id, desk) else {
        // The other account's subscriptions are read only when one begins here.
        let case = desk.cases.get(&CaseId::of(&desk.head.account, Class::DuplicateSubscription.name(), id));
        let beyond_sight = case.is_some_and(|case| case.evidence.iter().any(|it| it.label == ELSEWHERE));
        return if runs(second) && (beyond_sight || desk.head.book.more_run) {
            Standing::AsItIs
        } else {
            Standing::Over("one subscription is left")
        };
    };
    let book = &desk.head.book;
    let close = is_close(second, first_line, scene.policy);
    let verdict = scene.policy.found(if close { Finding::TwoOnOnePlan } else { Finding::TwoOnOnePlanApart });
    let mut case = Case::found(scene, &desk.head, Class::DuplicateSubscription, id, verdict);
    let began = |line: &SubscriptionLine| {
        line.started_at.map_or_else(|| "start not known".to_owned(), |at| format!("since {}", moment(at)))
    };
    case.evidence = vec![
        Evidence::new("Plan", second.plan.clone().unwrap_or_default(), id),
        Evidence::new("First subscription", began(first_line), first),
        Evidence::new("Second subscription", began(second), id),
    ];
    case.evidence.extend(elsewhere.map(|it| Evidence::new(ELSEWHERE, &it.customer, it.account.as_str())));
    case.evidence.extend(apart(second, first_line).map(|apart| Evidence::new("Apart", span(apart), id)));
    for (line, of) in [(first_line, first), (second, id)] {
        case.evidence.extend(line.quantity.map(|quantity| Evidence::new("Seats", quantity, of)));
    }
    case.evidence.extend(second.mrr.map(|mrr| Evidence::new("Paid for it in a month", mrr, id)));
    let paid = book.last_paid(id);
    case.evidence.extend(paid.and_then(|line| Some(Evidence::new("Paid for it last", line.amount?, &line.payment))));
    case.recommended = second.started_at.filter(|_| close).and_then(|began| recommended(id, began, book));
    case.fill(second.mrr, "", "");
    Standing::Open(Box::new(case))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::{concerns, decide};
    use crate::event::{
        Interval, IntervalUnit, InvoiceSeen, InvoiceStatus, Item, Kind as Told, Origin, PaymentSeen, PaymentStatus,
        Role, Seen, SubscriptionSeen,
    };
    use crate::money::{Currency, Money};
    use crate::policies::Policies;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn usd(amount: &str) -> Money {
        Money::parse(amount, Currency::USD).unwrap()
    }

    fn subscription(id: &str, status: SubscriptionStatus, at: &str) -> Seen {
        let item = Item {
            id: None,
            price: "price_pro".to_owned(),
            name: None,
            role: Role::Plan,
            unit: Some(usd("5.00").into()),
            quantity: 1,
            interval: Some(Interval { unit: IntervalUnit::Month, count: 1 }),
        };
        Seen::Subscription(SubscriptionSeen {
            id: id.to_owned(),
            status: Some(status),
            items: Some(vec![item]),
            started_at: Some(time(at)),
            ..SubscriptionSeen::default()
        })
    }

    /// The invoice `in_…` of `sub_…`, paid by `ch_…`.
    fn paid(number: u8, at: &str, refunded: &str) -> [Seen; 2] {
        let invoice = InvoiceSeen {
            id: format!("in_{number}"),
            status: Some(InvoiceStatus::Paid),
            total: Some(usd("5.00")),
            subscription: Some(format!("sub_{number}")),
            created_at: Some(time(at)),
            ..InvoiceSeen::default()
        };
        let payment = PaymentSeen {
            id: format!("ch_{number}"),
            invoice: Some(invoice.id.clone()),
            status: Some(PaymentStatus::Succeeded),
            amount: Some(usd("5.00")),
            captured: Some(usd("5.00")),
            refunded: Some(usd(refunded)),
            at: Some(time(at)),
            ..PaymentSeen::default()
        };
        [Seen::Invoice(invoice), Seen::Payment(payment)]
    }

    /// What the case of the second subscription recommends, and whether people are asked for it.
    fn found(seen: Vec<Seen>) -> (Option<Option<Kind>>, bool) {
        let policies = Policies::shipped().unwrap();
        let event = Event {
            id: "evt_1".to_owned(),
            provider: "stripe".to_owned(),
            source: "default".to_owned(),
            origin: Origin::Webhook,
            kind: Told::SubscriptionChanged,
            at: time("2026-03-01T10:00:00Z"),
            customer: Some("cus_1".to_owned()),
            seen,
        };
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        desk.touched.fold(&mut desk.head, &event, SignedDuration::from_mins(10));
        let (policy, declines) = (policies.classify.current(), policies.declines.current());
        let scene = Scene { event: &event, policy, declines, now: event.at };
        let decided = decide(scene, &concerns(&desk, policy), &mut desk);
        let id = CaseId::of(&desk.head.account, Class::DuplicateSubscription.name(), "sub_2");
        let case = desk.cases.get(&id).map(|case| case.recommended.as_ref().map(|it| it.kind.clone()));
        (case, decided.ask.contains(&id))
    }

    #[test]
    fn what_was_paid_for_the_second_goes_back_and_it_ends() {
        use SubscriptionStatus::{Active, Ended, Trial};
        let began = |at: &str| time(&format!("2026-03-0{at}:00Z"));
        let cancel = |at: &str| Kind::Cancel { subscription: "sub_2".to_owned(), when: When::Now, asked_at: began(at) };
        let refund = Kind::Refund { payment: "ch_2".to_owned(), amount: usd("5.00") };
        let both = Kind::Bundle { actions: vec![refund, cancel("1T09:09")] };
        let rows = [
            ("nine minutes later", "1T09:09", Active, Some("0.00"), Some(Some(both))),
            ("given back already", "1T09:09", Active, Some("5.00"), Some(Some(cancel("1T09:09")))),
            ("not paid yet", "1T09:09", Trial, None, Some(None)),
            ("two days later: it may be meant", "3T09:00", Active, Some("0.00"), Some(None)),
            ("ended by now", "1T09:09", Ended, Some("0.00"), None),
        ];
        for (what, at, status, refunded, expected) in rows {
            let first = "2026-03-01T09:00:00Z";
            let second = format!("2026-03-0{at}:00Z");
            let mut seen = vec![subscription("sub_1", Active, first), subscription("sub_2", status, &second)];
            seen.extend(paid(1, first, "0.00"));
            seen.extend(refunded.into_iter().flat_map(|refunded| paid(2, &second, refunded)));
            let asked = expected.as_ref().is_some_and(Option::is_some);
            assert_eq!(found(seen), (expected, asked), "{what}");
        }
    }
}
