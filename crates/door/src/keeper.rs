//! What must whoever keeps tokens be able to do with them?
//!
//! A side keeps its tokens in tables of its own; `/admin/v1/tokens` shows, renews and revokes those of all sides in
//! one way, and knows a token by its public prefix only.

use db::{Statement, Tx, params};
use jiff::Timestamp;
use wire::admin::tokens::ListedToken;

/// Which tokens are wanted, in the order of their prefixes.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Those whose prefix comes after this text.
    pub after: String,
    /// Only those that are neither revoked nor ended at this instant; `None` for all.
    pub live_at: Option<Timestamp>,
    /// Only those that act for this merchant.
    pub merchant: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// A new token in the place of an old one.
#[derive(Debug, Clone)]
pub struct Renewal {
    /// The public prefix of the old one.
    pub old: String,
    /// The new one's public prefix.
    pub prefix: String,
    /// The new one's hash.
    pub hash: [u8; 32],
    /// When it is made.
    pub now: Timestamp,
    /// When the old one ends, if it does not end before.
    pub old_ends_at: Timestamp,
}

/// Whoever keeps tokens of some kinds in tables of its own.
pub trait Keeper: Send + Sync {
    /// The tokens that are wanted, in the order of their prefixes.
    ///
    /// # Errors
    /// When the database cannot be read; so for all below.
    fn list(&self, tx: &mut Tx<'_>, wanted: &Wanted) -> Result<Vec<ListedToken>, db::Error>;

    /// Ends the token with this prefix; whether there was a live one.
    ///
    /// # Errors
    /// As [`Keeper::list`].
    fn revoke(&self, tx: &mut Tx<'_>, prefix: &str, now: Timestamp) -> Result<bool, db::Error>;

    /// Adds a token with the rights of a live old one, and sets the old one's end; whether there was one.
    ///
    /// # Errors
    /// As [`Keeper::list`].
    fn renew(&self, tx: &mut Tx<'_>, renewal: &Renewal) -> Result<bool, db::Error>;

    /// Keeps when the token with this prefix was last used; nothing when it is another keeper's.
    ///
    /// # Errors
    /// As [`Keeper::list`].
    fn keep_used(&self, tx: &mut Tx<'_>, prefix: &str, at: Timestamp) -> Result<(), db::Error>;

    /// Takes out which tokens were used in this process since it was last asked.
    fn take_used(&self) -> Vec<(String, Timestamp)>;

    /// Forgets what this process has in memory of the token with this prefix.
    fn forget(&self, prefix: &str);
}

/// The statements that change the tokens of one table: every keeper ends, renews and notes them in the same way.
#[derive(Debug, Clone, Copy)]
pub struct TokenTable {
    /// Revokes the live token with the prefix $1 at $2.
    pub revoke: &'static Statement,
    /// Adds a token with the prefix $2 and the hash $3, made at $4, with the rights of $1, if that one is live.
    pub renew: &'static Statement,
    /// Lets the token $1 end at $2, unless it ends before.
    pub end: &'static Statement,
    /// Keeps that the token $1 was used at $2, unless a later use is known.
    pub used: &'static Statement,
}

impl TokenTable {
    /// See [`Keeper::revoke`].
    ///
    /// # Errors
    /// As [`Keeper::list`]; so for all below.
    pub fn revoke(&self, tx: &mut Tx<'_>, prefix: &str, now: Timestamp) -> Result<bool, db::Error> {
        Ok(tx.execute(self.revoke, params![prefix, now])? > 0)
    }

    /// See [`Keeper::renew`].
    pub fn renew(&self, tx: &mut Tx<'_>, renewal: &Renewal) -> Result<bool, db::Error> {
        let Renewal { old, prefix, hash, now, old_ends_at } = renewal;
        if tx.execute(self.renew, params![old, prefix, &hash[..], *now])? == 0 {
            return Ok(false);
        }
        tx.execute(self.end, params![old, *old_ends_at])?;
        Ok(true)
    }

    /// See [`Keeper::keep_used`].
    pub fn keep_used(&self, tx: &mut Tx<'_>, prefix: &str, at: Timestamp) -> Result<(), db::Error> {
        tx.execute(self.used, params![prefix, at])?;
        Ok(())
    }
}
