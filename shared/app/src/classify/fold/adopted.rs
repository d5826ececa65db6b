//! Reads the cases that tickets have opened about what an event shows only now, with all that goes with them.

use super::read::Laid;
use crate::context::Context;
use crate::fault::Fault;
use crate::records::moving;
use crate::store::keys;
use domain::case::{Case, State};
use domain::classify::{Concern, adopt};
use domain::ticket::Moving;

/// Beside how many recoveries that an event may change nothing moves: one transaction has room for a hundred places,
/// and what two cases take with them may need a third of it.
const BESIDE_MAX: usize = 20;

impl Laid {
    /// Two batches more, and only where such a case stands on the head and the event may open another of its class.
    /// Where there is no room for it the case stays as it is, beside the one that opens.
    pub(super) async fn told_before(&mut self, context: &Context, concerns: &[Concern]) -> Result<Moving, Fault> {
        let told = adopt::told_before(concerns, &self.after.head, context.policies.tickets.current());
        if told.is_empty() || self.after.plans.len() > BESIDE_MAX {
            return Ok(Moving::default());
        }
        let Self { batch, before, after, .. } = self;
        moving::unread(context, batch, told.iter().map(keys::case).collect()).await?;
        let mut cases: Vec<Case> = Vec::new();
        for id in &told {
            cases.extend(batch.get::<Case>(&keys::case(id))?.filter(|case| case.state == State::Open));
        }
        let laid = moving::read(context, batch, &cases.iter().collect::<Vec<_>>()).await?;
        for case in cases.into_iter().filter(|case| laid.has(&case.id)) {
            before.cases.entry(case.id.clone()).or_insert_with(|| case.clone());
            after.cases.entry(case.id.clone()).or_insert(case);
        }
        Ok(laid)
    }
}
