//! One search for everything: what was found, or at once the page of the only hit.

use super::ROWS;
use crate::context::Context;
use crate::report::search;
use crate::web::{self, Answer, Problem, Window};
use ::pages::Viewer;
use bytes::Bytes;
use http::{Request, StatusCode};

pub(super) async fn everything(
    context: &Context,
    viewer: &Viewer,
    request: &Request<Bytes>,
) -> Result<Answer, Problem> {
    let fields = web::fields(request.body());
    let question = fields.get("q").map(|question| question.trim()).unwrap_or_default();
    let window = Window::of(&fields, ROWS)?;
    let page = search::everything(context, question, &window).await?;
    if let ([only], None) = (page.items.as_slice(), &window.after) {
        return Ok(web::see_other(&only.url));
    }
    let next = Window::cursor(page.next.as_deref());
    Ok(web::html(StatusCode::OK, ::pages::search(viewer, question, Some(&page.items), next.as_deref())))
}
