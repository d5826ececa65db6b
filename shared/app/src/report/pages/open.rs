//! What is shown before anybody has signed in.

use super::{ROWS, filters, more};
use crate::context::Context;
use crate::door::console::viewer;
use crate::door::{session, token};
use crate::records::beside;
use crate::report::filter::Actions;
use crate::report::{query, read};
use crate::setup::staff;
use crate::web::{self, Answer, Problem, Window};
use ::pages::Filters;
use bytes::Bytes;
use http::{Request, StatusCode};

/// The sign-in page.
pub(in crate::report) async fn login(context: &Context, request: &Request<Bytes>) -> Answer {
    let notice = web::query(request);
    web::html(StatusCode::OK, ::pages::login(query::notice(&notice), &session::demo(context).await))
}

/// The page behind mailed links: open to everybody, and the only one with a script of its own.
pub(in crate::report) async fn approvals(context: &Context, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let caller = match token::caller(context, request).await {
        Ok(caller) => Some(caller),
        Err(problem) if problem.status == StatusCode::UNAUTHORIZED => None,
        Err(problem) => return Err(problem),
    };
    let viewer = caller.as_ref().map(|caller| viewer(context, caller));
    let Some(viewer) = viewer else {
        return Ok(web::html_with(::pages::SCRIPT, ::pages::landing(None, &[], &Filters::default(), None)));
    };
    let query = web::query(request);
    let page = read::actions_wanted(context, &Actions::waiting(&query)?, &Window::of(&query, ROWS)?).await?;
    let filters = filters::approvals(&query, &staff::all(context).await?);
    let filters = filters::kept(context, &viewer, filters).await?;
    let next = more(&filters::base(&filters), page.next);
    let waiting = beside::of_each(context, page.items).await?;
    Ok(web::html_with(::pages::SCRIPT, ::pages::landing(Some(&viewer), &waiting, &filters, next.as_deref())))
}
