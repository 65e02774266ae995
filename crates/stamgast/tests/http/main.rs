//! What does a caller of the running server see? The modules follow the URL tree; each scenario runs on
//! SQLite and on PostgreSQL.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a panic here is a failed test")]

mod admin;
mod auth;
mod bills;
mod customer;
mod customers;
mod database;
mod delivery;
mod delivery_internal;
mod desk_views;
mod distributed;
mod examples;
mod ids;
mod loyalty;
mod matrix;
mod menu;
mod merchants;
mod operations;
mod partner;
mod pos;
mod refused;
mod reservations;
mod stocks;
mod tenancy;
