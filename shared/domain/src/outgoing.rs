//! What is the product told that uses Recoup, where, and in which order?

mod address;
mod endpoint;
mod event;
mod happened;
mod line;
mod reach;

pub use address::{Wrong, check, may_reach};
pub use endpoint::{Endpoint, Endpoints, Refused, Wish};
pub use event::{Event, Kind};
pub use happened::{changes, executed, happened};
pub use line::{Came, Kept, Line, Record, State};
pub use reach::{Health, Reach, Walk};
