//! Sources, and what they brought: a backfill, imports.

use super::list;
use crate::classify::backfill;
use crate::context::Context;
use crate::setup::{import, sources};
use crate::web::{self, Answer, Problem};
use domain::source::{Cohorts, InUse, Locked, Source};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

/// A source as people see it.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    source: Source,
    cohorts: Option<Progress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locked: Option<Lock>,
    unkept: Vec<String>,
}

#[derive(Serialize)]
struct Lock {
    since: Timestamp,
    why: String,
}

impl Lock {
    fn of(Locked { since, why, .. }: Locked) -> Self {
        Self { since, why }
    }
}

#[derive(Serialize)]
struct Progress {
    raised_at: Timestamp,
    cohorts: u32,
    asked: u64,
    recovering: u64,
    next_at: Option<Timestamp>,
}

impl Progress {
    fn of(cohorts: &Cohorts) -> Self {
        let Cohorts { raised_at, cohorts, asked, recovering, wake_at: next_at, .. } = *cohorts;
        Self { raised_at, cohorts, asked, recovering, next_at }
    }
}

pub(super) async fn all(context: &Context) -> Result<Answer, Problem> {
    let all = sources::in_use(context).await?;
    let listed = |InUse { source, cohorts, locked, unkept }: InUse| Listed {
        source,
        cohorts: cohorts.as_ref().map(Progress::of),
        locked: locked.map(Lock::of),
        unkept,
    };
    Ok(list(&all.into_iter().map(listed).collect::<Vec<_>>(), None))
}

pub(super) async fn backfill_of(context: &Context, provider: &str, source: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &backfill::status(context, provider, source).await?))
}

pub(super) async fn imports_of(context: &Context, kind: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &import::status(context, kind).await?))
}
