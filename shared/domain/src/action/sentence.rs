//! What does an action do, with how much, for whom and why? In one sentence, as people say it, and without ids.

use super::preview::about::PAYMENT;
use super::{Action, Kind, Reason, When};
use crate::book::{Called, one_line};
use crate::money::Money;
use crate::staff::MACHINE;

/// How much of a note is said where the reason says nothing.
const NOTE_CHARS_MAX: usize = 120;

/// Whoever a sentence has named before.
const THEM: &str = "them";

impl Action {
    /// `Refund 38.00 USD to Juniper Logistics: charged a second time on 27 Nov, Amex 0049`.
    pub fn sentence(&self, called: &Called) -> String {
        format!("{}: {}", self.kind.sentence(called), self.cause())
    }

    /// Why it is asked for, and what it is about.
    fn cause(&self) -> String {
        let about = self.preview.about.as_str();
        if let (Reason::DuplicateCharge, Some(day)) = (self.reason_code, about.strip_prefix(PAYMENT)) {
            return format!("{} on {day}", Reason::DuplicateCharge.said());
        }
        let note = one_line(&self.note, NOTE_CHARS_MAX);
        let why = match self.reason_code {
            Reason::Other if !note.is_empty() => note,
            reason => reason.said().to_owned(),
        };
        if about.is_empty() { why } else { format!("{why}, {about}") }
    }

    /// What happens once all have said yes, and whether the customer is written to.
    pub fn after_yes(&self) -> String {
        let done = if self.kind.is_own() {
            "Recoup does exactly this."
        } else {
            "Exactly this is done at the provider. If the account has changed by then nothing is done, and whoever asked hears of it."
        };
        let told = self.mails_the_customer().map(|told| format!(" {told}")).unwrap_or_default();
        format!("{done}{told}")
    }

    /// What happens once somebody has said no; `asker` is what whoever asked is called.
    pub fn after_no(&self, asker: &str) -> String {
        if self.requested_by == MACHINE {
            return "Nothing is done, and the case stays open for a person. Your reason stands beside it.".to_owned();
        }
        format!("Nothing is done. {asker} is mailed your reason.")
    }

    /// What the customer is mailed by it, where it is anything: whoever decides knows before.
    pub fn mails_the_customer(&self) -> Option<&'static str> {
        let members = self.kind.members();
        if members.iter().any(Kind::is_link) {
            return Some("The customer is mailed the link.");
        }
        let leaves = members.iter().any(|member| member.wish_to_leave(self.reason_code).is_some());
        leaves.then_some("The customer is mailed that their cancellation was taken.")
    }
}

impl Kind {
    /// What it does, for whom, and with how much.
    pub fn sentence(&self, called: &Called) -> String {
        self.said_of(&called.to_string())
    }

    fn said_of(&self, whom: &str) -> String {
        match self {
            Self::PaymentLink { amount, .. } => {
                format!(
                    "Send {whom} a link to pay {}",
                    amount.map_or_else(|| "what is open".to_owned(), |it| it.to_string())
                )
            }
            Self::ResendInvoice { .. } => format!("Send {whom} an invoice again"),
            Self::TaxInvoice { .. } => format!("Send {whom} a tax invoice"),
            Self::UpdatePaymentMethod {} => format!("Send {whom} a link to change how they pay"),
            Self::Refund { amount, .. } => format!("Refund {amount} to {whom}"),
            Self::Credit { amount } => format!("Credit {amount} to {whom}"),
            Self::RetryPayment { amount, .. } => {
                format!("Try a payment{} by {whom} again", amount.map(|it| format!(" of {it}")).unwrap_or_default())
            }
            Self::MarkPaid { amount, .. } => format!("Mark {amount} owed by {whom} as paid by other means"),
            Self::WriteOff { amount, .. } => format!("Write off {amount} owed by {whom}"),
            Self::VoidInvoice { amount, .. } => format!("Void an invoice over {amount} to {whom}"),
            Self::ExtendGrace { days, .. } => format!("Give {whom} {} more to pay", days_of(*days)),
            Self::Defer { days, until, .. } => {
                format!("Defer an invoice to {whom} by {}, until {until}", days_of(*days))
            }
            Self::ExtendTrial { days, .. } => format!("Extend {} by {}", own(whom, "trial"), days_of(*days)),
            Self::Pause { .. } => format!("Pause {}", own(whom, "subscription")),
            Self::Resume { .. } => format!("Resume {}", own(whom, "subscription")),
            Self::Upgrade { price, .. } => format!("Upgrade {whom} at once, to {price} each period"),
            Self::Downgrade { price, .. } => {
                format!("Downgrade {whom} from the next period on, to {price} each period")
            }
            Self::ChangeAddons { price, .. } => format!("Change {}{}", own(whom, "add-ons"), each_period(*price)),
            Self::AdjustSeats { seats, price, .. } => format!("Change {whom} to {seats} seats{}", each_period(*price)),
            Self::Discount { percent, price, .. } => {
                format!("Give {whom} {}% off{}", percent.normalize(), each_period(*price))
            }
            Self::Cancel { when: When::Now, .. } => format!("Cancel {} at once", own(whom, "subscription")),
            Self::Cancel { when: When::PeriodEnd, .. } => {
                format!("Cancel {} at the end of its period", own(whom, "subscription"))
            }
            Self::ForceCancel { .. } => format!("End {} at once, against their will", own(whom, "subscription")),
            Self::ErasePerson {} => format!("Erase who {whom} is"),
            Self::Bundle { actions } => {
                let parts: Vec<_> = actions.iter().map(|action| action.said_of(THEM)).collect();
                format!("For {whom}, in this order: {}", parts.join("; "))
            }
        }
    }
}

/// What is theirs, where a sentence has named them already and where it has not.
fn own(whom: &str, what: &str) -> String {
    if whom == THEM { format!("their {what}") } else { format!("the {what} of {whom}") }
}

impl Reason {
    /// As a part of a sentence.
    pub fn said(self) -> &'static str {
        match self {
            Self::ServiceOutage => "the service was down",
            Self::BillingError => "billed wrongly",
            Self::CustomerDissatisfaction => "the customer is not satisfied",
            Self::DuplicateCharge => "charged a second time",
            Self::Inquiry => "their bank asks about it",
            Self::Other => "for another reason",
        }
    }
}

fn each_period(price: Option<Money>) -> String {
    price.map(|price| format!(", to {price} each period")).unwrap_or_default()
}

fn days_of(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview};
    use crate::id::{AccountId, ActionId};
    use crate::money::Currency;
    use jiff::Timestamp;

    fn asked(kind: Kind, reason: Reason, about: &str, note: &str, by: &str) -> Action {
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let (about, digest) = (about.to_owned(), "d".to_owned());
        let preview = Preview { summary: String::new(), about, lines: vec![], clause, notices: vec![], digest };
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), by, "k");
        let mut action = Action::new(id, kind, reason, preview, by, Timestamp::UNIX_EPOCH);
        action.note = note.to_owned();
        action
    }

    fn refund() -> Kind {
        Kind::Refund { payment: "ch_1".to_owned(), amount: Money::parse("38.00", Currency::USD).unwrap() }
    }

    #[test]
    fn a_sentence_says_whose_how_much_and_why_and_no_id() {
        let juniper = Called::Name("Juniper Logistics".to_owned());
        let day = "payment of 27 Nov, Amex 0049";
        for (reason, about, note, called, expected) in [
            (
                Reason::DuplicateCharge,
                day,
                "",
                &juniper,
                "Refund 38.00 USD to Juniper Logistics: charged a second time on 27 Nov, Amex 0049",
            ),
            (Reason::DuplicateCharge, "", "", &juniper, "Refund 38.00 USD to Juniper Logistics: charged a second time"),
            (
                Reason::BillingError,
                day,
                "not said",
                &juniper,
                "Refund 38.00 USD to Juniper Logistics: billed wrongly, payment of 27 Nov, Amex 0049",
            ),
            (Reason::Other, "", "as\nagreed", &juniper, "Refund 38.00 USD to Juniper Logistics: as agreed"),
            (Reason::Other, "", "", &juniper, "Refund 38.00 USD to Juniper Logistics: for another reason"),
            (
                Reason::Inquiry,
                "",
                "",
                &Called::Erased,
                "Refund 38.00 USD to a customer whose data was erased: their bank asks about it",
            ),
            (
                Reason::ServiceOutage,
                "",
                "",
                &Called::Unknown,
                "Refund 38.00 USD to a customer whose name is not known: the service was down",
            ),
        ] {
            assert_eq!(asked(refund(), reason, about, note, "luis").sentence(called), expected);
        }
    }

    #[test]
    fn whoever_decides_knows_before_whether_the_customer_is_written_to() {
        let link = Kind::UpdatePaymentMethod {};
        let leaves = |when| Kind::Cancel { subscription: "sub_1".to_owned(), when, asked_at: Timestamp::UNIX_EPOCH };
        let both = Kind::Bundle { actions: vec![refund(), link.clone()] };
        for (name, kind, expected) in [
            ("a refund", refund(), None),
            ("a link", link, Some("The customer is mailed the link.")),
            ("a link among others", both, Some("The customer is mailed the link.")),
            ("a wish to leave", leaves(When::Now), Some("The customer is mailed that their cancellation was taken.")),
        ] {
            let action = asked(kind, Reason::Other, "", "", "luis");
            assert_eq!(action.mails_the_customer(), expected, "{name}");
            assert_eq!(action.after_yes().contains("mailed"), expected.is_some(), "{name}");
        }
        for (by, expected) in [("luis", "Luis M. is mailed your reason"), (MACHINE, "the case stays open")] {
            let after = asked(refund(), Reason::Other, "", "", by).after_no("Luis M.");
            assert!(after.starts_with("Nothing is done") && after.contains(expected), "{after}");
        }
    }
}
