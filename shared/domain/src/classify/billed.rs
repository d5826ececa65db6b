//! Does an invoice bill what was agreed, and does it add up?

use super::{ClassifyPolicy, Finding, Scene, Standing};
use crate::action::{Kind, Reason};
use crate::book::{Due, Invoice, PaymentLine};
use crate::case::{Case, Class, Evidence, Recommendation};
use crate::classify::desk::Desk;
use crate::classify::rebuild::{Checked, Rebuilt, rebuild};
use crate::event::{CreditNoteStatus, PaymentStatus};
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
    let over = left_over(invoice, &rebuilt, desk);
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
            case.recommended = paid_with(invoice, desk).and_then(|payment| refund(payment, over, &number));
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
            if let Some((agreed, billed)) = &rebuilt.other_plan {
                case.evidence.push(Evidence::new("Agreed plan", agreed, &invoice.id));
                case.evidence.push(Evidence::new("Billed plan", billed, &invoice.id));
            }
        }
    }
    case.fill(amount, &number, "");
    Standing::Open(Box::new(case))
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
                let told = format!("billed {}, agreed {expected}: {}", line.billed, line.how);
                case.evidence.push(Evidence::new(&line.text, told, &line.line));
            }
            None => case.missing.push(format!("{} of {}: {}", line.text, line.billed, line.how)),
        }
    }
}

/// Tax goes back in proportion, where it comes on top of the lines.
fn with_tax(residue: Money, invoice: &Invoice, rebuilt: &Rebuilt) -> Money {
    let net = rebuilt.lines.iter().fold(Money::zero(residue.currency()), |sum, line| sum.plus(line.billed));
    let on_top =
        invoice.total.copied().zip(invoice.tax.copied()).filter(|(total, tax)| {
            tax.currency() == residue.currency() && net.is_positive() && net.plus(*tax) == *total
        });
    let part = on_top.and_then(|(_, tax)| residue.amount().checked_mul(tax.amount())?.checked_div(net.amount()));
    part.map_or(residue, |part| residue.plus(Money::rounded(part, residue.currency())))
}

/// What was billed beyond what was agreed and has not gone back since, by a refund or a credit note.
fn left_over(invoice: &Invoice, rebuilt: &Rebuilt, desk: &Desk) -> Money {
    let over = with_tax(rebuilt.residue, invoice, rebuilt);
    let notes = invoice.credit_notes.values().filter(|note| note.status.copied() != Some(CreditNoteStatus::Void));
    let credited = notes.filter_map(|note| note.total.copied());
    let returned = paid_with(invoice, desk).and_then(|payment| payment.given_back);
    let gone = credited.chain(returned).filter(|gone| gone.currency() == over.currency());
    gone.fold(over, Money::minus)
}

fn paid_with<'a>(invoice: &Invoice, desk: &'a Desk) -> Option<&'a PaymentLine> {
    let book = &desk.head.book;
    let paid = |line: &&PaymentLine| {
        line.status == Some(PaymentStatus::Succeeded) && book.invoice_of(line) == Some(&invoice.id)
    };
    book.payments.iter().rev().find(paid)
}

/// Never more than the payment still has.
fn refund(payment: &PaymentLine, over: Money, number: &str) -> Option<Recommendation> {
    let taken = payment.amount.filter(|taken| taken.currency() == over.currency())?;
    let left =
        payment.given_back.filter(|back| back.currency() == over.currency()).map_or(taken, |back| taken.minus(back));
    let amount = over.min(left);
    amount.is_positive().then(|| Recommendation {
        kind: Kind::Refund { payment: payment.payment.clone(), amount },
        reason: Reason::BillingError,
        note: format!("invoice {number} bills {over} beyond what was agreed"),
    })
}
