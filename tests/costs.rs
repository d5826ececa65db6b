//! What an event may cost, in units of DynamoDB. `cargo bench -p tests --bench folding` shows by which items.

use crate::http::run;
use tests::costs::{self, History};

/// Units an event may cost: writes, reads.
type Most = (u64, u64);
/// Where every invoice is paid at once. The aim is 14 and 4.
const PAID_MAX: Most = (14, 9);
/// Where every invoice fails once, with all looks at the source's watch that follow. The aim is 18 and 4.
const FAILED_MAX: Most = (25, 19);
/// A receipt and a head, each paid twice: who counts less does not count.
const WRITES_MIN: u64 = 4;

async fn must_cost(history: &History, (writes_max, reads_max): Most, events_a_month: u64) {
    for (month, costs) in (1..).zip(costs::run(history).await) {
        let (events, units) = (costs.events, costs.total());
        assert!(events >= events_a_month, "{events} events in month {month}");
        assert!(units.writes >= WRITES_MIN * events, "month {month}: {costs:?}");
        assert!(units.writes <= writes_max * events, "month {month}: {costs:?}");
        assert!(units.half_reads <= 2 * reads_max * events, "month {month}: {costs:?}");
        let parts = ["head", "receipt", "timeline", "invoice", "payment", "subscription", "fact"];
        for kind in parts {
            assert!(costs.units.contains_key(kind), "no {kind} in month {month}: {costs:?}");
        }
    }
}

#[test]
fn an_account_that_pays_costs_no_more_than_that() {
    run(must_cost(&costs::paid(3), PAID_MAX, 4));
}

#[test]
fn an_account_whose_invoices_fail_first_costs_no_more_than_that() {
    run(must_cost(&costs::failed(3), FAILED_MAX, 6));
}

#[test]
fn a_price_is_that_of_the_list() {
    let mut costs = tests::counted::Costs { events: 2, ..Default::default() };
    let units = tests::counted::Units { writes: 20, half_reads: 16 };
    costs.units.insert("head".to_owned(), units);
    // Ten writes at 0.625 dollars a million, four reads at 0.125.
    assert_eq!(costs::cents_a_million(&costs), 675);
    assert_eq!((costs::each(units.writes, &costs), costs::each(3, &costs)), (1_000, 150));
}
