//! How much anybody outside may ask for through the refund request form, and how often.

use serde::Deserialize;

/// What holds back whoever sends very much; a name ends in its unit, and then in `max` where it is a bound.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormLimits {
    /// The largest body of the form that is read.
    pub body_bytes_max: usize,
    /// How much a customer may write.
    pub text_chars_max: usize,
    /// How long the link is good by which they show that the address is theirs.
    pub confirm_hours: i64,
    /// Within how many minutes forms are counted.
    pub window_minutes: i64,
    /// How many of one sender, to one address, and of one source pass within them.
    pub per_sender_max: u32,
    pub per_address_max: u32,
    pub per_source_max: u32,
    /// Those that are the first of their sender have a count of their own: whoever sends very many does not reach it.
    pub per_source_first_max: u32,
    /// How many more of a source are kept, by either count, whose messages leave within later windows.
    pub per_source_later_max: u32,
}

impl FormLimits {
    /// What must be at least 1.
    pub(super) fn bounds(&self) -> [(&'static str, i64); 8] {
        let size = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        [
            ("form.body_bytes_max", size(self.body_bytes_max)),
            ("form.text_chars_max", size(self.text_chars_max)),
            ("form.confirm_hours", self.confirm_hours),
            ("form.window_minutes", self.window_minutes),
            ("form.per_sender_max", i64::from(self.per_sender_max)),
            ("form.per_address_max", i64::from(self.per_address_max)),
            ("form.per_source_max", i64::from(self.per_source_max)),
            ("form.per_source_first_max", i64::from(self.per_source_first_max)),
        ]
    }
}
