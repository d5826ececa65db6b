//! A letter to whoever owes: what it says, in their language, and how its sending ends.

use super::card::link::Made;
use super::{Done, Read, end};
use crate::bulletin::Words;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Channel, Letter, Unsent};
use crate::store;
use domain::ageing::{Climb, counted_from};
use domain::book::{Invoice, Person};
use domain::dunning::{Plan, Step, StepKind};
use domain::event::Card;
use domain::id::{AccountId, digest};
use domain::import::Customer;
use domain::notice::{Matter as Told, Notice};
use domain::playbook::grace_until;
use domain::policy::{Reader, Text, phrase};
use domain::telling::About;
use jiff::Timestamp;
use jiff::civil::Date;
use pages::Written;
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

/// Fills the text of a step; or says why a person has to take it.
pub(super) fn of_step(
    context: &Context,
    read: &Read,
    plan: &Plan,
    step: &Step,
    (link, now): (&str, Timestamp),
) -> Result<Letter, Words> {
    let reader = read.person.reader(read.customer.as_ref(), context.policies.texts.current());
    let declines = context.policies.declines.current();
    let family = declines.meaning(read.invoice.decline()).family;
    let incidents = context.policies.incidents.current();
    let reason = if plan.incident.is_some() { &incidents.reason } else { &family.customer_reason };
    let text = match &step.kind {
        StepKind::Mail { template } if !read.invoice.owes_more_than_billed() => reader.text(template),
        StepKind::Sms { template } => return of_phone(read, (reader, template), (about(plan, step).id(), link)),
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
    let matter = Matter { invoice: &read.invoice, person: &read.person, days: days_left, link: Some(link) };
    Ok(matter.letter(reader, text, (about(plan, step).id(), to.as_str()), own))
}

fn needs_person(read: &Read, why: &str) -> Words {
    let invoice = &read.invoice.id;
    Words {
        subject: format!("Invoice {invoice} needs a person"),
        text: format!("{} of invoice {invoice} is open and {why}.", remaining(&read.invoice)),
        page: format!("/accounts/{}", read.head.account),
    }
}

/// Why nobody is written to on the phone.
pub(super) fn why_no_text(read: &Read) -> Option<&'static str> {
    let wants_none = read.customer.as_ref().is_some_and(|customer| customer.no_sms);
    let more_than_billed = read.invoice.owes_more_than_billed();
    let rows = [
        (wants_none, "the customer wants no text messages"),
        (phone(read).is_none(), "there is no phone number to write to"),
        (more_than_billed, "it asks for more than was billed"),
    ];
    rows.into_iter().find(|(is_so, _)| *is_so).map(|(_, why)| why)
}

/// The phone on the account: the provider's word counts first.
fn phone(read: &Read) -> Option<&String> {
    read.person.phone.value().or_else(|| read.customer.as_ref()?.phone.as_ref())
}

/// Fills the form for phones of a text, which says neither who it is for nor how much they owe.
fn of_phone(read: &Read, (reader, template): (Reader<'_>, &str), (id, link): (String, &str)) -> Result<Letter, Words> {
    let values = BTreeMap::from([("link", link.to_owned())]);
    let text = reader.text(template).and_then(|text| text.sms(&values));
    let (Some(text), Some(to)) = (text, phone(read)) else {
        return Err(needs_person(read, "there is no phone number to remind the customer at"));
    };
    let (links, to) = (vec![link.to_owned()], to.clone());
    let (subject, html) = (String::new(), String::new());
    Ok(Letter { id, channel: Channel::Sms, to, subject, html, text, links, blocks: None, unsubscribe: None })
}

/// Fills the text of a rung, where it has one and the customer an address. Nobody is asked by mail for more than was
/// billed.
pub(super) fn of_rung(
    context: &Context,
    (climb, step): (&Climb, &Step),
    invoice: &Invoice,
    (person, customer): (&Person, Option<&Customer>),
    link: Option<&str>,
    on: Date,
) -> Option<Letter> {
    let StepKind::Mail { template } = &step.kind else { return None };
    let reader = person.reader(customer, context.policies.texts.current());
    let text = reader.text(template).filter(|_| !invoice.owes_more_than_billed())?;
    let to = person.email.value()?;
    let days = counted_from(invoice).and_then(|(due_on, _)| due_on.until(on).ok()).map_or(0, |span| span.get_days());
    let id = digest(&[climb.way.account.as_str(), &climb.way.invoice, "rung", &step.number.to_string()], 20);
    let overdue = Some((reader.words(phrase::DAYS_OVERDUE), days.to_string()));
    let matter = Matter { invoice, person, days: overdue, link };
    Some(matter.letter(reader, text, (format!("dun_{id}"), to.as_str()), [("days", days.to_string())]))
}

/// Fills the text of what is told of a card, where the customer has an address. Only what is no part of paying for something can be
/// declined.
pub(super) fn of_notice(
    context: &Context,
    (notice, step): (&Notice, &Step),
    (person, customer): (&Person, Option<&Customer>),
    link: &Made,
) -> Option<Letter> {
    let StepKind::Mail { template } = &step.kind else { return None };
    let reader = person.reader(customer, context.policies.texts.current());
    let (text, to) = (reader.text(template)?, person.email.value()?);
    let card = match &notice.about {
        Told::Expires(expiring) => Some(&expiring.card),
        Told::NotSaved { .. } => None,
    };
    let unsubscribe = card.map(|_| link.unsubscribe.clone());
    let (shown, until) = card.map(shown).unwrap_or_default();
    let values = BTreeMap::from([
        ("name", person.name.value().cloned().unwrap_or_default()),
        ("card", shown.clone()),
        ("expires_on", until.clone()),
        ("link", link.address.clone()),
        ("unsubscribe", unsubscribe.clone().unwrap_or_default()),
    ]);
    let (subject, body) = text.fill(&values);
    let figures = [(reader.words(phrase::CARD), shown), (reader.words(phrase::VALID_UNTIL), until)];
    let html = pages::letter(&Written {
        language: reader.language(),
        subject: &subject,
        text: &body,
        figures: if card.is_some() { &figures } else { &[] },
        button: Some((reader.words(phrase::GIVE_CARD), link.address.as_str())),
    });
    let id = digest(&[notice.way.account.as_str(), &notice.way.invoice, &step.number.to_string()], 20);
    Some(Letter {
        id: format!("card_{id}"),
        channel: Channel::Mail,
        to: to.clone(),
        subject,
        html,
        text: body,
        links: vec![link.address.clone()],
        blocks: None,
        unsubscribe,
    })
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
    link: Option<&'a str>,
}

impl Matter<'_> {
    fn letter<const OWN: usize>(
        self,
        reader: Reader<'_>,
        text: &Text,
        (id, to): (String, &str),
        own: [(&'static str, String); OWN],
    ) -> Letter {
        let Self { invoice, person, days, link } = self;
        let amount = reader.amount(remaining(invoice));
        let number = invoice.number.value().unwrap_or(&invoice.id).clone();
        let mut values = BTreeMap::from(own);
        values.extend([
            ("name", person.name.value().cloned().unwrap_or_default()),
            ("amount", amount.clone()),
            ("invoice", number.clone()),
            ("link", link.unwrap_or_default().to_owned()),
        ]);
        let (subject, body) = text.fill(&values);
        let figures = [(reader.words(phrase::AMOUNT), amount), (reader.words(phrase::INVOICE), number)];
        let figures: Vec<_> = figures.into_iter().chain(days).collect();
        let html = pages::letter(&Written {
            language: reader.language(),
            subject: &subject,
            text: &body,
            figures: &figures,
            button: link.map(|link| (reader.words(phrase::PAY), link)),
        });
        let links = link.map(str::to_owned).into_iter().collect();
        Letter {
            id,
            channel: Channel::Mail,
            to: to.to_owned(),
            subject,
            html,
            text: body,
            links,
            blocks: None,
            unsubscribe: None,
        }
    }
}

fn remaining(invoice: &Invoice) -> String {
    invoice.remaining.copied().map(|amount| amount.to_string()).unwrap_or_default()
}
