//! Tickets as they lie in the store: found, listed, and laid out with their account, its cases and the team.

mod ended;
mod glance;
mod laid;
mod list;
mod team;
pub mod unowned;
mod unverified;
mod view;
mod worked;

pub use ended::follow_request;
pub use glance::{Waiting, glance};
pub use laid::{Laid, put_desk};
pub use list::{Filter, find, homes, homes_of, list, of_account};
pub use view::{line, ticket_json, ticket_shown};
pub use worked::{cases_of, put_act, put_case, put_ticket_work};

use crate::context::Context;
use domain::policy::Working;

/// When the company works.
pub fn working(context: &Context) -> Working {
    context.policies.approval.current().asking.working()
}
