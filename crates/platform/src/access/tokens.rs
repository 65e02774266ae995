//! How are the tokens of registers and applications listed, renewed and taken back?

use crate::Platform;
use db::{Error, Tx, params};
use door::{Keeper, Renewal, TokenTable, Wanted};
use jiff::Timestamp;
use std::sync::Arc;
use wire::admin::tokens::ListedToken;
use wire::time::utc_millis;

db::row! {
    /// A register's token as people see it.
    struct PosRow {
        token_prefix: String,
        merchant: String,
        place: String,
        device_number: i64,
        name: Option<String>,
        issued_at: Timestamp,
        last_used_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

db::row! {
    /// An application's secret or access token as people see it.
    struct ClientRow {
        token_prefix: String,
        client_id: String,
        name: String,
        issued_at: Timestamp,
        last_used_at: Option<Timestamp>,
        expires_at: Option<Timestamp>,
        revoked_at: Option<Timestamp>,
    }
}

db::statement! {
    /// A page of registers' tokens, live at $2 or all, of one merchant or all.
    SEEN_POS_TOKENS -> PosRow = "SELECT token_prefix, merchant, place, device_number, name, issued_at, last_used_at, expires_at, revoked_at
        FROM platform_pos_token
        WHERE token_prefix > $1 AND (CAST($2 AS BIGINT) IS NULL OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)))
            AND (CAST($3 AS TEXT) IS NULL OR merchant = $3)
        ORDER BY token_prefix LIMIT $4";
    /// A page of applications' secrets, live at $2 or all, of those assigned to one merchant or all.
    SEEN_CLIENT_SECRETS -> ClientRow = "SELECT s.token_prefix, s.client_id, c.name, s.issued_at, s.last_used_at, s.expires_at, s.revoked_at
        FROM platform_client_secret s JOIN platform_client c ON c.client_id = s.client_id
        WHERE s.token_prefix > $1
            AND (CAST($2 AS BIGINT) IS NULL OR (s.revoked_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > $2)))
            AND (CAST($3 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM platform_client_merchant m
                WHERE m.merchant = $3 AND m.client_id = s.client_id))
        ORDER BY s.token_prefix LIMIT $4";
    /// A page of access tokens, in the same way. One that is revoked leaves no row.
    SEEN_ACCESS_TOKENS -> ClientRow = "SELECT t.token_prefix, t.client_id, c.name, t.issued_at, t.last_used_at, t.expires_at,
            CAST(NULL AS BIGINT) AS revoked_at
        FROM platform_access_token t JOIN platform_client c ON c.client_id = t.client_id
        WHERE t.token_prefix > $1 AND (CAST($2 AS BIGINT) IS NULL OR t.expires_at > $2)
            AND (CAST($3 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM platform_client_merchant m
                WHERE m.merchant = $3 AND m.client_id = t.client_id))
        ORDER BY t.token_prefix LIMIT $4";
    REVOKE_POS_TOKEN = "UPDATE platform_pos_token SET revoked_at = $2 WHERE token_prefix = $1 AND revoked_at IS NULL";
    REVOKE_CLIENT_SECRET = "UPDATE platform_client_secret SET revoked_at = $2
        WHERE token_prefix = $1 AND revoked_at IS NULL";
    /// Ends the access tokens of the application that has the secret $1.
    DROP_ACCESS_TOKENS = "DELETE FROM platform_access_token
        WHERE client_id IN (SELECT s.client_id FROM platform_client_secret s WHERE s.token_prefix = $1)";
    DROP_ACCESS_TOKEN = "DELETE FROM platform_access_token WHERE token_prefix = $1";
    /// A new token of the same register.
    RENEW_POS_TOKEN = "INSERT INTO platform_pos_token (token_prefix, token_hash, merchant, place, device_number, name, issued_at)
        SELECT CAST($2 AS TEXT), CAST($3 AS BYTEA), merchant, place, device_number, name, CAST($4 AS BIGINT) FROM platform_pos_token
        WHERE token_prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)";
    /// A new secret of the same application.
    RENEW_CLIENT_SECRET = "INSERT INTO platform_client_secret (token_prefix, token_hash, client_id, issued_at)
        SELECT CAST($2 AS TEXT), CAST($3 AS BYTEA), client_id, CAST($4 AS BIGINT) FROM platform_client_secret
        WHERE token_prefix = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4)";
    END_POS_TOKEN = "UPDATE platform_pos_token SET expires_at = $2
        WHERE token_prefix = $1 AND (expires_at IS NULL OR expires_at > $2)";
    END_CLIENT_SECRET = "UPDATE platform_client_secret SET expires_at = $2
        WHERE token_prefix = $1 AND (expires_at IS NULL OR expires_at > $2)";
    USED_POS_TOKEN = "UPDATE platform_pos_token SET last_used_at = $2
        WHERE token_prefix = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    USED_CLIENT_SECRET = "UPDATE platform_client_secret SET last_used_at = $2
        WHERE token_prefix = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    USED_ACCESS_TOKEN = "UPDATE platform_access_token SET last_used_at = $2
        WHERE token_prefix = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
}

/// How registers' tokens are changed.
static POS_TOKENS: TokenTable = TokenTable {
    revoke: &REVOKE_POS_TOKEN,
    renew: &RENEW_POS_TOKEN,
    end: &END_POS_TOKEN,
    used: &USED_POS_TOKEN,
};

/// How applications' secrets are changed.
static CLIENT_SECRETS: TokenTable = TokenTable {
    revoke: &REVOKE_CLIENT_SECRET,
    renew: &RENEW_CLIENT_SECRET,
    end: &END_CLIENT_SECRET,
    used: &USED_CLIENT_SECRET,
};

/// The tokens of registers and applications. With a running `platform`, what it has in memory of them is looked
/// after as well.
pub fn keeper(platform: Option<Platform>) -> Arc<dyn Keeper> {
    Arc::new(Kept { platform })
}

struct Kept {
    platform: Option<Platform>,
}

impl Keeper for Kept {
    fn list(&self, tx: &mut Tx<'_>, wanted: &Wanted) -> Result<Vec<ListedToken>, Error> {
        let Wanted { after, live_at, merchant, limit } = wanted;
        let mut all = Vec::new();
        for row in tx.query(&SEEN_POS_TOKENS, params![after, *live_at, merchant, *limit])? {
            all.push(of_register(row));
        }
        for row in tx.query(&SEEN_CLIENT_SECRETS, params![after, *live_at, merchant, *limit])? {
            all.push(of_client("client", row));
        }
        for row in tx.query(&SEEN_ACCESS_TOKENS, params![after, *live_at, merchant, *limit])? {
            all.push(of_client("access", row));
        }
        Ok(all)
    }

    fn revoke(&self, tx: &mut Tx<'_>, prefix: &str, now: Timestamp) -> Result<bool, Error> {
        if POS_TOKENS.revoke(tx, prefix, now)? {
            return Ok(true);
        }
        if CLIENT_SECRETS.revoke(tx, prefix, now)? {
            // Whoever had the secret may have tokens that live for another hour.
            tx.execute(&DROP_ACCESS_TOKENS, params![prefix])?;
            return Ok(true);
        }
        Ok(tx.execute(&DROP_ACCESS_TOKEN, params![prefix])? > 0)
    }

    fn renew(&self, tx: &mut Tx<'_>, renewal: &Renewal) -> Result<bool, Error> {
        Ok(POS_TOKENS.renew(tx, renewal)? || CLIENT_SECRETS.renew(tx, renewal)?)
    }

    fn keep_used(&self, tx: &mut Tx<'_>, prefix: &str, at: Timestamp) -> Result<(), Error> {
        // a prefix is in one of the tables
        POS_TOKENS.keep_used(tx, prefix, at)?;
        CLIENT_SECRETS.keep_used(tx, prefix, at)?;
        tx.execute(&USED_ACCESS_TOKEN, params![prefix, at])?;
        Ok(())
    }

    fn take_used(&self) -> Vec<(String, Timestamp)> {
        let Some(platform) = &self.platform else { return Vec::new() };
        let mut used = platform.registers().take_used();
        used.extend(platform.secrets().take_used());
        used.extend(platform.clients().take_used());
        used
    }

    fn forget(&self, prefix: &str) {
        if let Some(platform) = &self.platform {
            platform.registers().forget(prefix);
            // These are kept by their application, which a prefix does not tell.
            platform.secrets().clear();
            platform.clients().clear();
        }
    }
}

fn of_register(row: PosRow) -> ListedToken {
    ListedToken {
        token_prefix: row.token_prefix,
        kind: "pos".to_owned(),
        name: row.name.unwrap_or_else(|| format!("register {}", row.device_number)),
        merchant_id: Some(row.merchant),
        place_id: Some(row.place),
        device_number: Some(row.device_number),
        client_id: None,
        loyalty_provider_id: None,
        made_at: utc_millis(row.issued_at),
        last_used_at: row.last_used_at.map(utc_millis),
        ends_at: row.expires_at.map(utc_millis),
        revoked_at: row.revoked_at.map(utc_millis),
    }
}

fn of_client(kind: &str, row: ClientRow) -> ListedToken {
    ListedToken {
        token_prefix: row.token_prefix,
        kind: kind.to_owned(),
        name: row.name,
        merchant_id: None,
        place_id: None,
        device_number: None,
        client_id: Some(row.client_id),
        loyalty_provider_id: None,
        made_at: utc_millis(row.issued_at),
        last_used_at: row.last_used_at.map(utc_millis),
        ends_at: row.expires_at.map(utc_millis),
        revoked_at: row.revoked_at.map(utc_millis),
    }
}
