//! How does a part of a bill go back, and how does any sequence of parts end where a cancellation ends?
//!
//! The stored report of the sale says what was sold with which shares ([`sale`]); [`plan`] says what a refund
//! gives back on each balance, [`earned`] what of the earnings stays; [`book`] mirrors that much of the bill's
//! entries. [`item`] is the other way round: things brought back for credit (protocol.md §10.10).

mod book;
mod earned;
mod item;
pub(super) mod plan;
pub(super) mod sale;

#[cfg(test)]
mod properties;

pub(super) use book::{Refunds, Reports};
pub(super) use item::{credit, deposit, owed};

use crate::loyalty::program::{Program, RefundTender};

/// What a merchant's program says about bills that go back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rules {
    pub(super) tender: RefundTender,
}

/// The merchant's rules.
pub(super) fn rules(program: &Program) -> Rules {
    Rules { tender: program.settings.refund_tender }
}
