//! Tells a customer what is open, and later that all of it is there: each once, at an address that the account has.

use super::settle::{Told, phone, take};
use super::{put, unasked};
use crate::context::Context;
use crate::dunning::link::Made;
use crate::dunning::{Done, pay, together};
use crate::fault::Fault;
use crate::ports::{Channel, Letter, Unsent};
use crate::records::whose;
use crate::setup::{sources, stop};
use crate::store::{self, Attempted, Batch, Commit, Of, PayLink, keys};
use domain::book::{Head, Invoice, Person};
use domain::cash::{Notice, NoticeState, Request, Step};
use domain::id::{RequestId, digest};
use domain::import::Customer;
use domain::policy::{Reader, phrase};
use domain::staff::MACHINE;
use jiff::{SignedDuration, Timestamp};
use pages::Written;
use std::collections::BTreeMap;

/// What the kind of action is called that asks for a payment as well: whoever stops that one stops these letters.
const PAYMENT_LINK: &str = "payment_link";
/// Why nobody knows whether a letter arrived that was found on its way.
const LOST: &str = "nobody was heard of who sent it";
/// A text message that is refused becomes a letter at once.
const LETTERS_MAX: usize = 3;

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Debt,
    Paid,
}

impl What {
    fn notice(self, request: &mut Request) -> Option<&mut Notice> {
        match self {
            Self::Debt => Some(&mut request.debt_mail),
            Self::Paid => request.confirmation.as_mut(),
        }
    }

    fn step(self) -> Step {
        match self {
            Self::Debt => Step::DebtMail,
            Self::Paid => Step::Confirmation,
        }
    }
}

/// Looks how a request stands, and sends what is due of it.
pub(in crate::dunning) async fn due(context: &Context, id: &RequestId) -> Result<Done, Fault> {
    let account = id.account();
    take(context, Told { account: &account, payments: &[], request: Some(id), said: None }).await?;
    let mut done = Done::NothingToDo;
    for _ in 0..LETTERS_MAX {
        let Some((what, letter)) = store::retrying(context, || begin(context, id)).await? else { break };
        let sent = context.post.send(&letter).await.map(|_| ());
        done = store::retrying(context, || end(context, id, (what, &letter), &sent)).await?;
        if let Err(unsent) = &sent {
            tracing::warn!(request.id = %id, reason = %unsent, "a customer could not be told of a payment request");
        }
    }
    Ok(done)
}

/// Stores what is due as being sent; nothing, where nothing leaves now.
async fn begin(context: &Context, id: &RequestId) -> Result<Attempted<Option<(What, Letter)>>, Fault> {
    // Read.
    let (own, account) = (keys::payment_request(id), id.account());
    let first = [own.clone(), keys::head(&account)].into_iter().chain(whose::keys_of(&account));
    let mut batch = Batch::read(context, first.collect()).await?;
    let (request, head) = (batch.get::<Request>(&own)?, batch.get::<Head>(&keys::head(&account))?);
    let (Some(before), Some(head)) = (request, head) else { return Ok(Attempted::Done(None)) };
    let now = context.clock.now();
    let due = |notice: &Notice| notice.is_due(now);
    let what = match (due(&before.debt_mail), before.confirmation.as_ref().is_some_and(due)) {
        (true, _) => Some(What::Debt),
        (false, true) => Some(What::Paid),
        (false, false) => None,
    };
    let (person, customer) = whose::read(&batch, &account)?;
    let is_held = stop::holds(context, &head, None, Some(PAYMENT_LINK)).await?;
    let observes = sources::observes(context, &head).await?;
    let links = match what {
        Some(What::Debt) => links(context, &mut batch, &head, &before).await?,
        _ => Vec::new(),
    };

    // Decide.
    let limits = context.policies.limits.current();
    let mut after = before.clone();
    for (invoice, link) in &links {
        let lines = after.lines.iter_mut().filter(|line| line.invoice == *invoice);
        lines.for_each(|line| line.link = Some(link.address.clone()));
    }
    give_up_on_lost(&mut after, now);
    let letter = what.and_then(|what| {
        let made = if observes {
            Err("Recoup writes to none of the customers of this source")
        } else {
            letter(context, &after, what, (&person, customer.as_ref()))
        };
        let notice = what.notice(&mut after)?;
        if is_held {
            notice.put_off(now + SignedDuration::from_secs(limits.alarm_lease_secs));
            return None;
        }
        match made {
            Ok(letter) => {
                notice.begin(now + SignedDuration::from_mins(limits.sending_minutes_max));
                notice.channel = letter.channel;
                Some((what, letter))
            }
            Err(why) => {
                notice.skip(why);
                after.did(what.step(), now, MACHINE, format!("nothing was sent: {why}"));
                None
            }
        }
    });

    // Write.
    if after == before {
        return Ok(Attempted::Done(letter));
    }
    let unasked = unasked::follow(context, &mut batch, &before, &after).await?;
    let mut commit = Commit::default();
    put(&mut commit, &batch, Some(&before), &after);
    if let Some((What::Debt, _)) = &letter {
        let line = after.letter_line(&context.policies.cash.current().request.debt, now);
        together::show(&mut commit, &batch, &head, Some(line));
    }
    if let Some(unasked) = &unasked {
        unasked.put(&mut commit, &batch)?;
    }
    links.iter().for_each(|(_, link)| commit.put(&link.kept));
    store::attempted(commit.run(context).await, letter)
}

/// Gives up on knowing what became of a letter whose sender was not heard of for too long.
fn give_up_on_lost(request: &mut Request, now: Timestamp) {
    for what in [What::Debt, What::Paid] {
        if what.notice(request).is_some_and(|notice| notice.doubt(LOST, Some(now))) {
            request.did(what.step(), now, MACHINE, "it left, and nobody knows whether it arrived");
        }
    }
}

/// Records how the sending ended.
async fn end(
    context: &Context,
    id: &RequestId,
    (what, letter): (What, &Letter),
    sent: &Result<(), Unsent>,
) -> Result<Attempted<Done>, Fault> {
    let (own, account) = (keys::payment_request(id), id.account());
    let mut batch = Batch::read(context, vec![own.clone(), keys::head(&account)]).await?;
    let Some(before) = batch.get::<Request>(&own)? else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let (now, patience) = (context.clock.now(), &context.policies.limits.current().telling);
    let mut after = before.clone();
    let Some(notice) = what.notice(&mut after) else { return Ok(Attempted::Done(Done::NothingToDo)) };
    let way = if letter.channel == Channel::Sms { "as a text message" } else { "by mail" };
    let (done, evidence) = match sent {
        Ok(()) => {
            notice.sent(now);
            (Done::Sent, Some(format!("sent {way}")))
        }
        Err(Unsent::Unknown(reason)) => {
            notice.doubt(reason, None);
            (Done::InDoubt, Some(format!("it left {way}, and nobody knows whether it arrived")))
        }
        Err(Unsent::NotSent { .. }) if letter.channel == Channel::Sms => {
            notice.written_instead(now);
            (Done::Refused, None)
        }
        Err(Unsent::NotSent { reason, after_secs }) => {
            notice.refused((reason.as_str(), *after_secs), patience, now);
            let given_up = matches!(notice.standing, NoticeState::Skipped { .. });
            let done = if given_up { Done::GivenUp } else { Done::Refused };
            (done, given_up.then(|| format!("it was refused {way}")))
        }
    };
    if let Some(evidence) = evidence {
        after.did(what.step(), now, MACHINE, evidence);
    }
    let unasked = unasked::follow(context, &mut batch, &before, &after).await?;
    let mut commit = Commit::default();
    put(&mut commit, &batch, Some(&before), &after);
    together::learn(&mut commit, &batch, &account, |head| after.show_letter_on(head))?;
    if let Some(unasked) = &unasked {
        unasked.put(&mut commit, &batch)?;
    }
    store::attempted(commit.run(context).await, done)
}

/// A link for each invoice that its provider has a page for.
async fn links(
    context: &Context,
    batch: &mut Batch,
    head: &Head,
    request: &Request,
) -> Result<Vec<(String, Made<PayLink>)>, Fault> {
    let homes: Vec<_> = request.standing().map(|line| keys::invoice(&head.account, &line.invoice)).collect();
    if homes.is_empty() {
        return Ok(Vec::new());
    }
    batch.extend(Batch::read(context, homes.clone()).await?);
    let mut links = Vec::new();
    for home in &homes {
        let Some(Of { value: invoice, .. }) = batch.get::<Of<Invoice>>(home)? else { continue };
        let link = pay::link::where_payable(context, head, &invoice).await?;
        links.extend(link.map(|link| (invoice.id.clone(), link)));
    }
    Ok(links)
}

/// What a customer is sent, or why nothing is.
fn letter(
    context: &Context,
    request: &Request,
    what: What,
    (person, customer): (&Person, Option<&Customer>),
) -> Result<Letter, &'static str> {
    if what == What::Debt && request.withdrawn.is_some() {
        return Err("the request was withdrawn before");
    }
    if what == What::Debt && !request.remaining().is_positive() {
        return Err("it was paid before");
    }
    let asking = &context.policies.cash.current().request;
    let reader = person.reader(customer, context.policies.texts.current());
    let (id, wanted) = match what {
        What::Debt => (&asking.debt, Channel::Mail),
        What::Paid => (&asking.paid, request.confirmation.as_ref().map_or(Channel::Mail, |notice| notice.channel)),
    };
    let text = reader.text(id).ok_or("there is no text for it")?;
    let values = values(request, what, person, reader);
    let id = format!("cash_{}", digest(&[request.id.as_str(), what.step().title()], 20));
    let by_phone = phone(person, customer).filter(|_| wanted == Channel::Sms).zip(text.sms(&values));
    if let Some((to, text)) = by_phone {
        let (to, subject, html) = (to.to_owned(), String::new(), String::new());
        return Ok(Letter {
            id,
            channel: Channel::Sms,
            to,
            subject,
            text,
            html,
            links: Vec::new(),
            blocks: None,
            unsubscribe: None,
            thread: None,
        });
    }
    let own = customer.and_then(|customer| customer.email.as_ref());
    let to = person.email.value().or(own).ok_or("the account has no address")?;
    let (subject, body) = text.fill(&values);
    let amount = values.get("amount").cloned().unwrap_or_default();
    let link = values.get("link").filter(|link| !link.is_empty()).cloned();
    let html = pages::letter(&Written {
        language: reader.language(),
        subject: &subject,
        text: &body,
        figures: &[(reader.words(phrase::AMOUNT), amount)],
        button: link.as_deref().map(|link| (reader.words(phrase::PAY), link)),
    });
    let links =
        if what == What::Debt { request.standing().filter_map(|line| line.link.clone()).collect() } else { vec![] };
    Ok(Letter {
        id,
        channel: Channel::Mail,
        to: to.clone(),
        subject,
        html,
        text: body,
        links,
        blocks: None,
        unsubscribe: None,
        thread: None,
    })
}

fn values(request: &Request, what: What, person: &Person, reader: Reader<'_>) -> BTreeMap<&'static str, String> {
    let first = request.standing().find_map(|line| line.link.clone()).filter(|_| what == What::Debt);
    let line = |line: &domain::cash::Line| {
        let amount = reader.amount(if what == What::Debt { line.open() } else { line.amount });
        // The first link has a button of its own.
        let link = line.link.as_ref().filter(|link| what == What::Debt && Some(*link) != first.as_ref());
        let link = link.map(|link| format!(" {link}")).unwrap_or_default();
        format!("{}: {amount}{link}", line.number)
    };
    let lines: Vec<_> = request.standing().map(line).collect();
    let amount = if what == What::Debt { request.remaining() } else { request.amount() };
    BTreeMap::from([
        ("name", person.name.value().cloned().unwrap_or_default()),
        ("amount", reader.amount(amount)),
        ("lines", lines.join("\n")),
        ("reference", request.id.to_string()),
        ("link", first.unwrap_or_default()),
    ])
}
