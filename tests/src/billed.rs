//! One customer who is billed month after month, as an account grows old: event by event, straight into classification.

use crate::stripe;
use app::classify;
use app::message::{Body, Message, pack};
use jiff::{SignedDuration, Timestamp};
use local::service::Service;

/// The events of one month: an invoice with its line, a failed try, a payment, and that the invoice is paid.
fn event(number: u32) -> (String, serde_json::Value) {
    let begin: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let month = number / 4;
    let at = begin + SignedDuration::from_hours(i64::from(month) * 30 + i64::from(number % 4));
    let bill = format!("in_{month}");
    let invoice = |status: &str, remaining: i64, attempts: u32| {
        let mut invoice = stripe::invoice("cus_1", &bill, status, 4900, remaining, "usd", attempts, at);
        let line = stripe::line(
            &format!("il_{month}"),
            "price_pro",
            4900,
            1,
            4900,
            false,
            at,
            at + SignedDuration::from_hours(720),
            Some("sub_1"),
        );
        invoice["lines"] = serde_json::json!({"object": "list", "has_more": false, "data": [line]});
        invoice["subscription"] = serde_json::json!("sub_1");
        invoice
    };
    let (kind, object) = match number % 4 {
        0 => ("invoice.finalized", invoice("open", 4900, 0)),
        1 => (
            "charge.failed",
            stripe::charge("cus_1", &format!("ch_f{month}"), Some(&bill), 4900, "usd", Some("insufficient_funds"), at),
        ),
        2 => ("charge.succeeded", stripe::charge("cus_1", &format!("ch_{month}"), Some(&bill), 4900, "usd", None, at)),
        _ => ("invoice.paid", invoice("paid", 0, 1)),
    };
    let id = format!("evt_{number}");
    let body = stripe::event(&id, kind, at, &object);
    (id, body)
}

/// Works the event of a number, as the queue would have it worked.
pub async fn fold(service: &Service, number: u32) {
    let (id, body) = event(number);
    let packed: Body = pack(&service.context, &format!("bodies/{id}"), body.to_string().as_bytes()).await.unwrap();
    let message = Message::Delivery {
        provider: "stripe".to_owned(),
        source: "default".to_owned(),
        event: id.clone(),
        received_at: "2030-01-01T00:00:00Z".parse().unwrap(),
        trace: id,
        body: packed,
    };
    classify::handle(&service.context, &message).await.unwrap();
}
