//! What somebody asks for, and what exactly that is on this account at this moment.

use super::change::{addons_after, change_of, each_period};
use super::refusal::NoPreview;
use super::{Addon, Kind, Known, Target, When};
use crate::action::KINDS;
use crate::book::{Due, Head, Invoice, Payment, Subscription};
use crate::event::{Stated, SubscriptionStatus};
use crate::money::Money;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Deserialize;

/// How many actions a bundle holds.
pub const BUNDLE_MAX: usize = 10;
const DAYS_MAX: u32 = 365;

/// A kind of action and its parameters, as people send them.
#[derive(Debug, Clone, Deserialize)]
pub struct Wish {
    pub kind: String,
    #[serde(default)]
    pub params: Params,
}

/// What somebody names of it; what is left out is settled by what the account shows.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Params {
    pub payment: Option<String>,
    pub invoice: Option<String>,
    pub subscription: Option<String>,
    pub amount: Option<Money>,
    pub percent: Option<Decimal>,
    pub days: Option<u32>,
    pub plan: Option<String>,
    pub seats: Option<u32>,
    pub addons: Vec<Addon>,
    pub when: Option<When>,
    pub customer_requested: Option<bool>,
    /// When the customer asked to leave, if that was before today.
    pub asked_at: Option<Timestamp>,
    /// The members of a bundle, in their order.
    pub actions: Vec<Wish>,
}

/// The resources that a wish is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub payments: Vec<String>,
    pub invoices: Vec<String>,
    pub subscriptions: Vec<String>,
    /// Prices of the catalogue.
    pub prices: Vec<String>,
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
    pub fn wanted(&self, head: &Head) -> Result<Wanted, NoPreview> {
        let mut wanted = Wanted::default();
        for member in self.members()? {
            member.about(head, &mut wanted)?;
        }
        for ids in [&mut wanted.payments, &mut wanted.invoices, &mut wanted.subscriptions, &mut wanted.prices] {
            ids.sort();
            ids.dedup();
        }
        Ok(wanted)
    }

    fn about(&self, head: &Head, wanted: &mut Wanted) -> Result<(), NoPreview> {
        let Params { invoice, plan, addons, .. } = &self.params;
        match self.kind.as_str() {
            "refund" => wanted.payments.push(self.payment(head)?),
            "credit" | "update_payment_method" | "erase_person" => {}
            "extend_grace" => wanted.invoices.push(self.in_recovery(head)?),
            "payment_link" | "resend_invoice" | "tax_invoice" | "retry_payment" | "mark_paid" | "write_off"
            | "void_invoice" | "defer" => {
                wanted.invoices.push(invoice.clone().ok_or(NoPreview::Unnamed("`invoice`"))?);
            }
            _ => {
                let id = self.subscription(head)?;
                wanted.prices.extend(plan.iter().cloned().chain(addons.iter().map(|addon| addon.price.clone())));
                wanted.subscriptions.push(id);
            }
        }
        Ok(())
    }

    fn payment(&self, head: &Head) -> Result<String, NoPreview> {
        let Params { payment, invoice, .. } = &self.params;
        let of_invoice = |invoice: &String| {
            head.book
                .payments
                .iter()
                .rev()
                .find(|line| head.book.invoice_of(line) == Some(invoice))
                .map(|line| line.payment.clone())
        };
        payment
            .clone()
            .or_else(|| invoice.as_ref().and_then(of_invoice))
            .ok_or(NoPreview::Unnamed("`payment`, or an `invoice` that was paid,"))
    }

    /// The invoice that is named, or the only one that is being recovered.
    fn in_recovery(&self, head: &Head) -> Result<String, NoPreview> {
        let only = || head.dunning.keys().next().filter(|_| head.dunning.len() == 1).cloned();
        self.params.invoice.clone().or_else(only).ok_or(NoPreview::Unnamed("`invoice`"))
    }

    /// The subscription that is named, or the only one that runs.
    fn subscription(&self, head: &Head) -> Result<String, NoPreview> {
        if let Some(named) = &self.params.subscription {
            return Ok(named.clone());
        }
        let running = head.book.subscriptions.iter().filter(|(_, line)| line.status != Some(SubscriptionStatus::Ended));
        let running: Vec<_> = running.map(|(id, _)| id.as_str()).collect();
        match running[..] {
            [] => Err(NoPreview::NoSubscription),
            [one] => Ok(one.to_owned()),
            _ => Err(NoPreview::WhichSubscription(running.join(", "))),
        }
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
            if matches!(one, Kind::Downgrade { .. }) && known.head.provider == "lemonsqueezy" {
                return Err(NoPreview::HeldInBundle);
            }
        }
        Ok(Kind::Bundle { actions })
    }

    fn one(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let Params { amount, days, seats, .. } = &self.params;
        let head = known.head;
        let days = || days.filter(|days| (1..=DAYS_MAX).contains(days)).ok_or(NoPreview::Days);
        let invoice = || self.params.invoice.clone().ok_or(NoPreview::Unnamed("`invoice`"));
        Ok(match self.kind.as_str() {
            "refund" => {
                let payment = self.payment(head)?;
                let amount = amount.map_or_else(|| all_of(known.records.payments.get(&payment), &payment), Ok)?;
                Kind::Refund { payment, amount }
            }
            "credit" => Kind::Credit { amount: amount.ok_or(NoPreview::Unnamed("`amount`"))? },
            "update_payment_method" => Kind::UpdatePaymentMethod {},
            "erase_person" => Kind::ErasePerson {},
            "payment_link" => Kind::PaymentLink { amount: known.remaining(&invoice()?)?, invoice: invoice()? },
            "resend_invoice" => Kind::ResendInvoice { invoice: invoice()? },
            "tax_invoice" => Kind::TaxInvoice { invoice: invoice()? },
            "retry_payment" => Kind::RetryPayment { amount: known.remaining(&invoice()?)?, invoice: invoice()? },
            "mark_paid" => Kind::MarkPaid { amount: known.all_due(&invoice()?)?, invoice: invoice()? },
            "write_off" => Kind::WriteOff { amount: known.all_due(&invoice()?)?, invoice: invoice()? },
            "void_invoice" => Kind::VoidInvoice { amount: known.all_due(&invoice()?)?, invoice: invoice()? },
            "extend_grace" => Kind::ExtendGrace { invoice: self.in_recovery(head)?, days: days()? },
            "defer" => {
                let invoice = invoice()?;
                let today = known.now.to_zoned(TimeZone::UTC).date();
                let due_on = known.invoice(&invoice)?.due_on.copied().map_or(today, |due_on| due_on.max(today));
                let days = days()?;
                Kind::Defer { invoice, days, until: due_on.saturating_add(jiff::Span::new().days(i64::from(days))) }
            }
            "extend_trial" => {
                let (subscription, days) = (self.subscription(head)?, days()?);
                let ends_at = known
                    .running(&subscription)?
                    .trial_ends_at
                    .copied()
                    .ok_or_else(|| NoPreview::NotOnTrial(subscription.clone()))?;
                Kind::ExtendTrial {
                    subscription,
                    days,
                    until: ends_at + SignedDuration::from_hours(24 * i64::from(days)),
                }
            }
            "pause" => Kind::Pause { subscription: self.subscription(head)? },
            "resume" => Kind::Resume { subscription: self.subscription(head)? },
            "upgrade" | "downgrade" => self.plan_change(known)?,
            "change_addons" => {
                if self.params.addons.is_empty() {
                    return Err(NoPreview::Unnamed("`addons`, each with its `price` and `quantity`,"));
                }
                let (subscription, addons) = (self.subscription(head)?, self.params.addons.clone());
                let price = each_period(&addons_after(known, &subscription, &addons)?);
                Kind::ChangeAddons { subscription, addons, price, at: known.now }
            }
            "adjust_seats" => {
                let seats = seats.ok_or(NoPreview::Unnamed("`seats`"))?;
                let subscription = self.subscription(head)?;
                if seats == 0 {
                    return Err(NoPreview::Seats);
                }
                let plan = known.plan(&subscription)?;
                Kind::AdjustSeats {
                    price: each_period(&[crate::event::Item { quantity: seats, ..plan.clone() }]),
                    subscription,
                    seats,
                    at: known.now,
                }
            }
            "discount" => {
                let percent = self.params.percent.ok_or(NoPreview::Unnamed("`percent`"))?;
                if percent <= Decimal::ZERO || percent > Decimal::ONE_HUNDRED || percent.normalize().scale() > 2 {
                    return Err(NoPreview::Percent);
                }
                let subscription = self.subscription(head)?;
                let items = known.running(&subscription)?.items.value().cloned().unwrap_or_default();
                let less = |price: Money| {
                    Money::rounded(
                        price.amount() * (Decimal::ONE_HUNDRED - percent) / Decimal::ONE_HUNDRED,
                        price.currency(),
                    )
                };
                Kind::Discount { price: each_period(&items).map(less), subscription, percent: percent.normalize() }
            }
            "cancel" if self.params.customer_requested == Some(false) => return Err(NoPreview::NotTheirWish),
            "cancel" => Kind::Cancel {
                subscription: self.subscription(head)?,
                when: self.params.when.unwrap_or(When::PeriodEnd),
                asked_at: self.asked_at(known.now)?,
            },
            "force_cancel" => Kind::ForceCancel { subscription: self.subscription(head)? },
            other => return Err(NoPreview::UnknownKind(other.to_owned(), KINDS.join(", "))),
        })
    }

    /// A letter may have lain for a while; a year-old one is looked at by a person.
    fn asked_at(&self, now: Timestamp) -> Result<Timestamp, NoPreview> {
        let asked_at = self.params.asked_at.unwrap_or(now);
        let lately = now - SignedDuration::from_hours(24 * i64::from(DAYS_MAX));
        if (lately..=now).contains(&asked_at) { Ok(asked_at) } else { Err(NoPreview::AskedAt) }
    }

    fn plan_change(&self, known: &Known<'_>) -> Result<Kind, NoPreview> {
        let subscription = self.subscription(known.head)?;
        let plan = self.params.plan.clone().ok_or(NoPreview::Unnamed("`plan`, by its price's id,"))?;
        let change = change_of(known, &subscription, &plan)?;
        let (from, to) = (change.from.price.clone(), plan.clone());
        match (self.kind.as_str(), change.is_upgrade) {
            ("upgrade", true) => Ok(Kind::Upgrade { subscription, plan, price: change.price, at: known.now }),
            ("upgrade", false) => Err(NoPreview::IsDowngrade { from, to }),
            (_, true) => Err(NoPreview::IsUpgrade { from, to }),
            (_, false) => {
                let at =
                    known.running(&subscription)?.renews_at.copied().ok_or(crate::action::NoChange::UnknownPeriod)?;
                Ok(Kind::Downgrade { subscription, plan, price: change.price, at })
            }
        }
    }
}

/// What is left to give back of a payment, for a refund of all of it.
pub fn all_of(payment: Option<&Payment>, id: &str) -> Result<Money, NoPreview> {
    let payment = payment.ok_or_else(|| NoPreview::UnknownPayment(id.to_owned()))?;
    if payment.is_disputed() {
        return Err(NoPreview::Disputed(id.to_owned()));
    }
    payment.refundable().ok_or_else(|| NoPreview::NotTaken(id.to_owned()))
}

impl<'a> Known<'a> {
    pub(super) fn invoice(&self, id: &str) -> Result<&'a Invoice, NoPreview> {
        self.records.invoices.get(id).ok_or_else(|| NoPreview::UnknownInvoice(id.to_owned()))
    }

    /// What is due of an invoice, as far as the provider says; refused where nothing is.
    pub(super) fn remaining(&self, id: &str) -> Result<Option<Money>, NoPreview> {
        match self.invoice(id)?.due() {
            Due::Open(remaining) => Ok(remaining),
            Due::Paid => Err(NoPreview::NotDue(id.to_owned(), "paid")),
            Due::Withdrawn => Err(NoPreview::NotDue(id.to_owned(), "void or written off")),
            Due::NotYet => Err(NoPreview::NotDue(id.to_owned(), "a draft")),
        }
    }

    pub(super) fn all_due(&self, id: &str) -> Result<Money, NoPreview> {
        self.remaining(id)?.ok_or_else(|| NoPreview::UnknownAmount(id.to_owned()))
    }

    /// A subscription that has not ended.
    pub(super) fn running(&self, id: &str) -> Result<&'a Subscription, NoPreview> {
        let subscription =
            self.records.subscriptions.get(id).ok_or_else(|| NoPreview::UnknownSubscription(id.to_owned()))?;
        if subscription.status.copied() == Some(SubscriptionStatus::Ended) {
            return Err(NoPreview::Ended(id.to_owned()));
        }
        Ok(subscription)
    }

    pub(super) fn plan(&self, subscription: &str) -> Result<&'a crate::event::Item, NoPreview> {
        self.running(subscription)?.plan().ok_or_else(|| NoPreview::UnknownPlan(subscription.to_owned()))
    }

    /// When a subscription ends, where somebody said so.
    pub(super) fn ends_at(&self, subscription: &Subscription) -> Option<Timestamp> {
        subscription.ends_at.value().and_then(Stated::value).copied()
    }
}
