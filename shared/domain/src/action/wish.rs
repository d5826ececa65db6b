//! What somebody asks for, and what exactly that is on this account at this moment.

mod invoices;
mod money;
mod settled;
mod subscriptions;

pub use money::all_of;

use super::refusal::NoPreview;
use super::{Addon, KINDS, Kind, Known, Target, When};
use crate::book::Head;
use crate::money::Money;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How many actions a bundle holds.
pub const BUNDLE_MAX: usize = 10;
const DAYS_MAX: u32 = 365;

/// A kind of action and its parameters, as people send them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    pub kind: String,
    #[serde(default)]
    pub params: Params,
}

/// What somebody names of it; what is left out is settled by what the account shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addons: Vec<Addon>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_requested: Option<bool>,
    /// When the customer asked to leave, if that was before today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// The members of a bundle, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Wish>,
}

/// The resources that a wish is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    pub payments: Vec<String>,
    pub invoices: Vec<String>,
    pub subscriptions: Vec<String>,
    /// Prices of the catalogue.
    pub prices: Vec<String>,
    /// Invoices of which a tax document is wanted.
    pub papers: Vec<String>,
}

impl Params {
    /// Every id that somebody wrote.
    pub fn ids(&self) -> impl Iterator<Item = &String> {
        let own = [&self.payment, &self.invoice, &self.subscription, &self.plan].into_iter().flatten();
        own.chain(self.addons.iter().map(|addon| &addon.price))
    }
}

impl Wish {
    /// The wish itself, or the members of a bundle.
    pub fn members(&self) -> Result<&[Self], NoPreview> {
        if self.kind != "bundle" {
            return if KINDS.contains(&self.kind.as_str()) {
                Ok(std::slice::from_ref(self))
            } else {
                Err(NoPreview::UnknownKind(self.kind.clone(), format!("{}, bundle", KINDS.join(", "))))
            };
        }
        let members = &self.params.actions;
        if !(2..=BUNDLE_MAX).contains(&members.len()) || members.iter().any(|member| member.kind == "bundle") {
            return Err(NoPreview::Bundle(BUNDLE_MAX));
        }
        Ok(members)
    }

    /// Names what has to be read before it can be settled.
    pub fn wanted(&self, head: &Head) -> Result<Resources, NoPreview> {
        let mut wanted = Resources::default();
        for member in self.members()? {
            member.about(head, &mut wanted)?;
        }
        let Resources { payments, invoices, subscriptions, prices, papers } = &mut wanted;
        for ids in [payments, invoices, subscriptions, prices, papers] {
            ids.sort();
            ids.dedup();
        }
        Ok(wanted)
    }

    fn about(&self, head: &Head, wanted: &mut Resources) -> Result<(), NoPreview> {
        let Params { plan, addons, .. } = &self.params;
        match self.kind.as_str() {
            "refund" => wanted.payments.push(self.payment(head)?),
            "credit" | "update_payment_method" | "erase_person" => {}
            "extend_grace" => wanted.invoices.push(self.in_recovery(head)?),
            "tax_invoice" => {
                wanted.invoices.push(self.invoice()?);
                wanted.papers.push(self.invoice()?);
            }
            "payment_link" | "resend_invoice" | "retry_payment" | "mark_paid" | "write_off" | "void_invoice"
            | "defer" => {
                wanted.invoices.push(self.invoice()?);
            }
            _ => {
                let id = self.subscription(head)?;
                wanted.prices.extend(plan.iter().cloned().chain(addons.iter().map(|addon| addon.price.clone())));
                wanted.subscriptions.push(id);
            }
        }
        Ok(())
    }

    /// Settles what was left open.
    pub fn settle(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let members = self.members()?;
        if self.kind != "bundle" {
            return self.one(known);
        }
        let member =
            |(place, wish): (usize, &Self)| wish.one(known).map_err(|why| NoPreview::Member(place + 1, Box::new(why)));
        let actions = members.iter().enumerate().map(member).collect::<Result<Vec<_>, _>>()?;
        for (place, one) in actions.iter().enumerate() {
            // The second would be shown as if the first were not done.
            let same = |other: &Kind| {
                one.target() == other.target() && !matches!(one.target(), Target::Payment(_) | Target::Account)
            };
            if actions[..place].iter().any(same) {
                return Err(NoPreview::Together(one.target().id().unwrap_or_default()));
            }
        }
        Ok(Kind::Bundle { actions })
    }

    fn one(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let head = known.head;
        Ok(match self.kind.as_str() {
            "refund" => self.refund(known)?,
            "credit" => self.credit()?,

            "payment_link" => self.payment_link(known)?,
            "resend_invoice" => Kind::ResendInvoice { invoice: self.invoice()? },
            "tax_invoice" => Kind::TaxInvoice { invoice: self.invoice()? },
            "retry_payment" => self.retry_payment(known)?,
            "mark_paid" => self.mark_paid(known)?,
            "write_off" => self.write_off(known)?,
            "void_invoice" => self.void_invoice(known)?,
            "extend_grace" => Kind::ExtendGrace { invoice: self.in_recovery(head)?, days: self.days()? },
            "defer" => self.defer(known)?,

            "extend_trial" => self.extend_trial(known)?,
            "pause" => Kind::Pause { subscription: self.subscription(head)? },
            "resume" => Kind::Resume { subscription: self.subscription(head)? },
            "upgrade" | "downgrade" => self.plan_change(known)?,
            "change_addons" => self.change_addons(known)?,
            "adjust_seats" => self.adjust_seats(known)?,
            "discount" => self.discount(known)?,
            "cancel" => self.cancel(known)?,
            "force_cancel" => Kind::ForceCancel { subscription: self.subscription(head)? },

            "update_payment_method" => Kind::UpdatePaymentMethod {},
            "erase_person" => Kind::ErasePerson {},
            other => return Err(NoPreview::UnknownKind(other.to_owned(), KINDS.join(", "))),
        })
    }

    fn days(&self) -> Result<u32, NoPreview> {
        self.params.days.filter(|days| (1..=DAYS_MAX).contains(days)).ok_or(NoPreview::Days)
    }
}
