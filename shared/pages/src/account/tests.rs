//! What an account's page says, and what a frame of it leaves out.

use super::*;
use domain::book::{Head, Person};
use domain::id::CaseId;
use domain::sidebar::{Mark, Moved, OpenCase, Recommended, sidebar};
use domain::staff::Role;
use jiff::{SignedDuration, Timestamp};
use serde_json::{from_value, json};

fn at() -> Timestamp {
    "2026-11-30T08:00:00Z".parse().unwrap()
}

/// Somebody who was charged twice, and once in vain.
fn charged_twice() -> Sidebar {
    let mut head = Head::new("stripe", "default", "cus_1");
    let line = json!({"status": "active", "plan": "Team", "price": {"amount": "19.00", "currency": "USD"},
        "interval": {"unit": "month", "count": 1}, "quantity": 2});
    head.book.subscriptions.insert("sub_1".to_owned(), from_value(line).unwrap());
    let own = sidebar(&head, &Person::default(), at(), SignedDuration::ZERO);
    let case = CaseId::of(&head.account, "duplicate_charge", "ch_2");
    let advice = Recommended { says: "give back 38.00 USD".to_owned(), action: None, state: None };
    let mark = Mark { says: "charged twice".to_owned(), case: Some(case.clone()), recommended: Some(advice.clone()) };
    let moved = |payment: &str, status, why: Option<&str>, marks| Moved {
        at: at(),
        payment: Some(payment.to_owned()),
        amount: from_value(json!({"amount": "38.00", "currency": "USD"})).unwrap(),
        status: Some(status),
        given_back: None,
        method: Some("Visa 4242".to_owned()),
        invoice_id: Some("in_1".to_owned()),
        invoice: Some("R-7 <b>".to_owned()),
        why: why.map(str::to_owned),
        marks,
    };
    let payments = vec![
        moved("ch_2", "succeeded", None, vec![mark.clone()]),
        moved("ch_1", "succeeded", None, vec![mark]),
        moved("ch_0", "failed", Some("the card has expired"), Vec::new()),
    ];
    let open = OpenCase { id: case, class: "duplicate_charge".to_owned(), opened_at: at(), recommended: Some(advice) };
    Sidebar { payments, cases: vec![open], latest_actions: Some(Vec::new()), ..own }
}

fn names() -> Names {
    Names::default().with([("lena".to_owned(), "Lena M.".to_owned())])
}

fn told() -> Vec<Told> {
    vec![Told { at: at(), says: "payment of 38.00 USD came in (Visa 4242)".to_owned() }]
}

fn page(csrf: Option<&str>, role: Role) -> String {
    page_of(&charged_twice(), csrf, role)
}

fn page_of(sidebar: &Sidebar, csrf: Option<&str>, role: Role) -> String {
    let viewer = Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: csrf.map(str::to_owned), local: false };
    let alike = Alike { confirmed: Vec::new(), proposed: Vec::new() };
    let none: [Recovering; 0] = [];
    let (told, names) = (told(), names());
    let shown = AccountShown {
        sidebar,
        told: &told,
        before: Some("/accounts/a?cursor=x"),
        alike: &alike,
        recovering: &none,
        names: &names,
        notice: None,
    };
    account(&viewer, &shown)
}

#[test]
fn a_duplicate_is_marked_beside_both_charges_with_its_case_and_what_is_recommended() {
    for shown in [page(Some("token"), Role::L1), embedded(&charged_twice(), &names(), &told(), at())] {
        assert_eq!(shown.matches(">charged twice</a>").count(), 2, "{shown}");
        assert_eq!(shown.matches("Recommended: give back 38.00 USD").count(), 3, "the case says so as well: {shown}");
        for says in ["the card has expired", "payment of 38.00 USD came in (Visa 4242).", "38.00 USD per month"] {
            assert!(shown.contains(says), "{says} in {shown}");
        }
        assert!(!shown.contains("R-7 <b>"), "what was written is text: {shown}");
    }
}

#[test]
fn all_that_people_ask_about_an_account_stands_on_its_page() {
    let mut own = charged_twice();
    let day: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
    own.subscription.started_at = Some(at());
    own.subscription.contract_end = Some(day);
    own.subscription.auto_renew = Some(true);
    own.subscription.seats_used = Some(1);
    own.subscription.seats_as_of = Some(at());
    own.lifetime.arr = from_value(json!({"amount": "456.00", "currency": "USD"})).unwrap();
    own.lifetime.revenue_covers = Some("all payments until today".to_owned());
    own.lifetime.churn_reasons = vec!["a payment failed".to_owned()];
    let page = page_of(&own, None, Role::L1);
    for name in [
        "Plan",
        "Price",
        "Total",
        "Renews",
        "Payment method",
        "E-mail",
        "Phone",
        "Address",
        "Last payment",
        "Next invoice",
        "Failures in 12 months",
        "Credit",
        "Began",
        "Contract ends",
        "Renews by itself",
        "Seats",
        "Add-ons",
        "Customer for",
    ] {
        assert!(page.contains(&format!("<dt>{name}</dt>")), "{name} is not on the page: {page}");
    }
    for part in [
        "Outstanding",
        "Invoices of the last six months",
        "456.00 USD a year (ARR)",
        "all payments until today",
        "Churn risk",
        "a payment failed",
        "1 used on 30 Nov 2026",
        "<dt>Contract ends</dt><dd>1 Dec 2026</dd>",
    ] {
        assert!(page.contains(part), "{part} is not on the page: {page}");
    }
}

#[test]
fn a_dispute_names_its_payment_by_day_and_card_and_money_needs_no_symbol() {
    let mut own = charged_twice();
    let dispute = |payment: &str| {
        let amount = from_value(json!({"amount": "38000", "currency": "XAF"})).unwrap();
        Dispute {
            id: "dp_1".to_owned(),
            payment: payment.to_owned(),
            amount,
            status: "needs_response",
            formal: Some(true),
            evidence_due_at: None,
        }
    };
    own.status.disputes = vec![dispute("ch_1"), dispute("ch_long_ago")];
    let page = page_of(&own, None, Role::L1);
    let named = "Dispute over 38000 XAF about the payment of <time datetime=\"2026-11-30T08:00:00Z\">2026-11-30 08:00 UTC</time> \
        (Visa 4242): needs response";
    for part in [named, "about the payment ch_long_ago: needs response"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[test]
fn the_page_leads_on_to_what_happened_before() {
    assert!(page(None, Role::Analyst).contains("<a href=\"/accounts/a?cursor=x\">What happened before</a>"));
}

#[test]
fn a_frame_has_nothing_to_press_and_leads_out_of_itself() {
    let pages = [
        embedded(&charged_twice(), &names(), &told(), at()),
        not_embedded(NotEmbedded::Expired),
        not_embedded(NotEmbedded::NoOrigin),
    ];
    for shown in pages {
        for not in ["<form", "<button", "<input", "<nav", "<script", "<header", "<table"] {
            assert!(!shown.contains(not), "{not} in {shown}");
        }
        let links = shown.matches("<a href=").count();
        assert_eq!(shown.matches("target=\"_blank\" rel=\"noopener\"").count(), links, "{shown}");
    }
    assert!(not_embedded(NotEmbedded::Expired).contains("Reload the sidebar to see it again"));
    assert!(not_embedded(NotEmbedded::NoOrigin).contains("POST /api/embeds/origins"));
}
