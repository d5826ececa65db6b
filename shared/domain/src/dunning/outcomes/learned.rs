//! What an adviser would say who had seen earlier tries, and nothing else.

use super::{NotLearned, Outcome};
use crate::book::By;
use crate::decline::Declines;
use crate::dunning::{Advice, Calendar, DunningPolicy, HoursPolicy, Traits, adviser};

/// What an adviser says who has seen these outcomes, in the order of time, and nothing else.
pub fn learned(
    csv: &str,
    (policy, hours, declines): (&DunningPolicy, &HoursPolicy, &Declines),
    version: u32,
    effective: &str,
) -> Result<Advice, NotLearned> {
    let rules = policy.adviser.as_ref().ok_or(NotLearned::NobodyLearns)?;
    // What somebody paid who was there says nothing of when to charge those who are not.
    let is_told = |outcome: &Outcome| outcome.tried_at.is_some() && outcome.by != By::Customer;
    let mut outcomes: Vec<Outcome> = Outcome::read(csv)?.into_iter().filter(is_told).collect();
    if outcomes.is_empty() {
        return Err(NotLearned::Nothing);
    }
    outcomes.sort_by_key(|outcome| outcome.tried_at);
    let nothing = Advice { version: 1, effective: effective.to_owned(), group: Vec::new() };
    let mut adviser = adviser(rules, &nothing);
    for it in &outcomes {
        let (Some(tried_at), Some(succeeded)) = (it.tried_at, it.succeeded) else { continue };
        let traits = Traits {
            family: declines.meaning(Some(&it.decline())).family.id.get_ref(),
            code: &it.code,
            network: &it.network,
            funding: &it.funding,
            issuer: &it.issuer,
            country: &it.country,
        };
        let before = usize::try_from(it.tries_before).unwrap_or(usize::MAX);
        let places = Calendar::new(hours.zone_in(&it.country)).places(it.failed_at, tried_at, before);
        adviser.learn(&traits.groups(), &places, succeeded);
    }
    Ok(Advice::of(&adviser, version, effective))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::policy::Versions;
    use jiff::{SignedDuration, Timestamp};

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
            (&*good.replace("true", ""), "line 2: a try that was made says whether it succeeded"),
            (&*good.replace("2026-03-02T06:00:00Z", "").replace("true", ""), "nothing to learn from"),
        ] {
            let refused = learn(rows).unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn what_the_customer_tried_and_what_came_to_no_try_teaches_nothing() {
        let head = HEAD.replace('\n', ",by\n");
        let row = |tried: &str, ended: &str, by: &str| {
            format!("2026-03-02T00:00:00Z,{tried},0,stripe,insufficient_funds,visa,debit,bank,GB,{ended},{by}\n")
        };
        let own = row("2026-03-02T06:00:00Z", "true", "recoup");
        let others = row("2026-03-03T06:00:00Z", "true", "customer") + &row("", "", "recoup");
        let policies = Policies::shipped().unwrap();
        let by = (policies.dunning.current(), policies.hours.current(), policies.declines.current());
        let text = |rows: &str| learned(&format!("{head}{rows}"), by, 2, "2026-12-01").map(|advice| advice.text());
        assert_eq!(text(&format!("{own}{others}")), text(&own));
        assert_eq!(text(&others), Err(NotLearned::Nothing));
    }
}
