//! The whole service: stories, the store, HTTP, and storms.

mod scenarios;
mod simulation;
