//! What is asked for where a bill is not what was agreed.

use super::*;
use crate::action::{Kind, When};
use crate::book::{Head, Touched};
use crate::case::State;
use crate::classify::rebuild::Terms;
use crate::classify::{concerns, decide};
use crate::event::{
    Event, Interval, IntervalUnit, InvoiceSeen, InvoiceStatus, Item, Kind as Told, Line, Origin, PaymentSeen,
    PaymentStatus, Role, Seen, SubscriptionSeen, SubscriptionStatus,
};
use crate::id::ActionId;
use crate::import::{Contract, Price, Who};
use crate::money::{Currency, Rate};
use crate::policies::Policies;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

const BEGINS: &str = "2026-03-01T00:00:00Z";
const ENDS: &str = "2026-04-01T00:00:00Z";
const BILLED: &str = "2026-03-01T09:00:00Z";
const PAID: &str = "2026-03-01T10:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

fn month() -> Option<Interval> {
    Some(Interval { unit: IntervalUnit::Month, count: 1 })
}

/// The invoice `in_1` with one line for a month, of which so much is still to be paid.
fn bill(price: &str, seats: u32, total: &str, remaining: &str) -> Seen {
    let line = Line {
        id: "il_1".to_owned(),
        price: Some(price.to_owned()),
        text: None,
        role: Some(Role::Plan),
        unit: None,
        quantity: Some(Decimal::from(seats)),
        amount: usd(total),
        tax: None,
        discount: None,
        proration: false,
        from: Some(time(BEGINS)),
        to: Some(time(ENDS)),
        subscription: Some("sub_1".to_owned()),
    };
    let is_paid = remaining == "0.00";
    Seen::Invoice(InvoiceSeen {
        id: "in_1".to_owned(),
        status: Some(if is_paid { InvoiceStatus::Paid } else { InvoiceStatus::Open }),
        total: Some(usd(total)),
        remaining: Some(usd(remaining)),
        subscription: Some("sub_1".to_owned()),
        lines: Some(vec![line]),
        created_at: Some(time(BILLED)),
        ..InvoiceSeen::default()
    })
}

/// What `ch_1` has paid of `in_1`, and what went back of it.
fn paid(amount: &str, refunded: &str) -> Seen {
    paid_by("ch_1", BILLED, amount, refunded)
}

fn paid_by(payment: &str, at: &str, amount: &str, refunded: &str) -> Seen {
    Seen::Payment(PaymentSeen {
        id: payment.to_owned(),
        invoice: Some("in_1".to_owned()),
        status: Some(PaymentStatus::Succeeded),
        amount: Some(usd(amount)),
        captured: Some(usd(amount)),
        refunded: Some(usd(refunded)),
        at: Some(time(at)),
        ..PaymentSeen::default()
    })
}

fn subscription(price: &str, unit: &str, status: SubscriptionStatus) -> Seen {
    let item = Item {
        id: None,
        price: price.to_owned(),
        name: None,
        role: Role::Plan,
        unit: Some(usd(unit).into()),
        quantity: 1,
        interval: month(),
    };
    Seen::Subscription(SubscriptionSeen {
        id: "sub_1".to_owned(),
        status: Some(status),
        items: Some(vec![item]),
        started_at: Some(time(BEGINS)),
        period_start: Some(time(BEGINS)),
        renews_at: Some(time(ENDS)),
        ..SubscriptionSeen::default()
    })
}

/// What the contract of `sub_1` names, with its own price for one where it has one.
fn contract(price: &str, unit: Option<&str>) -> Contract {
    Contract {
        who: Who { provider: "stripe".to_owned(), source: "default".to_owned(), customer: "cus_1".to_owned() },
        reference: "C-7".to_owned(),
        subscription: Some("sub_1".to_owned()),
        price: price.to_owned(),
        unit: unit.map(|unit| Rate::from(usd(unit))),
        seats: None,
        min_seats: None,
        discount_percent: None,
        starts_on: "2026-01-01".parse().unwrap(),
        ends_on: None,
        auto_renew: None,
        allowances: BTreeMap::new(),
        outage_credit_percent: None,
    }
}

/// A month of a plan, as the catalogue sells it.
fn price(plan: &str, unit: &str) -> Price {
    Price {
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        price: format!("price_{plan}"),
        plan: Some(plan.to_owned()),
        name: None,
        role: Role::Plan,
        unit: Some(Rate::from(usd(unit))),
        tiers: Vec::new(),
        interval: month(),
        features: Vec::new(),
        tax_inclusive: None,
        from: None,
        until: None,
        rank: None,
    }
}

/// An account with one contract, and what the catalogue sells.
fn desk(contract: Contract, prices: Vec<Price>) -> Desk {
    let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
    desk.beside.terms =
        Terms { contracts: vec![contract], prices, invoices: ["in_1".to_owned()].into(), ..Terms::default() };
    desk
}

/// The cases that people are asked about once this was seen.
fn asked(desk: &mut Desk, at: &str, seen: Vec<Seen>) -> Vec<CaseId> {
    let policies = Policies::shipped().unwrap();
    let event = Event {
        id: format!("evt_{at}"),
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        origin: Origin::Webhook,
        kind: Told::InvoiceChanged,
        at: time(at),
        customer: Some("cus_1".to_owned()),
        seen,
    };
    desk.touched.fold(&mut desk.head, &event, SignedDuration::from_mins(10));
    let (policy, declines) = (policies.classify.current(), policies.declines.current());
    let scene = Scene { event: &event, policy, declines, now: event.at };
    let concerns = concerns(desk, policy);
    decide(scene, &concerns, desk).ask
}

fn id(desk: &Desk, class: Class) -> CaseId {
    CaseId::of(&desk.head.account, class.name(), "in_1")
}

/// What the case of a class recommends, member by member; nothing where there is no case.
fn recommended(desk: &Desk, class: Class) -> Option<Vec<Kind>> {
    let case = desk.cases.get(&id(desk, class))?;
    Some(case.recommended.iter().flat_map(|it| it.kind.members()).cloned().collect())
}

fn refund(amount: &str) -> Kind {
    refund_of("ch_1", amount)
}

fn refund_of(payment: &str, amount: &str) -> Kind {
    Kind::Refund { payment: payment.to_owned(), amount: usd(amount) }
}

fn credit(amount: &str) -> Kind {
    Kind::Credit { amount: usd(amount) }
}

#[test]
fn what_was_paid_goes_back_and_what_was_not_is_credited() {
    let rows = [
        ("not paid yet", "147.00", None, Some(vec![credit("12.00")])),
        ("paid", "0.00", Some(("147.00", "0.00")), Some(vec![refund("12.00")])),
        ("paid in part, less than was agreed", "47.00", Some(("100.00", "0.00")), Some(vec![credit("12.00")])),
        ("to the coin of what was agreed", "12.00", Some(("135.00", "0.00")), Some(vec![credit("12.00")])),
        ("in part, and more", "7.00", Some(("140.00", "0.00")), Some(vec![refund("5.00"), credit("7.00")])),
        ("in part, and that went back", "7.00", Some(("140.00", "5.00")), Some(vec![credit("7.00")])),
        ("given back already", "0.00", Some(("147.00", "12.00")), None),
        ("in part given back already", "0.00", Some(("147.00", "2.00")), Some(vec![refund("10.00")])),
        ("paid, and nobody told by what", "0.00", None, Some(vec![])),
    ];
    for (what, remaining, payment, expected) in rows {
        let mut desk = desk(contract("price_pro", Some("45.00")), vec![price("pro", "49.00")]);
        let mut seen = vec![bill("price_pro", 3, "147.00", remaining)];
        seen.extend(payment.map(|(amount, refunded)| paid(amount, refunded)));
        let asked = asked(&mut desk, BILLED, seen);
        let is_asked = expected.as_ref().is_some_and(|kinds| !kinds.is_empty());
        assert_eq!(recommended(&desk, Class::Overcharge), expected, "{what}");
        assert_eq!(asked.contains(&id(&desk, Class::Overcharge)), is_asked, "{what}");
    }
}

#[test]
fn what_was_asked_for_is_asked_in_another_way_once_the_bill_is_paid_unless_it_was_approved() {
    let rows = [("nobody has decided", false, refund("12.00"), true), ("approved", true, credit("12.00"), false)];
    for (what, approved, expected, asked_anew) in rows {
        let mut desk = desk(contract("price_pro", Some("45.00")), vec![price("pro", "49.00")]);
        let case = id(&desk, Class::Overcharge);
        assert_eq!(
            asked(&mut desk, BILLED, vec![bill("price_pro", 3, "147.00", "147.00")]),
            std::slice::from_ref(&case),
            "{what}"
        );
        let action = ActionId::of(&desk.head.account, "recoup", "k");
        desk.cases.get_mut(&case).unwrap().actions.push(action.clone());
        if approved {
            desk.head.expects(&action, &credit("12.00"), time(BILLED));
        }
        let again = vec![bill("price_pro", 3, "147.00", "0.00"), paid("147.00", "0.00")];
        assert_eq!(asked(&mut desk, PAID, again).contains(&case), asked_anew, "{what}");
        assert_eq!(recommended(&desk, Class::Overcharge), Some(vec![expected]), "{what}");
    }
}

#[test]
fn what_is_approved_beside_the_case_holds_nothing_up() {
    let mut desk = desk(contract("price_pro", Some("45.00")), vec![price("pro", "49.00")]);
    let case = id(&desk, Class::Overcharge);
    asked(&mut desk, BILLED, vec![bill("price_pro", 3, "147.00", "147.00")]);
    let [own, other] = ["own", "other"].map(|key| ActionId::of(&desk.head.account, "bea", key));
    desk.cases.get_mut(&case).unwrap().actions.push(own.clone());
    let cancel = Kind::Cancel { subscription: "sub_1".to_owned(), when: When::PeriodEnd, asked_at: time(BILLED) };
    // One is for this case and about something else, the other the reverse.
    desk.head.expects(&own, &cancel, time(BILLED));
    desk.head.expects(&other, &credit("12.00"), time(BILLED));
    assert!(!desk.cases[&case].is_under_way(&desk.head));
    // And a member of what was asked for is a part of it.
    desk.head.expects(&ActionId::member(&own, 2), &credit("12.00"), time(BILLED));
    assert!(desk.cases[&case].is_under_way(&desk.head));
}

#[test]
fn a_subscription_comes_to_the_plan_of_its_contract_and_what_the_other_cost_beyond_it_back() {
    use SubscriptionStatus::{Active, Ended};
    let down = || Kind::Downgrade {
        subscription: "sub_1".to_owned(),
        plan: "price_pro".to_owned(),
        price: usd("49.00"),
        at: time(ENDS),
    };
    let up = || Kind::Upgrade {
        subscription: "sub_1".to_owned(),
        plan: "price_max".to_owned(),
        price: usd("199.00"),
        at: time(BILLED),
    };
    let all = || vec![price("pro", "49.00"), price("team", "99.00"), price("max", "199.00")];
    let yearly = Price { interval: Some(Interval { unit: IntervalUnit::Year, count: 1 }), ..price("pro", "49.00") };
    let team = |status| subscription("price_team", "99.00", status);
    let (unpaid, paid_up) = (("99.00", "99.00"), ("99.00", "0.00"));
    type Row<'a> = (&'a str, Contract, Vec<Price>, Seen, (&'a str, &'a str), Vec<Kind>, &'a str);
    let pro = |unit| contract("price_pro", unit);
    let ranked = |plan: &str, unit: &str, rank| Price { rank: Some(rank), ..price(plan, unit) };
    let rows: [Row<'_>; 10] = [
        ("not paid yet", pro(None), all(), team(Active), unpaid, vec![down(), credit("50.00")], ""),
        ("paid", pro(None), all(), team(Active), paid_up, vec![down(), refund("50.00")], ""),
        (
            "billed beyond its own price as well",
            pro(None),
            all(),
            team(Active),
            ("109.00", "0.00"),
            vec![down(), refund("60.00")],
            "",
        ),
        ("what was agreed costs more", contract("price_max", None), all(), team(Active), paid_up, vec![up()], ""),
        (
            "changed by now",
            pro(None),
            all(),
            subscription("price_pro", "49.00", Active),
            paid_up,
            vec![],
            "how much of 50.00 USD has to go back: sub_1 was changed since this was billed, and the provider may have counted it",
        ),
        (
            "by the catalogue the cheaper plan is the higher one",
            pro(None),
            vec![ranked("pro", "49.00", 2), ranked("team", "99.00", 1)],
            team(Active),
            paid_up,
            vec![Kind::Upgrade {
                subscription: "sub_1".to_owned(),
                plan: "price_pro".to_owned(),
                price: usd("49.00"),
                at: time(BILLED),
            }],
            "how much of 50.00 USD has to go back: the change to price_pro is made at once, and the provider counts the rest of \
             the period",
        ),
        ("ended by now", pro(None), all(), team(Ended), paid_up, vec![refund("50.00")], ""),
        (
            "nobody sells it",
            pro(None),
            vec![price("team", "99.00")],
            team(Active),
            paid_up,
            vec![],
            "how to change sub_1 to price_pro: the catalogue does not sell `price_pro`: import it",
        ),
        (
            "the provider sells it for another price",
            pro(Some("45.00")),
            all(),
            team(Active),
            paid_up,
            vec![],
            "how to change sub_1 to price_pro: the contract says 45.00 USD for one, and the provider sells it for 49.00 USD",
        ),
        (
            "it is billed by the year",
            pro(None),
            vec![yearly, price("team", "99.00")],
            team(Active),
            paid_up,
            vec![],
            "how to change sub_1 to price_pro: the plan `price_pro` is billed by another interval than `price_team`; end one and \
             begin the other at the renewal",
        ),
    ];
    for (what, contract, prices, subscribed, (total, remaining), expected, missing) in rows {
        let mut desk = desk(contract, prices);
        let mut seen = vec![subscribed, bill("price_team", 1, total, remaining)];
        seen.extend((remaining == "0.00").then(|| paid(total, "0.00")));
        let asked = asked(&mut desk, BILLED, seen);
        let case = id(&desk, Class::PlanMismatch);
        assert_eq!(asked.contains(&case), !expected.is_empty(), "{what}");
        assert_eq!(recommended(&desk, Class::PlanMismatch), Some(expected), "{what}");
        let told: Vec<&str> = desk.cases[&case].missing.iter().map(String::as_str).collect();
        assert_eq!(told, [missing].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>(), "{what}");
    }
}

#[test]
fn the_half_of_a_bundle_is_not_asked_for() {
    let mut desk = desk(contract("price_pro", None), vec![price("pro", "49.00"), price("team", "99.00")]);
    let team = || subscription("price_team", "99.00", SubscriptionStatus::Active);
    let case = id(&desk, Class::PlanMismatch);
    assert!(asked(&mut desk, BILLED, vec![team(), bill("price_team", 1, "99.00", "0.00")]).is_empty());
    assert_eq!(desk.cases[&case].missing, ["how 50.00 USD goes back: no payment is known that still has it"]);
    let told = vec![team(), bill("price_team", 1, "99.00", "0.00"), paid("99.00", "0.00")];
    assert_eq!(asked(&mut desk, PAID, told), std::slice::from_ref(&case));
    assert!(desk.cases[&case].missing.is_empty());
}

#[test]
fn one_case_alone_gives_back_what_an_invoice_of_another_plan_bills_too_much() {
    let prices = || vec![price("pro", "49.00"), price("team", "99.00")];
    let mut desk = desk(contract("price_pro", None), prices());
    let seen = || {
        let team = subscription("price_team", "99.00", SubscriptionStatus::Active);
        vec![team, bill("price_team", 1, "109.00", "0.00"), paid("109.00", "0.00")]
    };
    let case = id(&desk, Class::PlanMismatch);
    assert_eq!(asked(&mut desk, BILLED, seen()), std::slice::from_ref(&case));
    assert_eq!(recommended(&desk, Class::Overcharge), Some(vec![]));
    // Once it is done by a credit, which the book does not show, it is not given back again.
    desk.cases.get_mut(&case).unwrap().resolve(time(BILLED), "done");
    assert!(asked(&mut desk, PAID, seen()).is_empty());
    assert_eq!(recommended(&desk, Class::Overcharge), Some(vec![]));
    // Nor when the change shows that was done with it.
    let mut changed = desk.clone();
    let pro = subscription("price_pro", "49.00", SubscriptionStatus::Active);
    let shown = seen().into_iter().filter(|seen| !matches!(seen, Seen::Subscription(_))).chain([pro]).collect();
    assert!(asked(&mut changed, "2026-03-05T09:00:00Z", shown).is_empty());
    assert_eq!(recommended(&changed, Class::Overcharge), Some(vec![]), "the plan is put right");
    // Where a person has ended that one, what the line bills beyond its own price is still owed.
    desk.cases.get_mut(&case).unwrap().end_by_hand(time(BILLED));
    assert_eq!(asked(&mut desk, PAID, seen()), [id(&desk, Class::Overcharge)]);
    assert_eq!(recommended(&desk, Class::Overcharge), Some(vec![refund("10.00")]));
}

#[test]
fn where_tax_is_in_the_lines_nobody_can_say_what_the_other_plan_would_have_cost() {
    let on_top = ("on top", "118.80", "19.80", vec!["down", "refund 58.80 USD"]);
    let inside = ("in the lines", "99.00", "15.81", vec!["down"]);
    for (what, total, tax, expected) in [on_top, inside] {
        let mut desk = desk(contract("price_pro", None), vec![price("pro", "50.00"), price("team", "99.00")]);
        let Seen::Invoice(billed) = bill("price_team", 1, "99.00", "0.00") else { unreachable!("it is an invoice") };
        let billed = InvoiceSeen { total: Some(usd(total)), tax: Some(usd(tax)), ..billed };
        let team = subscription("price_team", "99.00", SubscriptionStatus::Active);
        asked(&mut desk, BILLED, vec![team, Seen::Invoice(billed), paid(total, "0.00")]);
        let told: Vec<String> = recommended(&desk, Class::PlanMismatch)
            .unwrap()
            .iter()
            .map(|kind| match kind {
                Kind::Downgrade { .. } => "down".to_owned(),
                other => format!("{} {}", other.name(), other.amount().unwrap()),
            })
            .collect();
        assert_eq!(told, expected, "{what}");
    }
}

#[test]
fn a_case_looked_at_again_asks_for_the_same() {
    let mut desk = desk(contract("price_max", None), vec![price("team", "99.00"), price("max", "199.00")]);
    let seen = || {
        let team = subscription("price_team", "99.00", SubscriptionStatus::Active);
        vec![team, bill("price_team", 1, "99.00", "0.00"), paid("99.00", "0.00")]
    };
    let case = id(&desk, Class::PlanMismatch);
    assert_eq!(asked(&mut desk, BILLED, seen()), [case]);
    let first = recommended(&desk, Class::PlanMismatch);
    assert!(asked(&mut desk, PAID, seen()).is_empty(), "an upgrade is charged as of the moment that was shown");
    assert_eq!(recommended(&desk, Class::PlanMismatch), first);
}

#[test]
fn what_no_single_payment_holds_goes_back_of_several_the_newest_first() {
    let rows = [
        ("the newest holds it", "100.00", "47.00", vec![refund_of("ch_2", "12.00")]),
        ("it holds a part", "140.00", "7.00", vec![refund_of("ch_2", "7.00"), refund_of("ch_1", "5.00")]),
    ];
    for (what, first, second, expected) in rows {
        let mut desk = desk(contract("price_pro", Some("45.00")), vec![price("pro", "49.00")]);
        let paid = [paid_by("ch_1", BILLED, first, "0.00"), paid_by("ch_2", PAID, second, "0.00")];
        let seen = [bill("price_pro", 3, "147.00", "0.00")].into_iter().chain(paid).collect();
        assert_eq!(asked(&mut desk, PAID, seen), [id(&desk, Class::Overcharge)], "{what}");
        assert_eq!(recommended(&desk, Class::Overcharge), Some(expected), "{what}");
    }
}

#[test]
fn what_was_paid_twice_goes_back_by_its_own_case_and_the_rest_of_the_first() {
    let mut desk = desk(contract("price_pro", Some("45.00")), vec![price("pro", "49.00")]);
    let seen = |first: &str, second: &str| {
        let paid = [paid_by("ch_1", BILLED, "147.00", first), paid_by("ch_2", PAID, "147.00", second)];
        [bill("price_pro", 3, "147.00", "0.00")].into_iter().chain(paid).collect::<Vec<_>>()
    };
    let twice = CaseId::of(&desk.head.account, Class::DuplicateCharge.name(), "ch_2");
    let over = id(&desk, Class::Overcharge);
    let at = |hour: u8| format!("2026-03-01T{hour}:00:00Z");
    let back = |desk: &Desk| desk.cases[&twice].recommended.as_ref().map(|it| it.kind.clone());
    assert_eq!(asked(&mut desk, &at(10), seen("0.00", "0.00")), [twice.clone(), over.clone()]);
    assert_eq!(recommended(&desk, Class::Overcharge), Some(vec![refund("12.00")]));
    // What goes back of the first is no reason to keep the second.
    assert!(asked(&mut desk, &at(11), seen("12.00", "0.00")).is_empty());
    assert_eq!(desk.cases[&over].resolution.as_deref(), Some("given back"));
    assert_eq!((desk.cases[&twice].state, back(&desk)), (State::Open, Some(refund_of("ch_2", "147.00"))));
}

#[test]
fn what_was_paid_twice_and_went_back_is_none_of_what_was_billed_too_much() {
    let desk = desk(contract("price_pro", Some("45.00")), vec![price("pro", "49.00")]);
    for (first, second, left) in [("0.00", "147.00", "ch_1"), ("147.00", "0.00", "ch_2")] {
        let mut desk = desk.clone();
        let seen = vec![
            bill("price_pro", 3, "147.00", "0.00"),
            paid_by("ch_1", BILLED, "147.00", first),
            paid_by("ch_2", PAID, "147.00", second),
        ];
        assert_eq!(asked(&mut desk, PAID, seen), [id(&desk, Class::Overcharge)], "{left} is left");
        assert_eq!(recommended(&desk, Class::Overcharge), Some(vec![refund_of(left, "12.00")]));
    }
}

#[test]
fn the_plan_of_a_contract_is_its_newest_row_that_names_one() {
    let seats = contract("price_seat", None);
    let before = Contract { starts_on: "2025-06-01".parse().unwrap(), ..contract("price_max", None) };
    let plan = || contract("price_pro", None);
    let unlisted = contract("price_unlisted", None);
    let rows = [
        ("the seats stand first", vec![seats.clone(), plan()], Some("pro")),
        ("an older plan stands first", vec![before, plan()], Some("pro")),
        ("of seats alone nothing is known of the plan", vec![seats], None),
        ("nobody says what it is", vec![unlisted], Some("price_unlisted")),
    ];
    for (what, contracts, agreed) in rows {
        let seat = Price { role: Role::Addon, ..price("seat", "9.00") };
        let prices = vec![seat, price("pro", "49.00"), price("team", "99.00"), price("max", "199.00")];
        let mut desk = desk(plan(), prices);
        desk.beside.terms.contracts = contracts;
        let team = subscription("price_team", "99.00", SubscriptionStatus::Active);
        asked(&mut desk, BILLED, vec![team, bill("price_team", 1, "99.00", "0.00"), paid("99.00", "0.00")]);
        let case = desk.cases.get(&id(&desk, Class::PlanMismatch));
        let told = case.and_then(|case| case.evidence.iter().find(|it| it.label == "Agreed plan"));
        assert_eq!(told.map(|it| it.value.as_str()), agreed, "{what}");
    }
}

#[test]
fn a_change_that_was_made_as_approved_leaves_the_money_that_was_approved_with_it() {
    let mut desk = desk(contract("price_pro", None), vec![price("pro", "49.00"), price("team", "99.00")]);
    let seen = |price: &str, unit: &str| {
        let subscribed = subscription(price, unit, SubscriptionStatus::Active);
        vec![subscribed, bill("price_team", 1, "99.00", "0.00"), paid("99.00", "0.00")]
    };
    let case = id(&desk, Class::PlanMismatch);
    asked(&mut desk, BILLED, seen("price_team", "99.00"));
    let first = recommended(&desk, Class::PlanMismatch);
    let bundle = ActionId::of(&desk.head.account, "recoup", "k");
    desk.cases.get_mut(&case).unwrap().actions.push(bundle.clone());
    desk.head.expects(&ActionId::member(&bundle, 2), &refund("50.00"), time(BILLED));
    assert!(asked(&mut desk, PAID, seen("price_pro", "49.00")).is_empty());
    assert_eq!(recommended(&desk, Class::PlanMismatch), first);
}

#[test]
fn a_change_is_asked_for_as_of_the_moment_to_which_its_asker_brought_it() {
    let mut desk = desk(contract("price_max", None), vec![price("team", "99.00"), price("max", "199.00")]);
    let seen = || {
        let team = subscription("price_team", "99.00", SubscriptionStatus::Active);
        vec![team, bill("price_team", 1, "99.00", "0.00"), paid("99.00", "0.00")]
    };
    let case = id(&desk, Class::PlanMismatch);
    asked(&mut desk, BILLED, seen());
    let moved = time("2026-03-04T09:00:00Z");
    match desk.cases.get_mut(&case).unwrap().recommended.as_mut().map(|it| &mut it.kind) {
        Some(Kind::Upgrade { at, .. }) => *at = moved,
        other => panic!("it recommends an upgrade: {other:?}"),
    }
    let brought = recommended(&desk, Class::PlanMismatch);
    assert!(asked(&mut desk, "2026-03-04T10:00:00Z", seen()).is_empty());
    assert_eq!(recommended(&desk, Class::PlanMismatch), brought);
}
