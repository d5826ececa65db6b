//! What customers of the demo company write, in four languages: something of every kind, and a stranger.

use super::company::Company;
use super::step::{Doing, Step, ago, ask};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

struct Written {
    id: &'static str,
    hours_ago: i64,
    from: Writer,
    class: &'static str,
    subject: &'static str,
    body: &'static str,
    /// How satisfied they were with the answer, where it was given.
    csat: Option<u8>,
}

#[derive(Clone, Copy)]
enum Writer {
    /// A customer of Stripe, by number.
    Stripe(usize),
    Else(&'static str, &'static str),
}

use Writer::{Else, Stripe};

const fn written(
    id: &'static str,
    hours_ago: i64,
    from: Writer,
    class: &'static str,
    (subject, body): (&'static str, &'static str),
    csat: Option<u8>,
) -> Written {
    Written { id, hours_ago, from, class, subject, body, csat }
}

const WRITTEN: &[Written] = &[
    written(
        "1001",
        93 * 24,
        Stripe(7),
        "overcharge",
        (
            "Billed too much",
            "We agreed on 49 dollars a seat, and I was billed more than that. Please correct the amount.",
        ),
        Some(5),
    ),
    written(
        "1002",
        88 * 24,
        Stripe(9),
        "plan_change",
        (
            "Upgrade to Business",
            "We would like to upgrade from Pro to Business from the next month on. What does it cost?",
        ),
        Some(5),
    ),
    written(
        "1003",
        71 * 24,
        Stripe(13),
        "not_billing",
        ("Where do I find the export?", "How can I export a project as a spreadsheet? I cannot find the button."),
        Some(4),
    ),
    written(
        "1004",
        62 * 24,
        Stripe(17),
        "tax_question",
        ("VAT on our invoice", "Why is no VAT shown on our invoice? Our VAT number is GB123456789, please add it."),
        Some(3),
    ),
    written(
        "1005",
        49 * 24,
        Stripe(5),
        "payment_failed",
        (
            "My payment was declined",
            "My card was declined when you tried to charge it, although there is money on the account.",
        ),
        Some(2),
    ),
    written(
        "1006",
        35 * 24,
        Stripe(3),
        "payment_failed",
        ("Zahlung fehlgeschlagen", "Meine Zahlung ist fehlgeschlagen, obwohl meine Karte gültig ist. Was ist da los?"),
        Some(4),
    ),
    written(
        "1007",
        33 * 24,
        Stripe(20),
        "invoice_discrepancy",
        (
            "Erreur sur la facture",
            "Le montant de la facture ne correspond pas à ce qui était convenu. Pouvez-vous vérifier la facture ?",
        ),
        Some(5),
    ),
    written(
        "1008",
        27 * 24,
        Else("ines@azulejo.example", "Ines Duarte"),
        "refund_request",
        ("Quiero un reembolso", "Quiero que me devuelvan el dinero del último mes, porque no he usado el servicio."),
        Some(4),
    ),
    written(
        "1009",
        6 * 24,
        Stripe(22),
        "payment_method_update",
        (
            "Neue Karte hinterlegen",
            "Ich habe eine neue Kreditkarte bekommen. Wie kann ich meine Zahlungsmethode ändern?",
        ),
        None,
    ),
    written(
        "1010",
        5 * 24,
        Stripe(16),
        "enterprise_invoice",
        (
            "Bon de commande",
            "Nous sommes une grande entreprise et avons besoin d'une facture avec notre numéro de bon de commande, payable à 30 jours.",
        ),
        None,
    ),
    written(
        "1011",
        4 * 24,
        Stripe(2),
        "usage_dispute",
        (
            "Usage that is not ours",
            "The usage on our invoice is wrong: we did not use that many seats last month. Please check what was metered.",
        ),
        None,
    ),
    written(
        "1012",
        4 * 24 - 5,
        Else("nora@fjordmade.example", "Nora Lindqvist"),
        "duplicate_subscription",
        (
            "Two subscriptions",
            "I see two subscriptions for the same team, and both of them are active. I only need one.",
        ),
        None,
    ),
    written(
        "1013",
        3 * 24,
        Stripe(24),
        "plan_mismatch",
        (
            "No tengo lo que pago",
            "Pago el plan Pro, pero mi cuenta muestra el plan Basic y no puedo usar los informes.",
        ),
        None,
    ),
    written(
        "1014",
        3 * 24 - 7,
        Else("compta@atelier-lumiere.example", "Atelier Lumière"),
        "chargeback",
        (
            "Opposition auprès de ma banque",
            "J'ai contesté ce paiement auprès de ma banque, car je ne le reconnais pas.",
        ),
        None,
    ),
    written(
        "1015",
        2 * 24,
        Stripe(33),
        "other_billing",
        ("A question about billing", "On which day of the month do you bill us, and can that be moved to the first?"),
        None,
    ),
    written(
        "1016",
        44,
        Stripe(23),
        "payment_failed",
        (
            "Was schulde ich noch?",
            "Meine Karte ist abgelaufen. Welche Rechnung ist noch offen, und wie kann ich sie bezahlen?",
        ),
        None,
    ),
    written(
        "1017",
        20,
        Stripe(29),
        "duplicate_charge",
        ("I was charged twice", "I was charged twice yesterday for the same thing. Please give one of the two back."),
        None,
    ),
    written(
        "1018",
        9,
        Else("someone@elsewhere.example", "Kim"),
        "refund_request",
        ("Refund", "I want my money back for the last payment. I do not know under which address we signed up."),
        None,
    ),
];

pub fn steps(now: Timestamp, company: &Company) -> Vec<Step> {
    let mut all: Vec<Step> = WRITTEN.iter().flat_map(|written| of(written, now, company)).collect();
    all.extend(collected(now, company));
    all
}

/// What was written, who said what it is, and, if it was answered, what came back.
fn of(written: &Written, now: Timestamp, company: &Company) -> Vec<Step> {
    let at = ago(now, written.hours_ago);
    let minutes = |minutes: i64| at + SignedDuration::from_mins(minutes);
    let customer = |number: usize| company.customers.iter().find(|customer| customer.number == number);
    let (email, name) = match written.from {
        Else(email, name) => (email.to_owned(), name.to_owned()),
        Stripe(number) => customer(number).map(|it| (it.email.clone(), it.name.clone())).unwrap_or_default(),
    };
    let told = |at: Timestamp, kind: &str, status: &str, csat: Option<u8>| {
        let body = json!({"id": format!("tkt_demo_{}_{kind}", written.id), "type": kind, "created_at": at,
            "ticket": {"id": written.id, "subject": written.subject, "body": written.body, "status": status,
                "csat": csat, "requester": {"email": email, "name": name}}});
        Step { at, doing: Doing::Delivery { provider: "ticket", body } }
    };
    let class = Step { at: minutes(30), doing: Doing::Class { ticket: written.id, class: written.class } };
    let mut all = vec![told(at, "ticket.created", "open", None), class];
    if written.csat.is_some() {
        let path = |what: &str| format!("/api/tickets/{}/{what}", written.id);
        all.push(ask(minutes(60), "lena", &path("assign"), json!({"to": "lena"})));
        all.push(ask(minutes(200), "lena", &path("close"), json!({"note": "Answered by mail."})));
        all.push(told(minutes(24 * 60), "ticket.updated", "closed", written.csat));
    }
    all
}

/// Somebody who asks what they owe is asked for it, and has paid a part.
fn collected(now: Timestamp, company: &Company) -> Vec<Step> {
    let Some(customer) = company.customers.iter().find(|customer| customer.number == 23) else { return Vec::new() };
    let part = Doing::PaysPart { customer: customer.id(), currency: customer.currency, minor: 5_000 };
    let word = json!({"account": format!("stripe:{}", customer.id()), "note": "Called the number on file."});
    vec![
        ask(ago(now, 42), "lena", "/api/tickets/1016/account", word),
        ask(ago(now, 41), "lena", "/api/tickets/1016/payment-request", Value::Null),
        Step { at: ago(now, 18), doing: part },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::case::Class;
    use std::collections::BTreeSet;

    #[test]
    fn a_ticket_of_every_kind_is_written() {
        let written: BTreeSet<_> = WRITTEN.iter().map(|written| written.class).collect();
        assert_eq!(written, Class::ALL.iter().map(|class| class.name()).collect::<BTreeSet<_>>());
        let ids: BTreeSet<_> = WRITTEN.iter().map(|written| written.id).collect();
        assert_eq!(ids.len(), WRITTEN.len());
    }
}
