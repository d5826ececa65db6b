//! How is an open invoice asked for, and what is the next step?

mod access;
mod adviser;
mod again;
mod budget;
mod hours;
mod outcomes;
mod paused;
mod plan;
mod policy;
mod shown;
mod step;
mod tries;

pub use adviser::{
    Advice, Adviser, AdviserRules, Calendar, Candidate, Cell, Chosen, Group, Place, SoFar, Traits, View, adviser,
};
pub use again::{Again, CARD_GIVEN, Ground, MadeTry, Moment, NextTry, NoTry, TryEnd, next_try};
pub use budget::{Budget, Left, Why};
pub use hours::HoursPolicy;
pub use outcomes::{NotLearned, Outcome, learned};
pub use paused::{Control, Promise, Refused, Said, Wish, Word};
pub use plan::{Plan, PlanState, plan};
pub use policy::{DunningPolicy, Facts, Segment, StepRule, Then, Whose};
pub use shown::Recovering;
pub use step::{Step, StepKind, StepState};
pub use tries::{TriesRule, Window};

#[cfg(test)]
mod tests;
