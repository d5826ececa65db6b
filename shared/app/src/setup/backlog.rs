//! Which open cases of a source recommend what nobody was asked for yet?

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::keys::lists;
use crate::store::{self, Batch, keys};
use domain::action::{self, Action, Kind};
use domain::book::Head;
use domain::case::{Case, State, is_moot};
use domain::source::Backlog;
use domain::staff::MACHINE;

/// How many cases are read at once where all are counted.
const AT_ONCE: u32 = 500;

/// Those of a stretch of the list of open cases, oldest first, and behind which place the next one begins.
pub struct Stretch {
    pub cases: Vec<Case>,
    pub next: Option<String>,
}

/// Counts all of them.
pub async fn of(context: &Context, provider: &str, source: &str) -> Result<Backlog, Fault> {
    let (mut backlog, mut after) = (Backlog::default(), None);
    loop {
        let Stretch { cases, next } = stretch(context, provider, source, after, AT_ONCE).await?;
        for case in &cases {
            if let Some(recommended) = &case.recommended {
                let kind = &recommended.kind;
                backlog.add(kind.name(), kind.members().iter().filter_map(Kind::gives), case.opened_at);
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(backlog),
        }
    }
}

/// Reads at most so many open cases, and keeps those of the source that recommend what nobody was asked for.
pub async fn stretch(
    context: &Context,
    provider: &str,
    source: &str,
    after: Option<String>,
    limit: u32,
) -> Result<Stretch, Fault> {
    let page = store::page::<Case>(context, &lists::cases(State::Open), after, limit, Order::Ascending).await?;
    let recommending: Vec<_> = page.items.into_iter().filter(|case| case.recommended.is_some()).collect();
    let heads = recommending.iter().map(|case| keys::head(&case.account));
    let actions = recommending.iter().flat_map(|case| &case.actions).map(keys::action);
    let batch = Batch::read(context, heads.chain(actions).collect()).await?;
    let mut cases = Vec::new();
    for case in recommending {
        let head = batch.get::<Head>(&keys::head(&case.account))?;
        let is_its = head.is_some_and(|head| head.provider == provider && head.source == source);
        if is_its && !is_asked(&batch, &case)? {
            cases.push(case);
        }
    }
    Ok(Stretch { cases, next: page.next })
}

/// Whether people were asked for what a case recommends, and can decide it or have: its actions were read. What people
/// asked for beside it says nothing about our own request, and nobody can decide what the case recommends no more.
pub fn is_asked(batch: &Batch, case: &Case) -> Result<bool, Fault> {
    let mut own = None;
    for id in &case.actions {
        own = batch.get::<Action>(&keys::action(id))?.filter(|action| action.requested_by == MACHINE).or(own);
    }
    Ok(own.is_some_and(|action| match action.state() {
        action::State::WaitingApproval => !is_moot(&action, Some(case)),
        state => state != action::State::Stale,
    }))
}
