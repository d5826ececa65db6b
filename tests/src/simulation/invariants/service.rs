//! What must hold over all accounts: nothing lost, nothing twice, and sums that agree.

use super::must;
use crate::simulation::{CUSTOMERS, MONTHS, Sent};
use crate::world::{get, rows};
use app::incident::pulses::pulses;
use app::ports::{Clock, Order};
use app::store::{External, Of, Receipt, keys, page, read};
use domain::book::Person;
use domain::id::AccountId;
use domain::incident::{Outcome as PulseOutcome, Pulse, Stretch};
use domain::report::fact::{Fact, of_ticket, sum};
use domain::ticket::{Ticket, TicketName};
use jiff::Timestamp;
use local::service::Service;
use std::collections::{BTreeMap, BTreeSet};

pub(super) async fn events_are_done(service: &Service, acknowledged: &[Sent]) -> Result<(), String> {
    for sent in acknowledged {
        let Some(event) = &sent.event else { continue };
        let receipt: Option<Receipt> =
            read(&service.context, &keys::receipt(sent.provider, "default", event)).await.unwrap();
        must(receipt.is_some(), || format!("the acknowledged event {event} of {} left no receipt", sent.provider))?;
    }
    let waiting: Vec<External> =
        page(&service.context, keys::lists::WAITING, None, 100, Order::Ascending).await.unwrap().items;
    must(waiting.is_empty(), || format!("events still wait: {waiting:?}"))
}

/// What is told once: reminders and links to customers; to the staff, what to decide and how it ended, and bulletins.
const TOLD_ONCE: &[&str] = &[
    "dun_",
    "card_",
    "link_",
    "ask_",
    "remind_",
    "escalate_",
    "asker_",
    "trouble_",
    "inc_",
    "task_",
    "proposal_",
    "key_",
    "ans_",
];

/// Nobody is told the same twice by one channel, whatever failed in between.
pub(super) fn letters_once(service: &Service) -> Result<(), String> {
    let letters = service.outbox.letters().map_err(|error| error.to_string())?;
    let mut seen = BTreeSet::new();
    for (_, letter) in letters.iter().filter(|(_, it)| TOLD_ONCE.iter().any(|mark| it.id.starts_with(mark))) {
        let own = (letter.id.clone(), letter.channel, letter.to.clone());
        must(seen.insert(own), || format!("{} was sent twice by {:?}: {}", letter.id, letter.channel, letter.subject))?;
    }
    Ok(())
}

pub(super) fn queues_are_empty(service: &Service) -> Result<(), String> {
    for depth in service.queue.depths().map_err(|error| error.to_string())? {
        must(depth.depth + depth.in_flight + depth.delayed == 0, || {
            format!("the queues are not empty: {depth:?} at {}", service.clock.now())
        })?;
        if depth.dead > 0 {
            let queue = app::ports::QueueName::ALL.into_iter().find(|queue| queue.name() == depth.name).unwrap();
            let reasons: Vec<_> = service
                .queue
                .dead(queue)
                .map_err(|error| error.to_string())?
                .into_iter()
                .map(|(_, _, reason)| reason)
                .collect();
            return Err(format!("dead letters in {}: {reasons:?}", depth.name));
        }
    }
    Ok(())
}

pub(super) async fn reports_recompute(
    service: &Service,
    refused: &BTreeSet<(String, String)>,
    mut facts: BTreeMap<Fact, i64>,
    tickets: &[Ticket],
) -> Result<(), String> {
    facts.extend(tickets.iter().filter_map(of_ticket).map(|fact| (fact, 1)));
    let anew: BTreeMap<String, Timestamp> = tickets
        .iter()
        .filter_map(|ticket| Some((TicketName::of(ticket).to_string(), ticket.handling.began_at?)))
        .collect();
    let mut standing = sum(&rows(service, MONTHS).await);
    let mut counted = BTreeSet::new();
    standing.retain(|fact, count| match fact {
        Fact::Blocked { by, why, .. } if *count == 1 => {
            counted.insert((by.clone(), why.clone()));
            false
        }
        // What a ticket was before it began anew stands beside what it is.
        Fact::Ticket { ticket, at, .. } if *count == 1 => anew.get(ticket).is_none_or(|began| at == began),
        _ => true,
    });
    must(refused.is_subset(&counted), || format!("refused and not counted: {:?}", refused.difference(&counted)))?;
    must(standing == facts, || {
        let missing: Vec<_> = facts.iter().filter(|(fact, _)| !standing.contains_key(fact)).collect();
        let extra: Vec<_> = standing.iter().filter(|(fact, count)| facts.get(fact) != Some(count)).collect();
        format!("the rows do not sum to the facts: missing {missing:?}, extra {extra:?}")
    })
}

/// Each due item and each dispute beats once, at its time and as it went; whatever moved says so.
pub(super) async fn pulses_are_those_of_the_book(service: &Service, expected: &[Pulse]) -> Result<(), String> {
    let (since, until) = (MONTHS[0], MONTHS[MONTHS.len() - 1]);
    let at = |month: &str| format!("{month}-01T00:00:00Z").parse().expect("a month has a first day");
    let stretch = Stretch { since: at(since), until: at(until) };
    let sources: BTreeSet<_> =
        expected.iter().map(|pulse| (pulse.provider.clone(), pulse.source.clone(), pulse.trouble)).collect();
    let mut standing = BTreeMap::new();
    for (provider, source, trouble) in sources {
        let found =
            pulses(&service.context, &provider, &source, trouble, stretch).await.map_err(|error| error.to_string())?;
        for pulse in found.into_iter().filter(|pulse| pulse.outcome != PulseOutcome::Moved) {
            *standing.entry((pulse.account, pulse.about, pulse.at, pulse.outcome)).or_insert(0) += 1;
        }
    }
    let inside = |pulse: &&Pulse| pulse.at > stretch.since && pulse.at < stretch.until;
    let wanted: BTreeMap<_, _> = expected
        .iter()
        .filter(inside)
        .map(|pulse| ((pulse.account.clone(), pulse.about.clone(), pulse.at, pulse.outcome), 1))
        .collect();
    standing.retain(|(_, _, at, _), _| *at > stretch.since && *at < stretch.until);
    must(standing == wanted, || {
        let missing: Vec<_> = wanted.keys().filter(|key| !standing.contains_key(key)).collect();
        let extra: Vec<_> = standing.iter().filter(|(key, count)| wanted.get(key) != Some(count)).collect();
        format!("the pulses are not those of the book: missing {missing:?}, extra {extra:?}")
    })
}

/// Of each import all counts or nothing: whatever the last finished one says of one customer, it says of all.
pub(super) async fn imports_are_whole(service: &Service) -> Result<(), String> {
    let mut said = BTreeSet::new();
    for customer in CUSTOMERS {
        let account = get(service, &format!("/api/accounts/stripe:{customer}")).await;
        let person = keys::person(&AccountId::of("stripe", "default", customer));
        let person: Option<Of<Person>> = read(&service.context, &person).await.map_err(|fault| fault.to_string())?;
        if person.is_some_and(|of| of.value.erased_at.is_some()) {
            must(account["account"]["name"].is_null(), || {
                format!("{customer} was erased and is still shown: {account}")
            })?;
            // What the file said of them went with them.
            continue;
        }
        said.insert(account["account"]["owner"].to_string());
    }
    must(said.len() <= 1, || format!("customers of one file have owners of several: {said:?}"))
}
