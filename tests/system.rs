//! The whole service: stories, the store, HTTP, and storms.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod absurd;
mod channels;
mod crash_points;
mod desk;
mod eligible;
mod http;
mod incidents;
mod intake;
mod kept;
mod leaving;
mod lists;
mod matrix;
mod openapi;
mod privacy;
mod scenarios;
mod simulation;
mod store;
mod tasks;
