//! What is a way to recover invoices worth? It is played against a described world, without a service, or judged by
//! one's own history.

mod history;

use super::{Failed, Shared};
use domain::dunning::{Advice, Outcome, learned};
use domain::policies::Policies;
use domain::world::{Fixed, Oracle, Planned, Report, Strategy, World, best_ladder, ladders, play};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// Between whose tries the oracle's windows are, where no other days are named.
const LADDER: &str = "1,3,5,7,14";

#[derive(clap::Args)]
pub(super) struct Simulate {
    /// What fails, and how likely it is won back; docs/dunning.md has the language
    #[arg(long, value_name = "FILE", required_unless_present = "history")]
    world: Option<PathBuf>,
    /// How tries ended and how they were chosen, as `recoup dunning outcomes` tells it; without a file, the running
    /// service's own
    #[arg(long, value_name = "FILE", conflicts_with_all = ["world", "oracle", "ladders", "invoices"])]
    history: Option<Option<PathBuf>>,
    #[command(flatten)]
    since: Since,
    /// Try on these days after the failure, whatever the reason
    #[arg(long, value_name = "DAYS", conflicts_with = "policy")]
    fixed: Option<String>,
    /// Follow this dunning policy, and learn from what is seen; without any of these three, the shipped one
    #[arg(long, value_name = "FILE", conflicts_with = "oracle")]
    policy: Option<PathBuf>,
    /// Begin with what this version of the advice has learned; without it, the shipped one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fixed", "oracle"])]
    advice: Option<PathBuf>,
    /// Learn nothing from what is seen, as the service until the next version of the advice is released
    #[arg(long, conflicts_with_all = ["history", "fixed", "oracle", "ladders"])]
    as_released: bool,
    /// Know the world: try in the best hour of each gap between the days of --fixed, or between 1,3,5,7,14
    #[arg(long)]
    oracle: bool,
    /// Look for the best ladder among the usual ones and N others, at no more tries than --fixed makes, or 1,3,5,7,14
    #[arg(
        long,
        value_name = "N",
        conflicts_with_all = ["policy", "advice", "oracle"],
        value_parser = clap::value_parser!(u32).range(1..=10_000)
    )]
    ladders: Option<u32>,
    /// How many fail
    #[arg(
        long,
        value_name = "N",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=10_000_000)
    )]
    invoices: u32,
    #[arg(long, default_value = "text", value_parser = ["json", "text"])]
    format: String,
}

#[derive(clap::Args, Clone, Copy)]
pub(super) struct Since {
    /// Only payments that failed since; of the history
    #[arg(long, value_name = "DATE")]
    since: Option<jiff::civil::Date>,
}

#[derive(clap::Args)]
pub(super) struct Learn {
    /// A .csv file, a try a line; docs/dunning.md has its columns. Without it, what the running service knows
    #[arg(long, value_name = "FILE")]
    outcomes: Option<PathBuf>,
    #[command(flatten)]
    since: Since,
    /// From which day on the new version counts
    #[arg(long, value_name = "DATE")]
    effective: jiff::civil::Date,
}

/// Prints what the running service knows of how tries ended.
pub(super) async fn outcomes(shared: &Shared, since: Since) -> Result<(), Failed> {
    print!("{}", Outcome::as_csv(&history::told(shared, since).await?));
    Ok(())
}

pub(super) async fn learn(shared: &Shared, options: &Learn) -> Result<(), Failed> {
    let (name, text) = match &options.outcomes {
        Some(file) => read(file)?,
        None => (shared.addr.clone(), Outcome::as_csv(&history::told(shared, options.since).await?)),
    };
    let policies = Policies::shipped().map_err(|refused| refused.to_string())?;
    let by = (policies.dunning.current(), policies.hours.current(), policies.declines.current());
    let (version, effective) = (policies.advice.current().version + 1, options.effective.to_string());
    let advice = learned(&text, by, version, &effective).map_err(|wrong| format!("{name}: {wrong}"))?;
    print!("{}", advice.text());
    Ok(())
}

/// The name and the text of a file.
fn read(file: &Path) -> Result<(String, String), Failed> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{name} cannot be read: {error}"))?;
    Ok((name, text))
}

pub(super) async fn simulate(shared: &Shared, options: &Simulate) -> Result<(), Failed> {
    match (&options.history, &options.world) {
        (Some(file), _) => history::judge(shared, options, file.as_deref()).await,
        (None, Some(world)) => play_against(world, options),
        (None, None) => Err("say what it is played against: `--world FILE`, or `--history`".to_owned()),
    }
}

fn play_against(world: &Path, options: &Simulate) -> Result<(), Failed> {
    let (name, text) = read(world)?;
    let world = World::parse(&name, &text).map_err(|refused| refused.to_string())?;
    let ladder = Fixed::parse(options.fixed.as_deref().unwrap_or(LADDER)).map_err(|wrong| wrong.to_string())?;
    let policies = policies(options)?;
    let declines = policies.declines.current();
    let tried_out = options.advice()?;
    let advice = tried_out.as_ref().unwrap_or(policies.advice.current());
    let (own, hours) = (policies.dunning.current(), policies.hours.current());
    let began = Instant::now();
    let (report, times) = match options.ladders {
        Some(others) => {
            let others = ladders(others);
            // The one that is measured by is played as well.
            (best_ladder(&world, (&ladder, &others), declines, options.invoices), others.len() as u64 + 1)
        }
        None => {
            let mut strategy: Box<dyn Strategy + '_> = match (options.oracle, &options.fixed) {
                (true, _) => Box::new(Oracle::new(&world, ladder.windows())),
                (false, Some(_)) => Box::new(ladder),
                (false, None) => {
                    let planned = Planned::new(own, advice, hours, declines);
                    Box::new(if options.as_released { planned.as_released() } else { planned })
                }
            };
            (play(&world, strategy.as_mut(), declines, options.invoices), 1)
        }
    };
    let took = began.elapsed();
    if options.format == "json" {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    } else {
        print!("{}", shown(&report));
        println!("{} invoices a second", a_second(report.invoices * times, took));
    }
    Ok(())
}

/// The shipped policies, the dunning policy of the file among them: it has to fit the others.
fn policies(options: &Simulate) -> Result<Policies, Failed> {
    let Some(file) = &options.policy else { return Policies::shipped().map_err(|refused| refused.to_string()) };
    let (name, text) = read(file)?;
    Policies::shipped_with_dunning(&text).map_err(|refused| format!("{name}:{}: {}", refused.line, refused.message))
}

impl Simulate {
    /// The advice that is tried out, where one is.
    fn advice(&self) -> Result<Option<Advice>, Failed> {
        let Some(file) = &self.advice else { return Ok(None) };
        let (name, text) = read(file)?;
        Advice::parse(&name, &text).map(Some).map_err(|refused| refused.to_string())
    }
}

fn a_second(count: u64, took: Duration) -> u128 {
    u128::from(count) * 1000 / took.as_millis().max(1)
}

/// For people.
fn shown(report: &Report) -> String {
    let Report { invoices, recovered, attempts, .. } = report;
    let tenths = recovered.count * 1000 / (*invoices).max(1);
    let share = format!("{}.{} %", tenths / 10, tenths % 10);
    let paid_after = |days: f64| format!("{days} days until it was paid");
    let facts = [
        ("world", format!("{}, played by {}", report.world, report.policy)),
        ("at stake", format!("{} in {invoices} invoices", report.at_stake)),
        ("recovered", format!("{} in {} invoices, {share}", recovered.amount, recovered.count)),
        ("", format!("{} by a try, {} by their customers", recovered.by_try, recovered.by_customer)),
        ("attempts", format!("{attempts}, {} an invoice", report.attempts_per_invoice)),
        ("breaches", format!("{} of them are forbidden by a network", report.breaches)),
        ("messages", report.messages.to_string()),
        ("median", report.median_days.map_or_else(|| "nothing was paid".to_owned(), paid_after)),
    ];
    let facts = facts.iter().map(|(word, said)| format!("{word:<12}{said}\n"));
    let row = |id: &str, cells: [String; 3]| {
        let [invoices, recovered, attempts] = cells;
        format!("{id:<30}{invoices:>10}{recovered:>11}{attempts:>10}\n")
    };
    let head = row("", ["invoices", "recovered", "attempts"].map(str::to_owned));
    let rows = report.by_cluster.iter().map(|of| {
        let cells = [of.invoices, of.recovered, of.attempts].map(|count| count.to_string());
        row(&of.id, cells)
    });
    facts.chain([head]).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::{Currency, Money};
    use domain::world::{OfCluster, Recovered};

    #[test]
    fn a_report_is_told_line_by_line() {
        let of =
            |id: &str, invoices, recovered, attempts| OfCluster { id: id.to_owned(), invoices, recovered, attempts };
        let money = |minor| Money::from_minor(minor, Currency::USD);
        let report = Report {
            world: "example".to_owned(),
            policy: "fixed 1,3".to_owned(),
            invoices: 8,
            at_stake: money(12_000),
            recovered: Recovered { count: 3, amount: money(4_550), by_try: 2, by_customer: 1 },
            attempts: 12,
            attempts_per_invoice: 1.5,
            messages: 4,
            breaches: 1,
            median_days: Some(2.5),
            by_cluster: vec![of("funds", 5, 3, 7), of("lost", 3, 0, 5)],
        };
        let expected = "\
world       example, played by fixed 1,3
at stake    120.00 USD in 8 invoices
recovered   45.50 USD in 3 invoices, 37.5 %
            2 by a try, 1 by their customers
attempts    12, 1.5 an invoice
breaches    1 of them are forbidden by a network
messages    4
median      2.5 days until it was paid
                                invoices  recovered  attempts
funds                                  5          3         7
lost                                   3          0         5
";
        assert_eq!(shown(&report), expected);
        let nothing = Report { median_days: None, ..report };
        assert!(shown(&nothing).contains("median      nothing was paid\n"), "{}", shown(&nothing));
    }

    #[test]
    fn what_takes_no_time_is_not_divided_by_it() {
        assert_eq!(a_second(10_000, Duration::from_millis(2500)), 4_000);
        assert_eq!(a_second(10, Duration::ZERO), 10_000);
    }
}
