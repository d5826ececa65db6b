//! The five handlers. Each reads, decides and writes, in that order and each once, over a few ports.

pub mod answer;
pub mod approval;
pub mod bulletin;
pub mod classify;
pub mod context;
pub mod deadline;
pub mod door;
pub mod dunning;
pub mod fault;
pub mod find;
pub mod identity;
pub mod incident;
pub mod intake;
pub mod message;
pub mod outgoing;
pub mod paper;
pub mod ports;
pub mod privacy;
pub mod records;
pub mod report;
pub mod request;
pub mod setup;
pub mod store;
pub mod task;
pub mod ticket;
pub mod web;
