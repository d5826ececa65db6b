//! Who buys from the demo company at Stripe, by how long ago it was: whoever looks finds the same on any day.

use super::company::{Company, Customer, Fate};
use Fate::{ChargedTwice, ChargedTwiceLately, FailsOnce, Leaves, PaysAlways, Recovers, StillOwes};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

type Price = (&'static str, i64);

const BASIC: Price = ("price_basic", 1_900);
const PRO: Price = ("price_pro", 4_900);
const BUSINESS: Price = ("price_business", 9_900);

/// In one hour of one day the payments of six customers fail, none of them by their own doing.
const TROUBLE: Fate = FailsOnce(0, "processing_error");
const TROUBLE_HOURS: i64 = 6 * 24 + 5;

/// How many bills there have been, how many hours ago the last one was, and what came of them.
struct Part(usize, i64, i64, &'static str, Price, i64, Fate);

const PARTS: &[Part] = &[
    Part(2, 3, 10 * 24, "usd", PRO, 3, PaysAlways),
    Part(3, 2, TROUBLE_HOURS, "eur", BASIC, 4, TROUBLE),
    Part(5, 2, 50 * 24, "usd", PRO, 2, Leaves(1, "do_not_honor")),
    Part(7, 6, 12 * 24, "usd", PRO, 2, ChargedTwice(1, 3)),
    Part(8, 2, TROUBLE_HOURS, "usd", PRO, 2, TROUBLE),
    Part(9, 6, 14 * 24, "usd", PRO, 4, PaysAlways),
    Part(11, 4, 3 * 24, "usd", BUSINESS, 14, StillOwes("insufficient_funds")),
    Part(12, 2, TROUBLE_HOURS, "gbp", PRO, 1, TROUBLE),
    Part(13, 4, 16 * 24, "gbp", PRO, 3, PaysAlways),
    Part(14, 2, TROUBLE_HOURS, "usd", BASIC, 5, TROUBLE),
    Part(16, 2, TROUBLE_HOURS, "eur", BUSINESS, 1, TROUBLE),
    Part(17, 4, 18 * 24, "usd", BUSINESS, 2, PaysAlways),
    Part(18, 3, 11 * 24, "usd", PRO, 1, ChargedTwice(0, 41)),
    Part(20, 2, TROUBLE_HOURS, "usd", PRO, 2, TROUBLE),
    Part(22, 3, 20 * 24, "eur", PRO, 2, PaysAlways),
    Part(23, 2, 9 * 24, "eur", PRO, 3, StillOwes("expired_card")),
    Part(24, 2, 8 * 24, "usd", PRO, 2, Recovers(0, "insufficient_funds")),
    Part(26, 1, 100 * 24, "usd", BASIC, 1, Leaves(0, "lost_card")),
    Part(29, 2, 15 * 24, "usd", PRO, 2, ChargedTwiceLately),
    Part(30, 2, 7 * 24 + 12, "eur", PRO, 1, Recovers(0, "expired_card")),
    Part(33, 2, 5 * 24, "gbp", PRO, 2, Recovers(0, "do_not_honor")),
    Part(34, 1, 30, "usd", PRO, 1, StillOwes("authentication_required")),
];

/// Who pays another price, and from which bill on.
const CHANGES: &[(usize, i64, Price)] = &[(9, 3, BUSINESS), (13, 2, BASIC)];

/// The company as it is at a time.
pub fn at(now: Timestamp) -> Company {
    let all = Company::founded(now).customers;
    let cast = all.into_iter().filter_map(|customer| {
        let part = PARTS.iter().find(|part| part.0 == customer.number)?;
        Some(playing(customer, part, now))
    });
    Company { customers: cast.collect() }
}

fn playing(customer: Customer, part: &Part, now: Timestamp) -> Customer {
    let Part(number, bills, hours_ago, currency, (price, unit_minor), seats, fate) = *part;
    let last = (now - SignedDuration::from_hours(hours_ago)).to_zoned(TimeZone::UTC);
    let first_bill = last.checked_sub((bills - 1).months()).unwrap_or(last).timestamp();
    let known_at = first_bill - SignedDuration::from_hours(48);
    let change = CHANGES.iter().find(|change| change.0 == number);
    Customer {
        price,
        unit_minor,
        seats,
        currency,
        fate,
        first_bill,
        known_at,
        // Who has six months of bills was there before.
        joined_at: if bills == 6 { known_at - SignedDuration::from_hours(200 * 24) } else { known_at },
        change: change.map(|(_, from, (price, unit_minor))| (*from, *price, *unit_minor)),
        ..customer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn on_any_day_everything_is_as_long_ago() {
        for now in ["2026-03-01T00:00:00Z", "2026-12-31T23:59:59Z", "2028-02-29T12:00:00Z"] {
            let now: Timestamp = now.parse().unwrap();
            let company = at(now);
            assert_eq!(company.customers.len(), PARTS.len(), "{now}");
            for (customer, part) in company.customers.iter().zip(PARTS) {
                let last = customer.bill_at(part.1 - 1);
                let ago = now.duration_since(last).as_hours() - part.2;
                assert!((0..=3 * 24).contains(&ago), "{now}: {} was billed {ago} hours too early", customer.number);
                assert!(customer.exp_year >= i64::from(now.to_zoned(TimeZone::UTC).year()), "{now}");
            }
            let currencies: BTreeSet<_> = company.customers.iter().map(|customer| customer.currency).collect();
            assert_eq!(currencies, BTreeSet::from(["eur", "gbp", "usd"]));
        }
    }
}
