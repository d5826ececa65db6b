//! Who buys from the demo company, and what happens to each of them. Everything follows from one seed.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A small generator whose numbers are the same everywhere and for ever.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`. The steps are those of SplitMix64.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let place = usize::try_from(self.roll(from.len() as u64)).expect("a place in a slice");
        &from[place]
    }
}

pub struct Company {
    pub customers: Vec<Customer>,
}

pub struct Customer {
    pub number: usize,
    pub name: String,
    pub email: String,
    pub city: &'static str,
    pub country: &'static str,
    pub price: &'static str,
    pub unit_minor: i64,
    pub seats: i64,
    pub joined_at: Timestamp,
    /// When Stripe first tells of them.
    pub known_at: Timestamp,
    /// When the first invoice is made that is told of; each further one is a month later.
    pub first_bill: Timestamp,
    pub currency: &'static str,
    /// From which month on another price is paid, and which.
    pub change: Option<(i64, &'static str, i64)>,
    pub brand: &'static str,
    pub last4: String,
    pub exp_year: i64,
    pub fate: Fate,
}

/// What a customer's six months are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    PaysAlways,
    /// A try fails in this month, and the next one a few days later succeeds.
    FailsOnce(i64, &'static str),
    /// The last invoice is not paid at all.
    StillOwes(&'static str),
    /// The first failure is followed by the end of the subscription.
    Leaves(i64, &'static str),
    /// A try fails in this month; what happens then is no delivery of Stripe's own.
    Recovers(i64, &'static str),
    /// In this month the card is charged twice, so many minutes apart.
    ChargedTwice(i64, i64),
    /// Yesterday, nine minutes apart.
    ChargedTwiceLately,
}

const FIRST: &[&str] = &[
    "Acorn", "Birch", "Cobalt", "Delta", "Ember", "Fjord", "Granite", "Harbor", "Indigo", "Juniper", "Kestrel",
    "Lumen", "Maple", "Nimbus", "Orchid", "Pioneer", "Quartz", "River", "Summit", "Tandem",
];
const SECOND: &[&str] = &["Labs", "Studio", "Works", "Supply", "Health", "Foods", "Logistics", "Media"];
const PLACES: &[(&str, &str)] = &[
    ("Berlin", "DE"),
    ("Austin", "US"),
    ("Leeds", "GB"),
    ("Lyon", "FR"),
    ("Toronto", "CA"),
    ("Portland", "US"),
    ("Utrecht", "NL"),
];
const PRICES: &[(&str, i64)] = &[("price_basic", 1900), ("price_pro", 4900), ("price_business", 9900)];
const CODES: &[&str] = &[
    "insufficient_funds",
    "expired_card",
    "generic_decline",
    "insufficient_funds",
    "do_not_honor",
    "authentication_required",
    "incorrect_cvc",
    "lost_card",
    "processing_error",
];

impl Company {
    /// About forty customers: two in three never have trouble.
    pub fn founded(start: Timestamp) -> Self {
        let mut dice = Dice::new(2026);
        let customers = (0..40).map(|number| Customer::new(number, start, &mut dice)).collect();
        Self { customers }
    }
}

impl Customer {
    fn new(number: usize, start: Timestamp, dice: &mut Dice) -> Self {
        let (first, second) = (FIRST[number % FIRST.len()], SECOND[(number / 3 + number) % SECOND.len()]);
        let name = format!("{first} {second}");
        let (city, country) = *dice.pick(PLACES);
        let (price, unit_minor) = *dice.pick(PRICES);
        let code = *dice.pick(CODES);
        let month = i64::try_from(dice.roll(5)).unwrap_or(0);
        let fate = match number {
            // One refund long done, one that somebody should decide today.
            7 => Fate::ChargedTwice(1, 3),
            18 => Fate::ChargedTwice(3, 41),
            29 => Fate::ChargedTwiceLately,
            11 | 23 | 34 | 38 => Fate::StillOwes(code),
            5 | 26 => Fate::Leaves(month.min(3), code),
            _ if dice.roll(10) < 4 => Fate::FailsOnce(month, code),
            _ => Fate::PaysAlways,
        };
        // One large customer owes money: the high-value segment has somebody in it.
        let seats = if number == 11 { 14 } else { 1 + i64::try_from(dice.roll(5)).unwrap_or(0) };
        let (price, unit_minor) = if number == 11 { PRICES[2] } else { (price, unit_minor) };
        let joined_days = i64::try_from(5 + dice.roll(700)).unwrap_or(5);
        Self {
            number,
            email: format!("billing@{}-{}.example", first.to_lowercase(), second.to_lowercase()),
            name,
            city,
            country,
            price,
            unit_minor,
            seats,
            joined_at: start - SignedDuration::from_hours(24 * joined_days),
            known_at: start,
            first_bill: start + SignedDuration::from_mins(i64::try_from(24 * 60 + dice.roll(9 * 24 * 60)).unwrap_or(0)),
            currency: "usd",
            change: None,
            brand: dice.pick::<&str>(&["visa", "mastercard", "amex"]),
            last4: format!("{:04}", dice.roll(10_000)),
            exp_year: i64::from(start.to_zoned(TimeZone::UTC).year()) + 1 + i64::try_from(dice.roll(4)).unwrap_or(0),
            fate,
        }
    }

    pub fn id(&self) -> String {
        format!("cus_demo{:03}", self.number)
    }

    /// The price of a month, and what a seat costs by it.
    pub fn price_in(&self, month: i64) -> (&'static str, i64) {
        match self.change {
            Some((from, price, unit_minor)) if month >= from => (price, unit_minor),
            _ => (self.price, self.unit_minor),
        }
    }

    pub fn amount_minor(&self, month: i64) -> i64 {
        self.price_in(month).1 * self.seats
    }

    pub fn bill_at(&self, month: i64) -> Timestamp {
        (0..month).fold(self.first_bill, |at, _| next_month(at))
    }
}

pub fn next_month(at: Timestamp) -> Timestamp {
    at.to_zoned(TimeZone::UTC).checked_add(1.month()).map_or(at, |next| next.timestamp())
}
