//! The one crate of ours that the functions depend on.

pub use {app, aws};
