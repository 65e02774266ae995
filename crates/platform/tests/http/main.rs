//! Does the platform's API do what it says, on both engines? One module per folder of its paths.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a scenario ends where something it needs is missing")]

mod access;
mod bills;
mod house;
mod loyalty;
mod partner;
mod till;
