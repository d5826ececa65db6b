//! What Recoup decides. Nothing here waits, reads a clock or talks to anyone: time and records come in as values.

pub mod action;
pub mod approval;
pub mod book;
pub mod case;
pub mod classify;
pub mod confirm;
pub mod decision;
pub mod decline;
pub mod desk;
pub mod dunning;
pub mod entitlement;
pub mod event;
pub mod fact;
pub mod find;
pub mod group;
pub mod id;
pub mod ledger;
pub mod money;
pub mod policy;
pub mod prorate;
pub mod report;
pub mod sidebar;
pub mod source;
pub mod staff;
pub mod ticket;
