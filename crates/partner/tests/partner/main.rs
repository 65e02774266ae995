//! Does the partner's side keep its promises over its HTTP surface, on both engines?

#![allow(clippy::unwrap_used, reason = "a scenario that cannot go on has failed")]
#![allow(clippy::needless_pass_by_value, reason = "json!(…) is handed over where it is written")]

mod side;

mod admin;
mod by_the_clock;
mod collecting;
mod currencies;
mod customers;
mod datasync;
mod dice;
mod erased;
mod holds;
mod keys;
mod kinds_of_value;
mod limit_race;
mod limits;
mod lines;
mod merges;
mod offers_and_usages;
mod one_guest;
mod people_race;
mod race;
mod refusals;
mod refused_at_random;
mod rewards;
mod rows;
mod sequences;
mod set_up_again;
mod shortfalls;
mod statements;
mod tolerance;
mod two_clocks;
mod usages;
mod verify;
mod went_back;
