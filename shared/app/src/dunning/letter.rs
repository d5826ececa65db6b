//! A letter to whoever owes: what it says, in their language, and how its sending ends.

mod also;

use super::card::link::Links;
use super::mail::Mail;
use super::{Done, Read, end};
use crate::bulletin::Words;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter, Unsent};
use crate::records::whose;
use crate::store;
use domain::ageing::{Climb, Listed, counted_from};
use domain::book::{Invoice, Person};
use domain::debt::Debt;
use domain::dunning::{Plan, Step, StepKind};
use domain::event::Card;
use domain::id::{AccountId, digest};
use domain::import::Customer;
use domain::notice::{Matter as Told, Notice};
use domain::playbook::grace_until;
use domain::policy::{Reader, Text, phrase};
use domain::telling::{About, international};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Whose step a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plan,
    Climb,
    /// Of a card, outside of any recovery: the invoice is its name.
    Notice,
}

/// Sends a letter. The step is stored as being sent: if we are never heard of again, it is in doubt and not repeated.
pub(super) async fn remind(
    context: &Context,
    way: Way,
    account: &AccountId,
    invoice: &str,
    step: &Step,
    letter: &Letter,
) -> Result<Done, Fault> {
    let number = step.number;
    match context.post.send(letter).await {
        Ok(_) => {
            let sent = |plan: &mut Plan| {
                plan.sent(number);
                Done::Sent
            };
            store::retrying(context, || end(context, way, account, invoice, sent)).await
        }
        Err(Unsent::Unknown(reason)) => {
            tracing::error!(
                invoice,
                step = number,
                reason,
                "it is not known whether a reminder was sent; it is not repeated"
            );
            let doubted = |plan: &mut Plan| {
                plan.doubt(None);
                Done::InDoubt
            };
            store::retrying(context, || end(context, way, account, invoice, doubted)).await
        }
        Err(Unsent::NotSent { reason, after_secs }) => {
            let (patience, now) = (&context.policies.limits.current().telling, context.clock.now());
            let unsent = |plan: &mut Plan| {
                let gives_up = plan.unsent(number, after_secs, patience, now);
                if gives_up { Done::GivenUp } else { Done::Refused }
            };
            match store::retrying(context, || end(context, way, account, invoice, unsent)).await? {
                Done::GivenUp => Err(Fault::Park(format!("step {number} of {invoice} could not be sent: {reason}"))),
                done => {
                    tracing::warn!(invoice, step = number, reason, "a reminder was refused; its alarm tries again");
                    Ok(done)
                }
            }
        }
    }
}

/// What is told of a step to whoever takes it in the customer's stead.
pub(super) fn about(plan: &Plan, step: &Step) -> About {
    About::Step { account: plan.account.clone(), invoice: plan.invoice.clone(), step: step.number }
}

/// What a message about an invoice says beside it.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    /// Where it can be paid, if it can.
    pub link: Option<&'a str>,
    /// Who writes.
    pub company: &'a str,
    /// What else the account is asked for.
    pub also: &'a [Debt],
}

/// Fills the text of a step; or says why a person has to take it.
pub(super) fn of_step(
    context: &Context,
    read: &Read,
    plan: &Plan,
    step: &Step,
    (beside, now): (Beside<'_>, Timestamp),
) -> Result<Letter, Words> {
    if is_declined(context, read, plan, step) {
        return Err(needs_person(read, "its customer wants no mail but what must be sent"));
    }
    let reader = read.person.reader(read.customer.as_ref(), context.policies.texts.current());
    let declines = context.policies.declines.current();
    let family = declines.meaning(read.invoice.decline()).family;
    let incidents = context.policies.incidents.current();
    let reason = if plan.incident.is_some() { &incidents.reason } else { &family.customer_reason };
    let text = match &step.kind {
        StepKind::Mail { template } if !read.invoice.owes_more_than_billed() => reader.text(template),
        StepKind::Sms { template } => {
            let id = about(plan, step).id();
            return of_phone(context, read, (reader, template), (id, beside));
        }
        StepKind::Mail { .. }
        | StepKind::Access { .. }
        | StepKind::Offer { .. }
        | StepKind::End { .. }
        | StepKind::Person => None,
    };
    let (Some(text), Some(to)) = (text, read.person.email.value()) else {
        let why = match (&step.kind, text) {
            (_, Some(_)) => "there is no address to remind the customer at",
            (StepKind::Mail { .. }, None) => "that is more than was billed: look at the provider what it is for",
            (_, None) => "its reminders have not helped",
        };
        return Err(needs_person(read, why));
    };
    let days_left = plan.days_left(step.number, grace_until(&read.invoice, &read.head), now);
    let days_left = days_left.map(|days| (reader.words(phrase::DAYS_LEFT), days.to_string()));
    let time_left = days_left.as_ref().map(|(label, days)| format!("{label}: {days}")).unwrap_or_default();
    let until = plan.held_after(step.number, now).map(|at| reader.date(at)).unwrap_or_default();
    let reason = reader.words(reason).to_owned();
    let own = [("reason", reason), ("time_left", time_left), ("effective_on", until)];
    let thread = thread(context, &plan.account, &read.invoice);
    let also = also::recovered(reader, &read.invoice, beside.also);
    let matter = Matter { invoice: &read.invoice, person: &read.person, days: days_left, also, beside, thread };
    Ok(matter.letter(reader, text, (about(plan, step).id(), to.as_str()), own))
}

/// Whether it is a letter that its customer does not want, and that nothing asks for.
fn is_declined(context: &Context, read: &Read, plan: &Plan, step: &Step) -> bool {
    let policies = &context.policies.dunning;
    let rule = policies.version(plan.policy_version).unwrap_or_else(|| policies.current()).required.as_ref();
    step.kind.is_mail() && wants_no_mail(read.customer.as_ref()) && !plan.is_required(step.number, rule)
}

pub(super) fn wants_no_mail(customer: Option<&Customer>) -> bool {
    customer.is_some_and(|customer| customer.no_mail)
}

fn needs_person(read: &Read, why: &str) -> Words {
    let invoice = &read.invoice.id;
    Words {
        subject: format!("Invoice {invoice} needs a person"),
        text: format!("{} of invoice {invoice} is open and {why}.", remaining(&read.invoice)),
        page: format!("/accounts/{}", read.head.account),
    }
}

/// From when on they may be written to on the phone, or why they may not at all: whoever would refuse it in the end is
/// not asked.
pub(super) fn why_no_text(context: &Context, read: &Read, now: Timestamp) -> Result<Timestamp, &'static str> {
    let customer = read.customer.as_ref();
    let number = phone(read).and_then(|phone| international(phone));
    let from = number.as_deref().and_then(|number| whose::texted_from(context, &read.person, customer, number, now));
    let rows = [
        (!context.settings.texts, "text messages are not switched on"),
        (customer.is_some_and(|customer| customer.no_sms), "the customer wants no text messages"),
        (phone(read).is_none(), "there is no phone number to write to"),
        (number.is_none(), "the phone number does not begin with that of its country"),
        (read.invoice.owes_more_than_billed(), "it asks for more than was billed"),
    ];
    match rows.into_iter().find(|(is_so, _)| *is_so) {
        Some((_, why)) => Err(why),
        None => from.ok_or("nobody knows when it is night where that phone is"),
    }
}

/// The phone on the account: the provider's word counts first.
fn phone(read: &Read) -> Option<&String> {
    read.person.phone.value().or_else(|| read.customer.as_ref()?.phone.as_ref())
}

/// Fills the form for phones of a text, which says who writes, and neither who it is for nor how much they owe. A name
/// that no such message can hold is left to the host, which people know from the link.
fn of_phone(
    context: &Context,
    read: &Read,
    (reader, template): (Reader<'_>, &str),
    (id, Beside { link, company, .. }): (String, Beside<'_>),
) -> Result<Letter, Words> {
    let texts = context.policies.texts.current();
    let company = [company, context.settings.host()].into_iter().find_map(|name| texts.on_phone("company", name));
    let link = link.unwrap_or_default().to_owned();
    let values = BTreeMap::from([("link", link.clone()), ("company", company.unwrap_or_default())]);
    let text = reader.text(template).and_then(|text| text.sms(&values));
    let (Some(text), Some(to)) = (text, phone(read)) else {
        return Err(needs_person(read, "there is no phone number to remind the customer at"));
    };
    Ok(Letter {
        id,
        channel: Channel::Sms,
        to: to.clone(),
        subject: String::new(),
        html: String::new(),
        text,
        links: vec![link],
        blocks: None,
        unsubscribe: None,
        thread: None,
    })
}

/// Fills the text of a rung, where it has one and the customer an address, with what it says of others. Nobody is asked
/// by mail for more than was billed.
pub(super) fn of_rung(
    context: &Context,
    (climb, step): (&Climb, &Step),
    (invoice, listed): (&Invoice, &Listed<'_>),
    (person, customer): (&Person, Option<&Customer>),
    beside: Beside<'_>,
    on: Date,
) -> Option<Letter> {
    let StepKind::Mail { template } = &step.kind else { return None };
    let reader = person.reader(customer, context.policies.texts.current());
    let text = reader.text(template).filter(|_| !invoice.owes_more_than_billed())?;
    let to = person.email.value()?;
    let days = counted_from(invoice).and_then(|(due_on, _)| due_on.until(on).ok()).map_or(0, |span| span.get_days());
    let id = digest(&[climb.way.account.as_str(), &climb.way.invoice, "rung", &step.number.to_string()], 20);
    let overdue = Some((reader.words(phrase::DAYS_OVERDUE), days.to_string()));
    let left = climb.days_left(step.number, climb.policy(&context.policies.ageing), context.clock.now());
    let left = left.map(|days| format!("{}: {days}", reader.words(phrase::DAYS_LEFT))).unwrap_or_default();
    let thread = thread(context, &climb.way.account, invoice);
    let also = also::overdue(reader, invoice, listed, beside.also);
    let matter = Matter { invoice, person, days: overdue, also, beside, thread };
    let own = [("days", days.to_string()), ("time_left", left)];
    Some(matter.letter(reader, text, (format!("dun_{id}"), to.as_str()), own))
}

/// Fills the text of what is told of a card, where the customer has an address. Only what is no part of paying for
/// something can be declined.
pub(super) fn of_notice(
    context: &Context,
    (notice, step): (&Notice, &Step),
    (person, customer): (&Person, Option<&Customer>),
    (links, company): (&Links, &str),
) -> Option<Letter> {
    let StepKind::Mail { template } = &step.kind else { return None };
    let reader = person.reader(customer, context.policies.texts.current());
    let (text, to) = (reader.text(template)?, person.email.value()?);
    let card = match &notice.about {
        Told::Expires(_) if wants_no_mail(customer) => return None,
        Told::Expires(expiring) => Some(&expiring.card),
        Told::NotSaved { .. } => None,
    };
    let unsubscribe = card.map(|_| links.messages.address.clone());
    let (shown, until) = card.map(shown).unwrap_or_default();
    let figures = [(reader.words(phrase::CARD), shown.clone()), (reader.words(phrase::VALID_UNTIL), until.clone())];
    let id = digest(&[notice.way.account.as_str(), &notice.way.invoice, &step.number.to_string()], 20);
    let mail = Mail {
        id: format!("card_{id}"),
        to,
        reader,
        text,
        company,
        name: person.name.value().map(String::as_str),
        values: vec![("card", shown), ("expires_on", until), ("unsubscribe", unsubscribe.clone().unwrap_or_default())],
        figures: card.map(|_| figures.into()).unwrap_or_default(),
        button: Some((reader.words(phrase::GIVE_CARD), links.card.address.as_str())),
        unsubscribe,
        thread: None,
    };
    Some(mail.letter())
}

/// A card as a customer knows it, and until the end of which month it is valid.
fn shown(card: &Card) -> (String, String) {
    let mut brand = card.brand.chars();
    let brand = brand.next().map(|first| format!("{}{}", first.to_uppercase(), brand.as_str())).unwrap_or_default();
    let until = card.exp_month.zip(card.exp_year).map(|(month, year)| format!("{month:02}/{year}"));
    (format!("{brand} •••• {}", card.last4), until.unwrap_or_default())
}

/// What any letter about an invoice says.
struct Matter<'a> {
    invoice: &'a Invoice,
    person: &'a Person,
    /// How many are left or over, behind what they are called.
    days: Option<(&'a str, String)>,
    /// What it says of other invoices.
    also: String,
    beside: Beside<'a>,
    thread: String,
}

impl<'a> Matter<'a> {
    fn letter<const OWN: usize>(
        self,
        reader: Reader<'a>,
        text: &'a Text,
        (id, to): (String, &'a str),
        own: [(&'static str, String); OWN],
    ) -> Letter {
        let Self { invoice, person, days, also, beside: Beside { link, company, .. }, thread } = self;
        let amount = reader.amount(remaining(invoice));
        let number = invoice.number.value().unwrap_or(&invoice.id).clone();
        let figures = [(reader.words(phrase::AMOUNT), amount.clone()), (reader.words(phrase::INVOICE), number.clone())];
        let known = [("amount", amount), ("invoice", number), ("also_open", also)];
        let mail = Mail {
            id,
            to,
            reader,
            text,
            company,
            name: person.name.value().map(String::as_str),
            values: own.into_iter().chain(known).collect(),
            figures: figures.into_iter().chain(days).collect(),
            button: link.map(|link| (reader.words(phrase::PAY), link)),
            unsubscribe: None,
            thread: Some(thread),
        };
        mail.letter()
    }
}

/// All letters about an invoice are one conversation.
fn thread(context: &Context, account: &AccountId, invoice: &Invoice) -> String {
    let about = digest(&[account.as_str(), &invoice.id], 20);
    context.settings.thread(&format!("invoice_{about}"))
}

fn remaining(invoice: &Invoice) -> String {
    invoice.remaining.copied().map(|amount| amount.to_string()).unwrap_or_default()
}
