//! One configured account of a provider: what it takes in, and how far Recoup may go with it.

mod backlog;
mod cohorts;
mod locked;
mod noted;

pub use backlog::{Backlog, OfKind, Recoveries, Staying};
pub use cohorts::{Cohorts, Worked};
pub use locked::{Locked, TurnedAway};

use crate::policy::forget_oldest;
use crate::staff::{Role, Staff};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How many bytes its history may take.
const CHANGES_BYTES_MAX: usize = 60_000;

/// It stands on a line of a phone.
const NAME_CHARS_MAX: usize = 60;

/// How it is set, who wants that changed, and who has changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub provider: String,
    pub source: String,
    /// What its customers know the company by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub mode: Mode,
    pub acting: Acting,
    /// Exactly one party tries failed payments again, writes to the customer, and ends subscriptions.
    pub retries: Party,
    pub messages: Party,
    pub cancels: Party,
    /// What somebody asked for and another person has not yet confirmed.
    pub asked: Option<Change>,
    /// Who changed it, oldest first.
    pub changes: Vec<Change>,
}

/// A source as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InUse {
    pub source: Source,
    /// How far what it found while it observed has been asked for, once that began.
    pub cohorts: Option<Cohorts>,
    /// That approved actions wait for its API key, while they do.
    pub locked: Option<Locked>,
    /// What the rules of recoveries promise, and it may not do, as sentences.
    pub unkept: Vec<String>,
}

/// What somebody wants of a source; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// An empty one takes the name away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub mode: Option<Mode>,
    pub acting: Option<Acting>,
    pub retries: Option<Party>,
    pub messages: Option<Party>,
    pub cancels: Option<Party>,
}

/// A wish that was granted or still waits, with the second person where it takes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    #[serde(flatten)]
    pub wish: Wish,
    pub by: String,
    pub confirmed_by: Option<String>,
    pub at: Timestamp,
    /// What it lets loose, as it was counted then; nothing where it lets less leave.
    #[serde(default)]
    pub preview: Option<Preview>,
}

/// What a wish lets leave, or lets in, that did not before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// In words.
    pub effects: Vec<String>,
    /// What people and customers will be asked for that was found until then.
    pub backlog: Backlog,
}

/// What a change of a source is judged by beside the source itself.
#[derive(Debug, Clone)]
pub struct Judged {
    pub backlog: Backlog,
    pub switch_off: SwitchOff,
    /// What the rules of recoveries promise, and it may not do even then, as sentences.
    pub unkept: Vec<String>,
    /// For how long a wish waits for its second person.
    pub hours: i64,
    pub now: Timestamp,
}

/// What has to be switched off at the provider by hand where Recoup takes it over, as sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SwitchOff {
    pub retries: Option<&'static str>,
    pub messages: Option<&'static str>,
    pub cancels: Option<&'static str>,
}

/// How a wish ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granted {
    Done,
    /// It lets more leave or in than before: another person must ask for the same.
    NeedsAnother,
}

/// Why a wish is refused, in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only a manager or a VP may change a source")]
    NotPermitted,
    #[error("you asked for this yourself: another manager or a VP must ask for the same")]
    OwnRequest,
    #[error("a name has {NAME_CHARS_MAX} letters at most and stands on one line")]
    NoName,
    #[error(
        "Recoup tries again and ends only what it writes about: give `messages` to Recoup as well, or leave `retries` \
         and `cancels` with the provider"
    )]
    Unwritten,
}

/// Which deliveries are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Live,
    Test,
    Both,
}

/// How far Recoup may go, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Acting {
    /// Nothing leaves.
    Observe,
    /// People may act; nothing is sent or tried on a schedule.
    Assist,
    Act,
}

/// Who of the two does what only one may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Provider,
    Recoup,
}

impl Wish {
    /// Whether it says how far Recoup goes, or who does what.
    fn says_who_acts(&self) -> bool {
        self.acting.is_some() || self.says_who_does_what()
    }

    /// Whether it says who does what.
    fn says_who_does_what(&self) -> bool {
        [self.retries, self.messages, self.cancels].iter().any(Option::is_some)
    }

    fn only_names(&self) -> bool {
        *self == Self { name: self.name.clone(), ..Self::default() }
    }
}

impl Mode {
    /// Whether deliveries of live mode, or of test mode, are taken.
    pub fn takes(self, live: bool) -> bool {
        match self {
            Self::Both => true,
            Self::Live => live,
            Self::Test => !live,
        }
    }
}

impl Source {
    /// A source that was just connected: live deliveries are read, and nothing leaves.
    pub fn new(provider: &str, source: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            source: source.to_owned(),
            name: None,
            mode: Mode::Live,
            acting: Acting::Observe,
            retries: Party::Provider,
            messages: Party::Provider,
            cancels: Party::Provider,
            asked: None,
            changes: Vec::new(),
        }
    }

    /// What a wish lets leave, or lets in, that does not now.
    pub fn effects(&self, wish: &Wish) -> Vec<&'static str> {
        let acting = wish.acting.filter(|acting| *acting > self.acting);
        // A recovery begins, tries and ends only where Recoup writes.
        let does = |party: Party, messages: Party| party == Party::Recoup && messages == Party::Recoup;
        let messages = wish.messages.unwrap_or(self.messages);
        let begins = |wished: Option<Party>, standing: Party| {
            does(wished.unwrap_or(standing), messages) && !does(standing, self.messages)
        };
        let takes_more = |live| wish.mode.is_some_and(|mode| mode.takes(live)) && !self.mode.takes(live);
        let rows = [
            (
                self.ends_observing(wish),
                "people may act, and are asked for what cases recommend, those found until now included",
            ),
            (acting == Some(Acting::Act), "what is scheduled goes out by plan"),
            (self.recovers(wish), "customers are asked for payments that failed until now and are still open"),
            (begins(wish.retries, self.retries), "Recoup tries failed payments again"),
            (messages > self.messages, "Recoup writes to the customers"),
            (begins(wish.cancels, self.cancels), "Recoup ends subscriptions"),
            (takes_more(true), "deliveries of live mode are taken as well"),
            (takes_more(false), "deliveries of test mode are taken as well, and count like others"),
        ];
        rows.into_iter().filter(|(does, _)| *does).map(|(_, what)| what).collect()
    }

    /// Whether a wish lets go what was found until then: people are asked for it, or customers.
    pub fn begins(&self, wish: &Wish) -> bool {
        self.ends_observing(wish) || self.recovers(wish)
    }

    /// Whether a wish ends that nothing leaves: people are asked for what was found until then.
    fn ends_observing(&self, wish: &Wish) -> bool {
        self.acting == Acting::Observe && wish.acting.is_some_and(|acting| acting > self.acting)
    }

    /// Whether Recoup writes to the customers from a wish on, and did not: they are asked for what failed until then.
    pub fn recovers(&self, wish: &Wish) -> bool {
        let (acting, messages) = (wish.acting.unwrap_or(self.acting), wish.messages.unwrap_or(self.messages));
        !self.writes() && writes(acting, messages)
    }

    /// Whether a wish leaves tries or ends with Recoup, and the letters with the provider: then nobody would try or end
    /// anything. Whoever only lowers what acts is not kept from it.
    fn leaves_unwritten(&self, wish: &Wish) -> bool {
        let parties = [wish.retries.unwrap_or(self.retries), wish.cancels.unwrap_or(self.cancels)];
        let is_unwritten = wish.messages.unwrap_or(self.messages) == Party::Provider;
        wish.says_who_does_what() && is_unwritten && parties.contains(&Party::Recoup)
    }

    /// Whether somebody wants the same, and a second person is waited for.
    fn awaits(asked: &Change, wish: &Wish, hours: i64, now: Timestamp) -> bool {
        asked.wish == *wish && now < asked.at + SignedDuration::from_hours(hours)
    }

    /// Whether it was counted already what a wish lets loose: that was shown, and is what a second person confirms.
    pub fn has_shown(&self, wish: &Wish, hours: i64, now: Timestamp) -> bool {
        self.asked.as_ref().is_some_and(|asked| Self::awaits(asked, wish, hours, now) && asked.preview.is_some())
    }

    /// What it is once a wish is granted.
    #[must_use]
    pub fn once_granted(&self, wish: &Wish) -> Self {
        let mut granted = self.clone();
        granted.fulfil(wish);
        granted
    }

    fn fulfil(&mut self, wish: &Wish) {
        if let Some(name) = &wish.name {
            self.name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
        }
        self.mode = wish.mode.unwrap_or(self.mode);
        self.acting = wish.acting.unwrap_or(self.acting);
        self.retries = wish.retries.unwrap_or(self.retries);
        self.messages = wish.messages.unwrap_or(self.messages);
        self.cancels = wish.cancels.unwrap_or(self.cancels);
    }

    /// What has to be switched off for what a wish takes over from the provider.
    fn by_hand(&self, wish: &Wish, off: SwitchOff) -> impl Iterator<Item = &'static str> {
        let rows = [
            (wish.retries, self.retries, off.retries),
            (wish.messages, self.messages, off.messages),
            (wish.cancels, self.cancels, off.cancels),
        ];
        rows.into_iter().filter_map(|(wished, standing, off)| {
            off.filter(|_| wished == Some(Party::Recoup) && standing == Party::Provider)
        })
    }

    /// Takes a wish: what lets less leave is done at once, what lets more leave or in needs a second person.
    pub fn wish(&mut self, wish: &Wish, staff: &Staff, judged: Judged) -> Result<Granted, Refused> {
        if !matches!(staff.role, Role::Manager | Role::Vp) {
            return Err(Refused::NotPermitted);
        }
        if wish
            .name
            .as_ref()
            .is_some_and(|name| name.chars().count() > NAME_CHARS_MAX || name.contains(char::is_control))
        {
            return Err(Refused::NoName);
        }
        if self.leaves_unwritten(wish) {
            return Err(Refused::Unwritten);
        }
        let Judged { backlog, switch_off, unkept, hours, now } = judged;
        let effects: Vec<_> =
            self.effects(wish).into_iter().chain(self.by_hand(wish, switch_off)).map(str::to_owned).collect();
        let unkept = unkept.into_iter().filter(|_| wish.says_who_acts());
        let preview =
            (!effects.is_empty()).then(|| Preview { effects: effects.into_iter().chain(unkept).collect(), backlog });
        let change = |by: &str, confirmed_by| Change {
            wish: wish.clone(),
            by: by.to_owned(),
            confirmed_by,
            at: now,
            preview: preview.clone(),
        };
        // A name is nothing that anybody waits for.
        let waiting = self.asked.clone().filter(|_| wish.only_names());
        let done = match self.asked.take().filter(|asked| Self::awaits(asked, wish, hours, now)) {
            _ if preview.is_none() => change(&staff.id, None),
            Some(asked) if asked.by == staff.id => {
                self.asked = Some(asked);
                return Err(Refused::OwnRequest);
            }
            Some(Change { by, preview: shown, .. }) => {
                let done = change(&by, Some(staff.id.clone()));
                Change { preview: shown.or(done.preview), ..done }
            }
            None => {
                self.asked = Some(change(&staff.id, None));
                return Ok(Granted::NeedsAnother);
            }
        };
        self.fulfil(wish);
        self.asked = waiting;
        self.changes.push(done);
        forget_oldest(&mut self.changes, CHANGES_BYTES_MAX);
        Ok(Granted::Done)
    }

    /// Whether scheduled messages of ours go to its customers.
    pub fn writes(&self) -> bool {
        writes(self.acting, self.messages)
    }

    /// Whether Recoup tries its failed payments again by plan.
    pub fn retries(&self) -> bool {
        self.acting == Acting::Act && self.retries == Party::Recoup
    }

    /// Whether people are asked to end its subscriptions when a recovery comes to its end.
    pub fn cancels(&self) -> bool {
        self.acting == Acting::Act && self.cancels == Party::Recoup
    }

    /// A source of the local service: it takes everything and acts, with retries and messages by Recoup.
    pub fn local(provider: &str, source: &str) -> Self {
        Self {
            mode: Mode::Both,
            acting: Acting::Act,
            retries: Party::Recoup,
            messages: Party::Recoup,
            ..Self::new(provider, source)
        }
    }

    /// Whether a delivery is of the wanted mode; where a provider does not say, the source's own endpoint decides.
    pub fn takes(&self, live: Option<bool>) -> bool {
        live.is_none_or(|live| self.mode.takes(live))
    }
}

fn writes(acting: Acting, messages: Party) -> bool {
    acting == Acting::Act && messages == Party::Recoup
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_takes_its_mode_and_what_has_none() {
        for (mode, live, test) in [(Mode::Live, true, false), (Mode::Test, false, true), (Mode::Both, true, true)] {
            let source = Source { mode, ..Source::new("stripe", "default") };
            assert_eq!(
                (source.takes(Some(true)), source.takes(Some(false)), source.takes(None)),
                (live, test, true),
                "{mode:?}"
            );
        }
    }

    fn staff(id: &str, role: Role) -> Staff {
        Staff { id: id.into(), name: id.into(), role, email: String::new(), slack: None, languages: Vec::new() }
    }

    fn judged(hour: i64) -> Judged {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        let (backlog, switch_off) = (Backlog { cases: 7, ..Backlog::default() }, SwitchOff::default());
        Judged { backlog, switch_off, unkept: Vec::new(), hours: 72, now }
    }

    #[test]
    fn what_lets_more_leave_needs_two_people() {
        let (mara, marc, lena) = (staff("mara", Role::Manager), staff("marc", Role::Manager), staff("lena", Role::L1));
        let mut source = Source::new("stripe", "default");
        let act = Wish { acting: Some(Acting::Act), ..Wish::default() };
        assert_eq!(source.wish(&act, &lena, judged(0)), Err(Refused::NotPermitted));
        assert_eq!(source.wish(&act, &mara, judged(0)), Ok(Granted::NeedsAnother));
        assert_eq!(source.acting, Acting::Observe, "nothing has changed yet");
        let shown = source.asked.as_ref().and_then(|asked| asked.preview.as_ref()).unwrap();
        assert_eq!((shown.backlog.cases, shown.effects.len()), (7, 2), "what it lets loose is shown: {shown:?}");
        assert_eq!(source.wish(&act, &mara, judged(1)), Err(Refused::OwnRequest));
        assert_eq!(source.wish(&act, &marc, judged(71)), Ok(Granted::Done));
        assert_eq!((source.acting, source.asked.is_none()), (Acting::Act, true));
        let last = source.changes.last().unwrap();
        assert_eq!((last.by.as_str(), last.confirmed_by.as_deref()), ("mara", Some("marc")));
        assert!(last.preview.is_some(), "what was let loose stays with who did it");
        let observe = Wish { acting: Some(Acting::Observe), ..Wish::default() };
        assert_eq!(source.wish(&observe, &mara, judged(72)), Ok(Granted::Done), "less may leave at once");
        assert_eq!(source.changes.last().unwrap().preview, None);
    }

    #[test]
    fn a_name_is_one_line_and_needs_nobody_else() {
        let (manager, agent) = (staff("mara", Role::Manager), staff("lena", Role::L1));
        let named = |name: &str| Wish { name: Some(name.to_owned()), ..Wish::default() };
        let mut source = Source::new("stripe", "default");
        for (name, expected) in [
            (" Juniper & Söhne ", Ok(Some("Juniper & Söhne"))),
            ("two\nlines", Err(Refused::NoName)),
            (&"x".repeat(61), Err(Refused::NoName)),
            (&"é".repeat(60), Ok(Some(&*"é".repeat(60)))),
            ("", Ok(None)),
        ] {
            let granted = source.wish(&named(name), &manager, judged(0));
            assert_eq!(granted, expected.map(|_| Granted::Done), "{name}");
            if let Ok(expected) = expected {
                assert_eq!(source.name.as_deref(), expected, "{name}");
            }
        }
        assert_eq!(source.wish(&named("Ours"), &agent, judged(0)), Err(Refused::NotPermitted));
        assert_eq!(source.changes.len(), 3, "who called it so is kept");

        let act = Wish { acting: Some(Acting::Act), ..Wish::default() };
        assert_eq!(source.wish(&act, &manager, judged(0)), Ok(Granted::NeedsAnother));
        assert_eq!(source.wish(&named("Ours"), &manager, judged(0)), Ok(Granted::Done));
        assert_eq!(source.wish(&act, &staff("vera", Role::Vp), judged(0)), Ok(Granted::Done), "it still waited");
    }

    #[test]
    fn whoever_takes_something_over_is_told_what_to_switch_off_and_what_stays_undone() {
        let mara = staff("mara", Role::Manager);
        let (ours, theirs) = (Party::Recoup, Party::Provider);
        let (tries, letters, ends) = ("tries off", "letters off", "ends off");
        let wish = |retries, messages, cancels| Wish { retries, messages, cancels, ..Wish::default() };
        let act = Wish { acting: Some(Acting::Act), ..Wish::default() };
        for (name, wish, standing, expected) in [
            ("tries", wish(Some(ours), Some(ours), None), theirs, vec![tries, letters, "unkept"]),
            ("letters", wish(None, Some(ours), None), theirs, vec![letters, "unkept"]),
            ("ends", wish(None, Some(ours), Some(ours)), theirs, vec![letters, ends, "unkept"]),
            ("all", wish(Some(ours), Some(ours), Some(ours)), theirs, vec![tries, letters, ends, "unkept"]),
            ("it has them already", wish(Some(ours), Some(ours), Some(ours)), ours, vec![]),
            ("given back", wish(Some(theirs), None, None), ours, vec![]),
            ("it is raised", act, theirs, vec!["unkept"]),
            ("another wish", Wish { mode: Some(Mode::Both), ..Wish::default() }, theirs, vec![]),
        ] {
            let (retries, messages, cancels) = (standing, standing, standing);
            let mut source = Source { retries, messages, cancels, ..Source::new("stripe", "default") };
            let switch_off = SwitchOff { retries: Some(tries), messages: Some(letters), cancels: Some(ends) };
            let judged = Judged { switch_off, unkept: vec!["unkept".to_owned()], ..judged(0) };
            source.wish(&wish, &mara, judged).unwrap();
            let shown = source.asked.and_then(|asked| asked.preview).map(|it| it.effects).unwrap_or_default();
            let told: Vec<_> = shown.iter().filter(|it| it.ends_with(" off") || *it == "unkept").collect();
            assert_eq!(told, expected, "{name}: {shown:?}");
        }
    }

    #[test]
    fn nobody_takes_tries_or_ends_without_the_letters() {
        let (ours, theirs) = (Party::Recoup, Party::Provider);
        let wish = |retries, messages, cancels| Wish { retries, messages, cancels, ..Wish::default() };
        let (mine, back) = (Some(ours), Some(theirs));
        let (waits, done, refused) = (Ok(Granted::NeedsAnother), Ok(Granted::Done), Err(Refused::Unwritten));
        let observe = Wish { acting: Some(Acting::Observe), ..Wish::default() };
        for (name, standing, wish, expected) in [
            ("tries alone", (theirs, theirs, theirs), wish(mine, None, None), refused),
            ("ends alone", (theirs, theirs, theirs), wish(None, None, mine), refused),
            ("tries with the letters", (theirs, theirs, theirs), wish(mine, mine, None), waits),
            ("ends with the letters", (theirs, theirs, theirs), wish(None, mine, mine), waits),
            ("letters alone", (theirs, theirs, theirs), wish(None, mine, None), waits),
            ("tries beside the letters", (theirs, ours, theirs), wish(mine, None, None), waits),
            ("letters back, tries not", (ours, ours, theirs), wish(None, back, None), refused),
            ("letters back, ends not", (theirs, ours, ours), wish(None, back, None), refused),
            ("letters back for ends", (theirs, ours, theirs), wish(None, back, mine), refused),
            ("letters and tries back", (ours, ours, theirs), wish(back, back, None), done),
            ("letters and tries back, ends not", (ours, ours, ours), wish(back, back, None), refused),
            ("tries back", (ours, ours, theirs), wish(back, None, None), done),
            ("stored so, and mended", (ours, theirs, theirs), wish(None, mine, None), waits),
            ("stored so, and lowered", (ours, theirs, theirs), observe, done),
        ] {
            let (retries, messages, cancels) = standing;
            let acting = Acting::Act;
            let mut source = Source { acting, retries, messages, cancels, ..Source::new("stripe", "default") };
            let granted = source.wish(&wish, &staff("mara", Role::Manager), judged(0));
            assert_eq!(granted, expected, "{name}");
            let is_as_before = source.asked.is_none() && source.changes.is_empty();
            assert_eq!(is_as_before, granted.is_err(), "{name}: nothing is kept of what is refused");
        }
    }

    #[test]
    fn tries_and_ends_are_by_plan_where_recoup_acts_and_has_them() {
        for (acting, retries, does) in [
            (Acting::Act, Party::Recoup, true),
            (Acting::Act, Party::Provider, false),
            (Acting::Assist, Party::Recoup, false),
            (Acting::Observe, Party::Recoup, false),
        ] {
            let source = Source { acting, retries, ..Source::new("stripe", "default") };
            assert_eq!(source.retries(), does, "{acting:?} {retries:?}");
            let source = Source { acting, cancels: retries, ..Source::new("stripe", "default") };
            assert_eq!(source.cancels(), does, "{acting:?} {retries:?}");
        }
    }

    #[test]
    fn what_was_shown_is_what_is_confirmed() {
        let (mara, marc) = (staff("mara", Role::Manager), staff("marc", Role::Manager));
        let assist = Wish { acting: Some(Acting::Assist), ..Wish::default() };
        let at = |hour| judged(hour).now;
        let mut source = Source::new("stripe", "default");
        assert!(!source.has_shown(&assist, 72, at(0)), "nobody has asked for it");
        source.wish(&assist, &mara, judged(0)).unwrap();
        assert!(source.has_shown(&assist, 72, at(71)));
        assert!(!source.has_shown(&assist, 72, at(72)), "it waits no more");
        assert!(!source.has_shown(&Wish::default(), 72, at(71)), "that was shown of another wish");
        let uncounted = Judged { backlog: Backlog::default(), ..judged(71) };
        assert_eq!(source.wish(&assist, &marc, uncounted), Ok(Granted::Done));
        let shown = source.changes.last().and_then(|change| change.preview.clone()).unwrap();
        assert_eq!(shown.backlog.cases, 7);
    }

    #[test]
    fn a_wish_waits_for_its_second_person_as_long_as_the_policy_says() {
        let (mara, marc) = (staff("mara", Role::Manager), staff("marc", Role::Manager));
        let assist = Wish { acting: Some(Acting::Assist), ..Wish::default() };
        for (hour, expected) in [(71, Granted::Done), (72, Granted::NeedsAnother)] {
            let mut source = Source::new("stripe", "default");
            source.wish(&assist, &mara, judged(0)).unwrap();
            assert_eq!(source.wish(&assist, &marc, judged(hour)), Ok(expected), "after {hour} hours");
        }
    }

    #[test]
    fn what_needs_two_people_is_named_by_what_it_does() {
        let both = Wish { mode: Some(Mode::Both), ..Wish::default() };
        let rows = [
            ("nothing", Wish::default(), Mode::Live, Acting::Observe, vec![]),
            ("the same", both.clone(), Mode::Both, Acting::Observe, vec![]),
            ("test beside live", both.clone(), Mode::Live, Acting::Act, vec!["deliveries of test mode"]),
            ("live beside test", both, Mode::Test, Acting::Act, vec!["deliveries of live mode"]),
            (
                "test in place of live",
                Wish { mode: Some(Mode::Test), ..Wish::default() },
                Mode::Live,
                Acting::Act,
                vec!["deliveries of test mode"],
            ),
            ("live alone", Wish { mode: Some(Mode::Live), ..Wish::default() }, Mode::Both, Acting::Act, vec![]),
            (
                "people may act",
                Wish { acting: Some(Acting::Assist), ..Wish::default() },
                Mode::Live,
                Acting::Observe,
                vec!["people may act"],
            ),
            (
                "from people to plans",
                Wish { acting: Some(Acting::Act), ..Wish::default() },
                Mode::Live,
                Acting::Assist,
                vec!["what is scheduled"],
            ),
            (
                "who retries, writes and ends",
                Wish {
                    retries: Some(Party::Recoup),
                    messages: Some(Party::Recoup),
                    cancels: Some(Party::Recoup),
                    ..Wish::default()
                },
                Mode::Live,
                Acting::Act,
                vec!["customers are asked", "Recoup tries", "Recoup writes", "Recoup ends"],
            ),
        ];
        let stored = Source { acting: Acting::Act, retries: Party::Recoup, ..Source::new("stripe", "default") };
        let letters = Wish { messages: Some(Party::Recoup), ..Wish::default() };
        assert!(stored.effects(&letters).contains(&"Recoup tries failed payments again"), "with them it begins to try");
        for (name, wish, mode, acting, expected) in rows {
            let source = Source { mode, acting, ..Source::new("stripe", "default") };
            let effects = source.effects(&wish);
            let fits = effects.len() == expected.len()
                && effects.iter().zip(&expected).all(|(effect, begins)| effect.starts_with(begins));
            assert!(fits, "{name}: {effects:?}");
        }
    }

    #[test]
    fn what_was_found_is_let_go_when_people_may_act_or_recoup_begins_to_write() {
        let wish = |acting, messages| Wish { acting, messages, ..Wish::default() };
        let act = || wish(Some(Acting::Act), None);
        for (name, acting, messages, wish, begins, recovers) in [
            ("people may act", Acting::Observe, Party::Recoup, wish(Some(Acting::Assist), None), true, false),
            ("it acts, and Recoup writes", Acting::Observe, Party::Recoup, act(), true, true),
            ("it acts, and the provider writes", Acting::Observe, Party::Provider, act(), true, false),
            ("from people to plans", Acting::Assist, Party::Recoup, act(), true, true),
            ("the same where the provider writes", Acting::Assist, Party::Provider, act(), false, false),
            ("Recoup writes at last", Acting::Act, Party::Provider, wish(None, Some(Party::Recoup)), true, true),
            ("it will once it acts", Acting::Assist, Party::Provider, wish(None, Some(Party::Recoup)), false, false),
            ("it does already", Acting::Act, Party::Recoup, act(), false, false),
            ("less than before", Acting::Act, Party::Recoup, wish(Some(Acting::Assist), None), false, false),
        ] {
            let source = Source { acting, messages, ..Source::new("stripe", "default") };
            assert_eq!((source.begins(&wish), source.recovers(&wish)), (begins, recovers), "{name}");
        }
    }
}
