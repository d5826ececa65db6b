//! From a ticket to the money: what a customer is asked to pay, what came in for it, and how far it has come.

mod asking;
mod credit;
mod flow;
mod matching;
mod moved;
mod notice;
mod owed;
mod policy;
mod received;
mod request;
mod written;

pub use asking::{Refused, Wish, lines};
pub use credit::{Credit, LeftOut, NotAdded, Served, Verdict};
pub use flow::{Done, Flow, Stage, Step};
pub use matching::{Candidate, Found, Incoming, Matched, Owing, Target, Way, Why, matching};
pub use moved::moved;
pub use notice::{Notice, Standing as NoticeState};
pub use owed::Owed;
pub use policy::{CashPolicy, Confidence};
pub use received::{Ended, Received, stands_for};
pub use request::{Asked, Line, Request, State, Withdrawn};
