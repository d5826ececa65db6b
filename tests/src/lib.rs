//! What the tests stand on: a whole service in memory, deliveries as Stripe sends them, faults, and text stories.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

pub mod billed;
pub mod costs;
pub mod counted;
pub mod faults;
pub mod forms;
pub mod open;
pub mod openapi;
pub mod press;
pub mod rounds;
pub mod simulation;
pub mod story;
pub mod stripe;
pub mod world;
pub mod written;
