//! How much of a bill went back, when a refund report and a corrective bill may tell of the same refund?
//!
//! Either may come first, and either alone (sync.md §5): each way keeps what it told by refund, and the same refund
//! lowers the bill once. A corrective bill that a report names is that report's refund, and outranks it for what it
//! came to. Refunds that nobody ties together are taken for the same ones as far as their sums agree.

use db::{Error, Tx, params};
use std::collections::BTreeSet;

db::statement! {
    /// A refund as one way tells it, in its newest state.
    PUT_REFUND = "INSERT INTO partner_bill_refund (merchant, bill_id, source, refund_id, corrective_bill_id, value, prepaid)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (merchant, bill_id, source, refund_id) DO UPDATE SET
          corrective_bill_id = EXCLUDED.corrective_bill_id, value = EXCLUDED.value, prepaid = EXCLUDED.prepaid";
    /// Says of a bill that parts of it went back.
    MARK_REFUNDED = "UPDATE partner_bill SET has_refunds = 1 WHERE merchant = $1 AND bill_id = $2";
    /// Every refund of a bill that some way told of.
    REFUNDS_OF_BILL -> Refund = "SELECT source, refund_id, corrective_bill_id, value, prepaid FROM partner_bill_refund
        WHERE merchant = $1 AND bill_id = $2";
    /// The bills that a corrective bill took something off so far.
    CORRECTED_BILLS -> String = "SELECT bill_id FROM partner_bill_refund WHERE merchant = $1 AND refund_id = $2 AND source = 'record'";
    /// Takes back what a corrective bill took off a bill.
    DROP_CORRECTION = "DELETE FROM partner_bill_refund
        WHERE merchant = $1 AND bill_id = $2 AND source = 'record' AND refund_id = $3";
}

db::text_enum! {
    /// Which way a refund was told.
    pub(crate) enum Source {
        /// By a refund report.
        Usage = "usage",
        /// By a corrective bill.
        Record = "record",
    }
}

db::row! {
    /// One refund of a bill as one way tells it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct Refund {
        pub(crate) source: Source,
        /// Of a report what tells it from others of the bill; of a corrective bill its id.
        pub(crate) refund_id: String,
        /// The corrective bill that a report names.
        pub(crate) corrective_bill_id: Option<String>,
        /// The bill is worth so many minor units less; at least 0.
        pub(crate) value: i64,
        /// Of that, what had been paid for later use; at least 0.
        pub(crate) prepaid: i64,
    }
}

/// What went back of a bill, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WentBack {
    pub(crate) value: i64,
    pub(crate) prepaid: i64,
}

/// What these refunds of one bill come to, each counted once.
pub(crate) fn went_back(refunds: &[Refund]) -> WentBack {
    let of = |source: Source| refunds.iter().filter(move |refund| refund.source == source);
    let is_recorded = |id: &String| of(Source::Record).any(|record| record.refund_id == *id);
    let named: BTreeSet<&String> = of(Source::Usage)
        .filter_map(|usage| usage.corrective_bill_id.as_ref())
        .filter(|id| is_recorded(id))
        .collect();
    let told_alone =
        |usage: &&Refund| !usage.corrective_bill_id.as_ref().is_some_and(|id| named.contains(id));
    let sum = |part: fn(&Refund) -> i64| {
        let records: i64 = of(Source::Record).map(part).sum();
        let untied: i64 = of(Source::Record).filter(|one| !named.contains(&one.refund_id)).map(part).sum();
        let reports: i64 = of(Source::Usage).filter(told_alone).map(part).sum();
        records + (reports - untied).max(0)
    };
    WentBack { value: sum(|refund| refund.value), prepaid: sum(|refund| refund.prepaid) }
}

/// Keeps a refund of a bill that is locked.
pub(crate) fn put(tx: &mut Tx<'_>, merchant: &str, bill_id: &str, refund: &Refund) -> Result<(), Error> {
    tx.execute(
        &PUT_REFUND,
        params![
            merchant,
            bill_id,
            refund.source,
            &refund.refund_id,
            refund.corrective_bill_id.as_deref(),
            refund.value.max(0),
            refund.prepaid.max(0),
        ],
    )?;
    tx.execute(&MARK_REFUNDED, params![merchant, bill_id])?;
    Ok(())
}

/// What is known to have gone back of a bill.
pub(crate) fn of_bill(tx: &mut Tx<'_>, merchant: &str, bill_id: &str) -> Result<WentBack, Error> {
    Ok(went_back(&tx.query(&REFUNDS_OF_BILL, params![merchant, bill_id])?))
}

/// The ids of the bills that a corrective bill took something off so far.
pub(crate) fn corrected(
    tx: &mut Tx<'_>,
    merchant: &str,
    corrective_bill_id: &str,
) -> Result<Vec<String>, Error> {
    tx.query(&CORRECTED_BILLS, params![merchant, corrective_bill_id])
}

/// Takes back what a corrective bill took off a bill that is locked.
pub(crate) fn drop_correction(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill_id: &str,
    corrective_bill_id: &str,
) -> Result<(), Error> {
    tx.execute(&DROP_CORRECTION, params![merchant, bill_id, corrective_bill_id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(id: &str, names: Option<&str>, value: i64) -> Refund {
        let corrective_bill_id = names.map(str::to_owned);
        Refund { source: Source::Usage, refund_id: id.to_owned(), corrective_bill_id, value, prepaid: 0 }
    }

    fn record(id: &str, value: i64) -> Refund {
        Refund {
            source: Source::Record,
            refund_id: id.to_owned(),
            corrective_bill_id: None,
            value,
            prepaid: value / 2,
        }
    }

    #[test]
    fn a_refund_counts_once_whichever_way_it_is_told() {
        for (what, refunds, value) in [
            ("nothing", vec![], 0),
            ("by report", vec![usage("1", None, 260)], 260),
            ("by corrective bill", vec![record("X", 260)], 260),
            ("both, tied", vec![usage("1", Some("X"), 260), record("X", 260)], 260),
            ("both, tied by nobody", vec![usage("1", None, 260), record("X", 260)], 260),
            (
                "the report names one that is not here",
                vec![usage("1", Some("Y"), 260), record("X", 260)],
                260,
            ),
            (
                "two refunds, one told each way and tied to another",
                vec![usage("1", Some("X"), 60), record("X", 60), record("Y", 40)],
                100,
            ),
            (
                "two, both ways, tied",
                vec![usage("1", Some("X"), 60), usage("2", Some("Y"), 40), record("X", 60), record("Y", 40)],
                100,
            ),
            (
                "two by report, one of them by corrective bill",
                vec![usage("1", None, 60), usage("2", None, 40), record("X", 60)],
                100,
            ),
            ("tied and untied", vec![usage("1", Some("X"), 60), usage("2", None, 40), record("X", 60)], 100),
            (
                "the corrective bill decides what it came to",
                vec![usage("1", Some("X"), 60), record("X", 59)],
                59,
            ),
        ] {
            assert_eq!(went_back(&refunds).value, value, "{what}");
            let mut turned = refunds;
            turned.reverse();
            assert_eq!(went_back(&turned).value, value, "{what}, the other way round");
        }
    }

    #[test]
    fn what_was_paid_for_later_use_goes_back_by_itself() {
        let tied = [usage("1", Some("X"), 100), record("X", 100)];
        assert_eq!(went_back(&tied), WentBack { value: 100, prepaid: 50 });
    }
}
