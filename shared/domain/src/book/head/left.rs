//! Of how many subscriptions a head remembers that their customer has left, or wants to, and what holds of the others.

use super::{Head, Left};
use crate::event::SubscriptionStatus;
use crate::id::ActionId;
use crate::policy::stored_bytes;
use jiff::Timestamp;

impl Head {
    /// Whether a subscription is shown to run, and nobody says that it ends.
    pub fn goes_on(&self, subscription: &str) -> bool {
        let line = self.book.subscriptions.get(subscription);
        line.is_some_and(|line| line.status != Some(SubscriptionStatus::Ended) && line.ends_at.is_none())
    }

    /// Whether a subscription may be one of those that there is no room to name: people look before anybody is asked to
    /// pay for it.
    pub fn may_have_left(&self, subscription: &str) -> bool {
        self.more_left > 0 && !self.left.contains_key(subscription) && !self.goes_on(subscription)
    }

    /// Names no more subscriptions than so many bytes hold, and counts the others: what goes on is named in any case,
    /// and of what has ended, or will, those that were left last.
    pub fn names_left_within(&mut self, bytes_max: usize) {
        while stored_bytes(&self.left) > bytes_max {
            let ended = self.left.iter().filter(|(subscription, _)| !self.goes_on(subscription));
            let last = |wishes: &Vec<Left>| wishes.iter().map(|left| left.at).max();
            let oldest = ended.min_by_key(|(subscription, wishes)| (last(wishes), (*subscription).clone()));
            let Some(oldest) = oldest.map(|(subscription, _)| subscription.clone()) else { return };
            self.left.remove(&oldest);
            self.more_left += 1;
        }
    }

    /// Whether there is room to name subscriptions that somebody asks to end, with all that cannot be left out.
    pub fn may_name_left<'a>(
        &self,
        subscriptions: impl Iterator<Item = &'a str>,
        action: &ActionId,
        (now, bytes_max): (Timestamp, usize),
    ) -> bool {
        let mut after = self.clone();
        for subscription in subscriptions {
            let left = Left { action: Some(action.clone()), at: now };
            after.left.entry(subscription.to_owned()).or_default().push(left);
        }
        after.names_left_within(bytes_max);
        stored_bytes(&after.left) <= bytes_max
    }

    /// Forgets wishes that were taken back, or came to nothing.
    pub fn forgets_wishes(&mut self, over: &[ActionId]) {
        let is_over = |left: &Left| left.action.as_ref().is_some_and(|action| over.contains(action));
        self.left.retain(|_, wishes| {
            let before = wishes.len();
            wishes.retain(|left| !is_over(left));
            wishes.len() == before || !wishes.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::SubscriptionLine;
    use jiff::SignedDuration;

    fn hour(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    fn action(key: &str) -> ActionId {
        ActionId::of(&Head::new("stripe", "default", "cus_1").account, "mara", key)
    }

    /// Four who left one after the other; the second goes on as far as is shown, and the third only until its end.
    fn head() -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        for (number, status, ends_at) in [
            (1, SubscriptionStatus::Ended, None),
            (2, SubscriptionStatus::Active, None),
            (3, SubscriptionStatus::Active, Some(hour(99))),
        ] {
            let line = SubscriptionLine { status: Some(status), ends_at, ..SubscriptionLine::default() };
            head.book.subscriptions.insert(format!("sub_{number}"), line);
        }
        for number in 1..=4 {
            let left = Left { action: Some(action(&number.to_string())), at: hour(number) };
            head.left.insert(format!("sub_{number}"), vec![left]);
        }
        head
    }

    #[test]
    fn what_goes_on_is_named_and_of_the_others_who_left_last() {
        let one = stored_bytes(&head().left) / 4 + 1;
        for (room, named) in [
            (4, vec!["sub_1", "sub_2", "sub_3", "sub_4"]),
            (3, vec!["sub_2", "sub_3", "sub_4"]),
            (2, vec!["sub_2", "sub_4"]),
            (1, vec!["sub_2"]),
            (0, vec!["sub_2"]),
        ] {
            let mut head = head();
            head.names_left_within(one * room);
            assert!(head.left.keys().eq(named.iter()), "room for {room}: {:?}", head.left.keys());
            assert_eq!(head.more_left as usize, 4 - named.len(), "room for {room}");
            for number in 1..=4 {
                let id = format!("sub_{number}");
                let is_known = named.contains(&id.as_str()) || head.may_have_left(&id);
                assert!(is_known, "room for {room}: {id} is not taken for one that goes on");
            }
            // What nobody has told of may have been one of them; what is shown to go on was none.
            assert_eq!(head.may_have_left("sub_9"), named.len() < 4, "room for {room}");
            head.left.remove("sub_2");
            assert!(!head.may_have_left("sub_2"), "room for {room}");
        }
    }

    #[test]
    fn no_more_is_asked_for_than_can_be_named() {
        let bytes_max = stored_bytes(&head().left);
        let asks = |head: &Head, of: &str| head.may_name_left([of].into_iter(), &action("new"), (hour(9), bytes_max));
        assert!(asks(&head(), "sub_5"), "the first is left out for it");
        let mut crowded = head();
        for line in crowded.book.subscriptions.values_mut() {
            (line.status, line.ends_at) = (Some(SubscriptionStatus::Active), None);
        }
        let line = crowded.book.subscriptions["sub_1"].clone();
        crowded.book.subscriptions.extend([("sub_4".to_owned(), line.clone()), ("sub_5".to_owned(), line)]);
        assert!(!asks(&crowded, "sub_5"), "all of them go on, and none can be left out");
        crowded.forgets_wishes(&[action("1"), action("9")]);
        assert!(!crowded.left.contains_key("sub_1") && crowded.left.len() == 3);
        assert!(asks(&crowded, "sub_5"), "one was taken back");
    }
}
