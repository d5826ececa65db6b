//! What people are told of incidents and shown of them; and takes in what went live.

pub mod pulses;

use crate::bulletin::{self, Words};
use crate::context::Context;
use crate::fault::Fault;
use crate::incident::pulses::pulses;
use crate::store::{self, Batch, Commit, keys};
use crate::task;
use crate::web::{NOTE_CHARS_MAX, Problem};
use domain::book::{Head, Invoice};
use domain::id::{AccountId, IncidentId};
use domain::incident::{Incident, Pulse, Release, Releases, State, Stretch, Watch};
use domain::staff::Staff;
use domain::task::{About as TaskAbout, Task};
use domain::telling::{About, Bulletin};
use jiff::Timestamp;
use serde::Deserialize;

/// What people are told of an incident, where approvals are asked for: once for each state that it comes to.
pub fn news(context: &Context, incident: &Incident, trace: &str) -> Bulletin {
    let subject = match incident.state {
        State::Open => format!("Incident: {}", incident.title()),
        State::Over if incident.became_usual => format!("Not mended, and usual by now: {}", incident.title()),
        State::Over => format!("Over: {}", incident.title()),
    };
    let amounts: Vec<_> = incident.amounts.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect();
    let text = format!(
        "{} customers, {}, since {}. By chance {}.\nLikely cause: {} ({}). Owner: {}.",
        incident.accounts,
        amounts.join(" and "),
        incident.began_at.strftime("%Y-%m-%d %H:%M UTC"),
        incident.chance(),
        incident.cause,
        incident.why,
        incident.owner
    );
    let about = About::Incident { incident: incident.id.clone() };
    let words = Words { subject, text, page: format!("/incidents/{}", incident.id) };
    bulletin::about(context, about, words, trace).posted()
}

/// The task of whoever looks into it. Its owner is a team's name, so that it is nobody's yet.
pub fn task(context: &Context, account: &AccountId, incident: &Incident) -> Task {
    let what = format!("Look into the incident: {} ({})", incident.title(), incident.owner);
    let steps = format!(
        "Likely cause: {} ({}). Its page shows whom it concerns. What falls due to them waits meanwhile; once it is over, this \
         is done by itself.",
        incident.cause, incident.why
    );
    task::open(context, account, TaskAbout::Incident { incident: incident.id.clone() }, what, steps)
}

pub async fn find(context: &Context, id: &str) -> Result<Incident, Problem> {
    let id = IncidentId::parse(id).ok_or_else(|| Problem::not_found("incident"))?;
    store::read(context, &keys::incident(&id)).await?.ok_or_else(|| Problem::not_found("incident"))
}

/// Whom an incident concerns, oldest first.
pub async fn members(context: &Context, incident: &Incident) -> Result<Vec<Pulse>, Fault> {
    let until = incident.ended_at.unwrap_or_else(|| context.clock.now());
    let stretch = Stretch { since: incident.began_at, until };
    let mut all = pulses(context, &incident.provider, &incident.source, incident.trouble, stretch).await?;
    let policies = &context.policies.incidents;
    let policy = policies.version(incident.policy_version).unwrap_or_else(|| policies.current());
    all.retain(|pulse| incident.has(pulse, policy));
    Ok(all)
}

/// The incident that a due item is a part of.
pub async fn concerning(context: &Context, head: &Head, invoice: &Invoice) -> Result<Option<Incident>, Fault> {
    let Some(watch) = store::read::<Watch>(context, &keys::watch(&head.provider, &head.source)).await? else {
        return Ok(None);
    };
    let policy = context.policies.incidents.current();
    match watch.concerning(invoice, head, &context.policies.declines, policy) {
        Some(line) => store::read(context, &keys::incident(&line.incident)).await,
        None => Ok(None),
    }
}

/// What somebody says of something that went live.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    name: String,
    at: Option<Timestamp>,
}

pub async fn releases(context: &Context) -> Result<Releases, Fault> {
    Ok(store::read(context, &keys::releases()).await?.unwrap_or_default())
}

/// Remembers what went live, so that an incident which begins shortly after can name it.
pub async fn release(context: &Context, told: &Told, staff: &Staff) -> Result<Releases, Problem> {
    if !staff.role.may_request() {
        let message = "your role only reads; ask a colleague in support or billing";
        return Err(Problem::not_permitted(message));
    }
    let (now, name) = (context.clock.now(), told.name.trim());
    if name.is_empty() || name.chars().count() > NOTE_CHARS_MAX {
        return Err(Problem::malformed(format!("`name` says what went live, in at most {NOTE_CHARS_MAX} characters")));
    }
    let release = Release { at: told.at.unwrap_or(now), name: name.to_owned(), told_by: staff.id.clone() };
    if release.at > now {
        return Err(Problem::malformed("`at` lies ahead: tell it when it has gone live"));
    }
    let after = store::retrying(context, || async {
        let batch = Batch::read(context, vec![keys::releases()]).await?;
        let mut releases = batch.get::<Releases>(&keys::releases())?.unwrap_or_default();
        releases.add(release.clone());
        let mut commit = Commit::default();
        commit.over(&batch, &releases);
        store::attempted(commit.run(context).await, releases)
    })
    .await?;
    Ok(after)
}
