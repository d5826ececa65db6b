//! What is shown before anybody has signed in.

use super::{ROWS, more};
use crate::context::Context;
use crate::door::console::viewer;
use crate::door::{session, token};
use crate::records::beside;
use crate::report::{query, read};
use crate::web::{self, Answer, Problem, Window};
use bytes::Bytes;
use domain::action::State;
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
    let (waiting, next) = match &viewer {
        Some(_) => {
            let window = Window::of(&web::query(request), ROWS)?;
            let page = read::actions(context, Some(State::WaitingApproval), None, &window).await?;
            (beside::of_each(context, page.items).await?, more("/approvals?", page.next))
        }
        None => (Vec::new(), None),
    };
    Ok(web::html_with(::pages::SCRIPT, ::pages::landing(viewer.as_ref(), &waiting, next.as_deref())))
}
