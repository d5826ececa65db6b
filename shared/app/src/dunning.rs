//! Asks for open invoices, step by step: sends when a step is due.

mod again;
pub mod alarm;
pub mod board;
pub mod card;
pub mod cash;
mod climb;
pub mod control;
mod ending;
mod escalation;
pub mod forecast;
mod letter;
pub mod link;
pub mod mail;
mod notice;
mod offer;
pub mod outcomes;
mod owner;
mod page;
pub mod pay;
mod person;
pub mod recovery;
mod together;
mod told;

use crate::bulletin;
use crate::context::{Context, Work};
use crate::door::routes::Endpoint;
use crate::fault::Fault;
use crate::message::Message;
use crate::outgoing;
use crate::ports::{Channel, Letter};
use crate::records::{self, running, whose};
use crate::request;
use crate::setup::{sources, stop};
use crate::store::{self, Attempted, Batch, Commit, Of, PayLink, keys};
use crate::web::Answer;
use bytes::Bytes;
use domain::action::Action;
use domain::book::{Due, Head, Invoice, LetterLine, Person};
use domain::dunning::{Plan, PlanState, Step};
use domain::id::AccountId;
use domain::import::Customer;
use domain::incident::Watch;
use domain::leaving::{LEFT, Stage, UNWRITTEN};
use domain::task::Task;
use domain::telling::Bulletin;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use letter::{Beside, Way, remind};
use owner::Opened;

pub use page::page;

/// How a message ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Sent,
    InDoubt,
    /// It was not sent, and is tried again.
    Refused,
    /// It was not sent, and a person has to look.
    GivenUp,
    /// The staff are told that an invoice needs a person.
    HandedOver,
    /// It is tried again.
    Tried,
    /// People are asked to end what the invoice is for.
    Asked,
    /// It was looked what payments are for.
    Settled,
    /// An alarm that had been set aside was rung.
    Rung,
    /// A form that somebody filled in went on.
    Requested(request::Done),
    /// The product was to be told something.
    Outgoing(outgoing::Done),
    NothingToDo,
}

/// Works the dunning queue.
pub fn handle<'a>(context: &'a Context, message: &'a Message) -> Work<'a, Result<Done, Fault>> {
    Box::pin(work(context, message))
}

async fn work(context: &Context, message: &Message) -> Result<Done, Fault> {
    match message {
        Message::PlanDue { account, invoice, .. } => {
            match store::retrying(context, || begin(context, account, invoice)).await? {
                None => Ok(Done::NothingToDo),
                Some(Begun::HandedOver(bulletin, _)) => {
                    bulletin::tell(context, &bulletin).await;
                    Ok(Done::HandedOver)
                }
                Some(Begun::Try(action)) => {
                    again::go(context, &action).await;
                    Ok(Done::Tried)
                }
                Some(Begun::End(action)) => {
                    again::go(context, &action).await;
                    Ok(Done::Asked)
                }
                Some(Begun::Message(step, letter)) => {
                    remind(context, Way::Plan, account, invoice, &step, &letter).await
                }
            }
        }
        Message::RungDue { account, invoice, .. } => climb::due(context, account, invoice).await,
        Message::NoticeDue { account, notice, .. } => notice::due(context, account, notice).await,
        Message::RequestDue { request, .. } => cash::due(context, request).await,
        Message::Settle { account, payments, trace } => cash::settle(context, account, payments, trace).await,
        Message::Deliver { endpoint, account, .. } => {
            outgoing::deliver(context, endpoint, account).await.map(Done::Outgoing)
        }
        Message::Walk { endpoint, .. } => outgoing::walk(context, endpoint).await.map(Done::Outgoing),
        Message::Requested { request, .. } => request::go_on(context, request).await.map(Done::Requested),
        Message::Ring { pk, sk, .. } => alarm::again(context, pk, sk).await.map(|()| Done::Rung),
        other => Err(Fault::Park(format!("a `{}` message does not belong into the dunning queue", other.name()))),
    }
}

/// Answers whoever opens a link to pay, or to give another card.
pub async fn http(context: &Context, endpoint: Endpoint, request: &Request<Bytes>) -> Answer {
    let result = match endpoint {
        Endpoint::PayPage(token) => pay::show(context, &token).await,
        Endpoint::Pay(token) => pay::go(context, &token, request).await,
        Endpoint::CardPage(token) => card::show(context, &token).await,
        Endpoint::GiveCard(token) => card::go(context, &token).await,
        other => unreachable!("the route table sends {other:?} elsewhere"),
    };
    asked(context, result)
}

/// The answer to a customer, or that it does not work right now.
pub(crate) fn asked(context: &Context, result: Result<Answer, Fault>) -> Answer {
    result.unwrap_or_else(|fault| {
        tracing::error!(fault = %fault, "a link of a customer's could not be answered");
        pay::failed(context)
    })
}

/// The records that a recovery looks at.
struct Read {
    batch: Batch,
    head: Head,
    invoice: Invoice,
    person: Person,
    /// What the company's own file says of them.
    customer: Option<Customer>,
    plan: Option<Plan>,
}

async fn read(context: &Context, account: &AccountId, invoice: &str) -> Result<Option<Read>, Fault> {
    let keys = [keys::head(account), keys::invoice(account, invoice), keys::plan(account, invoice)];
    let batch = Batch::read(context, keys.iter().cloned().chain(whose::keys_of(account)).collect()).await?;
    let (person, customer) = whose::read(&batch, account)?;
    let (head, of) = (batch.get::<Head>(&keys[0])?, batch.get::<Of<Invoice>>(&keys[1])?);
    let plan = batch.get(&keys[2])?;
    Ok(head.zip(of).map(|(head, of)| Read { head, invoice: of.value, plan, person, customer, batch }))
}

/// What was taken up.
enum Begun {
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
async fn begin(context: &Context, account: &AccountId, invoice: &str) -> Result<Attempted<Option<Begun>>, Fault> {
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

    let segment = plan.segment.clone();
    if stop::holds(context, &read.head, Some(&segment), None).await? {
        tracing::warn!(invoice, segment, "a step of a recovery waits: it is stopped by hand");
        // Nobody is at fault that it rang in vain: it says when it is looked at again.
        let lease = SignedDuration::from_secs(context.policies.limits.current().alarm_lease_secs);
        plan.hold(now, now + lease);
        return write(context, read, &plan, Besides::default(), None).await;
    }
    let wish = records::stage_to_ask(context, &read.head, &read.invoice).await?;
    let source = sources::find(context, &read.head.provider, &read.head.source).await?;
    let tries = again::read(context, &mut read, (&plan, &source), wish).await?;
    let end = ending::read(context, &mut read, &plan).await?;
    let escalation = escalation::read(context, &mut read, &plan).await?;
    let offer = offer::read(context, &mut read, &plan).await?;
    let watch = keys::watch(&read.head.provider, &read.head.source);
    // An earlier plan of the invoice may have handed over a step of the same number; and an escalation makes others due.
    let due: Vec<&Step> = if escalation.is_some() { plan.steps.iter().collect() } else { plan.due(now).collect() };
    let told: Vec<_> = due.iter().map(|step| keys::bulletin(&letter::about(&plan, step).id())).collect();
    let may_write = due.iter().any(|step| step.kind.is_mail());
    person::read(context, &mut read, &plan, &due).await?;
    let link = pay::link::to(context, account, invoice).await?;
    let kept = keys::pay_link(&link.kept.hash);
    let others = told.into_iter().chain([watch.clone(), kept.clone()]).collect();
    read.batch.extend(Batch::read(context, others).await?);
    let watch = read.batch.get::<Watch>(&watch)?;
    let also = if may_write { together::also(context, &read, &plan).await? } else { Vec::new() };
    let company = pay::company(context, source.name.as_deref());
    let beside = Beside { link: Some(&link.address), company: &company, also: &also };

    // Decide.
    let policy = context.policies.incidents.current();
    let concerning = watch
        .as_ref()
        .and_then(|watch| watch.concerning(&read.invoice, &read.head, &context.policies.declines, policy));
    let incident = concerning.map(|line| (&line.incident, line.ended_at.is_none()));
    let look_at = now + SignedDuration::from_mins(policy.hold_minutes);
    let on_its_way = again::on_its_way(context, &read, &tries);
    let lasts = incident.is_some_and(|(_, lasts)| lasts);
    plan.awake(&read.invoice, wish == Some(Stage::Recorded) || lasts || on_its_way.is_some(), now);
    match (wish, on_its_way) {
        // Somebody asked to leave, or the money has come past the provider, and people are at it.
        (Some(Stage::Recorded), _) => plan.hold(now, look_at),
        (_, Some(until)) => plan.hold(now, until),
        _ => plan.wait_for(incident, now, look_at),
    }
    plan.doubt(Some(now));
    if !matches!(read.invoice.due(), Due::Open(_)) {
        plan.stop("settled", now);
    } else if wish == Some(Stage::Left) {
        plan.stop(LEFT, now);
    } else if !source.writes() {
        plan.stop(UNWRITTEN, now);
    }
    let escalated = escalation::advance(context, &mut plan, escalation);
    together::fit(context, &read, &mut plan, now);
    ending::learn(context, &mut plan, &end);
    plan.take_access(now);
    let offered = offer::advance(context, &read, &mut plan, offer);
    let tried = again::advance(context, &read, &mut plan, &tries)?;
    let begun = match tried {
        // What is due beside a try rings at once again: it may be paid by then.
        Some(action) => Some(Begun::Try(Box::new(action))),
        None => take_up(context, &read, &mut plan, (beside, now))?,
    };
    let begun = match begun {
        None => ending::advance(context, &read, &mut plan, (&source, &end))?.map(|it| Begun::End(Box::new(it))),
        begun => begun,
    };

    // Write.
    if read.plan.as_ref() == Some(&plan) {
        return Ok(Attempted::Done(begun));
    }
    let opened = escalated.into_iter().chain(offered).collect();
    let mut besides = Besides { opened, ..Besides::default() };
    match &begun {
        Some(Begun::HandedOver(bulletin, task)) => {
            (besides.news, besides.task) = (Some(bulletin.clone()), task.clone());
        }
        Some(Begun::Message(step, letter)) => {
            besides.link = read.batch.get::<PayLink>(&kept)?.is_none().then_some(link.kept);
            besides.line = Some((letter.channel, together::line(&plan, step, &also, now)));
        }
        Some(Begun::Try(action) | Begun::End(action)) => besides.action = Some(action.clone()),
        None => {}
    }
    write(context, read, &plan, besides, begun).await
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

/// Records how the sending of a step ended.
async fn end(
    context: &Context,
    way: Way,
    account: &AccountId,
    invoice: &str,
    record: impl Fn(&mut Plan) -> Done,
) -> Result<Attempted<Done>, Fault> {
    match way {
        Way::Climb => return climb::end(context, account, invoice, record).await,
        Way::Notice => return notice::end(context, account, invoice, record).await,
        Way::Plan => {}
    }
    let Some(read) = read(context, account, invoice).await? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let Some(mut plan) = read.plan.clone() else { return Ok(Attempted::Done(Done::NothingToDo)) };
    plan.heed(&read.head);
    let done = record(&mut plan);
    // What waited for this letter need not ring once more.
    plan.take_access(context.clock.now());
    write(context, read, &plan, Besides::default(), done).await
}

/// What is written with a plan.
#[derive(Default)]
struct Besides {
    /// What the staff are told.
    news: Option<Bulletin>,
    /// The link that a letter has, where it is new.
    link: Option<PayLink>,
    /// What the account's other recoveries see of a message that is taken up.
    line: Option<(Channel, LetterLine)>,
    /// A try that begins, or what people are asked for.
    action: Option<Box<Action>>,
    /// Tasks that it opens.
    opened: Vec<Opened>,
    /// What a person has from here.
    task: Option<Box<Task>>,
}

/// Writes the plan, the line that the account's head shows of it, what the product is told, what goes with it, and that the
/// invoice comes onto the ladder when its recovery is over.
async fn write<T>(
    context: &Context,
    mut read: Read,
    plan: &Plan,
    Besides { news, link, line, action, opened, task }: Besides,
    done: T,
) -> Result<Attempted<T>, Fault> {
    let climb = match plan.state {
        PlanState::Finished => climb::after(context, &mut read.batch, plan, &read.invoice).await?,
        PlanState::Running | PlanState::Stopped => None,
    };
    let mut head = read.head.clone();
    running::show(context, &mut head, std::slice::from_ref(plan)).await?;
    plan.show_message_on(&mut head);
    match line {
        Some((Channel::Sms, line)) => head.texted = Some(line),
        Some((Channel::Mail | Channel::Slack, line)) => head.written = Some(line),
        None => {}
    }
    // Whose end is known holds nobody back from paying: a debit that was taken on and failed has changed nothing. That it was
    // tried, the invoice knows until somebody tells of it.
    for made in plan.tries.made.iter().filter(|made| made.ended.is_some()) {
        head.under_way.remove(&made.action);
    }
    if let Some(action) = action.as_ref().filter(|action| action.by_rule().is_some()) {
        head.expects(&action.id, &action.kind, context.clock.now());
    }
    let lines = outgoing::of_head(context, &mut read.batch, &read.head, &head).await?;
    let mut commit = Commit::default();
    commit.over(&read.batch, plan);
    commit.over(&read.batch, &head);
    climb.iter().for_each(|climb| commit.over(&read.batch, climb));
    outgoing::put(&mut commit, &read.batch, &lines);
    if let Some(bulletin) = &news {
        commit.over(&read.batch, bulletin);
    }
    if let Some(task) = &task {
        commit.over(&read.batch, &**task);
    }
    for Opened { task, news } in &opened {
        commit.over(&read.batch, task);
        commit.over(&read.batch, news);
    }
    if let Some(link) = &link {
        commit.create(link);
    }
    if let Some(action) = &action {
        again::put(&mut commit, context, &read, action)?;
    }
    store::attempted(commit.run(context).await, done)
}
