//! What does a test need to start? An app on either engine on port 0, a clock it moves, a sample
//! restaurant, and a partner that answers as told.
//!
//! ```text
//! testkit::on_both_engines! {
//!     async fn an_offer_echoes_its_id(engine: Engine) {
//!         let app = testkit::TestApp::start(engine).await;
//!         …
//!     }
//! }
//! ```

#![allow(clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a panic here is a failed test")]

mod app;
mod contract;
mod database;
mod engine;
mod house;
mod scripted;

pub use app::{KEY, START, TestApp, test_config};
pub use database::TestDatabase;
pub use db::Engine;
pub use engine::run;
pub use house::{House, assert_number, eventually, fed};
pub use scripted::{Decide, Received, Scripted, Step};
pub use stamgast::demo::restaurant;

/// Writes two tests for each scenario: the same body on SQLite and on PostgreSQL.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident: Engine) $body:block)+) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports)]
            use super::*;

            async fn scenario($engine: $crate::Engine) $body

            #[test]
            fn on_sqlite() {
                $crate::run($crate::Engine::Sqlite, scenario);
            }

            #[test]
            fn on_postgres() {
                $crate::run($crate::Engine::Postgres, scenario);
            }
        }
    )+ };
}
