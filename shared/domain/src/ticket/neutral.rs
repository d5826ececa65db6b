//! May whoever wrote be told by itself that somebody looks at it? Strangers once, and machines never.

use super::{AnswerPolicy, State, Ticket};
use crate::event::TicketSeen;
use crate::id::digest;
use crate::policy::forget_oldest;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many bytes are kept of how an address was answered.
const GIVEN_BYTES_MAX: usize = 2_000;

/// Whether a ticket is answered by itself, as it stands after what was seen: once, and only where a person wrote just now whom
/// nobody knows. `ours` are addresses of ours beside those of the policy.
pub fn may_greet(
    ticket: &Ticket,
    (seen, at): (&TicketSeen, Timestamp),
    ours: &BTreeSet<String>,
    policy: &AnswerPolicy,
    now: Timestamp,
) -> bool {
    let (neutral, handling) = (&policy.neutral, &ticket.handling);
    let is_fresh = now.duration_since(at) <= SignedDuration::from_hours(neutral.hours);
    let is_new = handling.answered == 0 && handling.state != State::Resolved && handling.merged_into.is_none();
    let wrote = seen.body.as_ref().is_some_and(|body| !body.trim().is_empty()) && ticket.erased_at.is_none();
    let Some(address) = ticket.requester_email.value().map(|address| address.trim().to_lowercase()) else {
        return false;
    };
    let subject = ticket.subject.value().map(|subject| subject.trim().to_lowercase()).unwrap_or_default();
    let is_machine = seen.automatic
        || is_own(&address, ours, policy)
        || is_machines(&address, policy)
        || neutral.subjects.iter().any(|begins| subject.starts_with(begins));
    neutral.on && is_fresh && is_new && wrote && ticket.accounts.is_empty() && !is_machine
}

fn is_own(address: &str, ours: &BTreeSet<String>, policy: &AnswerPolicy) -> bool {
    let listed = |own: &String| address == own || (own.starts_with('@') && address.ends_with(own.as_str()));
    ours.contains(address) || policy.neutral.ours.iter().any(listed)
}

/// What is no address is no person's either.
fn is_machines(address: &str, policy: &AnswerPolicy) -> bool {
    let Some((name, host)) = address.rsplit_once('@') else { return true };
    let plain = name.split('+').next().unwrap_or_default();
    host.is_empty() || plain.is_empty() || policy.neutral.machines.iter().any(|machine| plain == machine)
}

/// How an address was answered by itself of late; neither it nor what was written is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeted {
    /// Of the address.
    pub digest: String,
    given: Vec<Given>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Given {
    at: Timestamp,
    /// Of the words, whatever stands between them.
    words: String,
}

impl Greeted {
    /// By what an address is known here.
    pub fn digest_of(address: &str) -> String {
        digest(&["greeted", &address.trim().to_lowercase()], 26)
    }

    /// Nobody of the address was answered yet.
    pub fn new(digest: String) -> Self {
        Self { digest, given: Vec::new() }
    }

    /// Notes that these words are answered; not, where they were a while ago, or too much was.
    pub fn takes(&mut self, words: &str, policy: &AnswerPolicy, now: Timestamp) -> bool {
        let within = SignedDuration::from_hours(policy.neutral.hours);
        self.given.retain(|given| now.duration_since(given.at) < within);
        let plain = words.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let words = digest(&[&plain], 26);
        let stands = self.given.len() >= policy.neutral.most || self.given.iter().any(|given| given.words == words);
        if !stands {
            self.given.push(Given { at: now, words });
            forget_oldest(&mut self.given, GIVEN_BYTES_MAX);
        }
        !stands
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Kind, Origin, Seen};
    use crate::id::AccountId;
    use crate::policies::Policies;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn wrote(address: &str, subject: &str) -> TicketSeen {
        TicketSeen {
            id: "t1".into(),
            subject: Some(subject.into()),
            body: Some("I was charged twice".into()),
            requester_email: Some(address.into()),
            ..TicketSeen::default()
        }
    }

    /// The ticket that comes of it.
    fn ticket(seen: &TicketSeen) -> Ticket {
        let event = Event {
            id: "a".into(),
            provider: "ticket".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind: Kind::TicketOpened,
            at: at(0),
            customer: None,
            seen: vec![Seen::Ticket(seen.clone())],
        };
        let mut ticket = Ticket::new("ticket", "default", "t1");
        ticket.fold(seen, &event);
        ticket
    }

    #[test]
    fn a_person_whom_nobody_knows_is_answered_and_no_machine() {
        let policies = Policies::shipped().unwrap();
        let mut policy = policies.answers.current().clone();
        policy.neutral.ours = vec!["help@ours.example".to_owned(), "@desk.example".to_owned()];
        let ours = BTreeSet::from(["lena@ours.example".to_owned()]);
        for (address, subject, expected) in [
            ("eve@else.example", "Charged twice", true),
            ("Eve@Else.example", "Re: Charged twice", true),
            ("mailer-daemon@else.example", "Charged twice", false),
            ("NoReply+123@else.example", "Charged twice", false),
            ("eve@else.example", "Out of office: back on Monday", false),
            ("eve@else.example", "Automatische Antwort: Ihre Nachricht", false),
            ("help@ours.example", "Charged twice", false),
            ("bot@desk.example", "Charged twice", false),
            ("lena@ours.example", "Charged twice", false),
            ("eve", "Charged twice", false),
            ("@else.example", "Charged twice", false),
        ] {
            let seen = wrote(address, subject);
            assert_eq!(
                may_greet(&ticket(&seen), (&seen, at(0)), &ours, &policy, at(1)),
                expected,
                "{address} {subject}"
            );
        }
    }

    #[test]
    fn once_and_only_what_is_new() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.answers.current();
        let off = {
            let mut off = policy.clone();
            off.neutral.on = false;
            off
        };
        let (seen, account) = (wrote("eve@else.example", "Help"), AccountId::of("stripe", "default", "cus_1"));
        let silent = TicketSeen { body: None, ..seen.clone() };
        let automatic = TicketSeen { automatic: true, ..seen.clone() };
        let fresh = ticket(&seen);
        let with = |change: &dyn Fn(&mut Ticket)| {
            let mut ticket = fresh.clone();
            change(&mut ticket);
            ticket
        };
        let named = with(&|it| it.handling.account = Some(account.clone()));
        let known = with(&|it| {
            it.accounts.insert(account.clone());
        });
        for (what, ticket, seen, policy, now, expected) in [
            ("new", &fresh, &seen, policy, 24, true),
            ("it names an account that is not theirs", &named, &seen, policy, 1, true),
            ("an account has their address", &known, &seen, policy, 1, false),
            ("answered before", &with(&|it| it.handling.answered = 1), &seen, policy, 1, false),
            ("over", &with(&|it| it.handling.state = State::Resolved), &seen, policy, 1, false),
            ("nothing was written", &fresh, &silent, policy, 1, false),
            ("it says that it is automatic", &fresh, &automatic, policy, 1, false),
            ("read again long after", &fresh, &seen, policy, 25, false),
            ("switched off", &fresh, &seen, &off, 1, false),
        ] {
            assert_eq!(may_greet(ticket, (seen, at(0)), &BTreeSet::new(), policy, at(now)), expected, "{what}");
        }
    }

    #[test]
    fn two_machines_do_not_go_on_for_ever() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.answers.current();
        let mut greeted = Greeted::new(Greeted::digest_of("Eve@else.example"));
        assert_eq!(greeted.digest, Greeted::digest_of(" eve@ELSE.example"));
        for (hour, words, expected) in [
            (0, "I am away until Monday", true),
            (1, "I am  away\nuntil monday", false),
            (2, "Something else", true),
            (3, "And a third thing", true),
            (4, "And a fourth", false),
            (24, "I am away until Monday", true),
        ] {
            assert_eq!(greeted.takes(words, policy, at(hour)), expected, "{hour}: {words}");
        }
    }
}
