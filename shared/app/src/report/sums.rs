//! The sums of a month: kept in the archive as far as its rows have settled, and what came since is added by whoever asks.

use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::keys::{self, Prefix};
use crate::store::{self, Noted, Page, Stored};
use crate::web::{Problem, Window};
use domain::report::fact::sum;
use domain::report::{Adds, Check, Ground, Month, Report, Summary};
use futures_util::future::try_join;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many rows are read at once.
const AT_ONCE: u32 = 1_000;
/// How many rows the overview adds up.
const ROWS_MAX: usize = 5_000;

/// What is kept of a month.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Sums {
    /// By which rules they were added up: under others that is done anew.
    rules: String,
    parts: BTreeMap<String, Part>,
}

/// The sums of one partition, up to a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Part {
    through: Option<String>,
    summary: Summary,
}

/// What is needed to add a month up, and to say what it comes to.
struct Of<'a> {
    context: &'a Context,
    month: Month,
    ground: Ground<'a>,
    rules: String,
}

impl<'a> Of<'a> {
    fn new(context: &'a Context, month: Month) -> Self {
        let (report, playbooks) = (context.policies.report.current(), context.policies.playbooks.current());
        let rules = format!("report {}, playbooks {}", report.version, playbooks.version);
        Self { context, month, ground: Ground::new(month, report, playbooks.targets()), rules }
    }

    fn name(&self) -> String {
        format!("reports/sums/{}.json", self.month)
    }

    async fn kept(&self) -> Result<Sums, Fault> {
        let anew = || Sums { rules: self.rules.clone(), ..Sums::default() };
        let Some(bytes) = self.context.archive.find(&self.name()).await? else { return Ok(anew()) };
        let kept: Option<Sums> = serde_json::from_slice(&bytes).ok();
        // What an earlier version kept, or other rules added up, is no more than a saving that is lost.
        Ok(kept.filter(|kept| kept.rules == self.rules).unwrap_or_else(anew))
    }

    async fn keep(&self, sums: &Sums) -> Result<(), Fault> {
        let json = serde_json::to_vec(sums).map_err(Fault::park)?;
        self.context.archive.put(&self.name(), &json).await
    }

    fn added_up<'r>(&self, rows: impl IntoIterator<Item = &'r Noted>) -> Summary {
        let mut summary = Summary::default();
        rows.into_iter().for_each(|noted| summary.take(&noted.row, &self.ground));
        summary
    }

    fn report(&self, summary: &Summary) -> Report {
        Report::of(self.month, summary, self.context.policies.report.current(), self.ground.targets())
    }
}

/// Adds up the month that runs, and those before it of which something may still be told.
pub(super) async fn add_up(context: &Context) -> Result<(), Fault> {
    let policy = context.policies.report.current();
    let mut month = Month::of(context.clock.now().to_zoned(policy.zone()).date());
    for _ in 0..policy.summed_months {
        fold(context, month).await?;
        month = month.before();
    }
    Ok(())
}

/// Adds to the sums of a month all that has settled. It is kept after each partition: whoever is stopped goes on there.
async fn fold(context: &Context, month: Month) -> Result<(), Fault> {
    let of = Of::new(context, month);
    // A commit takes its time before it is written: what is younger may still get a neighbour in front of it.
    let settled = context.clock.now() - SignedDuration::from_secs(context.policies.report.current().settles_after_secs);
    let mut sums = of.kept().await?;
    for facts in partitions(context, month) {
        let part = sums.parts.entry(facts.pk.clone()).or_default();
        let before = part.through.clone();
        loop {
            let page: Page<Noted> = page(context, &facts, part.through.clone(), AT_ONCE).await?;
            let old = page.items.partition_point(|noted| noted.at < settled);
            for noted in &page.items[..old] {
                part.summary.take(&noted.row, &of.ground);
            }
            part.through = page.items[..old].last().map(|noted| noted.key().sk).or(part.through.take());
            if old < page.items.len() || page.next.is_none() {
                break;
            }
        }
        if part.through != before {
            of.keep(&sums).await?;
        }
    }
    Ok(())
}

/// The figures of a month, if no more rows than that came since its sums were kept.
async fn within(context: &Context, month: Month, most: usize) -> Result<Option<Report>, Fault> {
    let of = Of::new(context, month);
    let kept = of.kept().await?;
    let Some(summary) = together(&of, &kept, most).await? else { return Ok(None) };
    Ok(Some(of.report(&summary)))
}

/// The figures of a month for the overview, while few of its rows are not in its sums yet, and those of the month before.
pub(super) async fn month_and_before(
    context: &Context,
    month: Month,
) -> Result<(Option<Report>, Option<Report>), Fault> {
    let both = try_join(within(context, month, ROWS_MAX), within(context, month.before(), ROWS_MAX));
    let (report, before) = both.await?;
    Ok((report, before.filter(|before| before.rows_read > 0)))
}

/// The figures of a month for whoever waits for them.
pub(super) async fn asked(context: &Context, month: Month) -> Result<Report, Problem> {
    let most = context.policies.limits.current().report_rows_max;
    let months = context.policies.report.current().summed_months;
    within(context, month, most).await?.ok_or_else(|| {
        Problem::not_possible(format!(
            "{month} has more than {most} rows that are in no sum yet, which is too much to add up while you wait. The last \
             {months} months are added up every ten minutes: ask again then, or read the rows at /api/reports/{month}/rows"
        ))
    })
}

/// What is kept, and on top of it the rows that came since.
async fn together(of: &Of<'_>, kept: &Sums, most: usize) -> Result<Option<Summary>, Fault> {
    let mut summary = Summary::default();
    let partitions = partitions(of.context, of.month);
    let through = |facts: &Prefix| kept.parts.get(&facts.pk).and_then(|part| part.through.clone());
    // Each gives its part side by side with the others; who has more goes on with what the others have left of it.
    let each = u32::try_from(most / partitions.len() + 1).unwrap_or(u32::MAX).min(AT_ONCE);
    let reading = partitions.iter().map(|facts| page(of.context, facts, through(facts), each)).collect();
    let pages: Vec<Page<Noted>> = store::side_by_side(reading).await?;
    let Some(mut left) = most.checked_sub(pages.iter().map(|page| page.items.len()).sum()) else { return Ok(None) };
    for (facts, mut read) in partitions.iter().zip(pages) {
        kept.parts.get(&facts.pk).iter().for_each(|part| summary.add(&part.summary));
        loop {
            read.items.iter().for_each(|noted| summary.take(&noted.row, &of.ground));
            let Some(next) = read.next else { break };
            let limit = u32::try_from(left).unwrap_or(u32::MAX - 1).saturating_add(1).min(AT_ONCE);
            read = page(of.context, facts, Some(next), limit).await?;
            let Some(room) = left.checked_sub(read.items.len()) else { return Ok(None) };
            left = room;
        }
    }
    Ok(Some(summary))
}

/// The figures of a month from all of its rows, with the checks that only these allow: for whoever publishes it, and
/// nobody waits. Rows are read once, so that one that comes meanwhile is in all of it or in nothing.
pub(super) async fn anew(context: &Context, month: Month) -> Result<Report, Fault> {
    let of = Of::new(context, month);
    let kept = of.kept().await?;
    let (mut summary, mut all, mut is_kept) = (Summary::default(), Vec::new(), true);
    for facts in partitions(context, month) {
        let rows: Vec<Noted> = store::all_of(context, &facts).await?;
        if let Some(part) = kept.parts.get(&facts.pk) {
            let within = |noted: &&Noted| part.through.as_ref().is_some_and(|through| noted.key().sk <= *through);
            is_kept &= of.added_up(rows.iter().take_while(within)) == part.summary;
        }
        summary.add(&of.added_up(&rows));
        all.extend(rows.into_iter().map(|noted| noted.row));
    }
    if !is_kept {
        // Whoever works the message again finds none that could be wrong.
        of.keep(&Sums { rules: of.rules.clone(), ..Sums::default() }).await?;
    }
    let once = sum(&all).values().all(|count| *count == 1);
    let checks = vec![
        Check { name: "every fact stands exactly once", ok: once },
        Check { name: "the sums that were kept are those of all rows", ok: is_kept },
    ];
    let report = of.report(&summary);
    Ok(Report { checks: [checks, report.checks].concat(), ..report })
}

/// A page of the rows that a month's report is made of. Its cursor is a partition and a place in it.
pub(super) async fn rows(context: &Context, month: Month, window: &Window) -> Result<Page<Noted>, Problem> {
    let mut partitions = partitions(context, month);
    let mut after = None;
    if let Some(cursor) = &window.after {
        let (pk, sk) = cursor.split_once('|').ok_or_else(Problem::strange_cursor)?;
        let begun = partitions.iter().position(|it| it.pk == pk).ok_or_else(Problem::strange_cursor)?;
        partitions.drain(..begun);
        after = Some(sk.to_owned());
    }
    let mut items: Vec<Noted> = Vec::new();
    for (number, facts) in partitions.iter().enumerate() {
        let room = window.limit - u32::try_from(items.len()).expect("a page fits into memory");
        let page: Page<Noted> = page(context, facts, after.take(), room).await?;
        let last = page.items.last().map(|noted| noted.key().sk);
        items.extend(page.items);
        let is_over = page.next.is_none() && number + 1 == partitions.len();
        if let Some(last) = last.filter(|_| items.len() == window.limit as usize && !is_over) {
            return Ok(Page { items, next: Some(format!("{}|{last}", facts.pk)) });
        }
    }
    Ok(Page { items, next: None })
}

async fn page(context: &Context, facts: &Prefix, after: Option<String>, limit: u32) -> Result<Page<Noted>, Fault> {
    store::page_of(context, facts, after, limit, Order::Ascending).await
}

/// Where the rows of a month's report lie: its own partitions, and a neighbour's where the time zone reaches into it.
fn partitions(context: &Context, month: Month) -> Vec<Prefix> {
    let utc = context.policies.report.current().timezone == "UTC";
    let months = if utc { vec![month] } else { vec![month.before(), month, month.after()] };
    months.into_iter().flat_map(|month| keys::facts(&month.to_string()).collect::<Vec<_>>()).collect()
}
