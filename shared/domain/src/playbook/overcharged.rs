//! Playbook 5: the bill line by line, what of it is too much, and what the next one will come to.

use super::bill::{Bill, INVOICE};
use super::{Name, Play, Setting, Step, When, by_hand, came_of};
use crate::action::Action;
use crate::case::{Case, EXPLAINED, Evidence};
use crate::playbook::advice::{Proposed, amount};
use crate::policy::{Reader, phrase};
use crate::sidebar::{Basis, Upcoming};

/// `bill` is what the case is about, where it is known, and `next` the next invoice of its subscription; `actions`
/// are those of the case.
pub fn overcharged(
    scene: Setting<'_>,
    case: &Case,
    proposed: Option<&Proposed>,
    actions: &[Action],
    (bill, next): (Option<Bill<'_>>, Option<Upcoming>),
) -> Play {
    let mut play = scene.play(Name::Overcharged, case.advice.clone());
    for evidence in &case.evidence {
        play.look("line by line", format!("{}: {}", evidence.label, evidence.value));
    }
    play.missing.clone_from(&case.missing);
    let is_above = bill.is_some_and(|bill| bill.is_above(case));
    match looked(next.as_ref(), is_above) {
        Ok(found) => play.look("next invoice", found),
        Err(missing) => play.missing.push(format!("what the next invoice will come to: {missing}")),
    }
    let reader = scene.reader;
    let asked = came_of(case, actions, |_| true);
    let given = match asked {
        Some(action) => amount(&action.kind),
        None => proposed.and_then(|proposed| proposed.amount),
    };
    let given = given.map(|amount| reader.amount(amount)).unwrap_or_default();
    let next = written(next.as_ref(), is_above, reader);
    let lines = bill.map(|bill| bill.lines(case, reader)).unwrap_or_default();
    let values = [("invoice", number(case)), ("lines", lines), ("amount", given), ("next", next)];
    let texts = &scene.policy.texts;
    match (asked, proposed) {
        (Some(action), _) => {
            play.push(scene.asked(action, &case.why));
            play.push(scene.say(When::AfterItIsDone, &texts.corrected, &values));
        }
        (None, Some(proposed)) if proposed.impossible.is_none() => {
            play.push(scene.proposed(case, proposed));
            play.push(scene.say(When::AfterItIsDone, &texts.corrected, &values));
        }
        _ if case.resolution.as_deref() == Some(EXPLAINED) => {
            play.push(scene.say(When::Now, &texts.explained, &values));
        }
        // What is wrong and cannot go back by itself is put right by a person, before anything is said.
        _ => {
            let what = proposed.and_then(|proposed| proposed.impossible.clone()).unwrap_or_else(|| case.advice.clone());
            let about = Some(by_hand::about(case));
            play.push(Step::Task { who: by_hand::BILLING, what, due_on: scene.day(1), about });
        }
    }
    play
}

/// What the next invoice comes to and where that is from, or why nobody knows.
fn looked(next: Option<&Upcoming>, is_above: bool) -> Result<String, &'static str> {
    let next = next.ok_or("none is known to follow")?;
    let unknown = "the provider did not say, and a discount or a price that is not known keeps it from being computed";
    let (amount, from) = next.amount.zip(next.amount_from).ok_or(unknown)?;
    let again =
        if is_above { "; a price above what was agreed stands until it is changed at the provider" } else { "" };
    Ok(format!("{amount} on {}, {}{again}", next.at.strftime("%Y-%m-%d"), from.words()))
}

/// What the customer reads of it: what the provider told, or what was computed, which is said. What would only repeat
/// a price that is not the agreed one is nobody's to announce.
fn written(next: Option<&Upcoming>, is_above: bool, reader: Reader<'_>) -> String {
    match next.and_then(|next| next.amount.zip(next.amount_from)) {
        Some((amount, Basis::Provider)) => reader.amount(amount),
        Some((amount, Basis::Plan)) if !is_above => {
            format!("{} ({})", reader.amount(amount), reader.words(phrase::BEFORE_TAX))
        }
        _ => reader.words(phrase::AS_PLANNED).to_owned(),
    }
}

/// What the customer calls the invoice; of what only a ticket tells, the newest that was looked at.
fn number(case: &Case) -> String {
    let shown = |it: &Evidence| it.value.split(',').next().unwrap_or_default().to_owned();
    if case.is_of_ticket() {
        return case.evidence.iter().find(|it| it.label == INVOICE).map(shown).unwrap_or_default();
    }
    case.draft_reply.as_ref().map_or_else(|| case.about.clone(), |draft| draft.invoice.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Kind, Preview, Reason, State};
    use crate::book::Invoice;
    use crate::id::{AccountId, ActionId, CaseId};
    use crate::money::{Currency, Money};
    use crate::policies::Policies;
    use jiff::Timestamp;
    use serde_json::{from_value, json};

    /// What the customer is written once the credit that was asked for is done.
    fn letter(locale: &str, about: &str, evidence: &[(&str, &str)]) -> String {
        let play = played(locale, about, evidence, None);
        let said = play.steps.iter().find_map(|placed| match &placed.step {
            Step::Say { reply, .. } => Some(reply.body.clone()),
            _ => None,
        });
        said.unwrap()
    }

    fn played(locale: &str, about: &str, evidence: &[(&str, &str)], next: Option<Upcoming>) -> Play {
        let policies = Policies::shipped().unwrap();
        let (account, now) = (AccountId::of("stripe", "default", "cus_1"), Timestamp::UNIX_EPOCH);
        let evidence: Vec<_> = evidence.iter().map(|(label, value)| Evidence::new(label, value, "il_1")).collect();
        let case: Case = from_value(json!({"id": CaseId::of(&account, "overcharge", about), "account": account,
            "class": "overcharge", "about": about, "confidence": "1", "state": "open", "rule": "r", "policy_version": 1,
            "evidence": evidence, "missing": [], "advice": "", "why": "", "recommended": null, "draft_reply": null,
            "actions": [], "events": [], "opened_at": now, "resolved_at": null, "resolution": null}))
        .unwrap();
        let kind = Kind::Credit { amount: Money::from_minor(1_200, Currency::USD) };
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let id = ActionId::of(&account, "lena", "k");
        let action = Action::new(id, kind, Reason::BillingError, preview, "lena", now).in_state(State::Executed);
        let (policy, reader) = (policies.playbooks.current(), policies.texts.current().reader(Some(locale), None));
        let scene = Setting { policy, reader, name: "Ada", account: &account, case: None, now };
        let usd = json!({"amount": "147.00", "currency": "USD"});
        let line = json!({"id": "il_1", "price": "price_pro", "text": "Pro", "role": null, "unit": null,
            "quantity": null, "amount": usd, "tax": null, "discount": null, "proration": false, "from": now, "to": null,
            "subscription": "sub_1"});
        let seen = |value| json!([[now, 0, "evt_1"], value]);
        let invoice: Invoice =
            from_value(json!({"id": "in_1", "lines": seen(json!([line])), "total": seen(usd)})).unwrap();
        let bill = Bill { invoice: &invoice, subscription: None, prices: &[] };
        overcharged(scene, &case, None, &[action], (Some(bill), next))
    }

    #[test]
    fn a_letter_has_the_lines_of_the_bill_and_nothing_of_what_was_looked_at() {
        let bill = [
            ("Total", "147.00 USD"),
            ("price_pro", "billed 147.00 USD, agreed 135.00 USD: 45.00 USD × 3 billed, by contract C-7"),
            ("Lines explained to the cent", "0 of 1"),
        ];
        let wrote = [("Ticket", "of 2026-03-02, from a contact of theirs: overcharge (confidence 0.97)")];
        let listed = [("Invoice", "IN_1, 147.00 USD, paid")];
        let around = [("Owner of the account", "mara"), ("Granted before beside the rules", "nothing")];
        let ticket = "ticket:ticket/default/t1";
        let of_ticket = [&wrote[..], &listed[..], &around[..]].concat();
        for (what, locale, about, evidence, told) in [
            (
                "a bill",
                "en",
                "in_1",
                [&bill[..], &wrote[..]].concat(),
                vec![
                    "by line:\n- Pro, 1970-01-01: 147.00 USD (agreed 135.00 USD)\n- Total: 147.00 USD\n\n12.00 USD was",
                ],
            ),
            (
                "a bill in French",
                "fr",
                "in_1",
                bill.to_vec(),
                vec!["ligne :\n- Pro, 01/01/1970 : 147,00\u{a0}USD (convenu "],
            ),
            ("what a ticket looked at", "en", ticket, of_ticket, vec!["invoice IN_1 again", "\n- Total: 147.00 USD\n"]),
        ] {
            let letter = letter(locale, about, &evidence);
            for line in told {
                assert!(letter.contains(line), "{what}, {line}: {letter}");
            }
            let kept =
                ["Ticket", "ticket", "0.97", "mara", "Granted", "explained", "C-7", "billed", "price_pro", "il_1"];
            for line in kept {
                assert!(!letter.contains(line), "{what}, {line}: {letter}");
            }
        }
    }

    #[test]
    fn what_the_next_invoice_comes_to_is_said_with_where_that_is_from() {
        let at = Timestamp::UNIX_EPOCH;
        let of = |minor: Option<i64>, amount_from| {
            let amount = minor.map(|minor| Money::from_minor(minor, Currency::USD));
            Some(Upcoming { at, amount, amount_from })
        };
        let above = [("price_pro", "billed 147.00 USD, agreed 135.00 USD: 45.00 USD × 3 billed, by contract C-7")];
        let (provider, plan) = (Some(Basis::Provider), Some(Basis::Plan));
        for (what, evidence, next, shown, told) in [
            (
                "the provider told it",
                &[][..],
                of(Some(16_170), provider),
                "161.70 USD on 1970-01-01, as the provider says",
                "will come to 161.70 USD.",
            ),
            (
                "it is computed",
                &[][..],
                of(Some(14_700), plan),
                "147.00 USD on 1970-01-01, by price, seats and add-ons, before tax and credit",
                "will come to 147.00 USD (before tax).",
            ),
            (
                "computed from the price that was wrong",
                &above[..],
                of(Some(14_700), plan),
                "147.00 USD on 1970-01-01, by price, seats and add-ons, before tax and credit; a price above what was \
                 agreed stands until it is changed at the provider",
                "will come to the amount that your plan says.",
            ),
            (
                "there is a discount",
                &[][..],
                of(None, None),
                "what the next invoice will come to: the provider did not say, and a discount or a price that is not \
                 known keeps it from being computed",
                "will come to the amount that your plan says.",
            ),
            (
                "nothing follows",
                &[][..],
                None,
                "what the next invoice will come to: none is known to follow",
                "will come to the amount that your plan says.",
            ),
        ] {
            let play = played("en", "in_1", evidence, next);
            let looked = play.steps.iter().find_map(|placed| match &placed.step {
                Step::Look { what: label, found } if *label == "next invoice" => Some(found.clone()),
                _ => None,
            });
            let found = looked.or_else(|| play.missing.first().cloned());
            assert_eq!(found.as_deref(), Some(shown), "{what}");
            let letter = play.steps.iter().find_map(|placed| match &placed.step {
                Step::Say { reply, .. } => Some(reply.body.replace('\n', " ")),
                _ => None,
            });
            assert!(letter.as_ref().unwrap().contains(told), "{what}: {letter:?}");
        }
    }
}
