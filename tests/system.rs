//! The whole service: stories, the store, HTTP, and storms.

mod simulation;
