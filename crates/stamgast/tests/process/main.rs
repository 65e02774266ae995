//! What survives when real processes are started, killed and doubled? Each test runs the built program.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod crowd;
mod demo;
mod full_disk;
mod kill;
mod operator;
mod program;
mod two_servers;
mod words;
