//! What does a check come to, what does its bill say, and what does a part of it come to when it goes back?
//!
//! Pure: no request, no SQL, no clock. [`check`] is what a check holds, [`reckon`](fn@reckon) adds it up with the
//! offer of the loyalty provider, [`bill`] is what was paid; [`corrective`] and [`lost`] say what a refund comes to.

pub(crate) mod bill;
pub(crate) mod check;
pub(crate) mod corrective;
pub(crate) mod lost;
pub(crate) mod reckon;
#[cfg(test)]
pub(crate) mod samples;

pub(crate) use check::StoredCheck;
pub(crate) use reckon::{ReckonedLine, Reckoning, Source, reckon};
