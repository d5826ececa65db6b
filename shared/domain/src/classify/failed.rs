//! What is known of an invoice whose payment failed?

use super::{Scene, Standing};
use crate::book::{Due, Head, Invoice};
use crate::case::{Case, Class, Evidence};
use crate::classify::desk::Desk;
use crate::event::NextTry;

pub(super) fn standing(scene: Scene<'_>, invoice: &str, desk: &Desk) -> Standing {
    let invoice = &desk.touched.invoices[invoice];
    match (invoice.due(), settled(invoice)) {
        // What was paid and is open again, because the money did not come after all, is the same trouble.
        (Due::Open(_), _) => Standing::Open(Box::new(case(scene, invoice, &desk.head))),
        (_, Some(why)) => Standing::Over(why),
        _ => Standing::AsItIs,
    }
}

/// Why nothing is left to recover.
pub(super) fn settled(invoice: &Invoice) -> Option<&'static str> {
    match invoice.due() {
        Due::Paid => Some("paid"),
        Due::Withdrawn => Some("withdrawn"),
        Due::Open(_) | Due::NotYet => None,
    }
}

/// Describes an open invoice with a failed try.
fn case(scene: Scene<'_>, invoice: &Invoice, head: &Head) -> Case {
    let Scene { event, policy, declines, .. } = scene;
    let decline = invoice.decline();
    let meaning = decline.map(|decline| declines.meaning(decline));
    let family = meaning.as_ref().map_or_else(|| declines.unclassified(), |meaning| meaning.family);
    let mut case = Case::found(scene, head, Class::PaymentFailed, &invoice.id, policy.verdict(family));
    let (evidence, missing) = (&mut case.evidence, &mut case.missing);
    if let Some(failed_at) = invoice.first_failed_at {
        evidence.push(Evidence::new("First failed try", failed_at, &invoice.id));
    }
    match invoice.due() {
        Due::Open(Some(remaining)) => {
            evidence.push(Evidence::new("Still due", remaining, &invoice.id));
            let more = invoice.owes_more_than_billed();
            missing.extend(
                more.then(|| "why more is due than was billed: a person is asked instead of the customer".to_owned()),
            );
        }
        _ => missing.push("the amount: the provider did not send it".to_owned()),
    }
    if let Some(NextTry::At(at)) = invoice.next_try.copied() {
        evidence.push(Evidence::new("The provider tries again", at, &invoice.id));
    }
    if invoice.attempts > 0 {
        evidence.push(Evidence::new("Tries so far", invoice.attempts, &invoice.id));
    }
    match decline {
        Some(decline) => evidence.push(Evidence::new(
            "Decline code",
            format!("{} ({})", decline.code, family.id.get_ref()),
            &event.id,
        )),
        None => missing.push("the decline code: the provider did not send it".to_owned()),
    }
    if let Some(why) = meaning.as_ref().and_then(|meaning| meaning.why) {
        evidence.push(Evidence::new("Where the card was issued", why, &event.id));
    }
    match head.book.card() {
        Some(card) => {
            evidence.push(Evidence::new("Card", format!("{} ending {}", card.brand, card.last4), &head.customer))
        }
        None => missing.push("the card".to_owned()),
    }
    if invoice.pay_link.value().is_none() {
        missing.push("a payment page for the customer".to_owned());
    }
    case.fill(invoice.remaining.copied(), invoice.number.value().unwrap_or(&invoice.id), "");
    if let Some(draft) = &mut case.draft_reply {
        draft.reason.clone_from(&family.customer_reason);
        draft.link = invoice.pay_link.value().cloned().unwrap_or_default();
    }
    case
}
