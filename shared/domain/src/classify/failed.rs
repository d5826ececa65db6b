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
    let meaning = declines.meaning(decline);
    let family = meaning.family;
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
    // A code that says less than the others shows what it was overruled by.
    if decline.is_some_and(|it| it.network_code.is_some() || it.advice.is_some() || it.network_advice.is_some()) {
        evidence.push(Evidence::new("What says so", &meaning.source, &event.id));
    }
    if let Some((told_at, wait)) = invoice.decline_told_at().zip(meaning.wait) {
        evidence.push(Evidence::new("Another try not before", told_at + wait, &event.id));
    }
    if let Some(why) = meaning.why {
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
    }
    case
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Touched;
    use crate::event::{Decline, Event, InvoiceSeen, InvoiceStatus, Kind, Origin, Seen};
    use crate::money::{Currency, Money};
    use crate::policies::Policies;
    use jiff::{SignedDuration, Timestamp};

    fn told(decline: Decline) -> Case {
        let policies = Policies::shipped().unwrap();
        let at: Timestamp = "2026-12-01T10:00:00Z".parse().unwrap();
        let seen = InvoiceSeen {
            id: "in_1".to_owned(),
            status: Some(InvoiceStatus::Open),
            total: Some(Money::from_minor(2400, Currency::USD)),
            remaining: Some(Money::from_minor(2400, Currency::USD)),
            failed_at: Some(at),
            decline: Some(decline),
            ..InvoiceSeen::default()
        };
        let event = Event {
            id: "evt_1".to_owned(),
            provider: "stripe".to_owned(),
            source: "default".to_owned(),
            origin: Origin::Webhook,
            kind: Kind::PaymentFailed,
            at,
            customer: Some("cus_1".to_owned()),
            seen: vec![Seen::Invoice(seen)],
        };
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        touched.fold(&mut head, &event, SignedDuration::from_mins(10));
        let (policy, declines) = (policies.classify.current(), policies.declines.current());
        case(Scene { event: &event, policy, declines, now: at }, &touched.invoices["in_1"], &head)
    }

    #[test]
    fn what_the_network_and_its_advice_say_is_heard() {
        let general = Decline::new("stripe", "generic_decline");
        let code = |code: &str| Decline { network_code: Some(code.to_owned()), ..general.clone() };
        let advice = |advice: &str| Decline { network_advice: Some(advice.to_owned()), ..code("05") };
        let rows = [
            ("a general code alone", general.clone(), "temporary", "", ""),
            ("a stolen card", code("43"), "never-again", "stripe generic_decline and iso8583 43, declines v3", ""),
            (
                "tomorrow",
                advice("25"),
                "temporary",
                "stripe generic_decline and iso8583 05 and mastercard_advice 25, declines v3",
                "2026-12-02T10:00:00Z",
            ),
            (
                "not again",
                advice("03"),
                "never-again",
                "stripe generic_decline and iso8583 05 and mastercard_advice 03, declines v3",
                "",
            ),
        ];
        for (name, decline, rule, source, not_before) in rows {
            let case = told(decline);
            let shown = |label: &str| {
                let found = case.evidence.iter().find(|evidence| evidence.label == label);
                found.map_or("", |evidence| evidence.value.as_str())
            };
            let all = (case.rule.as_str(), shown("What says so"), shown("Another try not before"));
            assert_eq!(all, (rule, source, not_before), "{name}");
            let words = case.draft_reply.map(|draft| draft.reason).unwrap_or_default();
            let kept = ["Your bank declined the payment.", "Your bank does not allow this payment."];
            assert!(
                kept.contains(&words.as_str()),
                "{name}: the customer reads `{words}`, and not what the network said"
            );
        }
    }
}
