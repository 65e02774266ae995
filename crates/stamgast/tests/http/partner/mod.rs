//! `/partner/…`: what does the POS cloud see of the integrator?

mod datasync;
mod loyalty;

pub(crate) use loyalty::{offer_of, usage, usage_of};
