//! What is owed, by the days that it is overdue: the sum of each bucket, and what happens on each rung of the ladder.

mod access;
mod agreed;
mod apart;
mod climb;
mod line;
mod owed;
mod policy;
mod sums;
mod together;

pub use access::AccessRule;
pub use apart::Apart;
pub use climb::{Climb, Ground, SEGMENT, Taken, begins, was_overdue};
pub use line::{Line, Next, NextBy};
pub use owed::{Counted, Owed, counted_from};
pub use policy::{AgeingPolicy, CURRENT, Recommended, Rung};
pub use sums::{Ageing, Bucket, OfCurrency, Sum};
pub use together::{Listed, Other};
