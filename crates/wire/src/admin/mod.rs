//! What is said under `/admin/v1`, by side: which file holds the body of a set-up call?

pub mod menu;
pub mod partner;
pub mod persons;
pub mod platform;
pub mod restaurant;
pub mod tokens;
