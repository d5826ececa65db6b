//! Chargebee's customers and cards, as sightings.

use super::wire;
use crate::Malformed;
use crate::value::{millis, minor, seconds};
use domain::event::{BalanceSeen, Card, CardState, ChosenSeen, CustomerSeen, Kind, Seen};

pub(super) fn of_customer(customer: wire::Customer<'_>, seen: &mut Vec<Seen>) -> Result<(), Malformed> {
    let as_of = customer.resource_version.map(millis).transpose()?;
    let own = [customer.first_name, customer.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let country = customer.billing_address.as_ref().and_then(|address| address.country.clone());
    let (address, phone) = customer.billing_address.map_or((None, None), |address| {
        let lines =
            [address.line1, address.line2, address.line3, address.zip, address.city, address.state, address.country];
        let lines: Vec<_> = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect();
        ((!lines.is_empty()).then(|| lines.join(", ")), address.phone)
    });
    seen.push(Seen::Customer(CustomerSeen {
        as_of,
        name: customer.company.or((!own.is_empty()).then_some(own)),
        email: customer.email,
        phone: customer.phone.or(phone),
        address,
        locale: customer.locale,
        country: country.filter(|country| !country.is_empty()),
        created_at: customer.created_at.map(seconds).transpose()?,
    }));
    let chosen = customer.primary_payment_source_id.map(|id| ChosenSeen { as_of, card: id.into() });
    seen.extend(chosen.map(Seen::Chosen));
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

pub(super) fn card_state(status: Option<&str>, kind: Kind) -> CardState {
    match (kind, status) {
        (Kind::CardRemoved, _) => CardState::Removed,
        (Kind::CardExpired, _) | (_, Some("expired")) => CardState::Expired,
        (Kind::CardExpiring, _) | (_, Some("expiring")) => CardState::Expiring,
        _ => CardState::Kept,
    }
}

pub(super) fn shown(card: &wire::Card<'_>) -> Option<Card> {
    let brand = card.card_type.as_ref().or(card.brand.as_ref())?.to_lowercase();
    Some(Card { brand, last4: card.last4.clone()?, exp_month: card.expiry_month, exp_year: card.expiry_year })
}
