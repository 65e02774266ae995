//! Does the port keep its promises on both engines?

mod engines;
mod schema;

mod basics;
mod batch;
mod commit;
mod conflict;
mod connection;
mod disk;
mod life;
mod migration;
mod snapshot;
mod statements;
