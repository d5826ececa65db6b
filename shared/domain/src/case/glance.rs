//! A case as it is seen at a glance beside its account: the payments that it is about, and what is recommended.

use super::{Case, Class, State};
use crate::action::{Action, Kind};
use crate::sidebar::{CaseSeen, Recommended};

impl Case {
    /// What of it is shown with its account. `actions` are the account's, as far as they were read.
    pub fn at_a_glance(&self, actions: &[Action]) -> CaseSeen {
        let ended = self.resolved_at.filter(|_| self.state == State::Resolved);
        CaseSeen {
            id: self.id.clone(),
            class: self.class.name().to_owned(),
            title: self.class.title(),
            opened_at: self.opened_at,
            ended: ended.map(|at| (at, self.resolution.clone().unwrap_or_default())),
            payments: self.payments(),
            recommended: self.asks(actions),
        }
    }

    /// The payments that it says something about: of a failed payment its invoice does.
    fn payments(&self) -> Vec<String> {
        if self.class == Class::PaymentFailed {
            return Vec::new();
        }
        let looked_at = self.evidence.iter().map(|it| it.source.as_str());
        let members = self.recommended.iter().flat_map(|it| it.kind.members());
        let refunded = members.filter_map(|kind| kind.refunded().map(|(payment, _)| payment));
        let disputed = self.disputed_payment();
        let mut all: Vec<String> = [self.about.as_str()]
            .into_iter()
            .chain(looked_at)
            .chain(refunded)
            .chain(disputed)
            .map(str::to_owned)
            .collect();
        all.sort();
        all.dedup();
        all
    }

    fn asks(&self, actions: &[Action]) -> Option<Recommended> {
        let recommended = self.recommended.as_ref()?;
        let own = actions.iter().filter(|action| action.case.as_ref() == Some(&self.id) && action.bundle.is_none());
        let newest = own.max_by_key(|action| action.requested_at);
        let says: Vec<String> = recommended.kind.members().iter().map(in_words).collect();
        Some(Recommended {
            says: says.join(", then "),
            action: newest.map(|action| action.id.clone()),
            state: newest.map(|action| action.state().name()),
        })
    }
}

fn in_words(kind: &Kind) -> String {
    match kind {
        Kind::Refund { amount, .. } => format!("give back {amount}"),
        Kind::Credit { amount } => format!("credit {amount}"),
        Kind::Cancel { .. } | Kind::ForceCancel { .. } => "end the subscription".to_owned(),
        other => other.name().replace('_', " "),
    }
}
