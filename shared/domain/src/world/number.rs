//! A world's numbers, which stand in quotes or not: each kind says what it may be.

use serde::Deserialize;

/// A number as it stands in the file.
#[derive(Deserialize)]
#[serde(untagged, expecting = "this is no number, such as \"0.25\"")]
enum Written {
    Text(String),
    Whole(i64),
    Real(f64),
}

impl Written {
    fn number(self) -> Result<f64, String> {
        let (number, text) = match self {
            Self::Text(text) => (text.parse().ok(), text),
            Self::Whole(whole) => (Some(whole as f64), whole.to_string()),
            Self::Real(real) => (Some(real), real.to_string()),
        };
        number.filter(|number: &f64| number.is_finite()).ok_or_else(|| format!("`{text}` is no number"))
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $fits:expr, $otherwise:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Deserialize)]
        #[serde(try_from = "Written")]
        pub(super) struct $name(pub(super) f64);

        impl TryFrom<Written> for $name {
            type Error = String;

            fn try_from(written: Written) -> Result<Self, String> {
                let fits: fn(f64) -> bool = $fits;
                let number = written.number()?;
                if fits(number) { Ok(Self(number)) } else { Err(format!("{number} {}", $otherwise)) }
            }
        }
    };
}

number! {
    /// What multiplies a chance, or a day: nothing at least.
    Factor, |number| number >= 0.0, "is less than 0"
}

number! {
    /// What others are measured by: more than nothing.
    Measure, |number| number > 0.0, "is not more than 0"
}

number! {
    /// A part of a whole.
    Part, |number| (0.0..=1.0).contains(&number), "is not between 0 and 1"
}
