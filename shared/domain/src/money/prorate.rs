//! What does a change in the middle of a period cost? What is unused of the old is given back, what is left of the new is paid.

use crate::money::{Currency, Money, Rate};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How the time that is left is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Elapsed seconds, as [Stripe counts](https://docs.stripe.com/billing/subscriptions/prorations).
    BySecond,
    /// Calendar dates of the account, as in [Chargebee's day-based mode](https://www.chargebee.com/docs/2.0/proration.html).
    /// What is new begins with the first moment of the day of change, so that day is the new one's.
    ByDay,
    /// The same, but the day of change is still the old one's, as where a Chargebee site bills the date of cancellation.
    ByNextDay,
}

/// The time that was billed, up to and without `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    pub from: Timestamp,
    pub to: Timestamp,
}

/// One recurring thing, bought for one whole period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bought {
    pub price: String,
    pub text: String,
    /// As billed for one, after discounts: a credit must not give back more than was taken.
    pub unit: Rate,
    pub quantity: u32,
}

/// Which way it goes: back to the customer, or to be paid by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Credit,
    Charge,
}

/// What one thing brings or costs from the change to the end of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub price: String,
    pub text: String,
    pub side: Side,
    /// Below zero for a credit.
    pub amount: Money,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// A change, line by line; a `total` below zero goes back to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proration {
    /// The credits, then the charges.
    pub lines: Vec<Line>,
    pub total: Money,
}

impl Proration {
    /// A change during a trial: nothing was paid for this time, and the first whole period is charged when the trial ends.
    pub fn in_trial(currency: Currency) -> Self {
        Self { lines: Vec::new(), total: Money::zero(currency) }
    }
}

/// What a whole period costs, in two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub used: Money,
    pub unused: Money,
}

/// Why it cannot be computed, and what to give instead. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProration {
    #[error("the period from {from} to {to} has no time in it; give the period that was billed")]
    EmptyPeriod { from: Timestamp, to: Timestamp },
    #[error("{at} is not in the period from {from} to {to}; give the period that the change falls into")]
    Outside { at: Timestamp, from: Timestamp, to: Timestamp },
    #[error("the period from {from} to {to} begins and ends on one day; count it by second")]
    OneDay { from: Timestamp, to: Timestamp },
    #[error("nothing is bought before or after the change; name what changes")]
    Nothing,
    #[error("prices are in {0} and in {1}; cancel in one currency and buy in the other")]
    Currencies(Currency, Currency),
    #[error("the price `{0}` is below zero; take what it gives off the price that it belongs to")]
    BelowZero(String),
    #[error("the amounts are too large to be computed; check the prices and the quantities")]
    TooLarge,
}

/// Gives back the unused time of what goes and charges the remaining time of what comes.
///
/// A thing whose quantity or price differs goes and comes, as at Stripe and Chargebee; the same thing in both has no line.
/// Each line is rounded once, by [`Money::rounded`], half to even. The examples of both providers in the tests come out as
/// published; none of them ends on exactly half a coin, and we found neither saying how it rounds one.
///
/// It is assumed that the period was paid. Stripe assumes this too, and credits what an unpaid invoice never brought.
pub fn change(
    old: &[Bought],
    new: &[Bought],
    period: Period,
    at: Timestamp,
    method: Method,
    zone: &TimeZone,
) -> Result<Proration, NoProration> {
    let rest = rest(period, at, method, zone)?;
    let currency = currency(old, new)?;
    let line = |side: Side, bought: &Bought| -> Result<Line, NoProration> {
        let worth = rest.of(bought)?;
        let amount = match side {
            Side::Credit => Money::zero(currency).minus(worth),
            Side::Charge => worth,
        };
        Ok(Line { price: bought.price.clone(), text: bought.text.clone(), side, amount, from: at, to: period.to })
    };
    let credits = without(old, new).into_iter().map(|bought| line(Side::Credit, bought));
    let charges = without(new, old).into_iter().map(|bought| line(Side::Charge, bought));
    let lines = credits.chain(charges).collect::<Result<Vec<Line>, NoProration>>()?;
    let sum = lines.iter().try_fold(Decimal::ZERO, |sum, line| sum.checked_add(line.amount.amount()));
    Ok(Proration { total: coins(sum, currency)?, lines })
}

/// Gives back the unused time of everything.
pub fn cancel(
    old: &[Bought],
    period: Period,
    at: Timestamp,
    method: Method,
    zone: &TimeZone,
) -> Result<Proration, NoProration> {
    change(old, &[], period, at, method, zone)
}

/// Splits what a period costs. What was used is the difference, so the parts always add up to the whole.
pub fn parts(
    bought: &Bought,
    period: Period,
    at: Timestamp,
    method: Method,
    zone: &TimeZone,
) -> Result<Parts, NoProration> {
    let unused = rest(period, at, method, zone)?.of(bought)?;
    let whole = coins(Some(bought.exact()?), bought.unit.currency())?;
    Ok(Parts { used: whole.minus(unused), unused })
}

/// How much of a period is left, in seconds or days.
struct Rest {
    left: Decimal,
    whole: Decimal,
}

impl Rest {
    /// Multiplies first: a share such as 1/3, rounded before, could move the result over half a coin.
    fn of(&self, bought: &Bought) -> Result<Money, NoProration> {
        let product = bought.exact()?.checked_mul(self.left);
        coins(product.and_then(|product| product.checked_div(self.whole)), bought.unit.currency())
    }
}

fn rest(Period { from, to }: Period, at: Timestamp, method: Method, zone: &TimeZone) -> Result<Rest, NoProration> {
    let seconds = |since: Timestamp| to.duration_since(since).as_secs();
    if seconds(from) < 1 {
        return Err(NoProration::EmptyPeriod { from, to });
    }
    if at < from || at >= to {
        return Err(NoProration::Outside { at, from, to });
    }
    let date = |at: Timestamp| at.to_zoned(zone.clone()).date();
    // Chargebee tells the end of a term as the last second of its last day, others as the first of the day after.
    let end = date(to.checked_add(SignedDuration::from_secs(1)).unwrap_or(to));
    let days = |since: Timestamp| end.duration_since(date(since)).as_hours() / 24;
    let (left, whole) = match method {
        Method::BySecond => (seconds(at), seconds(from)),
        Method::ByDay => (days(at), days(from)),
        Method::ByNextDay => (days(at) - 1, days(from)),
    };
    if whole < 1 {
        return Err(NoProration::OneDay { from, to });
    }
    // Where clocks go back over midnight, a later moment can have the earlier date.
    Ok(Rest { left: Decimal::from(left.clamp(0, whole)), whole: Decimal::from(whole) })
}

fn currency(old: &[Bought], new: &[Bought]) -> Result<Currency, NoProration> {
    let mut currencies = old.iter().chain(new).map(|bought| bought.unit.currency());
    let first = currencies.next().ok_or(NoProration::Nothing)?;
    match currencies.find(|other| *other != first) {
        Some(other) => Err(NoProration::Currencies(first, other)),
        None => Ok(first),
    }
}

/// What of `these` is not among `those`; of two that are the same, one takes away one.
fn without<'a>(these: &'a [Bought], those: &[Bought]) -> Vec<&'a Bought> {
    let mut those: Vec<&Bought> = those.iter().collect();
    let mut rest = Vec::new();
    for this in these {
        if let Some(place) = those.iter().position(|that| this.is(that)) {
            those.swap_remove(place);
        } else {
            rest.push(this);
        }
    }
    rest
}

impl Bought {
    fn is(&self, other: &Self) -> bool {
        self.price == other.price && self.unit == other.unit && self.quantity == other.quantity
    }

    /// What a whole period of it costs, unrounded.
    fn exact(&self) -> Result<Decimal, NoProration> {
        if self.unit.amount() < Decimal::ZERO {
            return Err(NoProration::BelowZero(self.price.clone()));
        }
        self.unit.amount().checked_mul(Decimal::from(self.quantity)).ok_or(NoProration::TooLarge)
    }
}

/// Rounds an amount, if a provider's integer can hold it.
fn coins(amount: Option<Decimal>, currency: Currency) -> Result<Money, NoProration> {
    amount
        .map(|amount| Money::rounded(amount, currency))
        .filter(|money| money.minor().is_some())
        .ok_or(NoProration::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Zoned;

    const TABLE: &str = include_str!("prorate/examples.txt");

    #[test]
    fn a_change_costs_what_the_table_says() {
        for row in TABLE.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
            let [name, how, times, old, new, lines, total] = split(row, "|");
            let [method, zone, currency] = split(how, " ");
            let [from, at, to] = split::<3>(times, " ").map(|time| moment(time, zone));
            let method: Method = serde_json::from_value(method.into()).unwrap();
            let [old, new] = [old, new].map(|text| things(text, currency));
            let proration = change(&old, &new, Period { from, to }, at, method, &TimeZone::get(zone).unwrap()).unwrap();
            let shown: Vec<String> =
                proration.lines.iter().map(|line| format!("{} {}", line.price, line.amount.amount())).collect();
            assert_eq!(shown.join(", "), lines, "{name}");
            assert_eq!(proration.total.amount().to_string(), total, "{name}");
        }
    }

    #[test]
    fn refusals_come_in_order_and_end_with_what_to_do() {
        use Method::{ByDay, BySecond};
        use NoProration::{BelowZero, Currencies, EmptyPeriod, Nothing, OneDay, Outside, TooLarge};
        let [dawn, noon, dusk, next] =
            ["2026-04-01", "2026-04-01T12:00", "2026-04-01T20:00", "2026-05-01"].map(|time| moment(time, "UTC"));
        let usd = |text: &str| things(text, "USD");
        let wrong = || [usd("a -1"), things("b 1", "EUR")].concat();
        let max = Decimal::MAX;
        let rows = [
            ("backwards", wrong(), (noon, dusk, dawn), ByDay, EmptyPeriod { from: noon, to: dawn }),
            ("empty", wrong(), (dawn, dusk, dawn), ByDay, EmptyPeriod { from: dawn, to: dawn }),
            ("too early", wrong(), (noon, dawn, dusk), ByDay, Outside { at: dawn, from: noon, to: dusk }),
            (
                "the end is the next one's",
                wrong(),
                (dawn, dusk, dusk),
                ByDay,
                Outside { at: dusk, from: dawn, to: dusk },
            ),
            ("no midnight", wrong(), (dawn, noon, dusk), ByDay, OneDay { from: dawn, to: dusk }),
            ("nothing", vec![], (dawn, noon, dusk), BySecond, Nothing),
            (
                "two currencies",
                wrong(),
                (dawn, noon, next),
                ByDay,
                Currencies(Currency::USD, Currency::parse("EUR").unwrap()),
            ),
            ("below zero", usd("a -1"), (dawn, noon, next), ByDay, BelowZero("a".to_owned())),
            ("times quantity", usd(&format!("a {max}*2")), (dawn, noon, next), ByDay, TooLarge),
            ("times days", usd(&format!("a {max}")), (dawn, noon, next), ByDay, TooLarge),
            ("in cents", usd("a 100000000000000000"), (dawn, noon, next), ByDay, TooLarge),
            ("in sum", usd("a 90000000000000000, b 90000000000000000"), (dawn, noon, next), ByDay, TooLarge),
        ];
        for (name, old, (from, at, to), method, refusal) in rows {
            assert_eq!(cancel(&old, Period { from, to }, at, method, &TimeZone::UTC), Err(refusal.clone()), "{name}");
            assert!(refusal.to_string().contains("; "), "{name}: {refusal}");
        }
    }

    #[test]
    fn a_trial_owes_and_is_owed_nothing() {
        let proration = Proration::in_trial(Currency::USD);
        assert_eq!((proration.lines.len(), proration.total), (0, Money::zero(Currency::USD)));
    }

    #[test]
    fn parts_add_up_no_line_leaves_its_price_and_back_costs_what_there_brought() {
        let mut dice = Dice(1);
        for round in 0..5_000 {
            let currency = Currency::parse(dice.pick(["USD", "JPY", "KWD"])).unwrap();
            let method = dice.pick([Method::BySecond, Method::ByDay, Method::ByNextDay]);
            let zone = TimeZone::get(dice.pick(["UTC", "Europe/Berlin", "America/St_Johns"])).unwrap();
            let from = Timestamp::from_second(1_600_000_000 + dice.roll(300_000_000)).unwrap();
            let length = 2 * 86_400 + dice.roll(400 * 86_400);
            let after = |seconds: i64| from.checked_add(SignedDuration::from_secs(seconds)).unwrap();
            let (period, at) = (Period { from, to: after(length) }, after(dice.roll(length)));
            let [one, other] = ["one", "other"].map(|price| Bought {
                price: price.to_owned(),
                text: String::new(),
                unit: Rate::new(Decimal::new(dice.roll(10_000_000), dice.pick([0, 2, 3, 5])), currency),
                quantity: dice.pick([0, 1, 2, 7, 40]),
            });
            let nothing = Money::zero(currency);
            let whole = |bought: &Bought| Money::rounded(bought.exact().unwrap(), currency);

            let Parts { used, unused } = parts(&one, period, at, method, &zone).unwrap();
            assert_eq!(used.plus(unused), whole(&one), "round {round}");
            assert!(used >= nothing && unused >= nothing, "round {round}");

            let [old, new] = [&one, &other].map(std::slice::from_ref);
            let there = change(old, new, period, at, method, &zone).unwrap();
            let back = change(new, old, period, at, method, &zone).unwrap();
            assert_eq!(there.total.plus(back.total), nothing, "round {round}");
            assert_eq!(
                there.lines.iter().fold(nothing, |sum, line| sum.plus(line.amount)),
                there.total,
                "round {round}"
            );
            for line in there.lines.iter().chain(&back.lines) {
                let whole = whole(if line.price == "one" { &one } else { &other });
                let (least, most) = match line.side {
                    Side::Credit => (nothing.minus(whole), nothing),
                    Side::Charge => (nothing, whole),
                };
                assert!((least..=most).contains(&line.amount), "round {round}: {line:?}");
            }
        }
    }

    fn split<'a, const N: usize>(text: &'a str, by: &str) -> [&'a str; N] {
        let words: Vec<&str> = text.split(by).map(str::trim).collect();
        words.try_into().unwrap_or_else(|words| panic!("{N} columns, not {words:?}"))
    }

    fn moment(time: &str, zone: &str) -> Timestamp {
        format!("{time}[{zone}]").parse::<Zoned>().unwrap().timestamp()
    }

    /// Reads `s 12.345*3, sso 5`.
    fn things(text: &str, currency: &str) -> Vec<Bought> {
        let currency = Currency::parse(currency).unwrap();
        let thing = |text: &str| {
            let (price, amount) = text.split_once(' ').unwrap();
            let (unit, quantity) = amount.split_once('*').unwrap_or((amount, "1"));
            let unit = Rate::new(unit.parse().unwrap(), currency);
            Bought { price: price.to_owned(), text: price.to_uppercase(), unit, quantity: quantity.parse().unwrap() }
        };
        text.split_terminator(", ").map(thing).collect()
    }

    /// The same numbers on every machine.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: i64) -> i64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(self.0 >> 33).unwrap() % sides
        }

        fn pick<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
            from[usize::try_from(self.roll(i64::try_from(N).unwrap())).unwrap()]
        }
    }
}
