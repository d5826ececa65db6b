//! Everything around the five handlers on one machine:
//! engine, queue, clock, outbox, a sandbox of the providers, server.

pub mod clock;
pub mod deadline;
pub mod demo;
pub mod disk;
pub mod engine;
pub mod happened;
pub mod outbox;
pub mod press;
pub mod queue;
pub mod sandbox;
pub mod seals;
pub mod server;
pub mod service;
pub mod vault;
pub mod worker;
