//! A document as a file: an e-invoice in one of its two forms, or the page.

use super::sound;
use crate::context::Context;
use crate::ports::Unprinted;
use crate::web::{self, Answer, Problem};
use documents::{EInvoice, NotValid};
use domain::document::Filed;
use http::StatusCode;

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Ubl,
    Cii,
    Pdf,
}

pub async fn file(context: &Context, filed: &Filed, form: Form) -> Result<Answer, Problem> {
    let number = &filed.document.number;
    match form {
        Form::Ubl => Ok(xml(number, "ubl", einvoice(context, filed)?.ubl().xml)),
        Form::Cii => Ok(xml(number, "cii", einvoice(context, filed)?.cii().xml)),
        Form::Pdf => {
            let page = context.press.pdf(&filed.document).await.map_err(|why| unprinted(number, &why))?;
            Ok(web::file("application/pdf", &format!("{number}.pdf"), page))
        }
    }
}

fn xml(number: &str, form: &str, text: String) -> Answer {
    web::file("application/xml", &format!("{number}.{form}.xml"), text.into_bytes())
}

fn einvoice(context: &Context, filed: &Filed) -> Result<EInvoice, Problem> {
    let said = |why: &NotValid| {
        tracing::error!(document = filed.document.number, %why, "a document of ours cannot be written");
        Problem::not_possible(why.to_string())
    };
    EInvoice::of(&sound(context, filed)?).map_err(|why| said(&why))
}

fn unprinted(number: &str, why: &Unprinted) -> Problem {
    match why {
        Unprinted::Missing => {
            let instead = format!("the e-invoice is at /documents/{number}/ubl and /documents/{number}/cii");
            Problem::new(StatusCode::NOT_IMPLEMENTED, "no_press", format!("{why}; {instead}."))
        }
        Unprinted::Failed(_) => {
            tracing::error!(document = number, %why, "a document of ours was not printed");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "try_again", format!("{why}; try again in a moment"))
        }
    }
}
