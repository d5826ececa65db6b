//! Recoveries as people see them, and what climbs the ladder: what comes next in all of them, and those of one account.

use super::told::Told;
use crate::context::Context;
use crate::fault::Fault;
use crate::ports::{Key, Order};
use crate::records::networks;
use crate::store::keys::{self, lists};
use crate::store::{self, Batch, Page};
use crate::web::{Problem, Window};
use domain::ageing::{Climb, SEGMENT, counted_from};
use domain::book::{Head, Invoice, Person, Tried};
use domain::dunning::{Judged, Plan, PlanState, Reason, Recovering, Second};
use domain::id::AccountId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many recoveries of an account are looked through for its page, and how many of them it shows.
const LOOKED_MAX: u32 = 50;
const SHOWN_MAX: usize = 10;

/// Which recoveries are asked for; all, where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub due_before: Option<Timestamp>,
    pub segment: Option<String>,
    pub paused: Option<bool>,
}

impl Wanted {
    /// Reads the question; a day means its beginning.
    pub fn of(context: &Context, query: &BTreeMap<String, String>) -> Result<Self, Problem> {
        let field = |name: &str| query.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let said = "`due_before` is a time such as 2026-01-31T00:00:00Z, or a day such as 2026-01-31";
        let instant = |text: &str| beginning_of(text).ok_or_else(|| Problem::malformed(said));
        let known = segments(context);
        let segment = field("segment").map(str::to_owned);
        if segment.as_ref().is_some_and(|segment| !known.contains(segment)) {
            let known: Vec<_> = known.into_iter().collect();
            return Err(Problem::malformed(format!("`segment` is one of {}", known.join(", "))));
        }
        let paused = match field("paused") {
            None => None,
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some(_) => return Err(Problem::malformed("`paused` is true or false")),
        };
        Ok(Self { due_before: field("due_before").map(instant).transpose()?, segment, paused })
    }

    fn fits(&self, plan: &Plan) -> bool {
        self.segment.as_ref().is_none_or(|segment| *segment == plan.segment)
            && self.paused.is_none_or(|paused| paused == plan.paused_until().is_some())
    }

    fn is_due(&self, plan: &Plan) -> bool {
        self.due_before.is_none_or(|before| plan.turn_at().is_some_and(|at| at < before))
    }

    /// Whether it stands behind the last day on which something may be due that is wanted.
    fn is_behind(&self, plan: &Plan) -> bool {
        let last =
            self.due_before.map(|before| day(before.checked_sub(SignedDuration::from_millis(1)).unwrap_or(before)));
        last.is_some_and(|last| plan.turn_at().is_some_and(|at| day(at) > last))
    }
}

/// The day by which a recovery has its place.
fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// A time, or the beginning of a day by UTC.
pub(super) fn beginning_of(text: &str) -> Option<Timestamp> {
    let day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse::<Timestamp>().ok().or_else(day)
}

/// The segments of all policies: a recovery keeps the one under which it began. What climbs the ladder has its own.
pub fn segments(context: &Context) -> BTreeSet<String> {
    let all = context.policies.dunning.all().flat_map(|policy| &policy.segment);
    all.map(|segment| segment.id.get_ref().clone()).chain([SEGMENT.to_owned()]).collect()
}

/// A page of recoveries, and of what climbs the ladder, by the day on which they go on, then by their queue, then by
/// the time.
pub async fn due(context: &Context, wanted: &Wanted, window: &Window) -> Result<Page<Recovering>, Fault> {
    let Page { items, next } = in_turn(context, wanted, window).await?;
    Ok(Page { items: shown(context, items, None).await?, next })
}

/// Some that were read as they are kept, with what is known of their customers and invoices.
pub async fn in_full(context: &Context, plans: Vec<Plan>) -> Result<Vec<Recovering>, Fault> {
    shown(context, plans, None).await
}

/// The same, as they are kept. The first that stands behind the last day wanted ends the list.
pub async fn in_turn(context: &Context, wanted: &Wanted, window: &Window) -> Result<Page<Plan>, Fault> {
    let list = [lists::DUNNING.to_owned(), lists::LADDER.to_owned()];
    let fits = |plan: &Plan| wanted.fits(plan) && (wanted.is_due(plan) || wanted.is_behind(plan));
    let mut page = store::pick(context, &list, window.after.clone(), window.limit, Order::Ascending, fits).await?;
    if let Some(end) = page.items.iter().position(|plan| wanted.is_behind(plan)) {
        page.items.truncate(end);
        page.next = None;
    }
    page.items = in_force(context, page.items).await?;
    Ok(page)
}

/// Without the ways up the ladder of invoices that a recovery asks for, or that a person has stopped.
async fn in_force(context: &Context, ways: Vec<Plan>) -> Result<Vec<Plan>, Fault> {
    let own = |way: &Plan| keys::plan(&way.account, &way.invoice);
    let climbs = ways.iter().filter(|way| way.segment == SEGMENT).map(own);
    let batch = Batch::read(context, climbs.collect()).await?;
    let mut shown = Vec::new();
    for way in ways {
        let plan = if way.segment == SEGMENT { batch.get::<Plan>(&own(&way))? } else { None };
        if plan.is_none_or(|plan| plan.state != PlanState::Running && !plan.was_stopped_by_hand()) {
            shown.push(way);
        }
    }
    Ok(shown)
}

/// A page of an account's recoveries, by invoice, however they ended, and behind them of what climbs the ladder.
pub async fn of_account(context: &Context, account: &AccountId, window: &Window) -> Result<Page<Recovering>, Fault> {
    let head = store::read::<Head>(context, &keys::head(account)).await?;
    let ladder = keys::climbs(account);
    let limit = window.limit;
    let (on_ladder, after) = match window.after.clone() {
        Some(after) if after.starts_with(&ladder.sk) => (Some(after), None),
        after => (None, after),
    };
    let mut page = match &on_ladder {
        None => store::page_of::<Plan>(context, &keys::plans(account), after, limit, Order::Ascending).await?,
        Some(_) => Page { items: Vec::new(), next: None },
    };
    page.items.iter_mut().for_each(|plan| heed(plan, head.as_ref()));
    if page.next.is_none() {
        let room = limit.saturating_sub(u32::try_from(page.items.len()).unwrap_or(limit));
        let climbs = climbing(context, (account, head.as_ref()), on_ladder, room).await?;
        page.items.extend(climbs.items);
        page.next = climbs.next;
    }
    Ok(Page { items: shown(context, page.items, head.as_ref()).await?, next: page.next })
}

/// As many of an account's ways up the ladder as there is room for: of each invoice whose recovery does not ask for it.
async fn climbing(
    context: &Context,
    (account, head): (&AccountId, Option<&Head>),
    after: Option<String>,
    room: u32,
) -> Result<Page<Plan>, Fault> {
    let ladder = keys::climbs(account);
    if room == 0 {
        let first = store::first_of::<Climb>(context, &ladder, 1, Order::Ascending).await?;
        return Ok(Page { items: Vec::new(), next: first.first().map(|_| ladder.sk) });
    }
    let Page { items, next } = store::page_of::<Climb>(context, &ladder, after, room, Order::Ascending).await?;
    let own = |climb: &Climb| keys::plan(account, &climb.way.invoice);
    let batch = Batch::read(context, items.iter().map(own).collect()).await?;
    let mut ways = Vec::new();
    for climb in items {
        let mut plan = batch.get::<Plan>(&own(&climb))?;
        plan.iter_mut().for_each(|plan| heed(plan, head));
        if let Some(Told::Ladder(climb)) = Told::of(plan, Some(climb)) {
            ways.push(climb.way);
        }
    }
    Ok(Page { items: ways, next })
}

/// Those of some invoices, and of those that no recovery asks for their way up the ladder.
pub async fn of_invoices(
    context: &Context,
    account: &AccountId,
    invoices: &[String],
) -> Result<Vec<Recovering>, Fault> {
    let own = |invoice: &String| [keys::plan(account, invoice), keys::climb(account, invoice)];
    let batch = Batch::read(context, invoices.iter().flat_map(own).collect()).await?;
    let head = store::read::<Head>(context, &keys::head(account)).await?;
    let mut ways = Vec::new();
    for [plan, climb] in invoices.iter().map(own) {
        let mut plan = batch.get::<Plan>(&plan)?;
        plan.iter_mut().for_each(|plan| heed(plan, head.as_ref()));
        ways.extend(Told::of(plan, batch.get::<Climb>(&climb)?).map(Told::into_way));
    }
    shown(context, ways, head.as_ref()).await
}

/// Those that an account's page shows: what runs, what climbs the ladder, and what began last.
pub async fn latest(context: &Context, account: &AccountId) -> Result<Vec<Recovering>, Fault> {
    let Some(head) = store::read::<Head>(context, &keys::head(account)).await? else { return Ok(Vec::new()) };
    let mut all: Vec<Plan> = store::first_of(context, &keys::plans(account), LOOKED_MAX, Order::Ascending).await?;
    let known: BTreeSet<String> = all.iter().map(|plan| plan.invoice.clone()).collect();
    let others = head.dunning.keys().filter(|invoice| !known.contains(*invoice)).take(SHOWN_MAX);
    let others = others.map(|invoice| keys::plan(account, invoice)).collect();
    all.extend(plans(context, others).await?);
    all.iter_mut().for_each(|plan| plan.heed(&head));
    let asks = |invoice: &String| all.iter().any(|plan| plan.invoice == *invoice && plan.next().is_some());
    let climbs: Vec<Climb> = store::first_of(context, &keys::climbs(account), LOOKED_MAX, Order::Ascending).await?;
    let climbs: Vec<Plan> = climbs.into_iter().map(|climb| climb.way).filter(|way| !asks(&way.invoice)).collect();
    all.extend(climbs.into_iter().filter(|way| way.next().is_some()));
    all.sort_by_key(|plan| (plan.state != PlanState::Running, Reverse(plan.started_at)));
    all.truncate(SHOWN_MAX);
    shown(context, all, Some(&head)).await
}

/// What the head says of all recoveries holds for each, whether it has taken that in or not.
fn heed(plan: &mut Plan, head: Option<&Head>) {
    head.into_iter().for_each(|head| plan.heed(head));
}

async fn plans(context: &Context, own: Vec<Key>) -> Result<Vec<Plan>, Fault> {
    let batch = Batch::read(context, own.clone()).await?;
    let mut plans = Vec::new();
    for key in &own {
        plans.extend(batch.get::<Plan>(key)?);
    }
    Ok(plans)
}

/// Plans with what is known of customers and invoices; those of one account with what the networks leave of tries.
async fn shown(context: &Context, plans: Vec<Plan>, head: Option<&Head>) -> Result<Vec<Recovering>, Fault> {
    let own = |plan: &Plan| [keys::person(&plan.account), keys::invoice(&plan.account, &plan.invoice)];
    let batch = Batch::read(context, plans.iter().flat_map(own).chain(networks::wanted()).collect()).await?;
    let rules = networks::read(&batch)?;
    let beside = match head.filter(|_| !plans.is_empty()) {
        // Each of them is beside all others, so that none is left out.
        Some(head) => Some(networks::beside(context, head, None, &rules).await?),
        None => None,
    };
    let same_try = SignedDuration::from_mins(context.policies.classify.current().duplicates.same_try_minutes);
    let declines = context.policies.declines.current();
    let mut all = Vec::new();
    for plan in plans {
        let [person, invoice] = own(&plan);
        let person = batch.of::<Person>(&person)?.unwrap_or_default();
        let invoice = batch.of::<Invoice>(&invoice)?;
        let mut row = Recovering::of(plan, invoice.as_ref(), &person, declines);
        if row.plan.segment == SEGMENT {
            // Nobody tried it: there is no reason but that its day has come.
            row.why =
                invoice.as_ref().and_then(counted_from).map_or_else(String::new, |(day, _)| format!("due on {day}"));
        }
        if let Some(((invoice, beside), head)) = invoice.as_ref().zip(beside.as_ref()).zip(head) {
            let others: Vec<Vec<Tried>> =
                beside.iter().filter(|(other, _)| **other != invoice.id).map(|(_, tried)| tried.clone()).collect();
            let tried = invoice.tried(same_try);
            let judged = Judged::of(declines, head, invoice, &tried, &others);
            let next = row.plan.tries.next.as_ref().filter(|next| next.second.is_some());
            let second = next.and_then(|_| Second::of(declines, &rules, (head, invoice), &tried, &others)?.ok());
            let now = context.clock.now();
            row.tries_left = match second {
                Some(second) => second.left(&tried, now),
                None => judged.budget(declines, &rules, &tried, &others).left(&tried, now),
            };
        }
        all.push(row);
    }
    Ok(all)
}

/// A recovery as the outside sees it: each step with why it stands as it does, and when it is to be expected.
pub fn json(recovering: &Recovering) -> Value {
    let mut value = serde_json::to_value(recovering).expect("a recovery is plain data");
    let plan = &recovering.plan;
    value["control"] = json!(plan.control);
    value["tries"] = json!(plan.tries);
    if let Some(next) = &plan.tries.next {
        let why: Vec<_> = next.reasons.iter().map(Reason::words).collect();
        value["tries"]["next"]["why"] = json!(why);
    }
    for (place, step) in plan.steps.iter().enumerate() {
        value["steps"][place]["reason"] = json!(plan.why(step));
        value["steps"][place]["expected_at"] = json!(plan.expected_at(step));
    }
    value
}
