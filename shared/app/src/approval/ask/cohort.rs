//! Asks for what a source found while it observed, and begins the recoveries of what failed meanwhile: one cohort after the
//! other, so that people can decide them.

use super::super::Done;
use super::own;
use crate::context::Context;
use crate::deadline::begins_until;
use crate::dunning::recovery;
use crate::fault::Fault;
use crate::setup::backlog::{self, Found, Stretch};
use crate::setup::sources;
use crate::store::{self, Attempted, Batch, Commit, Stored, keys};
use domain::source::{Acting, Cohorts, Worked};
use jiff::{SignedDuration, Timestamp};

/// After how many cases of the list it is stored how far it came: a process that ends in between is repeated by so many at
/// most, and what was done of them is found done. A cohort is as many such steps as it takes, in as many messages as it
/// takes: each ends in time, however large the policy lets a cohort be.
const STEP: u32 = 10;

/// How a step ended.
enum Step {
    /// The cohort goes on; it is ours until then.
    On(Timestamp),
    Over(Done),
}

/// Goes on with a cohort for as long as there is time, and sets the alarm of what follows.
pub async fn cohort(context: &Context, provider: &str, source: &str, trace: &str) -> Result<Done, Fault> {
    let until = begins_until(context.clock.now());
    let mut ours = None;
    loop {
        match step(context, (provider, source), ours, until, trace).await? {
            Step::On(held_until) => ours = Some(held_until),
            Step::Over(done) => return Ok(done),
        }
    }
}

async fn step(
    context: &Context,
    (provider, source): (&str, &str),
    ours: Option<Timestamp>,
    until: Timestamp,
    trace: &str,
) -> Result<Step, Fault> {
    // Read.
    let key = keys::cohorts(provider, source);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let begun = context.clock.now();
    let is_ours = |cohorts: &Cohorts| cohorts.is_due(begun) || (ours.is_some() && cohorts.wake_at == ours);
    let Some(mut cohorts) = batch.get::<Cohorts>(&key)?.filter(is_ours) else {
        return Ok(Step::Over(Done::NothingToDo));
    };
    let setup = sources::find(context, provider, source).await?;
    let pace = &context.policies.setup.current().cohort;

    // Ask. A commit of its own: what it did is found done.
    let mut goes_on = false;
    if setup.acting == Acting::Observe {
        cohorts.end();
    } else {
        let limit = cohorts.room(pace.cases_max).min(STEP);
        let stretch = backlog::stretch(context, provider, source, cohorts.after.clone(), limit).await?;
        let (worked, next) = work(context, stretch, &cohorts, setup.writes(), until, trace).await?;
        let now = context.clock.now();
        let held_until = now + SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
        let rest = SignedDuration::from_mins(pace.minutes);
        goes_on = cohorts.worked(worked, next, (pace.cases_max, rest), (now, held_until));
        if goes_on && now > until {
            cohorts.hand_over(now);
            goes_on = false;
        }
    }

    // Write. Whoever wrote first has raised or lowered the source meanwhile, and set an alarm of their own.
    let mut commit = Commit::default();
    commit.over(&batch, &cohorts);
    let held_until = cohorts.wake_at.filter(|_| goes_on);
    match store::attempted(commit.run(context).await, held_until.map_or(Step::Over(Done::Asked), Step::On))? {
        Attempted::Done(step) => Ok(step),
        Attempted::Again => Ok(Step::Over(Done::NothingToDo)),
    }
}

/// Works a stretch for as long as there is time: what came of it, and behind which place the next one begins.
async fn work(
    context: &Context,
    stretch: Stretch,
    cohorts: &Cohorts,
    writes: bool,
    until: Timestamp,
    trace: &str,
) -> Result<(Worked, Option<String>), Fault> {
    let (mut worked, mut place) = (Worked::default(), None);
    // As it was shown when it was raised, however long the cohorts take.
    let failed_since = context.policies.setup.current().recovery.failed_since(cohorts.raised_at);
    let failed_since = writes.then_some(failed_since);
    // What is found later is asked for as it comes. A recovery may have failed to begin by a moment, and begins only once.
    for found in stretch.found.iter().filter(|found| found.failed || found.case.opened_at <= cohorts.raised_at) {
        // The first of a step was begun in time.
        if place.is_some() && context.clock.now() > until {
            return Ok((worked, place));
        }
        match one(context, found, failed_since, trace).await {
            Ok(one) => {
                worked.asked += one.asked;
                worked.recovering += one.recovering;
            }
            // One that nobody can read must not hold up those behind it.
            Err(Fault::Park(why)) => {
                tracing::error!(case.id = %found.case.id, why = %why, "a case cannot be asked for");
            }
            Err(fault) => return Err(fault),
        }
        place = found.case.place().map(|(_, sort)| sort);
    }
    Ok((worked, stretch.next))
}

/// `failed_since` is since when a payment may have failed whose recovery begins; nothing, where Recoup does not write.
async fn one(context: &Context, found: &Found, failed_since: Option<Timestamp>, trace: &str) -> Result<Worked, Fault> {
    let Found { case, asks, failed } = found;
    let mut worked = Worked::default();
    if *asks && own::for_found(context, case, trace).await? == Done::Asked {
        worked.asked = 1;
    }
    if let Some(failed_since) = failed_since.filter(|_| *failed)
        && recovery::begin(context, &case.account, &case.about, failed_since, trace).await?
    {
        worked.recovering = 1;
    }
    Ok(worked)
}
