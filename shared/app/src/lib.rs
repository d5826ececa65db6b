//! The five handlers. Each reads, decides and writes, in that order and each once, over a few ports.

pub mod alarm;
pub mod approval;
pub mod backfill;
pub mod book;
pub mod classify;
pub mod context;
pub mod delegation;
pub mod dunning;
pub mod fault;
pub mod find;
pub mod group;
pub mod import;
pub mod incident;
pub mod intake;
pub mod message;
pub mod openapi;
pub mod ports;
pub mod report;
pub mod routes;
pub mod sources;
pub mod staff;
pub mod stop;
pub mod store;
pub mod token;
pub mod waiting;
pub mod web;
