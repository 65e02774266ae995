//! How are the tokens of loyalty connections, DataSync senders and customers clients listed, renewed and taken back?

use crate::Partner;
use db::{Error, Tx, params};
use door::{Keeper, Renewal, TokenTable, Wanted};
use jiff::Timestamp;
use std::sync::Arc;
use wire::admin::tokens::ListedToken;
use wire::time::utc_millis;

db::row! {
    /// A token as people see it.
    struct SeenRow {
        token_prefix: String,
        kind: String,
        merchant: String,
        loyalty_provider_id: Option<String>,
        name: String,
        created_at: Timestamp,
        last_used_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

db::statement! {
    /// A page of tokens, live at $2 or all, of one merchant or all.
    CREDENTIALS -> SeenRow = "SELECT token_prefix, kind, merchant, loyalty_provider_id, name, created_at, last_used_at, expires_at, revoked_at
        FROM partner_credential
        WHERE token_prefix > $1 AND (CAST($2 AS BIGINT) IS NULL OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)))
            AND (CAST($3 AS TEXT) IS NULL OR merchant = $3)
        ORDER BY token_prefix LIMIT $4";
    REVOKE_ANY_CREDENTIAL = "UPDATE partner_credential SET revoked_at = $2 WHERE token_prefix = $1 AND revoked_at IS NULL";
    /// A new token with the rights of a live old one.
    RENEW_CREDENTIAL = "INSERT INTO partner_credential (token_prefix, token_hash, kind, merchant, loyalty_provider_id, time_zone, name,
            created_at)
        SELECT CAST($2 AS TEXT), CAST($3 AS BYTEA), kind, merchant, loyalty_provider_id, time_zone, name, CAST($4 AS BIGINT)
        FROM partner_credential
        WHERE token_prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)";
    END_CREDENTIAL = "UPDATE partner_credential SET expires_at = $2
        WHERE token_prefix = $1 AND (expires_at IS NULL OR expires_at > $2)";
    USED_CREDENTIAL = "UPDATE partner_credential SET last_used_at = $2
        WHERE token_prefix = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
}

/// How the tokens of this side are changed.
static TABLE: TokenTable = TokenTable {
    revoke: &REVOKE_ANY_CREDENTIAL,
    renew: &RENEW_CREDENTIAL,
    end: &END_CREDENTIAL,
    used: &USED_CREDENTIAL,
};

/// The tokens that this side checks. With a running `partner`, what it has in memory of them is looked after as well.
pub fn keeper(partner: Option<Partner>) -> Arc<dyn Keeper> {
    Arc::new(Kept { partner })
}

struct Kept {
    partner: Option<Partner>,
}

impl Keeper for Kept {
    fn list(&self, tx: &mut Tx<'_>, wanted: &Wanted) -> Result<Vec<ListedToken>, Error> {
        let Wanted { after, live_at, merchant, limit } = wanted;
        let rows = tx.query(&CREDENTIALS, params![after, *live_at, merchant, *limit])?;
        let seen = |row: SeenRow| ListedToken {
            token_prefix: row.token_prefix,
            kind: row.kind,
            name: row.name,
            merchant_id: Some(row.merchant),
            place_id: None,
            device_number: None,
            client_id: None,
            loyalty_provider_id: row.loyalty_provider_id,
            made_at: utc_millis(row.created_at),
            last_used_at: row.last_used_at.map(utc_millis),
            ends_at: row.expires_at.map(utc_millis),
            revoked_at: row.revoked_at.map(utc_millis),
        };
        Ok(rows.into_iter().map(seen).collect())
    }

    fn revoke(&self, tx: &mut Tx<'_>, prefix: &str, now: Timestamp) -> Result<bool, Error> {
        TABLE.revoke(tx, prefix, now)
    }

    fn renew(&self, tx: &mut Tx<'_>, renewal: &Renewal) -> Result<bool, Error> {
        TABLE.renew(tx, renewal)
    }

    fn keep_used(&self, tx: &mut Tx<'_>, prefix: &str, at: Timestamp) -> Result<(), Error> {
        TABLE.keep_used(tx, prefix, at)
    }

    fn take_used(&self) -> Vec<(String, Timestamp)> {
        self.partner.as_ref().map(|partner| partner.credentials().take_used()).unwrap_or_default()
    }

    fn forget(&self, prefix: &str) {
        if let Some(partner) = &self.partner {
            partner.credentials().forget(prefix);
        }
    }
}
