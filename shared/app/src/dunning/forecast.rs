//! What a forecast rests on: the recoveries that go on first, what is open of them, and what came of earlier ones.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::keys::{self, lists};
use crate::store::{self, Batch};
use domain::book::{Due, Invoice};
use domain::case::{Case, Class, State};
use domain::dunning::{EarlierLine, FORECAST_DAYS, Forecast, Plan, RunningLine, TooFew, forecast};
use jiff::SignedDuration;

/// How a case ended whose invoice was paid.
const PAID: &str = "paid";
/// How long ago payments failed by which shares are counted: of a recovery that has run for as long as any does, it is
/// known then what came of it in as many days again.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(24 * 2 * FORECAST_DAYS);

/// What is expected of the recoveries that run: of as many as the limits let it read.
pub async fn read(context: &Context) -> Result<Forecast, Fault> {
    let (limits, now) = (context.policies.limits.current(), context.clock.now());
    let most = limits.forecast_read_max;
    let plans = store::page::<Plan>(context, lists::DUNNING, None, most, Order::Ascending).await?;
    let before = Some(format!("{:.3}", now - LONG_AGO));
    let both = [State::Open, State::Resolved].map(lists::cases);
    let failed = |case: &Case| case.class == Class::PaymentFailed;
    let cases = store::pick(context, &both, before, most, Order::Descending, failed).await?;
    let invoices = plans.items.iter().map(|plan| keys::invoice(&plan.account, &plan.invoice));
    let recoveries = cases.items.iter().map(|case| keys::plan(&case.account, &case.about));
    let batch = Batch::read(context, invoices.chain(recoveries).collect()).await?;

    let mut running = Vec::new();
    for plan in plans.items {
        let invoice = batch.of::<Invoice>(&keys::invoice(&plan.account, &plan.invoice))?;
        let open = invoice.and_then(|invoice| match invoice.due() {
            Due::Open(open) => open,
            Due::Paid | Due::Withdrawn | Due::NotYet => None,
        });
        running.push(RunningLine { plan, open });
    }
    let mut earlier = Vec::new();
    for case in &cases.items {
        let plan = batch.get::<Plan>(&keys::plan(&case.account, &case.about))?;
        let over = case.resolved_at.map(|at| (at, case.resolution.as_deref() == Some(PAID)));
        let segment = plan.map(|plan| plan.segment).unwrap_or_default();
        earlier.push(EarlierLine { segment, failed_at: case.opened_at, over });
    }
    let too_few = TooFew { open_min: limits.forecast_open_min, seen_min: limits.forecast_seen_min };
    Ok(forecast(&running, &earlier, too_few, plans.next.is_none(), now))
}
