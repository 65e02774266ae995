//! What does a request meet before a handler sees it, and what does an error look like on the way out?
//!
//! Everything that comes in passes here: the accept loop ([`serve()`]), limits on bodies, time and rate,
//! reading of messages ([`Message`], [`Strict`]), credentials and tokens, and the one form every error
//! has ([`ApiError`], protocol.md §1.7). The sides build their routers on it and know no hyper.

pub mod admin;
mod body;
mod cache;
pub mod credentials;
mod error;
mod etag;
mod keeper;
mod last_used;
mod metrics;
mod near;
mod observe;
mod paths;
mod rate;
mod serve;
pub mod token;
pub mod tokens;
mod unread;

pub use admin::AdminTokens;
pub use body::{
    BODY_LIMIT_DEFAULT, BodyLimit, FormOrJson, Message, Raw, RawMessage, Strict, body_limit, read_strictly,
};
pub use cache::TokenCache;
pub use error::ApiError;
pub use etag::{ETags, tag_is_named};
pub use keeper::{Keeper, Renewal, TokenTable, Wanted};
pub use observe::{RequestId, observe};
pub use paths::Paths;
pub use rate::RateLimit;
pub use serve::{Peer, ServeOptions, serve};
pub use unread::unread;

/// The tables of the door: admin tokens.
pub const MIGRATIONS: db::Migrations = db::Migrations {
    owner: "door",
    files: &[
        ("0001_start", include_str!("../migrations/0001_start.sql")),
        ("0002_tokens", include_str!("../migrations/0002_tokens.sql")),
    ],
};
