//! What was judged: a decision, the same decision under other rules, and what a decline means.

use crate::context::Context;
use crate::store::{self, keys};
use crate::web::{self, Answer, Problem};
use bytes::Bytes;
use domain::classify::decision::{self, Decision, LeftOut};
use domain::decline::Asked;
use domain::id::DecisionId;
use http::{Request, StatusCode};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) async fn decision(context: &Context, id: &str) -> Result<Answer, Problem> {
    Ok(web::json(StatusCode::OK, &find(context, id).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Again {
    policy_version: u32,
}

/// Makes a decision again under another version of its policy, and says what would be different. Nothing is written.
pub(super) async fn replay(context: &Context, id: &str, request: &Request<Bytes>) -> Result<Answer, Problem> {
    let wanted: Again = web::sent(request.body(), "send `policy_version`, a version of the classify policy")?;
    let policies = &context.policies;
    let policy =
        policies.classify.version(wanted.policy_version).ok_or_else(|| Problem::not_found("policy version"))?;
    let decision = find(context, id).await?;
    if decision.left_out == LeftOut::Everything {
        let message = "what this decision went by was too long to be kept: it cannot be made again";
        return Err(Problem::not_possible(message));
    }
    let now = decision::replay(&decision, policy, policies.declines.at(decision.at));
    let differences = decision::differences(&decision.outcome, now.as_ref());
    Ok(web::json(
        StatusCode::OK,
        &json!({
            "id": decision.id,
            "case": decision.case,
            "then": {"policy_version": decision.policy_version, "outcome": decision.outcome},
            "now": {"policy_version": wanted.policy_version, "outcome": now},
            "same": differences.is_empty(),
            "differences": differences,
        }),
    ))
}

async fn find(context: &Context, id: &str) -> Result<Decision, Problem> {
    let id = DecisionId::parse(id).ok_or_else(|| Problem::not_found("decision"))?;
    store::read(context, &keys::decision(&id)).await?.ok_or_else(|| Problem::not_found("decision"))
}

/// Says what all that is told of a try means together.
pub(super) fn decline(
    context: &Context,
    provider: &str,
    code: &str,
    query: &BTreeMap<String, String>,
) -> Result<Answer, Problem> {
    let declines = context.policies.declines.current();
    if providers::named(provider).is_none() && !declines.reads(provider) {
        return Err(Problem::not_found("provider"));
    }
    let told = |name: &str| query.get(name).map(String::as_str);
    let about =
        Asked { network: told("network"), gateway: told("gateway"), advice: told("advice"), ..Asked::default() };
    let decline = declines.asked(provider, code, about);
    let meaning = declines.meaning(Some(&decline));
    let family = meaning.family;
    Ok(web::json(
        StatusCode::OK,
        &json!({
            "family": family.id.get_ref(),
            "customer_reason": family.customer_reason,
            "who_acts": family.who_acts,
            "retry": family.retry,
            "report_reason": family.report_reason,
            "visa_category": meaning.category,
            "wait_hours": meaning.wait.map(|wait| wait.as_hours()),
            "listed": meaning.known,
            "source": meaning.source,
        }),
    ))
}
