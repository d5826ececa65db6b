//! Chargebee's events in our words: whatever an event's content shows is taken, whatever the event is called.

use super::wire::{self, Content, Event as Wire};
use crate::value::{Text, iso_days, millis, minor, rate_major, seconds};
use crate::{Malformed, Reading, malformed};
use domain::event::{
    BalanceSeen, Card, CardSeen, CardState, CreditNoteSeen, CreditNoteStatus, CustomerSeen, Decline, DisputeSeen, DisputeStatus, Event,
    Interval, IntervalUnit, InvoiceSeen, InvoiceStatus, Item, Kind, Line, NextTry, Origin, PaymentSeen, PaymentStatus, RefundSeen,
    RefundStatus, Role, Seen, SubscriptionSeen, SubscriptionStatus,
};
use domain::money::{Money, Rate};
use jiff::Timestamp;
use rust_decimal::Decimal;

fn meaning(kind: &str) -> Option<Kind> {
    Some(match kind {
        "customer_created" | "customer_changed" | "customer_deleted" | "customer_moved_in" | "customer_moved_out" => Kind::CustomerChanged,
        "subscription_created" | "subscription_started" | "subscription_activated" => Kind::SubscriptionStarted,
        "subscription_renewed" => Kind::SubscriptionRenewed,
        "subscription_trial_end_reminder" => Kind::TrialEnding,
        "subscription_cancelled" | "subscription_deleted" => Kind::SubscriptionEnded,
        "subscription_paused" => Kind::SubscriptionPaused,
        "subscription_resumed" | "subscription_reactivated" => Kind::SubscriptionResumed,
        // What has its own invoice event, and what only concerns goods and entitlement catalogues.
        "subscription_shipping_address_updated" | "subscription_entitlements_created" | "subscription_entitlements_updated" => return None,
        kind if kind.starts_with("subscription_") => Kind::SubscriptionChanged,
        "invoice_generated" | "invoice_updated" | "pending_invoice_created" | "pending_invoice_updated" => Kind::InvoiceChanged,
        "payment_due_reminder" | "netd_payment_due_reminder" => Kind::InvoiceChanged,
        "invoice_deleted" => Kind::InvoiceVoided,
        "dunning_updated" => Kind::PaymentRetried,
        "payment_initiated"
        | "authorization_succeeded"
        | "authorization_voided"
        | "transaction_created"
        | "transaction_updated"
        | "transaction_deleted" => Kind::PaymentPending,
        "payment_succeeded" => Kind::PaymentSucceeded,
        "payment_failed" => Kind::PaymentFailed,
        "payment_refunded" | "refund_initiated" => Kind::RefundChanged,
        "credit_note_created" | "credit_note_updated" | "credit_note_deleted" => Kind::CreditNoteChanged,
        "promotional_credits_added" | "promotional_credits_deducted" => Kind::CreditChanged,
        "card_added" | "payment_source_added" => Kind::CardAdded,
        "card_updated" | "payment_source_updated" => Kind::CardUpdated,
        "card_expiry_reminder" | "payment_source_expiring" => Kind::CardExpiring,
        "card_expired" | "payment_source_expired" => Kind::CardExpired,
        "card_deleted" | "payment_source_deleted" => Kind::CardRemoved,
        _ => return None,
    })
}

pub(super) fn is_relevant(kind: &str) -> bool {
    meaning(kind).is_some()
}

const NOTHING: Reading = Reading::Ignored("an event type that changes nothing here");

pub(super) fn read(body: &[u8], source: &str) -> Result<Reading, Malformed> {
    let event = match serde_json::from_slice::<Wire<'_>>(body) {
        Ok(event) => event,
        // Content that we have no use for may have fields of other shapes under the same names.
        Err(error) => {
            let outside: wire::Outside<'_> = serde_json::from_slice(body).map_err(malformed("a Chargebee event"))?;
            return if is_relevant(&outside.event_type) { Err(malformed("a Chargebee event")(error)) } else { Ok(NOTHING) };
        }
    };
    let Some(kind) = meaning(&event.event_type) else { return Ok(NOTHING) };
    let customer = owner(&event.content);
    // What the dashboard's test button sends.
    if customer.as_deref().is_some_and(|id| id.starts_with("cbdemo_")) {
        return Ok(Reading::Ignored("a sample of the dashboard's test button"));
    }
    let seen = content(event.content, kind)?;
    if customer.is_none() && seen.is_empty() {
        return Ok(Reading::Ignored("an event that names nobody and nothing"));
    }
    Ok(Reading::Events(vec![Event {
        id: event.id.into(),
        provider: "chargebee".to_owned(),
        source: source.to_owned(),
        origin: Origin::Webhook,
        kind: told(kind, &seen),
        at: seconds(event.occurred_at)?,
        customer,
        seen,
    }]))
}

/// What a transaction event says depends on how the transaction stands.
fn told(kind: Kind, seen: &[Seen]) -> Kind {
    let of = |seen: &Seen| match seen {
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Succeeded), .. }) => Some(Kind::PaymentSucceeded),
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Failed), .. }) => Some(Kind::PaymentFailed),
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::NeedsAction), .. }) => Some(Kind::PaymentNeedsAction),
        Seen::Payment(PaymentSeen { status: Some(PaymentStatus::Canceled), .. }) => Some(Kind::PaymentCanceled),
        Seen::Dispute(_) => Some(Kind::PaymentDisputed),
        Seen::Refund(_) => Some(Kind::RefundChanged),
        _ => None,
    };
    if kind == Kind::PaymentPending { seen.iter().find_map(of).unwrap_or(kind) } else { kind }
}

fn owner(content: &Content<'_>) -> Option<String> {
    let ids = [
        content.customer.as_ref().map(|customer| &customer.id),
        content.subscription.as_ref().and_then(|subscription| subscription.customer_id.as_ref()),
        content.invoice.as_ref().and_then(|invoice| invoice.customer_id.as_ref()),
        content.transaction.as_ref().and_then(|transaction| transaction.customer_id.as_ref()),
        content.credit_note.as_ref().and_then(|note| note.customer_id.as_ref()),
        content.card.as_ref().and_then(|card| card.customer_id.as_ref()),
        content.payment_source.as_ref().and_then(|source| source.customer_id.as_ref()),
    ];
    ids.into_iter().flatten().next().map(|id| id.to_string())
}

fn content(content: Content<'_>, kind: Kind) -> Result<Vec<Seen>, Malformed> {
    let mut seen = Vec::new();
    let card = content.card.as_ref().and_then(shown);
    if let Some(customer) = content.customer {
        of_customer(customer, &mut seen)?;
    }
    if let Some(subscription) = content.subscription {
        seen.push(Seen::Subscription(of_subscription(subscription)?));
    }
    if let Some(transaction) = content.transaction {
        of_transaction(transaction, card, &mut seen)?;
    }
    if let Some(invoice) = content.invoice {
        let decline = seen.iter().find_map(|seen| match seen {
            Seen::Payment(payment) => payment.decline.clone(),
            _ => None,
        });
        seen.push(Seen::Invoice(of_invoice(invoice, decline)?));
    }
    if let Some(note) = content.credit_note {
        seen.extend(of_credit_note(note)?);
    }
    if let Some(source) = content.payment_source {
        let state = if source.deleted { CardState::Removed } else { card_state(source.status.as_deref(), kind) };
        let as_of = source.resource_version.map(millis).transpose()?;
        seen.push(Seen::Card(CardSeen { id: source.id.into(), as_of, card: source.card.as_ref().and_then(shown), state }));
    } else if let Some(card) = content.card
        && let Some(id) = card.payment_source_id.as_ref().or(card.customer_id.as_ref())
    {
        let state = card_state(card.status.as_deref(), kind);
        let as_of = card.resource_version.map(millis).transpose()?;
        seen.push(Seen::Card(CardSeen { id: id.to_string(), as_of, card: shown(&card), state }));
    }
    Ok(seen)
}

fn of_customer(customer: wire::Customer<'_>, seen: &mut Vec<Seen>) -> Result<(), Malformed> {
    let as_of = customer.resource_version.map(millis).transpose()?;
    let own = [customer.first_name, customer.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let (address, phone) = customer.billing_address.map_or((None, None), |address| {
        let lines = [address.line1, address.line2, address.line3, address.zip, address.city, address.state, address.country];
        let lines: Vec<_> = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect();
        ((!lines.is_empty()).then(|| lines.join(", ")), address.phone)
    });
    seen.push(Seen::Customer(CustomerSeen {
        as_of,
        name: customer.company.or((!own.is_empty()).then_some(own)),
        email: customer.email,
        phone: customer.phone.or(phone),
        address,
        created_at: customer.created_at.map(seconds).transpose()?,
    }));
    let one = wire::Balance {
        promotional_credits: customer.promotional_credits,
        refundable_credits: customer.refundable_credits,
        excess_payments: customer.excess_payments,
        currency_code: customer.preferred_currency_code,
    };
    for balance in customer.balances.unwrap_or_else(|| vec![one]) {
        let sums = [balance.promotional_credits, balance.refundable_credits, balance.excess_payments];
        let (Some(currency), true) = (balance.currency_code, sums.iter().any(Option::is_some)) else { continue };
        let total = sums.into_iter().flatten().try_fold(0_i64, i64::checked_add).unwrap_or(i64::MAX);
        seen.push(Seen::Balance(BalanceSeen { as_of, available: minor(total, &currency)? }));
    }
    Ok(())
}

fn of_subscription(subscription: wire::Subscription<'_>) -> Result<SubscriptionSeen, Malformed> {
    let currency = subscription.currency_code.as_deref();
    let unit = |minor_units: Option<i64>, text: Option<&Text<'_>>| -> Option<Rate> {
        let exact = text.and_then(|text| rate_major(text, currency?));
        exact.or_else(|| minor(minor_units?, currency?).ok().map(Rate::from))
    };
    let interval = subscription.billing_period_unit.as_deref().and_then(IntervalUnit::parse);
    let interval = interval.map(|unit| Interval { unit, count: subscription.billing_period.unwrap_or(1) });
    let mut items = Vec::new();
    if let Some(plan) = &subscription.plan_id {
        let whole = quantity(subscription.plan_quantity, subscription.plan_quantity_in_decimal.as_ref());
        items.push(Item {
            id: None,
            price: plan.to_string(),
            name: None,
            role: Role::Plan,
            unit: unit(subscription.plan_unit_price, subscription.plan_unit_price_in_decimal.as_ref()).filter(|_| whole.is_some()),
            quantity: whole.unwrap_or(1),
            interval,
        });
    }
    for addon in subscription.addons.iter().flatten() {
        let whole = quantity(addon.quantity, addon.quantity_in_decimal.as_ref());
        items.push(Item {
            id: None,
            price: addon.id.to_string(),
            name: None,
            role: Role::Addon,
            unit: unit(addon.unit_price, addon.unit_price_in_decimal.as_ref()).filter(|_| whole.is_some()),
            quantity: whole.unwrap_or(1),
            interval,
        });
    }
    for item in subscription.subscription_items.iter().flatten() {
        let whole = quantity(item.quantity, item.quantity_in_decimal.as_ref());
        items.push(Item {
            id: None,
            price: item.item_price_id.to_string(),
            name: None,
            role: match item.item_type.as_deref() {
                Some("charge") => Role::OneOff,
                _ if item.metered_quantity.is_some() => Role::Usage,
                Some("addon") => Role::Addon,
                _ => Role::Plan,
            },
            unit: unit(item.unit_price, item.unit_price_in_decimal.as_ref()).filter(|_| whole.is_some()),
            quantity: whole.unwrap_or(1),
            interval,
        });
    }
    let (status, renewing) = match subscription.status.as_deref() {
        _ if subscription.deleted => (Some(SubscriptionStatus::Ended), false),
        Some("future") => (Some(SubscriptionStatus::Incomplete), true),
        Some("in_trial") => (Some(SubscriptionStatus::Trial), true),
        Some("active") => (Some(SubscriptionStatus::Active), true),
        Some("non_renewing") => (Some(SubscriptionStatus::Active), false),
        Some("paused") => (Some(SubscriptionStatus::Paused), true),
        Some("cancelled" | "transferred") => (Some(SubscriptionStatus::Ended), false),
        _ => (None, true),
    };
    let ends = subscription.cancelled_at.or(subscription.current_term_end.filter(|_| !renewing));
    Ok(SubscriptionSeen {
        id: subscription.id.into(),
        as_of: subscription.resource_version.map(millis).transpose()?,
        status,
        items: (!items.is_empty()).then_some(items),
        started_at: subscription.started_at.or(subscription.start_date).or(subscription.created_at).map(seconds).transpose()?,
        period_start: subscription.current_term_start.map(seconds).transpose()?,
        renews_at: subscription.next_billing_at.or(subscription.current_term_end).map(seconds).transpose()?,
        trial_ends_at: subscription.trial_end.map(seconds).transpose()?,
        ends_at: status.map(|_| ends.map(seconds).transpose()).transpose()?.map(Into::into),
        contract_ends_at: subscription.contract_term.and_then(|term| term.contract_end).map(seconds).transpose()?,
        resumes_at: status.map(|_| subscription.resume_date.map(seconds).transpose()).transpose()?.map(Into::into),
        ..SubscriptionSeen::default()
    })
}

/// How many there are. A site may count in fractions: then what the item comes to is not known, rather than guessed.
fn quantity(whole: Option<u32>, fraction: Option<&Text<'_>>) -> Option<u32> {
    match (whole, fraction) {
        (Some(whole), _) => Some(whole),
        (None, None) => Some(1),
        (None, Some(fraction)) => fraction.trim_end_matches('0').trim_end_matches('.').parse().ok(),
    }
}

fn of_invoice(invoice: wire::Invoice<'_>, decline: Option<Decline>) -> Result<InvoiceSeen, Malformed> {
    let currency = invoice.currency_code.as_deref();
    let amount = |units: Option<i64>| units.zip(currency).map(|(units, currency)| minor(units, currency)).transpose();
    let is_failed =
        |payment: &&wire::LinkedPayment<'_>| matches!(payment.txn_status.as_deref(), Some("failure" | "timeout" | "late_failure"));
    let failed = || invoice.linked_payments.iter().flatten().filter(is_failed);
    let status = match invoice.status.as_deref() {
        _ if invoice.deleted => Some(InvoiceStatus::Void),
        // What was written off is called paid as well.
        Some("paid") if invoice.write_off_amount.is_some_and(|amount| amount > 0) => Some(InvoiceStatus::Uncollectible),
        Some("paid") => Some(InvoiceStatus::Paid),
        Some("posted" | "payment_due" | "not_paid") => Some(InvoiceStatus::Open),
        Some("voided") => Some(InvoiceStatus::Void),
        Some("pending") => Some(InvoiceStatus::Draft),
        _ => None,
    };
    Ok(InvoiceSeen {
        as_of: invoice.resource_version.map(millis).transpose()?,
        number: None,
        status,
        total: amount(invoice.total)?,
        tax: amount(invoice.tax)?,
        remaining: amount(invoice.amount_due)?,
        credited: amount(invoice.credits_applied.filter(|credited| *credited > 0))?,
        subscription: invoice.subscription_id.as_ref().map(|id| id.to_string()),
        created_at: invoice.date.map(seconds).transpose()?,
        due_on: invoice.due_date.map(seconds).transpose()?.map(iso_days),
        attempts: invoice.linked_payments.as_ref().and_then(|_| u32::try_from(failed().count()).ok()),
        next_try: match (invoice.next_retry_at, invoice.dunning_status.as_deref()) {
            (Some(at), _) => Some(NextTry::At(seconds(at)?)),
            (None, Some("exhausted" | "stopped" | "success")) => Some(NextTry::Never),
            (None, None) if matches!(status, Some(InvoiceStatus::Paid | InvoiceStatus::Void)) => Some(NextTry::Never),
            _ => None,
        },
        failed_at: failed().filter_map(|payment| payment.txn_date).min().map(seconds).transpose()?,
        decline,
        paid_at: invoice.paid_at.map(seconds).transpose()?,
        lines: invoice
            .line_items
            .zip(currency)
            .map(|(lines, currency)| lines.into_iter().map(|it| line(it, currency)).collect())
            .transpose()?,
        id: invoice.id.into(),
        ..InvoiceSeen::default()
    })
}

fn line(line: wire::Line<'_>, currency: &str) -> Result<Line, Malformed> {
    let amount = |units: Option<i64>| units.map(|units| minor(units, currency)).transpose();
    Ok(Line {
        id: line.id.map(String::from).unwrap_or_default(),
        price: line.entity_id.map(String::from),
        // Chargebee says of a prorated line only that it is, in its text.
        proration: line.description.as_deref().is_some_and(|text| text.contains("Prorated")),
        text: line.description,
        role: line.entity_type.as_deref().and_then(|kind| {
            Some(match kind {
                "plan" | "plan_setup" | "plan_item_price" => Role::Plan,
                "addon" | "addon_item_price" => Role::Addon,
                "adhoc" | "charge_item_price" => Role::OneOff,
                _ => return None,
            })
        }),
        unit: line
            .unit_amount_in_decimal
            .as_deref()
            .and_then(|text| rate_major(text, currency))
            .or_else(|| minor(line.unit_amount?, currency).ok().map(Rate::from)),
        quantity: line.quantity.map(Decimal::from),
        amount: minor(line.amount, currency)?,
        tax: amount(line.tax_amount)?,
        discount: amount(line.discount_amount.filter(|discount| *discount != 0))?,
        from: line.date_from.map(seconds).transpose()?,
        to: line.date_to.map(seconds).transpose()?,
        subscription: line.subscription_id.map(String::from),
    })
}

fn of_transaction(transaction: wire::Transaction<'_>, card: Option<Card>, seen: &mut Vec<Seen>) -> Result<(), Malformed> {
    let as_of = transaction.resource_version.map(millis).transpose()?;
    let amount =
        transaction.amount.zip(transaction.currency_code.as_deref()).map(|(units, currency)| minor(units, currency)).transpose()?;
    let at = transaction.date.map(seconds).transpose()?;
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|text| text.to_string());
    match transaction.kind.as_deref() {
        Some("refund") => {
            let Some(payment) = text(&transaction.refunded_txn_id) else { return Ok(()) };
            let status = refund_status(transaction.status.as_deref());
            seen.push(Seen::Refund(RefundSeen { id: transaction.id.into(), payment, amount, status, created_at: at, action: None }));
        }
        // A chargeback: the money is gone. Chargebee tells nothing of evidence or outcome.
        Some("payment_reversal") => {
            let linked = transaction.linked_payments.as_ref().and_then(|linked| linked.first());
            let linked = linked.and_then(|linked| text(&linked.id).or_else(|| text(&linked.txn_id)));
            let Some(payment) = text(&transaction.reference_transaction_id).or(linked) else { return Ok(()) };
            seen.push(Seen::Dispute(DisputeSeen {
                id: transaction.id.into(),
                as_of,
                payment,
                amount,
                status: DisputeStatus::Lost,
                formal: Some(true),
                reason: None,
                opened_at: at,
                evidence_due_at: None,
            }));
        }
        Some("payment") | None => of_payment(transaction, as_of, amount, at, card, seen)?,
        // An authorisation holds money and takes none.
        Some(_) => {}
    }
    Ok(())
}

fn of_payment(
    transaction: wire::Transaction<'_>,
    as_of: Option<Timestamp>,
    amount: Option<Money>,
    at: Option<Timestamp>,
    card: Option<Card>,
    seen: &mut Vec<Seen>,
) -> Result<(), Malformed> {
    let id = transaction.id.to_string();
    let status = match transaction.status.as_deref() {
        // A payment that was entered by mistake was none.
        _ if transaction.deleted => Some(PaymentStatus::Canceled),
        Some("success") => Some(PaymentStatus::Succeeded),
        Some("failure" | "timeout" | "late_failure") => Some(PaymentStatus::Failed),
        Some("needs_attention") => Some(PaymentStatus::NeedsAction),
        Some("in_progress") => Some(PaymentStatus::Pending),
        Some("voided") => Some(PaymentStatus::Canceled),
        _ => None,
    };
    for refund in transaction.linked_refunds.iter().flatten() {
        let amount =
            refund.txn_amount.zip(transaction.currency_code.as_deref()).map(|(units, currency)| minor(units, currency)).transpose()?;
        seen.push(Seen::Refund(RefundSeen {
            id: refund.txn_id.to_string(),
            payment: id.clone(),
            amount,
            status: refund_status(refund.txn_status.as_deref()),
            created_at: refund.txn_date.map(seconds).transpose()?,
            action: None,
        }));
    }
    let last4 = transaction.masked_card_number.as_deref().and_then(|masked| masked.get(masked.len().checked_sub(4)?..)).map(str::to_owned);
    let masked = last4.map(|last4| Card { brand: "card".to_owned(), last4, exp_month: None, exp_year: None });
    seen.push(Seen::Payment(PaymentSeen {
        id,
        as_of,
        invoice: transaction.linked_invoices.as_ref().and_then(|linked| linked.first()).map(|linked| linked.invoice_id.to_string()),
        subscription: transaction.subscription_id.map(String::from),
        status,
        amount,
        captured: amount.filter(|_| status == Some(PaymentStatus::Succeeded)),
        at,
        method: transaction.payment_method.map(String::from),
        card: card.or(masked),
        decline: of_decline(transaction.error_code, transaction.error_detail, transaction.gateway),
        ..PaymentSeen::default()
    }));
    Ok(())
}

/// The code is the gateway's own; where Chargebee has translated it, the translation counts.
fn of_decline(code: Option<Text<'_>>, detail: Option<wire::ErrorDetail<'_>>, gateway: Option<Text<'_>>) -> Option<Decline> {
    let (own, declined, network, advice) =
        detail.map_or((None, None, None, None), |it| (it.error_code, it.decline_code, it.network_error_code, it.processor_advice_code));
    let code = declined.or(code).or(own)?;
    Some(Decline {
        gateway: gateway.map(String::from),
        network_code: network.map(String::from),
        network_advice: advice.map(String::from),
        ..Decline::new("chargebee", code)
    })
}

fn refund_status(status: Option<&str>) -> Option<RefundStatus> {
    Some(match status? {
        "success" => RefundStatus::Succeeded,
        "in_progress" | "needs_attention" => RefundStatus::Pending,
        "voided" => RefundStatus::Canceled,
        "failure" | "timeout" | "late_failure" => RefundStatus::Failed,
        _ => return None,
    })
}

fn of_credit_note(note: wire::CreditNote<'_>) -> Result<Option<Seen>, Malformed> {
    let Some(invoice) = note.reference_invoice_id.map(String::from) else { return Ok(None) };
    let total = note.total.zip(note.currency_code.as_deref()).map(|(units, currency)| minor(units, currency)).transpose()?;
    let status = match note.status.as_deref() {
        _ if note.deleted => Some(CreditNoteStatus::Void),
        Some("adjusted" | "refunded") => Some(CreditNoteStatus::Settled),
        Some("refund_due" | "pending") => Some(CreditNoteStatus::Issued),
        Some("voided") => Some(CreditNoteStatus::Void),
        _ => None,
    };
    Ok(Some(Seen::CreditNote(CreditNoteSeen {
        id: note.id.into(),
        as_of: note.resource_version.map(millis).transpose()?,
        invoice,
        total,
        status,
        reason: note.reason_code.map(String::from),
        created_at: note.date.map(seconds).transpose()?,
    })))
}

fn card_state(status: Option<&str>, kind: Kind) -> CardState {
    match (kind, status) {
        (Kind::CardRemoved, _) => CardState::Removed,
        (Kind::CardExpired, _) | (_, Some("expired")) => CardState::Expired,
        (Kind::CardExpiring, _) | (_, Some("expiring")) => CardState::Expiring,
        _ => CardState::Kept,
    }
}

fn shown(card: &wire::Card<'_>) -> Option<Card> {
    let brand = card.card_type.as_ref().or(card.brand.as_ref())?.to_lowercase();
    Some(Card { brand, last4: card.last4.clone()?, exp_month: card.expiry_month, exp_year: card.expiry_year })
}
