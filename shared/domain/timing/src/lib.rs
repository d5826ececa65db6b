//! When is a try most likely to succeed? It is learned from how earlier tries ended.
//!
//! What speaks for a try is a sum: that it is tried at all, and its hour, weekday, day of the month, age and number. Each is
//! believed at several levels, from all tries to those that share everything, so that what is rare leans on what is like it.
//! How sure a belief is counts too: now and then what is less sure is tried instead, or it would never be known.
//!
//! Numbers only, in a crate of its own: it looks at some hundred hours for each try, and is built to be quick at it.

#![allow(clippy::float_arithmetic, reason = "chances are real numbers; there is no money here")]

mod adviser;
mod belief;
mod calendar;
mod choice;
mod dice;
mod past;

pub use adviser::{Adviser, Groups, Leaning, Learned, Priors, View};
pub use belief::{chance, log_odds, odds, thousandths};
pub use calendar::{Calendar, Place};
pub use choice::{Candidate, Chosen, Limits, SoFar};
pub use past::{End, Past, Worth, share_between, worth};
