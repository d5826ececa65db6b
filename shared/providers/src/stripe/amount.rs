//! Stripe's amounts: integers of a smallest unit that is not everybody's.

use super::wire::Object;
use crate::Malformed;
use crate::value::{self, rate};
use domain::money::{Money, Rate};
use rust_decimal::Decimal;

pub(super) fn priced(object: &Object<'_>) -> Result<(i64, String), Malformed> {
    match (object.amount, object.currency.as_deref()) {
        (Some(amount), Some(currency)) => Ok((amount, currency.to_owned())),
        _ => Err(Malformed {
            expected: "an object with an amount",
            cause: "its amount or currency is missing".to_owned(),
        }),
    }
}

/// Stripe counts minor units as ISO 4217 does, but for these three.
/// <https://docs.stripe.com/currencies#special-cases>
pub(super) fn money(minor: i64, currency: &str) -> Result<Money, Malformed> {
    let money = value::minor(minor, currency)?;
    match money.currency().code() {
        // Kept at two digits, the last of them zero.
        "ISK" | "UGX" if minor % 100 == 0 => Ok(Money::from_minor(minor / 100, money.currency())),
        "ISK" | "UGX" => {
            Err(Malformed { expected: "a whole amount", cause: format!("{minor} hundredths of {currency}") })
        }
        // No minor unit at Stripe although ISO lists two digits.
        "MGA" => Ok(money.times(100)),
        _ => Ok(money),
    }
}

/// A price in Stripe's own smallest unit, which is not everybody's; see `money`.
pub(super) fn scaled(minor: &str, currency: &str) -> Option<Rate> {
    let rate = rate(minor, currency)?;
    let factor = match rate.currency().code() {
        "ISK" | "UGX" => Decimal::new(1, 2),
        "MGA" => Decimal::ONE_HUNDRED,
        _ => Decimal::ONE,
    };
    Some(Rate::new(rate.amount().checked_mul(factor)?, rate.currency()))
}
