//! The common crate that the functions depend on, and on no other of ours.

pub use {app, aws, domain, pages, providers};
