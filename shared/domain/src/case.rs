//! A trouble of one account, with everything that a person needs in order to decide.

mod around;
mod billed;
mod disputed;
mod glance;
mod joined;
mod short;

pub use around::around;
pub(crate) use around::{granted, owner, tax, usage};
pub use disputed::{Disputed, PAYMENT};

use crate::action::{self, Action, BUNDLE_MAX, Kind, Reason};
use crate::book::{CaseLine, Head, Payment, Touched};
use crate::id::{AccountId, ActionId, CaseId, DecisionId};
use crate::money::Money;
use crate::policy::phrase;
use crate::staff::{AtWork, MACHINE};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One trouble: what was looked at, by which rule it was judged, what is recommended, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub id: CaseId,
    pub account: AccountId,
    pub class: Class,
    /// What the trouble is about: an invoice or a payment, by the provider's id.
    pub about: String,
    /// A decimal between 0 and 1.
    pub confidence: String,
    pub state: State,
    pub rule: String,
    pub policy_version: u32,
    /// How it came about, where that can be told.
    #[serde(default)]
    pub cause: Option<String>,
    pub evidence: Vec<Evidence>,
    /// What would have helped and was not known.
    pub missing: Vec<String>,
    pub advice: String,
    pub why: String,
    pub recommended: Option<Recommendation>,
    /// A draft: it is sent by a person or not at all.
    pub draft_reply: Option<Draft>,
    pub actions: Vec<ActionId>,
    /// How it was judged, oldest first.
    #[serde(default)]
    pub decisions: Vec<DecisionId>,
    pub events: Vec<String>,
    /// What people did about the case itself, oldest first.
    #[serde(default)]
    pub handled: Vec<Handled>,
    /// The tickets that are about it, as `provider/source/id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<String>,
    /// How long people were at it, with all that belongs to it: its tickets, what was asked for because of it, its
    /// tasks.
    #[serde(default, skip_serializing_if = "AtWork::is_nothing")]
    pub at_work: AtWork,
    pub opened_at: Timestamp,
    pub resolved_at: Option<Timestamp>,
    pub resolution: Option<String>,
    /// The case of the same trouble in which it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_on_in: Option<CaseId>,
    /// The cases that go on in it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub took_over: Vec<CaseId>,
}

/// What kind of trouble it is, by the rules or, after them, by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    PaymentFailed,
    InvoiceDiscrepancy,
    PlanChange,
    RefundRequest,
    Overcharge,
    DuplicateCharge,
    PaymentMethodUpdate,
    TaxQuestion,
    OtherBilling,
    DuplicateSubscription,
    EnterpriseInvoice,
    UsageDispute,
    PlanMismatch,
    Chargeback,
    NotBilling,
}

impl Class {
    /// In the order of the reports and forms.
    pub const ALL: [Self; 15] = [
        Self::PaymentFailed,
        Self::InvoiceDiscrepancy,
        Self::PlanChange,
        Self::RefundRequest,
        Self::Overcharge,
        Self::DuplicateCharge,
        Self::PaymentMethodUpdate,
        Self::TaxQuestion,
        Self::OtherBilling,
        Self::DuplicateSubscription,
        Self::EnterpriseInvoice,
        Self::UsageDispute,
        Self::PlanMismatch,
        Self::Chargeback,
        Self::NotBilling,
    ];

    /// As it stands in JSON. The ids of cases are computed from it, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::PaymentFailed => "payment_failed",
            Self::InvoiceDiscrepancy => "invoice_discrepancy",
            Self::PlanChange => "plan_change",
            Self::RefundRequest => "refund_request",
            Self::Overcharge => "overcharge",
            Self::DuplicateCharge => "duplicate_charge",
            Self::PaymentMethodUpdate => "payment_method_update",
            Self::TaxQuestion => "tax_question",
            Self::OtherBilling => "other_billing",
            Self::DuplicateSubscription => "duplicate_subscription",
            Self::EnterpriseInvoice => "enterprise_invoice",
            Self::UsageDispute => "usage_dispute",
            Self::PlanMismatch => "plan_mismatch",
            Self::Chargeback => "chargeback",
            Self::NotBilling => "not_billing",
        }
    }

    /// The class that is called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The same, for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::PaymentFailed => "Payment failed",
            Self::InvoiceDiscrepancy => "Invoice discrepancy",
            Self::PlanChange => "Plan change",
            Self::RefundRequest => "Refund request",
            Self::Overcharge => "Overcharge",
            Self::DuplicateCharge => "Duplicate charge",
            Self::PaymentMethodUpdate => "Payment method update",
            Self::TaxQuestion => "Tax question",
            Self::OtherBilling => "Other billing question",
            Self::DuplicateSubscription => "Duplicate subscription",
            Self::EnterpriseInvoice => "Enterprise invoice",
            Self::UsageDispute => "Usage dispute",
            Self::PlanMismatch => "Plan mismatch",
            Self::Chargeback => "Chargeback",
            Self::NotBilling => "Not about billing",
        }
    }
}

/// Whether anything is left to be done; why nothing is, the case's `resolution` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Resolved,
}

impl State {
    /// As it stands in JSON, and in the keys of the lists, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// A person ended the case, called it by another class, or took a step of its playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    pub by: String,
    pub at: Timestamp,
    pub what: String,
    pub note: String,
    /// The step of the playbook that it was, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// One thing that was looked at, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub label: String,
    pub value: String,
    /// The provider's id of what was looked at.
    pub source: String,
}

impl Evidence {
    /// `label` is what was looked at, `value` what it showed.
    pub fn new(label: &str, value: impl ToString, source: &str) -> Self {
        Self { label: label.to_owned(), value: value.to_string(), source: source.to_owned() }
    }

    /// The moment that it showed, where that is all.
    pub fn at(&self) -> Option<Timestamp> {
        self.value.parse().ok()
    }

    /// What it showed, as a text says it.
    pub fn told(&self) -> Cow<'_, str> {
        match self.at() {
            Some(at) => Cow::Owned(at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
            None => Cow::Borrowed(self.value.as_str()),
        }
    }
}

/// The action that Recoup asks for; whether it is done, people decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    pub kind: Kind,
    pub reason: Reason,
    pub note: String,
    /// What had gone back of a payment when this was found, where anything had: it is taken off already.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gone: BTreeMap<String, Money>,
}

impl Recommendation {
    /// What is recommended; what had gone back by then is seen to where cases are decided.
    pub fn new(kind: Kind, reason: Reason, note: String) -> Self {
        Self { kind, reason, note, gone: BTreeMap::new() }
    }

    /// Notes what has gone back by now of the payments that it gives back.
    pub(crate) fn sees(&mut self, head: &Head, touched: &Touched) {
        let of = |payment: &str| {
            let whole = touched.payments.get(payment).and_then(Payment::given_back);
            whole.or_else(|| head.book.payments.iter().find(|line| line.payment == payment)?.given_back)
        };
        let payments = self.kind.members().iter().filter_map(Kind::refunded);
        self.gone = payments.filter_map(|(id, _)| Some((id.to_owned(), of(id)?))).collect();
        self.gone.retain(|_, gone| gone.is_positive());
    }
}

/// Which text to fill for the customer; the gaps that hold personal data are filled when it is shown, and a link to pay
/// when it is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    pub text: String,
    pub amount: String,
    pub invoice: String,
    pub payment: String,
    pub reason: String,
}

/// How the evidence of a case names a ticket that is about it.
pub(crate) const TICKET: &str = "Ticket";

/// What a case that a ticket opened is about begins with so.
pub(crate) const OF_TICKET: &str = "ticket:";

/// How a case ended whose bill or payment turned out to be as agreed.
pub const EXPLAINED: &str = "explained";

/// How a case ended whose money has gone back, and one for which all was done that it asked for.
pub(crate) const REFUNDED: &str = "refunded";
pub(crate) const DONE: &str = "done";

/// How a case ended that a person ended.
const BY_HAND: &str = "by a person";

impl Case {
    /// As the head names it.
    pub fn line(&self) -> CaseLine {
        let by_ticket = self.is_of_ticket();
        CaseLine { class: self.class.name().to_owned(), opened_at: self.opened_at, by_ticket }
    }

    /// Whether a ticket opened it, and no detector: nothing that the book shows proves it.
    pub fn is_of_ticket(&self) -> bool {
        self.about.starts_with(OF_TICKET)
    }

    /// Somebody did something about the case itself, which is a step of its playbook or none.
    pub fn was_handled(&mut self, by: &str, at: Timestamp, what: &str, note: &str, step: Option<&str>) {
        self.at_work.act(by, at);
        let (by, what, note) = (by.to_owned(), what.to_owned(), note.to_owned());
        self.handled.push(Handled { by, at, what, note, step: step.map(str::to_owned) });
        self.shorten();
    }

    /// What people did about something that belongs to it. Of what goes on in another case nothing counts here.
    pub fn works_on(&mut self, at_work: &AtWork) {
        if self.went_on_in.is_none() {
            self.at_work.join(at_work);
        }
    }

    /// Who took a step of its playbook, where it is one that only people's word tells of.
    pub fn took(&self, step: &str) -> Option<&Handled> {
        self.handled.iter().find(|handled| handled.step.as_deref() == Some(step))
    }

    /// A person says that it is over.
    pub fn end_by_hand(&mut self, at: Timestamp) {
        self.resolve(at, BY_HAND);
    }

    /// Whether a person ended it: then nothing that comes later opens it again.
    pub fn was_ended_by_hand(&self) -> bool {
        self.resolution.as_deref() == Some(BY_HAND)
    }

    /// What people are to be asked for because of it: nothing, if it has ended, if they were asked for what it
    /// recommends and can decide it or have, or if a colleague was quicker. `actions` are its own, in their order.
    pub fn to_ask(&self, actions: &[Action]) -> Option<&Recommendation> {
        self.not_asked(actions).filter(|it| !actions.iter().any(|action| forestalls(action, &it.kind)))
    }

    /// Whether it would ask, and lets what a colleague asked for because of it come to its end first.
    pub fn waits_for_staff(&self, actions: &[Action]) -> bool {
        self.not_asked(actions).is_some_and(|it| actions.iter().any(|action| forestalls(action, &it.kind)))
    }

    fn not_asked(&self, actions: &[Action]) -> Option<&Recommendation> {
        self.recommended.as_ref().filter(|_| self.state == State::Open && !self.is_asked(actions))
    }

    /// Whether our own request stands, or was decided. What people asked for beside it says nothing about that, and
    /// nobody can decide what the case recommends no more.
    fn is_asked(&self, actions: &[Action]) -> bool {
        let own = actions.iter().rev().find(|action| action.requested_by == MACHINE);
        own.is_some_and(|action| match action.state() {
            action::State::WaitingApproval => !is_moot(action, Some(self)),
            state => state != action::State::Stale,
        })
    }

    /// Fills the gaps of the advice and of the reply.
    pub fn fill(&mut self, amount: Option<Money>, invoice: &str, payment: &str) {
        let amount = amount.map_or_else(|| phrase::UNKNOWN_AMOUNT.to_owned(), |amount| amount.to_string());
        for (gap, value) in [("{amount}", amount.as_str()), ("{invoice}", invoice), ("{payment}", payment)] {
            self.advice = self.advice.replace(gap, value);
        }
        if let Some(draft) = &mut self.draft_reply {
            draft.amount = amount;
            invoice.clone_into(&mut draft.invoice);
            payment.clone_into(&mut draft.payment);
        }
    }

    /// Whether people have approved what it recommends, and the provider has not shown all of it yet.
    pub fn is_under_way(&self, head: &Head) -> bool {
        let members = self.recommended.iter().flat_map(|it| it.kind.members());
        let targets: Vec<_> = members.map(|member| member.target().id()).collect();
        let is_own = |id: &ActionId| {
            let is_it = |own: &ActionId| own == id || (1..=BUNDLE_MAX).any(|place| ActionId::member(own, place) == *id);
            self.actions.iter().any(is_it)
        };
        head.under_way.iter().any(|(id, line)| targets.contains(&line.target) && is_own(id))
    }

    /// Ends it, for a reason in a few words. Its line on the head is the caller's to take away.
    pub fn resolve(&mut self, at: Timestamp, resolution: &str) {
        self.state = State::Resolved;
        self.resolved_at = Some(at);
        self.resolution = Some(resolution.to_owned());
    }
}

/// Whether a colleague has asked for the same, as it seems, and that may still come to something: money that goes back,
/// or the same change of the same object. What the book shows by now is taken off a recommendation already.
fn forestalls(action: &Action, recommended: &Kind) -> bool {
    let may_come = match action.state() {
        action::State::WaitingApproval
        | action::State::Approved
        | action::State::Executing
        | action::State::InDoubt
        | action::State::NeedsPerson => true,
        action::State::Executed => action.confirmed_at().is_none(),
        _ => false,
    };
    let is_alike = |own: &Kind, other: &Kind| {
        let both_refund = own.refunded().is_some() && other.refunded().is_some();
        both_refund || (own.name() == other.name() && own.target() == other.target())
    };
    let mut own = action.kind.members().iter();
    let is_same = own.any(|own| recommended.members().iter().any(|other| is_alike(own, other)));
    action.requested_by != MACHINE && may_come && is_same
}

/// Whether Recoup asked because of a case that has ended since, or asks for something else by now.
pub fn is_moot(action: &Action, case: Option<&Case>) -> bool {
    let still =
        |case: &Case| case.state == State::Open && case.recommended.as_ref().is_some_and(|it| it.kind == action.kind);
    action.requested_by == MACHINE && action.case.is_some() && !case.is_some_and(still)
}

/// The same of what people have approved and nobody has done yet, or of a bundle's member. What has ended because its
/// own bundle was done in part is no reason against the rest of it.
pub fn is_overtaken(action: &Action, case: Option<&Case>) -> bool {
    let recommends = |case: &Case| {
        case.recommended.as_ref().is_some_and(|it| it.kind == action.kind || it.kind.members().contains(&action.kind))
    };
    let was_done_by_it = |case: &Case| {
        let is_done = matches!(case.resolution.as_deref(), Some(REFUNDED | DONE));
        is_done && action.bundle.is_some() && case.actions.last() == action.bundle.as_ref()
    };
    let stands = |case: &Case| match case.state {
        State::Open => recommends(case),
        State::Resolved => was_done_by_it(case),
    };
    action.requested_by == MACHINE && action.case.is_some() && !case.is_some_and(stands)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, State as Stands};
    use crate::money::Currency;
    use serde_json::{from_value, json};

    const AT: &str = "2026-03-01T09:00:00Z";

    #[test]
    fn evidence_that_is_a_moment_is_told_as_people_write_it() {
        for (value, told, is_moment) in [
            (AT, "2026-03-01 09:00 UTC", true),
            ("60.00 USD at 2026-03-01 09:00 UTC", "60.00 USD at 2026-03-01 09:00 UTC", false),
            ("2026-03-01", "2026-03-01", false),
            ("4", "4", false),
            ("", "", false),
        ] {
            let evidence = Evidence::new("Opened", value, "dp_1");
            assert_eq!((evidence.told().as_ref(), evidence.at().is_some()), (told, is_moment), "{value}");
        }
    }

    fn case() -> Case {
        let account = AccountId::of("stripe", "default", "cus_1");
        let refund = Kind::Refund { payment: "ch_2".to_owned(), amount: Money::from_minor(2400, Currency::USD) };
        let recommended = Recommendation::new(refund, Reason::DuplicateCharge, String::new());
        from_value(json!({"id": CaseId::of(&account, "duplicate_charge", "ch_2"), "account": account,
            "class": "duplicate_charge", "about": "ch_2", "confidence": "0.85", "state": "open",
            "rule": "same-amount-same-day", "policy_version": 1, "evidence": [], "missing": [], "advice": "", "why": "",
            "recommended": recommended, "draft_reply": null, "actions": [], "events": [], "opened_at": AT,
            "resolved_at": null, "resolution": null}))
        .unwrap()
    }

    #[test]
    fn people_are_asked_once_unless_the_request_went_stale() {
        let case = case();
        let wanted = |by: &str, kind: Kind, state: Stands| {
            let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
            let preview = Preview {
                summary: String::new(),
                about: String::new(),
                lines: vec![],
                clause,
                notices: vec![],
                digest: "d".into(),
            };
            let id = ActionId::of(&case.account, by, "k");
            Action::new(id, kind, Reason::Other, preview, by, AT.parse().unwrap()).in_state(state)
        };
        let own = || case.recommended.as_ref().unwrap().kind.clone();
        let ours = |state: Stands| wanted(MACHINE, own(), state);
        let lenas = |state: Stands| wanted("lena", own(), state);
        let usd = |minor: i64| Money::from_minor(minor, Currency::USD);
        let first = Kind::Refund { payment: "ch_1".to_owned(), amount: usd(900) };
        let first = wanted("lena", first, Stands::WaitingApproval);
        let credit = Kind::Credit { amount: usd(700) };
        let beside = wanted("lena", credit.clone(), Stands::WaitingApproval);
        let both = wanted("lena", Kind::Bundle { actions: vec![credit, own()] }, Stands::Approved);
        let stale = || ours(Stands::Stale);
        for (name, actions, is_due, waits) in [
            ("nobody was asked", vec![], true, false),
            ("they are asked", vec![ours(Stands::WaitingApproval)], false, false),
            ("they have denied it", vec![ours(Stands::Denied)], false, false),
            ("it went stale", vec![stale()], true, false),
            ("it went stale and was asked for again", vec![stale(), ours(Stands::WaitingApproval)], false, false),
            ("somebody asked for something beside it", vec![beside], true, false),
            ("and we had asked before", vec![ours(Stands::Executed), lenas(Stands::Stale)], false, false),
            ("somebody asked for the same", vec![lenas(Stands::WaitingApproval)], false, true),
            ("it is approved", vec![lenas(Stands::Approved)], false, true),
            ("it is done, and nothing shows it yet", vec![lenas(Stands::Executed)], false, true),
            ("theirs was denied", vec![lenas(Stands::Denied)], true, false),
            ("theirs went stale", vec![lenas(Stands::Stale)], true, false),
            ("they give the other payment back", vec![first], false, true),
            ("it is a part of what they asked for", vec![both], false, true),
            ("ours went stale beside theirs", vec![stale(), lenas(Stands::WaitingApproval)], false, true),
        ] {
            assert_eq!((case.to_ask(&actions).is_some(), case.waits_for_staff(&actions)), (is_due, waits), "{name}");
            let over = Case { state: State::Resolved, ..case.clone() };
            assert_eq!(over.to_ask(&actions), None, "{name}, and the case is over");
            let other = Case { recommended: None, ..case.clone() };
            assert_eq!(other.to_ask(&actions), None, "{name}, and nothing is recommended");
        }
    }

    #[test]
    fn what_was_approved_for_a_case_is_done_as_long_as_the_case_asks_for_it() {
        let standing = case();
        let kind = standing.recommended.as_ref().unwrap().kind.clone();
        let credit = Kind::Credit { amount: Money::from_minor(700, Currency::USD) };
        let request = |by: &str, kind: &Kind, bundle: Option<&ActionId>| {
            let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
            let preview = Preview {
                summary: String::new(),
                about: String::new(),
                lines: vec![],
                clause,
                notices: vec![],
                digest: "d".into(),
            };
            let id = ActionId::of(&standing.account, by, "k");
            let mut action = Action::new(id, kind.clone(), Reason::Other, preview, by, AT.parse().unwrap());
            action.case = Some(standing.id.clone());
            action.bundle = bundle.cloned();
            action.in_state(Stands::Approved)
        };
        let bundle = ActionId::of(&standing.account, MACHINE, "b");
        let both = Kind::Bundle { actions: vec![credit.clone(), kind.clone()] };
        let recommends = |kind: &Kind| {
            let recommended = Recommendation::new(kind.clone(), Reason::BillingError, String::new());
            Case { recommended: Some(recommended), actions: vec![bundle.clone()], ..standing.clone() }
        };
        let ended = |how: &str| {
            let mut case = recommends(&kind);
            case.resolve(AT.parse().unwrap(), how);
            case
        };
        let (ours, member) = (request(MACHINE, &kind, None), request(MACHINE, &kind, Some(&bundle)));
        let later = Case { actions: vec![bundle.clone(), ours.id.clone()], ..ended(REFUNDED) };
        for (what, action, case, overtaken) in [
            ("it asks for it", &ours, Some(standing.clone()), false),
            ("it asks for something else", &ours, Some(recommends(&credit)), true),
            ("it asks for nothing any more", &ours, Some(Case { recommended: None, ..standing.clone() }), true),
            ("it is gone", &ours, None, true),
            ("it is explained", &ours, Some(ended(EXPLAINED)), true),
            ("a person ended it", &ours, Some(ended(BY_HAND)), true),
            ("it was done by another one", &ours, Some(ended(REFUNDED)), true),
            ("it asks for it among others", &member, Some(recommends(&both)), false),
            ("it ended by what stood before in the bundle", &member, Some(ended(DONE)), false),
            ("it ended by what was asked for later", &member, Some(later), true),
            ("a person ended it, and the bundle goes on", &member, Some(ended(BY_HAND)), true),
            ("a person asked for it", &request("lena", &kind, None), Some(ended(EXPLAINED)), false),
        ] {
            assert_eq!(is_overtaken(action, case.as_ref()), overtaken, "{what}");
        }
        let mut apart = request(MACHINE, &kind, None);
        apart.case = None;
        assert!(!is_overtaken(&apart, None), "what no case asked for");
    }
}
