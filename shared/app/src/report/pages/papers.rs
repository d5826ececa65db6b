//! The pages of our own tax documents, and of the legal entities of ours that make them.

use super::{filters, more};
use crate::context::Context;
use crate::paper;
use crate::report::query::{self, Query};
use crate::setup::{entities, sources};
use crate::web::{Problem, Window};
use ::pages::{Credit, PaperRow, PaperShown, Viewer};
use domain::document::Filed;
use domain::staff::Staff;

pub(super) async fn all(context: &Context, viewer: &Viewer, query: &Query, window: Window) -> Result<String, Problem> {
    let page = paper::all(context, &query::papers(query)?, window).await?;
    let filters = filters::kept(context, viewer, filters::papers(query)).await?;
    let next = more(&filters::base(&filters), page.next);
    let rows: Vec<PaperRow> = page.items.into_iter().map(|filed| row(context, filed)).collect();
    Ok(::pages::papers(viewer, &rows, &filters, next.as_deref()))
}

fn row(context: &Context, filed: Filed) -> PaperRow {
    let total = paper::sound(context, &filed).ok().map(|sound| sound.totals().gross);
    PaperRow { total, filed }
}

pub(super) async fn one(
    context: &Context,
    viewer: &Viewer,
    number: &str,
    query: &Query,
    staff: &Staff,
) -> Result<String, Problem> {
    let filed = paper::one(context, number).await?;
    let of = paper::of(context, &filed).await?;
    let sound = paper::sound(context, &filed)?;
    let taken = of.and_then(|of| of.credit).filter(|_| filed.document.corrects.is_none());
    let credit = match &taken {
        Some(number) => Credit::Made(number.clone()),
        None => match paper::would_credit(context, &filed, staff).await {
            Ok(lines) => Credit::Would(lines),
            Err(why) => Credit::Not(why.message),
        },
    };
    let shown = PaperShown { filed: &filed, sound: &sound, credit, notice: query::notice(query) };
    Ok(::pages::paper(viewer, &shown))
}

pub(super) async fn entities(context: &Context, viewer: &Viewer, query: &Query) -> Result<String, Problem> {
    let (entities, sources) = (entities::all(context).await?, sources::all(context).await?);
    let names = sources.iter().map(|own| format!("{}/{}", own.provider, own.source));
    let is_free = |name: &String| !entities.all.iter().any(|kept| kept.sources.contains(name));
    let unnamed: Vec<String> = names.filter(is_free).collect();
    let wanted = query.get("id").map(String::as_str);
    Ok(::pages::entities(viewer, &entities, &unnamed, wanted, query::notice(query)))
}
