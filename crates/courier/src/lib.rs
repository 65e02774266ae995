//! How does anything leave the program, and how is it known that it arrived?
//!
//! Two kinds of lanes share one courier (sync.md §1–§3): *deliveries* ([`outbox`]), each a row written in the
//! transaction of the fact it reports, with a frozen body; and *feeds* ([`feed`]), which read batches of
//! changed records anew for every attempt. Both are claimed by a lease with a fencing number, tried on one
//! schedule, guarded against targets they must not reach ([`TargetGuard`]) and leave a row per attempt.

mod authorization;
pub mod call;
pub mod change;
pub mod destination;
pub mod feed;
mod guard;
mod metrics;
pub mod outbox;
mod run;
pub mod schedule;
pub mod seal;
mod sign;

pub use authorization::{Authorization, InvalidSecret};
pub use call::{CallAnswer, CallError, CallRequest, Caller};
pub use feed::{ChangedRecord, Domain, FeedSource};
pub use guard::{TargetGuard, TargetRefusal};
pub use outbox::{Delivery, Listener};
pub use run::{Courier, CourierConfig, Wake};
pub use seal::Keyring;

/// The courier's tables.
pub const MIGRATIONS: db::Migrations = db::Migrations {
    owner: "courier",
    files: &[
        ("0001_start", include_str!("../migrations/0001_start.sql")),
        ("0002_callbacks", include_str!("../migrations/0002_callbacks.sql")),
        ("0003_lanes_of_calls", include_str!("../migrations/0003_lanes_of_calls.sql")),
    ],
};
