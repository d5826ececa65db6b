//! What something costs: prices, what is taken off, and tax.

use super::Reference;
use crate::value::{Number, Text, named};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

/// A price, or a plan as it was called before.
#[derive(Deserialize)]
pub(in crate::stripe) struct Price<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub nickname: Option<Text<'a>>,
    pub unit_amount: Option<i64>,
    #[serde(borrow)]
    pub unit_amount_decimal: Option<Text<'a>>,
    pub amount: Option<i64>,
    #[serde(borrow)]
    pub amount_decimal: Option<Text<'a>>,
    #[serde(borrow)]
    pub billing_scheme: Option<Text<'a>>,
    #[serde(borrow)]
    pub recurring: Option<Recurring<'a>>,
    #[serde(borrow)]
    pub interval: Option<Text<'a>>,
    pub interval_count: Option<u32>,
    #[serde(borrow)]
    pub usage_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct Recurring<'a> {
    #[serde(borrow)]
    pub interval: Text<'a>,
    pub interval_count: Option<u32>,
    #[serde(borrow)]
    pub usage_type: Option<Text<'a>>,
}

/// Since 2024 an array, of ids unless somebody asked for the objects.
#[derive(Default)]
pub(in crate::stripe) enum Discounts<'a> {
    #[default]
    NotSent,
    /// There are so many, and it is not said what they take off.
    Ids(usize),
    Objects(Vec<Discount<'a>>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Discounts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        let ids = || serde_json::from_str::<Vec<IgnoredAny>>(raw.get()).map(|ids| Self::Ids(ids.len()));
        Ok(serde_json::from_str(raw.get()).map(Self::Objects).or_else(|_| ids()).unwrap_or_default())
    }
}

/// Since clover its coupon stands in its source.
#[derive(Deserialize)]
pub(in crate::stripe) struct Discount<'a> {
    #[serde(borrow)]
    coupon: Option<CouponOrId<'a>>,
    #[serde(borrow)]
    source: Option<Source<'a>>,
}

impl<'a> Discount<'a> {
    pub fn coupon(self) -> Option<Coupon<'a>> {
        self.coupon.or(self.source.and_then(|source| source.coupon)).map(|coupon| coupon.0)
    }
}

#[derive(Deserialize)]
struct Source<'a> {
    #[serde(borrow)]
    coupon: Option<CouponOrId<'a>>,
}

/// A coupon; where nobody asked for more, its id alone.
struct CouponOrId<'a>(Coupon<'a>);

impl<'de: 'a, 'a> Deserialize<'de> for CouponOrId<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        let coupon = if raw.get().starts_with('"') {
            serde_json::from_str(raw.get()).map(|id| Coupon { id: Some(id), ..Coupon::default() })
        } else {
            serde_json::from_str(raw.get())
        };
        coupon.map(Self).map_err(serde::de::Error::custom)
    }
}

#[derive(Default, Deserialize)]
pub(in crate::stripe) struct Coupon<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub id: Option<Text<'a>>,
    pub percent_off: Option<Number>,
    pub amount_off: Option<i64>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    #[serde(borrow)]
    pub duration: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct Tax {
    pub amount: i64,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct Pricing<'a> {
    #[serde(borrow)]
    pub price_details: Option<PriceDetails<'a>>,
    #[serde(borrow)]
    pub unit_amount_decimal: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct PriceDetails<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub price: Option<Reference<'a>>,
}
