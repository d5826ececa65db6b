//! What is shown of money that goes back, or is given.

use super::Effect;
use crate::action::by_hand::LEFT;
use crate::action::{Known, Line, NoPreview};
use crate::money::{Money, Rate};

pub(super) fn refund(known: Known<'_>, id: &str, amount: Money) -> Effect {
    let payment = known.records.payments.get(id).ok_or_else(|| NoPreview::UnknownPayment(id.to_owned()))?;
    if payment.is_disputed() {
        return Err(NoPreview::Disputed(id.to_owned()));
    }
    let (Some(taken), Some(back), Some(refundable)) = (payment.taken(), payment.given_back(), payment.refundable())
    else {
        return Err(NoPreview::NotTaken(id.to_owned()));
    };
    if taken.currency() != amount.currency() {
        return Err(NoPreview::OtherCurrency {
            account: taken.currency().to_string(),
            asked: amount.currency().to_string(),
        });
    }
    if !amount.is_positive() {
        return Err(NoPreview::NotPositive);
    }
    if amount > refundable {
        return Err(NoPreview::TooMuch { refundable, asked: amount });
    }
    let mut lines = vec![
        Line::money("Collected", Some(taken), Some(taken)),
        Line::money("Given back", Some(back), Some(back.plus(amount))),
        Line::money(LEFT, Some(refundable), Some(refundable.minus(amount))),
    ];
    if payment.method.value().is_some_and(|store| known.manners.refund_ends.contains(&store.as_str())) {
        lines.push(Line::text("Subscription", None, "ends at once with the refund of its latest payment"));
    }
    Ok((format!("Refund {amount} of payment {id} to the original payment method"), lines))
}

pub(super) fn credit(known: Known<'_>, amount: Money) -> Effect {
    if !amount.is_positive() {
        return Err(NoPreview::NotPositive);
    }
    pays_in(known, amount)?;
    let before = known.head.book.balance.get(&amount.currency()).and_then(|balance| balance.copied());
    let given = Line::money("Credit given", None, Some(amount));
    let at_hand = before.map(|before| Line::money("Credit at hand", Some(before), Some(before.plus(amount))));
    let lines = [given].into_iter().chain(at_hand).collect();
    Ok((format!("Credit {amount} to the account"), lines))
}

/// Refuses money of another currency than the account's, as far as that is known.
fn pays_in(known: Known<'_>, amount: Money) -> Result<(), NoPreview> {
    let book = &known.head.book;
    let paid = book.payments.iter().filter_map(|line| line.amount).map(Money::currency);
    let billed = book.invoices.iter().filter_map(|line| line.total).map(Money::currency);
    let bought = book.subscriptions.values().filter_map(|line| line.price).map(Rate::currency);
    let known: Vec<_> = bought.chain(billed).chain(paid).collect();
    match known.first() {
        Some(first) if !known.contains(&amount.currency()) => {
            Err(NoPreview::OtherCurrency { account: first.to_string(), asked: amount.currency().to_string() })
        }
        _ => Ok(()),
    }
}
