//! What does a caller meet at the door, over real connections?

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where its footing fails"
)]

mod client;

mod admin;
mod connections;
mod errors;
mod heads;
mod life;
mod limits;
mod tags;
