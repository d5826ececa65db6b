//! Takes a file in: read whole, written beside what stands, switched at once.

mod laid;
mod staff;

use crate::context::Context;
use crate::fault::Fault;
use crate::store::{self, Attempted, Batch, Commit, keys};
use crate::web::{self, Answer, Problem, header, importers_only};
use bytes::Bytes;
use domain::import::{Extra, Format, Given, Imports, Kind, Noted, Records, Started, import_id, read};
use domain::staff::Staff;
use http::{Request, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::store::imported::Shelved;
use laid::{Counted, Said, by_home};

/// How many things are read at a time, and written as far as one commit takes them.
const CHUNK: usize = 25;

/// What an import did, or would do.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub id: String,
    pub kind: &'static str,
    pub rows: usize,
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    pub dry_run: bool,
    /// The last import said exactly this, or waits for a second person: nothing was done.
    pub repeated: bool,
    /// It changes who may approve, which takes a second person.
    pub needs_another: bool,
    /// What that person confirms: its number.
    pub proposal: Option<u64>,
    /// What the naming rules did to metadata, before and after, and what they leave to a person.
    pub metadata: Vec<Noted>,
}

/// Answers `POST /api/import/{kind}?dry_run=`.
pub async fn by_staff(
    context: &Context,
    kind: &str,
    request: &Request<Bytes>,
    staff: &Staff,
) -> Result<Answer, Problem> {
    let kind = Kind::parse(kind).ok_or_else(|| Problem::not_found("kind of import"))?;
    if !staff.role.may_import() {
        return Err(importers_only());
    }
    let query = web::query(request);
    let dry_run = web::dry_run(&query)?;
    if request.body().len() > context.policies.limits.current().body_bytes_max {
        return Err(crate::web::too_large());
    }
    let media = header(request.headers(), "content-type").unwrap_or_default();
    let format = Format::of_media_type(media).ok_or_else(|| {
        let message = "send text/csv or application/x-ndjson (JSON Lines), and say which in `content-type`";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    })?;
    let extra = if query.get("extra").is_some_and(|extra| extra == "keep") { Extra::Keep } else { Extra::Refuse };
    let whose = (query.get("provider").map(String::as_str), query.get("source").map(String::as_str));
    let (mut records, lines) = match understood(context, kind, format, request.body(), whose, extra) {
        Ok(read) => read,
        Err(refused) => {
            let error = json!({"code": "rows_refused", "message": refused.to_string()});
            let answer = json!({"error": error, "rows": refused.complaints, "more": refused.more});
            return Ok(web::json(StatusCode::UNPROCESSABLE_ENTITY, &answer));
        }
    };
    let metadata = records.normalise(context.policies.metadata.current());
    let outcome = Outcome {
        id: import_id(&records),
        kind: kind.name(),
        rows: records.count(),
        dry_run,
        metadata,
        ..Outcome::default()
    };
    let outcome = take(context, &records, &lines, outcome, staff).await?;
    let status = if outcome.proposal.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(web::json(status, &outcome))
}

/// Reads a file of rows, each with its line, and changes nothing.
pub fn understood(
    context: &Context,
    kind: Kind,
    format: Format,
    body: &[u8],
    (provider, source): (Option<&str>, Option<&str>),
    extra: Extra,
) -> Result<(Records, Vec<usize>), domain::import::Refused> {
    let declines = context.policies.declines.current();
    let providers: Vec<_> =
        providers::ALL.iter().filter(|provider| provider.api.is_some()).map(|provider| provider.name).collect();
    let (tables, families) = (declines.tables(), declines.families());
    let given = Given { providers: &providers, tables: &tables, families: &families, provider, source, extra };
    read(kind, format, body, &given)
}

/// How imports of a kind stand: for `GET /api/import/{kind}`.
pub async fn status(context: &Context, kind: &str) -> Result<Imports, Problem> {
    let kind = Kind::parse(kind).ok_or_else(|| Problem::not_found("kind of import"))?;
    Ok(store::read(context, &keys::imports(kind.name())).await?.unwrap_or_else(|| Imports::of(kind.name())))
}

async fn take(
    context: &Context,
    records: &Records,
    lines: &[usize],
    outcome: Outcome,
    staff: &Staff,
) -> Result<Outcome, Problem> {
    match records {
        Records::Staff(rows) => crate::setup::import::staff::import(context, rows, outcome, staff).await,
        Records::Customers(rows) => lay(context, by_home(rows, lines), outcome, staff).await,
        Records::Catalogue(rows) => lay(context, by_home(rows, lines), outcome, staff).await,
        Records::Contracts(rows) => lay(context, by_home(rows, lines), outcome, staff).await,
        Records::Usage(rows) => lay(context, by_home(rows, lines), outcome, staff).await,
        Records::Exceptions(rows) => lay(context, by_home(rows, lines), outcome, staff).await,
        Records::NetworkRules(rows) => lay(context, by_home(rows, lines), outcome, staff).await,
        Records::Rates(rows) => lay(context, by_home(rows, lines), outcome, staff).await,
    }
}

async fn lay<T: Shelved>(
    context: &Context,
    homes: Vec<Said<T>>,
    mut outcome: Outcome,
    staff: &Staff,
) -> Result<Outcome, Problem> {
    // Whether it fits is known before anything is written.
    let tried = each(context, &homes, None, outcome.kind).await?;
    let mut number = None;
    if !outcome.dry_run {
        match begin(context, &outcome, staff).await? {
            Started::As(begun) => number = Some(begun),
            Started::Already => return Ok(Outcome { repeated: true, unchanged: outcome.rows, ..outcome }),
            Started::Busy(running) => {
                let message = format!(
                    "{} is importing {} since {}: wait until that is done",
                    running.by, outcome.kind, running.since
                );
                return Err(Problem::conflict("import_running", message));
            }
        }
    }
    let counted = match number {
        Some(number) => {
            let counted = each(context, &homes, Some(number), outcome.kind).await?;
            switch(context, outcome.kind, number).await?;
            counted
        }
        None => tried,
    };
    (outcome.added, outcome.changed, outcome.unchanged) = (counted.added, counted.changed, counted.unchanged);
    Ok(outcome)
}

/// Lays all records, some at a time; without a number it only counts.
async fn each<T: Shelved>(
    context: &Context,
    homes: &[Said<T>],
    number: Option<u64>,
    kind: &str,
) -> Result<Counted, Problem> {
    let (mut sum, mut rest) = (Counted::default(), homes);
    while !rest.is_empty() {
        let (chunk, before) = (&rest[..rest.len().min(CHUNK)], sum.rows());
        let counted = store::unless_refused(context, || laid::write(context, chunk, number, kind, before)).await?;
        rest = &rest[counted.homes..];
        sum.added += counted.added;
        sum.changed += counted.changed;
        sum.unchanged += counted.unchanged;
    }
    Ok(sum)
}

async fn begin(context: &Context, outcome: &Outcome, staff: &Staff) -> Result<Started, Problem> {
    let begun = store::unless_refused(context, || async {
        let (key, who) = (keys::imports(outcome.kind), keys::staff(&staff.id));
        let batch = Batch::read(context, vec![key.clone(), who.clone()]).await?;
        if !batch.get::<Staff>(&who)?.is_some_and(|staff| staff.role.may_import()) {
            return Err(importers_only().into());
        }
        let mut imports = batch.get::<Imports>(&key)?.unwrap_or_else(|| Imports::of(outcome.kind));
        let begun = imports.begin(&outcome.id, outcome.rows, &staff.id, context.clock.now());
        if !matches!(begun, Started::As(_)) {
            return Ok(Attempted::Done(begun));
        }
        let mut commit = Commit::default();
        commit.over(&batch, &imports);
        // The role that was looked at must still be theirs.
        commit.check(&batch, &who);
        Ok(store::attempted(commit.run(context).await, begun)?)
    });
    Ok(begun.await?)
}

async fn switch(context: &Context, kind: &str, number: u64) -> Result<(), Problem> {
    let switched = store::retrying(context, || async {
        let key = keys::imports(kind);
        let batch = Batch::read(context, vec![key.clone()]).await?;
        let mut imports =
            batch.get::<Imports>(&key)?.ok_or_else(|| Fault::Park(format!("nobody began to import {kind}")))?;
        if !imports.switch(number, context.clock.now()) {
            return Ok(Attempted::Done(false));
        }
        let mut commit = Commit::default();
        commit.over(&batch, &imports);
        store::attempted(commit.run(context).await, true)
    });
    if switched.await? { Ok(()) } else { Err(overtaken()) }
}

fn overtaken() -> Problem {
    let message = "another import of this kind has begun in the meantime: this one changed nothing; look which of the two is right";
    Problem::conflict("import_overtaken", message)
}
