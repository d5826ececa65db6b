//! Stripe's customers and their ways to pay, as sightings.

use super::Read;
use super::amount::money;
use super::wire::{self, Object, Reference};
use crate::Malformed;
use crate::value::seconds;
use domain::event::{BalanceSeen, Card, CardSeen, CardState, ChosenSeen, CustomerSeen, Kind, Seen};

pub(super) fn customer(customer: Object<'_>) -> Result<Read, Malformed> {
    let country = customer.address.as_ref().and_then(|address| address.country.clone());
    let address = customer.address.map(|address| {
        let lines = [address.line1, address.line2, address.postal_code, address.city, address.state, address.country];
        lines.into_iter().flatten().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
    });
    let mut seen = vec![Seen::Customer(CustomerSeen {
        as_of: None,
        name: customer.name,
        email: customer.email,
        phone: customer.phone,
        address: address.filter(|address| !address.is_empty()),
        // The first is the one that the customer likes best.
        locale: customer.preferred_locales.and_then(|locales| locales.into_iter().next()),
        country: country.filter(|country| !country.is_empty()),
        created_at: customer.created.map(seconds).transpose()?,
    })];
    // A negative balance is the customer's credit.
    if let (Some(balance), Some(currency)) =
        (customer.balance.or(customer.account_balance), customer.currency.as_deref())
    {
        seen.push(Seen::Balance(BalanceSeen {
            as_of: None,
            available: money(balance.saturating_neg().max(0), currency)?,
        }));
    }
    let chosen = customer.invoice_settings.and_then(|settings| settings.default_payment_method);
    let chosen = chosen.or(customer.default_source).map(|card| ChosenSeen { as_of: None, card: card.id() });
    seen.extend(chosen.map(Seen::Chosen));
    Ok((customer.id.map(String::from), seen))
}

pub(super) fn card(kept: Object<'_>, state: CardState) -> Read {
    let own = wire::Card {
        brand: kept.brand,
        network: None,
        country: None,
        funding: None,
        last4: kept.last4,
        exp_month: kept.exp_month,
        exp_year: kept.exp_year,
        confirmed: false,
    };
    let seen = CardSeen {
        id: kept.id.map(String::from).unwrap_or_default(),
        as_of: None,
        card: kept.card.and_then(card_shown).or_else(|| card_shown(own)),
        state,
    };
    (kept.customer.as_ref().map(Reference::id), vec![Seen::Card(seen)])
}

/// A way to pay that was set up without a payment.
pub(super) fn set_up(intent: &Object<'_>, kind: Kind) -> Read {
    let kept = intent.payment_method.as_ref().filter(|_| kind == Kind::CardAdded);
    let seen =
        kept.map(|method| Seen::Card(CardSeen { id: method.id(), as_of: None, card: None, state: CardState::Kept }));
    (intent.customer.as_ref().map(Reference::id), seen.into_iter().collect())
}

/// A mandate that was withdrawn takes the way to pay with it.
pub(super) fn mandate(mandate: &Object<'_>) -> Option<Seen> {
    let withdrawn = mandate.status.as_deref() == Some("inactive");
    let id = mandate.payment_method.as_ref().filter(|_| withdrawn)?.id();
    Some(Seen::Card(CardSeen { id, as_of: None, card: None, state: CardState::Removed }))
}

pub(super) fn card_shown(card: wire::Card) -> Option<Card> {
    Some(Card {
        brand: card.brand?.to_lowercase(),
        last4: card.last4?,
        exp_month: card.exp_month,
        exp_year: card.exp_year,
    })
}

/// Who pays without being a customer is an account of its own, named by the payment.
pub(super) fn guest(payment: &str) -> String {
    format!("guest:{payment}")
}
