//! Lemon Squeezy. Signs the body without a time, so that the receipt is the only defence against a replay; sells in its
//! own name, so that tax and disputes are its own.
//!
//! <https://docs.lemonsqueezy.com/help/webhooks/webhook-requests>

mod act;
mod list;
mod read;
mod wire;

use crate::signature::{first, header, hex_fits, sign_hex};
use crate::{
    Acting, Api, Delivery, Envelope, Headers, Keys, Malformed, NotAuthentic, Provider, Repeats, asks_nothing, keep_all,
    malformed,
};
use domain::action::{Cancels, Downgrade, EndAtOnce, FiguresHold, Manners, MidPeriod, PaymentPage, Retries};
use domain::event::InvoiceStatus;
use domain::money::prorate::Method;
use jiff::Timestamp;

pub(crate) static PROVIDER: Provider = Provider {
    name: "lemonsqueezy",
    media: &["json"],
    verify,
    sign,
    envelope,
    mask: keep_all,
    read: read::read,
    api: Some(&Api {
        base: "https://api.lemonsqueezy.com",
        headers,
        repeats: Repeats::Untold,
        pages: &[".lemonsqueezy.com"],
        observe: asks_nothing,
        linked: None,
        listings: list::LISTINGS,
        acting: Acting::Through(act::EFFECTS),
        manners: MANNERS,
    }),
    desk: None,
};

/// It knows no change that waits, and whichever end is asked for, what is paid for runs out.
const MANNERS: Manners = Manners {
    mid_period: MidPeriod::Prorated(Method::BySecond),
    figures: FiguresHold::UntilDone,
    downgrade: Downgrade::WaitsHere { hours_before: 1 },
    end_at_once: EndAtOnce::RunsOut,
    refund_ends: &[],
    payment_page: PaymentPage::TheInvoice,
    written_off: InvoiceStatus::Uncollectible,
    retries: Retries::OnlyByItself {
        why: "Lemon Squeezy takes no request to try a payment again: it retries by its own schedule, so leave `retries` with the provider",
    },
    messages: Some(
        "switch off the recovery e-mails in the settings of the Lemon Squeezy store by hand: else it writes as well",
    ),
    cancels: Cancels::WhenAsked {
        switch_off: Some(
            "let the Lemon Squeezy store keep a subscription that stays unpaid, in its settings by hand: else it ends it before",
        ),
    },
    settled: &["paid", "partial_refund", "refunded"],
};

const HEADER: &str = "x-signature";

fn verify(delivery: &Delivery<'_>, keys: &Keys, _now: Timestamp, _window_secs: i64) -> Result<(), NotAuthentic> {
    let given = header(delivery.headers, HEADER)?;
    if given.len() != 64 {
        return Err(NotAuthentic::Unreadable);
    }
    hex_fits(&keys.signing, &[delivery.body], &[given])
}

const MEDIA: &str = "application/vnd.api+json";

fn headers(key: &str) -> Headers {
    vec![("authorization", format!("Bearer {key}")), ("accept", MEDIA.to_owned()), ("content-type", MEDIA.to_owned())]
}

fn sign(keys: &Keys, body: &[u8], _at: Timestamp) -> Headers {
    vec![(HEADER, sign_hex(&first(&keys.signing), &[body]))]
}

/// The header `X-Event-Name` is not signed, so the name is taken from the body.
fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    let outside: wire::Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Lemon Squeezy delivery"))?;
    let relevant = read::is_relevant(&outside.meta.event_name);
    Ok(Envelope {
        id: read::id(&outside),
        live: outside.test_mode().map(|test| !test),
        kind: outside.meta.event_name.into(),
        relevant,
    })
}
