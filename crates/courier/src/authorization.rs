//! What goes into `Authorization`, and which secrets may go there?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

/// The longest secret that is sent.
const SECRET_BYTES_MAX: usize = 512;

db::text_enum! {
    /// How a destination wants its secret; explicit per destination, never guessed (sync.md §1).
    pub enum Authorization {
        /// The secret as it is.
        Verbatim = "verbatim",
        /// `Bearer <secret>`.
        Bearer = "bearer",
        /// `Basic <base64 of the secret>`, the secret being `user:password`.
        Basic = "basic",
    }
}

/// A secret that cannot be sent in a header. It does not hold the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a secret of 1 to 512 visible ASCII characters{extra}, found {found}; ask the partner for another one"
)]
pub struct InvalidSecret {
    extra: &'static str,
    found: String,
}

impl Authorization {
    /// The scheme of a configured text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scheme| scheme.as_str() == text)
    }

    /// The header's value, marked sensitive so that nothing prints it.
    pub fn header(self, secret: &str) -> Result<HeaderValue, InvalidSecret> {
        self.check(secret)?;
        let text = match self {
            Self::Verbatim => secret.to_owned(),
            Self::Bearer => format!("Bearer {secret}"),
            Self::Basic => format!("Basic {}", STANDARD.encode(secret)),
        };
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| InvalidSecret { extra: "", found: "one that no header can carry".into() })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Whether a secret may be sent under this scheme.
    pub fn check(self, secret: &str) -> Result<(), InvalidSecret> {
        let invalid = |extra, found: String| Err(InvalidSecret { extra, found });
        if secret.is_empty() || secret.len() > SECRET_BYTES_MAX {
            return invalid("", format!("{} bytes", secret.len()));
        }
        // A bare secret may be several words ("Token abc"); elsewhere a space is a mistake of copying.
        let inner_space = |byte: u8| byte == b' ' && self != Self::Bearer;
        if let Some(at) = secret.bytes().position(|byte| !byte.is_ascii_graphic() && !inner_space(byte)) {
            return invalid("", format!("another character at byte {at}"));
        }
        if secret.starts_with(' ') || secret.ends_with(' ') {
            return invalid("", "a space at its start or end".into());
        }
        if self == Self::Basic && !secret.contains(':') {
            return invalid(" in the form user:password", "no colon".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scheme_and_what_is_sent() {
        use Authorization::{Basic, Bearer, Verbatim};
        let long = "x".repeat(513);
        // scheme, secret, header
        let table = [
            (Verbatim, "s3cret", Some("s3cret")),
            (Verbatim, "Token abc", Some("Token abc")),
            (Verbatim, " abc", None),
            (Verbatim, "abc ", None),
            (Verbatim, "a\r\nX-Evil: 1", None),
            (Verbatim, "a\tb", None),
            (Verbatim, "žluť", None),
            (Verbatim, "", None),
            (Verbatim, &long, None),
            (Verbatim, &long[..512], Some(&long[..512])),
            (Bearer, "abc", Some("Bearer abc")),
            (Bearer, "Bearer abc", None),
            (Basic, "user:pa ss", Some("Basic dXNlcjpwYSBzcw==")),
            (Basic, "no-colon-in-it", None),
        ];
        for (scheme, secret, expected) in table {
            let header = scheme.header(secret);
            assert_eq!(header.as_ref().ok().map(|h| h.to_str().unwrap()), expected, "{scheme:?} {secret:?}");
            match header {
                Ok(header) => assert!(header.is_sensitive()),
                Err(error) => assert!(secret.len() < 3 || !error.to_string().contains(secret), "{error}"),
            }
        }
    }

    #[test]
    fn the_stored_text_reads_back() {
        for scheme in [Authorization::Verbatim, Authorization::Bearer, Authorization::Basic] {
            assert_eq!(Authorization::parse(scheme.as_str()), Some(scheme));
        }
        assert_eq!(Authorization::parse("Bearer"), None);
    }
}
