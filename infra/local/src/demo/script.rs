//! What happens to the demo company, in the order of its time: what providers send, what is written, what people do.

use super::company::{Company, Customer, Fate};
use super::step::{Doing, Step, ago, ask};
use super::{cast, others, stripe, tickets};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Everything until now.
pub fn until(now: Timestamp) -> Vec<Step> {
    let company = cast::at(now);
    let told = stripe::deliveries(&company, now).into_iter();
    let delivery =
        |told: stripe::Delivery| Step { at: told.at, doing: Doing::Delivery { provider: "stripe", body: told.body } };
    let mut all: Vec<Step> = told.map(delivery).collect();
    all.extend(others::steps(now));
    all.extend(tickets::steps(now, &company));
    all.extend(disputes(now, &company));
    all.extend(company.customers.iter().flat_map(recovery));
    all.extend(kindness(now));
    all.retain(|step| step.at <= now);
    all.sort_by_key(|step| step.at);
    all
}

fn sends(at: Timestamp, kind: &str, object: Value) -> Step {
    Step { at, doing: Doing::Delivery { provider: "stripe", body: stripe::event(at, kind, object).body } }
}

/// One that was won, one that was lost, and one whose evidence is due in two days.
fn disputes(now: Timestamp, company: &Company) -> Vec<Step> {
    let mut all = Vec::new();
    for (number, month, opened, closed) in
        [(17, 1, 60 * 24, Some((35 * 24, "won"))), (9, 1, 110 * 24, Some((85 * 24, "lost"))), (22, 1, 5 * 24, None)]
    {
        let Some(customer) = company.customers.iter().find(|customer| customer.number == number) else { continue };
        let opened_at = ago(now, opened);
        let dispute = |status: &str| {
            json!({
                "id": format!("dp_demo{number:03}"), "object": "dispute",
                "charge": format!("ch_demo{number:03}m{month}p"), "amount": customer.amount_minor(month),
                "currency": customer.currency, "created": opened_at.as_second(), "status": status,
                "reason": "fraudulent",
                "evidence_details": {"due_by": (opened_at + SignedDuration::from_hours(7 * 24)).as_second()},
            })
        };
        all.push(sends(opened_at, "charge.dispute.created", dispute("needs_response")));
        if let Some((hours, status)) = closed {
            all.push(sends(ago(now, hours), "charge.dispute.closed", dispute(status)));
        }
    }
    all
}

/// How a failed payment came in that no delivery of the script pays: by a try of ours, a new card, or a colleague.
fn recovery(customer: &Customer) -> Vec<Step> {
    let Fate::Recovers(month, _) = customer.fate else { return Vec::new() };
    let failed_at = customer.bill_at(month) + SignedDuration::from_mins(60);
    let at = |hours: i64| failed_at + SignedDuration::from_hours(hours);
    let id = customer.id();
    let pays = |hours: i64| {
        let object = json!({"id": format!("card_state_{id}"), "object": "card_state", "customer": id,
            "works_from": at(hours).as_second()});
        Step { at: at(hours), doing: Doing::Teach { provider: "stripe", object } }
    };
    match customer.number {
        30 => {
            let card = json!({"id": "pm_demo030", "object": "payment_method", "type": "card", "customer": id,
                "created": at(50).as_second(),
                "card": {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": customer.exp_year + 3,
                    "funding": "credit", "network": "visa"}});
            vec![sends(at(50), "payment_method.attached", card)]
        }
        33 => {
            let body = json!({"account": format!("stripe:{id}"), "kind": "retry_payment",
                "params": {"invoice": format!("in_demo{:03}m{month}", customer.number)}, "reason_code": "other",
                "note": "The bank has let it through, they say on the phone."});
            vec![pays(28), ask(at(29), "luis", "/api/actions", body)]
        }
        _ => vec![pays(20)],
    }
}

/// Credits that colleagues gave, one of which somebody else must agree to.
fn kindness(now: Timestamp) -> Vec<Step> {
    let credits = [
        (100 * 24, "luis", "007", "10.00", "USD", "service_outage", "The app was down on a Monday morning."),
        (47 * 24, "luis", "013", "8.00", "GBP", "customer_dissatisfaction", "Waited a week for an answer."),
        (30 * 24, "lena", "016", "5.00", "EUR", "service_outage", "Was one of those whose payment we lost."),
        (19 * 24, "luis", "011", "180.00", "USD", "billing_error", "Three seats were counted that nobody has."),
        (20, "luis", "017", "135.50", "USD", "billing_error", "An add-on was billed that was never ordered."),
    ];
    let credit = credits.into_iter().map(|(hours, who, customer, amount, currency, reason, note)| {
        let body = json!({"account": format!("stripe:cus_demo{customer}"), "kind": "credit",
            "params": {"amount": {"amount": amount, "currency": currency}}, "reason_code": reason, "note": note});
        ask(ago(now, hours), who, "/api/actions", body)
    });
    credit.collect()
}
