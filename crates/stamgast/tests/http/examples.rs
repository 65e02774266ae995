//! How is an example of the description sent to the sample restaurant?

use serde_json::Value;
use stamgast::demo::restaurant::Restaurant;

/// The example with the restaurant's own ids and secrets where the description has stand-ins.
pub(crate) fn filled(example: &Value, of: &Restaurant) -> Value {
    let mut text = example.to_string();
    for (stand_in, own) in [
        ("5f00000000000000000000a1", of.merchant_id.as_str()),
        ("5f00000000000000000000b1", &of.place_id),
        ("5f00000000000000000000c1", &of.client_id),
        ("5f00000000000000000000d1", &of.loyalty_provider_id),
        ("stg_datasync_secret-shown-once", &of.datasync_secret),
        ("stg_loyalty_token-shown-once", &of.partner_token),
        ("secret-shown-once", &of.client_secret),
        ("\"member-1\"", &format!("\"{}\"", of.member_id)),
    ] {
        text = text.replace(stand_in, own);
    }
    serde_json::from_str(&text).unwrap()
}
