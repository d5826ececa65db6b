//! The whole service: stories, the store, HTTP, and storms.

mod http;
mod scenarios;
mod simulation;
mod store;
