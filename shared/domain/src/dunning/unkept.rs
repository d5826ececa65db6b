//! What do rules of recoveries promise that a source may not do? Nobody finds out by waiting for it in vain.

use super::{DunningPolicy, Then};
use crate::source::{Acting, Source};

impl DunningPolicy {
    /// A sentence for each promise that comes to nothing at a source, with what to do about it.
    pub fn unkept(&self, source: &Source) -> Vec<String> {
        let version = self.version;
        if source.acting < Acting::Act {
            return vec![format!("dunning v{version} begins no recovery here until this source is raised to `act`")];
        }
        if !source.writes() {
            return vec![format!(
                "dunning v{version} begins no recovery here while the provider writes to its customers: give `messages` to Recoup"
            )];
        }
        let ends = |then: &Then| matches!(then, Then::End(_));
        let ending = self.segment.iter().filter(|segment| segment.steps.iter().any(|step| ends(&step.then)));
        let ending: Vec<_> = ending.map(|segment| segment.id.get_ref().replace('_', " ")).collect();
        let tries = (self.adviser.is_some() && !self.tries.is_empty() && !source.retries()).then(|| {
            format!(
                "dunning v{version} has tries of its own, and here the provider tries again: give `retries` to Recoup where the \
                 provider can be asked for them, or leave its own schedule on"
            )
        });
        let ended = (!ending.is_empty() && !source.cancels()).then(|| {
            format!(
                "dunning v{version} ends subscriptions in {}, and here that is the provider's: nobody is asked to end any, and only \
                 access ends. Give `cancels` to Recoup, or let the provider end what stays unpaid",
                ending.join(", ")
            )
        });
        tries.into_iter().chain(ended).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::source::Party;

    #[test]
    fn each_promise_that_a_source_may_not_keep_is_a_sentence() {
        let policies = Policies::shipped().unwrap();
        let (current, first) = (policies.dunning.current(), policies.dunning.version(1).unwrap());
        let source = |acting, retries, messages, cancels| Source {
            acting,
            retries,
            messages,
            cancels,
            ..Source::new("stripe", "default")
        };
        let (ours, theirs) = (Party::Recoup, Party::Provider);
        for (name, policy, source, expected) in [
            ("it may do all", current, source(Acting::Act, ours, ours, ours), vec![]),
            ("it observes", current, source(Acting::Observe, ours, ours, ours), vec!["raised to `act`"]),
            ("people may act", current, source(Acting::Assist, theirs, ours, theirs), vec!["raised to `act`"]),
            ("it writes itself", current, source(Acting::Act, ours, theirs, ours), vec!["give `messages`"]),
            ("it tries itself", current, source(Acting::Act, theirs, ours, ours), vec!["give `retries`"]),
            (
                "it ends itself",
                current,
                source(Acting::Act, ours, ours, theirs),
                vec!["subscriptions in high risk, low likelihood, new tenure, standard,"],
            ),
            (
                "both",
                current,
                source(Acting::Act, theirs, ours, theirs),
                vec!["give `retries`", "Give `cancels` to Recoup"],
            ),
            ("rules that only write", first, source(Acting::Act, theirs, ours, theirs), vec![]),
        ] {
            let unkept = policy.unkept(&source);
            let fits =
                unkept.len() == expected.len() && unkept.iter().zip(&expected).all(|(it, part)| it.contains(part));
            assert!(fits, "{name}: {unkept:?}");
        }
    }
}
