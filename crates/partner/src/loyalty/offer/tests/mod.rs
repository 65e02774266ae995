//! Does an offer say what the rules' numbers say, for any guest and any basket?
//!
//! `…_vectors` are worked numbers, `…_properties` hold for anything; [`sample`] builds the baskets and guests of both.

mod balance_properties;
mod balance_vectors;
mod base_vectors;
mod below_face_vectors;
mod edge_vectors;
mod kept_vectors;
mod promotion_vectors;
mod quote_properties;
mod quote_refusals;
mod quote_vectors;
mod rows;
pub(super) mod sample;
mod top_up_vectors;
