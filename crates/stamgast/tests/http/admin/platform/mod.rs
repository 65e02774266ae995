//! `/admin/v1/platform/…`: how is the POS cloud set up?

mod persons;
mod restaurant;
