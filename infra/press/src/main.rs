//! `recoup-press`: one request as JSON on standard input, its page as PDF on standard output. Where there is none, a
//! sentence on standard error says why.

use domain::document::TaxDocument;
use domain::policies::Policies;
use serde::Deserialize;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// What can be printed.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Document(TaxDocument),
}

fn main() -> ExitCode {
    let sent = printed(io::stdin().lock()).and_then(|page| {
        let mut out = io::stdout().lock();
        out.write_all(&page).and_then(|()| out.flush()).map_err(|error| format!("the page cannot be written: {error}"))
    });
    match sent {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn printed(from: impl Read) -> Result<Vec<u8>, String> {
    let policies = Policies::shipped().map_err(|refused| refused.to_string())?;
    let most = policies.limits.current().press.request_bytes_max;
    let mut request = Vec::new();
    // One more than may be: so it is seen that there is too much.
    let mut from = from.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1));
    from.read_to_end(&mut request).map_err(|error| format!("the request cannot be read: {error}"))?;
    if request.len() > most {
        return Err(format!("the request has more than {most} bytes"));
    }
    // Whoever asks may be newer than this program.
    let Request::Document(document) = serde_json::from_slice(&request).map_err(|error| {
        format!(
            "this program does not understand the request: {error}; build it anew: `cargo build --release -p press`"
        )
    })?;
    printing::document(document, &policies.documents).map_err(|reason| reason.to_string())
}
