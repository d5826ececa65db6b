//! What did a source find that nobody was asked for yet: neither people, nor the customers whose payments failed?

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::records::{actions_of, recovery};
use crate::store::keys::lists;
use crate::store::{self, Batch, keys};
use domain::action::Kind;
use domain::book::Head;
use domain::case::{Case, Class, State};
use domain::classify::recovery::Becomes;
use domain::id::AccountId;
use domain::source::Backlog;
use std::collections::BTreeSet;

/// How many cases are read at once where all are counted.
const AT_ONCE: u32 = 500;

/// A stretch of the list of open cases, oldest first: those of the source for which something is to be done.
pub struct Stretch {
    pub found: Vec<Found>,
    /// Behind which place the next one begins.
    pub next: Option<String>,
    /// The heads and the actions by which they were found.
    batch: Batch,
}

/// An open case for which something is to be done.
pub struct Found {
    pub case: Case,
    /// It recommends what nobody was asked for.
    pub asks: bool,
    /// A payment failed, and its recovery has no step before it: it may be one that never began.
    pub failed: bool,
}

/// Counts them, as far as somebody can wait for; the recoveries only where Recoup will write to the customers.
pub async fn of(context: &Context, provider: &str, source: &str, recovers: bool) -> Result<Backlog, Fault> {
    let (mut backlog, mut after, mut begun) = (Backlog::default(), None, BTreeSet::new());
    let mut left = context.policies.limits.current().backlog_counted_max;
    loop {
        let limit = left.min(AT_ONCE);
        left -= limit;
        let mut stretch = stretch(context, provider, source, after, limit).await?;
        for case in stretch.found.iter().filter(|found| found.asks).map(|found| &found.case) {
            if let Some(recommended) = &case.recommended {
                let kind = &recommended.kind;
                backlog.add(kind.name(), kind.members().iter().filter_map(Kind::gives), case.opened_at);
            }
        }
        if recovers {
            add_recoveries(context, &mut stretch, &mut backlog, &mut begun).await?;
        }
        match stretch.next {
            Some(_) if left == 0 => {
                backlog.more = true;
                return Ok(backlog);
            }
            Some(next) => after = Some(next),
            None => return Ok(backlog),
        }
    }
}

/// `begun` holds the accounts of which one was counted: the others of an account begin nothing while that one runs.
async fn add_recoveries(
    context: &Context,
    stretch: &mut Stretch,
    backlog: &mut Backlog,
    begun: &mut BTreeSet<AccountId>,
) -> Result<(), Fault> {
    let (policies, now) = (&context.policies, context.clock.now());
    let failed_since = policies.setup.current().recovery.failed_since(now);
    let failed = stretch.found.iter().filter(|found| found.failed).map(|found| &found.case);
    let failed: Vec<(AccountId, String)> = failed.map(|case| (case.account.clone(), case.about.clone())).collect();
    recovery::read(context, &mut stretch.batch, &failed).await?;
    for case in stretch.found.iter().filter(|found| found.failed).map(|found| &found.case) {
        let Some(known) = recovery::of(&stretch.batch, &case.account, &case.about)? else { continue };
        match known.late(policies.declines.current(), failed_since).becomes(policies.dunning.current(), now, "") {
            Some(Becomes::Begins { remaining, failed_at, .. }) if begun.insert(case.account.clone()) => {
                backlog.add_recovery(remaining, failed_at);
            }
            Some(Becomes::Begins { remaining, .. } | Becomes::Stays { remaining }) => backlog.add_staying(remaining),
            None => {}
        }
    }
    Ok(())
}

/// Reads at most so many open cases, and keeps those of the source for which something is to be done.
pub async fn stretch(
    context: &Context,
    provider: &str,
    source: &str,
    after: Option<String>,
    limit: u32,
) -> Result<Stretch, Fault> {
    let page = store::page::<Case>(context, &lists::cases(State::Open), after, limit, Order::Ascending).await?;
    let concerned = |case: &Case| case.recommended.is_some() || case.class == Class::PaymentFailed;
    let cases: Vec<_> = page.items.into_iter().filter(concerned).collect();
    let heads = cases.iter().map(|case| keys::head(&case.account));
    let recommending = cases.iter().filter(|case| case.recommended.is_some());
    let actions = recommending.flat_map(|case| &case.actions).map(keys::action);
    let batch = Batch::read(context, heads.chain(actions).collect()).await?;
    let mut found = Vec::new();
    for case in cases {
        let head = batch.get::<Head>(&keys::head(&case.account))?;
        let Some(head) = head.filter(|head| head.provider == provider && head.source == source) else { continue };
        let asks = case.recommended.is_some() && case.to_ask(&actions_of(&batch, &case)?).is_some();
        let failed = case.class == Class::PaymentFailed && !head.dunning.contains_key(&case.about);
        if asks || failed {
            found.push(Found { case, asks, failed });
        }
    }
    Ok(Stretch { found, next: page.next, batch })
}
