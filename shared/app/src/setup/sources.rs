//! How the sources are set up: which deliveries are taken, how far Recoup may go, who retries and writes.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::setup::{backlog, locked};
use crate::store::trail::put_notes;
use crate::store::{self, Attempted, Batch, Commit, keys, read};
use crate::web::Problem;
use domain::book::Head;
use domain::id::AccountId;
use domain::source::{Acting, Backlog, Cohorts, Granted, InUse, Judged, Party, Refused, Source, SwitchOff, Wish};
use domain::staff::Staff;
use futures_util::future::try_join;
use http::StatusCode;
use jiff::SignedDuration;

/// How many sources are listed.
const SOURCES_MAX: u32 = 1000;

/// How a source is set up; one that nobody has set up observes.
pub async fn find(context: &Context, provider: &str, source: &str) -> Result<Source, Fault> {
    Ok(read(context, &keys::source(provider, source)).await?.unwrap_or_else(|| Source::new(provider, source)))
}

/// The same for whoever takes webhooks: what was read a moment ago is good enough. A name that nobody has set up is not
/// remembered: anybody can make up any number of them.
pub async fn find_soon(context: &Context, provider: &str, source: &str) -> Result<Source, Fault> {
    let now = context.clock.now();
    let since = now - SignedDuration::from_secs(context.policies.limits.current().source_kept_secs);
    if let Some(setup) = context.warm.source(provider, source, since) {
        return Ok(setup);
    }
    let setup: Option<Source> = read(context, &keys::source(provider, source)).await?;
    setup.iter().for_each(|setup| context.warm.remember(setup, now));
    Ok(setup.unwrap_or_else(|| Source::new(provider, source)))
}

/// Every source that was set up, by provider and name.
pub async fn all(context: &Context) -> Result<Vec<Source>, Fault> {
    store::first_of(context, &keys::sources(), SOURCES_MAX, Order::Ascending).await
}

/// The same, as people see them.
pub async fn in_use(context: &Context) -> Result<Vec<InUse>, Fault> {
    let all = all(context).await?;
    let key = |it: &Source| keys::cohorts(&it.provider, &it.source);
    let cohorts = Batch::read(context, all.iter().map(key).collect());
    let (batch, all) = try_join(cohorts, locked::of_each(context, all)).await?;
    let mut all_in_use = Vec::new();
    for (source, locked) in all {
        let cohorts = batch.get::<Cohorts>(&key(&source))?;
        let unkept = context.policies.dunning.current().unkept(&source);
        all_in_use.push(InUse { source, cohorts, locked, unkept });
    }
    Ok(all_in_use)
}

/// Adds a source of the local service, unless it is there.
pub async fn add_local(context: &Context, provider: &str, source: &str) -> Result<(), Fault> {
    if read::<Source>(context, &keys::source(provider, source)).await?.is_none() {
        let mut commit = Commit::default();
        commit.create(&Source::local(provider, source));
        // Another start may have added the same source in the meantime, which is as good.
        let _ = commit.run(context).await;
    }
    Ok(())
}

/// Whether a source may be called so: it goes into keys and addresses.
pub fn is_name(source: &str) -> bool {
    (1..=64).contains(&source.len()) && source.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Changes a source, or notes that somebody wants to; `dry_run` only says what it would let loose.
pub async fn change(
    context: &Context,
    provider: &str,
    source: &str,
    wish: &Wish,
    staff: &Staff,
    dry_run: bool,
) -> Result<(Source, Granted), Problem> {
    if providers::named(provider).is_none() || !is_name(source) {
        return Err(Problem::not_found("source"));
    }
    let switch_off = taken_over(provider, wish)?;
    let decided = store::unless_refused(context, || async {
        // Read.
        let key = keys::source(provider, source);
        let who = keys::staff(&staff.id);
        let (cohorts, own) = (keys::cohorts(provider, source), AccountId::of_source(provider, source));
        let batch = Batch::read(context, vec![key.clone(), who.clone(), cohorts, keys::ledger_head(&own)]).await?;
        let Some(staff) = batch.get::<Staff>(&who)? else { return Err(problem(Refused::NotPermitted).into()) };
        let mut setup = batch.get::<Source>(&key)?.unwrap_or_else(|| Source::new(provider, source));
        let (begins, before) = (setup.begins(wish), setup.clone());
        let (hours, now) = (context.policies.setup.current().proposal.hours, context.clock.now());
        // What was shown is what the second person confirms.
        let found = if begins && !setup.has_shown(wish, hours, now) {
            backlog::of(context, provider, source, setup.recovers(wish)).await?
        } else {
            Backlog::default()
        };

        // Decide.
        let unkept = context.policies.dunning.current().unkept(&setup.once_granted(wish));
        let judged = Judged { backlog: found, switch_off, unkept, hours, now };
        let granted = setup.wish(wish, &staff, judged).map_err(problem)?;
        if dry_run {
            return Ok(Attempted::Done((setup, granted)));
        }

        // Write.
        let mut commit = Commit::default();
        commit.over(&batch, &setup);
        put_notes(&mut commit, &batch, &own, setup.noted(&before, wish, granted).into_iter().collect())?;
        if begins && granted == Granted::Done {
            commit.over(&batch, &Cohorts::begin(provider, source, now));
        }
        commit.check(&batch, &who);
        Ok(store::attempted(commit.run(context).await, (setup, granted))?)
    });
    let decided = decided.await?;
    context.warm.forget(provider, source);
    Ok(decided)
}

/// What has to be switched off at a provider for what Recoup takes over; refused, where that would do nothing.
fn taken_over(provider: &str, wish: &Wish) -> Result<SwitchOff, Problem> {
    if ![wish.retries, wish.messages, wish.cancels].contains(&Some(Party::Recoup)) {
        return Ok(SwitchOff::default());
    }
    let Some(api) = providers::named(provider).and_then(|provider| provider.api) else {
        let why = "nothing is paid there, so nothing can be tried again, asked for or ended";
        return Err(Problem::not_possible(why));
    };
    api.manners.taken_over(wish).map_err(Problem::not_possible)
}

fn problem(refused: Refused) -> Problem {
    let said = refused.to_string();
    match refused {
        Refused::NoName => Problem::malformed(said),
        Refused::Unwritten => Problem::not_possible(said),
        Refused::OwnRequest => Problem::new(StatusCode::FORBIDDEN, "own_request", said),
        Refused::NotPermitted => Problem::new(StatusCode::FORBIDDEN, "not_permitted", said),
    }
}

/// Whether nothing may leave for this source.
pub async fn observes(context: &Context, head: &Head) -> Result<bool, Fault> {
    Ok(find(context, &head.provider, &head.source).await?.acting == Acting::Observe)
}
