//! Does an event bring money of which somebody has to find what it is for, or change what is asked for?

use crate::book::{Head, Payment, Touched};
use crate::event::{Event, Origin};
use crate::id::{ReceivedId, RequestId};

/// The payments to be looked at, where there is anything to look at: most events of most accounts bring nothing.
pub fn moved(event: &Event, before: &Touched, after: &Touched, head: &Head) -> Option<Vec<String>> {
    let is_new = |id: &String, payment: &Payment| before.payments.get(id) != Some(payment);
    let changed: Vec<_> = after.payments.iter().filter(|&(id, payment)| is_new(id, payment)).collect();
    let explained = head.loose.iter().filter(|payment| is_booked(head, payment));
    let is_relevant = |payment: &Payment| {
        let reference = payment.reference.value();
        // What a list shows is from before: nobody waits for it.
        let is_loose = event.origin != Origin::Listed && owes(head) && is_loose(head, payment);
        !head.requests.is_empty() || is_loose || reference.and_then(|text| RequestId::named_in(text)).is_some()
    };
    let paid = changed.iter().filter(|&&(_, payment)| payment.taken().is_some() && is_relevant(payment));
    // It may be given back: then nobody has to look at it, and it stands for nothing.
    let is_noted = |id: &String| head.loose.contains(id) || head.came.contains(&ReceivedId::of(&head.account, id));
    let noted = changed.iter().filter(|&&(id, _)| is_noted(id));
    let mut payments: Vec<String> = paid.chain(noted).map(|&(id, _)| id.clone()).chain(explained.cloned()).collect();
    payments.sort();
    payments.dedup();
    let is_moved = !changed.is_empty() || before.invoices != after.invoices;
    let is_waited_for = !head.requests.is_empty() || !head.came.is_empty();
    (!payments.is_empty() || is_moved && is_waited_for).then_some(payments)
}

fn owes(head: &Head) -> bool {
    !head.book.figures.outstanding.is_empty() || head.book.figures.unpriced > 0
}

/// Whether a payment names neither an invoice nor what it is taken for.
fn is_loose(head: &Head, payment: &Payment) -> bool {
    payment.invoice.value().is_none() && payment.subscription.value().is_none() && !is_booked(head, &payment.id)
}

fn is_booked(head: &Head, payment: &str) -> bool {
    let mut lines = head.book.payments.iter().filter(|line| line.payment == payment);
    lines.any(|line| head.book.invoice_of(line).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{InvoiceSeen, InvoiceStatus, Kind, LinkSeen, PaymentSeen, PaymentStatus, Seen};
    use crate::money::{Currency, Money};
    use jiff::{SignedDuration, Timestamp};

    fn usd(minor: i64) -> Option<Money> {
        Some(Money::from_minor(minor, Currency::USD))
    }

    fn event(number: i64, origin: Origin, seen: Seen) -> Event {
        Event {
            id: format!("evt_{number}"),
            provider: "stripe".into(),
            source: "default".into(),
            origin,
            kind: Kind::PaymentSucceeded,
            at: Timestamp::from_second(number).unwrap(),
            customer: Some("cus_1".into()),
            seen: vec![seen],
        }
    }

    fn payment(invoice: Option<&str>, reference: Option<&str>, status: PaymentStatus) -> Seen {
        Seen::Payment(PaymentSeen {
            id: "ch_1".into(),
            invoice: invoice.map(str::to_owned),
            intent: Some("pi_1".into()),
            reference: reference.map(str::to_owned),
            status: Some(status),
            amount: usd(4_900),
            captured: usd(4_900),
            at: Some(Timestamp::UNIX_EPOCH),
            ..PaymentSeen::default()
        })
    }

    fn billed() -> Seen {
        Seen::Invoice(InvoiceSeen {
            id: "in_1".into(),
            status: Some(InvoiceStatus::Open),
            total: usd(4_900),
            remaining: usd(4_900),
            created_at: Some(Timestamp::UNIX_EPOCH),
            ..InvoiceSeen::default()
        })
    }

    #[test]
    fn only_what_may_be_for_something_that_was_asked_is_looked_at() {
        use PaymentStatus::{Failed, Succeeded};
        let account = Head::new("stripe", "default", "cus_1").account;
        let request = RequestId::of(&account, "t1");
        let named = request.to_string();
        let ours = || Some(vec!["ch_1".to_owned()]);
        let none = Some(Vec::new());
        let (hook, listed) = (Origin::Webhook, Origin::Listed);
        let rows = [
            ("loose, of somebody who owes", true, false, hook, payment(None, None, Succeeded), ours()),
            ("loose, of somebody who owes nothing", false, false, hook, payment(None, None, Succeeded), None),
            ("loose, and from before", true, false, listed, payment(None, None, Succeeded), None),
            ("it failed", true, false, hook, payment(None, None, Failed), None),
            ("booked on an invoice", true, false, hook, payment(Some("in_1"), None, Succeeded), None),
            ("it names a request", false, false, hook, payment(None, Some(&named), Succeeded), ours()),
            ("a request is open", true, true, hook, payment(Some("in_1"), None, Succeeded), ours()),
            ("a request is open, and it failed", true, true, hook, payment(None, None, Failed), none.clone()),
            ("a request is open, and a bill changed", false, true, hook, billed(), none),
            ("a bill changed", false, false, hook, billed(), None),
        ];
        for (name, owes, asked, origin, seen, expected) in rows {
            let mut head = Head::new("stripe", "default", "cus_1");
            let mut touched = Touched::default();
            let same_try = SignedDuration::from_mins(10);
            if owes {
                touched.fold(&mut head, &event(1, Origin::Webhook, billed()), same_try);
            }
            head.requests.extend(asked.then(|| request.clone()));
            let before = touched.clone();
            let event = event(2, origin, seen);
            touched.fold(&mut head, &event, same_try);
            assert_eq!(moved(&event, &before, &touched, &head), expected, "{name}");
            assert_eq!(moved(&event, &touched, &touched, &head), None, "{name}: told again, it changes nothing");
        }
    }

    type Notes = fn(&mut Head);

    /// What is noted, and whom that takes from the two lists.
    type Row<'a> = (&'a str, Notes, Option<Vec<String>>, Option<Vec<String>>);

    #[test]
    fn what_was_noted_of_a_payment_is_looked_at_again_when_it_changes() {
        let loose: Notes = |head| head.loose.extend(["ch_1".to_owned()]);
        let came: Notes = |head| head.came.extend([ReceivedId::of(&head.account, "ch_1")]);
        let ours = || Some(vec!["ch_1".to_owned()]);
        let rows: [Row<'_>; 3] = [
            ("nothing", |_| {}, None, None),
            ("nobody can place it", loose, ours(), None),
            ("somebody said what it is for", came, ours(), Some(Vec::new())),
        ];
        for (name, notes, back, bill) in rows {
            let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
            let same_try = SignedDuration::from_mins(10);
            let paid = event(1, Origin::Webhook, payment(None, None, PaymentStatus::Succeeded));
            touched.fold(&mut head, &paid, same_try);
            notes(&mut head);
            for (number, seen, expected) in [(2, payment(None, None, PaymentStatus::Failed), back), (3, billed(), bill)]
            {
                let (before, event) = (touched.clone(), event(number, Origin::Webhook, seen));
                touched.fold(&mut head, &event, same_try);
                assert_eq!(moved(&event, &before, &touched, &head), expected, "{name}: {number}");
            }
        }
    }

    #[test]
    fn a_loose_payment_is_looked_at_again_when_its_invoice_is_told() {
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        let same_try = SignedDuration::from_mins(10);
        let paid = event(1, Origin::Webhook, payment(None, None, PaymentStatus::Succeeded));
        touched.fold(&mut head, &paid, same_try);
        head.loose.insert("ch_1".to_owned());
        let link = Seen::Link(LinkSeen { intent: "pi_1".into(), invoice: "in_1".into() });
        let link = event(2, Origin::Webhook, link);
        let before = touched.clone();
        assert_eq!(moved(&link, &before, &touched, &head), None, "not yet");
        touched.fold(&mut head, &link, same_try);
        assert_eq!(moved(&link, &before, &touched, &head), Some(vec!["ch_1".to_owned()]));
    }
}
