//! How do the two sides become one running program?
//!
//! [`app::App`] joins them over one database and one listener, [`config`] says how, [`command`] is what a
//! person types, [`demo`] plays a whole sale, [`load`] measures.

pub mod app;
pub mod client;
pub mod command;
pub mod config;
pub mod database;
pub mod demo;
mod docs;
pub mod load;
mod logs;
pub mod openapi;
mod operations;
mod terminal;
