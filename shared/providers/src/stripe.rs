//! Stripe. Signs `timestamp.body`; amounts are minor units; one event per delivery.
//!
//! <https://docs.stripe.com/webhooks#verify-manually>

mod act;
mod amount;
mod billed;
mod bought;
mod list;
mod observe;
mod paid;
mod read;
mod who;
mod wire;

use crate::signature::{first, header, timed, timed_header};
use crate::{
    Acting, Api, Delivery, Envelope, Headers, Keys, Malformed, NotAuthentic, Provider, Repeats, as_it_is, bearer,
    keep_all, malformed,
};
use domain::action::{Cancels, Downgrade, EndAtOnce, FiguresHold, Manners, MidPeriod, PaymentPage, Retries};
use domain::event::InvoiceStatus;
use domain::money::prorate::Method;
use jiff::Timestamp;

pub(crate) static PROVIDER: Provider = Provider {
    name: "stripe",
    media: &["json"],
    verify,
    sign,
    envelope,
    mask: keep_all,
    read: read::read,
    api: Some(&Api {
        base: "https://api.stripe.com",
        headers,
        repeats: Repeats::Header("idempotency-key", as_it_is),
        pages: &["billing.stripe.com", "invoice.stripe.com", "pay.stripe.com"],
        observe: observe::observe,
        linked: Some(observe::linked),
        listings: list::LISTINGS,
        acting: Acting::Through(act::EFFECTS),
        manners: MANNERS,
    }),
    desk: None,
};

/// Of a change in mid-period it is told as of which second to count.
const MANNERS: Manners = Manners {
    mid_period: MidPeriod::Prorated(Method::BySecond),
    figures: FiguresHold::UntilDone,
    downgrade: Downgrade::WaitsThere,
    end_at_once: EndAtOnce::Ends,
    refund_ends: &[],
    payment_page: PaymentPage::TheInvoice,
    written_off: InvoiceStatus::Uncollectible,
    retries: Retries::WhenAsked {
        switch_off: "switch off Smart Retries and every schedule of retries in the billing settings of Stripe by hand: else it tries as well",
    },
    messages: Some(
        "switch off the e-mails about failed payments and expiring cards in the billing settings of Stripe by hand: else it writes as well",
    ),
    cancels: Cancels::WhenAsked {
        switch_off: Some(
            "let the billing settings of Stripe leave a subscription as it is once all retries have failed, by hand: else it ends it before",
        ),
    },
    settled: &["succeeded", "paid"],
};

/// Whose an object is, and what was seen of it.
type Read = (Option<String>, Vec<domain::event::Seen>);

const HEADER: &str = "stripe-signature";

/// Stripe's own libraries accept times from the future without bound; we do not.
fn verify(delivery: &Delivery<'_>, keys: &Keys, now: Timestamp, window_secs: i64) -> Result<(), NotAuthentic> {
    timed(header(delivery.headers, HEADER)?, &keys.signing, delivery.body, now, window_secs)
}

/// The version that every request is answered in, whatever the account's own is: the newest of 2026-11-29.
const VERSION: &str = "2026-10-28.endive";

fn headers(key: &str) -> Headers {
    let mut headers = bearer(key);
    headers.push(("stripe-version", VERSION.to_owned()));
    headers
}

fn sign(keys: &Keys, body: &[u8], at: Timestamp) -> Headers {
    vec![(HEADER, timed_header(&first(&keys.signing), body, at))]
}

fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    let outside: wire::Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Stripe event"))?;
    if &*outside.object != "event" {
        return Err(Malformed { expected: "a Stripe event", cause: format!("its `object` is `{}`", &*outside.object) });
    }
    let relevant = read::is_relevant(&outside.kind);
    Ok(Envelope { id: outside.id.into(), kind: outside.kind.into(), live: Some(outside.livemode), relevant })
}
