//! How is an open invoice asked for, and what is the next step?

mod budget;
mod hours;
mod paused;
mod plan;
mod policy;
mod shown;
mod step;

pub use budget::{Budget, Left, Why};
pub use hours::HoursPolicy;
pub use paused::{Control, Promise, Refused, Said, Wish, Word};
pub use plan::{Plan, PlanState, plan};
pub use policy::{DunningPolicy, Segment, StepRule, Then};
pub use shown::Recovering;
pub use step::{Step, StepKind, StepState};
