//! What somebody reads behind a link to pay, in their language.

use super::Owed;
use crate::context::Context;
use crate::web::{self, Answer};
use ::pages::{Paying, ToPay};
use domain::action::PaymentPage;
use domain::book::Head;
use domain::debt::{Debt, Standing};
use domain::policy::{Reader, phrase};
use http::StatusCode;
use std::collections::BTreeMap;

const OPEN: &str = "pay_open";
const OPEN_TOGETHER: &str = "pay_open_together";
const PAID: &str = "pay_paid";
const PAID_SOMETIME: &str = "pay_paid_sometime";
const WITHDRAWN: &str = "pay_withdrawn";
const DISPUTED: &str = "pay_disputed";
const LEFT: &str = "pay_left";
const IN_REVIEW: &str = "pay_in_review";
const DEBT: &str = "pay_debt";
const UNKNOWN: &str = "pay_unknown";
const NOT_NOW: &str = "pay_not_now";

/// What is open, or why nothing is, and what else can be paid.
pub(super) fn page(context: &Context, owed: &Owed, token: &str, status: StatusCode) -> Answer {
    let company = company(context, owed.company.as_deref());
    let reader = owed.reader(context);
    let texts = Texts { reader, company: &company };
    let (title, message) = texts.of(text(&owed.debt, &owed.head), &owed.debt);
    let also = (!owed.debt.is_payable() && !owed.others.is_empty()).then(|| reader.words(phrase::ALSO_OPEN));
    let payable = [&owed.debt].into_iter().filter(|debt| debt.is_payable()).chain(&owed.others);
    let debts = payable.map(|debt| texts.to_pay(debt)).collect();
    let language = reader.language();
    web::outside(status, ::pages::pay(&Paying { language, company: &company, title, message, also, debts }, token))
}

/// A link that opens nothing: nobody knows whose it was.
pub(in crate::dunning) fn unknown(context: &Context) -> Answer {
    said(context, UNKNOWN, StatusCode::NOT_FOUND, None)
}

/// It does not work just now, whoever is at fault.
pub(in crate::dunning) fn not_now(context: &Context, company: Option<&str>, reader: Reader<'_>) -> Answer {
    said(context, NOT_NOW, StatusCode::SERVICE_UNAVAILABLE, Some((company, reader)))
}

/// The same where nobody knows whose link it is.
pub(super) fn failed(context: &Context) -> Answer {
    said(context, NOT_NOW, StatusCode::SERVICE_UNAVAILABLE, None)
}

fn said(context: &Context, id: &str, status: StatusCode, whose: Option<(Option<&str>, Reader<'_>)>) -> Answer {
    let company = company(context, whose.and_then(|(name, _)| name));
    let reader = whose.map_or_else(|| context.policies.texts.current().reader(None, None), |(_, reader)| reader);
    let (title, message) = Texts { reader, company: &company }.filled(id, &[]);
    let language = reader.language();
    let page = Paying { language, company: &company, title, message, also: None, debts: Vec::new() };
    web::outside(status, ::pages::pay(&page, ""))
}

/// Who asks: the company by its name, or, where nobody has given it one, the host that people know from the link.
pub fn company(context: &Context, name: Option<&str>) -> String {
    name.unwrap_or_else(|| context.settings.host()).to_owned()
}

/// The text that says how it stands.
fn text(debt: &Debt, head: &Head) -> &'static str {
    match debt.standing {
        Standing::Open(_) if asks_for_all(head) => OPEN_TOGETHER,
        Standing::Open(_) => OPEN,
        Standing::Paid(Some(_)) => PAID,
        Standing::Paid(None) => PAID_SOMETIME,
        Standing::Withdrawn => WITHDRAWN,
        Standing::Disputed => DISPUTED,
        Standing::Left => LEFT,
        Standing::InReview => IN_REVIEW,
    }
}

/// Whether the provider's page asks for all that is owed, whichever invoice was chosen.
fn asks_for_all(head: &Head) -> bool {
    let api = providers::named(&head.provider).and_then(|provider| provider.api);
    api.is_some_and(|api| api.manners.payment_page == PaymentPage::AllThatIsOwed)
}

/// The texts of one page.
struct Texts<'a> {
    reader: Reader<'a>,
    company: &'a str,
}

impl Texts<'_> {
    fn filled(&self, id: &str, values: &[(&'static str, String)]) -> (String, String) {
        let mut all: BTreeMap<&str, String> = values.iter().cloned().collect();
        all.insert("company", self.company.to_owned());
        self.reader.text(id).map(|text| text.fill(&all)).unwrap_or_default()
    }

    fn of(&self, id: &str, debt: &Debt) -> (String, String) {
        let amount = match debt.standing {
            Standing::Open(Some(amount)) => self.reader.amount(amount),
            _ => String::new(),
        };
        let paid_on = match debt.standing {
            Standing::Paid(Some(at)) => self.reader.date(at),
            _ => String::new(),
        };
        let values = [
            ("invoice", debt.number.clone()),
            ("amount", amount),
            ("due_on", debt.due_on.map(|day| self.reader.day(day)).unwrap_or_default()),
            // A fact is a line.
            ("plan", debt.purpose.iter().flat_map(|purpose| purpose.split_whitespace()).collect::<Vec<_>>().join(" ")),
            ("paid_on", paid_on),
        ];
        self.filled(id, &values)
    }

    fn to_pay(&self, debt: &Debt) -> ToPay {
        let (button, facts) = self.of(DEBT, debt);
        ToPay { invoice: debt.invoice.clone(), button, facts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policies::Policies;

    #[test]
    fn there_is_a_text_for_however_it_stands() {
        let policies = Policies::shipped().unwrap();
        for id in
            [OPEN, OPEN_TOGETHER, PAID, PAID_SOMETIME, WITHDRAWN, DISPUTED, LEFT, IN_REVIEW, DEBT, UNKNOWN, NOT_NOW]
        {
            assert!(policies.texts.current().text(id).is_some(), "no text is called `{id}`");
        }
    }
}
