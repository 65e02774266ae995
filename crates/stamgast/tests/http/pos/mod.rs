//! `/pos/{sourceId}/…`: what does a register see?

mod checks;
mod partner_problems;
