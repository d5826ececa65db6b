//! Mollie. Next-generation webhooks are signed; classic ones only name a payment, which is fetched to learn anything.
//! Amounts are decimal strings.
//!
//! <https://docs.mollie.com/reference/webhooks-new>

mod act;
mod list;
mod read;
mod wire;

use crate::signature::{first, hex_fits, sign_hex};
use crate::{
    Acting, Api, Delivery, Envelope, Headers, Keys, Malformed, NotAuthentic, Provider, Repeats, keep_all, malformed,
    uuid,
};
use domain::action::{Cancels, Downgrade, EndAtOnce, FiguresHold, Manners, MidPeriod, PaymentPage, Retries};
use domain::event::InvoiceStatus;
use jiff::Timestamp;

pub(crate) static PROVIDER: Provider = Provider {
    name: "mollie",
    media: &["json", "x-www-form-urlencoded"],
    verify,
    sign,
    envelope,
    mask: keep_all,
    read: read::read,
    api: Some(&Api {
        base: "https://api.mollie.com",
        headers,
        repeats: Repeats::Header("idempotency-key", uuid),
        pages: &[".mollie.com"],
        observe: read::observe,
        linked: None,
        listings: list::LISTINGS,
        acting: Acting::Through(act::EFFECTS),
        manners: MANNERS,
    }),
    desk: None,
};

/// A subscription is no more than an amount that recurs, and there is one way to give an invoice up.
const MANNERS: Manners = Manners {
    mid_period: MidPeriod::NotCharged,
    figures: FiguresHold::UntilDone,
    downgrade: Downgrade::WaitsThere,
    end_at_once: EndAtOnce::Ends,
    refund_ends: &[],
    payment_page: PaymentPage::TheInvoice,
    written_off: InvoiceStatus::Void,
    retries: Retries::WhenAsked {
        switch_off: "switch off by hand whatever else makes payments at Mollie for what has failed: else it is tried twice",
    },
    // It writes to nobody, and ends nothing that is not paid.
    messages: None,
    cancels: Cancels::WhenAsked { switch_off: None },
    settled: &["refunded", "paid"],
};

const HEADER: &str = "x-mollie-signature";

/// A missing signature is a classic webhook only if the body is one: it says nothing but an id, and nothing of it is
/// believed. For a day after a rotation there are two signatures, in two headers or joined by a comma.
fn verify(delivery: &Delivery<'_>, keys: &Keys, _now: Timestamp, _window_secs: i64) -> Result<(), NotAuthentic> {
    if !delivery.headers.contains_key(HEADER) {
        // A source that is not known is not asked about either.
        let known = classic_id(delivery.body).is_some() && !keys.is_empty();
        return if known { Ok(()) } else { Err(NotAuthentic::Missing) };
    }
    let mut given = Vec::new();
    for value in delivery.headers.get_all(HEADER) {
        let value = value.to_str().map_err(|_| NotAuthentic::Unreadable)?;
        given.extend(value.split(',').map(|one| one.trim().trim_start_matches("sha256=")));
    }
    if given.len() > 4 || given.iter().any(|one| one.len() != 64) {
        return Err(NotAuthentic::Unreadable);
    }
    hex_fits(&keys.signing, &[delivery.body], &given)
}

/// It takes JSON, and refuses forms.
fn headers(key: &str) -> Headers {
    vec![("authorization", format!("Bearer {key}")), ("content-type", "application/json".to_owned())]
}

fn sign(keys: &Keys, body: &[u8], _at: Timestamp) -> Headers {
    if classic_id(body).is_some() {
        return Vec::new();
    }
    vec![(HEADER, format!("sha256={}", sign_hex(&first(&keys.signing), &[body])))]
}

/// The id that a classic webhook names, if the body is one. It goes into a URL, so it may hold nothing but letters and digits.
fn classic_id(body: &[u8]) -> Option<String> {
    if !body.starts_with(b"id=") {
        return None;
    }
    let mut fields = form_urlencoded::parse(body);
    let (name, id) = fields.next()?;
    let (prefix, own) = id.split_once('_')?;
    let plain = |text: &str| !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    (name == "id" && fields.next().is_none() && plain(prefix) && plain(own)).then(|| id.clone().into_owned())
}

fn envelope(body: &[u8]) -> Result<Envelope, Malformed> {
    if let Some(id) = classic_id(body) {
        // Orders and payment links call for their payments as well.
        let relevant = id.starts_with("tr_");
        return Ok(Envelope { id, kind: "classic".to_owned(), live: None, relevant });
    }
    // The mode stands in the entity, which a simple payload leaves out.
    let outside: wire::Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Mollie event"))?;
    if &*outside.resource != "event" {
        return Err(Malformed {
            expected: "a Mollie event",
            cause: format!("its `resource` is `{}`", &*outside.resource),
        });
    }
    let live = outside.embedded.and_then(|embedded| embedded.entity?.mode).map(|mode| &*mode == "live");
    let relevant = read::is_relevant(&outside.kind);
    Ok(Envelope { id: outside.id.into(), kind: outside.kind.into(), live, relevant })
}
