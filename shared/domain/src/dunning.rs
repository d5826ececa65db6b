//! How is an open invoice asked for, and what is the next step?

mod budget;
mod hours;
mod plan;
mod policy;
mod step;

pub use budget::{Budget, Left, Why};
pub use hours::HoursPolicy;
pub use plan::{Plan, PlanState, plan};
pub use policy::{DunningPolicy, Segment, StepRule, Then};
pub use step::{Step, StepKind, StepState};
