//! Where the product is told what happens here, and where an account is shown within a frame.

use super::Named;
use crate::door::openapi::shape::{list, object, only, or_null, page, text, time, told, words};
use domain::outgoing::{Health, Kind};
use serde_json::Value;

pub(super) fn schemas() -> Named {
    let secret = told(text(), "`whsec_` and a key in base64: signs by Standard Webhooks. It is shown this once.");
    vec![
        ("Endpoint", object(fields())),
        ("NewEndpoint", object(fields().into_iter().chain([("secret", secret)]))),
        ("Endpoints", page("Endpoint")),
        ("EndpointWish", only([("url", told(text(), "Begins with https://.")), ("events", kinds())])),
        ("Allowed", object([("origin", text()), ("by", text()), ("at", time())])),
        ("Embeds", page("Allowed")),
        ("Origins", only([("origins", told(list(text()), "At most ten, as https://shop.zendesk.com."))])),
        (
            "EmbedWish",
            told(
                only([
                    ("account?", told(text(), "Ours, or such as stripe:cus_123.")),
                    ("email?", text()),
                    ("ticket?", told(text(), "As its address has it.")),
                ]),
                "One of the three.",
            ),
        ),
        (
            "Embed",
            object([
                ("url", text()),
                ("expires_at", time()),
                ("account", text()),
                ("others", told(list(text()), "Other accounts that were meant, ten at most.")),
            ]),
        ),
        ("Replaying", only([("since", time())])),
    ]
}

fn kinds() -> Value {
    list(words(Kind::ALL))
}

fn fields() -> [(&'static str, Value); 11] {
    [
        ("id", text()),
        ("url", text()),
        ("events", kinds()),
        ("by", text()),
        ("at", time()),
        ("state", words(Health::ALL)),
        ("failing_since", told(or_null(time()), "Since when nothing was taken there.")),
        ("why", told(or_null(text()), "How it was refused then.")),
        ("disabled_at", told(or_null(time()), "Since when nothing is sent there: what happens waits.")),
        ("old_secret_until", told(or_null(time()), "Until when the secret before signs beside the present one.")),
        ("replaying_since", told(or_null(time()), "What happened since then is being sent again.")),
    ]
}
