//! The overview: what waits, and how the month goes.

use super::GLANCE;
use crate::context::Context;
use crate::dunning::board::{self, Wanted};
use crate::report::read;
use crate::setup::proposal;
use crate::web::{Problem, Window};
use ::pages::{Home, Viewer};
use domain::action::State as ActionState;
use domain::case::State as CaseState;
use domain::incident::State as IncidentState;
use domain::report::Month;
use domain::staff::Staff;

pub(super) async fn home(context: &Context, viewer: &Viewer, staff: &Staff) -> Result<String, Problem> {
    let window = Window { after: None, limit: GLANCE };
    let waiting = read::actions(context, Some(ActionState::WaitingApproval), None, &window).await?.items;
    let cases = read::cases(context, Some(CaseState::Open), &window, |_| true).await?.items;
    let plans = board::in_turn(context, &Wanted::default(), &window).await?.items;
    let incidents = read::incidents(context, Some(IncidentState::Open), &window).await?.items;
    let proposals = proposal::waiting_for(context, staff).await?;
    let month = Month::of(context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date());
    let report = read::small_report(context, month).await?;
    Ok(::pages::home(
        viewer,
        &Home {
            waiting: &waiting,
            cases: &cases,
            plans: &plans,
            incidents: &incidents,
            proposals: &proposals,
            month,
            report: report.as_ref(),
        },
    ))
}
