//! The whole service: stories, the store, HTTP, and storms.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod absurd;
mod ageing;
mod by_hand;
mod channels;
mod claimed;
mod control;
mod costs;
mod crash_points;
mod crowded;
mod currencies;
mod desk;
mod doubled;
mod eligible;
mod four_eyes;
mod http;
mod incidents;
mod intake;
mod kept;
mod languages;
mod leaving;
mod limits;
mod lists;
mod locked;
mod matrix;
mod openapi;
mod outgoing;
mod owed;
mod pace;
mod pay;
mod privacy;
mod raised;
mod recovered;
mod scenarios;
mod seals;
mod simulation;
mod sizes;
mod store;
mod takes;
mod tasks;
mod telling;
mod tried;
mod troubles;
mod wire;
mod worlds;
