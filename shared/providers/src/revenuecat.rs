//! RevenueCat. A fixed `Authorization` value, or, once switched on, a signature over `timestamp.body`. Prices are floats.
//!
//! <https://www.revenuecat.com/docs/integrations/webhooks>

mod act;
mod list;
mod read;
mod wire;

use crate::signature::{fits, header, timed, timed_header};
use crate::{
    Acting, Api, Delivery, Envelope, Headers, Keys, Malformed, NotAuthentic, Provider, Repeats, asks_nothing, keep_all,
};
use domain::action::{Cancels, Downgrade, EndAtOnce, FiguresHold, Manners, MidPeriod, PaymentPage, Retries};
use domain::event::InvoiceStatus;
use domain::money::prorate::Method;
use jiff::Timestamp;

pub(crate) static PROVIDER: Provider = Provider {
    name: "revenuecat",
    media: &["json"],
    verify,
    sign,
    envelope,
    mask: keep_all,
    read: read::read,
    api: Some(&Api {
        // The source is called by the id of its project.
        base: "https://api.revenuecat.com/v2/projects/{source}",
        headers,
        repeats: Repeats::Untold,
        // Where each store lets its customers manage what they bought, and the pages of Web Billing.
        pages: &[
            ".paddle.com",
            ".revenuecat.com",
            ".rev.cat",
            "apps.apple.com",
            "billing.stripe.com",
            "play.google.com",
            "www.amazon.com",
        ],
        observe: asks_nothing,
        linked: None,
        listings: list::LISTINGS,
        acting: Acting::Through(act::EFFECTS),
        manners: MANNERS,
    }),
    desk: None,
};

/// It changes no plan and writes nothing off: what is shown of these is our own count, for the person who does them.
const MANNERS: Manners = Manners {
    mid_period: MidPeriod::Prorated(Method::BySecond),
    figures: FiguresHold::UntilDone,
    downgrade: Downgrade::WaitsThere,
    end_at_once: EndAtOnce::Ends,
    // Web Billing.
    refund_ends: &["rc_billing"],
    payment_page: PaymentPage::TheInvoice,
    written_off: InvoiceStatus::Uncollectible,
    retries: Retries::OnlyByItself {
        why: "behind RevenueCat the stores try again by themselves, and take no request for it: leave `retries` with the provider",
    },
    messages: Some(
        "switch off the billing e-mails of Web Billing in RevenueCat by hand: what a store writes to its customers stays the store's",
    ),
    cancels: Cancels::WhenAsked {
        switch_off: Some(
            "nothing can be switched off: a store ends by itself what stays unpaid, and only Web Billing ends it when it is asked; \
             for the others it is a task of people",
        ),
    },
    settled: &["succeeded"],
};

const VALUE: &str = "authorization";
const SIGNATURE: &str = "x-revenuecat-webhook-signature";

/// Once the signing secret is set, a request with only the fixed value is refused, and a fixed value that is sent must be right.
fn verify(delivery: &Delivery<'_>, keys: &Keys, now: Timestamp, window_secs: i64) -> Result<(), NotAuthentic> {
    let value = || {
        let given = header(delivery.headers, VALUE)?;
        fits(keys.signing.iter().map(|secret| secret.expose().to_owned()), &[given])
    };
    if keys.stronger.is_empty() {
        return value();
    }
    timed(header(delivery.headers, SIGNATURE)?, &keys.stronger, delivery.body, now, window_secs)?;
    if delivery.headers.contains_key(VALUE) && !keys.signing.is_empty() { value() } else { Ok(()) }
}

/// It takes JSON, and refuses forms.
fn headers(key: &str) -> Headers {
    vec![("authorization", format!("Bearer {key}")), ("content-type", "application/json".to_owned())]
}

fn sign(keys: &Keys, body: &[u8], at: Timestamp) -> Headers {
    let value = keys.signing.first().map(|secret| (VALUE, secret.expose().to_owned()));
    let signature = keys.stronger.first().map(|secret| (SIGNATURE, timed_header(secret, body, at)));
    value.into_iter().chain(signature).collect()
}

fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    let event: wire::Outside<'_> = wire::event(body)?;
    let live = event.environment.as_deref().map(|environment| environment == "PRODUCTION");
    let relevant = read::is_relevant(&event.kind);
    Ok(Envelope { id: event.id.into(), kind: event.kind.into(), live, relevant })
}
