//! Is every line of an invoice what was agreed? Each is computed again, from the contract, the catalogue, the seats and
//! the time; what comes out the same is explained, and only the rest may be credited.

use crate::book::{Invoice, Subscription};
use crate::event::{Interval, IntervalUnit, Line, Role};
use crate::import::{Contract, Price, Tier, Usage};
use crate::money::prorate::{Bought, Method, Period, parts};
use crate::money::{Currency, Money, Rate};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was agreed with a customer, as imports and the provider tell it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub contracts: Vec<Contract>,
    pub prices: Vec<Price>,
    pub usage: Vec<Usage>,
    /// The subscriptions of the invoices, as the book holds them.
    pub subscriptions: BTreeMap<String, Subscription>,
    /// The invoices for which all this was read: of another one nothing can be said.
    pub invoices: BTreeSet<String>,
}

/// The terms, and the subscription that the invoice is of.
#[derive(Clone, Copy)]
struct Known<'a> {
    contracts: &'a [Contract],
    prices: &'a [Price],
    usage: &'a [Usage],
    subscription: Option<&'a Subscription>,
}

/// An invoice, computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    pub lines: Vec<Checked>,
    /// By how much the lines, discounts and tax miss the total.
    pub gap: Option<Money>,
    /// What was billed beyond what was agreed, line by line; the only candidate for a credit.
    pub residue: Money,
    /// A line bills another plan than the contract names.
    pub other_plan: Option<OtherPlan>,
}

/// The plan of a contract, and the one that is billed in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPlan {
    /// By our own names, where the catalogue has them.
    pub agreed: String,
    pub billed: String,
    pub subscription: String,
    /// The provider's id of the price that is billed.
    pub instead: String,
    /// The provider's id of the agreed price, and what the contract says that one of it costs.
    pub price: String,
    pub unit: Option<Rate>,
    /// By how much what is billed costs more in a period than what was agreed, below zero if it costs less; nothing where
    /// the line is no whole period of it at a known price.
    pub dearer: Option<Money>,
}

/// One line, as billed and as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub line: String,
    pub text: String,
    pub billed: Money,
    /// None where nothing is known that it could be computed from.
    pub expected: Option<Money>,
    /// How it was computed, or what was missing.
    pub how: String,
}

impl Checked {
    /// Whether the line comes out again exactly as it was billed.
    pub fn is_explained(&self) -> bool {
        self.expected == Some(self.billed)
    }

    fn excess(&self) -> Option<Money> {
        Some(self.billed.minus(self.expected?)).filter(|excess| excess.is_positive())
    }
}

/// Seats that were seen this long after an invoice was made were those it billed.
const SEATS_SLACK: SignedDuration = SignedDuration::from_mins(10);

/// Computes an invoice again; nothing where its lines, total or credit notes are not all known, or where its currencies
/// contradict each other.
pub fn rebuild(invoice: &Invoice, terms: &Terms, subscription: Option<&Subscription>) -> Option<Rebuilt> {
    let terms = Known { contracts: &terms.contracts, prices: &terms.prices, usage: &terms.usage, subscription };
    let (lines, total) = (invoice.lines.value()?, invoice.total.copied()?);
    let currency = total.currency();
    if lines.is_empty() || invoice.more_credit_notes || lines.iter().any(|line| line.amount.currency() != currency) {
        return None;
    }
    let checked: Vec<_> = lines.iter().map(|line| check(line, invoice, terms)).collect();
    let residue = checked.iter().filter_map(Checked::excess).fold(Money::zero(currency), Money::plus);
    let other_plan = lines.iter().zip(&checked).find_map(|(line, checked)| other_plan(line, checked, invoice, terms));
    Some(Rebuilt { gap: gap(invoice, lines, total), residue, other_plan, lines: checked })
}

/// Tax may be part of the lines or come on top: a total that fits either way adds up.
fn gap(invoice: &Invoice, lines: &[Line], total: Money) -> Option<Money> {
    // Lines of an earlier state say nothing of a later total.
    if invoice.lines.seen_at() != invoice.total.seen_at() {
        return None;
    }
    let sum = |part: fn(&Line) -> Option<Money>| {
        let parts = lines.iter().filter_map(part).filter(|part| part.currency() == total.currency());
        parts.fold(Money::zero(total.currency()), Money::plus)
    };
    let net = sum(|line| Some(line.amount)).minus(sum(|line| line.discount));
    let tax =
        invoice.tax.copied().filter(|tax| tax.currency() == total.currency()).unwrap_or_else(|| sum(|line| line.tax));
    let gaps = [total.minus(net), total.minus(net.plus(tax))];
    if gaps.contains(&Money::zero(total.currency())) { None } else { Some(gaps[1]) }
}

/// The plan of the contract and the one that a line bills, where they differ.
fn other_plan(line: &Line, checked: &Checked, invoice: &Invoice, terms: Known<'_>) -> Option<OtherPlan> {
    let known = |price: &str| terms.prices.iter().find(|known| known.price == price);
    let plan_of = |price: &str| known(price).and_then(|known| known.plan.clone()).unwrap_or_else(|| price.to_owned());
    let item = line.price.as_deref().and_then(|price| own_item(price, terms)).map(|item| item.role);
    let listed = line.price.as_deref().and_then(known).map(|known| known.role);
    let unused = line.proration || line.amount.amount().is_sign_negative();
    if unused || line.role.or(listed).or(item) != Some(Role::Plan) {
        return None;
    }
    let (price, on) = (line.price.as_ref()?, date(line.from?));
    // A contract of several prices has a row for each: the seats say nothing of the plan.
    let is_plan = |price: &str| known(price).is_none_or(|known| known.role == Role::Plan);
    let of_it = |it: &&Contract| it.subscription.is_some() && it.subscription == line.subscription && it.holds(on);
    let contract =
        terms.contracts.iter().filter(of_it).filter(|it| is_plan(&it.price)).max_by_key(|it| it.starts_on)?;
    if terms.contracts.iter().any(|it| it.holds(on) && plan_of(&it.price) == plan_of(price)) {
        return None;
    }
    let agreed = agreed(&Line { price: Some(contract.price.clone()), ..line.clone() }, terms);
    Some(OtherPlan {
        agreed: plan_of(&contract.price),
        billed: plan_of(price),
        subscription: line.subscription.clone()?,
        instead: price.clone(),
        price: contract.price.clone(),
        unit: agreed.as_ref().and_then(|agreed| agreed.cost.each()),
        dearer: agreed.and_then(|agreed| dearer(line, checked, &agreed, invoice, terms)),
    })
}

/// By how much a whole period of what a line bills costs more than one of what was agreed, for as many.
fn dearer(line: &Line, checked: &Checked, contract: &Agreed, invoice: &Invoice, terms: Known<'_>) -> Option<Money> {
    let currency = line.amount.currency();
    let own = agreed(line, terms)?;
    let alike =
        own.interval.is_some() && own.interval == contract.interval && contract.cost.currency() == Some(currency);
    let is_whole = checked.expected.is_some_and(|whole| line.amount >= whole);
    if !alike || !is_whole || line.discount.is_some_and(Money::is_positive) {
        return None;
    }
    let (quantity, _) = quantity(line, invoice, terms)?;
    Some(checked.expected?.minus(Money::rounded(contract.cost.of(quantity)?, currency)))
}

/// What it costs, and who says so.
struct Agreed {
    cost: Cost,
    interval: Option<Interval>,
    says: String,
    /// A contract or the catalogue says so. The provider's own price explains, and accuses nobody: it may have changed.
    firm: bool,
}

enum Cost {
    Each(Rate),
    /// Each tier prices the part of the quantity that lies in it.
    Graduated(Vec<Tier>),
}

impl Cost {
    fn currency(&self) -> Option<Currency> {
        match self {
            Self::Each(unit) => Some(unit.currency()),
            Self::Graduated(tiers) => tiers.first().map(|tier| tier.unit.currency()),
        }
    }

    /// What one costs, where all cost the same.
    fn each(&self) -> Option<Rate> {
        match self {
            Self::Each(unit) => Some(*unit),
            Self::Graduated(_) => None,
        }
    }

    /// What so many cost, unrounded; nothing where the figures are absurd.
    fn of(&self, quantity: Decimal) -> Option<Decimal> {
        match self {
            Self::Each(unit) => unit.amount().checked_mul(quantity),
            Self::Graduated(tiers) => {
                let (mut sum, mut below) = (Decimal::ZERO, Decimal::ZERO);
                for tier in tiers {
                    let top = tier.up_to.unwrap_or(quantity).min(quantity);
                    let part = (top - below).max(Decimal::ZERO);
                    sum = sum.checked_add(tier.unit.amount().checked_mul(part)?)?;
                    below = below.max(top);
                }
                Some(sum)
            }
        }
    }

    fn words(&self, quantity: Decimal) -> String {
        match self {
            Self::Each(unit) => format!("{unit} × {}", quantity.normalize()),
            Self::Graduated(tiers) => format!("{} in {} tiers", quantity.normalize(), tiers.len()),
        }
    }
}

fn agreed(line: &Line, terms: Known<'_>) -> Option<Agreed> {
    let (price, on) = (line.price.as_ref()?, date(line.from?));
    let fits = |contract: &&Contract| {
        contract.price == *price
            && contract.holds(on)
            && (contract.subscription.is_none() || contract.subscription == line.subscription)
    };
    let listed =
        terms.prices.iter().filter(|known| known.price == *price && known.holds(on)).max_by_key(|known| known.from);
    let item = own_item(price, terms);
    let interval = listed.and_then(|known| known.interval).or_else(|| item.and_then(|item| item.interval));
    let list_cost = listed.map(|known| match known.unit {
        Some(unit) => Cost::Each(unit),
        None => Cost::Graduated(known.tiers.clone()),
    });
    // What names the subscription counts before what is agreed in general.
    let own = terms
        .contracts
        .iter()
        .filter(fits)
        .max_by_key(|contract| (contract.subscription.is_some(), contract.starts_on));
    if let Some(contract) = own {
        let percent = contract.discount_percent.unwrap_or_default();
        let reduced =
            |rate: Rate| Rate::new(rate.amount() - rate.amount() * percent / Decimal::ONE_HUNDRED, rate.currency());
        let cost = match (contract.unit, list_cost) {
            (Some(unit), _) | (None, Some(Cost::Each(unit))) => Cost::Each(reduced(unit)),
            (None, Some(Cost::Graduated(tiers))) => {
                Cost::Graduated(tiers.into_iter().map(|tier| Tier { unit: reduced(tier.unit), ..tier }).collect())
            }
            (None, None) => return None,
        };
        return Some(Agreed { cost, interval, says: format!("by contract {}", contract.reference), firm: true });
    }
    if let Some(cost) = list_cost {
        return Some(Agreed { cost, interval, says: "by the catalogue".to_owned(), firm: true });
    }
    let unit = item.and_then(|item| item.unit).or(line.unit)?;
    Some(Agreed { cost: Cost::Each(unit), interval, says: "by the provider's own price".to_owned(), firm: false })
}

fn own_item<'a>(price: &str, terms: Known<'a>) -> Option<&'a crate::event::Item> {
    terms.subscription?.items.value()?.iter().find(|item| item.price == price)
}

fn check(line: &Line, invoice: &Invoice, terms: Known<'_>) -> Checked {
    let checked = |expected: Option<Money>, how: String| Checked {
        line: line.id.clone(),
        text: line.text.clone().or_else(|| line.price.clone()).unwrap_or_else(|| line.id.clone()),
        billed: line.amount,
        expected,
        how,
    };
    if line.role == Some(Role::OneOff) && line.price.is_none() {
        return checked(None, "a single charge: nothing says what it should be".to_owned());
    }
    let Some(agreed) = agreed(line, terms).filter(|agreed| agreed.cost.currency() == Some(line.amount.currency()))
    else {
        return checked(None, "no contract, catalogue or provider's price says what it should be".to_owned());
    };
    if line.proration {
        // Providers credit what was paid, coupons taken off, and count from anchors that we do not see: what fits is
        // explained, and what does not is for a person.
        return match prorated(line, &agreed, terms) {
            Some(how) => checked(Some(line.amount), how),
            None => checked(None, format!("a part of a period that cannot be computed again, {}", agreed.says)),
        };
    }
    let Some((quantity, whose)) = quantity(line, invoice, terms) else {
        return checked(None, "neither the line nor an import says how much it was".to_owned());
    };
    let of_price = |other: &&Line| other.price == line.price && other.subscription == line.subscription;
    if matches!(agreed.cost, Cost::Graduated(_))
        && invoice.lines.value().into_iter().flatten().filter(of_price).count() > 1
    {
        return checked(None, "its tiers are billed in lines of their own".to_owned());
    }
    match agreed.cost.of(quantity) {
        Some(amount) => {
            let expected = Money::rounded(amount, line.amount.currency());
            let how = format!("{} {whose}, {}", agreed.cost.words(quantity), agreed.says);
            // A contract's discount may stand beside the line's list price, and tax may be in it or on top.
            let own =
                |part: Option<Money>| part.filter(|part| part.currency() == expected.currency() && part.is_positive());
            let net = own(line.discount).map_or(line.amount, |discount| line.amount.minus(discount));
            let with_tax = own(line.tax).map(|tax| [net.minus(tax), net.plus(tax)]);
            if net <= expected || with_tax.is_some_and(|either| either.contains(&expected)) {
                let expected = if line.amount <= expected { expected } else { line.amount };
                return checked(Some(expected), how);
            }
            if !agreed.firm || line.discount.is_some() {
                return checked(None, format!("{how}, which is not what was billed"));
            }
            checked(Some(expected), how)
        }
        None => checked(None, "the amount is too large to be computed".to_owned()),
    }
}

/// How much of it was bought, and who says so.
fn quantity(line: &Line, invoice: &Invoice, terms: Known<'_>) -> Option<(Decimal, &'static str)> {
    let item = line.price.as_ref().and_then(|price| own_item(price, terms));
    if line.role == Some(Role::Usage) || item.is_some_and(|item| item.role == Role::Usage) {
        return Some((used(line, terms)?, "used"));
    }
    if let Some((subscription, item)) = terms.subscription.zip(item) {
        // Seats that changed later say nothing of what was right on the day of the invoice.
        let then = subscription.items.seen_at() <= invoice.created_at.and_then(|at| at.checked_add(SEATS_SLACK).ok());
        if then && subscription.period_start.copied() == line.from {
            return Some((Decimal::from(item.quantity), "bought"));
        }
    }
    Some((line.quantity?, "billed"))
}

/// What imports metered in the line's period, less what the contract includes.
fn used(line: &Line, terms: Known<'_>) -> Option<Decimal> {
    let (price, from, to) = (line.price.as_ref()?, line.from?, line.to?);
    let own = |usage: &&Usage| usage.subscription.is_none() || usage.subscription == line.subscription;
    let metered = terms.usage.iter().filter(own).filter_map(|usage| usage.metered.as_ref());
    let mut parts: Vec<_> = metered.filter(|it| it.metric == *price && it.from >= from && it.to <= to).collect();
    parts.sort_by_key(|it| it.from);
    // A part of the period says nothing of the whole.
    let until = parts.iter().fold(from, |until, part| if part.from <= until { until.max(part.to) } else { until });
    let holds =
        |it: &&Contract| it.holds(date(from)) && (it.subscription.is_none() || it.subscription == line.subscription);
    let included = terms.contracts.iter().filter(holds).filter_map(|it| it.allowances.get(price)).max();
    let sum = parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part.quantity))?;
    (until == to).then(|| (sum - included.copied().unwrap_or_default()).max(Decimal::ZERO))
}

/// A part of a period: right by any of the ways in which providers count, and from any anchor that they may have, to the
/// coin.
fn prorated(line: &Line, agreed: &Agreed, terms: Known<'_>) -> Option<String> {
    let (from, to) = (line.from?, line.to?);
    let Cost::Each(unit) = agreed.cost else { return None };
    let quantity = u32::try_from(line.quantity.unwrap_or(Decimal::ONE)).ok()?;
    let whole = Bought { price: String::new(), text: String::new(), unit, quantity };
    let coin = Decimal::new(1, line.amount.currency().digits());
    let near = |amount: Money| (amount.amount() - line.amount.amount().abs()).abs() <= coin;
    // Some tell the last second of a period, others the first of the next.
    let ends = [Some(to), to.checked_add(SignedDuration::from_secs(1)).ok()];
    let begun =
        terms.subscription.filter(|it| it.renews_at.copied() == Some(to)).and_then(|it| it.period_start.copied());
    let interval = agreed.interval?;
    let anchors = ends.into_iter().flatten().flat_map(|end| {
        let months = (28..=31).filter_map(move |days| end.checked_sub(SignedDuration::from_hours(24 * days)).ok());
        let months = months.filter(|_| interval == Interval { unit: IntervalUnit::Month, count: 1 });
        begun.into_iter().chain(before(end, interval)).chain(months).map(move |begin| Period { from: begin, to: end })
    });
    let ways = [(Method::BySecond, "by second"), (Method::ByDay, "by day"), (Method::ByNextDay, "by day")];
    let fits = |period: Period| {
        let by = |(method, _): &&(Method, &str)| {
            parts(&whole, period, from, *method, &TimeZone::UTC).is_ok_and(|parts| near(parts.unused))
        };
        ways.iter().find(by).map(|(_, way)| *way)
    };
    let way = anchors.filter(|period| period.from <= from).find_map(fits)?;
    Some(format!("the part from {} to {} of {unit} × {quantity}, {way}, {}", date(from), date(to), agreed.says))
}

/// When the period began that ends then.
fn before(to: Timestamp, interval: Interval) -> Option<Timestamp> {
    let count = i64::from(interval.count);
    let span = match interval.unit {
        IntervalUnit::Day => Span::new().try_days(count),
        IntervalUnit::Week => Span::new().try_weeks(count),
        IntervalUnit::Month => Span::new().try_months(count),
        IntervalUnit::Year => Span::new().try_years(count),
    };
    Some(to.to_zoned(TimeZone::UTC).checked_sub(span.ok()?).ok()?.timestamp())
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
