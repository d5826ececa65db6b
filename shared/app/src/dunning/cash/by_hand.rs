//! What a person says a payment is for, of which nobody knew that.

use super::settle::{Told, take};
use crate::context::Context;
use crate::store::{self, keys};
use crate::web::{ID_BYTES_MAX, Problem};
use domain::cash::{Received, Target};
use domain::id::{ReceivedId, RequestId};
use domain::staff::Staff;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One of three: the request that it is for, the invoice, or that it is for nothing that was asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Said {
    pub request: Option<String>,
    pub invoice: Option<String>,
    pub none: bool,
}

impl Said {
    /// What a form of the console says.
    pub fn of_form(fields: &BTreeMap<String, String>) -> Self {
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();
        match fields.get("say").map(String::as_str) {
            Some("request") => Self { request: field("request"), ..Self::default() },
            Some("invoice") => Self { invoice: field("invoice"), ..Self::default() },
            Some("none") => Self { none: true, ..Self::default() },
            _ => Self::default(),
        }
    }

    fn target(&self) -> Result<Option<Target>, Problem> {
        match (&self.request, &self.invoice, self.none) {
            (Some(request), None, false) => {
                let request = RequestId::parse(request).ok_or_else(|| Problem::not_found("payment request"))?;
                Ok(Some(Target::Request(request)))
            }
            (None, Some(invoice), false) if !invoice.is_empty() && invoice.len() <= ID_BYTES_MAX => {
                Ok(Some(Target::Invoice(invoice.clone())))
            }
            (None, None, true) => Ok(None),
            _ => Err(Problem::malformed("say what it is for: one of `request`, `invoice`, and `none` as true")),
        }
    }
}

/// Takes what somebody says of a payment that nobody could place.
pub async fn say(context: &Context, id: &str, said: &Said, staff: &Staff) -> Result<Received, Problem> {
    if !staff.role.may_settle() {
        let message = "a billing specialist, a manager or a VP says what a payment is for";
        return Err(Problem::not_permitted(message));
    }
    let target = said.target()?;
    let key = ReceivedId::parse(id).ok_or_else(|| Problem::not_found("payment"))?;
    let home = keys::received(&key);
    let received = store::read::<Received>(context, &home).await?.ok_or_else(|| Problem::not_found("payment"))?;
    if !received.is_waiting() {
        let message = "somebody has said already what this payment is for";
        return Err(Problem::conflict("already_decided", message));
    }
    let payments = [received.payment.clone()];
    let told = Told {
        account: &received.account,
        payments: &payments,
        request: None,
        said: Some((&target, staff.id.as_str())),
    };
    let settled = take(context, told).await?;
    if let Some(refused) = settled.refused {
        return Err(Problem::not_possible(refused));
    }
    settled.tell(context, id).await;
    store::read::<Received>(context, &home).await?.ok_or_else(|| Problem::not_found("payment"))
}
