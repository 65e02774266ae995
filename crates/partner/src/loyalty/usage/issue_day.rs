//! On which day of the place's calendar was a bill paid? It decides the VAT rate of what is sold for later use
//! (loyalty.md §3 V5).

use super::report::Report;
use super::store::KnownOffer;
use crate::Partner;
use crate::loyalty::program::{Program, ProgramSettings};
use crate::merchant::{MerchantRow, zone};
use crate::row;
use db::Error;
use jiff::civil::Date;

/// The day the bill was paid: in the zone of the offer's place, else of the place the report names, else of
/// the merchant.
pub(super) fn issue_day(
    partner: &Partner,
    merchant: &MerchantRow,
    offer: Option<&KnownOffer>,
    report: &Report,
) -> Result<Date, Error> {
    let place = offer.map(|offer| offer.place.as_str()).or(report.place_id.as_deref()).unwrap_or_default();
    if let Some(program) = partner.programs().get(&merchant.merchant, merchant.program_version) {
        return Ok(program.local(place, report.paid_at).date());
    }
    let settings: ProgramSettings = row::json("partner_merchant", "program", &merchant.program)?;
    let program = Program::new(settings, Vec::new(), zone(&merchant.time_zone));
    Ok(program.local(place, report.paid_at).date())
}
