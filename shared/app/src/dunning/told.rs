//! What is spoken of: the recovery of an invoice, or its way up the ladder where no recovery asks for it.

use domain::ageing::Climb;
use domain::dunning::{Plan, PlanState};

/// Either is a plan.
pub enum Told {
    Recovery(Plan),
    Ladder(Climb),
}

impl Told {
    /// The recovery while it runs, and for good where a person has stopped it; else the climb, where there is one.
    pub fn of(plan: Option<Plan>, climb: Option<Climb>) -> Option<Self> {
        let asks = plan.as_ref().is_some_and(|plan| plan.state == PlanState::Running || plan.was_stopped_by_hand());
        match climb.filter(|_| !asks) {
            Some(climb) => Some(Self::Ladder(climb)),
            None => plan.map(Self::Recovery),
        }
    }

    /// The steps of it, or the rungs.
    pub fn way(&mut self) -> &mut Plan {
        match self {
            Self::Recovery(plan) => plan,
            Self::Ladder(climb) => &mut climb.way,
        }
    }

    /// The same, for whoever only shows it.
    pub fn into_way(self) -> Plan {
        match self {
            Self::Recovery(plan) => plan,
            Self::Ladder(climb) => climb.way,
        }
    }
}
