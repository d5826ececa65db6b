//! How Recoup is set up: sources, staff, what waits for a second person, who stands in, what is stopped or imported.

pub mod backlog;
pub mod delegation;
pub mod embeds;
pub mod entities;
pub mod group;
pub mod import;
pub mod locked;
pub mod proposal;
pub mod sources;
pub mod staff;
pub mod stop;
pub mod view;
