//! Sends what waits in a line, one after the other. An endpoint may hear of a thing twice, always under the same id: whether
//! it heard is only known from its answer.

use super::{Done, secret};
use crate::context::Context;
use crate::deadline::delivers_until;
use crate::fault::Fault;
use crate::ports::{Answered, Unanswered};
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::task;
use domain::id::AccountId;
use domain::outgoing::{Came, Endpoint, Endpoints, Event, Line, Reach, check};
use domain::task::{About, Task};
use http::Method;
use jiff::SignedDuration;
use providers::{Request, standard};

/// Sends for as long as there is time and everything is taken; the alarm of the line takes up the rest.
pub async fn deliver(context: &Context, endpoint: &str, account: &AccountId) -> Result<Done, Fault> {
    let until = delivers_until(context.clock.now());
    let mut done = Done::NothingToDo;
    loop {
        match next(context, endpoint, account).await? {
            Done::NothingToDo => return Ok(done),
            Done::Told => done = Done::Told,
            other => return Ok(other),
        }
        if context.clock.now() > until {
            return Ok(done);
        }
    }
}

/// Sends the first that waits, if its time has come.
async fn next(context: &Context, id: &str, account: &AccountId) -> Result<Done, Fault> {
    // Read.
    let (own, reach, all) = (keys::line(account, id), keys::reach(id), keys::endpoints());
    let batch = Batch::read(context, vec![own.clone(), reach.clone(), all.clone()]).await?;
    let now = context.clock.now();
    let Some(mut line) = batch.get::<Line>(&own)? else { return Ok(Done::NothingToDo) };
    let Some(event) = line.due(now).cloned() else { return Ok(Done::NothingToDo) };

    // Whoever is gone or disabled is sent nothing.
    let endpoints = batch.get::<Endpoints>(&all)?.unwrap_or_default();
    let is_disabled = batch.get::<Reach>(&reach)?.is_some_and(|reach| reach.disabled_at.is_some());
    let endpoint = match endpoints.find(id) {
        Some(endpoint) if !is_disabled => endpoint,
        Some(_) => {
            line.rest();
            return settle(context, &batch, &line, Done::Disabled).await;
        }
        None => {
            line.empty();
            return settle(context, &batch, &line, Done::Disabled).await;
        }
    };

    // Send.
    let sent = send(context, endpoint, &event).await?;

    // Write. Something may have been put behind it meanwhile.
    store::retrying(context, || ended(context, endpoint, account, &event, &sent)).await
}

/// Writes a line that is not sent. If something was put into it meanwhile, its alarm rings for that.
async fn settle(context: &Context, batch: &Batch, line: &Line, done: Done) -> Result<Done, Fault> {
    let mut commit = Commit::default();
    commit.over(batch, line);
    store::attempted(commit.run(context).await, done)?;
    Ok(done)
}

/// What came of a sending: nothing, or why it was not taken and for how long to leave the endpoint alone.
type Sent = Result<(), (String, Option<i64>)>;

async fn send(context: &Context, endpoint: &Endpoint, event: &Event) -> Result<Sent, Fault> {
    // The rules may have become stricter since it was added.
    if let Err(wrong) = check(&endpoint.url, context.settings.local) {
        return Ok(Err((wrong.to_string(), None)));
    }
    let (body, secrets) = (event.body(), secret::live(context, endpoint).await?);
    let mut headers = standard::headers(&secrets, &event.id, body.as_bytes(), context.clock.now());
    headers.push(("content-type", "application/json".to_owned()));
    headers.push(("user-agent", concat!("Recoup/", env!("CARGO_PKG_VERSION")).to_owned()));
    let request = Request { method: Method::POST, url: endpoint.url.clone(), headers, body };
    Ok(came(context.courier.bring(request).await))
}

/// Only a 2xx says that it was taken.
fn came(answer: Result<Answered, Unanswered>) -> Sent {
    match answer {
        Ok(Answered { status: 200..=299, .. }) => Ok(()),
        Ok(Answered { status: status @ 300..=399, .. }) => {
            Err((format!("it answered {status}, and nobody is followed elsewhere"), None))
        }
        Ok(Answered { status, after_secs }) => Err((format!("it answered {status}"), after_secs)),
        Err(unanswered) => Err((unanswered.to_string(), None)),
    }
}

/// Stores what came of it: in the line, and of the endpoint where that says something new.
async fn ended(
    context: &Context,
    endpoint: &Endpoint,
    account: &AccountId,
    event: &Event,
    sent: &Sent,
) -> Result<Attempted<Done>, Fault> {
    // Read.
    let (own, key) = (keys::line(account, &endpoint.id), keys::reach(&endpoint.id));
    let batch = Batch::read(context, vec![own.clone(), key.clone()]).await?;
    let Some(mut line) = batch.get::<Line>(&own)? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let before = batch.get::<Reach>(&key)?.unwrap_or_else(|| Reach::new(&endpoint.id));

    // Decide.
    let (mut reach, now) = (before.clone(), context.clock.now());
    let mut left = None;
    let done = match sent {
        Ok(()) => {
            line.told(&event.id, now);
            reach.answered();
            Done::Told
        }
        Err(_) if !line.is_next(&event.id) => return Ok(Attempted::Done(Done::NothingToDo)),
        Err((why, after_secs)) => {
            let limits = context.policies.limits.current();
            let disables = reach.refused(why, SignedDuration::from_hours(limits.endpoint_hours_max), now);
            if disables {
                let since = reach.failing.as_ref().map_or(now, |(since, _)| *since);
                let task = disabled(context, endpoint, account, (since, why.as_str()));
                reach.task = Some(task.id.clone());
                left = Some(task);
            }
            let since = line.failing_since.unwrap_or(now);
            if reach.disabled_at.is_some() {
                // It is not to blame: it waits, like everything else there.
                line.rest();
                Done::Disabled
            } else if line.refused(&event.id, *after_secs, &limits.outgoing, now) == Some(Came::GivenUp) {
                left = Some(given_up(context, endpoint, account, event, (since, why.as_str())));
                Done::GivenUp
            } else {
                Done::Refused
            }
        }
    };
    if let Err((why, _)) = sent {
        tracing::warn!(endpoint = endpoint.id, %account, event = event.id, why, done = ?done, "an endpoint did not take an event");
    }

    // Write.
    let mut commit = Commit::default();
    commit.over(&batch, &line);
    if reach != before {
        commit.over(&batch, &reach);
    }
    left.iter().for_each(|task| commit.create(task));
    store::attempted(commit.run(context).await, done)
}

type Failure<'a> = (jiff::Timestamp, &'a str);

fn disabled(context: &Context, endpoint: &Endpoint, account: &AccountId, (since, why): Failure<'_>) -> Task {
    let about = About::Undelivered { endpoint: endpoint.id.clone(), since };
    let what = format!("{} takes no events any more", endpoint.url);
    let steps = format!(
        "Since {} nothing that was sent there was taken ({why}), so that nothing is sent there now. Whoever looks after that \
         address mends it; then enable it on the page of the endpoints. What happened meanwhile waits and is sent then, in its \
         order.",
        since.strftime("%Y-%m-%d %H:%M UTC")
    );
    task::open(context, account, about, what, steps)
}

fn given_up(
    context: &Context,
    endpoint: &Endpoint,
    account: &AccountId,
    event: &Event,
    (since, why): Failure<'_>,
) -> Task {
    let about = About::Undelivered { endpoint: endpoint.id.clone(), since };
    let what = format!("{} does not take an event of this account", endpoint.url);
    let steps = format!(
        "Since {} it was sent {} of {} again and again and did not take it ({why}), while it took others. It is not sent any \
         more, and what came after it has its turn. Ask whoever looks after that address; once it is mended, send again what \
         happened since then, on the page of the endpoints.",
        since.strftime("%Y-%m-%d %H:%M UTC"),
        event.kind.name(),
        event.at.strftime("%Y-%m-%d %H:%M UTC"),
    );
    task::open(context, account, about, what, steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_taken_was_taken() {
        let answered = |status, after_secs| Ok(Answered { status, after_secs });
        for (answer, expected) in [
            (answered(200, None), None),
            (answered(204, Some(5)), None),
            (answered(199, None), Some(("it answered 199", None))),
            (answered(301, Some(5)), Some(("it answered 301, and nobody is followed elsewhere", None))),
            (answered(410, None), Some(("it answered 410", None))),
            (answered(429, Some(120)), Some(("it answered 429", Some(120)))),
            (answered(500, None), Some(("it answered 500", None))),
            (Err(Unanswered::Silent), Some(("it did not answer in time", None))),
            (
                Err(Unanswered::NotReached),
                Some(("its address cannot be reached, or leads into a private network", None)),
            ),
        ] {
            let came = came(answer).err();
            assert_eq!(came.as_ref().map(|(why, after)| (why.as_str(), *after)), expected, "{answer:?}");
        }
    }
}
