//! How does a part of a bill go back, and how does any sequence of parts end where a cancellation ends?
//!
//! The stored report of the sale says what was sold with which shares ([`sale`]); [`plan`] says what a refund
//! gives back on each balance, [`earned`] what of the earnings stays; [`book`] mirrors that much of the bill's
//! entries. [`item`] is the other way round: things brought back for credit (protocol.md §10.10).

mod book;
mod earned;
mod item;
mod plan;
mod sale;
pub(super) mod store;

#[cfg(test)]
mod properties;

pub(super) use book::{Refunds, Reports};
pub(super) use item::{credit, deposit, owed};
pub(crate) use plan::Asked;
pub(crate) use sale::{Lines, Source};

use crate::Partner;
use crate::loyalty::program::{EarnRule, ItemRefunds, ProgramSettings, RefundTender};
use crate::merchant::MerchantRow;
use crate::row;
use db::Error;

/// What a merchant's program says about bills that go back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rules {
    pub(super) tender: RefundTender,
    pub(super) item_refunds: ItemRefunds,
    /// For earnings that kept no rate.
    pub(super) earn: Option<EarnRule>,
}

/// The merchant's rules, from the parsed program where it is in memory.
pub(super) fn rules(partner: &Partner, merchant: &MerchantRow) -> Result<Rules, Error> {
    let of = |settings: &ProgramSettings| Rules {
        tender: settings.refund_tender,
        item_refunds: settings.item_refunds.clone(),
        earn: settings.earn.clone(),
    };
    match partner.programs().get(&merchant.merchant, merchant.program_version) {
        Some(program) => Ok(of(&program.settings)),
        None => Ok(of(&row::json("partner_merchant", "program", &merchant.program)?)),
    }
}
