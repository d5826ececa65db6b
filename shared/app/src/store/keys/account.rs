//! Keys of what lies with an account, and of the words that it is found by.

use super::Prefix;
use crate::ports::{Key, Table};
use domain::book::ResourceId;
use domain::id::{AccountId, ActionId, CaseId, DecisionId, ReceivedId, RequestId, TaskId, digest};
use jiff::Timestamp;

pub(super) const ACCOUNT: &str = "ACCOUNT#";
pub(super) const ACTION: &str = "ACTION#";
pub(super) const ASK: &str = "ASK#";
pub(super) const CLIMB: &str = "CLIMB#";
pub(super) const HEAR: &str = "HEAR#";
pub(super) const NOTICE: &str = "NOTICE#";
pub(super) const OUT: &str = "OUT#";
pub(super) const PLAN: &str = "PLAN#";
pub(super) const REQUEST: &str = "REQUEST#";
const CARD: &str = "CARD#";
const CASE: &str = "CASE#";
const DOCUMENT: &str = "DOCUMENT#";
const INVOICE: &str = "INVOICE#";
const LEDGER: &str = "LEDGER#";
const PAYMENT: &str = "PAYMENT#";
const RECEIVED: &str = "RECEIVED#";
const RUNG: &str = "RUNG#";
const SUBSCRIPTION: &str = "SUBSCRIPTION#";
const TASK: &str = "TASK#";
const TICKET: &str = "TICKET#";
const TIME: &str = "TIME#";

pub(super) fn account(id: &AccountId, sk: impl Into<String>) -> Key {
    Key { table: Table::Accounts, pk: account_partition(id), sk: sk.into() }
}

/// The partition of everything about one account.
pub fn account_partition(id: &AccountId) -> String {
    format!("{ACCOUNT}{id}")
}

pub fn head(id: &AccountId) -> Key {
    account(id, "HEAD")
}

pub fn person(id: &AccountId) -> Key {
    account(id, "PERSON")
}

pub fn invoice(id: &AccountId, invoice: &str) -> Key {
    account(id, format!("{INVOICE}{invoice}"))
}

pub fn invoices(id: &AccountId) -> Prefix {
    Prefix::of(account(id, INVOICE))
}

/// Which documents of ours there are of an invoice.
pub fn filed_of(id: &AccountId, invoice: &str) -> Key {
    account(id, format!("{DOCUMENT}{invoice}"))
}

/// The same of all invoices of an account.
pub fn all_filed_of(id: &AccountId) -> Prefix {
    Prefix::of(account(id, DOCUMENT))
}

/// A document of ours, by its number, which is given once.
pub fn filed(number: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("{DOCUMENT}{number}"), sk: "DOCUMENT".to_owned() }
}

/// The numbers that a legal entity of ours has given.
pub fn series(entity: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("SERIES#{entity}"), sk: "SERIES".to_owned() }
}

pub fn payment(id: &AccountId, payment: &str) -> Key {
    account(id, format!("{PAYMENT}{payment}"))
}

pub fn payments(id: &AccountId) -> Prefix {
    Prefix::of(account(id, PAYMENT))
}

pub fn subscription(id: &AccountId, subscription: &str) -> Key {
    account(id, format!("{SUBSCRIPTION}{subscription}"))
}

pub fn subscriptions(id: &AccountId) -> Prefix {
    Prefix::of(account(id, SUBSCRIPTION))
}

pub fn card(id: &AccountId, card: &str) -> Key {
    account(id, format!("{CARD}{card}"))
}

pub fn cards(id: &AccountId) -> Prefix {
    Prefix::of(account(id, CARD))
}

pub fn resource(id: &AccountId, resource: &ResourceId) -> Key {
    match resource {
        ResourceId::Person => person(id),
        ResourceId::Card(name) => card(id, name),
        ResourceId::Invoice(name) => invoice(id, name),
        ResourceId::Payment(name) => payment(id, name),
        ResourceId::Subscription(name) => subscription(id, name),
    }
}

pub fn case(case: &CaseId) -> Key {
    account(&case.account(), format!("{CASE}{case}"))
}

pub fn cases(id: &AccountId) -> Prefix {
    Prefix::of(account(id, CASE))
}

/// Which other accounts are the same customer.
pub fn group(id: &AccountId) -> Key {
    account(id, "GROUP")
}

pub fn decision(decision: &DecisionId) -> Key {
    account(&decision.account(), format!("DECISION#{decision}"))
}

pub fn action(action: &ActionId) -> Key {
    account(&action.account(), format!("{ACTION}{action}"))
}

pub fn actions(id: &AccountId) -> Prefix {
    Prefix::of(account(id, ACTION))
}

pub fn task(task: &TaskId) -> Key {
    account(&task.account(), format!("{TASK}{task}"))
}

pub fn tasks(id: &AccountId) -> Prefix {
    Prefix::of(account(id, TASK))
}

/// What a customer was asked to pay because of a ticket.
pub fn payment_request(request: &RequestId) -> Key {
    account(&request.account(), format!("{REQUEST}{request}"))
}

/// All that a customer was asked to pay because of tickets.
pub fn payment_requests(id: &AccountId) -> Prefix {
    Prefix::of(account(id, REQUEST))
}

/// A payment of which somebody has to find what it is for.
pub fn received(received: &ReceivedId) -> Key {
    account(&received.account(), format!("{RECEIVED}{received}"))
}

/// All of an account of which somebody had to find what they are for.
pub fn received_of(id: &AccountId) -> Prefix {
    Prefix::of(account(id, RECEIVED))
}

/// That people are to be asked because of a case.
pub fn asking(case: &CaseId) -> Key {
    account(&case.account(), format!("{ASK}{case}"))
}

/// That tickets are to hear how an action has ended.
pub fn hearing(action: &ActionId) -> Key {
    account(&action.account(), format!("{HEAR}{action}"))
}

/// That a ticket is about an account.
pub fn ticket_of(id: &AccountId, provider: &str, source: &str, ticket: &str) -> Key {
    account(id, format!("{TICKET}{provider}#{source}#{ticket}"))
}

pub fn tickets_of(id: &AccountId) -> Prefix {
    Prefix::of(account(id, TICKET))
}

pub fn plan(id: &AccountId, invoice: &str) -> Key {
    account(id, format!("{PLAN}{invoice}"))
}

pub fn plans(id: &AccountId) -> Prefix {
    Prefix::of(account(id, PLAN))
}

/// An invoice's way up the ladder of what is overdue.
pub fn climb(id: &AccountId, invoice: &str) -> Key {
    account(id, format!("{CLIMB}{invoice}"))
}

pub fn climbs(id: &AccountId) -> Prefix {
    Prefix::of(account(id, CLIMB))
}

/// The same once more, for the board of all accounts.
pub fn on_board(id: &AccountId, invoice: &str) -> Key {
    account(id, format!("{RUNG}{invoice}"))
}

/// What a customer is told of a card, outside of any recovery.
pub fn notice(id: &AccountId, name: &str) -> Key {
    account(id, format!("{NOTICE}{name}"))
}

pub fn notices(id: &AccountId) -> Prefix {
    Prefix::of(account(id, NOTICE))
}

pub fn ledger_head(id: &AccountId) -> Key {
    account(id, "LEDGER")
}

/// What an endpoint of the product is told of an account.
pub fn line(id: &AccountId, endpoint: &str) -> Key {
    account(id, format!("{OUT}{endpoint}"))
}

/// Numbers are padded, so that the order of keys is the order of entries.
pub fn ledger_entry(id: &AccountId, number: u64) -> Key {
    account(id, format!("{LEDGER}{number:012}"))
}

pub fn ledger_entries(id: &AccountId) -> Prefix {
    Prefix::of(account(id, LEDGER))
}

pub fn timeline(id: &AccountId, at: Timestamp, event: &str) -> Key {
    account(id, format!("{TIME}{at:.3}#{event}"))
}

/// All events of an account, by their times.
pub fn timeline_of(id: &AccountId) -> Prefix {
    Prefix::of(account(id, TIME))
}

/// A link to pay, found by the hash of its token.
pub fn pay_link(hash: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("PAY#{hash}"), sk: "PAY".to_owned() }
}

/// A link to give another card, found by the hash of its token.
pub fn card_link(hash: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("CARD_LINK#{hash}"), sk: "CARD_LINK".to_owned() }
}

/// A link to a document, found by the hash of its token.
pub fn document_link(hash: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("DOCUMENT_LINK#{hash}"), sk: "DOCUMENT_LINK".to_owned() }
}

/// A link by which somebody wants to hear no more of their cards, found by the hash of its token.
pub fn messages_link(hash: &str) -> Key {
    Key { table: Table::Accounts, pk: format!("MESSAGES_LINK#{hash}"), sk: "MESSAGES_LINK".to_owned() }
}

/// When a customer was last led on to pay. It has a partition of its own: whoever answers links writes there, and
/// nowhere else.
pub fn pressed(id: &AccountId) -> Key {
    Key { table: Table::Accounts, pk: format!("PRESSED#{id}"), sk: "PRESSED".to_owned() }
}

/// That an account is found by a word, of which only the digest is kept.
pub fn found_by(digest: &str, account: &AccountId) -> Key {
    Key { table: Table::Accounts, pk: found_partition(digest), sk: account.to_string() }
}

/// All accounts that are found by a word.
pub fn found(term: &str) -> Prefix {
    Prefix::whole(Table::Accounts, found_partition(&term_digest(term)))
}

fn found_partition(digest: &str) -> String {
    format!("FIND#{digest}")
}

pub fn term_digest(term: &str) -> String {
    digest(&[term], 26)
}
