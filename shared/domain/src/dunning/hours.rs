//! When may a customer be written to? By day and on working days, by their own clock. The rules are data: `shared/policy/hours/`.

use super::{Plan, Step, StepKind, StepState};
use crate::policy::{Complaint, Rules};
use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// How often all zones of a customer are gone through until each has day. Of a year of mornings none takes more than a few
/// rounds; the lint refuses zones that share no hour.
const ROUNDS_MAX: usize = 32;

/// One released version of when customers are written to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursPolicy {
    pub version: u32,
    pub effective: String,
    pub why: String,
    /// In the evening; from then on nothing leaves until the morning.
    pub quiet_from: Time,
    pub quiet_until: Time,
    days: BTreeSet<Day>,
    /// Where neither a zone nor a country is known; without any, such customers are written to at every hour.
    otherwise: Vec<String>,
    /// In which zones nearly everybody of a country lives.
    zones: BTreeMap<String, Vec<String>>,
    /// Whose numbers begin so, behind the plus: of two that fit the longer one counts.
    #[serde(default)]
    prefixes: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

impl HoursPolicy {
    /// The first moment from a time on in which a customer may be written to. `zone` is their own, where it is known; a
    /// country with several zones has day when all of them have.
    pub fn first_from(&self, due: Timestamp, zone: Option<&str>, country: Option<&str>) -> Timestamp {
        self.first_in_all(due, &self.zones_of(zone, country)).unwrap_or(due)
    }

    /// The same for whoever is written to at a number: it is day where that number is from, unless their own zone is known, and in
    /// their country only where nobody knows whose numbers begin so. Nothing, where it might be night.
    pub fn first_for_phone(
        &self,
        due: Timestamp,
        zone: Option<&str>,
        number: &str,
        country: Option<&str>,
    ) -> Option<Timestamp> {
        let own = zone.and_then(|zone| TimeZone::get(zone).ok()).map(|zone| vec![zone]);
        let of_country = || country.map(|country| zones(self.zones_in(country)));
        let zones = own.or_else(|| self.zones_at(number)).or_else(of_country)?;
        self.first_in_all(due, &zones).filter(|_| !zones.is_empty())
    }

    /// The zones of whoever has a number that begins with a country's.
    fn zones_at(&self, number: &str) -> Option<Vec<TimeZone>> {
        let digits = number.strip_prefix('+')?;
        let prefix =
            self.prefixes.keys().filter(|prefix| digits.starts_with(prefix.as_str())).max_by_key(|it| it.len())?;
        Some(self.prefixes[prefix].iter().flat_map(|country| zones(self.zones_in(country))).collect())
    }

    fn zones_in(&self, country: &str) -> &[String] {
        self.zones.get(&country.to_ascii_uppercase()).map_or(&[], Vec::as_slice)
    }

    /// The time zone of a country: the first of those in which nearly everybody lives; that of Greenwich where none is known.
    pub fn zone_in(&self, country: &str) -> TimeZone {
        let zones = self.zones.get(&country.to_ascii_uppercase());
        zones.and_then(|zones| TimeZone::get(zones.first()?).ok()).unwrap_or(TimeZone::UTC)
    }

    /// The same for a customer whose own zone may be known.
    pub fn zone_of(&self, zone: Option<&str>, country: Option<&str>) -> TimeZone {
        let own = zone.and_then(|zone| TimeZone::get(zone).ok());
        own.unwrap_or_else(|| country.map_or(TimeZone::UTC, |country| self.zone_in(country)))
    }

    /// When a day is over for a customer: in the last of their zones, and by UTC where nobody knows one.
    pub fn end_of(&self, day: Date, zone: Option<&str>, country: Option<&str>) -> Option<Timestamp> {
        let next = day.tomorrow().ok()?;
        let mut zones = self.zones_of(zone, country);
        if zones.is_empty() {
            zones.push(TimeZone::UTC);
        }
        zones.into_iter().filter_map(|zone| Some(next.to_zoned(zone).ok()?.timestamp())).max()
    }

    fn zones_of(&self, zone: Option<&str>, country: Option<&str>) -> Vec<TimeZone> {
        if let Some(zone) = zone.and_then(|zone| TimeZone::get(zone).ok()) {
            return vec![zone];
        }
        let of_country = country.and_then(|country| self.zones.get(&country.to_ascii_uppercase()));
        zones(of_country.unwrap_or(&self.otherwise))
    }

    /// Nothing where the zones share no such moment.
    fn first_in_all(&self, due: Timestamp, zones: &[TimeZone]) -> Option<Timestamp> {
        let mut at = due;
        for _ in 0..ROUNDS_MAX {
            let before = at;
            for zone in zones {
                at = self.first_in(at, zone)?;
            }
            if at == before {
                return Some(at);
            }
        }
        None
    }

    fn lint_prefixes(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        for (prefix, countries) in &self.prefixes {
            if !prefix.bytes().all(|byte| byte.is_ascii_digit()) || prefix.is_empty() || prefix.starts_with('0') {
                complaints.push(Complaint::at(0, format!("no number begins with `{prefix}`: write it like 49")));
            }
            for country in countries.iter().filter(|country| !self.zones.contains_key(*country)) {
                complaints.push(Complaint::at(0, format!("`{country}` has no zones, and `{prefix}` is its number")));
            }
            let names: Vec<_> = countries.iter().flat_map(|country| self.zones_in(country)).cloned().collect();
            if !self.share_hours(&names) || names.is_empty() {
                let said = format!("the zones of numbers that begin with `{prefix}` share no hour of a day");
                complaints.push(Complaint::at(0, said));
            }
        }
        complaints
    }

    /// Whether there is a time at which it is day in all of them: asked half a year apart, for both kinds of clocks.
    fn share_hours(&self, names: &[String]) -> bool {
        let days = ["2026-01-05T00:00:00Z", "2026-07-06T00:00:00Z"].map(|at| at.parse::<Timestamp>().expect("a time"));
        days.into_iter().all(|at| self.first_in_all(at, &zones(names)).is_some())
    }

    fn first_in(&self, from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = from.to_zoned(zone.clone());
        let (mut date, time) = (local.date(), local.time());
        let is_day = |weekday: Weekday| self.days.contains(&Day::of(weekday));
        if time >= self.quiet_until {
            if time < self.quiet_from && is_day(date.weekday()) {
                return Some(from);
            }
            date = date.tomorrow().ok()?;
        }
        while !is_day(date.weekday()) {
            date = date.tomorrow().ok()?;
        }
        // A morning that the clock leaves out moves with it; of one that it shows twice, the first that is yet to come.
        let morning = zone.to_ambiguous_timestamp(date.to_datetime(self.quiet_until));
        let first = morning.compatible().ok()?;
        if first >= from { Some(first) } else { morning.later().ok() }
    }
}

fn zones(names: &[String]) -> Vec<TimeZone> {
    names.iter().filter_map(|name| TimeZone::get(name).ok()).collect()
}

impl Plan {
    /// Letters that are due wait until they may be written.
    pub fn keep_quiet(&mut self, now: Timestamp, until: Timestamp) {
        self.waits_for_day(StepKind::is_mail, now, until);
    }

    /// The same of text messages, which wake whom they reach.
    pub fn keep_phones_quiet(&mut self, now: Timestamp, until: Timestamp) {
        self.waits_for_day(StepKind::is_sms, now, until);
    }

    fn waits_for_day(&mut self, is_it: impl Fn(&StepKind) -> bool, now: Timestamp, until: Timestamp) {
        let waits =
            |step: &Step| is_it(&step.kind) && step.state == StepState::Waiting && step.due_at <= now && now < until;
        for step in self.steps.iter_mut().filter(|step| waits(step)) {
            step.why = None;
            step.again_at = Some(step.again_at.map_or(until, |again_at| again_at.max(until)));
        }
    }
}

impl Rules for HoursPolicy {
    const NAME: &'static str = "hours";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if self.why.trim().is_empty() {
            complaints.push(Complaint::at(0, "`hours` has no `why`"));
        }
        if self.quiet_from <= self.quiet_until {
            complaints.push(Complaint::at(0, "the day ends before it begins: `quiet_from` is after `quiet_until`"));
            return complaints;
        }
        if self.days.is_empty() {
            complaints.push(Complaint::at(0, "`days` needs at least one day"));
            return complaints;
        }
        for (country, names) in &self.zones {
            if names.is_empty() {
                complaints.push(Complaint::at(0, format!("`{country}` needs a zone")));
            }
            if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
                complaints.push(Complaint::at(0, format!("`{country}` is no country: write it like DE")));
            }
        }
        let otherwise = [("otherwise", &self.otherwise)];
        for (whose, names) in self.zones.iter().map(|(country, names)| (country.as_str(), names)).chain(otherwise) {
            for name in names.iter().filter(|name| TimeZone::get(name).is_err()) {
                complaints.push(Complaint::at(0, format!("`{name}` is not a time zone")));
            }
            if !self.share_hours(names) {
                complaints.push(Complaint::at(0, format!("the zones of `{whose}` share no hour of a day")));
            }
        }
        complaints.extend(self.lint_prefixes());
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;
    use crate::policies::Policies;
    use crate::policy::Versions;

    fn shipped() -> HoursPolicy {
        Policies::shipped().unwrap().hours.current().clone()
    }

    #[test]
    fn nobody_is_written_to_at_night_or_at_the_weekend() {
        let hours = shipped();
        let (zone, country) = (|name| (Some(name), None), |code| (None, Some(code)));
        for (name, (zone, country), due, expected) in [
            ("by day", zone("UTC"), "2026-03-02T12:00:00Z", "2026-03-02T12:00:00Z"),
            ("the last moment of a day", zone("UTC"), "2026-03-02T19:59:59Z", "2026-03-02T19:59:59Z"),
            ("the first of an evening", zone("UTC"), "2026-03-02T20:00:00Z", "2026-03-03T08:00:00Z"),
            ("the last of a night", zone("UTC"), "2026-03-03T07:59:59Z", "2026-03-03T08:00:00Z"),
            ("the first of a day", zone("UTC"), "2026-03-03T08:00:00Z", "2026-03-03T08:00:00Z"),
            ("after midnight", zone("UTC"), "2026-03-03T00:00:00Z", "2026-03-03T08:00:00Z"),
            ("a Friday evening", zone("UTC"), "2026-03-06T21:00:00Z", "2026-03-09T08:00:00Z"),
            ("a Saturday morning", zone("UTC"), "2026-03-07T06:00:00Z", "2026-03-09T08:00:00Z"),
            ("a Sunday at noon", zone("UTC"), "2026-03-08T12:00:00Z", "2026-03-09T08:00:00Z"),
            ("the end of a month", zone("UTC"), "2026-03-31T22:00:00Z", "2026-04-01T08:00:00Z"),
            ("the end of a year", zone("UTC"), "2026-12-31T22:00:00Z", "2027-01-01T08:00:00Z"),
            ("the day before a leap day", zone("UTC"), "2028-02-28T22:00:00Z", "2028-02-29T08:00:00Z"),
            ("a leap day", zone("UTC"), "2028-02-29T22:00:00Z", "2028-03-01T08:00:00Z"),
            ("no leap day", zone("UTC"), "2027-02-26T22:00:00Z", "2027-03-01T08:00:00Z"),
            ("far east", zone("Pacific/Kiritimati"), "2026-03-06T07:00:00Z", "2026-03-08T18:00:00Z"),
            ("far west", zone("Pacific/Pago_Pago"), "2026-03-09T05:00:00Z", "2026-03-09T19:00:00Z"),
            ("half an hour off", zone("Asia/Kolkata"), "2026-03-03T02:29:59Z", "2026-03-03T02:30:00Z"),
            ("a country by its code", country("de"), "2026-03-02T19:00:00Z", "2026-03-03T07:00:00Z"),
            ("the night before summer", country("DE"), "2026-03-27T19:30:00Z", "2026-03-30T06:00:00Z"),
            ("the night before winter", country("DE"), "2026-10-23T18:30:00Z", "2026-10-26T07:00:00Z"),
            ("a year that ends before a weekend", zone("UTC"), "2027-12-31T21:00:00Z", "2028-01-03T08:00:00Z"),
            ("a Sunday of 23 hours", zone("America/New_York"), "2026-03-07T02:00:00Z", "2026-03-09T12:00:00Z"),
            ("a Sunday of 25 hours", zone("America/New_York"), "2026-10-31T00:00:00Z", "2026-11-02T13:00:00Z"),
            ("where summer ends in April", zone("Australia/Sydney"), "2026-04-03T09:00:00Z", "2026-04-05T22:00:00Z"),
            ("and begins in October", zone("Australia/Sydney"), "2026-10-02T10:00:00Z", "2026-10-04T21:00:00Z"),
            ("by half an hour", zone("Australia/Lord_Howe"), "2026-04-03T09:00:00Z", "2026-04-05T21:30:00Z"),
            ("nothing is known, at night", (None, None), "2026-03-02T23:30:00Z", "2026-03-02T23:30:00Z"),
            ("nothing is known, on a Sunday", (None, None), "2026-03-08T12:00:00Z", "2026-03-08T12:00:00Z"),
            ("a country that is not listed", country("ZZ"), "2026-03-02T23:30:00Z", "2026-03-02T23:30:00Z"),
            ("a zone that nobody knows", zone("Mars/Olympus"), "2026-03-02T21:00:00Z", "2026-03-02T21:00:00Z"),
            ("and its country", (Some("Mars/Olympus"), Some("DE")), "2026-03-02T21:00:00Z", "2026-03-03T07:00:00Z"),
            ("day from coast to coast", country("US"), "2026-03-02T19:00:00Z", "2026-03-02T19:00:00Z"),
            ("morning in one of its zones", country("US"), "2026-03-02T14:00:00Z", "2026-03-02T18:00:00Z"),
            ("evening in one of its zones", country("US"), "2026-03-03T01:00:00Z", "2026-03-03T18:00:00Z"),
            ("Monday there, Sunday elsewhere", country("AU"), "2026-03-01T22:00:00Z", "2026-03-02T00:00:00Z"),
        ] {
            let found = hours.first_from(due.parse().unwrap(), zone, country);
            assert_eq!(found.to_string(), expected, "{name}");
            assert_eq!(hours.first_from(found, zone, country), found, "{name}: it may be written then");
        }
    }

    #[test]
    fn a_phone_rings_by_day_where_its_number_is_from_or_not_at_all() {
        let hours = shipped();
        let night = "2026-03-03T03:00:00Z";
        for (name, zone, number, country, expected) in [
            ("nothing but its number", None, "+4930123456", None, Some("2026-03-03T07:00:00Z")),
            ("a number of another country", None, "+4930123456", Some("JP"), Some("2026-03-03T07:00:00Z")),
            ("by day there", None, "+81312345678", None, Some(night)),
            ("their own zone", Some("Asia/Tokyo"), "+4930123456", Some("DE"), Some(night)),
            ("a zone that nobody knows", Some("Mars/Olympus"), "+4930123456", None, Some("2026-03-03T07:00:00Z")),
            ("day from coast to coast", None, "+14155550100", None, Some("2026-03-03T18:00:00Z")),
            ("the longer prefix", None, "+16715550100", None, Some(night)),
            (
                "nobody knows whose it is, and where they live",
                None,
                "+99912345678",
                Some("DE"),
                Some("2026-03-03T07:00:00Z"),
            ),
            ("nor that", None, "+99912345678", None, None),
            ("nor whose country that is", None, "+99912345678", Some("ZZ"), None),
            ("no number of a country", None, "030123456", None, None),
        ] {
            let found = hours.first_for_phone(night.parse().unwrap(), zone, number, country);
            assert_eq!(found.map(|at| at.to_string()).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_day_is_over_in_the_last_zone_of_a_customer() {
        let hours = shipped();
        let (zone, country) = (|name| (Some(name), None), |code| (None, Some(code)));
        for (name, (zone, country), day, expected) in [
            ("by UTC", zone("UTC"), "2026-03-05", "2026-03-06T00:00:00Z"),
            ("nobody knows where", (None, None), "2026-03-05", "2026-03-06T00:00:00Z"),
            ("a zone that nobody knows", zone("Mars/Olympus"), "2026-03-05", "2026-03-06T00:00:00Z"),
            ("far east", zone("Pacific/Kiritimati"), "2026-03-05", "2026-03-05T10:00:00Z"),
            ("far west", zone("Pacific/Pago_Pago"), "2026-03-05", "2026-03-06T11:00:00Z"),
            ("a country of one zone", country("DE"), "2026-03-05", "2026-03-05T23:00:00Z"),
            ("the last coast of a country", country("AU"), "2026-03-05", "2026-03-05T16:00:00Z"),
            ("a day of 23 hours", zone("Europe/Berlin"), "2026-03-29", "2026-03-29T22:00:00Z"),
            ("a day of 25 hours", zone("Europe/Berlin"), "2026-10-25", "2026-10-25T23:00:00Z"),
            (
                "the day before a midnight that the clock leaves out",
                zone("Africa/Cairo"),
                "2026-04-23",
                "2026-04-23T22:00:00Z",
            ),
            ("the last of a leap year's February", zone("UTC"), "2028-02-29", "2028-03-01T00:00:00Z"),
            ("the day before a leap day", zone("UTC"), "2028-02-28", "2028-02-29T00:00:00Z"),
            ("the last of another February", zone("Europe/Berlin"), "2027-02-28", "2027-02-28T23:00:00Z"),
            ("the last of a month", zone("Europe/Berlin"), "2026-04-30", "2026-04-30T22:00:00Z"),
            ("the last of a year", zone("Europe/Berlin"), "2026-12-31", "2026-12-31T23:00:00Z"),
            ("the last of a year on the last coast", country("US"), "2026-12-31", "2027-01-01T10:00:00Z"),
            ("23 hours in New York", zone("America/New_York"), "2026-03-08", "2026-03-09T04:00:00Z"),
            ("25 hours in New York", zone("America/New_York"), "2026-11-01", "2026-11-02T05:00:00Z"),
            ("25 hours in April", zone("Australia/Sydney"), "2026-04-05", "2026-04-05T14:00:00Z"),
            ("23 hours in October", zone("Australia/Sydney"), "2026-10-04", "2026-10-04T13:00:00Z"),
        ] {
            let over = hours.end_of(day.parse().unwrap(), zone, country);
            assert_eq!(over.map(|at| at.to_string()).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_morning_that_the_clock_skips_or_shows_twice_is_still_one() {
        let at_two = HoursPolicy { quiet_until: "02:30".parse().unwrap(), days: Day::all(), ..shipped() };
        for (name, due, expected) in [
            // From 02:00 to 03:00 there is nothing in Berlin on 2026-03-29.
            ("a gap", "2026-03-29T00:59:59Z", "2026-03-29T01:30:00Z"),
            ("behind the gap", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            // From 02:00 to 03:00 it is twice on 2026-10-25.
            ("the first of two", "2026-10-25T00:10:00Z", "2026-10-25T00:30:00Z"),
            ("between the two", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"),
        ] {
            let found = at_two.first_from(due.parse().unwrap(), Some("Europe/Berlin"), None);
            assert_eq!(found.to_string(), expected, "{name}");
        }
    }

    #[test]
    fn a_step_that_is_due_at_night_is_taken_up_in_the_morning() {
        let (evening, morning) = ("2026-03-02T21:00:00Z".parse().unwrap(), "2026-03-03T08:00:00Z".parse().unwrap());
        let (due, later) = ("2026-03-02T20:30:00Z", "2026-03-05T08:00:00Z");
        let (first, second) = (("mail", "reminder_1"), ("mail", "reminder_2"));
        for (name, steps, at_night, in_the_morning) in [
            ("a reminder", [(first, due), (second, later)], None, Some(1)),
            ("two that a late start left", [(first, due), (second, due)], None, Some(2)),
            ("a person", [(("person", ""), due), (second, later)], Some(1), None),
            ("nothing", [(first, later), (second, later)], None, None),
        ] {
            let mut plan = plan(&steps);
            plan.keep_quiet(evening, morning);
            let begun = plan.begin(evening, morning).map(|step| step.number);
            assert_eq!(begun, at_night, "{name}");
            if in_the_morning.is_some() {
                assert_eq!(plan.next_wake(), Some(morning), "{name}");
            }
            plan.keep_quiet(morning, morning);
            assert_eq!(plan.begin(morning, morning).map(|step| step.number), in_the_morning, "{name}, in the morning");
        }
    }

    fn plan(steps: &[((&str, &str), &str)]) -> Plan {
        let steps = steps.iter().zip(1..).map(|(((kind, template), due_at), number)| {
            serde_json::json!({"number": number, "kind": kind, "template": template, "due_at": due_at, "state": "waiting",
                "done_at": null, "doubt_at": null})
        });
        serde_json::from_value(serde_json::json!({
            "account": AccountId::of("p", "default", "cus_1"), "invoice": "in_1", "segment": "standard", "policy_version": 1,
            "started_at": "2026-03-01T08:00:00Z", "state": "running", "reason": null, "trace": "t",
            "steps": steps.collect::<Vec<_>>(),
        }))
        .unwrap()
    }

    #[test]
    fn rules_by_which_nobody_could_ever_be_written_to_are_refused() {
        let own = "version = 1\neffective = \"2026-01-01\"\nwhy = \"w\"\nquiet_from = \"20:00\"\nquiet_until = \"08:00\"\n\
                   days = [\"monday\"]\notherwise = [\"UTC\"]\n[zones]\nUS = [\"America/New_York\", \"Pacific/Honolulu\"]\n\
                   [prefixes]\n1 = [\"US\"]\n";
        let load = |text: &str| Versions::<HoursPolicy>::load(&[("shared/policy/hours/v1.toml", text)]);
        let noon_on_sunday = "2026-03-08T12:00:00Z".parse().unwrap();
        let first = |text: &str| load(text).unwrap().current().first_from(noon_on_sunday, None, None);
        assert_eq!(first(own).to_string(), "2026-03-09T08:00:00Z");
        assert_eq!(first(&own.replace("[\"UTC\"]", "[]")), noon_on_sunday, "nobody knows when it is night");
        for (from, to, expected) in [
            ("\"20:00\"", "\"08:00\"", "the day ends before it begins"),
            ("[\"monday\"]", "[]", "at least one day"),
            ("[\"monday\"]", "[\"mon\"]", "unknown variant"),
            ("\"w\"", "\"\"", "no `why`"),
            ("America/New_York", "America/Newyork", "not a time zone"),
            ("America/New_York", "Asia/Tokyo", "share no hour"),
            ("[\"America/New_York\", \"Pacific/Honolulu\"]", "[]", "`US` needs a zone"),
            ("US =", "usa =", "`usa` is no country"),
            ("1 = [\"US\"]", "01 = [\"US\"]", "no number begins with `01`"),
            ("1 = [\"US\"]", "1 = [\"CA\"]", "`CA` has no zones"),
            ("1 = [\"US\"]", "1 = []", "numbers that begin with `1` share no hour"),
        ] {
            let refused = load(&own.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("`{to}` is not refused"));
            assert!(refused.message.contains(expected), "{to}: {refused}");
        }
    }

    impl Day {
        fn all() -> BTreeSet<Self> {
            let monday = Weekday::Monday;
            (0..7_i8).map(|days| Self::of(monday.wrapping_add(days))).collect()
        }
    }
}
