//! The secrets of endpoints stand nowhere: each is computed from one that whoever signs holds, the endpoint and a number.

use crate::context::Context;
use crate::fault::Fault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::outgoing::Endpoint;
use providers::Secret;

/// Those that sign for an endpoint at this moment, the newest first.
pub(super) async fn live(context: &Context, endpoint: &Endpoint) -> Result<Vec<Secret>, Fault> {
    let own = context.vault.outgoing().await?;
    let numbers = endpoint.secrets(context.clock.now());
    Ok(numbers.into_iter().map(|number| of(&own, &endpoint.id, number)).collect())
}

/// The one that is shown when an endpoint is added, or given another.
pub(super) async fn newest(context: &Context, endpoint: &Endpoint) -> Result<Secret, Fault> {
    Ok(of(&context.vault.outgoing().await?, &endpoint.id, endpoint.secret))
}

fn of(own: &Secret, endpoint: &str, number: u32) -> Secret {
    let signed = own.signs(&format!("endpoint\n{endpoint}\n{number}"));
    Secret::new(format!("whsec_{}", STANDARD.encode(signed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_endpoint_and_each_number_has_a_secret_of_its_own_that_comes_again() {
        let (own, other) = (Secret::new("ours"), Secret::new("another"));
        let all = [of(&own, "ep_1", 1), of(&own, "ep_1", 2), of(&own, "ep_2", 1), of(&other, "ep_1", 1)];
        let texts: BTreeSet<&str> = all.iter().map(Secret::expose).collect();
        assert_eq!(texts.len(), all.len());
        assert_eq!(of(&own, "ep_1", 1).expose(), all[0].expose());
        for text in texts {
            let bytes = STANDARD.decode(text.strip_prefix("whsec_").unwrap()).unwrap();
            assert!((24..=64).contains(&bytes.len()), "as the scheme wants it: {}", bytes.len());
        }
    }
}
