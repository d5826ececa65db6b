//! What is shown of an invoice that is paid, sent, given up, or waited for.

use super::{Effect, days_text};
use crate::action::papers::INVOICE;
use crate::action::{Known, Line, NoPreview, PaymentPage};
use crate::book::Due;
use crate::money::Money;
use jiff::civil::Date;

pub(super) fn payment_link(known: Known<'_>, invoice: &str, amount: Option<Money>) -> Effect {
    let mut lines = vec![due(known.remaining(invoice)?, amount)];
    if known.manners.payment_page == PaymentPage::AllThatIsOwed {
        lines.push(Line::text("The page asks for", None, "all that the customer owes"));
    }
    Ok((format!("Payment link for {}invoice {invoice}", owed(amount)), lines))
}

pub(super) fn resend(known: Known<'_>, invoice: &str) -> Effect {
    Ok((format!("Send invoice {invoice} again"), vec![total(known, invoice)?]))
}

/// The provider's own, or ours with all that stands on it.
pub(super) fn tax_document(known: Known<'_>, invoice: &str) -> Effect {
    let mut lines = vec![total(known, invoice)?];
    match known.papers.of(invoice) {
        Some(Ok(own)) => lines.extend(own.iter().cloned()),
        Some(Err(why)) => return Err(NoPreview::NoDocument(why.clone())),
        None => {}
    }
    Ok((format!("Tax document of invoice {invoice}"), lines))
}

pub(super) fn retry(known: Known<'_>, invoice: &str, amount: Option<Money>, card: Option<&str>) -> Effect {
    let left = known.remaining(invoice)?;
    let mut lines = vec![due(left, left.and_then(nothing))];
    if let Some(id) = card {
        let card = known.head.book.kept_card(id).ok_or_else(|| NoPreview::UnknownCard(id.to_owned()))?;
        let subscription = known.invoice(invoice)?.subscription.value().map(String::as_str);
        if !known.head.may_be_named(id, subscription) {
            return Err(NoPreview::NoConsent(id.to_owned()));
        }
        lines.push(Line::text("Charged", None, &format!("the {} card that ends in {}", card.brand, card.last4)));
        if let Some(consent) = known.head.consent_to(id) {
            let agreed = format!("written down by {} on {}", consent.by, consent.at.strftime("%Y-%m-%d"));
            lines.push(Line::text("The customer agreed to this card", None, &agreed));
        }
    }
    Ok((format!("Try the payment of {}invoice {invoice} again", owed(amount)), lines))
}

pub(super) fn mark_paid(known: Known<'_>, invoice: &str, amount: Money) -> Effect {
    let left = known.all_due(invoice)?;
    let lines = vec![due(Some(left), nothing(left))];
    Ok((format!("Mark {amount} of invoice {invoice} as paid by other means"), lines))
}

pub(super) fn write_off(known: Known<'_>, invoice: &str, amount: Money) -> Effect {
    let left = known.all_due(invoice)?;
    let lines = vec![due(Some(left), nothing(left)), Line::text("Invoice", Some("open"), "written off")];
    Ok((format!("Write off {amount} of invoice {invoice}"), lines))
}

pub(super) fn void(known: Known<'_>, invoice: &str, amount: Money) -> Effect {
    let left = known.all_due(invoice)?;
    let lines = vec![due(Some(left), nothing(left)), Line::text("Invoice", Some("open"), "void")];
    Ok((format!("Void invoice {invoice} over {amount}"), lines))
}

pub(super) fn extend_grace(known: Known<'_>, invoice: &str, days: u32) -> Effect {
    known.remaining(invoice)?;
    // Of those that the head does not name, the plan itself shows it when this is carried out.
    if !known.head.dunning.contains_key(invoice) && known.head.more_dunning == 0 {
        return Err(NoPreview::NoRecovery(invoice.to_owned()));
    }
    let later = format!("{} later", days_text(days));
    let lines = vec![Line::text("Next steps of the recovery", Some("as planned"), &later)];
    Ok((format!("{} more grace for invoice {invoice}", days_text(days)), lines))
}

pub(super) fn defer(known: Known<'_>, invoice: &str, days: u32, until: Date) -> Effect {
    known.remaining(invoice)?;
    let due_on = known.invoice(invoice)?.due_on.copied().map(|due_on| due_on.to_string());
    let lines = vec![Line::text("Due on", due_on.as_deref(), &until.to_string())];
    Ok((format!("Defer invoice {invoice} by {}", days_text(days)), lines))
}

fn due(amount: Option<Money>, after: Option<Money>) -> Line {
    Line::money("Remains due", amount, after)
}

fn nothing(amount: Money) -> Option<Money> {
    Some(Money::zero(amount.currency()))
}

fn owed(amount: Option<Money>) -> String {
    amount.map(|amount| format!("{amount} of ")).unwrap_or_default()
}

fn total(known: Known<'_>, id: &str) -> Result<Line, NoPreview> {
    let invoice = known.invoice(id)?;
    if invoice.due() == Due::NotYet {
        return Err(NoPreview::NotDue(id.to_owned(), "a draft"));
    }
    let total = invoice.total.copied();
    Ok(Line::money(INVOICE, total, total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Manners, Papers};
    use crate::book::{Head, Invoice, Touched};
    use jiff::Timestamp;
    use serde_json::{from_value, json};

    #[test]
    fn a_try_says_in_words_which_card_is_charged_and_none_that_is_gone_is() {
        let at = "2026-03-02T10:00:00Z";
        let seen = |value: serde_json::Value| json!([[at, 0, "evt_1"], value]);
        let open = json!({"id": "in_1", "status": seen(json!("open")),
            "remaining": seen(json!({"amount": "49.00", "currency": "USD"}))});
        let mut records = Touched::default();
        records.invoices.insert("in_1".to_owned(), from_value::<Invoice>(open).unwrap());
        let mut head = Head::new("stripe", "default", "cus_1");
        for (id, last4, state) in [("pm_1", "4242", "removed"), ("pm_2", "1881", "kept")] {
            let card = json!({"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2032});
            let line = json!({"seen_at": at, "id": id, "card": card, "state": state});
            head.book.cards.push(from_value(line).unwrap());
        }
        let known = Known {
            head: &head,
            manners: &Manners::PLAIN,
            records: &records,
            prices: &[],
            papers: &crate::action::NO_PAPERS,
            now: Timestamp::UNIX_EPOCH,
        };
        let words = |card: Option<&str>| -> Result<Option<String>, NoPreview> {
            let (_, lines) = retry(known, "in_1", None, card)?;
            let charged = lines.iter().find(|line| line.label == "Charged").and_then(|line| line.after.as_ref());
            Ok(charged.map(ToString::to_string))
        };
        assert_eq!(words(None), Ok(None), "whatever the provider charges by itself");
        assert_eq!(words(Some("pm_2")), Ok(Some("the visa card that ends in 1881".to_owned())));
        for gone in ["pm_1", "pm_9"] {
            assert_eq!(words(Some(gone)), Err(NoPreview::UnknownCard(gone.to_owned())));
        }
    }

    #[test]
    fn a_card_beside_the_one_that_is_charged_is_named_with_consent_alone() {
        let at = "2026-03-02T10:00:00Z";
        let seen = |value: serde_json::Value| json!([[at, 0, "evt_1"], value]);
        let open = json!({"id": "in_1", "status": seen(json!("open")), "subscription": seen(json!("sub_1")),
            "remaining": seen(json!({"amount": "49.00", "currency": "USD"}))});
        let mut records = Touched::default();
        records.invoices.insert("in_1".to_owned(), from_value::<Invoice>(open).unwrap());
        let head = |chosen: &str, consent: serde_json::Value| {
            let mut head = Head::new("stripe", "default", "cus_1");
            for (id, last4) in [("pm_1", "4242"), ("pm_2", "1881")] {
                let card = json!({"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2032});
                head.book
                    .cards
                    .push(from_value(json!({"seen_at": at, "id": id, "card": card, "state": "kept"})).unwrap());
            }
            head.book.chosen = from_value(seen(json!(chosen))).unwrap();
            head.consent = from_value(consent).unwrap();
            head
        };
        let agreed = |card: &str, last4: &str| {
            let by_phone = json!({"by": "lena", "at": at, "note": "by phone"});
            let mut consent = json!({"card": card, "brand": "visa", "last4": last4});
            consent.as_object_mut().unwrap().extend(by_phone.as_object().unwrap().clone());
            consent
        };
        let none = || Err(NoPreview::NoConsent("pm_2".to_owned()));
        for (name, head, expected) in [
            ("the customer chose it", head("pm_2", json!(null)), Ok(2)),
            ("nobody agreed", head("pm_1", json!(null)), none()),
            ("somebody agreed to another one", head("pm_1", agreed("pm_1", "4242")), none()),
            ("it has another number by now", head("pm_1", agreed("pm_2", "0005")), none()),
            ("the customer agreed", head("pm_1", agreed("pm_2", "1881")), Ok(3)),
        ] {
            let now = Timestamp::UNIX_EPOCH;
            let known = Known {
                head: &head,
                manners: &Manners::PLAIN,
                records: &records,
                prices: &[],
                papers: &crate::action::NO_PAPERS,
                now,
            };
            let lines = retry(known, "in_1", None, Some("pm_2")).map(|(_, lines)| lines);
            assert_eq!(lines.as_ref().map(Vec::len).map_err(Clone::clone), expected, "{name}");
            let agreed = lines.unwrap_or_default().pop().and_then(|line| line.after).map(|after| after.to_string());
            let said = "written down by lena on 2026-03-02";
            assert_eq!(agreed.as_deref() == Some(said), name == "the customer agreed", "{name}: {agreed:?}");
        }
    }
    #[test]
    fn our_own_document_is_shown_line_by_line_and_what_is_missing_refuses_it() {
        let seen = |value: serde_json::Value| json!([["2026-03-02T10:00:00Z", 0, "evt_1"], value]);
        let paid = json!({"id": "in_1", "status": seen(json!("paid")),
            "total": seen(json!({"amount": "119.00", "currency": "EUR"}))});
        let mut records = Touched::default();
        records.invoices.insert("in_1".to_owned(), from_value::<Invoice>(paid).unwrap());
        let head = Head::new("stripe", "default", "cus_1");
        let to = Line::text("Made out to", None, "Acme GmbH");
        let refused = "import the customer's address";
        for (name, said, expected) in [
            ("the provider's", None, Ok(vec!["Invoice"])),
            ("ours", Some(Ok(vec![to])), Ok(vec!["Invoice", "Made out to"])),
            ("not to be made", Some(Err(refused.to_owned())), Err(NoPreview::NoDocument(refused.to_owned()))),
        ] {
            let mut papers = Papers::default();
            said.into_iter().for_each(|said| papers.note("in_1", said));
            let (manners, now) = (&Manners::PLAIN, Timestamp::UNIX_EPOCH);
            let known = Known { head: &head, manners, records: &records, prices: &[], papers: &papers, now };
            let shown = tax_document(known, "in_1").map(|(_, lines)| lines);
            let labels = shown.as_ref().map(|lines| lines.iter().map(|line| line.label.as_str()).collect::<Vec<_>>());
            assert_eq!(labels.map_err(Clone::clone), expected, "{name}");
        }
    }
}
