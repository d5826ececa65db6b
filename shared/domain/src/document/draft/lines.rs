//! How is a line of a bill stated on its document? With its quantity and its price where they come to it exactly.

use super::NotDrafted;
use super::told::billed;
use crate::book::one_line;
use crate::document::{DocumentLine, Tax, Unit};
use crate::event::Line;
use crate::money::{Money, Rate};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

/// As fine as the price of one is written where it is computed.
const PRICE_DIGITS: u32 = 4;

/// What each line is for, in at most so many letters.
pub(super) fn names(lines: &[Line], most: usize) -> Result<Vec<String>, NotDrafted> {
    let name = |line: &Line| {
        let texts = [line.text.as_deref(), line.price.as_deref()];
        texts.into_iter().flatten().map(|text| one_line(text, most)).find(|text| !text.is_empty())
    };
    lines.iter().zip(1..).map(|(line, number)| name(line).ok_or(NotDrafted::Nameless(number))).collect()
}

/// A line with what it comes to without tax.
pub(super) fn stated(line: &Line, name: &str, net: Money, tax: Tax) -> DocumentLine {
    let zero = Money::zero(net.currency());
    let is_told = net == billed(line);
    // What is given back has no discount: a document takes off only from what it charges.
    let discount = line.discount.filter(|discount| is_told && *discount > zero && *discount <= line.amount);
    let full = if discount.is_some() { line.amount } else { net };
    let (quantity, price) = told(line, full).unwrap_or((Decimal::ONE, full.amount().abs()));
    let quantity = if full < zero { -quantity } else { quantity };
    let price = Rate::new(price, net.currency());
    DocumentLine { name: name.to_owned(), quantity, unit: Unit::Piece, price, discount, tax, period: period(line) }
}

/// How many and the price of one, where they come to what the line does: tiers and parts of a period do not.
fn told(line: &Line, full: Money) -> Option<(Decimal, Decimal)> {
    let currency = full.currency();
    let quantity = line.quantity.filter(|quantity| *quantity > Decimal::ZERO)?;
    let unit = line.unit.filter(|unit| unit.currency() == currency && unit.amount() >= Decimal::ZERO)?.amount();
    let comes_to = |price: Decimal, sum: Money| {
        quantity.checked_mul(price).is_some_and(|full| Money::rounded(full, currency).amount() == sum.amount().abs())
    };
    if comes_to(unit, full) {
        return Some((quantity, unit));
    }
    let is_of_units = comes_to(unit, line.amount);
    let price = full.amount().abs().checked_div(quantity)?.round_dp(PRICE_DIGITS);
    (is_of_units && comes_to(price, full)).then_some((quantity, price))
}

/// The days that a line is for, the last one included.
pub(super) fn period(line: &Line) -> Option<(Date, Date)> {
    let (from, to) = line.from.zip(line.to).filter(|(from, to)| from <= to)?;
    // A period ends with the moment in which the next one begins.
    let last = to.checked_sub(SignedDuration::from_secs(1)).unwrap_or(to).max(from);
    Some((day(from), day(last)))
}

/// Providers tell their periods by the days of UTC.
pub(super) fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
