//! How Recoup is set up: sources, staff, who stands in, what is stopped, what was imported.

pub mod delegation;
pub mod group;
pub mod import;
pub mod sources;
pub mod staff;
pub mod stop;
