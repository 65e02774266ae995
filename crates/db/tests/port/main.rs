//! Does the port keep its promises on both engines?
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends where it fails")]

mod engines;
mod failover;
mod rows;
mod schema;

mod basics;
mod batch;
mod commit;
mod conflict;
mod connection;
mod disk;
mod life;
mod migration;
mod parts;
mod snapshot;
mod statements;
mod waiting;
