//! What is a customer told of their cards, outside of any recovery: that one expires before the next invoice, and that one could
//! not be saved.

mod expiry;
mod policy;
mod told;

pub use expiry::{Expiring, has_expired};
pub use policy::{NotSaved, NoticePolicy, Warning};
pub use told::{Ground, Matter, Notice, SEGMENT, begins};
