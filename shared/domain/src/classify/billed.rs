//! Does an invoice bill what was agreed, and does it add up?

#[cfg(test)]
mod tests;

use super::contracted::{Contracted, contracted};
use super::returned::{how, left_over, returned, together};
use super::{ClassifyPolicy, Finding, Scene, Standing};
use crate::action::Reason;
use crate::book::{Due, Invoice};
use crate::case::{Case, Class, Evidence, Recommendation};
use crate::classify::desk::Desk;
use crate::classify::rebuild::{Checked, Rebuilt, rebuild};
use crate::id::CaseId;
use crate::money::Money;
use rust_decimal::Decimal;

/// Which side of a bill is in question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Lines,
    Sum,
    Plan,
}

impl Side {
    /// Each is judged for itself: one bill may have a case for every side.
    pub const ALL: [Self; 3] = [Self::Lines, Self::Sum, Self::Plan];

    /// The class of the case that is opened when this side is wrong.
    pub fn class(self) -> Class {
        match self {
            Self::Lines => Class::Overcharge,
            Self::Sum => Class::InvoiceDiscrepancy,
            Self::Plan => Class::PlanMismatch,
        }
    }
}

/// The sides of a bill that are wrong, or were.
pub(super) fn at_issue(invoice: &str, desk: &Desk, policy: &ClassifyPolicy) -> Vec<Side> {
    let rebuilt = rebuilt(invoice, desk);
    let wrong = |side: &Side| rebuilt.as_ref().is_some_and(|(_, rebuilt)| is_wrong(*side, rebuilt, policy));
    Side::ALL.into_iter().filter(|side| has_case(*side, invoice, desk) || wrong(side)).collect()
}

/// The touched invoices about which a case is open: they cannot be judged before what was agreed is read.
pub(super) fn in_question(desk: &Desk) -> impl Iterator<Item = &String> {
    desk.touched.invoices.keys().filter(|invoice| Side::ALL.into_iter().any(|side| has_case(side, invoice, desk)))
}

fn has_case(side: Side, invoice: &str, desk: &Desk) -> bool {
    desk.head.cases.contains_key(&CaseId::of(&desk.head.account, side.class().name(), invoice))
}

fn is_wrong(side: Side, rebuilt: &Rebuilt, policy: &ClassifyPolicy) -> bool {
    // Every line may be rounded another way.
    let lines = Decimal::from(rebuilt.lines.len());
    let slack = Decimal::new(policy.billing.rounding_coins, rebuilt.residue.currency().digits()) * lines;
    match side {
        Side::Lines => rebuilt.residue.amount() > slack,
        Side::Sum => rebuilt.gap.is_some_and(|gap| gap.amount().abs() > slack),
        Side::Plan => rebuilt.other_plan.is_some(),
    }
}

fn rebuilt<'a>(invoice: &str, desk: &'a Desk) -> Option<(&'a Invoice, Rebuilt)> {
    let terms = &desk.beside.terms;
    let invoice = desk.touched.invoices.get(invoice).filter(|invoice| terms.invoices.contains(&invoice.id))?;
    if !matches!(invoice.due(), Due::Open(_) | Due::Paid) {
        return None;
    }
    let own = |id: &String| desk.touched.subscriptions.get(id).or_else(|| terms.subscriptions.get(id));
    let subscription = invoice.subscription.value().and_then(own);
    Some((invoice, rebuild(invoice, terms, subscription)?))
}

pub(super) fn standing(scene: Scene<'_>, side: Side, invoice: &str, desk: &Desk) -> Standing {
    let Some((invoice, rebuilt)) = rebuilt(invoice, desk) else {
        let withdrawn = desk.touched.invoices.get(invoice).is_some_and(|invoice| invoice.due() == Due::Withdrawn);
        return if withdrawn { Standing::Over("withdrawn") } else { Standing::AsItIs };
    };
    if !is_wrong(side, &rebuilt, scene.policy) {
        return Standing::Over("explained");
    }
    let over = left_over(scene, rebuilt.residue, &rebuilt.lines, invoice, desk);
    if side == Side::Lines && !over.is_positive() {
        return Standing::Over("given back");
    }
    let finding = match side {
        Side::Lines => Finding::BilledOverAgreed,
        Side::Sum => Finding::DoesNotAddUp,
        Side::Plan => Finding::OtherPlanThanAgreed,
    };
    let mut case = Case::found(scene, &desk.head, side.class(), &invoice.id, scene.policy.found(finding));
    let number = invoice.number.value().unwrap_or(&invoice.id).clone();
    case.evidence.extend(invoice.total.copied().map(|total| Evidence::new("Total", total, &invoice.id)));
    let mut amount = invoice.total.copied();
    match side {
        Side::Lines => {
            tell_lines(&mut case, &rebuilt.lines);
            case.evidence.push(Evidence::new("Billed beyond what was agreed", over, &invoice.id));
            if contracted(scene, invoice, &rebuilt, desk).gives_back(invoice, desk) {
                let told = "by the case of its plan, together with what that plan cost beyond the contract";
                case.evidence.push(Evidence::new("Given back", told, &invoice.id));
            } else {
                case.recommended = recommended(scene, over, invoice, &number, desk);
            }
            amount = Some(over);
        }
        Side::Sum => {
            for line in &rebuilt.lines {
                case.evidence.push(Evidence::new(&line.text, line.billed, &line.line));
            }
            case.evidence
                .extend(rebuilt.gap.map(|gap| Evidence::new("The total differs from its parts by", gap, &invoice.id)));
            amount = rebuilt.gap;
        }
        Side::Plan => {
            if let Some(other) = &rebuilt.other_plan {
                case.evidence.push(Evidence::new("Agreed plan", &other.agreed, &invoice.id));
                case.evidence.push(Evidence::new("Billed plan", &other.billed, &invoice.id));
            }
            let Contracted { beyond, recommended, missing } = contracted(scene, invoice, &rebuilt, desk);
            case.evidence.extend(beyond.map(|beyond| Evidence::new("Billed beyond the contract", beyond, &invoice.id)));
            case.recommended = recommended;
            case.missing = missing;
        }
    }
    case.fill(amount, &number, "");
    Standing::Open(Box::new(case))
}

/// Back, as far as it was paid, and credited for the rest.
fn recommended(scene: Scene<'_>, over: Money, invoice: &Invoice, number: &str, desk: &Desk) -> Option<Recommendation> {
    let kinds = returned(scene, over, invoice, desk);
    let note = format!("invoice {number} bills {over} beyond what was agreed: {}", how(&kinds));
    Some(Recommendation::new(together(kinds)?, Reason::BillingError, note))
}

/// What is explained is said in a word; what is not, in full.
fn tell_lines(case: &mut Case, lines: &[Checked]) {
    let explained = lines.iter().filter(|line| line.is_explained()).count();
    case.evidence.push(Evidence::new(
        "Lines explained to the cent",
        format!("{explained} of {}", lines.len()),
        &case.about,
    ));
    for line in lines.iter().filter(|line| !line.is_explained()) {
        match line.expected {
            Some(expected) => {
                case.evidence.push(Evidence::of_line(&line.text, (line.billed, expected), &line.how, &line.line));
            }
            None => case.missing.push(format!("{} of {}: {}", line.text, line.billed, line.how)),
        }
    }
}
