//! Where is something sent, and with which secret?

use crate::authorization::{Authorization, InvalidSecret};
use crate::seal::{self, Keyring, SealError};
use db::{Tx, params};
use http::HeaderValue;
use jiff::Timestamp;
use outside::Outside;
use zeroize::Zeroizing;

db::statement! {
    /// Sets up a destination, or changes where it points.
    PUT_DESTINATION = "INSERT INTO courier_destination (merchant, destination_id, url, authorization_scheme,
            sealed_secret, sealed_signing_secret, key_id, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
        ON CONFLICT (merchant, destination_id) DO UPDATE SET url = excluded.url,
            authorization_scheme = excluded.authorization_scheme, sealed_secret = excluded.sealed_secret,
            sealed_signing_secret = excluded.sealed_signing_secret, key_id = excluded.key_id,
            updated_at = excluded.updated_at";
    /// One destination.
    DESTINATION -> Destination = "SELECT merchant, destination_id, url, authorization_scheme AS authorization, sealed_secret,
            sealed_signing_secret
        FROM courier_destination WHERE merchant = $1 AND destination_id = $2";
}

/// A destination to set up. Its secrets come sealed, by [`seal_secret`] and [`seal_signing_secret`].
#[derive(Debug, Clone, Copy)]
pub struct NewDestination<'a> {
    /// Whose it is.
    pub merchant: &'a str,
    /// Its id, unique for the merchant.
    pub destination_id: &'a str,
    /// Absolute URL to which the path of a delivery is added; checked by [`crate::TargetGuard::check_base`].
    pub url: &'a str,
    /// How the secret is sent.
    pub authorization: Authorization,
    /// The secret for `Authorization`.
    pub sealed_secret: &'a str,
    /// The secret of `webhook-signature`, if the receiver checks one.
    pub sealed_signing_secret: Option<&'a str>,
}

db::row! {
    /// A destination as stored.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Destination {
        /// Whose it is.
        pub merchant: String,
        /// Its id.
        pub destination_id: String,
        /// Absolute URL to which the path of a delivery is added.
        pub url: String,
        /// How the secret is sent.
        pub authorization: Authorization,
        sealed_secret: String,
        sealed_signing_secret: Option<String>,
    }
}

/// Why a secret could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It cannot be sent in a header.
    #[error(transparent)]
    Invalid(#[from] InvalidSecret),
    /// The keys or the sealed text are wrong.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A stored scheme that this version does not know.
    #[error("the stored authorization scheme is not known")]
    Scheme,
}

/// Checks the secret of a destination and seals it for its row.
pub fn seal_secret(
    keyring: &Keyring,
    outside: &Outside,
    merchant: &str,
    destination_id: &str,
    authorization: Authorization,
    secret: &str,
) -> Result<String, SecretError> {
    authorization.check(secret)?;
    Ok(keyring.seal(outside, &context("secret", merchant, destination_id), secret.as_bytes())?)
}

/// Seals the signing secret of a destination for its row; two at a time are apart by a space.
pub fn seal_signing_secret(
    keyring: &Keyring,
    outside: &Outside,
    merchant: &str,
    destination_id: &str,
    secret: &str,
) -> Result<String, SecretError> {
    Authorization::Verbatim.check(secret)?;
    Ok(keyring.seal(outside, &context("signing", merchant, destination_id), secret.as_bytes())?)
}

/// Stores a destination; the newest set-up wins.
pub fn put(tx: &mut Tx<'_>, new: &NewDestination<'_>, now: Timestamp) -> Result<(), db::Error> {
    tx.execute(
        &PUT_DESTINATION,
        params![
            new.merchant,
            new.destination_id,
            new.url,
            new.authorization,
            new.sealed_secret,
            new.sealed_signing_secret,
            seal::key_id_of(new.sealed_secret).unwrap_or_default(),
            now
        ],
    )?;
    Ok(())
}

/// Reads a destination.
pub fn get(tx: &mut Tx<'_>, merchant: &str, destination_id: &str) -> Result<Option<Destination>, db::Error> {
    tx.optional(&DESTINATION, params![merchant, destination_id])
}

impl Destination {
    /// The URL of a delivery: base and path, with one slash between.
    pub fn url_of(&self, path: &str) -> String {
        join(&self.url, path)
    }

    /// The value of `Authorization`.
    pub fn authorization_header(&self, keyring: &Keyring) -> Result<HeaderValue, SecretError> {
        let context = context("secret", &self.merchant, &self.destination_id);
        Ok(self.authorization.header(&keyring.open_text(&context, &self.sealed_secret)?)?)
    }

    /// The signing secrets, apart by spaces.
    pub(crate) fn signing_secret(&self, keyring: &Keyring) -> Result<Option<Zeroizing<String>>, SecretError> {
        let context = context("signing", &self.merchant, &self.destination_id);
        let opened = self.sealed_signing_secret.as_deref().map(|sealed| keyring.open_text(&context, sealed));
        Ok(opened.transpose()?)
    }
}

fn join(url: &str, path: &str) -> String {
    if path.is_empty() {
        return url.to_owned();
    }
    format!("{}/{}", url.trim_end_matches('/'), path.trim_start_matches('/'))
}

/// Which column of which row a secret belongs to.
fn context(column: &str, merchant: &str, destination_id: &str) -> String {
    format!("destination/{column}/{merchant}/{destination_id}")
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn base_and_path_meet_in_one_slash() {
        for (url, path, joined) in [
            ("https://a/partner", "reportBenefitUsage", "https://a/partner/reportBenefitUsage"),
            ("https://a/partner/", "/reportBenefitUsage", "https://a/partner/reportBenefitUsage"),
            ("https://a/hook", "", "https://a/hook"),
        ] {
            assert_eq!(join(url, path), joined);
        }
    }
}
