//! What is a ticket about, and in which language? Its words tell, without asking anybody: the weights are data,
//! `shared/policy/wording/`, and so are the words of languages, `shared/policy/languages/`.
//!
//! Only the newest words of a letter count. What they show of themselves (words, pairs, parts of words against slips of
//! the finger, and what they mean in four languages) speaks for or against each class; how sure that is was measured on
//! wordings that the weights had not seen. `docs/tickets.md` has the figures.
//!
//! Numbers only, in a crate of its own: it is asked for every ticket, and is built to be quick at it.

#![allow(clippy::float_arithmetic, reason = "likelihoods are real numbers; there is no money here")]

mod class;
pub mod corpus;
pub mod evaluation;
mod features;
mod guess;
mod language;
mod letter;
mod model;
mod numbers;
mod sorted;
pub mod training;
mod words;

use std::sync::LazyLock;

pub use class::Class;
pub use guess::{Guess, Thresholds, guess};
pub use language::{Enough, LANGUAGES_MAX, Languages, Spoken, Tongue, spellings};
pub use letter::newest;
pub use model::Model;

/// The weights that are shipped, looked through when they are first asked for.
pub fn shipped() -> &'static Model<'static> {
    static SHIPPED: LazyLock<Model<'static>> = LazyLock::new(|| {
        let bytes = include_bytes!("../../../policy/wording/weights.bin");
        Model::parse(bytes).expect("the tests read the shipped weights")
    });
    &SHIPPED
}
