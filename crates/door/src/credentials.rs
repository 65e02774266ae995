//! What did the caller put into `Authorization`?

use base64::Engine as _;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD};
use http::{HeaderMap, header};

/// Basic credentials come with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);

/// The token of `Authorization: Bearer <token>`; the scheme in any case. `None` when absent or of another scheme.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    scheme(headers, "bearer")
}

/// User and password of `Authorization: Basic <base64>` (RFC 7617, UTF-8). `None` when absent or malformed.
pub fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let decoded = BASE64.decode(scheme(headers, "basic")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The secret of a caller that may send it bare or as `Bearer <secret>` (protocol.md §1.3, DataSync).
pub fn verbatim_or_bearer(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| value(headers))
}

/// The text of a Basic header, for callers that send one and for tests.
pub fn basic_header(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The header as visible ASCII without spaces at its ends; `None` when absent, empty or sent twice.
fn value(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next()?;
    if values.next().is_some() {
        return None;
    }
    Some(first.to_str().ok()?.trim()).filter(|text| !text.is_empty())
}

fn scheme<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let (scheme, rest) = value(headers)?.split_once(' ')?;
    Some(rest.trim()).filter(|rest| scheme.eq_ignore_ascii_case(wanted) && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn each_header_and_what_is_read_from_it() {
        /// Header values, bearer, basic, verbatim or bearer.
        type Case = (
            &'static [&'static str],
            Option<&'static str>,
            Option<(&'static str, &'static str)>,
            Option<&'static str>,
        );
        let table: &[Case] = &[
            (&[], None, None, None),
            (&[""], None, None, None),
            (&["Bearer abc"], Some("abc"), None, Some("abc")),
            (&["bearer   abc "], Some("abc"), None, Some("abc")),
            (&["Bearer "], None, None, Some("Bearer")),
            (&["s3cret"], None, None, Some("s3cret")),
            (&["s3 cret"], None, None, Some("s3 cret")),
            (&["Bearer a", "Bearer b"], None, None, None),
            (&["Basic dXNlcjpwYTpzcw=="], None, Some(("user", "pa:ss")), Some("Basic dXNlcjpwYTpzcw==")),
            (&["Basic dXNlcjpwYTpzcw"], None, Some(("user", "pa:ss")), Some("Basic dXNlcjpwYTpzcw")),
            (&["Basic dXNlcg=="], None, None, Some("Basic dXNlcg==")),
            (&["Basic ???"], None, None, Some("Basic ???")),
        ];
        for (values, expected_bearer, expected_basic, expected_verbatim) in table {
            let headers = with(values);
            assert_eq!(bearer(&headers), *expected_bearer, "{values:?}");
            let found = basic(&headers);
            assert_eq!(found.as_ref().map(|(u, p)| (u.as_str(), p.as_str())), *expected_basic, "{values:?}");
            assert_eq!(verbatim_or_bearer(&headers), *expected_verbatim, "{values:?}");
        }
        assert_eq!(basic(&with(&[&basic_header("a", "b")])), Some(("a".into(), "b".into())));
    }
}
