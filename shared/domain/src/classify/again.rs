//! What an event changes of the tries that recoveries have planned: a try failed, whoever made it, or another card was given.

use super::desk::Desk;
use crate::book::KeptCard;
use crate::dunning::PlanState;
use crate::event::{CardState, Event, Origin};
use jiff::{SignedDuration, Timestamp};

/// How far a provider's clock may be from ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);

/// The card that an event shows to be another than before, as tries are told apart by it: its brand and the end of its
/// number. Lists tell of old ones.
fn given(event: &Event, before: &Desk, after: &Desk) -> Option<String> {
    let is_new = |kept: &&KeptCard| {
        let known = before.touched.cards.get(&kept.id).and_then(|card| card.card.value());
        kept.state.copied() == Some(CardState::Kept) && known != kept.card.value()
    };
    let mut new = after.touched.cards.values().filter(|_| event.origin != Origin::Listed).filter(is_new);
    let card = new.find_map(|kept| kept.card.value())?;
    Some(format!("{} {}", card.brand.to_lowercase(), card.last4))
}

/// The invoices whose recoveries another card concerns: all of them.
pub fn renewed(event: &Event, before: &Desk, after: &Desk) -> Vec<String> {
    let all = after.head.dunning.keys().cloned();
    given(event, before, after).map_or(Vec::new(), |_| all.collect())
}

/// Lets recoveries choose their next try anew whose invoice shows another try, and those that begin; with another card each
/// tries at once.
pub fn look_again(event: &Event, before: &Desk, after: &mut Desk, now: Timestamp) {
    let card = given(event, before, after);
    let invoices = &after.touched.invoices;
    for plan in after.plans.values_mut().filter(|plan| plan.state == PlanState::Running) {
        let begins = before.plans.get(&plan.invoice).is_none_or(|other| other.started_at != plan.started_at);
        let [was, is] = [&before.touched.invoices, invoices].map(|all| all.get(&plan.invoice));
        let told = is.is_some_and(|is| was.is_none_or(|was| was.tries != is.tries || was.decline() != is.decline()));
        if begins || told {
            plan.look_again(now);
        }
        if let Some(card) = card.as_ref().filter(|_| event.at >= plan.started_at - CLOCKS_APART) {
            plan.card_given(card, now);
        }
    }
}
