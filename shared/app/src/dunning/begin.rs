//! Takes up what is due of a recovery: reads what lies around it, moves it on, and stores what leaves next.

use super::letter::{self, Beside};
use super::link::Made;
use super::owner::Opened;
use super::{Besides, Read, again, ending, escalation, offer, pay, person, read, together, write};
use crate::bulletin;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Letter;
use crate::records;
use crate::setup::{sources, stop};
use crate::store::{Attempted, Batch, PayLink, keys};
use domain::action::Action;
use domain::book::Due;
use domain::debt::Debt;
use domain::dunning::{Plan, PlanState, Step};
use domain::id::AccountId;
use domain::incident::Watch;
use domain::leaving::{LEFT, Stage, UNWRITTEN};
use domain::source::Source;
use domain::task::Task;
use domain::telling::Bulletin;
use jiff::{SignedDuration, Timestamp};

/// What was taken up.
pub(super) enum Begun {
    /// Another try is stored, and is carried out next.
    Try(Box<Action>),
    /// A request to end what the invoice is for is stored, and people are asked next.
    End(Box<Action>),
    /// It is stored as being sent, and is sent next.
    Message(Step, Letter),
    /// The staff are told, and take it from here.
    HandedOver(Bulletin, Option<Box<Task>>),
}

/// Takes up the try or the step that is due and says what to send.
pub(super) async fn begin(
    context: &Context,
    account: &AccountId,
    invoice: &str,
) -> Result<Attempted<Option<Begun>>, Fault> {
    // Read.
    let Some(mut read) = read(context, account, invoice).await? else { return Ok(Attempted::Done(None)) };
    let Some(mut plan) = read.plan.clone() else { return Ok(Attempted::Done(None)) };
    plan.heed(&read.head);
    if plan.state != PlanState::Running {
        let is_news = read.plan.as_ref() != Some(&plan);
        return if is_news {
            write(context, read, &plan, Besides::default(), None).await
        } else {
            Ok(Attempted::Done(None))
        };
    }
    let now = context.clock.now();
    if stop::holds(context, &read.head, Some(&plan.segment), None).await? {
        tracing::warn!(invoice, segment = plan.segment, "a step of a recovery waits: it is stopped by hand");
        // Nobody is at fault that it rang in vain: it says when it is looked at again.
        let lease = SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
        plan.hold(now, now + lease);
        return write(context, read, &plan, Besides::default(), None).await;
    }
    let mut around = Around::of(context, &mut read, &plan).await?;

    // Decide.
    hold(context, &read, &mut plan, &around);
    stop_where_nothing_is_asked(&read, &mut plan, &around, now);
    let (begun, opened) = advance(context, &read, &mut plan, &mut around)?;

    // Write.
    if read.plan.as_ref() == Some(&plan) {
        return Ok(Attempted::Done(begun));
    }
    let besides = around.besides(&read, &plan, begun.as_ref(), now)?;
    write(context, read, &plan, Besides { opened, ..besides }, begun).await
}

/// What lies around a recovery, as far as it is looked at by now.
struct Around {
    /// How far a wish to end what the invoice is for has come.
    wish: Option<Stage>,
    source: Source,
    tries: again::Beside,
    end: ending::Beside,
    escalation: Option<escalation::Beside>,
    offer: Option<offer::Beside>,
    watch: Option<Watch>,
    link: Made<PayLink>,
    /// Who writes.
    company: String,
    /// What else the account owes.
    also: Vec<Debt>,
}

impl Around {
    async fn of(context: &Context, read: &mut Read, plan: &Plan) -> Result<Self, Fault> {
        let now = context.clock.now();
        let wish = records::stage_to_ask(context, &read.head, &read.invoice).await?;
        let source = sources::find(context, &read.head.provider, &read.head.source).await?;
        let tries = again::read(context, read, (plan, &source), wish).await?;
        let end = ending::read(context, read, plan).await?;
        let escalation = escalation::read(context, read, plan).await?;
        let offer = offer::read(context, read, plan).await?;
        // An earlier plan of the invoice may have handed over a step of the same number; and an escalation makes others
        // due.
        let due: Vec<&Step> = if escalation.is_some() { plan.steps.iter().collect() } else { plan.due(now).collect() };
        let told: Vec<_> = due.iter().map(|step| keys::bulletin(&letter::about(plan, step).id())).collect();
        let may_write = due.iter().any(|step| step.kind.is_mail());
        person::read(context, read, plan, &due).await?;
        let link = pay::link::to(context, &plan.account, &plan.invoice).await?;
        let watch = keys::watch(&read.head.provider, &read.head.source);
        let others = told.into_iter().chain([watch.clone(), keys::pay_link(&link.kept.hash)]).collect();
        read.batch.extend(Batch::read(context, others).await?);
        let watch = read.batch.get::<Watch>(&watch)?;
        let who = (&read.person, read.customer.as_ref());
        let also =
            if may_write { together::also(context, &read.head, who, (&plan.invoice, &[])).await? } else { Vec::new() };
        let company = pay::company(context, source.name.as_deref());
        Ok(Self { wish, source, tries, end, escalation, offer, watch, link, company, also })
    }

    /// What a message says beside its step.
    fn beside(&self) -> Beside<'_> {
        Beside { link: Some(&self.link.address), company: &self.company, also: &self.also }
    }

    /// What is written with what was taken up.
    fn besides(self, read: &Read, plan: &Plan, begun: Option<&Begun>, now: Timestamp) -> Result<Besides, Fault> {
        let mut besides = Besides::default();
        match begun {
            Some(Begun::HandedOver(bulletin, task)) => {
                (besides.news, besides.task) = (Some(bulletin.clone()), task.clone());
            }
            Some(Begun::Message(step, letter)) => {
                let kept = read.batch.get::<PayLink>(&keys::pay_link(&self.link.kept.hash))?;
                besides.link = kept.is_none().then_some(self.link.kept);
                besides.line = Some((letter.channel, together::line(plan, step, &self.also, now)));
            }
            Some(Begun::Try(action) | Begun::End(action)) => besides.action = Some(action.clone()),
            None => {}
        }
        Ok(besides)
    }
}

/// Lets it wait, where an incident lasts, people are at it or its money is on its way, and go on where that is over.
fn hold(context: &Context, read: &Read, plan: &mut Plan, around: &Around) {
    let (policy, now) = (context.policies.incidents.current(), context.clock.now());
    let concerning = around
        .watch
        .as_ref()
        .and_then(|watch| watch.concerning(&read.invoice, &read.head, &context.policies.declines, policy));
    let incident = concerning.map(|line| (&line.incident, line.ended_at.is_none()));
    let look_at = now + SignedDuration::from_mins(policy.hold_minutes);
    let on_its_way = again::on_its_way(context, read, &around.tries);
    let lasts = incident.is_some_and(|(_, lasts)| lasts);
    plan.awake(&read.invoice, around.wish == Some(Stage::Recorded) || lasts || on_its_way.is_some(), now);
    match (around.wish, on_its_way) {
        // Somebody asked to leave, or the money has come past the provider, and people are at it.
        (Some(Stage::Recorded), _) => plan.hold(now, look_at),
        (_, Some(until)) => plan.hold(now, until),
        _ => plan.wait_for(incident, now, look_at),
    }
    plan.doubt(Some(now));
}

/// Stops it, where its customer is asked for nothing any more.
fn stop_where_nothing_is_asked(read: &Read, plan: &mut Plan, around: &Around, now: Timestamp) {
    if !matches!(read.invoice.due(), Due::Open(_)) {
        plan.stop("settled", now);
    } else if around.wish == Some(Stage::Left) {
        plan.stop(LEFT, now);
    } else if !around.source.writes() {
        plan.stop(UNWRITTEN, now);
    }
}

/// Takes what is due by itself, and takes up the one thing that leaves next. Says which tasks come of it as well.
fn advance(
    context: &Context,
    read: &Read,
    plan: &mut Plan,
    around: &mut Around,
) -> Result<(Option<Begun>, Vec<Opened>), Fault> {
    let now = context.clock.now();
    let escalated = escalation::advance(context, plan, around.escalation.take());
    together::fit(context, read, plan, now);
    ending::learn(context, plan, &around.end);
    let tried = again::advance(context, read, plan, &around.tries)?;
    let spared_until = again::spared_until(context, read, plan, (&around.tries, tried.as_ref()));
    plan.spare(spared_until);
    plan.take_access(now);
    let offered = offer::advance(context, read, plan, around.offer.take());
    let begun = match tried {
        // What is due beside a try rings at once again: it may be paid by then.
        Some(action) => Some(Begun::Try(Box::new(action))),
        None => take_up(context, read, plan, (around.beside(), now))?,
    };
    let begun = match begun {
        None => {
            let asked = ending::advance(context, read, plan, (&around.source, &around.end))?;
            asked.map(|action| Begun::End(Box::new(action)))
        }
        begun => begun,
    };
    Ok((begun, escalated.into_iter().chain(offered).collect()))
}

/// Takes up the step that is due, where it is for somebody to read: the customer, or a person in their stead.
fn take_up(
    context: &Context,
    read: &Read,
    plan: &mut Plan,
    (beside, now): (Beside<'_>, Timestamp),
) -> Result<Option<Begun>, Fault> {
    let Some(step) = plan.begin(now, together::doubt_at(context, now)) else { return Ok(None) };
    let words = match letter::of_step(context, read, plan, &step, (beside, now)) {
        Ok(letter) => return Ok(Some(Begun::Message(step, letter))),
        Err(words) => words,
    };
    // What becomes of it from here is the bulletin's: whoever refuses it keeps no later step from being sent.
    plan.handed_over(step.number);
    let about = letter::about(plan, &step);
    let before = read.batch.get::<Bulletin>(&keys::bulletin(&about.id()))?;
    let owner = person::owner(read)?;
    let task = person::task(context, read, plan, &words, owner.as_ref())?;
    let most = context.policies.limits.current().told_people_max;
    let bulletin = bulletin::about(context, about, words, &plan.trace).posted();
    let bulletin = bulletin.mailed(owner.map(|owner| owner.id), most).instead_of(before.as_ref());
    Ok(Some(Begun::HandedOver(bulletin, task.map(Box::new))))
}
