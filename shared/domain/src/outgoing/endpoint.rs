//! Where the product listens, and which of the secrets of each are good.

use super::address::{self, Wrong};
use super::event::Kind;
use crate::id::digest;
use crate::staff::{Role, Staff};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How many endpoints there may be: each commit that tells the product anything writes for each of them.
const ENDPOINTS_MAX: usize = 20;
/// How many secrets of an endpoint may be good at once.
const SECRETS_MAX: usize = 4;
/// How long a secret goes on signing beside the one that took its place.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// For how long the same wish of the same person is taken for a form that was sent twice.
const SENT_TWICE: SignedDuration = SignedDuration::from_mins(1);

/// All of them, few as they are, in one item: whoever writes an event reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// How many were ever added: no id comes twice, and so no secret does.
    pub added: u64,
    pub all: Vec<Endpoint>,
}

/// One address, and what is told there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub id: String,
    pub url: String,
    pub events: Vec<Kind>,
    /// Who added it.
    pub by: String,
    pub at: Timestamp,
    /// The number of the secret that signs. The secret itself is computed from it, and stands nowhere.
    pub secret: u32,
    /// The numbers before it, and until when each goes on signing beside it.
    pub before: Vec<(u32, Timestamp)>,
}

/// What somebody wants to be told, and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    pub url: String,
    pub events: Vec<Kind>,
}

/// Why nothing changes. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only a manager or a VP may say where events are sent")]
    NotPermitted,
    #[error(transparent)]
    Address(#[from] Wrong),
    #[error("`events` names at least one of entitlement.changed, case.opened, action.executed and payment.recovered")]
    NoEvents,
    #[error("there are 20 endpoints, and no more are told: remove one first")]
    TooMany,
    #[error("there is no endpoint with this id; look it up in its list")]
    Unknown,
    #[error(
        "the secret was changed three times within a day, and all of them still sign: wait until the oldest does no more"
    )]
    TooSoon,
    #[error("it is disabled: enable it first, and then what happened since can be sent again")]
    Disabled,
    #[error("`since` lies ahead")]
    Ahead,
}

impl Endpoints {
    /// One of them.
    pub fn find(&self, id: &str) -> Option<&Endpoint> {
        self.all.iter().find(|endpoint| endpoint.id == id)
    }

    /// Adds one, and says which.
    pub fn add(&mut self, wish: &Wish, local: bool, by: &Staff, now: Timestamp) -> Result<Endpoint, Refused> {
        may(by)?;
        address::check(&wish.url, local)?;
        let events: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| wish.events.contains(kind)).collect();
        if events.is_empty() {
            return Err(Refused::NoEvents);
        }
        if self.all.len() >= ENDPOINTS_MAX {
            return Err(Refused::TooMany);
        }
        self.added += 1;
        let endpoint = Endpoint {
            id: format!("ep_{}", digest(&[&wish.url, &self.added.to_string()], 12)),
            url: wish.url.clone(),
            events,
            by: by.id.clone(),
            at: now,
            secret: 1,
            before: Vec::new(),
        };
        self.all.push(endpoint.clone());
        Ok(endpoint)
    }

    /// What they added just now in the same words.
    pub fn just_added(&self, wish: &Wish, by: &Staff, now: Timestamp) -> Option<&Endpoint> {
        let is_it = |it: &&Endpoint| it.url == wish.url && it.by == by.id && now.duration_since(it.at) <= SENT_TWICE;
        let is_told =
            |it: &Endpoint| Kind::ALL.iter().all(|kind| it.events.contains(kind) == wish.events.contains(kind));
        self.all.iter().rev().find(is_it).filter(|it| may(by).is_ok() && is_told(it))
    }

    /// Takes one away, and says which.
    pub fn remove(&mut self, id: &str, by: &Staff) -> Result<Endpoint, Refused> {
        may(by)?;
        let place = self.all.iter().position(|endpoint| endpoint.id == id).ok_or(Refused::Unknown)?;
        Ok(self.all.remove(place))
    }

    /// Gives one another secret; the one before it goes on signing beside it for a day.
    pub fn rotate(&mut self, id: &str, by: &Staff, now: Timestamp) -> Result<Endpoint, Refused> {
        may(by)?;
        let endpoint = self.all.iter_mut().find(|endpoint| endpoint.id == id).ok_or(Refused::Unknown)?;
        endpoint.before.retain(|(_, until)| *until > now);
        if endpoint.before.len() + 1 >= SECRETS_MAX {
            return Err(Refused::TooSoon);
        }
        endpoint.before.push((endpoint.secret, now + OVERLAP));
        endpoint.secret += 1;
        Ok(endpoint.clone())
    }

    /// One that somebody may change.
    pub fn of(&self, id: &str, by: &Staff) -> Result<&Endpoint, Refused> {
        may(by)?;
        self.find(id).ok_or(Refused::Unknown)
    }
}

impl Endpoint {
    /// The numbers of the secrets that sign at a time, the newest first.
    pub fn secrets(&self, now: Timestamp) -> Vec<u32> {
        let before = self.before.iter().rev().filter(|(_, until)| *until > now).map(|(number, _)| *number);
        std::iter::once(self.secret).chain(before).collect()
    }
}

/// Who may change how a source is set up says where events go.
fn may(by: &Staff) -> Result<(), Refused> {
    if matches!(by.role, Role::Manager | Role::Vp) { Ok(()) } else { Err(Refused::NotPermitted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(role: Role) -> Staff {
        Staff { id: "mara".into(), name: "Mara".into(), role, email: String::new(), slack: None, languages: Vec::new() }
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn wish(url: &str, events: &[Kind]) -> Wish {
        Wish { url: url.to_owned(), events: events.to_vec() }
    }

    const URL: &str = "https://hooks.shop.example/in";

    #[test]
    fn who_may_set_up_adds_one_that_can_be_reached_and_is_told_something() {
        let all = [Kind::PaymentRecovered, Kind::CaseOpened, Kind::CaseOpened];
        let rows = [
            ("a manager", Role::Manager, wish(URL, &all), Ok(())),
            ("a VP", Role::Vp, wish(URL, &all), Ok(())),
            ("a specialist", Role::BillingSpecialist, wish(URL, &all), Err(Refused::NotPermitted)),
            ("in the clear", Role::Vp, wish("http://shop.example", &all), Err(Refused::Address(Wrong::Scheme))),
            ("of nothing", Role::Vp, wish(URL, &[]), Err(Refused::NoEvents)),
        ];
        for (name, role, wish, expected) in rows {
            let mut endpoints = Endpoints::default();
            let added = endpoints.add(&wish, false, &staff(role), at(0));
            assert_eq!(added.as_ref().map(|_| &()), expected.as_ref(), "{name}");
            assert_eq!(endpoints.all.len(), usize::from(expected.is_ok()), "{name}");
            if let Ok(endpoint) = added {
                assert_eq!(endpoint.events, [Kind::CaseOpened, Kind::PaymentRecovered], "{name}: each once");
            }
        }
    }

    #[test]
    fn no_id_comes_twice_and_there_is_a_last_one() {
        let (mut endpoints, mara) = (Endpoints::default(), staff(Role::Manager));
        let wish = wish(URL, &[Kind::CaseOpened]);
        let first = endpoints.add(&wish, false, &mara, at(0)).unwrap();
        assert_eq!(endpoints.remove(&first.id, &staff(Role::L2)), Err(Refused::NotPermitted));
        assert_eq!(endpoints.remove("ep_x", &mara), Err(Refused::Unknown));
        assert_eq!(endpoints.remove(&first.id, &mara), Ok(first.clone()));
        assert_ne!(endpoints.add(&wish, false, &mara, at(0)).unwrap().id, first.id);
        while endpoints.all.len() < ENDPOINTS_MAX {
            endpoints.add(&wish, false, &mara, at(0)).unwrap();
        }
        assert_eq!(endpoints.add(&wish, false, &mara, at(0)), Err(Refused::TooMany));
    }

    #[test]
    fn a_form_that_is_sent_twice_within_a_minute_is_known() {
        let (mut endpoints, mara) = (Endpoints::default(), staff(Role::Manager));
        let own = wish(URL, &[Kind::CaseOpened]);
        let id = endpoints.add(&own, false, &mara, at(0)).unwrap().id;
        let (minute, vera) = (SignedDuration::from_mins(1), Staff { id: "vera".into(), ..staff(Role::Vp) });
        for (name, wish, by, now, is_known) in [
            ("at once", &own, &mara, at(0), true),
            ("a minute later", &own, &mara, at(0) + minute, true),
            ("after that", &own, &mara, at(0) + minute + SignedDuration::from_secs(1), false),
            ("somebody else", &own, &vera, at(0), false),
            ("who may no more", &own, &staff(Role::L2), at(0), false),
            ("another address", &wish("https://hooks.shop.example/out", &[Kind::CaseOpened]), &mara, at(0), false),
            ("of more", &wish(URL, &[Kind::CaseOpened, Kind::PaymentRecovered]), &mara, at(0), false),
        ] {
            let known = endpoints.just_added(wish, by, now).map(|endpoint| &endpoint.id);
            assert_eq!(known, is_known.then_some(&id), "{name}");
        }
    }

    #[test]
    fn a_secret_goes_on_signing_for_a_day_beside_the_next() {
        let (mut endpoints, mara) = (Endpoints::default(), staff(Role::Manager));
        let id = endpoints.add(&wish(URL, &[Kind::CaseOpened]), false, &mara, at(0)).unwrap().id;
        assert_eq!(endpoints.find(&id).unwrap().secrets(at(0)), [1]);
        let rotated = endpoints.rotate(&id, &mara, at(1)).unwrap();
        assert_eq!(rotated.secrets(at(1)), [2, 1]);
        assert_eq!(rotated.secrets(at(24)), [2, 1], "just before it is a day");
        assert_eq!(rotated.secrets(at(25)), [2]);
        endpoints.rotate(&id, &mara, at(2)).unwrap();
        assert_eq!(endpoints.rotate(&id, &mara, at(3)).unwrap().secrets(at(3)), [4, 3, 2, 1]);
        assert_eq!(endpoints.rotate(&id, &mara, at(24)), Err(Refused::TooSoon));
        assert_eq!(endpoints.rotate(&id, &mara, at(25)).unwrap().secrets(at(25)), [5, 4, 3, 2]);
        assert_eq!(endpoints.rotate(&id, &staff(Role::Analyst), at(99)), Err(Refused::NotPermitted));
        assert_eq!(endpoints.rotate("ep_x", &mara, at(99)), Err(Refused::Unknown));
    }
}
