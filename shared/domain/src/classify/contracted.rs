//! An invoice bills another plan than the contract names: what puts that right?

use super::Scene;
use super::returned::{how, left_over, returned, tax_on_top, together};
use crate::action::{Kind, NoPreview, Reason, change_of};
use crate::book::{Invoice, Subscription};
use crate::case::{Case, Class, Recommendation, State};
use crate::classify::desk::Desk;
use crate::classify::rebuild::{OtherPlan, Rebuilt};
use crate::event::SubscriptionStatus;
use crate::id::CaseId;
use crate::money::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What is known of the way back to the contract.
#[derive(Debug, Default)]
pub(super) struct Contracted {
    /// What the bill comes to beyond the contract, together with what its lines bill beyond their own prices.
    pub beyond: Option<Money>,
    pub recommended: Option<Recommendation>,
    /// What would have to be known for all of it to be recommended.
    pub missing: Vec<String>,
}

impl Contracted {
    /// Whether money goes back by it, or has, and nobody has said that it shall not: then no other case of the invoice asks
    /// for that.
    pub fn gives_back(&self, invoice: &Invoice, desk: &Desk) -> bool {
        let standing = standing(&invoice.id, desk);
        let has = standing.filter(|case| case.state == State::Resolved || case.is_under_way(&desk.head));
        let given = has.and_then(|case| case.recommended.as_ref());
        let mut kinds = self.recommended.iter().chain(given).flat_map(|it| it.kind.members());
        let is_refused = standing.is_some_and(Case::was_ended_by_hand);
        !is_refused && kinds.any(|kind| kind.gives().is_some())
    }
}

fn standing<'a>(invoice: &str, desk: &'a Desk) -> Option<&'a Case> {
    desk.cases.get(&CaseId::of(&desk.head.account, Class::PlanMismatch.name(), invoice))
}

pub(super) fn contracted(scene: Scene<'_>, invoice: &Invoice, rebuilt: &Rebuilt, desk: &Desk) -> Contracted {
    let mut contracted = Contracted::default();
    let Some(other) = &rebuilt.other_plan else { return contracted };
    let change = match change(scene, other, &invoice.id, desk) {
        Ok(change) => change,
        Err(missing) => return Contracted { missing: vec![missing], ..contracted },
    };
    let dearer = match dearer(other, invoice, rebuilt) {
        Ok(dearer) => Some(dearer).filter(|dearer| dearer.is_positive()),
        Err(missing) => {
            contracted.missing.push(missing);
            None
        }
    };
    let beyond = dearer.map(|dearer| left_over(scene, rebuilt.residue.plus(dearer), &rebuilt.lines, invoice, desk));
    contracted.beyond = beyond.filter(|beyond| beyond.is_positive());
    let Some(beyond) = contracted.beyond else {
        contracted.recommended = recommended(change, Vec::new(), other);
        return contracted;
    };
    if let Some(why) = counted_there(change.as_ref(), other, desk) {
        contracted.missing.push(format!("how much of {beyond} has to go back: {why}"));
        contracted.recommended = recommended(change, Vec::new(), other);
        return contracted;
    }
    let money = returned(scene, beyond, invoice, desk);
    if money.is_empty() {
        // People are not asked for the half of it, and for the rest a moment later.
        contracted.missing.push(format!("how {beyond} goes back: no payment is known that still has it"));
    } else {
        contracted.recommended = recommended(change, money, other);
    }
    contracted
}

/// Why the provider itself may give back what the other plan cost beyond the contract, so that a person has to look.
fn counted_there(change: Option<&Kind>, other: &OtherPlan, desk: &Desk) -> Option<String> {
    let OtherPlan { subscription, price, instead, .. } = other;
    if shown(other, desk).and_then(Subscription::plan).is_some_and(|plan| plan.price != *instead) {
        return Some(format!("{subscription} was changed since this was billed, and the provider may have counted it"));
    }
    // By the catalogue the dearer plan is the lower one: then the rest of the period is counted with the change.
    let is_at_once = matches!(change, Some(Kind::Upgrade { .. }));
    is_at_once.then(|| format!("the change to {price} is made at once, and the provider counts the rest of the period"))
}

/// The subscription that bills the other plan, as it is by now.
fn shown<'a>(other: &OtherPlan, desk: &'a Desk) -> Option<&'a Subscription> {
    let id = &other.subscription;
    desk.touched.subscriptions.get(id).or_else(|| desk.beside.terms.subscriptions.get(id))
}

/// First the plan, then the money: no book shows for what a credit was given, so that nothing may be left to do after it.
fn recommended(change: Option<Kind>, money: Vec<Kind>, other: &OtherPlan) -> Option<Recommendation> {
    let OtherPlan { agreed, billed, subscription, price, .. } = other;
    let moved = change.is_some().then(|| format!("change {subscription} to {price}"));
    let returned = Some(how(&money)).filter(|how| !how.is_empty());
    let steps: Vec<_> = moved.into_iter().chain(returned).collect();
    let note = format!("the contract names {agreed}, and {billed} is billed: {}", steps.join("; "));
    let kind = together(change.into_iter().chain(money).collect())?;
    Some(Recommendation::new(kind, Reason::BillingError, note))
}

/// The change to the contract's plan, at exactly the contract's price; none where it has been made, or nothing runs any
/// more.
fn change(scene: Scene<'_>, other: &OtherPlan, invoice: &str, desk: &Desk) -> Result<Option<Kind>, String> {
    let OtherPlan { subscription: id, price, unit, .. } = other;
    let missing = |why: &dyn std::fmt::Display| format!("how to change {id} to {price}: {why}");
    let Some(running) = shown(other, desk).filter(|it| it.status.copied().is_some()) else {
        return Err(missing(&"the provider has not shown the subscription"));
    };
    if running.status.copied() == Some(SubscriptionStatus::Ended) {
        return Ok(None);
    }
    let today = scene.now.to_zoned(TimeZone::UTC).date();
    let change = match change_of(running, id, price, &desk.beside.terms.prices, today) {
        Ok(change) => change,
        Err(NoPreview::SamePlan(_)) => return Ok(None),
        Err(why) => return Err(missing(&why)),
    };
    let [_, sold] = change.units;
    if let Some(unit) = unit.filter(|unit| *unit != sold) {
        let why = format!("the contract says {unit} for one, and the provider sells it for {sold}");
        return Err(missing(&why));
    }
    // As of one moment, however often the bill is looked at again: what people are asked for must not move.
    let standing = standing(invoice, desk);
    let asked = standing.and_then(|case| asked_at(case, id, price));
    let at = asked.or_else(|| standing.map(|case| case.opened_at)).unwrap_or(scene.now);
    change.kind(id.clone(), at).map(Some).map_err(|why| missing(&why))
}

/// As of which moment the case asks for this change: where figures are those of their day, whoever asks brings it there.
fn asked_at(case: &Case, id: &str, price: &str) -> Option<Timestamp> {
    let mut members = case.recommended.iter().flat_map(|it| it.kind.members());
    members.find_map(|member| match member {
        Kind::Upgrade { subscription, plan, at, .. } if subscription == id && plan == price => Some(*at),
        _ => None,
    })
}

/// By how much the plan that is billed costs more; or why nobody can say it to the cent.
fn dearer(other: &OtherPlan, invoice: &Invoice, rebuilt: &Rebuilt) -> Result<Money, String> {
    let of_lines = invoice.lines.value().into_iter().flatten().filter_map(|line| line.tax);
    let is_taxed = invoice.tax.copied().into_iter().chain(of_lines).any(Money::is_positive);
    let missing = |why: &str| format!("what {} would have cost in the place of {}: {why}", other.agreed, other.billed);
    if is_taxed && tax_on_top(&rebuilt.lines, invoice).is_none() {
        return Err(missing("the lines hold their tax"));
    }
    other.dearer.ok_or_else(|| missing("the line is no whole period at a price that is known"))
}
