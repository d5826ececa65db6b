//! The demo company: six months of one Stripe account's history, made from a seed and delivered like any other.

mod company;
mod stripe;

use crate::service::Service;
use app::door::routes::Endpoint;
use app::door::token;
use app::fault::Fault;
use app::ports::Clock;
use app::{approval, intake, report};
use company::Company;
pub use company::Dice;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
pub use stripe::Delivery;

/// What was loaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Loaded {
    pub accounts: usize,
    pub deliveries: usize,
}

/// What Stripe sends of the company from its founding until then, in the order of its time.
pub fn history(founded: Timestamp, until: Timestamp) -> Vec<Delivery> {
    stripe::deliveries(&Company::founded(founded), founded, until)
}

/// Loads the history that ends at `now`, with the clock where each delivery was made.
pub async fn load(service: &Service, now: Timestamp) -> Result<Loaded, Fault> {
    let _working = service.working.lock().await;
    let start = now.to_zoned(TimeZone::UTC).date().first_of_month().checked_sub(6.months()).map_err(Fault::park)?;
    let start = start.to_zoned(TimeZone::UTC).map_err(Fault::park)?.timestamp();
    let company = Company::founded(start);
    service.clock.freeze(start);
    let deliveries = stripe::deliveries(&company, start, now);
    let mut decided_at = start;
    for delivery in &deliveries {
        service.advance(delivery.at).await?;
        deliver(service, delivery.body.to_string().into_bytes()).await?;
        if delivery.at > decided_at + SignedDuration::from_hours(12) {
            decided_at = delivery.at;
            decide(service, now).await?;
        }
    }
    service.advance(now).await?;
    Ok(Loaded { accounts: company.customers.len(), deliveries: deliveries.len() })
}

async fn deliver(service: &Service, body: Vec<u8>) -> Result<(), Fault> {
    let request = service.signed("stripe", "default", body).await?;
    let answer = intake::handle(&service.context, "stripe", "default", &request).await;
    let _ = service.sandbox.learn("stripe", request.body());
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(Fault::Park(format!("the demo's delivery was answered {}", answer.status())))
    }
}

/// The managers do their work: they approve what has waited for some hours, and leave the last days to whoever looks.
async fn decide(service: &Service, now: Timestamp) -> Result<(), Fault> {
    let clock = service.clock.now();
    if clock > now - SignedDuration::from_hours(5 * 24) {
        return Ok(());
    }
    for (id, digest, requested_at) in report::waiting(&service.context).await? {
        if clock.duration_since(requested_at) < SignedDuration::from_hours(2) {
            continue;
        }
        let secret = service.context.vault.tokens().await?;
        let token = token::issue(&secret, "mara", service.clock.machine(), 1);
        let body = serde_json::json!({
            "decision": "approve",
            "preview_digest": digest,
            "note": "Both charges seen, one is too many.",
        });
        let request = http::Request::post(format!("/api/actions/{id}/decision"))
            .header("authorization", format!("Bearer {token}"))
            .body(body.to_string().into())
            .map_err(Fault::park)?;
        let answer = approval::http(&service.context, Endpoint::DecideAction(id.to_string()), &request).await;
        tracing::debug!(status = %answer.status(), "the demo's manager decided");
        service.work().await?;
    }
    Ok(())
}
