//! Chargebee. Signs nothing: HTTP Basic says who sends. Amounts are minor units; each resource has its own version.
//!
//! The headers `x-chargebee-signature` and its like, which many programs check, do not exist.
//! <https://www.chargebee.com/docs/2.0/webhook_settings.html>

mod act;
mod billed;
mod bought;
mod list;
mod paid;
mod read;
mod who;
mod wire;

use crate::signature::{first, fits, header};
use crate::{
    Acting, Api, Delivery, Envelope, Headers, Keys, Malformed, NotAuthentic, Provider, Repeats, as_it_is, asks_nothing,
    keep_all, malformed,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::action::{Cancels, Downgrade, EndAtOnce, FiguresHold, Manners, MidPeriod, PaymentPage, Retries};
use domain::event::InvoiceStatus;
use domain::money::prorate::Method;
use jiff::Timestamp;

pub(crate) static PROVIDER: Provider = Provider {
    name: "chargebee",
    media: &["json"],
    verify,
    sign,
    envelope,
    mask: keep_all,
    read: read::read,
    api: Some(&Api {
        base: "https://{source}.chargebee.com",
        headers,
        repeats: Repeats::Header("chargebee-idempotency-key", as_it_is),
        // Its documents are files, which it may keep in the store of its cloud: no page of its own says where.
        pages: &[".chargebee.com", ".amazonaws.com"],
        observe: asks_nothing,
        linked: None,
        listings: list::LISTINGS,
        acting: Acting::Through(act::EFFECTS),
        manners: MANNERS,
    }),
    desk: None,
};

/// It counts days, from the one on which it is asked. What has settled is a `success` there; its answers are read as
/// `succeeded`.
const MANNERS: Manners = Manners {
    mid_period: MidPeriod::Prorated(Method::ByDay),
    figures: FiguresHold::OnTheirDay,
    downgrade: Downgrade::WaitsThere,
    end_at_once: EndAtOnce::Ends,
    refund_ends: &[],
    payment_page: PaymentPage::AllThatIsOwed,
    written_off: InvoiceStatus::Uncollectible,
    retries: Retries::WhenAsked {
        switch_off: "switch off the payment retries in the dunning settings of Chargebee by hand, and choose Stop dunning at each invoice \
                     that it retries already: else it tries as well",
    },
    messages: Some("switch off the dunning e-mails in the settings of Chargebee by hand: else it writes as well"),
    cancels: Cancels::WhenAsked {
        switch_off: Some(
            "let the last step of the dunning settings of Chargebee keep the subscription and the invoice as they are, by hand: else it \
             ends them before",
        ),
    },
    settled: &["success", "succeeded"],
};

const HEADER: &str = "authorization";

/// The scheme is exactly `Basic`, and the password may contain colons: the whole pair is compared.
fn verify(delivery: &Delivery<'_>, keys: &Keys, _now: Timestamp, _window_secs: i64) -> Result<(), NotAuthentic> {
    let given = header(delivery.headers, HEADER)?.strip_prefix("Basic ").ok_or(NotAuthentic::Unreadable)?;
    let pair =
        STANDARD.decode(given).ok().and_then(|pair| String::from_utf8(pair).ok()).ok_or(NotAuthentic::Unreadable)?;
    if !pair.contains(':') {
        return Err(NotAuthentic::Unreadable);
    }
    fits(keys.signing.iter().map(|secret| secret.expose().to_owned()), &[&pair])
}

/// The key is a user without a password.
fn headers(key: &str) -> Headers {
    let basic = STANDARD.encode(format!("{key}:"));
    vec![("authorization", format!("Basic {basic}")), ("content-type", "application/x-www-form-urlencoded".to_owned())]
}

fn sign(keys: &Keys, _body: &[u8], _at: Timestamp) -> Headers {
    vec![(HEADER, format!("Basic {}", STANDARD.encode(first(&keys.signing).expose())))]
}

fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    let outside: wire::Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Chargebee event"))?;
    let relevant = read::is_relevant(&outside.event_type);
    // There is no mark of test deliveries: a test site is a source of its own.
    Ok(Envelope { id: outside.id.into(), kind: outside.event_type.into(), live: None, relevant })
}
