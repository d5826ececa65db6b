//! Values → pages, mail and plain text. Nothing here reads, waits or decides.

mod account;
mod action;
mod ageing;
mod ask;
mod case;
mod dunning;
mod endpoints;
#[cfg(test)]
mod example;
mod frame;
mod home;
mod incident;
mod link;
mod lists;
mod mail;
mod pay;
mod policies;
mod report;
mod slack;
mod sources;
mod staff;
mod stop;
mod task;

pub use account::{Alike, AlikeRow, account};
pub use action::action;
pub use ageing::{Owing, ageing};
pub use ask::{Choice, Choices, Filled, ask};
pub use case::{CaseShown, case};
pub use dunning::{Board, Declined, dunning, recovery};
pub use endpoints::{EndpointRow, NewSecret, endpoints};
pub use frame::{STYLE, Viewer, login, problem};
pub use home::{Home, home};
pub use incident::{disputes, incident, incidents};
pub use link::{Code, Proof, SCRIPT, landing, opened, spent};
pub use lists::{AccountRow, OutboxRow, accounts, actions, cases, found, outbox};
pub use mail::{Written, letter, mail};
pub use pay::{Paying, ToPay, pay};
pub use policies::policies;
pub use report::report;
pub use slack::{approval_blocks, case_blocks};
pub use sources::{sources, tickets};
pub use staff::staff;
pub use stop::stop;
pub use task::{task, tasks};
