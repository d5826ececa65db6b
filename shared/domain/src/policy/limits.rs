//! How much, how long, how often: the limits of the machinery.

use super::{Complaint, FormLimits, PressLimits, Rules};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is in the item of a shelf beside its boards: its key, and the numbers of what lies where.
const BESIDE_BOARDS_BYTES: usize = 4_000;
/// A transaction has a hundred places, and what an event writes besides wants some forty of them.
const RECOVERIES_WRITTEN_MAX: usize = 60;

/// One released version; a name ends in its unit, and then in `max` where it is a bound.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub version: u32,
    pub effective: String,
    /// The largest webhook body that is read.
    pub body_bytes_max: usize,
    /// How far a signed time may lie from ours, either way.
    pub signature_window_secs: i64,
    /// The largest compressed body that travels inside its message.
    pub inline_bytes_max: usize,
    /// The largest body that travels in its message as it is: to pack it would take longer than anything else at the
    /// door.
    pub plain_bytes_max: usize,
    /// How long a function that takes webhooks believes what it read of how a source is set up.
    pub source_kept_secs: i64,
    /// How long what was asked for rests before an unsigned delivery, or a missing link, may have it asked for again.
    pub probe_rest_secs: i64,
    /// How many questions unsigned deliveries and missing links may put to a source within a minute.
    pub probes_per_minute_max: u32,
    /// How many pages of a provider's lists are read within a minute, for each source.
    pub lists_per_minute_max: u32,
    /// After how many hours a provider's lists are read again for what its webhooks missed; others are read on demand.
    pub sweep_hours: BTreeMap<String, i64>,
    /// How large an item may become, as JSON: the store holds 400 KB, and everybody reads all of it.
    pub item_bytes_max: usize,
    /// How much of what a customer wrote is kept beside its delivery: two texts of a ticket fit into one item.
    pub written_bytes_max: usize,
    /// How much the lines of an invoice may take, or what a subscription holds.
    pub lines_bytes_max: usize,
    /// How much an event may take in the timeline.
    pub event_bytes_max: usize,
    /// How much a request may take when it is asked for: the rest of the item is for what will come of it.
    pub asked_bytes_max: usize,
    /// How much lies on one board of what imports say about one thing: the item of a shelf holds two, the first of what
    /// counts and the first of what is being imported.
    pub board_bytes_max: usize,
    /// How many boards a shelf has for what one import says about one thing: whoever reads one reads all of them.
    pub boards_max: usize,
    /// How long raw bodies are kept.
    pub bodies_days: i64,
    /// How often a conflicting commit is decided again in place.
    pub conflict_tries_max: u32,
    /// How often an alarm may ring for one item before a person is told.
    pub alarm_tries_max: u32,
    /// How long a claimed alarm stays silent.
    pub alarm_lease_secs: i64,
    /// How many due items one sweep takes from a shard.
    pub sweep_items_max: u32,
    /// How often a message is delivered before it is dead.
    pub deliveries_max: u32,
    /// How long a message is invisible while it is worked on.
    pub visibility_secs: i64,
    /// How long a staff token is good.
    pub token_hours: i64,
    /// How long each provider replays an idempotency key's first answer; the others know no keys.
    pub key_minutes: BTreeMap<String, i64>,
    /// How long an effect may be in doubt before a person is asked.
    pub doubt_hours_max: i64,
    /// How long what was sent may take to be done and shown, before it is sent under a key that tells nothing of it.
    pub settling_secs: i64,
    /// How long an event waits for the resource that it belongs to before it is looked at again, and how long a
    /// provider that does not answer is asked for what is only a help.
    pub orphan_hours_max: i64,
    /// How long a message may be on its way before it is in doubt.
    pub sending_minutes_max: i64,
    /// Within how many hours a person should have done a task.
    pub task_hours: i64,
    /// After how many hours Recoup asks again for what a case recommends and did not owe when it was to be asked for.
    pub asked_again_hours: i64,
    /// For how long a link in a letter opens a document.
    pub document_link_days: i64,
    /// How long a task may be put off at a time.
    pub snooze_days_max: i64,
    /// How long a recovery may pause at a time.
    pub pause_days_max: i64,
    /// How far off the day may be by which a customer promises to pay.
    pub promise_days_max: i64,
    /// How many broken promises about an invoice are put up with: after more, no other is taken.
    pub promises_broken_max: u32,
    /// For how many hours an end of a recovery is held, at least.
    pub hold_hours_min: i64,
    /// After how many hours it is looked again whether an invoice that is in review, or claimed, may be tried.
    pub review_hours: i64,
    /// How long a recovery waits for a debit that its provider has taken on: then it goes on beside it.
    pub debit_days_max: i64,
    /// For how many minutes nothing is tried after a customer was led on to the provider's page.
    pub paying_minutes: i64,
    /// For how many minutes in all, however often they are led on.
    pub paying_minutes_max: i64,
    /// Within how many hours since the first time: then it begins anew.
    pub paying_hours: i64,
    /// How many open cases are looked at, oldest first, where it is counted what raising a source would let loose:
    /// whoever asks for it waits for the answer.
    pub backlog_counted_max: u32,
    /// How long somebody may think about a preview before they ask for it.
    pub preview_minutes: i64,
    /// How often one action is sent to its provider before a person is asked.
    pub provider_calls_max: u32,
    /// How many open cases the head of an account names; of more it names those that were opened last, and counts the
    /// others.
    pub cases_shown_max: usize,
    /// How many recoveries it names; of more it names those that go on next, and counts the others.
    pub recoveries_shown_max: usize,
    /// How many recoveries are written with one event; of more the head says what concerns all, and each takes it in.
    pub recoveries_written_max: usize,
    /// With how many of its actions under way another try waits.
    pub under_way_max: usize,
    /// How much of what is under way the head of an account names: with more nothing else is approved.
    pub under_way_bytes_max: usize,
    /// How much of who has left it names: what has ended longest gives way, and people look at its bills.
    pub left_bytes_max: usize,
    /// How many invoices of an account are read where those that its head shows are not all that are open.
    pub invoices_read_max: u32,
    /// How many cases of an account are read for what may prove a request, where its head does not name all that are
    /// open.
    pub cases_read_max: u32,
    /// How many actions of an account are looked at for what was asked before; with more only to leave may be asked.
    pub past_actions_max: u32,
    /// How many rows of a month are added up for whoever waits for its report; of more it is only published.
    pub report_rows_max: usize,
    /// How many entries of a ledger are looked at for one receipt.
    pub receipt_entries_max: u32,
    /// How many recoveries that run a forecast reads, and how many payments that failed before.
    pub forecast_read_max: u32,
    /// In how few recoveries of a currency a forecast says nothing, and by how few earlier payments it counts no share.
    pub forecast_open_min: u32,
    pub forecast_seen_min: u32,
    /// By how few recoveries that count in full no other way to recover is judged.
    pub judged_min: u32,
    /// How many people are told of one thing, each by a message of their own; all others read it where it is posted.
    pub told_people_max: usize,
    /// How long it is kept at least what the product was told: it may be asked for again.
    pub outgoing_days: i64,
    /// How long an endpoint of the product may take nothing before it is disabled, and people have to look.
    pub endpoint_hours_max: i64,
    /// For how many days a change of how a customer is reached is shown to whoever decides about money.
    pub contact_days: i64,
    /// How much anybody may ask for through the refund request form.
    pub form: FormLimits,
    /// How much may be asked of what prints pages.
    pub press: PressLimits,
    /// How patient Recoup is with whoever refuses what it has to tell.
    pub telling: Patience,
    /// How patient it is with an endpoint that does not take an event.
    pub outgoing: Patience,
}

/// How long whoever refuses is left alone, and how often they are tried.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patience {
    /// The wait after the first refusal.
    pub first_secs: i64,
    /// How many times as long the next wait is.
    pub factor: i64,
    /// The longest wait.
    pub secs_max: i64,
    /// How often it is tried, the first time included.
    pub tries_max: u32,
}

/// How much of an event is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Of what a customer wrote.
    pub written_bytes_max: usize,
    /// Of the lines of an invoice, or of what a subscription holds, together.
    pub lines_bytes_max: usize,
    /// Of all that was seen, in the timeline.
    pub event_bytes_max: usize,
}

/// How much an import may say about one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShelfRoom {
    /// On each board.
    pub board_bytes_max: usize,
    /// On how many of them.
    pub boards_max: usize,
}

impl Limits {
    /// How much an import may say about one thing.
    pub fn shelf_room(&self) -> ShelfRoom {
        ShelfRoom { board_bytes_max: self.board_bytes_max, boards_max: self.boards_max }
    }

    /// How much of an event is kept.
    pub fn room(&self) -> Room {
        Room {
            written_bytes_max: self.written_bytes_max,
            lines_bytes_max: self.lines_bytes_max,
            event_bytes_max: self.event_bytes_max,
        }
    }
}

impl Patience {
    /// When to try again after the last of so many refusals, and not before as many seconds as were asked for; never,
    /// where it was tried often enough.
    pub fn again_at(&self, refusals: u32, asked_secs: Option<i64>, now: Timestamp) -> Option<Timestamp> {
        let asked = SignedDuration::from_secs(asked_secs.unwrap_or_default());
        self.wait(refusals).map(|wait| now + wait.max(asked))
    }

    /// What must be at least 1.
    fn bounds(&self) -> [(&str, i64); 4] {
        [
            ("first_secs", self.first_secs),
            ("factor", self.factor),
            ("tries_max", i64::from(self.tries_max)),
            // The longest wait is not shorter than the first.
            ("secs_max", self.secs_max - self.first_secs + 1),
        ]
    }

    /// How long to wait after the last of so many refusals; none where it was tried often enough.
    pub fn wait(&self, refusals: u32) -> Option<SignedDuration> {
        (refusals < self.tries_max).then(|| {
            let longer = |secs: i64, _| secs.saturating_mul(self.factor).min(self.secs_max);
            SignedDuration::from_secs((1..refusals).fold(self.first_secs, longer))
        })
    }
}

impl Rules for Limits {
    const NAME: &'static str = "limits";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let rows = [
            ("signature_window_secs", self.signature_window_secs),
            ("alarm_lease_secs", self.alarm_lease_secs),
            ("visibility_secs", self.visibility_secs),
            ("token_hours", self.token_hours),
            ("doubt_hours_max", self.doubt_hours_max),
            ("settling_secs", self.settling_secs),
            ("orphan_hours_max", self.orphan_hours_max),
            ("sending_minutes_max", self.sending_minutes_max),
            ("task_hours", self.task_hours),
            ("asked_again_hours", self.asked_again_hours),
            ("preview_minutes", self.preview_minutes),
            ("document_link_days", self.document_link_days),
            ("snooze_days_max", self.snooze_days_max),
            ("pause_days_max", self.pause_days_max),
            ("promise_days_max", self.promise_days_max),
            ("hold_hours_min", self.hold_hours_min),
            ("review_hours", self.review_hours),
            ("debit_days_max", self.debit_days_max),
            ("paying_minutes", self.paying_minutes),
            ("paying_minutes_max", self.paying_minutes_max),
            ("paying_hours", self.paying_hours),
            ("backlog_counted_max", i64::from(self.backlog_counted_max)),
            ("outgoing_days", self.outgoing_days),
            ("endpoint_hours_max", self.endpoint_hours_max),
            ("invoices_read_max", i64::from(self.invoices_read_max)),
            ("cases_read_max", i64::from(self.cases_read_max)),
            ("past_actions_max", i64::from(self.past_actions_max)),
            ("receipt_entries_max", i64::from(self.receipt_entries_max)),
            ("forecast_read_max", i64::from(self.forecast_read_max)),
            ("forecast_open_min", i64::from(self.forecast_open_min)),
            ("forecast_seen_min", i64::from(self.forecast_seen_min)),
            ("judged_min", i64::from(self.judged_min)),
            ("contact_days", self.contact_days),
        ];
        let rows = rows.into_iter().chain(self.form.bounds()).chain(self.press.bounds());
        let patience = [&self.telling, &self.outgoing].into_iter().flat_map(Patience::bounds);
        let counts = [
            (self.boards_max < 1, "a shelf has at least one board".to_owned()),
            (self.told_people_max < 1, "at least one person is told".to_owned()),
            (self.cases_shown_max < 1, "at least one open case is named".to_owned()),
            (self.recoveries_shown_max < 1, "at least one recovery is named".to_owned()),
            (
                !(1..=RECOVERIES_WRITTEN_MAX).contains(&self.recoveries_written_max),
                format!("an event writes 1 to {RECOVERIES_WRITTEN_MAX} recoveries, with all that it writes besides"),
            ),
            (
                self.press.request_bytes_max <= self.item_bytes_max,
                "`press.request_bytes_max` has room for what an item holds, and more".to_owned(),
            ),
            (self.report_rows_max < 1, "the report of a month has rows".to_owned()),
            (self.under_way_max < 1, "at least one action may be under way".to_owned()),
            (self.under_way_bytes_max < 1, "there is room for one action under way".to_owned()),
            (self.left_bytes_max < 1, "there is room for one subscription that was left".to_owned()),
            (
                !(self.paying_minutes..60 * self.paying_hours).contains(&self.paying_minutes_max),
                "`paying_minutes_max` is `paying_minutes` at least, and less than `paying_hours`".to_owned(),
            ),
            (
                2 * self.board_bytes_max + BESIDE_BOARDS_BYTES > self.item_bytes_max,
                format!(
                    "two boards must fit into an item: `board_bytes_max` is too large for `item_bytes_max` {}",
                    self.item_bytes_max
                ),
            ),
        ];
        let counts = counts.into_iter().filter(|(wrong, _)| *wrong).map(|(_, what)| Complaint::at(0, what));
        let sweeps =
            self.sweep_hours.iter().chain(&self.key_minutes).map(|(provider, hours)| (provider.as_str(), *hours));
        rows.into_iter()
            .chain(patience)
            .chain(sweeps)
            .filter(|(_, value)| *value < 1)
            .map(|(name, _)| Complaint::at(0, format!("`{name}` must be at least 1")))
            .chain(counts)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_longer_up_to_the_longest_and_there_is_a_last_try() {
        let patience = Patience { first_secs: 60, factor: 3, secs_max: 600, tries_max: 6 };
        let rows =
            [(1, Some(60)), (2, Some(180)), (3, Some(540)), (4, Some(600)), (5, Some(600)), (6, None), (7, None)];
        for (refusals, secs) in rows {
            assert_eq!(patience.wait(refusals), secs.map(SignedDuration::from_secs), "after {refusals} refusals");
        }
    }

    #[test]
    fn an_event_is_sent_again_for_three_days_and_an_endpoint_is_disabled_before_it_is_given_up() {
        let limits = crate::policies::Policies::shipped().unwrap().limits;
        let limits = limits.current();
        let waits = (1..limits.outgoing.tries_max).filter_map(|refusals| limits.outgoing.wait(refusals));
        let hours = waits.map(|wait| wait.as_secs()).sum::<i64>() / 3600;
        assert!((72..96).contains(&hours), "the last try comes after {hours} hours");
        assert!(limits.endpoint_hours_max <= hours);
    }
}
