//! What is known of an invoice whose payment failed?

use super::Scene;
use crate::book::{Due, Head, Invoice};
use crate::case::{Case, Class, Draft, Evidence, State};
use crate::event::NextTry;
use crate::id::CaseId;

/// Describes an open invoice with a failed try.
pub(super) fn case(scene: Scene<'_>, id: &CaseId, invoice: &Invoice, head: &Head) -> Case {
    let Scene { event, policy, declines, now } = scene;
    let decline = invoice.decline();
    let family = decline.map_or_else(|| declines.unclassified(), |decline| declines.family(decline));
    let verdict = policy.verdict(family);
    let mut evidence = Vec::new();
    let mut missing = Vec::new();
    if let Some(failed_at) = invoice.first_failed_at {
        evidence.push(Evidence::new("First failed try", failed_at, &invoice.id));
    }
    match invoice.due() {
        Due::Open(Some(remaining)) => evidence.push(Evidence::new("Still due", remaining, &invoice.id)),
        _ => missing.push("the amount: the provider did not send it".to_owned()),
    }
    if let Some(NextTry::At(at)) = invoice.next_try.copied() {
        evidence.push(Evidence::new("The provider tries again", at, &invoice.id));
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
