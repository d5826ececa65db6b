//! What is prepared for whoever wrote a ticket: one text for each thing that there is to say, in their language.

use super::{AnswerPolicy, Outcome, Ticket};
use crate::action::{Action, Kind, State};
use crate::case::Case;
use crate::money::Money;
use crate::policy::{Reader, phrase};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// How much of a name is written.
const NAME_CHARS_MAX: usize = 80;

/// A text with all its gaps filled. It holds nothing that only we understand, and to strangers nothing about an
/// account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub outcome: Outcome,
    pub subject: String,
    pub text: String,
}

/// The outcomes of which one is always offered, or it is said why not.
const FOUR: [Outcome; 4] = [Outcome::Asked, Outcome::Done, Outcome::Denied, Outcome::Waiting];

/// What is not prepared, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotOffered {
    pub outcome: Outcome,
    pub why: &'static str,
}

/// What drafts go by beside the ticket: its case, with what was asked for because of it, and how its customer is
/// written to.
#[derive(Clone, Copy)]
pub struct Matter<'a> {
    pub policy: &'a AnswerPolicy,
    pub reader: Reader<'a>,
    /// As the account has it.
    pub name: Option<&'a str>,
    pub case: Option<&'a Case>,
    /// Of the case, in its order.
    pub actions: &'a [Action],
    /// How many days a bank takes to show what went back.
    pub bank_days: &'a str,
}

/// What there is to be sent, where to, and how much was answered so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offered {
    pub drafts: Vec<Draft>,
    /// Of *asked, done, denied, waiting* those that are not among the drafts.
    pub not_offered: Vec<NotOffered>,
    pub way: Way,
    /// Whether whoever wrote is a contact of the account.
    pub known_contact: bool,
    /// Whoever answers sends it back: what somebody else answered meanwhile is then not overlooked.
    pub answered: u32,
    /// How often it was our turn so far. Whoever answers sends that back as well: what came in meanwhile is then not
    /// taken for answered.
    pub turns: u32,
}

/// How an answer leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Way {
    /// Through the help desk, which sends it on.
    Desk {
        desk: String,
    },
    Mail {
        to: String,
    },
    /// There is no address.
    Nowhere,
}

/// What to say, the most wanted first. What was said already is not prepared again; what is not decided is not
/// promised. Where nobody was asked for anything yet, whoever answers may say no.
pub fn drafts(ticket: &Ticket, matter: &Matter<'_>) -> Vec<Draft> {
    let handling = &ticket.handling;
    let mut wanted: Vec<(Outcome, Option<&Kind>, Since)> = Vec::new();
    if ticket.is_from_a_contact() {
        wanted.extend(of_actions(matter));
        wanted.push((Outcome::Waiting, None, Since::Turn(handling.turns)));
        if let Some(case) = undecided(matter) {
            let kind = case.recommended.as_ref().map(|recommended| &recommended.kind);
            wanted.push((Outcome::Denied, kind, Since::Turn(handling.turns)));
        }
    } else {
        wanted.push((Outcome::Neutral, None, Since::Ever));
    }
    let drafts = wanted.into_iter().filter(|(outcome, _, since)| !was_said(ticket, *outcome, *since));
    let drafts = drafts.filter_map(|(outcome, kind, _)| draft(outcome, kind, ticket, matter));
    drafts.filter(|draft| !handling.answers.iter().any(|it| it.says(&draft.text, handling.turns))).collect()
}

/// Why an outcome is not among the drafts.
pub fn not_offered(ticket: &Ticket, matter: &Matter<'_>, drafts: &[Draft]) -> Vec<NotOffered> {
    let came = newest(matter).map(|(_, outcome)| outcome);
    let missing = FOUR.into_iter().filter(|four| drafts.iter().all(|draft| draft.outcome != *four));
    let why = |outcome: Outcome| match (outcome, came) {
        _ if !ticket.is_from_a_contact() => "nobody knows who wrote it, so that nothing is said about an account",
        (Outcome::Waiting, _) => "they were asked already since they wrote",
        (_, Some(came)) if came == outcome => "they were told already",
        (_, Some(Outcome::Asked)) => "it is being decided, or carried out",
        (_, Some(Outcome::Done)) => "it was done",
        (_, Some(Outcome::Denied)) => "it was denied: ask anew first",
        (_, Some(_)) => "it was tried and did not go through: ask anew first",
        (Outcome::Denied, None) if undecided(matter).is_some() => "they were told already since they wrote",
        (Outcome::Denied, None) => "no open case says what would be denied",
        (_, None) => "nothing was asked for because of its case yet",
    };
    missing.map(|outcome| NotOffered { outcome, why: why(outcome) }).collect()
}

/// The newest of what was asked for that says anything, and what it says: of several the last stands for the others.
fn newest<'a>(matter: &Matter<'a>) -> Option<(&'a Action, Outcome)> {
    let mut asked = matter.actions.iter().rev().filter(|action| action.bundle.is_none());
    asked.find_map(|action| Some((action, outcome(action.state())?)))
}

/// The case of which whoever answers may say no, without a request that somebody decided.
fn undecided<'a>(matter: &Matter<'a>) -> Option<&'a Case> {
    matter.case.filter(|case| case.state == crate::case::State::Open && newest(matter).is_none())
}

/// From when on it counts that something was said.
#[derive(Clone, Copy)]
enum Since {
    Ever,
    At(Timestamp),
    /// To what came last: once a letter of theirs.
    Turn(u32),
}

/// What came of what was asked for.
fn of_actions<'a>(matter: &Matter<'a>) -> Option<(Outcome, Option<&'a Kind>, Since)> {
    if let Some((action, outcome)) = newest(matter) {
        let since = if outcome == Outcome::Asked { None } else { action.ended_at() };
        return Some((outcome, Some(&action.kind), Since::At(since.unwrap_or(action.requested_at))));
    }
    // Somebody looks at it, and nobody was asked for anything yet: then nobody decides, and it may come to nothing.
    let case = matter.case.filter(|case| case.state == crate::case::State::Open)?;
    Some((Outcome::Taken, None, Since::At(case.opened_at)))
}

/// What a customer is told of an action in this state; nothing of one that was overtaken, withdrawn, or only looked at.
fn outcome(state: State) -> Option<Outcome> {
    match state {
        State::WaitingApproval | State::Approved | State::Executing | State::InDoubt | State::NeedsPerson => {
            Some(Outcome::Asked)
        }
        State::Failed => Some(Outcome::Failed),
        State::Executed => Some(Outcome::Done),
        State::Denied | State::Expired => Some(Outcome::Denied),
        State::Previewed | State::Stale | State::Withdrawn => None,
    }
}

/// Whether that was told since it came to be so.
fn was_said(ticket: &Ticket, outcome: Outcome, since: Since) -> bool {
    let mut told = ticket.handling.answers.iter().filter(|answer| answer.outcome == outcome && answer.is_on_its_way());
    told.any(|answer| match since {
        Since::Ever => true,
        Since::At(since) => answer.at >= since,
        Since::Turn(turn) => answer.turn >= turn,
    })
}

fn draft(outcome: Outcome, kind: Option<&Kind>, ticket: &Ticket, matter: &Matter<'_>) -> Option<Draft> {
    let Matter { policy, reader, name, bank_days, .. } = *matter;
    // Anybody may have written any name into what a stranger sends.
    let known =
        ticket.is_from_a_contact().then(|| name.or(ticket.requester_name.value().map(String::as_str))).flatten();
    // Money of several currencies has no sum that could be told.
    let kind = kind.filter(|kind| outcome != Outcome::Done || given_back(kind).is_some());
    let amount =
        kind.and_then(given_back).map_or_else(|| phrase::UNKNOWN_AMOUNT.to_owned(), |amount| amount.to_string());
    let values = BTreeMap::from([
        ("name", known.map(plain).unwrap_or_default()),
        ("amount", reader.amount(amount)),
        ("days", bank_days.to_owned()),
    ]);
    let (subject, body) = reader.text(policy.text(outcome, kind)?)?.fill(&values);
    Some(Draft { outcome, subject, text: without_gap(body.trim()) })
}

/// The money that goes back or is credited: of several actions all of it, where it is of one currency.
fn given_back(kind: &Kind) -> Option<Money> {
    let of = |member: &Kind| match member {
        Kind::Refund { amount, .. } | Kind::Credit { amount } => Some(*amount),
        _ => None,
    };
    let mut amounts = kind.members().iter().filter_map(of);
    let first = amounts.next()?;
    amounts.try_fold(first, |sum, amount| (amount.currency() == sum.currency()).then(|| sum.plus(amount)))
}

/// A name as one writes it. An id is none, and neither is a number, by which a help desk calls whom it does not know.
fn plain(name: &str) -> String {
    let one_line: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let last = one_line.rsplit(' ').next().unwrap_or_default();
    let is_none = one_line.contains('_') || last.bytes().all(|byte| byte.is_ascii_digit());
    if is_none { String::new() } else { one_line.chars().take(NAME_CHARS_MAX).collect() }
}

/// Takes away the blank before the sign that ends a greeting, where there is no name before it.
fn without_gap(text: &str) -> String {
    let (first, rest) = text.split_once('\n').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let first = first.strip_suffix(" ,").map(|plain| format!("{plain},"));
    let first = first.or_else(|| text.lines().next()?.strip_suffix(", :").map(|plain| format!("{plain}:")));
    match (first, rest) {
        (Some(first), Some(rest)) => format!("{first}\n{rest}"),
        (Some(first), None) => first,
        (None, _) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
