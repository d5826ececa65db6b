//! What kind of trouble did an event bring, or end? The rules are data: `shared/policy/classify/`.

use crate::action::{Kind, Reason};
use crate::book::{CaseLine, Due, Head, Invoice, PaymentLine, Touched};
use crate::case::{Case, Class, Draft, Evidence, Recommendation, State};
use crate::decline::{Declines, Family};
use crate::desk::Desk;
use crate::dunning::PlanState;
use crate::event::{Event, PaymentStatus};
use crate::id::CaseId;
use crate::policy::{Complaint, Rules};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifyPolicy {
    pub version: u32,
    pub effective: String,
    pub duplicates: Duplicates,
    pub rule: Vec<Rule>,
    pub otherwise: Otherwise,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duplicates {
    pub window_hours: i64,
    /// How far back an invoice may lie that a payment without a named invoice pays for.
    pub explained_days: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub id: Spanned<String>,
    pub family: Vec<String>,
    pub confidence: String,
    pub advice: String,
    pub why: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Otherwise {
    pub id: String,
    pub confidence: String,
    pub advice: String,
    pub why: String,
}

/// The rule that applied, with its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    pub rule: &'a str,
    pub confidence: &'a str,
    pub advice: &'a str,
    pub why: &'a str,
    pub policy_version: u32,
}

impl ClassifyPolicy {
    /// Returns the first rule for a family of failures, or the policy's `otherwise`.
    pub fn verdict(&self, family: &Family) -> Verdict<'_> {
        let policy_version = self.version;
        let rule = self.rule.iter().find(|rule| rule.family.contains(family.id.get_ref()));
        rule.map_or(
            Verdict {
                rule: &self.otherwise.id,
                confidence: &self.otherwise.confidence,
                advice: &self.otherwise.advice,
                why: &self.otherwise.why,
                policy_version,
            },
            |rule| Verdict { rule: rule.id.get_ref(), confidence: &rule.confidence, advice: &rule.advice, why: &rule.why, policy_version },
        )
    }
}

impl Rules for ClassifyPolicy {
    const NAME: &'static str = "classify";

    fn version(&self) -> u32 {
        self.version
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.rule.iter().map(|rule| &rule.id));
        let mut taken = BTreeSet::new();
        for rule in &self.rule {
            if rule.why.trim().is_empty() {
                complaints.push(Complaint::on(&rule.id, format!("`{}` has no `why`", rule.id.get_ref())));
            }
            // `insert` must run for every family, so this cannot be `any`.
            let fresh = rule.family.iter().filter(|family| taken.insert((*family).clone())).count();
            if fresh == 0 {
                complaints.push(Complaint::on(
                    &rule.id,
                    format!("`{}` can never match: its families are taken by earlier rules", rule.id.get_ref()),
                ));
            }
        }
        complaints
    }
}

/// A trouble that the book shows after an event was folded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "an event has one or two of them")]
pub enum Concern {
    /// A try failed, and the invoice is open, settled or withdrawn.
    FailedInvoice { case: CaseId, invoice: String },
    /// Two payments look like one.
    Twice { case: CaseId, first: PaymentLine, second: PaymentLine },
}

impl Concern {
    pub fn case(&self) -> &CaseId {
        match self {
            Self::FailedInvoice { case, .. } | Self::Twice { case, .. } => case,
        }
    }
}

/// Names the cases that an event may open or end.
pub fn concerns(touched: &Touched, head: &Head, policy: &ClassifyPolicy) -> Vec<Concern> {
    let failed = touched.invoices.values().filter(|invoice| invoice.first_failed_at.is_some()).map(|invoice| Concern::FailedInvoice {
        case: CaseId::of(&head.account, Class::PaymentFailed.name(), &invoice.id),
        invoice: invoice.id.clone(),
    });
    let twice = touched.payments.keys().flat_map(|payment| duplicates(payment, head, policy));
    failed.chain(twice).collect()
}

/// Pairs a payment with those that took the same from the same customer within the window.
fn duplicates(payment: &str, head: &Head, policy: &ClassifyPolicy) -> Vec<Concern> {
    let window = SignedDuration::from_hours(policy.duplicates.window_hours);
    let lines = &head.book.payments;
    let Some(own) = lines.iter().find(|line| line.payment == payment) else { return Vec::new() };
    lines
        .iter()
        .filter(|other| {
            other.payment != own.payment
                && same_thing(own, other)
                && !explained(own, other, head, policy)
                && own.at.duration_since(other.at).abs() <= window
        })
        .map(|other| {
            let (first, second) = if (other.at, &other.payment) < (own.at, &own.payment) { (other, own) } else { (own, other) };
            let case = CaseId::of(&head.account, Class::DuplicateCharge.name(), &second.payment);
            Concern::Twice { case, first: first.clone(), second: second.clone() }
        })
        .collect()
}

/// Two invoices are two things: only payments of one invoice, or outside any, can be one thing taken twice.
fn same_thing(one: &PaymentLine, other: &PaymentLine) -> bool {
    let taken = |line: &PaymentLine| line.status == Some(PaymentStatus::Succeeded) && line.amount.is_some();
    let invoices_differ = matches!((&one.invoice, &other.invoice), (Some(one), Some(other)) if one != other);
    let returned = |line: &PaymentLine| line.given_back.is_some_and(|back| back.is_positive());
    taken(one) && taken(other) && one.amount == other.amount && !invoices_differ && !returned(one) && !returned(other)
}

/// Where payments do not name their invoices, as since Stripe's basil: does each of them have one of its own?
fn explained(one: &PaymentLine, other: &PaymentLine, head: &Head, policy: &ClassifyPolicy) -> bool {
    if one.invoice.is_some() || other.invoice.is_some() {
        return false;
    }
    let until = one.at.max(other.at);
    let since = until - SignedDuration::from_hours(24 * policy.duplicates.explained_days);
    let recent = |at| at >= since && at <= until;
    let invoices = head.book.invoices.iter().filter(|line| line.total == one.amount && recent(line.created_at)).count();
    let payments = head
        .book
        .payments
        .iter()
        .filter(|line| line.amount == one.amount && line.status == Some(PaymentStatus::Succeeded) && recent(line.at))
        .count();
    invoices >= payments
}

/// What is to be done after an event, beyond the records on the desk.
#[derive(Debug, Default)]
pub struct Decided {
    /// Invoices whose recovery begins.
    pub recover: Vec<String>,
    /// Cases whose recommended action a person should be asked for.
    pub ask: Vec<CaseId>,
}

/// What a decision goes by.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub event: &'a Event,
    pub policy: &'a ClassifyPolicy,
    pub declines: &'a Declines,
    pub now: Timestamp,
}

/// Opens, renews and ends the cases of the concerns, and stops the recovery of what is settled.
pub fn decide(scene: Scene<'_>, concerns: &[Concern], desk: &mut Desk) -> Decided {
    let mut decided = Decided::default();
    for concern in concerns {
        match concern {
            Concern::FailedInvoice { case, invoice } => failed_invoice(&mut decided, scene, case, invoice, desk),
            Concern::Twice { case, first, second } => {
                if !desk.cases.contains_key(case) {
                    let opened = twice(scene, case, first, second, desk);
                    decided.ask.extend(opened.recommended.as_ref().map(|_| case.clone()));
                    open(desk, opened);
                }
            }
        }
    }
    decided
}

fn open(desk: &mut Desk, case: Case) {
    desk.head.cases.insert(case.id.clone(), CaseLine { class: case.class.name().to_owned(), opened_at: case.opened_at });
    desk.cases.insert(case.id.clone(), case);
}

fn failed_invoice(decided: &mut Decided, scene: Scene<'_>, id: &CaseId, invoice: &str, desk: &mut Desk) {
    let invoice = desk.touched.invoices[invoice].clone();
    let due = invoice.due();
    match (due, desk.cases.get(id).cloned()) {
        (Due::Open(_), None) => {
            decided.recover.push(invoice.id.clone());
            open(desk, payment_failed(scene, id, &invoice, &desk.head));
        }
        (Due::Open(_), Some(case)) if case.state == State::Open => {
            let mut renewed = payment_failed(scene, id, &invoice, &desk.head);
            renewed.opened_at = case.opened_at;
            renewed.actions = case.actions;
            renewed.events = case.events.into_iter().chain([scene.event.id.clone()]).collect();
            open(desk, renewed);
        }
        (Due::Paid | Due::Withdrawn, case) => {
            let resolution = if due == Due::Paid { "paid" } else { "withdrawn" };
            if let Some(mut case) = case.filter(|case| case.state == State::Open) {
                case.events.push(scene.event.id.clone());
                case.resolve(scene.now, resolution);
                desk.head.cases.remove(id);
                desk.cases.insert(id.clone(), case);
            }
            if let Some(plan) = desk.plans.get_mut(&invoice.id).filter(|plan| plan.state == PlanState::Running) {
                plan.stop(resolution, scene.now);
            }
            desk.head.dunning.remove(&invoice.id);
        }
        _ => {}
    }
}

fn payment_failed(scene: Scene<'_>, id: &CaseId, invoice: &Invoice, head: &Head) -> Case {
    let Scene { event, policy, declines, now } = scene;
    let decline = invoice.decline.value();
    let family = decline.map_or_else(|| declines.unclassified(), |decline| declines.family(decline));
    let verdict = policy.verdict(family);
    let mut evidence = Vec::new();
    let mut missing = Vec::new();
    if let Some(failed_at) = invoice.first_failed_at {
        evidence.push(Evidence::new("First failed try", failed_at, &invoice.id));
    }
    if let Due::Open(remaining) = invoice.due() {
        evidence.push(Evidence::new("Still due", remaining, &invoice.id));
    }
    if invoice.attempts > 0 {
        evidence.push(Evidence::new("Tries so far", invoice.attempts, &invoice.id));
    }
    match decline {
        Some(decline) => evidence.push(Evidence::new("Decline code", format!("{} ({})", decline.code, family.id.get_ref()), &event.id)),
        None => missing.push("the decline code: the provider did not send it".to_owned()),
    }
    match head.book.card() {
        Some(card) => evidence.push(Evidence::new("Card", format!("{} ending {}", card.brand, card.last4), &head.customer)),
        None => missing.push("the card".to_owned()),
    }
    if invoice.pay_link.value().is_none() {
        missing.push("a payment page for the customer".to_owned());
    }
    Case {
        id: id.clone(),
        account: head.account.clone(),
        class: Class::PaymentFailed,
        about: invoice.id.clone(),
        confidence: verdict.confidence.to_owned(),
        state: State::Open,
        rule: verdict.rule.to_owned(),
        policy_version: verdict.policy_version,
        evidence,
        missing,
        advice: verdict.advice.to_owned(),
        why: verdict.why.to_owned(),
        recommended: None,
        draft_reply: Some(Draft {
            text: "payment_failed".to_owned(),
            amount: invoice.remaining.copied().map(|amount| amount.to_string()).unwrap_or_default(),
            invoice: invoice.number.value().unwrap_or(&invoice.id).clone(),
            payment: String::new(),
            reason: family.customer_reason.clone(),
            link: invoice.pay_link.value().cloned().unwrap_or_default(),
        }),
        actions: Vec::new(),
        events: vec![event.id.clone()],
        opened_at: now,
        resolved_at: None,
        resolution: None,
    }
}

fn twice(scene: Scene<'_>, id: &CaseId, first: &PaymentLine, second: &PaymentLine, desk: &Desk) -> Case {
    let Scene { event, policy, now, .. } = scene;
    let amount = second.amount.expect("only payments with an amount are compared");
    let one_invoice = first.invoice.is_some() && first.invoice == second.invoice;
    let (rule, confidence, why) = if one_invoice {
        ("one-invoice-twice", "0.99", "One invoice was paid twice: the second payment has nothing to pay for.")
    } else {
        ("same-amount-same-day", "0.85", "The same amount was taken twice within a day, and no second invoice explains it.")
    };
    let seconds = second.at.duration_since(first.at).as_secs();
    let mut evidence = vec![
        Evidence::new("First payment", format!("{amount} at {}", first.at), &first.payment),
        Evidence::new("Second payment", format!("{amount} at {}", second.at), &second.payment),
        Evidence::new("Apart", format!("{} h {} min", seconds / 3600, seconds % 3600 / 60), &second.payment),
    ];
    if let Some(invoice) = &first.invoice {
        evidence.push(Evidence::new("Invoice of the first", invoice, invoice));
    }
    if let (Some(one), Some(other)) = (&first.card, &second.card) {
        let same = if one == other { "the same card" } else { "two cards" };
        evidence.push(Evidence::new("Paid with", format!("{same}, ending {} and {}", one.last4, other.last4), &second.payment));
    }
    Case {
        id: id.clone(),
        account: desk.head.account.clone(),
        class: Class::DuplicateCharge,
        about: second.payment.clone(),
        confidence: confidence.to_owned(),
        state: State::Open,
        rule: rule.to_owned(),
        policy_version: policy.version,
        evidence,
        missing: Vec::new(),
        advice: format!("Refund the second payment of {amount} to the card it came from."),
        why: why.to_owned(),
        recommended: Some(Recommendation {
            kind: Kind::Refund { payment: second.payment.clone(), amount },
            reason: Reason::DuplicateCharge,
            note: format!("{} was charged twice; refund {}", first.payment, second.payment),
        }),
        draft_reply: Some(Draft {
            text: "duplicate_charge".to_owned(),
            amount: amount.to_string(),
            invoice: String::new(),
            payment: second.payment.clone(),
            reason: String::new(),
            link: String::new(),
        }),
        actions: Vec::new(),
        events: vec![event.id.clone()],
        opened_at: now,
        resolved_at: None,
        resolution: None,
    }
}
