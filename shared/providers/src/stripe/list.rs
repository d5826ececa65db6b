//! Stripe's listings: each object is read as the delivery that would announce its present state.
//!
//! <https://docs.stripe.com/api/pagination>

mod told;
mod tried;

use crate::list::Asked;
use crate::{Call, Listing, Malformed, Page, Reply, malformed};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use told::{Object, Told};

/// Parents first, and what links payments to invoices before the payments: two of one amount are else taken for one.
///
/// Stripe lists by when an object was made, not by when it changed: customers and subscriptions are always listed whole.
pub(super) const LISTINGS: &[Listing] = &[
    Listing {
        name: "customers",
        first: |_| customers(),
        page: |call, reply, source, at| page(call, reply, source, at, told::customer),
    },
    Listing {
        name: "subscriptions",
        first: |_| subscriptions(),
        page: |call, reply, source, at| page(call, reply, source, at, told::subscription),
    },
    Listing {
        name: "invoices",
        first: |since| made_since("/v1/invoices", since).call(),
        page: |call, reply, source, at| {
            page(call, reply, source, at, |object, told| told.now("invoice.updated", object))
        },
    },
    Listing {
        name: "invoice_payments",
        first: |since| made_since(tried::PATH, since).with("status", "paid").call(),
        page: |call, reply, source, at| page(call, reply, source, at, told::invoice_payment),
    },
    Listing {
        name: "credit_notes",
        first: |since| made_since("/v1/credit_notes", since).call(),
        page: |call, reply, source, at| {
            page(call, reply, source, at, |object, told| told.now("credit_note.updated", object))
        },
    },
    Listing { name: "charges", first: |since| made_since("/v1/charges", since).call(), page: charges },
    Listing {
        name: "refunds",
        first: |since| made_since("/v1/refunds", since).call(),
        page: |call, reply, source, at| {
            page(call, reply, source, at, |object, told| told.now("refund.updated", object))
        },
    },
    Listing {
        name: "disputes",
        first: |since| made_since("/v1/disputes", since).call(),
        page: |call, reply, source, at| {
            page(call, reply, source, at, |object, told| told.now("charge.dispute.updated", object))
        },
    },
    Listing {
        name: "early_fraud_warnings",
        first: |since| made_since("/v1/radar/early_fraud_warnings", since).call(),
        page: |call, reply, source, at| {
            page(call, reply, source, at, |object, told| told.now("radar.early_fraud_warning.updated", object))
        },
    },
];

fn all(path: &str) -> Asked {
    Asked::new(path).with("limit", "100")
}

fn made_since(path: &str, since: Option<Timestamp>) -> Asked {
    match since {
        Some(since) => all(path).with("created[gte]", since.as_second().to_string()),
        None => all(path),
    }
}

/// With the way to pay that is used by default: a listing of its own would be one more call for each customer.
fn customers() -> Call {
    all("/v1/customers")
        .and("expand[]", "data.default_source")
        .and("expand[]", "data.invoice_settings.default_payment_method")
        .call()
}

/// Those that ended are left out unless one asks for all, and of discounts there are only ids.
fn subscriptions() -> Call {
    all("/v1/subscriptions").with("status", "all").and("expand[]", "data.discounts.source.coupon").call()
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    has_more: bool,
}

fn page(
    call: &Call,
    reply: &Reply,
    source: &str,
    at: Timestamp,
    tell: fn(&Object<'_>, &mut Told<'_>) -> Result<(), Malformed>,
) -> Result<Page, Malformed> {
    let list: List<'_> = serde_json::from_str(&reply.body).map_err(malformed("a list of Stripe objects"))?;
    let mut told = Told { source, at, page: Page { events: Vec::new(), more: Vec::new() } };
    let mut last = None;
    for raw in list.data {
        let object = Object::read(raw)?;
        tell(&object, &mut told)?;
        last = Some(object.head.id);
    }
    if let Some(last) = last.filter(|_| list.has_more) {
        told.page.more.push(Asked::of(call).with("starting_after", last).call());
    }
    Ok(told.page)
}

fn charges(call: &Call, reply: &Reply, source: &str, at: Timestamp) -> Result<Page, Malformed> {
    if call.path.starts_with(tried::PATH) {
        tried::page(call, reply, source)
    } else {
        page(call, reply, source, at, told::charge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::{Kind, Origin, Seen, SubscriptionStatus};

    const AT: &str = "2026-03-01T12:00:00Z";

    fn listing(name: &str) -> &'static Listing {
        LISTINGS.iter().find(|listing| listing.name == name).unwrap()
    }

    fn read(name: &str, has_more: bool, objects: &[&str]) -> Page {
        let listing = listing(name);
        let body = format!(r#"{{"object":"list","url":"/v1/x","has_more":{has_more},"data":[{}]}}"#, objects.join(","));
        (listing.page)(&(listing.first)(None), &Reply { status: 200, body }, "default", AT.parse().unwrap()).unwrap()
    }

    const CHARGE: &str = r#""object":"charge","customer":"cus_1","amount":4900,"currency":"usd","amount_captured":4900,"amount_refunded":900"#;

    fn charge_of(id: &str, rest: &str) -> String {
        format!(r#"{{"id":"{id}",{CHARGE},"created":1772000000,{rest}}}"#)
    }

    #[test]
    fn the_first_page_asks_for_what_is_wanted() {
        let since = Some("2026-01-01T00:00:00Z".parse().unwrap());
        for (name, expected) in [
            (
                "customers",
                "/v1/customers?limit=100&expand%5B%5D=data.default_source&expand%5B%5D=data.invoice_settings.default_payment_method",
            ),
            ("subscriptions", "/v1/subscriptions?limit=100&status=all&expand%5B%5D=data.discounts.source.coupon"),
            ("invoices", "/v1/invoices?limit=100&created%5Bgte%5D=1767225600"),
            ("invoice_payments", "/v1/invoice_payments?limit=100&created%5Bgte%5D=1767225600&status=paid"),
            ("refunds", "/v1/refunds?limit=100&created%5Bgte%5D=1767225600"),
        ] {
            assert_eq!((listing(name).first)(since).path, expected, "{name}");
        }
        assert_eq!((listing("charges").first)(None).path, "/v1/charges?limit=100");
    }

    #[test]
    fn the_next_page_starts_after_the_last_object() {
        let refund = |id: &str| {
            format!(
                r#"{{"id":"{id}","object":"refund","charge":"ch_1","amount":900,"currency":"usd","status":"succeeded"}}"#
            )
        };
        let page = read("refunds", true, &[&refund("re_2"), &refund("re_1")]);
        assert_eq!(page.more, [Call::list("/v1/refunds?limit=100&starting_after=re_1")]);
        assert_eq!(page.events.len(), 2);
        assert!(read("refunds", false, &[&refund("re_2")]).more.is_empty());
        assert!(read("refunds", true, &[]).more.is_empty(), "an empty page leads nowhere");
    }

    #[test]
    fn an_object_is_told_as_it_stands_and_a_try_when_it_was() {
        let failed = charge_of(
            "ch_2",
            r#""status":"failed","paid":false,"captured":false,"failure_code":"expired_card","invoice":"in_1""#,
        );
        let page = read("charges", false, &[&charge_of("ch_1", r#""status":"succeeded","captured":true"#), &failed]);
        let told: Vec<_> =
            page.events.iter().map(|event| (event.kind, event.at.as_second(), event.seen.len())).collect();
        let at: Timestamp = AT.parse().unwrap();
        assert_eq!(told, [(Kind::PaymentSucceeded, at.as_second(), 1), (Kind::PaymentFailed, 1_772_000_000, 2)]);
        assert!(
            page.events
                .iter()
                .all(|event| event.origin == Origin::Listed && event.customer.as_deref() == Some("cus_1"))
        );
        assert!(page.more.is_empty(), "it names its invoice");
        let Seen::Invoice(invoice) = &page.events[1].seen[1] else { panic!("the invoice that was tried") };
        assert_eq!(invoice.failed_at.map(Timestamp::as_second), Some(1_772_000_000));
    }

    #[test]
    fn a_failed_charge_that_names_no_invoice_leads_to_it() {
        let failed = charge_of("ch_2", r#""status":"failed","captured":false,"payment_intent":"pi_1""#);
        let page = read("charges", false, &[&failed]);
        let [call] = &page.more[..] else { panic!("one question") };
        let sent = "/v1/invoice_payments?payment%5Btype%5D=payment_intent&payment%5Bpayment_intent%5D=pi_1&limit=10";
        assert_eq!(call.path, format!("{sent}#charge=ch_2&failed_at=1772000000"));
        let body = r#"{"object":"list","has_more":false,"data":[{"id":"inpay_1","object":"invoice_payment","invoice":"in_1","status":"open",
            "payment":{"type":"payment_intent","payment_intent":"pi_1"}}]}"#;
        let reply = Reply { status: 200, body: body.to_owned() };
        let page = (listing("charges").page)(call, &reply, "default", AT.parse().unwrap()).unwrap();
        let [event] = &page.events[..] else { panic!("one event") };
        assert_eq!(
            (event.kind, event.at.as_second(), event.customer.as_deref()),
            (Kind::PaymentFailed, 1_772_000_000, None)
        );
        let [Seen::Payment(payment), Seen::Invoice(invoice)] = &event.seen[..] else {
            panic!("the payment and its invoice")
        };
        assert_eq!(
            (payment.id.as_str(), payment.invoice.as_deref(), payment.intent.as_deref()),
            ("ch_2", Some("in_1"), Some("pi_1"))
        );
        assert_eq!((invoice.id.as_str(), invoice.failed_at), ("in_1", Some(event.at)));
    }

    #[test]
    fn what_ended_is_told_with_its_time() {
        let of = |id: &str, rest: &str| format!(r#"{{"id":"{id}","object":"subscription","customer":"cus_1",{rest}}}"#);
        let ended = of("sub_2", r#""status":"canceled","ended_at":1771000000"#);
        let page = read("subscriptions", false, &[&of("sub_1", r#""status":"past_due""#), &ended]);
        let told: Vec<_> = page.events.iter().map(|event| (event.kind, event.at.as_second())).collect();
        let at: Timestamp = AT.parse().unwrap();
        assert_eq!(told, [(Kind::SubscriptionChanged, at.as_second()), (Kind::SubscriptionEnded, 1_771_000_000)]);
        let Seen::Subscription(seen) = &page.events[1].seen[0] else { panic!("a subscription") };
        assert_eq!(seen.status, Some(SubscriptionStatus::Ended));
    }

    #[test]
    fn a_customer_brings_balance_and_default_card() {
        let method = r#"{"id":"pm_1","object":"payment_method","type":"card","card":{"brand":"visa","last4":"4242","exp_month":4,"exp_year":2030}}"#;
        let customer = format!(
            r#"{{"id":"cus_1","object":"customer","name":"Ada","balance":-500,"currency":"eur","created":1770000000,
            "default_source":"src_1",
            "invoice_settings":{{"default_payment_method":{method}}}}}"#
        );
        let page = read("customers", false, &[&customer]);
        let [person, card] = &page.events[..] else { panic!("the customer and the card") };
        let [Seen::Customer(_), Seen::Balance(balance), Seen::Chosen(chosen)] = &person.seen[..] else {
            panic!("who it is, what is left for them and the card they chose")
        };
        assert_eq!((balance.available.to_string().as_str(), chosen.card.as_str()), ("5.00 EUR", "pm_1"));
        assert_eq!((card.kind, card.customer.as_deref()), (Kind::CardUpdated, Some("cus_1")));
        assert!(matches!(&card.seen[..], [Seen::Card(seen)] if seen.id == "pm_1"));
    }

    #[test]
    fn each_listing_reads_one_of_its_objects() {
        for (name, object, kind) in [
            (
                "invoices",
                r#"{"id":"in_1","object":"invoice","customer":"cus_1","status":"open","currency":"usd","total":4900,
                "amount_remaining":4900,"attempt_count":1}"#,
                Kind::InvoiceChanged,
            ),
            (
                "invoice_payments",
                r#"{"id":"inpay_1","object":"invoice_payment","invoice":"in_1","status":"paid","created":1772000000,
                "payment":{"type":"payment_intent","payment_intent":"pi_1"}}"#,
                Kind::InvoicePaid,
            ),
            (
                "credit_notes",
                r#"{"id":"cn_1","object":"credit_note","invoice":"in_1","customer":"cus_1","total":900,"currency":"usd",
                "status":"issued"}"#,
                Kind::CreditNoteChanged,
            ),
            (
                "refunds",
                r#"{"id":"re_1","object":"refund","charge":"ch_1","amount":900,"currency":"usd","status":"pending"}"#,
                Kind::RefundChanged,
            ),
            (
                "disputes",
                r#"{"id":"dp_1","object":"dispute","charge":"ch_1","amount":4900,"currency":"usd","status":"lost","reason":"general"}"#,
                Kind::PaymentDisputed,
            ),
            (
                "early_fraud_warnings",
                r#"{"id":"issfr_1","object":"radar.early_fraud_warning","charge":"ch_1","actionable":true,"fraud_type":"misc"}"#,
                Kind::PaymentDisputed,
            ),
        ] {
            let page = read(name, false, &[object]);
            assert_eq!(page.events.iter().map(|event| event.kind).collect::<Vec<_>>(), [kind], "{name}");
            assert_eq!(read(name, false, &[object]).events, page.events, "{name}: the same state is the same event");
        }
    }

    #[test]
    fn what_is_no_list_is_malformed() {
        for body in
            ["", "{}", r#"{"error":{"type":"api_error"}}"#, r#"{"data":[{"object":"charge"}],"has_more":false}"#]
        {
            let reply = Reply { status: 200, body: body.to_owned() };
            assert!(
                (listing("charges").page)(&Call::get("/v1/charges"), &reply, "default", AT.parse().unwrap()).is_err(),
                "{body}"
            );
        }
    }
}
