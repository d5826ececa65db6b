//! Each kind of action says whose it is, how much and why, wherever somebody decides about it or sees it in a list.

use crate::example::{beside, waiting};
use crate::{
    ActionShown, Beside, Filters, Names, Proof, Viewer, action, actions, approval_blocks, decision_text, landing,
    opened, told,
};
use domain::action::{Action, Addon, KINDS, Kind, Reason, When};
use domain::approval::Deciding;
use domain::book::Called;
use domain::money::{Currency, Money};
use domain::staff::Role;
use serde_json::Value;
use std::collections::BTreeSet;

const TOKEN: &str = "70c370c370c370c370c370c370c370c3";
const PAGE: &str = "https://recoup.example/actions/act_1";

fn usd(amount: &str) -> Money {
    Money::parse(amount, Currency::USD).unwrap()
}

/// One of every kind, and what is said of it with `NAME` for the customer.
fn every_kind() -> Vec<(Kind, &'static str)> {
    let (payment, invoice, subscription) = (|| "ch_1".to_owned(), || "in_1".to_owned(), || "sub_1".to_owned());
    let (plan, at) = (|| "price_1".to_owned(), "2026-04-01T00:00:00Z".parse().unwrap());
    let (amount, price) = (usd("38.00"), usd("99.00"));
    let until = "2026-04-01".parse().unwrap();
    vec![
        (Kind::PaymentLink { invoice: invoice(), amount: Some(amount) }, "Send NAME a link to pay 38.00 USD"),
        (Kind::PaymentLink { invoice: invoice(), amount: None }, "Send NAME a link to pay what is open"),
        (Kind::ResendInvoice { invoice: invoice() }, "Send NAME an invoice again"),
        (Kind::TaxInvoice { invoice: invoice() }, "Send NAME a tax invoice"),
        (Kind::UpdatePaymentMethod {}, "Send NAME a link to change how they pay"),
        (Kind::Refund { payment: payment(), amount }, "Refund 38.00 USD to NAME"),
        (Kind::Credit { amount }, "Credit 38.00 USD to NAME"),
        (
            Kind::RetryPayment { invoice: invoice(), amount: Some(amount), card: None },
            "Try a payment of 38.00 USD by NAME again",
        ),
        (Kind::RetryPayment { invoice: invoice(), amount: None, card: None }, "Try a payment by NAME again"),
        (Kind::MarkPaid { invoice: invoice(), amount }, "Mark 38.00 USD owed by NAME as paid by other means"),
        (Kind::WriteOff { invoice: invoice(), amount }, "Write off 38.00 USD owed by NAME"),
        (Kind::VoidInvoice { invoice: invoice(), amount }, "Void an invoice over 38.00 USD to NAME"),
        (Kind::ExtendGrace { invoice: invoice(), days: 5 }, "Give NAME 5 days more to pay"),
        (Kind::Defer { invoice: invoice(), days: 1, until }, "Defer an invoice to NAME by 1 day, until 2026-04-01"),
        (Kind::ExtendTrial { subscription: subscription(), days: 7, until: at }, "Extend the trial of NAME by 7 days"),
        (Kind::Pause { subscription: subscription() }, "Pause the subscription of NAME"),
        (Kind::Resume { subscription: subscription() }, "Resume the subscription of NAME"),
        (
            Kind::Upgrade { subscription: subscription(), plan: plan(), price, at },
            "Upgrade NAME at once, to 99.00 USD each period",
        ),
        (
            Kind::Downgrade { subscription: subscription(), plan: plan(), price, at },
            "Downgrade NAME from the next period on, to 99.00 USD each period",
        ),
        (
            Kind::ChangeAddons {
                subscription: subscription(),
                addons: vec![Addon { price: plan(), quantity: 2 }],
                price: Some(price),
                at,
            },
            "Change the add-ons of NAME, to 99.00 USD each period",
        ),
        (Kind::AdjustSeats { subscription: subscription(), seats: 7, price: None, at }, "Change NAME to 7 seats"),
        (
            Kind::Discount { subscription: subscription(), percent: "12.50".parse().unwrap(), price: Some(price) },
            "Give NAME 12.5% off, to 99.00 USD each period",
        ),
        (
            Kind::Cancel { subscription: subscription(), when: When::PeriodEnd, asked_at: at },
            "Cancel the subscription of NAME at the end of its period",
        ),
        (
            Kind::Cancel { subscription: subscription(), when: When::Now, asked_at: at },
            "Cancel the subscription of NAME at once",
        ),
        (
            Kind::ForceCancel { subscription: subscription() },
            "End the subscription of NAME at once, against their will",
        ),
        (Kind::ErasePerson {}, "Erase who NAME is"),
        (
            Kind::Bundle { actions: vec![Kind::Refund { payment: payment(), amount }, Kind::Credit { amount }] },
            "For NAME, in this order: Refund 38.00 USD to them; Credit 38.00 USD to them",
        ),
    ]
}

fn asked(kind: Kind) -> Action {
    let Action { id, preview, .. } = waiting();
    let mut asked =
        Action::new(id, kind, Reason::ServiceOutage, preview, "luis", "2026-03-01T09:00:00Z".parse().unwrap());
    asked.required = vec![Role::Manager];
    asked
}

fn viewer() -> Viewer {
    Viewer { id: "mara".into(), name: "Mara".into(), role: Role::Manager, csrf: Some("c".into()), local: false }
}

/// What a browser shows as this text.
fn as_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What Slack shows as this text.
fn as_slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|inner| texts(inner, found)),
        Value::Object(all) => all.values().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

#[test]
fn no_kind_is_missing() {
    let said: BTreeSet<_> = every_kind().iter().map(|(kind, _)| kind.name()).collect();
    let all: BTreeSet<_> = KINDS.into_iter().chain(["bundle"]).collect();
    assert_eq!(said, all);
}

#[test]
fn everywhere_each_kind_says_whose_how_much_and_why() {
    let viewer = viewer();
    for called in [
        Called::Name("Juniper Logistics".to_owned()),
        Called::Name("<img src=x onerror=alert(1)> \"Ada\" & Söhne".to_owned()),
        Called::Name("株式会社ジュニパー".to_owned()),
        Called::Name("شركة العرعر".to_owned()),
        Called::Erased,
    ] {
        for (kind, expected) in every_kind() {
            let name = kind.name();
            let asked = asked(kind);
            let said = format!(
                "{}: the service was down, payment of 27 Feb, Amex 0049",
                expected.replace("NAME", &called.to_string())
            );
            let beside = Beside { called: called.clone(), ..beside() };
            let names: Names = [(asked.account.clone(), called.clone())].into_iter().collect();
            let (own, filters) = (Deciding::Own, Filters { path: "/actions", ..Filters::default() });
            let shown = ActionShown {
                action: &asked,
                beside: &beside,
                members: &[],
                deciding: &own,
                receipt: (&[], false),
                overtaken: None,
                looks_again: false,
                notice: None,
            };
            let proof = Proof::Session { csrf: "c".to_owned(), deciding: Deciding::Own };
            let text = decision_text(&asked, &beside);
            assert!(text.starts_with(&said), "{name}: {text}");
            for (place, page) in [
                ("page", action(&viewer, &shown)),
                ("list", actions(&viewer, std::slice::from_ref(&asked), &names, &filters, None)),
                ("approvals", landing(Some(&viewer), &[(asked.clone(), beside.clone())], &filters, None)),
                ("linked page", opened(None, (&asked, &beside), TOKEN, proof, None)),
                ("mail", told(&text, PAGE)),
            ] {
                assert!(page.contains(&as_text(&said)), "{name}, {place}: {said} is not in {page}");
                assert!(!page.contains("<img"), "{name}, {place}: {page}");
            }
            let mut found = Vec::new();
            texts(&approval_blocks(&asked, &beside, PAGE), &mut found);
            assert!(found.contains(&format!("*{}*", as_slack(&said))), "{name}, Slack: {found:?}");
        }
    }
}

#[test]
fn the_page_says_that_it_is_out_of_date_before_anybody_decides() {
    let (asked, beside, own) = (waiting(), beside(), Deciding::Own);
    let shown = |overtaken| ActionShown {
        action: &asked,
        beside: &beside,
        members: &[],
        deciding: &own,
        receipt: (&[], false),
        overtaken,
        looks_again: false,
        notice: None,
    };
    let page = action(&viewer(), &shown(Some("only 3.00 USD can still be given back")));
    assert!(page.contains("It is out of date: only 3.00 USD can still be given back"), "{page}");
    assert!(!action(&viewer(), &shown(None)).contains("out of date"));
}

#[test]
fn ids_are_small_and_copied_and_never_in_the_place_of_a_name() {
    let (asked, beside, own) = (waiting(), beside(), Deciding::Own);
    let shown = ActionShown {
        action: &asked,
        beside: &beside,
        members: &[],
        deciding: &own,
        receipt: (&[], false),
        overtaken: None,
        looks_again: true,
        notice: None,
    };
    let page = action(&viewer(), &shown);
    for id in ["target-id", "account-id", "action-id"] {
        assert_eq!(page.matches(&format!("<code id=\"{id}\">")).count(), 1, "{id}: {page}");
        assert!(page.contains(&format!("hidden data-copy=\"#{id}\"")), "{id}: {page}");
    }
    let account = asked.account.to_string();
    assert!(!page.contains(&format!(">{account}</a>")), "a link has the customer's name: {page}");
    assert!(page.contains("id=\"now\" tabindex=\"-1\"") && page.contains("looks again by itself"), "{page}");
}
