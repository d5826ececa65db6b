//! How is an open invoice asked for, and what is the next step?

mod adviser;
mod hours;
mod plan;
mod policy;
mod step;
mod tries;

pub use adviser::{
    Advice, Adviser, AdviserRules, Calendar, Candidate, Cell, Chosen, Group, Place, SoFar, Traits, View, adviser,
};
pub use hours::HoursPolicy;
pub use plan::{Plan, PlanState, plan};
pub use policy::{DunningPolicy, Facts, Segment, StepRule, Then, Whose};
pub use step::{Step, StepKind, StepState};
pub use tries::{TriesRule, Window};
