//! While a request waits: when people are reminded, when the next role is asked, and what never lapses by silence.

use super::ApprovalPolicy;
use crate::action::{Action, Impossible, Kind, Moment, Why};
use crate::policy::{Complaint, Working};
use crate::staff::Role;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// How long people are waited for, and how they prove who they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    pub remind_hours: i64,
    pub escalate_business_hours: i64,
    /// The hours of a working day, in the zone, Monday to Friday.
    pub opens: i8,
    pub closes: i8,
    pub zone: String,
    /// How long a code holds that was sent by another channel, and how often a wrong one may be tried.
    pub code_minutes: i64,
    pub code_tries: u32,
    /// How long an account is watched after it was charged twice.
    pub watch_days: i64,
    pub why: String,
}

/// What comes next for a request that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Remind,
    Escalate,
}

impl Waiting {
    pub(super) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let positive = [self.remind_hours, self.escalate_business_hours, self.code_minutes, self.watch_days];
        if positive.iter().any(|number| *number < 1) || self.code_tries == 0 {
            complaints.push(Complaint::at(0, "`asking` needs numbers of at least one"));
        }
        if !(0 <= self.opens && self.opens < self.closes && self.closes <= 23) {
            complaints.push(Complaint::at(0, "a working day opens before it closes, between 0 and 23"));
        }
        if TimeZone::get(&self.zone).is_err() {
            complaints.push(Complaint::at(0, format!("`{}` is not a time zone", self.zone)));
        }
        if self.why.trim().is_empty() {
            complaints.push(Complaint::at(0, "`asking` has no `why`"));
        }
        complaints
    }

    /// When the company works.
    pub fn working(&self) -> Working {
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        Working { opens: self.opens, closes: self.closes, zone }
    }

    /// The moment by which so many hours of working days have passed.
    fn business(&self, from: Timestamp, hours: i64) -> Timestamp {
        self.working().after(from, SignedDuration::from_hours(hours))
    }
}

/// When somebody is asked again about a waiting request, and how.
pub fn next_ask(action: &Action, waiting: &Waiting) -> Option<(Timestamp, Ask)> {
    let remind = action.requested_at + SignedDuration::from_hours(waiting.remind_hours);
    let escalate = waiting.business(action.requested_at, waiting.escalate_business_hours);
    let reminder = action.told.reminded_at.is_none().then_some((remind, Ask::Remind));
    let escalation = action.told.escalated_at.is_none().then_some((escalate, Ask::Escalate));
    reminder.into_iter().chain(escalation).min_by_key(|(at, _)| *at)
}

/// Whether a waiting request has to be looked at: somebody is to be asked, or it is over.
pub fn is_due(action: &Action, waiting: &Waiting, now: Timestamp) -> bool {
    let asks = next_ask(action, waiting).is_some_and(|(at, _)| at <= now);
    is_unheard(action, now) || asks || action.expires_at <= now
}

fn is_unheard(action: &Action, now: Timestamp) -> bool {
    action.alarm().is_some_and(|at| at <= now)
}

/// What becomes of a waiting request whose time has come: it is over, or people are asked, and why. `still` says that it
/// can be previewed, and that the reason to ask for it stands. Where nothing is different, those are asked who were not
/// reached yet.
pub fn turn(
    before: &Action,
    still: bool,
    policy: &ApprovalPolicy,
    at: Moment,
) -> Result<(Action, Option<Why>), Impossible> {
    let mut after = before.clone();
    let lapses = before.expires_at <= at.now;
    let asking = next_ask(before, &policy.asking).filter(|(when, _)| *when <= at.now).map(|(_, ask)| ask);
    let why = if !still {
        after.overtaken(at)?;
        None
    } else if lapses && !never_lapses(before) {
        after.expired(at)?;
        None
    } else {
        let why = if lapses {
            after.expires_at = at.now + SignedDuration::from_hours(policy.expiry_hours);
            Why::Again
        } else {
            match asking {
                Some(Ask::Remind) => Why::Reminder,
                Some(Ask::Escalate) => Why::Escalation,
                None => return Ok((after, Some(before.told.why()))),
            }
        };
        if why != Why::Again {
            after.told.reminded_at = after.told.reminded_at.or(Some(at.now));
        }
        if why == Why::Escalation {
            after.told.escalated_at = Some(at.now);
        }
        after.told.begin(why);
        after.rings_at(at.again);
        Some(why)
    };
    after.told.next_at = next_ask(&after, &policy.asking).map(|(when, _)| when);
    Ok((after, why))
}

/// Who is asked when the one below does not answer. Nobody stands above a VP, and legal stands beside.
pub fn next_role(role: Role) -> Role {
    role.above()
}

/// What is owed to the customer is never denied by silence: their wish to leave, a double charge, our own error.
pub fn never_lapses(action: &Action) -> bool {
    let wish = |kind: &Kind| matches!(kind, Kind::Cancel { .. });
    action.reason_code.is_mistake() || action.kind.members().iter().any(wish)
}

#[cfg(test)]
mod tests {
    use crate::policies::Policies;

    #[test]
    fn hours_of_working_days_pass_over_nights_and_weekends() {
        let policies = Policies::shipped().unwrap();
        let waiting = &policies.approval.current().asking;
        let rows = [
            ("in the morning", "2026-03-04T09:00:00Z", "2026-03-04T13:00:00Z"),
            ("before it opens", "2026-03-04T03:00:00Z", "2026-03-04T12:00:00Z"),
            ("late in the day", "2026-03-04T16:00:00Z", "2026-03-05T10:00:00Z"),
            ("to the last minute", "2026-03-04T14:00:00Z", "2026-03-04T18:00:00Z"),
            ("on a Friday afternoon", "2026-03-06T17:00:00Z", "2026-03-09T11:00:00Z"),
            ("on a Sunday", "2026-03-08T12:00:00Z", "2026-03-09T12:00:00Z"),
        ];
        for (name, from, until) in rows {
            assert_eq!(waiting.business(from.parse().unwrap(), 4), until.parse().unwrap(), "{name}");
        }
    }
}
