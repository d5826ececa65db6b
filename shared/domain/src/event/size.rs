//! How many bytes can an event take where it is stored? Its texts tell, without its being written.

use super::{
    BalanceSeen, Card, CardSeen, ChosenSeen, CreditNoteSeen, CustomerSeen, Decline, Discount, DisputeSeen, Event,
    InvoiceSeen, Item, Line, LinkSeen, PaymentSeen, RefundSeen, Seen, Stated, SubscriptionSeen, TicketSeen,
};
use crate::policy::texts_bytes_at_most;

/// What is in an event, in a sighting, and in a line or an item of one, besides its texts: names, amounts, times, marks.
const EVENT_BYTES: usize = 300;
const SIGHTING_BYTES: usize = 1_500;
const PART_BYTES: usize = 700;

/// Never less than an event takes where it is stored.
pub(super) fn bytes_at_most(event: &Event) -> usize {
    let Event { id, provider, source, origin: _, kind: _, at: _, customer, seen } = event;
    let own = texts([Some(id), Some(provider), Some(source), customer.as_ref()]);
    EVENT_BYTES + own + seen.iter().map(|seen| SIGHTING_BYTES + of(seen)).sum::<usize>()
}

fn texts<'a>(texts: impl IntoIterator<Item = Option<&'a String>>) -> usize {
    texts_bytes_at_most(texts.into_iter().flatten().map(String::as_str))
}

/// Every field is named, so that nobody adds a text that is not counted.
fn of(seen: &Seen) -> usize {
    match seen {
        Seen::Customer(CustomerSeen { as_of: _, name, email, phone, address, locale, country, created_at: _ }) => {
            texts([name, email, phone, address, locale, country].map(Option::as_ref))
        }
        Seen::Balance(BalanceSeen { as_of: _, available: _ }) => 0,
        Seen::Card(CardSeen { id, as_of: _, card, state: _ }) => texts([Some(id)]) + of_card(card.as_ref()),
        Seen::Chosen(ChosenSeen { as_of: _, card }) => texts([Some(card)]),
        Seen::Subscription(seen) => of_subscription(seen),
        Seen::Invoice(seen) => of_invoice(seen),
        Seen::CreditNote(seen) => {
            let CreditNoteSeen { id, as_of: _, invoice, total: _, status: _, reason, created_at: _ } = seen;
            texts([Some(id), Some(invoice), reason.as_ref()])
        }
        Seen::Payment(seen) => of_payment(seen),
        Seen::Refund(RefundSeen { id, payment, amount: _, status: _, created_at: _, action }) => {
            texts([Some(id), Some(payment), action.as_ref()])
        }
        Seen::Dispute(seen) => {
            let DisputeSeen {
                id,
                as_of: _,
                payment,
                amount: _,
                status: _,
                formal: _,
                reason,
                opened_at: _,
                evidence_due_at: _,
            } = seen;
            texts([Some(id), Some(payment), reason.as_ref()])
        }
        Seen::Link(LinkSeen { intent, invoice }) => texts([Some(intent), Some(invoice)]),
        Seen::Ticket(seen) => {
            let TicketSeen {
                id,
                as_of: _,
                subject,
                body,
                status: _,
                csat: _,
                requester_name,
                requester_email,
                verified: _,
                said,
                language,
                automatic: _,
            } = seen;
            let more = [subject, body, requester_name, requester_email, said, language].map(Option::as_ref);
            texts([Some(id)]) + texts(more)
        }
    }
}

fn of_card(card: Option<&Card>) -> usize {
    card.map_or(0, |Card { brand, last4, exp_month: _, exp_year: _ }| texts([Some(brand), Some(last4)]))
}

fn of_decline(decline: Option<&Decline>) -> usize {
    decline.map_or(0, |decline| {
        let Decline { provider, code, gateway, advice, network_advice, network_code, network, issuer, funding, text } =
            decline;
        let more = [gateway, advice, network_advice, network_code, network, issuer, funding, text].map(Option::as_ref);
        texts([Some(provider), Some(code)]) + texts(more)
    })
}

fn of_payment(seen: &PaymentSeen) -> usize {
    let PaymentSeen {
        id,
        as_of: _,
        invoice,
        subscription,
        intent,
        status: _,
        amount: _,
        captured: _,
        refunded: _,
        at: _,
        method,
        card,
        issuer,
        decline,
        by_customer: _,
        reference,
    } = seen;
    let more = [invoice, subscription, intent, method, issuer, reference].map(Option::as_ref);
    texts([Some(id)]) + texts(more) + of_card(card.as_ref()) + of_decline(decline.as_ref())
}

fn of_invoice(seen: &InvoiceSeen) -> usize {
    let InvoiceSeen {
        id,
        as_of: _,
        number,
        status: _,
        total: _,
        tax: _,
        remaining: _,
        credited: _,
        subscription,
        by_period: _,
        lines,
        created_at: _,
        due_on: _,
        attempts: _,
        next_try: _,
        pay_link,
        failed_at: _,
        decline,
        paid_at: _,
    } = seen;
    let own = texts([Some(id), number.as_ref(), subscription.as_ref(), pay_link.as_ref()]);
    own + of_decline(decline.as_ref()) + lines.iter().flatten().map(|line| PART_BYTES + of_line(line)).sum::<usize>()
}

fn of_line(line: &Line) -> usize {
    let Line {
        id,
        price,
        text,
        role: _,
        unit: _,
        quantity: _,
        amount: _,
        tax: _,
        discount: _,
        proration: _,
        from: _,
        to: _,
        subscription,
    } = line;
    texts([Some(id), price.as_ref(), text.as_ref(), subscription.as_ref()])
}

fn of_subscription(seen: &SubscriptionSeen) -> usize {
    let SubscriptionSeen {
        id,
        as_of: _,
        status: _,
        items,
        discount,
        started_at: _,
        period_start: _,
        renews_at: _,
        trial_ends_at: _,
        ends_at: _,
        contract_ends_at: _,
        grace_until: _,
        resumes_at: _,
        upcoming: _,
        paid_at: _,
        card,
        wished: _,
    } = seen;
    let stated = discount.as_ref().and_then(Stated::value);
    let code = stated.and_then(|Discount { code, percent: _, amount: _ }| code.as_ref());
    let card = card.as_ref().and_then(Stated::value);
    texts([Some(id), code, card]) + items.iter().flatten().map(|item| PART_BYTES + of_item(item)).sum::<usize>()
}

fn of_item(item: &Item) -> usize {
    let Item { id, price, name, role: _, unit: _, quantity: _, interval: _ } = item;
    texts([id.as_ref(), Some(price), name.as_ref()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::stored_bytes;
    use serde_json::{Value, json};

    /// The longest number and the longest time that there is in JSON.
    const MOST: &str = "-79228162514264337593543950335";
    const AT: &str = "2026-01-31T12:00:00.123456789Z";

    /// A sighting of each kind, with all that it can tell, at its longest; each text is the one that is given.
    fn sightings(text: &str) -> Vec<Value> {
        let money = json!({"amount": MOST, "currency": "JPY"});
        let rate = json!({"amount": MOST, "currency": "USD"});
        let card = json!({"brand": text, "last4": text, "exp_month": 255, "exp_year": 65_535});
        let decline = json!({"provider": text, "code": text, "gateway": text, "advice": text, "network_advice": text,
            "network_code": text, "network": text, "issuer": text, "funding": text, "text": text});
        let line = json!({"id": text, "price": text, "text": text, "role": "one_off", "unit": rate, "quantity": MOST,
            "amount": money, "tax": money, "discount": money, "proration": false, "from": AT, "to": AT,
            "subscription": text});
        let item = json!({"id": text, "price": text, "name": text, "role": "one_off", "unit": rate,
            "quantity": u32::MAX, "interval": {"unit": "month", "count": u32::MAX}});
        vec![
            json!({"resource": "customer", "as_of": AT, "name": text, "email": text, "phone": text, "address": text,
                "created_at": AT}),
            json!({"resource": "balance", "as_of": AT, "available": money}),
            json!({"resource": "card", "id": text, "as_of": AT, "card": card, "state": "expiring"}),
            json!({"resource": "chosen", "as_of": AT, "card": text}),
            json!({"resource": "subscription", "id": text, "as_of": AT, "status": "incomplete",
                "items": [item, item, item], "discount": {"is": {"code": text, "percent": MOST, "amount": money}},
                "started_at": AT, "period_start": AT, "renews_at": AT, "trial_ends_at": AT, "ends_at": {"is": AT},
                "contract_ends_at": AT, "grace_until": {"is": AT}, "resumes_at": {"is": AT}, "upcoming": money,
                "paid_at": AT, "card": {"is": text}, "wished": false}),
            json!({"resource": "invoice", "id": text, "as_of": AT, "number": text, "status": "uncollectible",
                "total": money, "tax": money, "remaining": money, "credited": money, "subscription": text,
                "by_period": false, "lines": [line, line, line], "created_at": AT, "due_on": "2026-01-31",
                "attempts": u32::MAX, "next_try": {"at": AT}, "pay_link": text, "failed_at": AT, "decline": decline,
                "paid_at": AT}),
            json!({"resource": "credit_note", "id": text, "as_of": AT, "invoice": text, "total": money,
                "status": "settled", "reason": text, "created_at": AT}),
            json!({"resource": "payment", "id": text, "as_of": AT, "invoice": text, "subscription": text,
                "intent": text, "status": "needs_action", "amount": money, "captured": money, "refunded": money,
                "at": AT, "method": text, "card": card, "issuer": text, "decline": decline, "by_customer": true,
                "reference": text}),
            json!({"resource": "refund", "id": text, "payment": text, "amount": money, "status": "succeeded",
                "created_at": AT, "action": text}),
            json!({"resource": "dispute", "id": text, "as_of": AT, "payment": text, "amount": money,
                "status": "under_review", "formal": false, "reason": text, "opened_at": AT, "evidence_due_at": AT}),
            json!({"resource": "link", "intent": text, "invoice": text}),
            json!({"resource": "ticket", "id": text, "as_of": AT, "subject": text, "body": text, "status": "waiting",
                "csat": 255, "requester_name": text, "requester_email": text}),
        ]
    }

    fn event(text: &str, seen: Vec<Value>) -> Event {
        let event = json!({"id": text, "provider": text, "source": text, "origin": "webhook",
            "kind": "payment_needs_action", "at": AT, "customer": text, "seen": seen});
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn no_event_takes_more_than_is_said_without_writing_it() {
        let texts = ["", "x", "\u{1}", "\"", "\\", "\n", "é", "短", "👩", "\u{7f}", "a\u{1f}\"👩\\"];
        for text in texts {
            for times in [1, 7, 300] {
                let text = text.repeat(times);
                let each = sightings(&text).into_iter().map(|seen| vec![seen]);
                for seen in each.chain([sightings(&text), Vec::new()]) {
                    let event = event(&text, seen);
                    let (said, takes) = (bytes_at_most(&event), stored_bytes(&event));
                    assert!(said >= takes, "{takes} bytes and not {said}: {event:?}");
                }
            }
        }
    }

    #[test]
    fn of_an_ordinary_event_it_is_little_enough_to_spare_the_writing() {
        let all = event("in_1Pq2XyZ0a1b2c3d4e5f6g7h8", sightings("in_1Pq2XyZ0a1b2c3d4e5f6g7h8"));
        let room = crate::policies::Policies::shipped().unwrap().limits.current().room();
        assert!(bytes_at_most(&all) < room.event_bytes_max, "one sighting of each kind: {}", bytes_at_most(&all));
    }
}
