//! Which headers prove to a receiver that a request is ours and which one it repeats?
//!
//! Those of the Standard Webhooks specification, beside the documented `Authorization`: `webhook-id` stays the
//! same over retries, `webhook-signature` is HMAC-SHA256 over `id.timestamp.body`, one per active secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use sha2::Sha256;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// The headers of one request. `secrets` holds one or, while they are changed over, several texts apart by
/// spaces; without it the request is not signed.
pub(crate) fn headers(id: &str, body: &[u8], at: Timestamp, secrets: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(3);
    let seconds = at.as_second();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(WEBHOOK_ID, id);
    }
    headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from(seconds));
    let signatures: Vec<String> = secrets
        .unwrap_or_default()
        .split_ascii_whitespace()
        .map(|secret| signature(secret, id, seconds, body))
        .collect();
    if !signatures.is_empty()
        && let Ok(signatures) = HeaderValue::from_str(&signatures.join(" "))
    {
        headers.insert(WEBHOOK_SIGNATURE, signatures);
    }
    headers
}

fn signature(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    // whsec_<base64> is how the specification writes a key of raw bytes; another text is the key itself.
    let key = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        unreachable!("HMAC takes a key of any length")
    };
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_specifications_own_vector() {
        // From the reference libraries of the specification.
        let headers = headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            br#"{"test": 2432232314}"#,
            at(1_614_265_330),
            Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        );
        assert_eq!(headers["webhook-id"], "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(headers["webhook-timestamp"], "1614265330");
        assert_eq!(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_sign_twice_and_none_not_at_all() {
        let both = headers("id", b"{}", at(1), Some("one two"));
        let one = headers("id", b"{}", at(1), Some("one"));
        let both = both["webhook-signature"].to_str().unwrap();
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(both.split(' ').next(), one["webhook-signature"].to_str().ok());
        assert!(!headers("id", b"{}", at(1), None).contains_key("webhook-signature"));
    }

    #[test]
    fn id_time_and_body_each_change_the_signature() {
        let base = signature("k", "a", 1, b"x");
        for other in
            [signature("k", "b", 1, b"x"), signature("k", "a", 2, b"x"), signature("k", "a", 1, b"y")]
        {
            assert_ne!(base, other);
        }
    }
}
