//! What happened to an account, as people tell it: one sentence for each thing that its provider told.

use super::Bill;
use crate::decline::Declines;
use crate::event::{
    Card, CreditNoteSeen, DisputeSeen, DisputeStatus, Event, InvoiceSeen, InvoiceStatus, Kind, PaymentSeen, RefundSeen,
    RefundStatus, Seen, Stated, SubscriptionSeen,
};
use crate::money::Money;
use jiff::Timestamp;
use serde::Serialize;

/// A sentence of the timeline, and when it came true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    pub at: Timestamp,
    pub says: String,
}

impl Told {
    /// What an event tells.
    pub fn of(event: &Event, declines: &Declines) -> Self {
        Self { at: event.at, says: sentence(event, declines) }
    }

    /// With its day, where nothing else shows it.
    pub fn dated(&self) -> String {
        format!("{}, {}", on(self.at), self.says)
    }
}

/// A day as people write it.
pub fn on(at: Timestamp) -> String {
    at.strftime("%-d %b %Y").to_string()
}

/// What an event tells, without its day: "payment of 38.00 USD failed: the card has expired (Visa 4242)".
pub fn sentence(event: &Event, declines: &Declines) -> String {
    let seen = &event.seen;
    let payment = seen.iter().find_map(|it| if let Seen::Payment(it) = it { Some(it) } else { None });
    let invoice = seen.iter().find_map(|it| if let Seen::Invoice(it) = it { Some(it) } else { None });
    let refund = seen.iter().find_map(|it| if let Seen::Refund(it) = it { Some(it) } else { None });
    let dispute = seen.iter().find_map(|it| if let Seen::Dispute(it) = it { Some(it) } else { None });
    let note = seen.iter().find_map(|it| if let Seen::CreditNote(it) = it { Some(it) } else { None });
    let bought = seen.iter().find_map(|it| if let Seen::Subscription(it) = it { Some(it) } else { None });
    let card = seen.iter().find_map(|it| if let Seen::Card(it) = it { it.card.as_ref() } else { None });
    let balance = seen.iter().find_map(|it| if let Seen::Balance(it) = it { Some(it.available) } else { None });
    let paid = || money_of(payment, invoice);
    match event.kind {
        Kind::CustomerChanged => "what the provider knows of the customer was changed".to_owned(),
        Kind::SubscriptionStarted => format!("{} began", subscription(bought)),
        Kind::SubscriptionChanged => changed(bought),
        Kind::SubscriptionRenewed => format!("{} was renewed", subscription(bought)),
        Kind::SubscriptionPaused => format!("{} was paused", subscription(bought)),
        Kind::SubscriptionResumed => format!("{} goes on", subscription(bought)),
        Kind::SubscriptionEnded => format!("{} ended", subscription(bought)),
        Kind::TrialEnding => {
            let until = bought.and_then(|it| it.trial_ends_at).map(|at| format!(" on {}", on(at)));
            format!("the trial ends{}", until.unwrap_or_else(|| " soon".to_owned()))
        }
        Kind::InvoiceChanged => billed(invoice),
        Kind::InvoicePaid => format!("{} was paid{}", bill(invoice), with(payment)),
        Kind::InvoiceVoided => format!("{} was voided", bill(invoice)),
        Kind::PaymentPending => format!("payment{} is on its way{}", paid(), with(payment)),
        Kind::PaymentNeedsAction => format!("payment{} waits for the customer to confirm it{}", paid(), with(payment)),
        Kind::PaymentSucceeded => format!("payment{} came in{}", paid(), with(payment)),
        Kind::PaymentFailed => {
            let decline = payment.and_then(|it| it.decline.as_ref());
            let decline = decline.or_else(|| invoice.and_then(|it| it.decline.as_ref()));
            let why = declines.meaning(decline).family.in_short();
            format!("payment{} failed: {why}{}", paid(), with(payment))
        }
        Kind::PaymentRetried => format!("payment{} was tried again{}", paid(), with(payment)),
        Kind::PaymentCanceled => format!("payment{} was cancelled{}", paid(), with(payment)),
        Kind::PaymentDisputed => disputed(dispute),
        Kind::RefundChanged => given_back(refund, payment),
        Kind::CardAdded => format!("{} was added", of_card(card)),
        Kind::CardUpdated => format!("{} was renewed or changed", of_card(card)),
        Kind::CardExpiring => format!("{} expires soon", of_card(card)),
        Kind::CardExpired => format!("{} has expired", of_card(card)),
        Kind::CardRemoved => format!("{} was removed", of_card(card)),
        Kind::CardNotSaved => "a card could not be saved".to_owned(),
        Kind::CreditNoteChanged => credited(note),
        Kind::CreditChanged => match balance {
            Some(balance) => format!("the credit at the provider is {balance} now"),
            None => "the credit at the provider was changed".to_owned(),
        },
        Kind::TicketOpened => "a ticket was opened".to_owned(),
        Kind::TicketChanged => "a ticket was changed".to_owned(),
        Kind::TicketClosed => "a ticket was closed".to_owned(),
    }
}

/// A card by its brand and the end of its number.
pub(super) fn card_name(card: &Card) -> String {
    format!("{} {}", capital(&card.brand), card.last4)
}

/// A name as it stands at the beginning of a sentence.
pub fn capital(name: &str) -> String {
    let name = name.replace('_', " ");
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl Bill {
    /// By the number that the customer knows.
    pub fn name(&self) -> &str {
        self.invoice.as_deref().unwrap_or(&self.invoice_id)
    }
}

fn of(money: Option<Money>) -> String {
    money.map(|money| format!(" of {money}")).unwrap_or_default()
}

fn money_of(payment: Option<&PaymentSeen>, invoice: Option<&InvoiceSeen>) -> String {
    let told = payment.and_then(|it| it.amount).or_else(|| invoice.and_then(|it| it.remaining.or(it.total)));
    of(told)
}

fn with(payment: Option<&PaymentSeen>) -> String {
    let Some(payment) = payment else { return String::new() };
    let way = payment.card.as_ref().map(card_name).or_else(|| payment.method.as_deref().map(capital));
    way.map(|way| format!(" ({way})")).unwrap_or_default()
}

fn of_card(card: Option<&Card>) -> String {
    card.map_or_else(|| "a card".to_owned(), |card| format!("the card {}", card_name(card)))
}

fn subscription(seen: Option<&SubscriptionSeen>) -> String {
    let items = seen.and_then(|it| it.items.as_deref()).unwrap_or_default();
    // An id of a price says nothing to whoever reads it.
    let name = items.first().and_then(|item| item.name.as_deref());
    name.map_or_else(|| "the subscription".to_owned(), |name| format!("the subscription to {name}"))
}

fn changed(seen: Option<&SubscriptionSeen>) -> String {
    let ends = seen.and_then(|it| it.ends_at.as_ref()).and_then(Stated::value);
    match ends {
        Some(at) => format!("{} was set to end on {}", subscription(seen), on(*at)),
        None => format!("{} was changed", subscription(seen)),
    }
}

fn bill(seen: Option<&InvoiceSeen>) -> String {
    let Some(seen) = seen else { return "an invoice".to_owned() };
    format!("invoice {}{}", seen.number.as_deref().unwrap_or(&seen.id), of(seen.total))
}

fn billed(seen: Option<&InvoiceSeen>) -> String {
    let became = match seen.and_then(|it| it.status) {
        Some(InvoiceStatus::Draft) => "was drafted",
        Some(InvoiceStatus::Open) => "is open",
        Some(InvoiceStatus::Uncollectible) => "was given up",
        Some(InvoiceStatus::Paid) => "is paid",
        Some(InvoiceStatus::Void) => "is void",
        None => "was changed",
    };
    format!("{} {became}", bill(seen))
}

fn disputed(seen: Option<&DisputeSeen>) -> String {
    let Some(seen) = seen else { return "a bank disputes a payment".to_owned() };
    let money = seen.amount.map_or_else(|| "a payment".to_owned(), |amount| amount.to_string());
    match seen.status {
        DisputeStatus::Open | DisputeStatus::UnderReview if seen.formal == Some(false) => {
            format!("a bank asks about {money}")
        }
        DisputeStatus::Open | DisputeStatus::UnderReview => {
            let until = seen.evidence_due_at.map(|at| format!(", evidence is due by {}", on(at)));
            format!("a bank claims {money} back{}", until.unwrap_or_default())
        }
        DisputeStatus::Closed => format!("the dispute about {money} ended without a decision"),
        DisputeStatus::Lost => format!("the dispute about {money} was lost"),
        DisputeStatus::Won => format!("the dispute about {money} was won"),
    }
}

fn given_back(refund: Option<&RefundSeen>, payment: Option<&PaymentSeen>) -> String {
    let Some(refund) = refund else {
        let gone = payment.and_then(|it| it.refunded).filter(|gone| gone.is_positive());
        let whole = payment.and_then(|it| it.amount).map(|whole| format!(" of a payment of {whole}"));
        return match gone {
            Some(gone) => format!("{gone}{} went back so far", whole.unwrap_or_default()),
            None => "a refund was changed".to_owned(),
        };
    };
    let money = of(refund.amount);
    match refund.status {
        Some(RefundStatus::Pending) => format!("a refund{money} is on its way"),
        Some(RefundStatus::Succeeded) => format!("a refund{money} went back"),
        Some(RefundStatus::Failed) => format!("a refund{money} failed"),
        Some(RefundStatus::Canceled) => format!("a refund{money} was cancelled"),
        None => format!("a refund{money} was changed"),
    }
}

fn credited(seen: Option<&CreditNoteSeen>) -> String {
    let Some(seen) = seen else { return "a credit note was changed".to_owned() };
    format!("invoice {} was credited{}", seen.invoice, seen.total.map(|total| format!(" {total}")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Origin;
    use crate::policies::Policies;
    use serde_json::{Value, from_value, json};

    fn told(kind: Kind, seen: Value) -> String {
        let event = Event {
            id: "evt_1".to_owned(),
            provider: "stripe".to_owned(),
            source: "default".to_owned(),
            origin: Origin::Webhook,
            kind,
            at: "2026-11-27T08:00:00Z".parse().unwrap(),
            customer: Some("cus_1".to_owned()),
            seen: from_value(seen).unwrap(),
        };
        Told::of(&event, Policies::shipped().unwrap().declines.current()).dated()
    }

    fn usd(amount: &str) -> Value {
        json!({"amount": amount, "currency": "USD"})
    }

    #[test]
    fn what_happened_is_a_sentence_with_its_money_and_its_reason() {
        let card = json!({"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030});
        let decline = json!({"provider": "stripe", "code": "insufficient_funds"});
        let payment = json!({"resource": "payment", "id": "ch_1", "amount": usd("38.00"), "card": card});
        let failed =
            json!({"resource": "payment", "id": "ch_1", "amount": usd("38.00"), "card": card, "decline": decline});
        let invoice = json!({"resource": "invoice", "id": "in_1", "number": "R-7", "total": usd("38.00"),
            "remaining": usd("12.00"), "status": "open"});
        let refund = json!({"resource": "refund", "id": "re_1", "payment": "ch_1", "amount": usd("12.00"), "status": "succeeded"});
        let part = json!({"resource": "payment", "id": "ch_1", "amount": usd("38.00"), "refunded": usd("12.00")});
        let claim = |status: &str, formal: Value| {
            json!({"resource": "dispute", "id": "dp_1", "as_of": null, "payment": "ch_1", "amount": usd("38.00"),
                "status": status, "formal": formal, "reason": null, "opened_at": null,
                "evidence_due_at": "2026-12-03T00:00:00Z"})
        };
        let ends = json!({"resource": "subscription", "id": "sub_1", "ends_at": {"is": "2026-12-31T00:00:00Z"}});
        for (kind, seen, expected) in [
            (
                Kind::PaymentFailed,
                json!([failed]),
                "payment of 38.00 USD failed: the bank says there is not enough money (Visa 4242)",
            ),
            (Kind::PaymentFailed, json!([invoice]), "payment of 12.00 USD failed: the reason is not known"),
            (Kind::PaymentSucceeded, json!([payment]), "payment of 38.00 USD came in (Visa 4242)"),
            (Kind::PaymentSucceeded, json!([]), "payment came in"),
            (Kind::InvoiceChanged, json!([invoice]), "invoice R-7 of 38.00 USD is open"),
            (Kind::RefundChanged, json!([refund]), "a refund of 12.00 USD went back"),
            (Kind::RefundChanged, json!([part]), "12.00 USD of a payment of 38.00 USD went back so far"),
            (Kind::PaymentDisputed, json!([claim("open", json!(false))]), "a bank asks about 38.00 USD"),
            (
                Kind::PaymentDisputed,
                json!([claim("open", json!(true))]),
                "a bank claims 38.00 USD back, evidence is due by 3 Dec 2026",
            ),
            (Kind::PaymentDisputed, json!([claim("won", json!(true))]), "the dispute about 38.00 USD was won"),
            (Kind::SubscriptionChanged, json!([ends]), "the subscription was set to end on 31 Dec 2026"),
            (Kind::CustomerChanged, json!([]), "what the provider knows of the customer was changed"),
        ] {
            assert_eq!(told(kind, seen), format!("27 Nov 2026, {expected}"));
        }
    }
}
