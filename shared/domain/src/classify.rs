//! What kind of trouble did an event bring, or end? The rules are data: `shared/policy/classify/`.
//!
//! Every detector answers one question: how does this trouble stand now? What follows from the answer (a case is
//! opened, renewed, or over) is the same for all of them.

pub mod adopt;
pub mod again;
mod billed;
pub mod confirm;
mod contracted;
pub mod decision;
pub mod desk;
mod disputed;
mod doubled;
pub mod ended;
mod failed;
mod found;
mod policy;
pub mod rebuild;
pub mod recovery;
mod returned;
pub mod tasks;
mod twice;
mod unnamed;

use crate::book::Due;
use crate::case::{Case, Class, State, TICKET};
use crate::classify::desk::Desk;
use crate::decline::Declines;
use crate::dunning::PlanState;
use crate::event::{Event, Origin};
use crate::id::CaseId;
use jiff::{SignedDuration, Timestamp};

pub use crate::dunning::DISPUTED;
pub use policy::{ClassifyPolicy, Disputes, Duplicates, Found, Otherwise, Rule, Verdict};
pub use twice::found_while_watched;
pub use unnamed::unnamed;

/// What is found apart from failed payments, each with its words in the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    OneInvoiceTwice,
    SameLineSamePeriod,
    SameAmountSameDay,
    /// The same of an account that is watched, where more time lies between.
    SameAmountWatched,
    HeldNotTaken,
    TwoOnOnePlan,
    TwoOnOnePlanApart,
    DisputeOpened,
    InquiryOpened,
    BilledOverAgreed,
    DoesNotAddUp,
    OtherPlanThanAgreed,
}

impl Finding {
    /// The policy has words for each of these and for nothing else: its lint asks for both.
    pub const ALL: [Self; 12] = [
        Self::OneInvoiceTwice,
        Self::SameLineSamePeriod,
        Self::SameAmountSameDay,
        Self::SameAmountWatched,
        Self::HeldNotTaken,
        Self::TwoOnOnePlan,
        Self::TwoOnOnePlanApart,
        Self::DisputeOpened,
        Self::InquiryOpened,
        Self::BilledOverAgreed,
        Self::DoesNotAddUp,
        Self::OtherPlanThanAgreed,
    ];

    /// As the policy's `[[finding]]` names it, and as the rule that a case was opened by.
    pub fn id(self) -> &'static str {
        match self {
            Self::OneInvoiceTwice => "one-invoice-twice",
            Self::SameLineSamePeriod => "same-line-same-period",
            Self::SameAmountSameDay => "same-amount-same-day",
            Self::SameAmountWatched => "same-amount-watched",
            Self::HeldNotTaken => "held-not-taken",
            Self::TwoOnOnePlan => "two-on-one-plan",
            Self::TwoOnOnePlanApart => "two-on-one-plan-apart",
            Self::DisputeOpened => "dispute-opened",
            Self::InquiryOpened => "inquiry-opened",
            Self::BilledOverAgreed => "billed-over-agreed",
            Self::DoesNotAddUp => "does-not-add-up",
            Self::OtherPlanThanAgreed => "other-plan-than-agreed",
        }
    }
}

/// A trouble that the book may show after an event was folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    pub case: CaseId,
    about: About,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    /// A try to pay this invoice failed.
    Failed { invoice: String },
    /// This payment took what another had taken.
    Twice { payment: String },
    /// This subscription buys what another buys.
    Doubled { subscription: String },
    /// A bank claims this payment back, or asks about it.
    Disputed { payment: String, dispute: String },
    /// A side of this bill is not what was agreed.
    Billed { invoice: String, side: billed::Side },
}

impl About {
    fn class(&self) -> Class {
        match self {
            Self::Failed { .. } => Class::PaymentFailed,
            Self::Twice { .. } => Class::DuplicateCharge,
            Self::Doubled { .. } => Class::DuplicateSubscription,
            Self::Disputed { .. } => Class::Chargeback,
            Self::Billed { side, .. } => side.class(),
        }
    }
}

/// How a trouble stands now.
enum Standing {
    Open(Box<Case>),
    /// It is over, and why.
    Over(&'static str),
    /// Nothing that the book shows changes it.
    AsItIs,
}

/// Names the cases that an event may open, renew or end.
pub fn concerns(desk: &Desk, policy: &ClassifyPolicy) -> Vec<Concern> {
    let (touched, head) = (&desk.touched, &desk.head);
    let concern = |class: Class, about: &str, what: About| Concern {
        case: CaseId::of(&head.account, class.name(), about),
        about: what,
    };
    let failed = touched.invoices.values().filter(|invoice| invoice.first_failed_at.is_some());
    let failed =
        failed.map(|invoice| concern(Class::PaymentFailed, &invoice.id, About::Failed { invoice: invoice.id.clone() }));
    let disputes =
        touched.payments.values().flat_map(|payment| payment.disputes.keys().map(move |dispute| (payment, dispute)));
    let disputed = disputes.map(|(payment, dispute)| {
        concern(Class::Chargeback, dispute, About::Disputed { payment: payment.id.clone(), dispute: dispute.clone() })
    });
    let known = |class: Class, about: &str| head.cases.contains_key(&CaseId::of(&head.account, class.name(), about));
    let twice = twice::at_issue(touched, head)
        .filter(|payment| known(Class::DuplicateCharge, payment) || twice::is_open(payment, touched, head, policy))
        .map(|payment| concern(Class::DuplicateCharge, payment, About::Twice { payment: payment.to_owned() }));
    let doubled = doubled::at_issue(touched, head)
        .filter(|id| known(Class::DuplicateSubscription, id) || doubled::is_open(id, desk))
        .map(|id| concern(Class::DuplicateSubscription, id, About::Doubled { subscription: id.to_owned() }));
    let sides = touched
        .invoices
        .keys()
        .flat_map(|invoice| billed::at_issue(invoice, desk, policy).into_iter().map(move |side| (invoice, side)));
    let billed =
        sides.map(|(invoice, side)| concern(side.class(), invoice, About::Billed { invoice: invoice.clone(), side }));
    failed.chain(disputed).chain(twice).chain(doubled).chain(billed).collect()
}

/// The cases that an event may change: those of its concerns, and those that its actions are for.
pub fn concerned(concerns: &[Concern], desk: &Desk) -> Vec<CaseId> {
    let acted = desk.actions.values().filter_map(|action| action.case.clone());
    concerns.iter().map(|concern| concern.case.clone()).chain(acted).collect()
}

/// The invoices whose recovery an event may stop: those that it speaks of; all of them, where somebody disputes, unless
/// they are more than are written at once.
pub fn recovering(concerns: &[Concern], desk: &Desk, most: usize) -> Vec<String> {
    let is_disputed = concerns.iter().any(|concern| matches!(concern.about, About::Disputed { .. }));
    let disputed = is_disputed && desk.head.dunning.len() <= most;
    let running = desk.head.dunning.keys();
    running.filter(|invoice| disputed || desk.touched.invoices.contains_key(*invoice)).cloned().collect()
}

/// The invoices that an event may show failed for the first time.
pub fn failing(event: &Event, concerns: &[Concern], desk: &Desk) -> Vec<String> {
    if event.origin == Origin::Listed {
        return Vec::new();
    }
    let is_open = |invoice: &str| matches!(desk.touched.invoices[invoice].due(), Due::Open(_));
    let invoice = |concern: &Concern| match &concern.about {
        About::Failed { invoice } if is_open(invoice) => Some(invoice.clone()),
        _ => None,
    };
    concerns.iter().filter(|concern| !desk.head.cases.contains_key(&concern.case)).filter_map(invoice).collect()
}

/// What is to be read beside the records of an account before its concerns can be named; most events need nothing.
pub struct Wanted {
    /// Invoices whose lines tell two payments of one amount apart.
    pub compared: Vec<String>,
    /// Invoices in question, which are compared with what was agreed.
    pub judged: Vec<String>,
    /// Whether an account with the same address may have a subscription as well that has just begun, or has a case.
    pub elsewhere: bool,
}

/// Asked after the fold and before the concerns: most events need nothing besides, and save a batch.
pub fn wanted(event: &Event, desk: &Desk, policy: &ClassifyPolicy) -> Wanted {
    Wanted {
        compared: twice::compared(&desk.touched, &desk.head, policy),
        judged: billed::in_question(desk).cloned().collect(),
        elsewhere: doubled::looks_elsewhere(event, desk, policy),
    }
}

/// What is to be done after an event, beyond the records on the desk.
#[derive(Debug, Default)]
pub struct Decided {
    /// Invoices that failed for the first time: their recovery begins, if it may.
    pub recover: Vec<String>,
    /// Cases whose recommended action a person should be asked for.
    pub ask: Vec<CaseId>,
    /// Invoices whose recoveries take in by themselves what the head says of all.
    pub ring: Vec<String>,
}

/// What a decision goes by.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub event: &'a Event,
    pub policy: &'a ClassifyPolicy,
    pub declines: &'a Declines,
    pub now: Timestamp,
}

/// Opens, renews and ends the cases of the concerns, and stops the recovery of what is settled or disputed.
pub fn decide(scene: Scene<'_>, concerns: &[Concern], desk: &mut Desk) -> Decided {
    let mut decided = Decided::default();
    for Concern { case, about } in concerns {
        let standing = match about {
            About::Failed { invoice } => failed::standing(scene, invoice, desk),
            About::Twice { payment } => twice::standing(scene, payment, desk),
            About::Doubled { subscription } => doubled::standing(scene, subscription, desk),
            About::Disputed { payment, dispute } => disputed::standing(scene, payment, dispute, desk),
            About::Billed { invoice, side } => billed::standing(scene, *side, invoice, desk),
        };
        let standing = match standing {
            Standing::Open(mut found) => {
                found.recommended.iter_mut().for_each(|it| it.sees(&desk.head, &desk.touched));
                Standing::Open(found)
            }
            other => other,
        };
        match (standing, desk.cases.get(case).cloned()) {
            (Standing::Open(opened), None) => {
                // What was only looked up on the day of connecting starts nothing by itself.
                if scene.event.origin != Origin::Listed {
                    if let About::Failed { invoice } = about {
                        decided.recover.push(invoice.clone());
                    }
                    decided.ask.extend(opened.recommended.as_ref().map(|_| case.clone()));
                }
                open(desk, *opened);
            }
            (Standing::Open(mut renewed), Some(standing)) => {
                let asks = found_again(scene, desk, about, &mut renewed, &standing);
                decided.ask.extend(asks.then(|| case.clone()));
                renew(scene, desk, about, *renewed, standing);
            }
            (Standing::Over(why), Some(standing)) if standing.state == State::Open => over(scene, desk, standing, why),
            // Some banks tell of a claim only when the money is gone: somebody should know all the same.
            (Standing::Over(why), None) => {
                if let About::Disputed { payment, dispute } = about {
                    let told = disputed::case(scene, payment, dispute, desk);
                    over(scene, desk, told, why);
                }
            }
            _ => {}
        }
        if let About::Failed { invoice } = about
            && let Some(why) = failed::settled(&desk.touched.invoices[invoice])
        {
            stop(scene.now, desk, invoice, why);
        }
        if let About::Disputed { payment, .. } = about
            && desk.touched.payments[payment].is_claimed()
        {
            decided.ring.extend(claimed(scene.now, desk));
        }
    }
    decided
}

/// What was found before is found as it is by now. Says whether people are to be asked for it.
fn found_again(scene: Scene<'_>, desk: &Desk, about: &About, renewed: &mut Case, standing: &Case) -> bool {
    // What people have approved is done as they saw it, whatever the bill shows meanwhile: it may be the first
    // part of it, a change of plan, that leaves nothing to be found.
    let is_found = renewed.recommended.is_some() || matches!(about, About::Billed { .. });
    if is_found && standing.is_under_way(&desk.head) {
        renewed.recommended.clone_from(&standing.recommended);
    }
    // What has gone back since it was first found counts with what is asked for.
    if let (Some(now), Some(before)) = (renewed.recommended.as_mut(), standing.recommended.as_ref())
        && now.kind == before.kind
    {
        now.gone.clone_from(&before.gone);
    }
    // What could not be done before, or is done in another way by now, because the bill has been paid.
    let before = standing.recommended.as_ref();
    let is_other = renewed.recommended.as_ref().is_some_and(|now| before.is_none_or(|before| before.kind != now.kind));
    is_other && standing.state == State::Open && scene.event.origin != Origin::Listed
}

fn open(desk: &mut Desk, mut case: Case) {
    case.shorten();
    let was_open = is_open(desk, &case.id);
    desk.head.names(&case.id, case.line(), was_open);
    desk.cases.insert(case.id.clone(), case);
}

/// Writes what is known by now. A case that is over stays so, unless money did not come or a bank did not keep its
/// word.
fn renew(scene: Scene<'_>, desk: &mut Desk, about: &About, renewed: Case, standing: Case) {
    let comes_back = matches!(about, About::Failed { .. } | About::Disputed { .. });
    if standing.state == State::Resolved && (standing.was_ended_by_hand() || !comes_back) {
        return;
    }
    let mut renewed = Case {
        // A person's word on the class stands.
        class: if standing.handled.is_empty() { renewed.class } else { standing.class },
        opened_at: standing.opened_at,
        actions: standing.actions.clone(),
        decisions: standing.decisions.clone(),
        events: standing.events.clone(),
        handled: standing.handled.clone(),
        tickets: standing.tickets.clone(),
        at_work: standing.at_work.clone(),
        took_over: standing.took_over.clone(),
        ..renewed
    };
    // What customers wrote of it no detector sees.
    renewed.evidence.extend(standing.evidence.iter().filter(|it| it.label == TICKET).cloned());
    // As it was stored: what was left off then is no news.
    renewed.shorten();
    if renewed != standing {
        renewed.events.push(scene.event.id.clone());
        open(desk, renewed);
    }
}

fn over(scene: Scene<'_>, desk: &mut Desk, mut case: Case, why: &str) {
    case.events.push(scene.event.id.clone());
    case.shorten();
    case.resolve(scene.now, why);
    let was_open = is_open(desk, &case.id);
    desk.head.forgets(&case.id, was_open);
    desk.cases.insert(case.id.clone(), case);
}

/// Whether a case is open as it was read.
fn is_open(desk: &Desk, case: &CaseId) -> bool {
    desk.cases.get(case).is_some_and(|case| case.state == State::Open)
}

/// One that has ended unpaid may still take something away: that is over as well.
fn stop(now: Timestamp, desk: &mut Desk, invoice: &str, why: &str) {
    if let Some(plan) = desk.plans.get_mut(invoice).filter(|plan| plan.state != PlanState::Stopped) {
        plan.stop(why, now);
    }
    desk.head.dunning.remove(invoice);
}

/// Stops all recoveries of an account of which a bank claims money back. Those that are more than are written at once
/// are not on the desk: the head says it of them, and names them no more. These are their invoices. What climbs the
/// ladder takes nothing from then on, and stops when its next rung comes.
fn claimed(now: Timestamp, desk: &mut Desk) -> Vec<String> {
    let own: Vec<_> = desk.plans.keys().cloned().collect();
    own.iter().for_each(|invoice| stop(now, desk, invoice, DISPUTED));
    desk.head.overdue.clear();
    let others: Vec<_> = std::mem::take(&mut desk.head.dunning).into_keys().collect();
    if !others.is_empty() {
        desk.head.claimed_at = Some(now);
    }
    others
}

/// A moment as a sentence says it.
fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A span as people say it.
fn span(span: SignedDuration) -> String {
    let minutes = span.abs().as_secs() / 60;
    format!("{} h {} min", minutes / 60, minutes % 60)
}
