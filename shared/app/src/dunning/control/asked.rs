//! What people send to say something of recoveries, as a body or as a form.

use crate::context::Context;
use crate::web::{self, Problem};
use domain::book::Person;
use domain::dunning::Wish;
use domain::import::Customer;
use domain::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is sent: one of four words, and about which invoice if not about all that are asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    pub(super) invoice: Option<String>,
    pause: Option<Pause>,
    resume: Option<Resume>,
    pub(super) stop: Option<Stop>,
    pub(super) promise: Option<Promise>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pause {
    until: Until,
    #[serde(default)]
    note: String,
}

/// A time, or the end of a day where the customer lives.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
enum Until {
    At(Timestamp),
    Day(Date),
}

impl TryFrom<String> for Until {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let day = || text.parse().map(Self::Day).map_err(|_| format!("`{text}` is neither a time nor a day"));
        text.parse().map(Self::At).or_else(|_| day())
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resume {
    #[serde(default)]
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stop {
    note: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Promise {
    date: Date,
    amount: Money,
    #[serde(default)]
    note: String,
}

const WANTED: &str = "send one of `pause` with `until`, `resume`, `stop` with a `note`, and `promise` with `date` and \
    `amount`; beside it the `invoice`, if it is not about all that are asked for";

impl Asked {
    /// Reads a body.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        let asked: Self = web::sent(body, WANTED)?;
        let said = [asked.pause.is_some(), asked.resume.is_some(), asked.stop.is_some(), asked.promise.is_some()];
        if said.into_iter().filter(|said| *said).count() == 1 { Ok(asked) } else { Err(Problem::malformed(WANTED)) }
    }

    /// Reads a form of the console, where a day is a day of the customer's.
    pub fn of_form(fields: &BTreeMap<String, String>) -> Result<Self, Problem> {
        let field = |name: &str| fields.get(name).map(|text| text.trim()).unwrap_or_default();
        let day = |name: &str| {
            let day = field(name).parse::<Date>();
            day.map_err(|_| Problem::malformed("choose a day, such as 2026-01-31"))
        };
        let note = field("note").to_owned();
        let asked = Self { invoice: Some(field("invoice").to_owned()), ..Self::default() };
        Ok(match field("say") {
            "pause" => Self { pause: Some(Pause { until: Until::Day(day("until")?), note }), ..asked },
            "resume" => Self { resume: Some(Resume { note }), ..asked },
            "stop" => Self { stop: Some(Stop { note }), ..asked },
            "promise" => {
                let currency = Currency::parse(field("currency"))
                    .map_err(|_| Problem::malformed("the form is damaged; reload the page"))?;
                let amount = Money::parse(field("amount"), currency)
                    .map_err(|wrong| Problem::malformed(format!("{wrong}; write it like 24.00")))?;
                Self { promise: Some(Promise { date: day("date")?, amount, note }), ..asked }
            }
            _ => return Err(Problem::malformed("the form says nothing; reload the page")),
        })
    }

    /// What somebody wants, and why; days end where the customer lives.
    pub(super) fn wish(
        &self,
        context: &Context,
        (person, customer): (&Person, Option<&Customer>),
    ) -> Result<(Wish, &str), Problem> {
        let end = |day: Date| {
            let zone = customer.and_then(|customer| customer.time_zone.as_deref());
            let over = context.policies.hours.current().end_of(day, zone, person.country(customer));
            over.ok_or_else(|| Problem::not_possible(format!("{day} is too far off")))
        };
        if let Some(Pause { until, note }) = &self.pause {
            let until = match until {
                Until::At(at) => *at,
                Until::Day(day) => end(*day)?,
            };
            return Ok((Wish::Pause { until }, note.as_str()));
        }
        if let Some(Promise { date, amount, note }) = &self.promise {
            return Ok((Wish::Promise { date: *date, until: end(*date)?, amount: *amount }, note.as_str()));
        }
        if let Some(Resume { note }) = &self.resume {
            return Ok((Wish::Resume, note.as_str()));
        }
        self.stop.as_ref().map(|Stop { note }| (Wish::Stop, note.as_str())).ok_or_else(|| Problem::malformed(WANTED))
    }
}
