//! What does a caller of the running server see? The modules follow the URL tree; each scenario runs on
//! SQLite and on PostgreSQL.

mod customers;
mod database;
mod loyalty;
mod operations;
mod partner;
mod pos;
mod tenancy;
