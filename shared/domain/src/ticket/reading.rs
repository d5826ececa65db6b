//! What are these words taken for? The one place that asks for a reading of a text.

use super::policy::Reading;
use super::{LanguagePolicy, TakenFor, TicketPolicy};
use crate::case::Class;
use jiff::Timestamp;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use wording::Thresholds;

/// What is taken as read from a letter at a time: the best guess, whether it is sure enough by the policy, and its
/// language.
pub fn read(
    subject: &str,
    body: &str,
    (policy, languages): (&TicketPolicy, &LanguagePolicy),
    now: Timestamp,
) -> TakenFor {
    let weights = wording::shipped();
    let guess = wording::guess(weights, subject, body, &thresholds(&policy.reading));
    TakenFor {
        class: class(guess.class),
        confidence: decimal(guess.confidence),
        abstained: guess.abstained,
        reasons: guess.reasons,
        also: guess.also.into_iter().map(class).collect(),
        language: languages.tell(subject, body, now),
        chosen: false,
        version: weights.learned_from(),
        at: now,
        by: None,
    }
}

/// A share in thousandths, as it stands in JSON.
pub(super) fn decimal(thousandths: u16) -> String {
    Decimal::new(i64::from(thousandths), 3).normalize().to_string()
}

pub(super) fn thresholds(reading: &Reading) -> Thresholds {
    let thousandths = |share: Decimal| (share * Decimal::from(1000)).to_u16().unwrap_or(u16::MAX);
    Thresholds {
        sure: thousandths(reading.confidence_min),
        also: thousandths(reading.also_min),
        reasons: reading.reasons_max,
    }
}

/// The weights know the classes by the same names.
pub(super) fn class(read: wording::Class) -> Class {
    Class::named(read.name()).unwrap_or(Class::NotBilling)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn the_weights_and_the_cases_have_the_same_classes() {
        let read: Vec<&str> = wording::Class::ALL.into_iter().map(|own| class(own).name()).collect();
        assert_eq!(read, wording::Class::ALL.map(wording::Class::name));
        assert_eq!(read.len(), Class::ALL.len());
    }

    #[test]
    fn what_is_written_plainly_is_certain_and_what_nobody_knows_is_left_to_a_person() {
        let policies = Policies::shipped().unwrap();
        let policy = (policies.tickets.current(), policies.languages.current());
        let read = |body: &str| read("A question", body, policy, Timestamp::UNIX_EPOCH);
        let twice = read("I was charged twice this month");
        assert_eq!(twice.certain(), Some(Class::DuplicateCharge), "{twice:?}");
        assert!(!twice.reasons.is_empty() && twice.by.is_none() && twice.version > 0, "{twice:?}");
        let strange = read("xqzt wv prlk");
        assert_eq!((strange.certain(), &strange.language), (None, &None), "{strange:?}");
        let german = read("Mir wurde der Betrag zweimal abgebucht");
        assert_eq!(german.language.map(|tongue| tongue.language).as_deref(), Some("de"));
    }
}
