//! The tables, through the one client: deployed it talks to DynamoDB, on one machine and in tests to an engine beside it.
//!
//! A crate of its own, so that whoever needs the tables alone does not build what only deployed functions need.

mod body;
mod dynamo;
mod embedded;

pub use dynamo::{Dynamo, TableNames};
pub use embedded::{Engine, embedded};
