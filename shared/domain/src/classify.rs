//! What kind of trouble did an event bring, or end? The rules are data: `shared/policy/classify/`.

mod failed;
mod twice;

use crate::book::{CaseLine, Due, Head, PaymentLine, Touched};
use crate::case::{Case, Class, State};
use crate::decline::{Declines, Family};
use crate::desk::Desk;
use crate::dunning::PlanState;
use crate::event::Event;
use crate::id::CaseId;
use crate::policy::{Complaint, Rules};
use jiff::Timestamp;
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
    /// Within this time, tellings of a failed try that nothing else links are of one try.
    pub same_try_minutes: i64,
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

    fn effective(&self) -> &str {
        &self.effective
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
    let twice = touched.payments.keys().flat_map(|payment| twice::pairs(payment, head, policy));
    failed.chain(twice).collect()
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
                    let opened = twice::case(scene, case, first, second, &desk.head);
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
        (Due::Open(remaining), None) => {
            // What is due must be known before anybody is asked for it.
            decided.recover.extend(remaining.map(|_| invoice.id.clone()));
            open(desk, failed::case(scene, id, &invoice, &desk.head));
        }
        // What was paid and is open again, because the money did not come after all, is the same trouble.
        (Due::Open(_), Some(case)) => {
            let mut renewed = failed::case(scene, id, &invoice, &desk.head);
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
