//! Asks for what a source found while it observed: one cohort after the other, so that people can decide them.

use super::super::Done;
use super::for_case;
use crate::context::Context;
use crate::fault::Fault;
use crate::setup::{backlog, sources};
use crate::store::{self, Attempted, Batch, Commit, keys};
use domain::source::{Acting, Cohorts};

/// Asks for the next cohort, and sets the alarm of the one after it.
pub async fn cohort(context: &Context, provider: &str, source: &str, trace: &str) -> Result<Done, Fault> {
    // Read.
    let key = keys::cohorts(provider, source);
    let batch = Batch::read(context, vec![key.clone()]).await?;
    let now = context.clock.now();
    let Some(mut cohorts) = batch.get::<Cohorts>(&key)?.filter(|cohorts| cohorts.is_due(now)) else {
        return Ok(Done::NothingToDo);
    };
    let pace = &context.policies.setup.current().cohort;

    if sources::find(context, provider, source).await?.acting == Acting::Observe {
        cohorts.end();
    } else {
        let stretch = backlog::stretch(context, provider, source, cohorts.after.clone(), pace.cases_max).await?;
        let mut asked = 0;
        for case in &stretch.cases {
            if case.opened_at > cohorts.raised_at {
                continue;
            }
            match for_case(context, &case.id, trace).await {
                Ok(Done::Asked) => asked += 1,
                Ok(_) => {}
                // One that nobody can read must not hold up those behind it.
                Err(Fault::Park(why)) => tracing::error!(case.id = %case.id, why = %why, "a case cannot be asked for"),
                Err(fault) => return Err(fault),
            }
        }
        cohorts.worked(asked, stretch.next, pace.minutes, now);
    }

    // Write. Whoever wrote first has raised or lowered the source meanwhile, and set an alarm of their own.
    let mut commit = Commit::default();
    commit.over(&batch, &cohorts);
    match store::attempted(commit.run(context).await, Done::Asked)? {
        Attempted::Done(done) => Ok(done),
        Attempted::Again => Ok(Done::NothingToDo),
    }
}
