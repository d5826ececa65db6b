//! Asks for open invoices, step by step: sends when a step is due.

mod again;
pub mod agreed;
pub mod alarm;
mod begin;
pub mod board;
pub mod card;
pub mod cash;
mod climb;
pub mod consent;
pub mod control;
pub mod document;
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
use crate::ports::Channel;
use crate::records::{ladder, running, whose};
use crate::request;
use crate::store::{self, Attempted, Batch, Commit, Of, PayLink, Pressed, keys};
use crate::web::Answer;
use begin::{Begun, begin};
use bytes::Bytes;
use domain::action::Action;
use domain::book::{Head, Invoice, LetterLine, Person};
use domain::dunning::{Plan, PlanState};
use domain::id::AccountId;
use domain::import::Customer;
use domain::task::Task;
use domain::telling::Bulletin;
use http::Request;
use jiff::Timestamp;
use letter::{Way, remind};
use owner::Opened;

pub use page::{page, said_by};

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
    /// Recoveries took in what was said of all of them.
    Heeded,
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
        Message::Heed { account, .. } => control::heed(context, account).await,
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

/// Answers whoever opens a link to pay, to give another card, or to a document.
pub async fn http(context: &Context, endpoint: Endpoint, request: &Request<Bytes>) -> Answer {
    let result = match endpoint {
        Endpoint::PayPage(token) => pay::show(context, &token).await,
        Endpoint::Pay(token) => pay::go(context, &token, request).await,
        Endpoint::CardPage(token) => card::show(context, &token).await,
        Endpoint::GiveCard(token) => card::go(context, &token).await,
        Endpoint::DocumentPage(token) => document::show(context, &token).await,
        Endpoint::OpenDocument(token) => document::go(context, &token).await,
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
    /// Until when the customer may be paying on the provider's page.
    pressed_until: Option<Timestamp>,
}

async fn read(context: &Context, account: &AccountId, invoice: &str) -> Result<Option<Read>, Fault> {
    let pressed = keys::pressed(account);
    let keys = [keys::head(account), keys::invoice(account, invoice), keys::plan(account, invoice), pressed];
    let batch = Batch::read(context, keys.iter().cloned().chain(whose::keys_of(account)).collect()).await?;
    let (person, customer) = whose::read(&batch, account)?;
    let (head, of) = (batch.get::<Head>(&keys[0])?, batch.get::<Of<Invoice>>(&keys[1])?);
    let plan = batch.get(&keys[2])?;
    let pressed = batch.get::<Pressed>(&keys[3])?;
    let pressed_until = pressed.and_then(|pressed| pressed.paying.left_alone_until(context.clock.now()));
    Ok(head.zip(of).map(|(head, of)| Read { head, invoice: of.value, plan, person, customer, pressed_until, batch }))
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
    // What waited for this letter need not ring once more; a try under way is looked at first.
    if plan.tries.under_way().is_none() {
        plan.spare(read.pressed_until);
        plan.take_access(context.clock.now());
    }
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

/// Writes the plan, the line that the account's head shows of it, what the product is told, what goes with it, and that
/// the invoice comes onto the ladder when its recovery is over.
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
    // Whose end is known holds nobody back from paying: a debit that was taken on and failed has changed nothing. That
    // it was tried, the invoice knows until somebody tells of it.
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
    let left = |plan: &Plan| plan.access().state;
    if read.plan.as_ref().is_some_and(|before| left(before) < left(plan)) {
        // Who is led on to pay at this moment keeps what they have.
        commit.check(&read.batch, &keys::pressed(&plan.account));
    }
    climb.iter().for_each(|climb| ladder::write(&mut commit, &read.batch, climb));
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
