//! What the staff are told of something, until each of them was told once.

use super::Tellings;
use crate::id::{AccountId, CaseId, IncidentId, TaskId, digest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the staff are told of one thing: by a message where all who approve read it, by mail to some of them, or both.
/// It is written with what it is about, and wakes until all of it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// What it is about.
    pub about: About,
    /// In one line.
    pub subject: String,
    /// In full.
    pub text: String,
    /// The path of the page that has more of it.
    pub page: String,
    /// Whether all who approve read it in their channel.
    pub posted: bool,
    /// The staff ids of those who are mailed.
    pub mailed: Vec<String>,
    /// How often there was something new to tell of it.
    round: u32,
    tellings: Tellings,
    /// When somebody looks whether all of it was told; none once it was, or is not to be told any more.
    alarm: Option<Timestamp>,
    /// One id from what brought it about to the message.
    pub trace: String,
}

/// What a bulletin is about. One thing has one bulletin: what is new takes the place of what was told of it before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    /// One trouble of many accounts, or its end.
    Incident {
        /// Which.
        incident: IncidentId,
    },
    /// A step of a recovery that only a person can take.
    Step {
        /// Whose invoice it is.
        account: AccountId,
        /// The invoice.
        invoice: String,
        /// The step's number.
        step: u32,
    },
    /// A change of who may approve that waits for a second person.
    Proposal {
        /// Its number.
        number: u64,
    },
    /// A task that somebody was given.
    Task {
        /// Which.
        task: TaskId,
    },
    /// A ticket that was not answered in time, or that somebody was given.
    Ticket {
        /// Which, as `provider/source/id`.
        ticket: String,
    },
    /// A case that opened on an account that somebody watches.
    Watched {
        /// Which.
        case: CaseId,
    },
    /// An API key that opens nothing.
    Key {
        /// Whose.
        provider: String,
        /// The source that has it.
        source: String,
    },
}

impl About {
    /// The id of the one bulletin about this.
    pub fn id(&self) -> String {
        match self {
            Self::Incident { incident } => incident.to_string(),
            Self::Step { account, invoice, step } => {
                format!("dun_{}", digest(&[account.as_str(), invoice, &step.to_string()], 20))
            }
            Self::Proposal { number } => format!("proposal_{number}"),
            Self::Task { task } => task.to_string(),
            Self::Ticket { ticket } => format!("ticket_{}", digest(&[ticket], 20)),
            Self::Watched { case } => case.to_string(),
            Self::Key { provider, source } => format!("key_{}", digest(&[provider, source], 20)),
        }
    }
}

impl Bulletin {
    /// Something to be told to nobody yet; `again` is when somebody looks whether it was.
    pub fn new(about: About, subject: String, text: String, page: String, trace: &str, again: Timestamp) -> Self {
        Self {
            about,
            subject,
            text,
            page,
            posted: false,
            mailed: Vec::new(),
            round: 1,
            tellings: Tellings::default(),
            alarm: Some(again),
            trace: trace.to_owned(),
        }
    }

    /// The same, where all who approve read it.
    pub fn posted(self) -> Self {
        Self { posted: true, ..self }
    }

    /// The same, to each of these, and to no more than that: the others read what is posted.
    pub fn mailed(self, staff: impl IntoIterator<Item = String>, people_max: usize) -> Self {
        Self { mailed: staff.into_iter().take(people_max).collect(), ..self }
    }

    /// The same, in the place of what was told of it before.
    pub fn instead_of(self, before: Option<&Self>) -> Self {
        Self { round: before.map_or(1, |before| before.round + 1), ..self }
    }

    /// The number of what is told now: what came of an earlier round concerns nobody any more.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The messages of this round.
    pub fn tellings(&self) -> &Tellings {
        &self.tellings
    }

    /// The same, to note what came of one.
    pub fn tellings_mut(&mut self) -> &mut Tellings {
        &mut self.tellings
    }

    /// When somebody looks at it next.
    pub fn alarm(&self) -> Option<Timestamp> {
        self.alarm
    }

    /// Somebody is at it; somebody else looks then.
    pub fn rings_at(&mut self, at: Timestamp) {
        self.alarm = Some(at);
    }

    /// All was told that can be told now; `until` is when the rest is tried again.
    pub fn rests(&mut self, until: Option<Timestamp>) {
        self.alarm = until;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telling::Channel;
    use jiff::SignedDuration;

    fn bulletin(about: About) -> Bulletin {
        Bulletin::new(about, "s".into(), "t".into(), "/p".into(), "trace", Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn one_thing_has_one_bulletin() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let step = |invoice: &str, step| About::Step { account: account.clone(), invoice: invoice.into(), step };
        let incident = IncidentId::of("stripe", "default", "failure", "source", "now");
        let task = TaskId::of(&account, "action", "act_1");
        let rows = [
            (step("in_1", 1), "dun_"),
            (step("in_1", 2), "dun_"),
            (step("in_2", 1), "dun_"),
            (About::Incident { incident }, "inc_"),
            (About::Proposal { number: 1 }, "proposal_1"),
            (About::Proposal { number: 11 }, "proposal_11"),
            (About::Task { task }, "task_"),
            (About::Ticket { ticket: "desk/default/1".into() }, "ticket_"),
            (About::Ticket { ticket: "desk/default/11".into() }, "ticket_"),
            (About::Watched { case: CaseId::of(&account, "duplicate_charge", "ch_1") }, "case_"),
            (About::Key { provider: "stripe".into(), source: "default".into() }, "key_"),
            (About::Key { provider: "stripe".into(), source: "eu".into() }, "key_"),
        ];
        for (about, begins) in &rows {
            assert!(about.id().starts_with(begins), "{}", about.id());
        }
        let ids: std::collections::BTreeSet<_> = rows.iter().map(|(about, _)| about.id()).collect();
        assert_eq!(ids.len(), rows.len(), "two things never share one");
    }

    #[test]
    fn what_is_new_takes_the_place_of_what_was_told_before() {
        let about = || About::Proposal { number: 1 };
        let mut first = bulletin(about()).posted().mailed(["marc".to_owned()], 20).instead_of(None);
        assert_eq!((first.round(), first.alarm()), (1, Some(Timestamp::UNIX_EPOCH)));
        first.tellings_mut().sending(Channel::Slack, "#a");
        first.rests(None);
        let second = bulletin(about()).posted().instead_of(Some(&first));
        assert_eq!((second.round(), second.tellings().all().len(), second.mailed.len()), (2, 0, 0));
        assert_eq!(second.alarm(), Some(Timestamp::UNIX_EPOCH), "it wakes until it was told");
    }

    #[test]
    fn no_more_are_mailed_than_the_policy_says() {
        let everybody = (0..1_000).map(|number| format!("staff_{number}"));
        assert_eq!(bulletin(About::Proposal { number: 1 }).mailed(everybody, 20).mailed.len(), 20);
    }

    #[test]
    fn it_wakes_until_all_of_it_was_told() {
        let later = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(5);
        let mut bulletin = bulletin(About::Proposal { number: 1 });
        bulletin.rings_at(later);
        assert_eq!(bulletin.alarm(), Some(later));
        bulletin.rests(None);
        assert_eq!(bulletin.alarm(), None);
    }
}
