//! What is owed at a time, bucket by bucket, and the invoices behind it: from the two lists of what is open and what was.

use super::query::{self, Query};
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::Order;
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Of, Page};
use crate::web::{Problem, Window};
use domain::ageing::{Ageing, AgeingPolicy, CURRENT, Climb, Line, OfCurrency, Owed};
use domain::book::{Invoice, Person};
use domain::dunning::Plan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

/// How many places of each list one request adds up. The oldest come first: what is left out is not due, or hardly.
const PLACES_MAX: u32 = 40_000;
/// What stands before a cursor in the list of what was settled since.
const SETTLED: &str = "settled|";

/// What is asked for.
pub struct Wanted {
    pub at: Timestamp,
    /// What is settled by now may have been open then.
    is_past: bool,
    pub bucket: Option<String>,
}

/// The answer, for programs and for the page.
#[derive(Debug, Serialize)]
pub struct Owing {
    pub at: Timestamp,
    /// The day up to which days are counted, in the zone.
    pub on: Date,
    pub timezone: String,
    pub policy_version: u32,
    /// Whether the sums hold everything: they leave out the youngest where very much is open.
    pub complete: bool,
    /// How many are open whose amount the provider does not say.
    pub unpriced: u64,
    pub currencies: Vec<OfCurrency>,
    pub items: Vec<Line>,
    #[serde(skip)]
    pub next: Option<String>,
}

impl Wanted {
    /// Reads the question: a day means its end, in the zone of the reports.
    pub fn of(context: &Context, query: &Query) -> Result<Self, Problem> {
        let zone = context.policies.report.current().zone();
        let now = context.clock.now();
        let at = query::at(query, &zone)?.unwrap_or(now);
        let known = |bucket: &str| bucket == CURRENT || context.policies.ageing.current().rung_called(bucket).is_some();
        // In an address a plus is a blank.
        let bucket = query.get("bucket").map(|bucket| bucket.trim_end().to_owned()).filter(|it| !it.is_empty());
        let bucket = bucket.map(|it| if known(&it) { it } else { format!("{it}+") });
        match bucket {
            Some(bucket) if !known(&bucket) => {
                Err(Problem::malformed("`bucket` is current, 0-30, 31-60, 61-90 or 90+ (written 90%2B)"))
            }
            bucket => Ok(Self { at, is_past: at < now, bucket }),
        }
    }
}

/// The sums at a time, and a page of the invoices behind them.
pub async fn owing(context: &Context, wanted: &Wanted, window: &Window) -> Result<Owing, Problem> {
    let (policy, zone) = (context.policies.ageing.current(), context.policies.report.current().zone());
    let mut ageing = Ageing::new(wanted.at, &zone, policy);
    let complete = add_up(context, &mut ageing, wanted).await?;
    let page = lines(context, wanted, window, policy, ageing.on()).await?;
    Ok(Owing {
        at: wanted.at,
        on: ageing.on(),
        timezone: context.policies.report.current().timezone.clone(),
        policy_version: policy.version,
        complete,
        unpriced: ageing.unpriced(),
        currencies: ageing.currencies(),
        items: page.items,
        next: page.next,
    })
}

/// Adds up what stands on the lists, place by place; says whether that was all.
async fn add_up(context: &Context, ageing: &mut Ageing<'_>, wanted: &Wanted) -> Result<bool, Fault> {
    let mut add = |list: &str, place: &str| match keys::owed_at(list, place) {
        Some(owed) => ageing.add(&owed),
        None => tracing::error!(list, place, "a place says nothing of what is owed"),
    };
    let open = store::walk(context, lists::OWED, None, PLACES_MAX, |place: &str| add(lists::OWED, place)).await?;
    if !wanted.is_past {
        return Ok(open);
    }
    let since = Some(since(wanted.at));
    let settled =
        store::walk(context, lists::SETTLED, since, PLACES_MAX, |place: &str| add(lists::SETTLED, place)).await?;
    Ok(open && settled)
}

/// What lies behind this on the list of what is settled was settled at this time or later.
fn since(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// A page of invoices: first those that are open, the oldest first, then those that were open then and are settled.
async fn lines(
    context: &Context,
    wanted: &Wanted,
    window: &Window,
    policy: &AgeingPolicy,
    on: Date,
) -> Result<Page<Line>, Problem> {
    let cursor = window.after.as_deref();
    let fits = |of: &Of<Invoice>| fits(of, wanted, policy, on).is_some();
    let page = match cursor.and_then(|cursor| cursor.strip_prefix(SETTLED)) {
        Some(after) => {
            let after = Some(after.to_owned());
            let page =
                store::pick(context, &[lists::SETTLED.to_owned()], after, window.limit, Order::Ascending, fits).await?;
            Page { items: page.items, next: page.next.map(|next| format!("{SETTLED}{next}")) }
        }
        None => {
            let (from, until) = days_of(wanted, policy, on);
            let after = cursor.map(str::to_owned).into_iter().chain(from.map(keys::due_from)).max();
            let page =
                store::pick(context, &[lists::OWED.to_owned()], after, window.limit, Order::Ascending, fits).await?;
            let end = until.and_then(|until| until.tomorrow().ok()).map(keys::due_from);
            let next = page.next.filter(|next| end.as_ref().is_none_or(|end| next < end));
            let was = wanted.is_past.then(|| format!("{SETTLED}{}", since(wanted.at)));
            Page { items: page.items, next: next.or(was) }
        }
    };
    Ok(Page { items: shown(context, &page.items, policy, on).await?, next: page.next })
}

/// What an invoice owed then, if it is wanted.
fn fits(of: &Of<Invoice>, wanted: &Wanted, policy: &AgeingPolicy, on: Date) -> Option<Owed> {
    let owed = Owed::of(&of.account, &of.value).filter(|owed| owed.was_open(wanted.at))?;
    let bucket = policy.rung_of(owed.days(on)).map_or(CURRENT, |(_, rung)| rung.bucket.get_ref().as_str());
    wanted.bucket.as_ref().is_none_or(|wanted| wanted == bucket).then_some(owed)
}

/// From which due date to which the wanted bucket goes, as far as it has ends.
fn days_of(wanted: &Wanted, policy: &AgeingPolicy, on: Date) -> (Option<Date>, Option<Date>) {
    let before = |days: i64| on.checked_sub(days.days()).ok();
    match wanted.bucket.as_deref() {
        None => (None, None),
        Some(CURRENT) => (on.tomorrow().ok(), None),
        Some(bucket) => policy
            .rung_called(bucket)
            .map_or((None, None), |rung| (rung.last_day().and_then(before), before(*rung.from_day.get_ref()))),
    }
}

/// The lines of invoices, with what is known of customers, recoveries and climbs.
async fn shown(
    context: &Context,
    invoices: &[Of<Invoice>],
    policy: &AgeingPolicy,
    on: Date,
) -> Result<Vec<Line>, Fault> {
    let own = |of: &Of<Invoice>| {
        let (account, invoice) = (&of.account, &of.value.id);
        [keys::person(account), keys::plan(account, invoice), keys::climb(account, invoice)]
    };
    let batch = Batch::read(context, invoices.iter().flat_map(own).collect()).await?;
    let mut lines = Vec::new();
    for of in invoices {
        let Some(owed) = Owed::of(&of.account, &of.value) else { continue };
        let [person, plan, climb] = own(of);
        let person = batch.of::<Person>(&person)?.unwrap_or_default();
        let (plan, climb) = (batch.get::<Plan>(&plan)?, batch.get::<Climb>(&climb)?);
        lines.push(Line::of((&owed, &of.value), &person, (plan.as_ref(), climb.as_ref()), policy, on));
    }
    Ok(lines)
}

/// A time, or the end of a day there.
pub fn end_of(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let end = |day: Date| {
        let next = day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp();
        next.checked_sub(1.millisecond()).ok()
    };
    text.parse::<Timestamp>().ok().or_else(|| text.parse::<Date>().ok().and_then(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_where_the_company_is() {
        for (zone, text, expected) in [
            ("UTC", "2026-03-31", Some("2026-03-31T23:59:59.999Z")),
            ("Europe/Berlin", "2026-03-28", Some("2026-03-28T22:59:59.999Z")),
            ("Europe/Berlin", "2026-03-29", Some("2026-03-29T21:59:59.999Z")),
            ("UTC", "2028-02-29", Some("2028-02-29T23:59:59.999Z")),
            ("UTC", "2026-02-29", None),
            ("UTC", "2026-03-31T12:00:00Z", Some("2026-03-31T12:00:00Z")),
            ("UTC", "now", None),
        ] {
            let expected = expected.map(|at| at.parse::<Timestamp>().unwrap());
            assert_eq!(end_of(text, &TimeZone::get(zone).unwrap()), expected, "{text} in {zone}");
        }
    }
}
