//! How earlier tries ended, as a file tells it: what an adviser learns from before it advises.

use super::adviser::{Traits, adviser};
use super::{Advice, Calendar, DunningPolicy, HoursPolicy};
use crate::decline::Declines;
use crate::event::Decline;
use jiff::Timestamp;
use serde::Deserialize;

/// One try that ended, a line of the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    pub failed_at: Timestamp,
    pub tried_at: Timestamp,
    /// How often it was tried again before this time.
    pub tries_before: u32,
    pub provider: String,
    /// Why the try before it failed.
    pub code: String,
    pub network: String,
    pub funding: String,
    pub issuer: String,
    pub country: String,
    pub succeeded: bool,
}

/// What is wrong with a file of outcomes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLearned {
    #[error("line {line}: {said}")]
    Line { line: u64, said: String },
    #[error("line {0}: a try is not before its failure")]
    Order(u64),
    #[error("these rules have no adviser")]
    NobodyLearns,
    #[error("there is nothing to learn from: the file has no lines")]
    Nothing,
}

/// What an adviser says who has seen these outcomes, in the order of time, and nothing else.
pub fn learned(
    csv: &str,
    (policy, hours, declines): (&DunningPolicy, &HoursPolicy, &Declines),
    version: u32,
    effective: &str,
) -> Result<Advice, NotLearned> {
    let rules = policy.adviser.as_ref().ok_or(NotLearned::NobodyLearns)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.as_bytes());
    let mut outcomes = Vec::new();
    for (row, line) in reader.deserialize::<Outcome>().zip(2..) {
        let outcome = row.map_err(|error| NotLearned::Line { line, said: error.to_string() })?;
        if outcome.tried_at < outcome.failed_at {
            return Err(NotLearned::Order(line));
        }
        outcomes.push(outcome);
    }
    if outcomes.is_empty() {
        return Err(NotLearned::Nothing);
    }
    outcomes.sort_by_key(|outcome| outcome.tried_at);
    let nothing = Advice { version: 1, effective: effective.to_owned(), group: Vec::new() };
    let mut adviser = adviser(rules, &nothing);
    for it in &outcomes {
        let issuer = Some(it.country.clone()).filter(|country| !country.is_empty());
        let decline = Decline { issuer, ..Decline::new(&it.provider, &it.code) };
        let traits = Traits {
            family: declines.meaning(Some(&decline)).family.id.get_ref(),
            code: &it.code,
            network: &it.network,
            funding: &it.funding,
            issuer: &it.issuer,
            country: &it.country,
        };
        let before = usize::try_from(it.tries_before).unwrap_or(usize::MAX);
        let places = Calendar::new(hours.zone_in(&it.country)).places(it.failed_at, it.tried_at, before);
        adviser.learn(&traits.groups(), &places, it.succeeded);
    }
    Ok(Advice::of(&adviser, version, effective))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::policy::Versions;
    use jiff::SignedDuration;

    const HEAD: &str = "failed_at,tried_at,tries_before,provider,code,network,funding,issuer,country,succeeded\n";

    fn learn(rows: &str) -> Result<Advice, NotLearned> {
        let policies = Policies::shipped().unwrap();
        let by = (policies.dunning.current(), policies.hours.current(), policies.declines.current());
        learned(&format!("{HEAD}{rows}"), by, 2, "2026-12-01")
    }

    #[test]
    fn what_was_learned_is_a_table_that_is_read_again_and_says_why() {
        let failed: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        let rows = (1..=1_200).map(|hour: i64| {
            let tried = failed + SignedDuration::from_hours(hour);
            let at_six = hour % 24 == 6;
            format!("{failed},{tried},0,stripe,insufficient_funds,visa,debit,bank,JP,{at_six}\n")
        });
        let advice = learn(&rows.collect::<String>()).unwrap();
        let text = advice.text();
        let read = Versions::<Advice>::load(&[("shared/policy/advice/v2.toml", text.as_str())]).unwrap();
        let group = read.current().group.iter().find(|group| group.id == "insufficient_funds").unwrap();
        let says = |at: &str| group.cell.iter().find(|cell| cell.at.get_ref() == at).map_or(0, |cell| cell.speaks);
        assert!(says("hour 15") > 100 && says("hour 16") < 0, "six in Greenwich is three in Tokyo: {group:?}");
        let whole = "insufficient_funds/insufficient_funds/visa/debit/bank/JP";
        assert_eq!(
            read.current().group.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
            ["", "insufficient_funds", whole]
        );
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let good = "2026-03-02T00:00:00Z,2026-03-02T06:00:00Z,0,stripe,insufficient_funds,visa,debit,bank,GB,true\n";
        assert!(learn(good).is_ok());
        for (rows, said) in [
            ("", "nothing to learn from"),
            (&*good.replace("2026-03-02T06", "2026-03-01T06"), "line 2: a try is not before its failure"),
            (&*format!("{good}{}", good.replace("true", "perhaps")), "line 3"),
            (&*good.replace(",GB", ""), "line 2"),
        ] {
            let refused = learn(rows).unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
    }
}
