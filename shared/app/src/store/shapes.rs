//! Which value is which item, when it wakes, and on which list it stands.

use super::Stored;
use super::keys::{self, lists};
use crate::message::{Message, Sent};
use crate::ports::Key;
use domain::action::Action;
use domain::ageing::Climb;
use domain::approval::delegation::Delegations;
use domain::book::{Head, Invoice, KeptCard, Payment, Person, Subscription, Unlinked};
use domain::case::{Case, Class};
use domain::cash::{Received, Request};
use domain::classify::decision::Decision;
use domain::debt::{Document, Paying};
use domain::document::{Entities, Filed, FiledOf, Series};
use domain::dunning::Plan;
use domain::event::Event;
use domain::group::Group;
use domain::id::{AccountId, ActionId, CaseId};
use domain::import::Imports;
use domain::incident::{Incident, Pulse, Releases, Watch};
use domain::ledger::{Entry, LedgerHead};
use domain::notice::Notice;
use domain::outgoing::{Endpoints, Line, Reach};
use domain::report::fact::Row;
use domain::source::{Cohorts, Locked, Source};
use domain::staff::{Change as StaffChange, Embeds, Proposal, Staff, Views};
use domain::stop::Stops;
use domain::task::Task;
use domain::telling::Bulletin;
use domain::ticket::{Dispatch, Greeted, Knocks, Requested, Ticket};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A resource together with the account that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of<T> {
    pub account: AccountId,
    pub value: T,
}

/// What a commit changed in the figures of a month, by the time of the commit: whoever has added up until then reads on
/// from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    pub at: Timestamp,
    #[serde(flatten)]
    pub row: Row,
}

/// That an attempt at what must not be was counted: the same is counted once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub attempt: String,
}

/// That an event was folded, and what its commit promised to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub provider: String,
    pub source: String,
    pub event: String,
    /// None for a ticket: it belongs to whoever wrote it.
    pub account: Option<AccountId>,
    /// Where the raw body is kept, while it is.
    pub body: Option<String>,
    pub folded_at: Timestamp,
    pub promised: Vec<Sent>,
    /// The invoices that failed first and began no recovery, because Recoup did not write to the customers of the
    /// source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unbegun: Vec<String>,
    pub trace: String,
}

/// An event as the timeline shows it: without the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    pub account: AccountId,
    pub event: Event,
    pub trace: String,
}

/// Whose an external id is, or who waits for that to be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    pub provider: String,
    pub source: String,
    pub id: String,
    pub account: Option<AccountId>,
    pub waiting: Vec<Waiting>,
}

/// A delivery that came before its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub event: String,
    pub until: Timestamp,
    pub message: Message,
}

/// The action that was made for a request, so that a repeat finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Idempotency {
    pub staff: String,
    pub key: String,
    pub request: String,
    pub action: ActionId,
}

/// An invoice's way up the ladder once more, for the board of all accounts: the way itself stands on a list of its
/// account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OnBoard {
    pub way: Plan,
}

/// That an account is found by a word; the word itself is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundBy {
    pub digest: String,
    pub account: AccountId,
}

/// That people were promised to be asked because of a case: it wakes until somebody has seen to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    pub case: CaseId,
    pub again_at: Option<Timestamp>,
}

/// That tickets are to hear how an action has ended that was asked for because of their case: it wakes until they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hearing {
    pub action: ActionId,
    pub again_at: Option<Timestamp>,
}

/// That a ticket is about an account; the ticket itself says whether it still is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketOf {
    pub account: AccountId,
    pub provider: String,
    pub source: String,
    pub id: String,
}

/// What a person said that a ticket is, for whoever looks how well texts are read. The text itself stands in the
/// ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    pub provider: String,
    pub source: String,
    pub id: String,
    pub class: Class,
    /// What it had been read as, where it had.
    pub read_as: Option<Class>,
    pub by: String,
    pub at: Timestamp,
}

/// Which ticket was the first with these words of this person; the words themselves are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrote {
    pub digest: String,
    pub provider: String,
    pub source: String,
    pub id: String,
    pub at: Timestamp,
}

/// What a provider is asked for: when it was last asked, and when it will be again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub provider: String,
    pub source: String,
    pub path: String,
    pub asked_at: Option<Timestamp>,
    pub again_at: Option<Timestamp>,
    /// The link of an account that it is asked for, where it is not the object itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<(AccountId, Unlinked)>,
    /// Since when it is asked for as a help, which is given up in the end; what a delivery named is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished_at: Option<Timestamp>,
}

/// How often a source was asked since a minute began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probes {
    pub provider: String,
    pub source: String,
    pub since: Timestamp,
    pub count: u32,
}

/// What somebody decided alone on a day, in the policy's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alone {
    pub staff: String,
    pub day: Date,
    pub total: Decimal,
}

/// A mailed link: who may decide what with it, and until when. The token itself is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub hash: String,
    pub action: ActionId,
    pub digest: String,
    pub staff: String,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
    pub code: Option<Code>,
}

/// A code that was sent by another channel, to prove who opens a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    pub hash: String,
    pub until: Timestamp,
    pub tries: u32,
    /// How many were sent for this link.
    pub sent: u32,
}

/// A link to pay: which invoice of which account it opens. The token itself is nowhere, and nobody is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayLink {
    pub hash: String,
    pub account: AccountId,
    /// The provider's id.
    pub invoice: String,
}

/// A link to give another card: whose it is. The token itself is nowhere, and nobody is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardLink {
    pub hash: String,
    pub account: AccountId,
    /// The last day on which it opens anything.
    #[serde(default)]
    pub expires_on: Date,
}

/// A link to a document of an invoice, and until when it is good. The token itself is nowhere, and nobody is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentLink {
    pub hash: String,
    pub account: AccountId,
    /// The provider's id.
    pub invoice: String,
    pub document: Document,
    /// The last day on which it opens anything.
    pub expires_on: Date,
}

/// A link by which somebody wants to hear no more of their cards: whose it is. The token itself is nowhere, and nobody
/// is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagesLink {
    pub hash: String,
    pub account: AccountId,
}

/// Until when a customer may be paying, who was led on to the provider's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    pub account: AccountId,
    pub paying: Paying,
}

/// What stands in a ticket's place on a list where nobody has it. No id of staff is written so.
const NOBODY: &str = "*";

/// Who has a ticket, read from its place on a list.
pub fn has_ticket(place: &str) -> Option<&str> {
    place.split('#').nth(1).filter(|id| *id != NOBODY)
}

macro_rules! stored {
    ($type:ty, $version:literal, |$value:ident| key $key:expr, wake $wake:expr, place $place:expr) => {
        impl Stored for $type {
            const VERSION: u16 = $version;

            fn key(&self) -> Key {
                let $value = self;
                $key
            }

            fn wake_at(&self) -> Option<Timestamp> {
                #[allow(unused_variables, reason = "most items never wake")]
                let $value = self;
                $wake
            }

            fn place(&self) -> Option<(String, String)> {
                #[allow(unused_variables, reason = "most items are on no list")]
                let $value = self;
                $place
            }
        }
    };
}

stored!(Head, 1, |head| key keys::head(&head.account), wake None,
    place Some((lists::ACCOUNTS.to_owned(), head.account.to_string())));
stored!(Of<Person>, 1, |person| key keys::person(&person.account), wake None, place None);
stored!(Of<Invoice>, 1, |invoice| key keys::invoice(&invoice.account, &invoice.value.id), wake None,
    place keys::owed(&invoice.account, &invoice.value));
stored!(Of<Payment>, 1, |payment| key keys::payment(&payment.account, &payment.value.id), wake None, place None);
stored!(Of<KeptCard>, 1, |card| key keys::card(&card.account, &card.value.id), wake None, place None);
stored!(Of<Subscription>, 1, |it| key keys::subscription(&it.account, &it.value.id), wake None, place None);
stored!(Case, 1, |case| key keys::case(&case.id), wake None,
    place Some((lists::cases(case.state), format!("{:.3}#{}", case.opened_at, case.id))));
stored!(Action, 1, |action| key keys::action(&action.id), wake action.wakes_at(),
    place Some((lists::actions(action.state()), format!("{:.3}#{}", action.requested_at, action.id))));
stored!(Task, 1, |task| key keys::task(&task.id), wake None,
    place Some((lists::tasks(task.state),
        format!("{}#{}", lists::turn(task.wanted_at(), task.queue), task.id))));
stored!(Request, 1, |it| key keys::payment_request(&it.id), wake it.wake_at(),
    place Some((lists::payment_requests(it.state()), format!("{:.3}#{}", it.at, it.id))));
stored!(Received, 1, |it| key keys::received(&it.id), wake None,
    place it.is_waiting().then(|| (lists::UNMATCHED.to_owned(), format!("{:.3}#{}", it.at, it.id))));
stored!(Decision, 1, |decision| key keys::decision(&decision.id), wake None, place None);
stored!(Group, 1, |group| key keys::group(&group.account), wake None, place None);
stored!(Plan, 1, |plan| key keys::plan(&plan.account, &plan.invoice), wake plan.next_wake(),
    place plan.turn_at().map(|at| (lists::DUNNING.to_owned(),
        format!("{}#{}#{}", lists::turn(at, plan.queue), plan.account, plan.invoice))));
stored!(Climb, 1, |climb| key keys::climb(&climb.way.account, &climb.way.invoice), wake climb.way.next_wake(),
    place climb.comes_at()
        .map(|at| (lists::climbing(&climb.way.account), lists::rung(at, &climb.way.invoice))));
stored!(OnBoard, 1, |it| key keys::on_board(&it.way.account, &it.way.invoice), wake None,
    place it.way.next_wake().map(|at| (lists::LADDER.to_owned(),
        format!("{}#{}#{}#rung", lists::turn(at, it.way.queue), it.way.account, it.way.invoice))));
stored!(Notice, 1, |notice| key keys::notice(&notice.way.account, &notice.way.invoice), wake notice.way.next_wake(),
    place None);
stored!(LedgerHead, 1, |head| key keys::ledger_head(&head.account), wake None,
    place head.at.map(|at| (lists::LEDGERS.to_owned(), format!("{}#{}", lists::grown(at), head.account))));
stored!(Entry, 1, |entry| key keys::ledger_entry(&entry.account, entry.number), wake None, place None);
stored!(Counted, 1, |it| key keys::counted(&it.attempt), wake None, place None);
stored!(Noted, 1, |it| key keys::fact(it.at, &it.row), wake None, place None);
stored!(Receipt, 1, |it| key keys::receipt(&it.provider, &it.source, &it.event), wake None, place None);
stored!(Timeline, 1, |it| key keys::timeline(&it.account, it.event.at, &it.event.id), wake None, place None);
stored!(External, 1, |it| key keys::external(&it.provider, &it.source, &it.id),
    wake it.waiting.iter().map(|waiting| waiting.until).min(),
    place (!it.waiting.is_empty())
        .then(|| (lists::WAITING.to_owned(), format!("{}#{}#{}", it.provider, it.source, it.id))));
stored!(Idempotency, 1, |it| key keys::idempotency(&it.staff, &it.key), wake None, place None);
stored!(Alone, 1, |it| key keys::alone(&it.staff, it.day), wake None, place None);
stored!(Source, 1, |it| key keys::source(&it.provider, &it.source), wake None, place None);
stored!(FoundBy, 1, |it| key keys::found_by(&it.digest, &it.account), wake None, place None);
stored!(Dispatch, 1, |it| key keys::dispatch(&it.provider, &it.source, &it.id), wake it.again_at, place None);
stored!(Greeted, 1, |it| key keys::greeted(&it.digest), wake None, place None);
stored!(Hearing, 1, |it| key keys::hearing(&it.action), wake it.again_at, place None);
stored!(Ticket, 1, |it| key keys::ticket(&it.provider, &it.source, &it.id), wake it.handling.wake_at(),
place it.began_at().map(|at| {
    let has_it = it.handling.assigned_to.as_deref().unwrap_or(NOBODY);
    let place = format!("{at:.3}#{has_it}#{}#{}#{}", it.provider, it.source, it.id);
    (lists::tickets(it.handling.state), place)
}));
stored!(Correction, 1, |it| key keys::correction(&it.provider, &it.source, &it.id), wake None,
    place Some((lists::CORRECTIONS.to_owned(), format!("{:.3}#{}#{}#{}", it.at, it.provider, it.source, it.id))));
stored!(Wrote, 1, |it| key keys::wrote(&it.digest), wake None, place None);
stored!(Asking, 1, |it| key keys::asking(&it.case), wake it.again_at, place None);
stored!(TicketOf, 1, |it| key keys::ticket_of(&it.account, &it.provider, &it.source, &it.id), wake None, place None);
stored!(Probe, 1, |it| key keys::probe(&it.provider, &it.source, &it.path), wake it.again_at, place None);
stored!(Requested, 1, |it| key keys::requested(&it.hash), wake it.again_at, place None);
stored!(Knocks, 1, |it| key keys::knocks(&it.who), wake None, place None);
stored!(Probes, 1, |it| key keys::probes(&it.provider, &it.source), wake None, place None);
stored!(Backfill, 1, |it| key keys::backfill(&it.provider, &it.source), wake it.again_at, place None);
stored!(Watch, 1, |it| key keys::watch(&it.provider, &it.source), wake it.wake_at, place None);
stored!(Cohorts, 1, |it| key keys::cohorts(&it.provider, &it.source), wake it.wake_at, place None);
stored!(Locked, 1, |it| key keys::locked(&it.provider, &it.source), wake None, place None);
stored!(Pulse, 1, |it| key keys::pulse(it), wake None, place None);
stored!(Incident, 1, |it| key keys::incident(&it.id), wake None,
    place Some((lists::incidents(it.state), format!("{:.3}#{}", it.began_at, it.id))));
stored!(Releases, 1, |_it| key keys::releases(), wake None, place None);
stored!(Imports, 1, |it| key keys::imports(&it.kind), wake None, place None);
stored!(Link, 1, |it| key keys::link(&it.hash), wake None, place None);
stored!(PayLink, 1, |it| key keys::pay_link(&it.hash), wake None, place None);
stored!(CardLink, 1, |it| key keys::card_link(&it.hash), wake None, place None);
stored!(DocumentLink, 1, |it| key keys::document_link(&it.hash), wake None, place None);
stored!(MessagesLink, 1, |it| key keys::messages_link(&it.hash), wake None, place None);
stored!(Pressed, 1, |it| key keys::pressed(&it.account), wake None, place None);
stored!(StaffChange, 1, |it| key keys::staff_change(it.at, &it.after.id), wake None, place None);
stored!(Proposal, 1, |it| key keys::staff_proposal(it.number), wake None, place None);
stored!(Bulletin, 1, |it| key keys::bulletin(&it.about.id()), wake it.alarm(), place None);
stored!(Entities, 1, |_it| key keys::entities(), wake None, place None);
stored!(Series, 1, |it| key keys::series(&it.entity), wake None, place None);
stored!(Filed, 1, |it| key keys::filed(&it.document.number), wake None,
    place Some((lists::DOCUMENTS.to_owned(), format!("{:.3}#{}", it.at, it.document.number))));
stored!(FiledOf, 1, |it| key keys::filed_of(&it.account, &it.invoice), wake None, place None);
stored!(Endpoints, 1, |_it| key keys::endpoints(), wake None, place None);
stored!(Reach, 1, |it| key keys::reach(&it.endpoint), wake it.wake_at, place None);
stored!(Line, 1, |it| key keys::line(&it.account, &it.endpoint), wake it.again_at,
    place it.latest().map(|at| (lists::outgoing(&it.endpoint), format!("{at:.3}#{}", it.account))));
stored!(Delegations, 1, |_it| key keys::delegations(), wake None, place None);
stored!(Embeds, 1, |_it| key keys::embeds(), wake None, place None);
stored!(Views, 1, |it| key keys::views(&it.staff), wake None, place None);
stored!(Stops, 1, |_it| key keys::stops(), wake None, place None);
stored!(Staff, 1, |staff| key keys::staff(&staff.id), wake None, place None);

/// How far the filling of a book has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    pub id: String,
    pub provider: String,
    pub source: String,
    pub since: Option<Timestamp>,
    pub dry_run: bool,
    pub by: String,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The calls still to be made, the next one first: what lies below an object comes before the next object's page.
    pub pending: Vec<Pending>,
    pub pages: u64,
    /// Objects by kind of listing.
    pub objects: BTreeMap<String, u64>,
    /// Told something that the book did not know.
    pub found: u64,
    pub known: u64,
    /// Wait for an owner that no list has named.
    pub waiting: u64,
    pub unreadable: Vec<String>,
    /// Lists that the provider does not give.
    pub skipped: Vec<String>,
    /// How many calls were made since this minute began.
    pub minute: (Timestamp, u32),
    /// How often the provider did not answer, one time after the other.
    pub silent: u32,
    /// Until when the provider wants to be left alone.
    pub rests_until: Option<Timestamp>,
    /// When the alarm rings: for the next sweep, or because a process ended in between.
    pub again_at: Option<Timestamp>,
    /// The sweep that a trial must not undo.
    pub sweep: Option<Sweep>,
    /// Why it ended before its end.
    pub failed: Option<String>,
}

impl Backfill {
    /// When the next sweep begins, and from when on it reads. What a failed one did not read is read again.
    pub fn swept(&self) -> Option<Sweep> {
        let from =
            if self.failed.is_some() { self.since } else { Some(self.started_at - SignedDuration::from_hours(24)) };
        Some(Sweep { at: self.again_at?, from })
    }
}

/// A sweep to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    pub at: Timestamp,
    pub from: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub listing: String,
    pub path: String,
}
