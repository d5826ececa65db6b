//! What would another way have made of one's own history? From a file, or from what the running service knows.

use super::{Simulate, Since, policies, read};
use crate::commands::ask;
use crate::commands::{Failed, Shared};
use domain::dunning::Outcome;
use domain::world::{Chooses, Fixed, Judged, Planned, Share, judge as judged_by};
use jiff::tz::TimeZone;
use std::path::Path;

/// How many payments are asked for at once.
const AT_ONCE: u32 = 200;

/// How tries ended, as the running service knows it.
pub(super) async fn told(shared: &Shared, since: Since) -> Result<Vec<Outcome>, Failed> {
    let since = since.since.map(|date| format!("&since={date}")).unwrap_or_default();
    let items = ask::all(shared, &format!("/api/dunning/outcomes?limit={AT_ONCE}{since}")).await?;
    let outcome = |item| serde_json::from_value(item).map_err(|error| format!("the service's answer: {error}"));
    items.into_iter().map(outcome).collect()
}

/// Prints what would have come of the way that is asked for.
pub(super) async fn judge(shared: &Shared, options: &Simulate, file: Option<&Path>) -> Result<(), Failed> {
    let outcomes = match file {
        Some(file) => from(file, options.since)?,
        None => told(shared, options.since).await?,
    };
    let policies = policies(options)?;
    let tried_out = options.advice()?;
    let advice = tried_out.as_ref().unwrap_or(policies.advice.current());
    let (own, hours) = (policies.dunning.current(), policies.hours.current());
    let mut chooser: Box<dyn Chooses + '_> = match &options.fixed {
        Some(days) => Box::new(Fixed::parse(days).map_err(|wrong| wrong.to_string())?),
        None => Box::new(Planned::new(own, advice, hours, policies.declines.current())),
    };
    let judged = judged_by(&outcomes, chooser.as_mut(), policies.limits.current().judged_min);
    if options.format == "json" {
        println!("{}", serde_json::to_string_pretty(&judged).map_err(|error| error.to_string())?);
    } else {
        print!("{}", shown(&judged));
    }
    Ok(())
}

fn from(file: &Path, since: Since) -> Result<Vec<Outcome>, Failed> {
    let (name, text) = read(file)?;
    let mut outcomes = Outcome::read(&text).map_err(|wrong| format!("{name}: {wrong}"))?;
    if let Some(since) = since.since {
        outcomes.retain(|outcome| outcome.failed_at.to_zoned(TimeZone::UTC).date() >= since);
    }
    Ok(outcomes)
}

/// For people.
fn shown(judged: &Judged) -> String {
    let Judged { policy, recoveries, open, left_out, choices, unlike, was, would_be } = judged;
    let mut facts = vec![
        ("history", format!("{choices} choices of Recoup in {recoveries} recoveries")),
        ("", format!("{open} are open yet, and count as far as they were seen")),
        ("left out", format!("{left_out} lines of what nobody chose, or of which nobody knows how it stands")),
        ("judged", format!("{policy}: {unlike} of the choices it would never have made")),
        ("was", paid(was)),
        ("would be", paid(would_be)),
    ];
    let rests = would_be.effective;
    facts.push((
        "",
        format!("as sure as by {rests} recoveries of its own; letters and customers are taken to be as they were"),
    ));
    if would_be.unseen > 0 {
        facts.push(("", format!("{} of what it would have done was never done", percent(would_be.unseen))));
    }
    for (word, share) in [("was", was), ("would be", would_be)] {
        if share.days < 30 {
            let said = format!(
                "{word}: too few were followed for more than {} days, and what is paid later is not in it",
                share.days
            );
            facts.push(("", said));
        }
    }
    facts.iter().map(|(word, said)| format!("{word:<12}{said}\n")).collect()
}

fn paid(share: &Share) -> String {
    let (low, high) = (percent(share.low), percent(share.high));
    match share.share {
        Some(part) => format!("{} are paid within 30 days; between {low} and {high}, 19 times of 20", percent(part)),
        None => format!("it cannot be known what part is paid within 30 days: between {low} and {high}"),
    }
}

fn percent(thousandths: u32) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(share: Option<u32>, unseen: u32, days: u32) -> Share {
        Share { share, low: 402, high: 655, effective: 81, unseen, days }
    }

    #[test]
    fn what_is_judged_is_told_with_how_sure_it_is() {
        let judged = |would_be| Judged {
            policy: "dunning v3".to_owned(),
            recoveries: 120,
            open: 14,
            left_out: 3,
            choices: 260,
            unlike: 40,
            was: share(Some(500), 0, 30),
            would_be,
        };
        let expected = "\
history     260 choices of Recoup in 120 recoveries
            14 are open yet, and count as far as they were seen
left out    3 lines of what nobody chose, or of which nobody knows how it stands
judged      dunning v3: 40 of the choices it would never have made
was         50.0 % are paid within 30 days; between 40.2 % and 65.5 %, 19 times of 20
would be    53.1 % are paid within 30 days; between 40.2 % and 65.5 %, 19 times of 20
            as sure as by 81 recoveries of its own; letters and customers are taken to be as they were
";
        assert_eq!(shown(&judged(share(Some(531), 0, 30))), expected);
        let unknown = shown(&judged(share(None, 970, 12)));
        for said in [
            "would be    it cannot be known what part is paid within 30 days: between 40.2 % and 65.5 %\n",
            "            97.0 % of what it would have done was never done\n",
            "            would be: too few were followed for more than 12 days",
        ] {
            assert!(unknown.contains(said), "{unknown}");
        }
    }
}
