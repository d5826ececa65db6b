//! Playbook 6: whose invoice is it, is everything on it, and where is it?

use super::{Name, Play, Setting, Step, When};
use crate::action::{Kind, Reason};
use crate::book::{Due, Invoice};
use crate::import::Customer;
use crate::policy::phrase;

/// An invoice that somebody needs for their taxes.
#[derive(Clone, Copy)]
pub struct Invoicing<'a> {
    pub provider: &'a str,
    pub invoice: &'a Invoice,
    /// The company as it wants to be named, where it was imported.
    pub customer: Option<&'a Customer>,
    /// What leads its customer to the provider's document, where there is one.
    pub link: Option<&'a str>,
}

/// Says which document is sent: the provider's own or, where it shows none, a copy that is marked as one.
pub fn tax_invoice(scene: Setting<'_>, invoicing: Invoicing<'_>) -> Play {
    let Invoicing { provider, invoice, customer, link } = invoicing;
    let number = invoice.number.value().unwrap_or(&invoice.id).clone();
    let sells = scene.policy.merchants_of_record.iter().any(|merchant| merchant == provider);
    let verdict = match (sells, invoice.due(), link) {
        (_, Due::NotYet, _) => "The invoice is not final yet: send it when it is.".to_owned(),
        (true, ..) => format!("Send {provider}'s own invoice: it sells in its own name and owes the tax."),
        (false, _, Some(_)) => "Send the provider's own invoice.".to_owned(),
        (false, _, None) => "Send a copy that is marked as one: the provider shows no page of its own.".to_owned(),
    };
    let mut play = scene.play(Name::TaxInvoice, verdict);
    play.look("format", if link.is_some() { "the provider's page and PDF" } else { "PDF" });
    let tax = invoice.tax.copied();
    play.look("tax", tax.map_or_else(|| "not known".to_owned(), |tax| tax.to_string()));
    let field = |value: Option<&String>| value.cloned().unwrap_or_else(|| "not known".to_owned());
    play.look("company", field(customer.and_then(|customer| customer.legal_name.as_ref())));
    play.look("tax id", field(customer.and_then(|customer| customer.tax_id.as_ref())));
    play.look("jurisdiction", field(customer.and_then(|customer| customer.tax_country.as_ref())));
    if invoice.due() == Due::NotYet {
        return play;
    }
    let named = customer.is_some_and(|customer| customer.legal_name.is_some() && customer.tax_country.is_some());
    play.missing.extend(
        (!named).then(|| "company and jurisdiction: ask the customer before a corrected invoice is made".to_owned()),
    );
    let kind = Kind::TaxInvoice { invoice: invoice.id.clone() };
    play.push(Step::Ask {
        kind: kind.name(),
        target: invoice.id.clone(),
        amount: None,
        approvals: Vec::new(),
        lines: Vec::new(),
        why: "a copy changes nothing".to_owned(),
        action: scene.wanted(kind.wish(), Reason::Other, ""),
    });
    let attached = || scene.reader.words(phrase::ATTACHED).to_owned();
    let values = [("invoice", number), ("link", link.map_or_else(attached, str::to_owned))];
    play.push(scene.say(When::AfterItIsDone, &scene.policy.texts.tax_invoice, &values));
    play
}
