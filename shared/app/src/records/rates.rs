//! What is a currency worth these days? The imported rates that may still count.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Key;
use crate::store::imported::in_force;
use crate::store::{Batch, keys};
use domain::import::{ExchangeRate, Kind};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What has to be read for them: so little that it goes into a batch that is read anyway.
pub fn wanted(context: &Context, today: Date) -> impl Iterator<Item = Key> + use<> {
    homes(context, today).into_iter().chain([keys::imports(Kind::Rates.name())])
}

/// Those of a batch for which this was wanted.
pub fn read(context: &Context, batch: &Batch, today: Date) -> Result<Vec<ExchangeRate>, Fault> {
    in_force(batch, homes(context, today))
}

/// The weeks of all days from which a rate may be.
fn homes(context: &Context, today: Date) -> BTreeSet<Key> {
    let days = context.policies.approval.current().rate_days;
    (0..=days).map(|age| keys::rates(today.saturating_sub(age.days()))).collect()
}
