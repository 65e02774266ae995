//! Does everything that goes out arrive, once it can, on both engines?

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where its footing fails"
)]

mod bench;
mod receiver;

mod calls;
mod deliveries;
mod feed;
mod feed_faults;
mod lanes;
mod sealing;
mod takeover;
