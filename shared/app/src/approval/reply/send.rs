//! Sends the answer to a ticket that is on its way. That it leaves is stored before, and what came of it after: whoever
//! finds it in between asks the help desk whether it is there, and repeats no mail.

use super::laid::{Laid, way};
use super::{desk, document, pay};
use crate::approval::writing::Done;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter, Unsent};
use crate::setup::stop;
use crate::store::trail::put_ticket;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::ticket;
use domain::policy::{phrase, shorten};
use domain::stop::Scope;
use domain::telling::State;
use domain::ticket::{Answer, Came, Dispatch, Followed, Next, Outcome, TicketName, Way, may_say};
use jiff::SignedDuration;
use pages::Written;
use providers::Desk;

/// How much of a subject is written.
const SUBJECT_BYTES_MAX: usize = 200;
/// Why an answer does not leave whose link would lead nowhere.
const NO_DOCUMENT: &str = "no document was sent because of its case, and its link would open nothing: answer anew";

/// An answer that was taken up.
pub(super) struct Begun {
    pub name: TicketName,
    pub dispatch: Dispatch,
    pub answer: Answer,
    /// Whether somebody looks first.
    pub looks: bool,
    /// Why it does not leave once more, should it not be there.
    pub withheld: Option<&'static str>,
    /// The link to pay that it has.
    link: Option<pay::Made>,
    /// The link to a document that it has.
    papers: Option<document::Made>,
    by: By,
}

/// How it leaves.
enum By {
    Desk(&'static Desk),
    Mail(Box<Letter>),
    Nowhere,
}

/// Works a message about an answer.
pub async fn send(context: &Context, name: &TicketName) -> Result<Done, Fault> {
    let Some(begun) = store::retrying(context, || begin(context, name)).await? else { return Ok(Done::NothingToDo) };
    let came = match &begun.by {
        By::Desk(desk) => desk::tell(context, desk, &begun).await?,
        By::Mail(letter) => mail(context, letter).await,
        By::Nowhere => Came::Refused { reason: "nobody is left to be answered".to_owned() },
    };
    if came != Came::Taken {
        tracing::warn!(ticket = %name, answer = begun.answer.number, came = ?came, "an answer was not taken for certain");
    }
    store::retrying(context, || end(context, &begun, &came)).await?;
    Ok(Done::Told)
}

/// Takes it up, and stores that.
async fn begin(context: &Context, name: &TicketName) -> Result<Attempted<Option<Begun>>, Fault> {
    // Read.
    let out = keys::dispatch(&name.provider, &name.source, &name.id);
    let Some(mut laid) = Laid::find(context, name).await? else { return Ok(Attempted::Done(None)) };
    laid.batch.extend(Batch::read(context, vec![out.clone()]).await?);
    let Some(before) = laid.batch.get::<Dispatch>(&out)? else { return Ok(Attempted::Done(None)) };
    let now = context.clock.now();
    if before.again_at.is_none_or(|at| at > now) {
        return Ok(Attempted::Done(None));
    }
    let (provider, source) = name.set_up_as();
    let source = Some(format!("{provider}/{source}"));
    let is_held = stop::all(context).await?.holds(&Scope { source, segment: None, kind: None });
    let mut dispatch = before.clone();
    let number = dispatch.number;
    let is_it = |answer: &&Answer| answer.number == number && answer.is_under_way();
    let Some(answer) = laid.ticket.handling.answers.iter().find(is_it).cloned() else {
        dispatch.again_at = None;
        return write(context, &laid, &dispatch, None).await;
    };
    let asks = pay::asks(context, &mut laid, &answer.text, answer.asks_for.as_deref()).await?;
    let link = match &asks {
        Some(asks) => asks.made(context, &mut laid).await?,
        None => None,
    };
    let papers = document::made(context, &mut laid, &answer).await?;

    // Decide.
    let limits = context.policies.limits.current();
    let lease = now + SignedDuration::from_secs(limits.alarm_lease_secs);
    if is_held || link.as_ref().is_some_and(|link| link.is_held) {
        dispatch.again_at = Some(lease);
        return write(context, &laid, &dispatch, None).await;
    }
    let has_papers = papers.is_some() || !document::is_in(context, &answer.text);
    let withheld = why_not(&laid, &answer, asks.as_ref()).or((!has_papers).then_some(NO_DOCUMENT));
    let answer = papers.as_ref().map_or_else(|| answer.clone(), |papers| papers.filled(context, answer.clone()));
    let answer = link.as_ref().map_or_else(|| answer.clone(), |link| link.filled(context, answer.clone()));
    let by = by(context, &laid, &answer, (&dispatch, link.as_ref()));
    // A desk that keeps no mark is looked through for its words, and the link is one of them.
    let can_look =
        matches!(by, By::Desk(_)) && dispatch.may_have_left() && (asks.is_none() || link.is_some()) && has_papers;
    if let Some(why) = withheld.filter(|_| !can_look) {
        let state = dispatch.withheld(why);
        ended(context, &mut laid, &dispatch, &state);
        return write(context, &laid, &dispatch, None).await;
    }
    let next = dispatch.take_up(matches!(by, By::Desk(_)), &limits.telling, now, lease);
    laid.ticket.handling.leaves_again(number);
    let looks = match next {
        Next::Nothing => return Ok(Attempted::Done(None)),
        Next::Send => false,
        Next::Look => true,
        Next::Doubt => {
            let reason = "whoever sent it was not heard of again".to_owned();
            let state = dispatch.ended(State::InDoubt { reason });
            ended(context, &mut laid, &dispatch, &state);
            tracing::error!(ticket = %name, answer = number, "it is not known whether an answer was sent; it is not repeated");
            return write(context, &laid, &dispatch, None).await;
        }
    };

    // Write.
    let begun = Begun { name: name.clone(), dispatch: dispatch.clone(), answer, looks, withheld, link, papers, by };
    write(context, &laid, &dispatch, Some(begun)).await
}

/// Why it does not leave as things stand by now, for the first time or again: whoever is written to may not be whom
/// this was written for, and nobody is asked for what is settled.
fn why_not(laid: &Laid, answer: &Answer, asks: Option<&pay::Asks>) -> Option<&'static str> {
    if may_say(&answer.text, laid.ticket.is_from_a_contact()).is_err() {
        return Some("whoever wrote has another address by now, and it is not known whose");
    }
    let why = "nobody may be asked any more for what its link asks for: look whether it is settled, and answer anew";
    asks.is_some_and(|asks| !asks.is_payable).then_some(why)
}

/// The ticket knows how its answer stands, and what has to follow.
fn ended(context: &Context, laid: &mut Laid, dispatch: &Dispatch, state: &State) {
    let (now, handling) = (context.clock.now(), &mut laid.ticket.handling);
    let due_at = now + context.policies.answers.current().told_within();
    handling.answer_ended(dispatch.number, state, dispatch.solves, due_at, now);
    handling.rest(context.policies.tickets.current(), &ticket::working(context), now);
}

async fn write(
    context: &Context,
    laid: &Laid,
    dispatch: &Dispatch,
    begun: Option<Begun>,
) -> Result<Attempted<Option<Begun>>, Fault> {
    let mut commit = Commit::default();
    put_ticket(&mut commit, &laid.batch, &laid.ticket)?;
    commit.over(&laid.batch, dispatch);
    let leaves = begun.as_ref().filter(|begun| !begun.looks);
    if let Some(new) = leaves.and_then(|begun| begun.papers.as_ref()?.new.as_ref()) {
        commit.create(new);
    }
    if let Some(link) = leaves.and_then(|begun| begun.link.as_ref()) {
        link.put(&mut commit, context, &laid.batch, (dispatch, context.clock.now()));
    }
    store::attempted(commit.run(context).await, begun)
}

fn by(context: &Context, laid: &Laid, answer: &Answer, (dispatch, link): (&Dispatch, Option<&pay::Made>)) -> By {
    let ticket = &laid.ticket;
    if ticket.erased_at.is_some() {
        return By::Nowhere;
    }
    match way(ticket) {
        Way::Desk { .. } => {
            let desk = providers::named(&ticket.provider).and_then(|provider| provider.desk);
            desk.map_or(By::Nowhere, By::Desk)
        }
        Way::Mail { to } => {
            let link = link.map(|link| link.address.as_str());
            By::Mail(Box::new(letter(context, laid, (answer, link), (dispatch.mark(), to))))
        }
        Way::Nowhere => By::Nowhere,
    }
}

/// The answer as a mail, below the subject that the customer wrote.
fn letter(
    context: &Context,
    laid: &Laid,
    (answer, link): (&Answer, Option<&str>),
    (id, to): (String, String),
) -> Letter {
    let reader = laid.reader(context);
    let policy = context.policies.answers.current();
    let prepared = policy.text(answer.outcome, None).or(policy.text(Outcome::Asked, None));
    let own = prepared.and_then(|text| reader.text(text)).map(|text| text.subject.clone()).unwrap_or_default();
    let written = laid.ticket.subject.value().filter(|subject| !subject.trim().is_empty());
    let subject = written.map_or(own, |subject| replied(subject));
    let language = reader.language();
    let button = link.map(|link| (reader.words(phrase::PAY), link));
    let html = pages::letter(&Written { language, subject: &subject, text: &answer.text, figures: &[], button });
    let text = answer.text.clone();
    Letter {
        id,
        channel: Channel::Mail,
        to,
        subject,
        text,
        html,
        links: link.map(str::to_owned).into_iter().collect(),
        blocks: None,
        unsubscribe: None,
        thread: None,
    }
}

/// One line, marked as an answer.
fn replied(subject: &str) -> String {
    let plain: String = subject.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let mut plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&mut plain, SUBJECT_BYTES_MAX);
    let is_marked = plain.get(..3).is_some_and(|begins| begins.eq_ignore_ascii_case("re:"));
    if is_marked { plain } else { format!("Re: {plain}") }
}

async fn mail(context: &Context, letter: &Letter) -> Came {
    match context.post.send(letter).await {
        Ok(_) => Came::Taken,
        Err(Unsent::Unknown(reason)) => Came::Unknown { reason, can_ask: false },
        Err(Unsent::NotSent { reason, after_secs }) => Came::NotNow { reason, after_secs, certain: true },
    }
}

/// Stores what came of it, and takes the ticket up as it stands then: its own case ends with it. Not, where somebody
/// else did meanwhile.
async fn end(context: &Context, begun: &Begun, came: &Came) -> Result<Attempted<()>, Fault> {
    // Read.
    let TicketName { provider, source, id } = &begun.name;
    let out = keys::dispatch(provider, source, id);
    let Some(mut laid) = ticket::Laid::find(context, &begun.name).await? else { return Ok(Attempted::Done(())) };
    laid.batch.extend(Batch::read(context, vec![out.clone()]).await?);
    let dispatch = laid.batch.get::<Dispatch>(&out)?;
    let is_ours = |it: &Dispatch| it.number == begun.answer.number && it.again_at.is_some();
    let Some(mut dispatch) = dispatch.filter(is_ours) else { return Ok(Attempted::Done(())) };

    // Decide. What has ended is looked at with its account, so that its case ends as well.
    let now = context.clock.now();
    let due_at = now + context.policies.answers.current().told_within();
    if let Some(state) = dispatch.came(came.clone(), &context.policies.limits.current().telling, now) {
        laid.ticket.handling.answer_ended(dispatch.number, &state, dispatch.solves, due_at, now);
        laid.gather(context).await?;
        laid.take_up(context, Followed::default(), &dispatch.trace, now);
        laid.show(|head| dispatch.show_letter_on(&state, head));
    }

    // Write.
    let name = format!("{}:{}", begun.name, laid.round());
    let mut commit = laid.commit(context, &name).await?;
    commit.over(&laid.batch, &dispatch);
    let result = store::attempted(commit.run(context).await, ())?;
    if matches!(result, Attempted::Done(())) {
        ticket::follow_request(context, &laid.ticket, &dispatch.trace).await;
    }
    Ok(result)
}

/// Stores that it leaves once more, after a look has shown that it is not there; says whether it is still ours to send.
pub(super) async fn leaves(context: &Context, begun: &Begun) -> Result<bool, Fault> {
    store::retrying(context, || async {
        let TicketName { provider, source, id } = &begun.name;
        let out = keys::dispatch(provider, source, id);
        let batch = Batch::read(context, vec![out.clone()]).await?;
        let Some(mut dispatch) = batch.get::<Dispatch>(&out)? else { return Ok(Attempted::Done(false)) };
        if dispatch.number != begun.answer.number || dispatch.again_at != begun.dispatch.again_at {
            return Ok(Attempted::Done(false));
        }
        dispatch.leaves(context.clock.now());
        let mut commit = Commit::default();
        commit.over(&batch, &dispatch);
        store::attempted(commit.run(context).await, true)
    })
    .await
}
