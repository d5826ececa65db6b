//! How long a page may take to be printed, and how much of it may be asked and answered.

use serde::Deserialize;

/// What holds back whoever prints; a name ends in its unit, and then in `max` where it is a bound.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PressLimits {
    /// How long one page may take, with the wait for its turn.
    pub secs: i64,
    /// How many are printed at once on one machine; the others wait for their turn.
    pub at_once_max: usize,
    /// The largest request that is read.
    pub request_bytes_max: usize,
    /// The largest file that is taken.
    pub page_bytes_max: usize,
    /// How much is told of why there is no page.
    pub reason_bytes_max: usize,
}

impl PressLimits {
    /// What must be at least 1.
    pub(super) fn bounds(&self) -> [(&'static str, i64); 5] {
        let size = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        [
            ("press.secs", self.secs),
            ("press.at_once_max", size(self.at_once_max)),
            ("press.request_bytes_max", size(self.request_bytes_max)),
            ("press.page_bytes_max", size(self.page_bytes_max)),
            ("press.reason_bytes_max", size(self.reason_bytes_max)),
        ]
    }
}
