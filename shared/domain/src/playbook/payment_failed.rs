//! Playbook 2: why, how often, and what the account may still use; a new link, more time, a message, and a call after
//! three.

use super::{Name, Play, Setting, Step, When, by_hand, came_of};
use crate::action::{Action, Kind, Params, Reason, Wish};
use crate::book::entitlement::Entitlement;
use crate::book::{Due, Head, Invoice};
use crate::case::Case;
use crate::decline::Family;
use crate::dunning::{Failures, Plan, whole_days};
use crate::event::InvoiceStatus;
use crate::incident::{Incident, State};
use crate::money::Money;
use crate::policy::phrase;
use jiff::{SignedDuration, Timestamp};

/// What is known of an invoice whose payment failed.
#[derive(Clone, Copy)]
pub struct Failing<'a> {
    pub invoice: &'a Invoice,
    pub head: &'a Head,
    pub family: &'a Family,
    /// What the customer is told of it: of an incident, nothing about their card.
    pub reason: &'a str,
    /// What stands for our link to pay it until the letter is sent; none, where its provider has no page for it.
    pub link: Option<&'a str>,
    pub entitlement: Option<Entitlement>,
    pub incident: Option<&'a Incident>,
    /// Its recovery, if it ever had one.
    pub plan: Option<&'a Plan>,
    pub same_try: SignedDuration,
    /// How long a customer may pause between two tries of one sitting.
    pub sitting: SignedDuration,
    /// The case of it, where it is played for one, with what was asked for because of it.
    pub case: Option<(&'a Case, &'a [Action])>,
}

/// Writes nothing where nothing is due, and nothing while an incident is behind it.
pub fn payment_failed(scene: Setting<'_>, failing: Failing<'_>) -> Play {
    let Failing { invoice, head, family, reason, link, entitlement, incident, case, .. } = failing;
    let Due::Open(remaining) = invoice.due() else {
        let mut play = scene.play(Name::PaymentFailed, "Nothing is due any more: nothing is to be done.");
        let (case, actions) = case.unzip();
        play.asked_before(scene, case, actions.unwrap_or_default(), &["payment_link", "extend_grace"]);
        return play;
    };
    if let Some(incident) = incident.filter(|incident| incident.state == State::Open) {
        let mut play = scene.play(
            Name::PaymentFailed,
            format!("Wait, and write nothing: {}. It is looked into by: {}.", incident.title(), incident.owner),
        );
        play.look("part of an incident", format!("{} customers, {}", incident.accounts, incident.cause));
        return play;
    }
    let failures = Failures::of_account(&head.book, failing.same_try, failing.sitting).at;
    let in_a_row = failures.len();
    let left = days_left(failing, scene.policy.grace_days, scene.now);
    let mut play = scene.play(
        Name::PaymentFailed,
        format!("Send a link, give time, and say why: {}.", family.id.get_ref().replace('_', " ")),
    );
    play.look("reason", reason);
    play.look("failed tries in a row", in_a_row);
    play.look("account", entitlement.map_or("no subscription has begun", Entitlement::name));
    play.look("days left", left.map_or_else(|| "nothing is taken by itself".to_owned(), |left| left.to_string()));
    requests(scene, failing, remaining, left).into_iter().for_each(|step| play.push(step));
    let warned_at = failures.get(scene.policy.failures_in_a_row.saturating_sub(1)).copied();
    let warned = warned_at.is_some();
    let texts = &scene.policy.texts;
    let days = left.filter(|left| *left > 0);
    let time_left = days.map_or_else(String::new, |days| format!("{}: {days}", scene.reader.words(phrase::DAYS_LEFT)));
    let values = [
        ("amount", remaining.map(|amount| scene.reader.amount(amount)).unwrap_or_default()),
        ("invoice", invoice.number.value().unwrap_or(&invoice.id).clone()),
        ("reason", scene.reader.words(reason).to_owned()),
        ("link", link.unwrap_or_default().to_owned()),
        ("time_left", time_left),
        ("tries", in_a_row.to_string()),
    ];
    play.push(scene.say(When::Now, if warned { &texts.suspension_warning } else { &texts.payment_failed }, &values));
    if let Some(placed) = play.steps.last_mut() {
        placed.since = warned_at;
    }
    if warned {
        let what = format!("call the customer: {in_a_row} payments in a row have failed");
        let (due_on, about) = (scene.day(scene.policy.outreach_days), Some(by_hand::failing(&invoice.id)));
        play.push(Step::Task { who: by_hand::ACCOUNTS, what, due_on, about });
    }
    play.missing.extend(remaining.is_none().then(|| "the amount: the provider did not send it".to_owned()));
    play.missing.extend(link.is_none().then(|| "a payment page for the customer".to_owned()));
    play
}

/// A link and, where some of it is over, more time; each as it was asked for, where it was.
fn requests(scene: Setting<'_>, failing: Failing<'_>, remaining: Option<Money>, left: Option<i64>) -> Vec<Step> {
    let Failing { invoice, entitlement, case, .. } = failing;
    let asked = |name: &str| case.and_then(|(case, actions)| came_of(case, actions, |kind| kind.name() == name));
    let step = |kind: &'static str, amount, days, why: &str| match asked(kind) {
        Some(action) => scene.asked(action, why),
        None => {
            let params = Params { invoice: Some(invoice.id.clone()), days, ..Params::default() };
            Step::Ask {
                kind,
                target: invoice.id.clone(),
                amount,
                approvals: Vec::new(),
                lines: Vec::new(),
                why: why.to_owned(),
                action: scene.wanted(Wish { kind: kind.to_owned(), params }, Reason::Other, ""),
            }
        }
    };
    let mut steps = vec![step("payment_link", remaining, None, "only the customer can pay in another way")];
    let most = scene.policy.grace_days;
    let has_grace = matches!(entitlement, Some(Entitlement::Grace | Entitlement::Warned | Entitlement::Active))
        && left.is_some_and(|left| left < most);
    if has_grace || asked("extend_grace").is_some() {
        let days = left.and_then(|left| u32::try_from((most - left).max(1)).ok());
        steps.push(step("extend_grace", None, days, &format!("up to {most} days, so that there is time to act")));
    }
    steps
}

/// The invoice whose payments fail: the one that a case is about; of what only a ticket tells, the open one of the
/// newest try that failed.
pub(super) fn failing_invoice(case: &Case, head: &Head) -> Option<String> {
    if !case.is_of_ticket() {
        return Some(case.about.clone());
    }
    let book = &head.book;
    let is_open =
        |id: &str| book.invoices.iter().any(|line| line.invoice == id && line.status == Some(InvoiceStatus::Open));
    let failed = book.tries.iter().filter_map(|told| Some((told.at, told.invoice.as_deref()?)));
    failed.filter(|(_, id)| is_open(id)).max().map(|(_, id)| id.to_owned())
}

/// The invoices that a case may ask its customer to pay, the likelier first: that of the link or the time that was
/// asked for, and the one whose payments fail.
pub fn asked_to_pay(case: &Case, actions: &[Action], head: &Head) -> Vec<String> {
    let is_it = |kind: &Kind| matches!(kind, Kind::PaymentLink { .. } | Kind::ExtendGrace { .. });
    let asked = came_of(case, actions, is_it).and_then(|action| action.kind.target().id());
    asked.into_iter().chain(failing_invoice(case, head)).collect()
}

/// Until when the provider's own grace goes, where it says so.
pub fn grace_until(invoice: &Invoice, head: &Head) -> Option<Timestamp> {
    head.book.subscriptions.get(invoice.subscription.value()?)?.grace_until
}

/// For how many whole days the service goes on: until the recovery takes something or the provider does, or by the
/// policy where nobody recovers it. Nothing, where nothing is taken by itself.
fn days_left(failing: Failing<'_>, grace_days: i64, now: Timestamp) -> Option<i64> {
    let by_policy = || failing.invoice.first_failed_at.map(|at| at + SignedDuration::from_hours(24 * grace_days));
    let there = grace_until(failing.invoice, failing.head);
    let until = match failing.plan.filter(|plan| plan.next().is_some()) {
        Some(plan) if plan.access().state > Entitlement::Warned => Some(now),
        Some(plan) => [plan.takes_at(), there].into_iter().flatten().min(),
        None => there.or_else(by_policy),
    };
    until.map(|until| whole_days(until, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview};
    use crate::id::{AccountId, ActionId, CaseId};
    use crate::money::Currency;
    use crate::policies::Policies;
    use serde_json::{Value, from_value, json};

    const AT: &str = "2026-03-02T09:00:00Z";

    fn case(about: &str) -> Case {
        let account = AccountId::of("stripe", "default", "cus_1");
        from_value(json!({"id": CaseId::of(&account, "payment_failed", about), "account": account,
            "class": "payment_failed", "about": about, "confidence": "1", "state": "open", "rule": "r",
            "policy_version": 1, "evidence": [], "missing": [], "advice": "", "why": "", "recommended": null,
            "draft_reply": null, "actions": [], "events": [], "opened_at": AT, "resolved_at": null,
            "resolution": null}))
        .unwrap()
    }

    /// An account with these invoices, open or not, and with tries that failed in this order.
    fn head(invoices: &[(&str, &str)], tries: &[&str]) -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        let line = |(invoice, status): &(&str, &str)| {
            let line = json!({"created_at": AT, "invoice": invoice, "number": null, "total": null, "remaining": null,
                "status": status});
            from_value(line).unwrap()
        };
        head.book.invoices = invoices.iter().map(line).collect();
        let told = |(minute, invoice): (i64, &&str)| {
            let at = AT.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute);
            from_value(json!({"at": at, "event": format!("evt_{minute}"), "invoice": invoice})).unwrap()
        };
        head.book.tries = (0..).zip(tries).map(told).collect();
        head
    }

    /// What the customer is written of an open invoice whose provider has told its own page, and what is not known.
    fn written(locale: &str, tries: &[&str], link: Option<&str>) -> (String, Vec<String>) {
        written_since(None, locale, tries, link)
    }

    /// The same of one that failed first so many hours ago.
    fn written_since(hours: Option<i64>, locale: &str, tries: &[&str], link: Option<&str>) -> (String, Vec<String>) {
        let policies = Policies::shipped().unwrap();
        let now: Timestamp = AT.parse().unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let seen = |value: Value| json!([[AT, 0, "evt_1"], value]);
        let invoice: Invoice = from_value(json!({"id": "in_1", "status": seen(json!("open")),
            "remaining": seen(json!({"amount": "49.00", "currency": "USD"})),
            "pay_link": seen(json!("https://invoice.stripe.com/i/in_1")),
            "first_failed_at": hours.map(|hours| now - SignedDuration::from_hours(hours))}))
        .unwrap();
        let head = head(&[("in_1", "open")], tries);
        let family = policies.declines.current().meaning(None).family;
        let failing = Failing {
            invoice: &invoice,
            head: &head,
            family,
            reason: &family.customer_reason,
            link,
            entitlement: None,
            incident: None,
            plan: None,
            same_try: SignedDuration::ZERO,
            sitting: SignedDuration::ZERO,
            case: None,
        };
        let (policy, reader) = (policies.playbooks.current(), policies.texts.current().reader(Some(locale), None));
        let scene = Setting { policy, reader, name: "Ada", account: &account, case: None, now };
        let play = payment_failed(scene, failing);
        let said = play.steps.iter().find_map(|placed| match &placed.step {
            Step::Say { reply, .. } => Some(reply.body.clone()),
            _ => None,
        });
        (said.unwrap(), play.missing)
    }

    #[test]
    fn a_letter_that_asks_for_money_has_our_link_and_never_the_providers() {
        let ours = "https://recoup.example/pay/…";
        for (what, tries) in [("a failed try", &["in_1"][..]), ("a warning", &["in_1"; 5][..])] {
            for locale in ["en", "de", "fr", "es"] {
                let (body, missing) = written(locale, tries, Some(ours));
                assert!(body.contains(ours) && !body.contains("stripe"), "{what} in {locale}: {body}");
                assert_eq!(missing, Vec::<String>::new(), "{what} in {locale}");
                let (body, missing) = written(locale, tries, None);
                assert!(!body.contains("http"), "{what} in {locale}: {body}");
                assert_eq!(missing, ["a payment page for the customer"], "{what} in {locale}");
            }
        }
    }

    #[test]
    fn a_letter_counts_days_while_there_are_any_and_never_none() {
        let policies = Policies::shipped().unwrap();
        let grace = policies.playbooks.current().grace_days * 24;
        let texts = policies.texts.current();
        for (what, hours, expected) in [
            ("three days are left", grace - 72, Some(3)),
            ("a day is left", grace - 24, Some(1)),
            ("some hours are left", grace - 20, None),
            ("the time is over", grace, None),
            ("it has long been over", grace * 5, None),
        ] {
            for (locale, tries) in ["en", "de", "fr", "es"].into_iter().flat_map(|it| [(it, 1), (it, 5)]) {
                let (body, _) = written_since(Some(hours), locale, &["in_1"; 5][..tries], Some("https://a.example"));
                let label = texts.reader(Some(locale), None).words(phrase::DAYS_LEFT);
                let told = expected.map(|days| format!("{label}: {days}"));
                assert!(told.is_none_or(|told| body.contains(&told)), "{what} in {locale}: {body}");
                assert_eq!(body.contains(label), expected.is_some(), "{what} in {locale}: {body}");
            }
        }
    }

    #[test]
    fn what_was_asked_for_says_first_which_invoice_is_to_be_paid() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let asked = |kind: Kind| {
            let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
            let preview = Preview {
                summary: String::new(),
                about: String::new(),
                lines: vec![],
                clause,
                notices: vec![],
                digest: "d".into(),
            };
            let (id, at) = (ActionId::of(&account, "lena", "k"), AT.parse().unwrap());
            vec![Action::new(id, kind, Reason::Other, preview, "lena", at).in_state(crate::action::State::Executed)]
        };
        let other = || "in_2".to_owned();
        let credit = Kind::Credit { amount: Money::from_minor(100, Currency::USD) };
        for (what, actions, expected) in [
            ("nothing was asked for", vec![], vec!["in_1"]),
            ("a link", asked(Kind::PaymentLink { invoice: other(), amount: None }), vec!["in_2", "in_1"]),
            ("time", asked(Kind::ExtendGrace { invoice: other(), days: 3 }), vec!["in_2", "in_1"]),
            ("something else", asked(credit), vec!["in_1"]),
        ] {
            assert_eq!(asked_to_pay(&case("in_1"), &actions, &head(&[], &[])), expected, "{what}");
        }
    }

    #[test]
    fn what_only_a_ticket_tells_of_is_the_open_invoice_that_failed_last() {
        let ticket = "ticket:ticket/default/t1";
        let both = [("in_1", "open"), ("in_2", "open")].as_slice();
        let (paid, rest) = ([("in_1", "paid")].as_slice(), [("in_1", "paid"), ("in_2", "open")].as_slice());
        for (what, about, invoices, tries, expected) in [
            ("the case says which", "in_9", both, vec!["in_1"], Some("in_9")),
            ("one has failed", ticket, both, vec!["in_1"], Some("in_1")),
            ("the last that failed", ticket, both, vec!["in_1", "in_2", "in_1"], Some("in_1")),
            ("it is paid by now", ticket, rest, vec!["in_2", "in_1"], Some("in_2")),
            ("none has failed", ticket, both, vec![], None),
            ("nothing is open", ticket, paid, vec!["in_1"], None),
        ] {
            let found = failing_invoice(&case(about), &head(invoices, &tries));
            assert_eq!(found.as_deref(), expected, "{what}");
        }
    }
}
