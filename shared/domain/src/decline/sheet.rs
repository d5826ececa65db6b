//! What do all the codes of a file mean? For whoever compares the table with another one.

use super::{Asked, Declines, ReportReason, Retry, WhoActs};
use csv::{ReaderBuilder, Trim, Writer};
use serde::{Deserialize, Serialize};

/// One line of the file: of its columns only the first two must be there.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(alias = "table")]
    provider: String,
    #[serde(alias = "decline_code")]
    code: String,
    #[serde(default)]
    gateway: Option<String>,
    #[serde(default)]
    network: Option<String>,
    #[serde(default)]
    network_code: Option<String>,
    #[serde(default)]
    advice: Option<String>,
    #[serde(default, alias = "message")]
    text: Option<String>,
}

/// What the code of a line means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Classed {
    pub provider: String,
    pub code: String,
    pub family: String,
    pub retry: Retry,
    pub who_acts: WhoActs,
    pub customer_reason: String,
    pub report_reason: ReportReason,
    pub listed: bool,
    pub wait_hours: Option<i64>,
    pub source: String,
}

/// Reads a file of codes as CSV; an error says which line is wrong.
pub fn classed(declines: &Declines, text: &str) -> Result<Vec<Classed>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text.as_bytes());
    let lines = reader.deserialize::<Line>();
    lines.map(|line| line.map(|line| declines.class(line)).map_err(|error| error.to_string())).collect()
}

/// The same as CSV again, with its first line.
pub fn as_csv(rows: &[Classed]) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).expect("memory takes every line, and all are alike");
    }
    let bytes = writer.into_inner().expect("memory takes every line");
    String::from_utf8(bytes).expect("every cell is text")
}

impl Declines {
    fn class(&self, line: Line) -> Classed {
        let about = Asked {
            network: line.network.as_deref(),
            network_code: line.network_code.as_deref(),
            gateway: line.gateway.as_deref(),
            advice: line.advice.as_deref(),
            text: line.text.as_deref(),
        };
        let decline = self.asked(&line.provider, &line.code, about);
        let meaning = self.meaning(Some(&decline));
        let family = meaning.family;
        Classed {
            family: family.id.get_ref().clone(),
            retry: family.retry,
            who_acts: family.who_acts,
            customer_reason: family.customer_reason.clone(),
            report_reason: family.report_reason,
            listed: meaning.known,
            wait_hours: meaning.wait.map(|wait| wait.as_hours()),
            source: meaning.source,
            provider: line.provider,
            code: line.code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn a_file_of_codes_is_classed_line_by_line() {
        let policies = Policies::shipped().unwrap();
        let text = "provider,code,network,network_code,advice,text\n\
                    stripe,generic_decline,,43,,\n\
                    stripe,generic_decline,mastercard,05,25,\n\
                    Braintree,2001,,,,Insufficient Funds\n\
                    nobody we know,X1,,,,\"Declined, the card was reported stolen\"\n\
                    nobody we know,X2,,,,\n";
        let rows = classed(policies.declines.current(), text).unwrap();
        let told: Vec<_> =
            rows.iter().map(|row| (row.family.as_str(), row.retry, row.listed, row.wait_hours)).collect();
        assert_eq!(
            told,
            [
                ("lost_or_stolen", Retry::Never, true, None),
                ("declined", Retry::Later, true, Some(24)),
                ("insufficient_funds", Retry::Later, true, None),
                ("lost_or_stolen", Retry::Never, false, None),
                ("unclassified", Retry::InternalReview, false, None),
            ]
        );
        let written = as_csv(&rows);
        assert_eq!(written.lines().count(), 6, "{written}");
        assert!(written.starts_with("provider,code,family,retry,"), "{written}");
        assert!(written.contains("stripe,generic_decline,declined,later,"), "{written}");
    }

    #[test]
    fn a_file_without_its_columns_is_refused_with_its_line() {
        let policies = Policies::shipped().unwrap();
        for (text, expected) in
            [("provider,family\nstripe,declined\n", "missing field `code`"), ("provider,code\na,b,c\n", "line: 2")]
        {
            let refused = classed(policies.declines.current(), text).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
