//! What Recoup decides. Nothing here waits, reads a clock or talks to anyone: time and records come in as values.

pub mod action;
pub mod approval;
pub mod book;
pub mod case;
pub mod classify;
pub mod decline;
pub mod dunning;
pub mod event;
pub mod group;
pub mod id;
pub mod import;
pub mod incident;
pub mod leaving;
pub mod ledger;
pub mod money;
pub mod playbook;
pub mod policies;
pub mod policy;
pub mod report;
pub mod sidebar;
pub mod source;
pub mod staff;
pub mod stop;
pub mod task;
pub mod telling;
pub mod world;
