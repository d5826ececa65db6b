//! How is an open invoice asked for, and what is the next step?

mod access;
mod adviser;
mod again;
mod agreed;
mod beside;
mod budget;
mod choice;
mod ending;
mod escalation;
mod forecast;
mod heed;
mod hours;
mod judged;
mod offer;
mod outcomes;
mod paused;
mod plan;
mod policy;
mod required;
mod second;
mod shown;
mod spared;
mod step;
mod together;
mod tries;
mod unkept;
mod way;

pub use access::whole_days;
pub use adviser::{
    Advice, Adviser, AdviserRules, Calendar, Candidate, Cell, Chosen, Group, Place, Reason, SoFar, Traits, View,
    adviser,
};
pub use again::{
    Again, CARD_GIVEN, ChoseNone, Ground, MadeTry, Moment, NamedCard, NextTry, NoTry, TryEnd, next_moment, next_try,
};
pub use beside::{invoices_beside, tried_beside};
pub use budget::{Budget, Left, Why};
pub use choice::Choice;
pub use ending::{EndOf, Ends, NoEnd};
pub use escalation::{EscalationRule, Failures};
pub use forecast::{EarlierLine, Expected, FORECAST_DAYS, Forecast, RunningLine, TooFew, forecast};
pub use heed::DISPUTED;
pub use hours::HoursPolicy;
pub use judged::{Judged, barred, card_named, charged};
pub use outcomes::{Ended, Kept, NotLearned, Outcome, kept, learned};
pub use paused::{Control, Promise, Refused, Said, Wish, Word};
pub use plan::{Plan, PlanState, plan, queue};
pub use policy::{DunningPolicy, Facts, Segment, StepRule, Then, WarningRule, Whose};
pub use required::RequiredRule;
pub use second::{Second, is_forbidden, next_of_any};
pub use shown::Recovering;
pub use step::{Step, StepKind, StepState};
pub use together::Together;
pub use tries::{Paid, TriesRule, Window};
pub use way::way_of;

#[cfg(test)]
mod tests;
