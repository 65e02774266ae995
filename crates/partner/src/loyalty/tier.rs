//! Which tier has a member reached, and until when is it kept?
//!
//! Judged with every bill and reversal of the member, however they became known, and at the instant at which a tier's time is over. No command runs
//! at that instant, so whoever comes next judges it as it was then, the sweeper like anybody else: what a bill earns
//! does not depend on who that was. A tier is lost by refunds only where nothing keeps it: with `keep` it stays to its
//! end whatever happens to the bills that reached it. Points and stamps of a bill are those of the tier before it; the
//! new one works from the next offer.

use super::ledger::expiry::midnight_after;
use super::people::member;
use super::program::{Keep, KeepUntil, Program, Tier, TierOf};
use crate::merchant::MerchantRow;
use db::{Error, Tx, params};
use jiff::{Span, Timestamp, Zoned};
use money::{Amount, Decimal, Precision};

db::statement! {
    /// A member's tier, if its time is over.
    TIER_OVER = "SELECT tier, tier_until FROM partner_member
        WHERE merchant = $1 AND member_id = $2 AND status NOT IN ('merged', 'erased') AND tier_until <= $3";
    /// The bills of a member that count, since an instant; what was paid for later use counts when it pays.
    TIER_HISTORY -> Counted = "SELECT paid_at, CASE WHEN prepaid > 0 AND final_price <= prepaid THEN 0 ELSE final_price - prepaid END AS spend, points
        FROM partner_bill
        WHERE merchant = $1 AND member_id = $2 AND paid_at >= $3 AND counts = 1 AND cancelled = 0";
}

db::row! {
    /// A bill of the member as tiers count it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Counted {
        pub(crate) paid_at: Timestamp,
        /// Minor units.
        pub(crate) spend: Amount,
        /// Earned and kept.
        pub(crate) points: i64,
    }
}

/// A tier and the instant from which it may be lost; `None`: it is judged each time.
type Standing = (Option<String>, Option<Timestamp>);

/// The tier a member has at `local`. The highest step whose threshold is met within its own window is reached; a
/// higher one than before is given at once, the same one is kept anew, a lower one waits for the end of what is
/// kept. A tier that is not on the ladder was given by hand and stays.
pub(crate) fn judge(
    tiers: &[Tier],
    keep: Option<&Keep>,
    history: &[Counted],
    precision: Precision,
    current: &Standing,
    local: &Zoned,
) -> Standing {
    let rank = |id: &str| tiers.iter().position(|tier| tier.tier_id == id);
    let held = match &current.0 {
        Some(id) => match rank(id) {
            Some(rank) => Some(rank),
            None => return (current.0.clone(), None),
        },
        None => None,
    };
    let reached = tiers.iter().rposition(|tier| is_reached(tier, history, precision, local));
    let kept_until = keep.and_then(|keep| kept_until(keep, local));
    let name = |rank: usize| tiers.get(rank).map(|tier| tier.tier_id.clone());
    let still_kept = current.1.filter(|until| local.timestamp() < *until);
    match (held, reached) {
        (Some(held), Some(reached)) if held == reached => (name(held), current.1.max(kept_until)),
        (Some(held), reached) if reached.is_none_or(|reached| reached < held) && still_kept.is_some() => {
            (name(held), still_kept)
        }
        (_, Some(reached)) => (name(reached), kept_until),
        (_, None) => (None, None),
    }
}

fn is_reached(tier: &Tier, history: &[Counted], precision: Precision, local: &Zoned) -> bool {
    let since = since(tier.window_months, local);
    let counted = history.iter().filter(|bill| bill.paid_at >= since);
    let sum = match tier.of {
        TierOf::Points => counted.map(|bill| Decimal::from(bill.points)).sum::<Decimal>(),
        TierOf::Spend => counted.map(|bill| bill.spend).sum::<Amount>().to_decimal(precision),
    };
    sum >= tier.threshold.0
}

/// The first instant of a window that ends now.
fn since(months: i64, local: &Zoned) -> Timestamp {
    let back = Span::new().try_months(months).ok().and_then(|span| local.checked_sub(span).ok());
    back.map_or(Timestamp::UNIX_EPOCH, |since| since.timestamp())
}

/// To when a tier reached now is kept: the midnight after the period's last day and the days of grace.
fn kept_until(keep: &Keep, local: &Zoned) -> Option<Timestamp> {
    let today = local.date();
    let last = match keep.until_end_of {
        KeepUntil::Month => today.last_of_month(),
        KeepUntil::Year => today.last_of_year(),
        KeepUntil::NextYear => today.last_of_year().tomorrow().ok()?.last_of_year(),
    };
    let grace = Span::new().try_days(keep.grace_days).ok()?;
    midnight_after(last.checked_add(grace).ok()?, local.time_zone())
}

/// A member whose tier is judged, and the program that judges it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ladder<'a> {
    pub(crate) program: &'a Program,
    /// The precision of the books.
    pub(crate) precision: Precision,
    pub(crate) merchant: &'a str,
    pub(crate) member_id: &'a str,
}

impl<'a> Ladder<'a> {
    /// The ladder for a member of this merchant.
    pub(crate) fn of(program: &'a Program, merchant: &'a MerchantRow, member_id: &'a str) -> Self {
        Self { program, precision: merchant.precision, merchant: &merchant.merchant, member_id }
    }

    /// The bills that may count at `local`.
    fn history(&self, tx: &mut Tx<'_>, local: &Zoned) -> Result<Vec<Counted>, Error> {
        let longest = self.program.settings.tiers.iter().map(|tier| tier.window_months).max();
        let Some(months) = longest else { return Ok(Vec::new()) };
        tx.query(&TIER_HISTORY, params![self.merchant, self.member_id, since(months, local)])
    }

    /// The tier at `local` after these bills. Where the program has no tiers, the tier stays and its end is taken away.
    fn judge(&self, history: &[Counted], current: &Standing, local: &Zoned) -> Standing {
        let settings = &self.program.settings;
        if settings.tiers.is_empty() {
            return (current.0.clone(), None);
        }
        judge(&settings.tiers, settings.keep.as_ref(), history, self.precision, current, local)
    }

    /// The tier after every end that came by `now`, and the tier that ended last with its end. At each end the tier is judged
    /// by the bills paid before it, in the merchant's time zone.
    fn bring_up(
        &self,
        tx: &mut Tx<'_>,
        mut current: Standing,
        now: Timestamp,
    ) -> Result<(Standing, Standing), Error> {
        let mut was: Standing = (None, None);
        while let Some(end) = current.1.filter(|end| *end <= now) {
            let local = self.program.local("", end);
            let mut history = self.history(tx, &local)?;
            history.retain(|bill| bill.paid_at < end);
            let next = self.judge(&history, &current, &local);
            if next.0 != current.0 {
                was = (current.0, Some(end));
            }
            current = (next.0, next.1.filter(|next| *next > end));
        }
        Ok((current, was))
    }

    /// The tier a member has at `now` whose tier is `tier` until `until`, whether somebody has judged that or not.
    pub(crate) fn standing(
        &self,
        tx: &mut Tx<'_>,
        tier: Option<String>,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Option<String>, Error> {
        Ok(self.bring_up(tx, (tier, until), now)?.0.0)
    }

    /// Judges a tier whose time was over by `now`. For whoever is about to change the member's bills: as they stand now
    /// they were at its end.
    pub(crate) fn catch_up(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<(), Error> {
        if tx.optional(&TIER_OVER, params![self.merchant, self.member_id, now])?.is_some() {
            self.lock(tx, now)?;
        }
        Ok(())
    }

    /// Locks a member and judges its tier as far as its time is over; `None` for one that has none.
    fn lock(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Standing>, Error> {
        let locked = member::lock_tier(tx, self.merchant, self.member_id, now)?;
        let Some(row) = locked else { return Ok(None) };
        let before: Standing = (row.tier, row.tier_until);
        let (current, was) = self.bring_up(tx, before.clone(), now)?;
        if was.1.is_some() {
            member::set_tier_was(tx, self.merchant, self.member_id, was.0.as_deref(), was.1)?;
        }
        self.set(tx, &before, &current)?;
        Ok(Some(current))
    }

    fn set(&self, tx: &mut Tx<'_>, before: &Standing, after: &Standing) -> Result<(), Error> {
        if before != after {
            member::set_tier(tx, self.merchant, self.member_id, after.0.as_deref(), after.1)?;
        }
        Ok(())
    }

    /// Judges a member anew at `local` from its bills as they stand in this transaction.
    pub(crate) fn recompute(&self, tx: &mut Tx<'_>, local: &Zoned) -> Result<(), Error> {
        let Some(current) = self.lock(tx, local.timestamp())? else { return Ok(()) };
        let history = self.history(tx, local)?;
        let next = self.judge(&history, &current, local);
        self.set(tx, &current, &next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Number;

    fn tier(id: &str, threshold: i64, of: TierOf) -> Tier {
        Tier {
            tier_id: id.to_owned(),
            titles: std::collections::BTreeMap::new(),
            threshold: Number(Decimal::from(threshold)),
            of,
            window_months: 12,
        }
    }

    /// Silver from 1000.00 within a year, Gold from 500 points, Platinum from 10000.00.
    fn ladder() -> Vec<Tier> {
        vec![
            tier("Silver", 1_000, TierOf::Spend),
            tier("Gold", 500, TierOf::Points),
            tier("Platinum", 10_000, TierOf::Spend),
        ]
    }

    fn bill(day: &str, spend: i64, points: i64) -> Counted {
        let at: Zoned = format!("{day}T12:00[Europe/Prague]").parse().unwrap();
        Counted { paid_at: at.timestamp(), spend: Amount(spend * 100), points }
    }

    fn at(day: &str) -> Zoned {
        format!("{day}[Europe/Prague]").parse().unwrap()
    }

    #[test]
    fn a_tier_is_reached_kept_and_lost() {
        let year = |grace_days| Keep { until_end_of: KeepUntil::Year, grace_days };
        let spring = bill("2026-03-01", 1_200, 10);
        let rich = bill("2026-03-01", 600, 700);
        // what, keep, bills, tier and until before, judged at, tier and until after
        for (what, keep, bills, before, now, after) in [
            ("nothing yet", Some(year(0)), vec![], (None, None), "2026-03-01T12:00", (None, None)),
            (
                "below",
                None,
                vec![bill("2026-03-01", 999, 499)],
                (None, None),
                "2026-03-01T13:00",
                (None, None),
            ),
            (
                "just",
                None,
                vec![bill("2026-02-28", 999, 0), bill("2026-03-01", 1, 0)],
                (None, None),
                "2026-03-01T13:00",
                (Some("Silver"), None),
            ),
            (
                "kept to the year's end",
                Some(year(0)),
                vec![spring],
                (None, None),
                "2026-03-01T13:00",
                (Some("Silver"), Some("2027-01-01T00:00")),
            ),
            (
                "and 31 days",
                Some(year(31)),
                vec![spring],
                (None, None),
                "2026-03-01T13:00",
                (Some("Silver"), Some("2027-02-01T00:00")),
            ),
            (
                "to the next year's end",
                Some(Keep { until_end_of: KeepUntil::NextYear, grace_days: 0 }),
                vec![spring],
                (None, None),
                "2026-03-01T13:00",
                (Some("Silver"), Some("2028-01-01T00:00")),
            ),
            (
                "to the month's end",
                Some(Keep { until_end_of: KeepUntil::Month, grace_days: 0 }),
                vec![spring],
                (None, None),
                "2026-03-01T13:00",
                (Some("Silver"), Some("2026-04-01T00:00")),
            ),
            (
                "the highest that is reached",
                None,
                vec![rich],
                (Some("Silver"), None),
                "2026-03-01T13:00",
                (Some("Gold"), None),
            ),
            (
                "a year has passed",
                None,
                vec![spring],
                (Some("Silver"), None),
                "2027-03-01T12:00",
                (Some("Silver"), None),
            ),
            ("and a moment", None, vec![spring], (Some("Silver"), None), "2027-03-01T12:01", (None, None)),
            (
                "the bill is gone, the tier is kept",
                Some(year(0)),
                vec![],
                (Some("Silver"), Some("2027-01-01T00:00")),
                "2026-12-31T23:59",
                (Some("Silver"), Some("2027-01-01T00:00")),
            ),
            (
                "its time is over",
                Some(year(0)),
                vec![],
                (Some("Silver"), Some("2027-01-01T00:00")),
                "2027-01-01T00:00",
                (None, None),
            ),
            (
                "over, and still reached",
                Some(year(0)),
                vec![spring],
                (Some("Silver"), Some("2027-01-01T00:00")),
                "2027-01-01T00:00",
                (Some("Silver"), Some("2028-01-01T00:00")),
            ),
            (
                "over, one step down",
                Some(year(0)),
                vec![spring],
                (Some("Platinum"), Some("2027-01-01T00:00")),
                "2027-01-01T00:00",
                (Some("Silver"), Some("2028-01-01T00:00")),
            ),
            (
                "not over: no step down",
                Some(year(0)),
                vec![spring],
                (Some("Platinum"), Some("2027-01-01T00:00")),
                "2026-06-01T00:00",
                (Some("Platinum"), Some("2027-01-01T00:00")),
            ),
            (
                "a step up at once",
                Some(year(0)),
                vec![bill("2026-06-01", 12_000, 0)],
                (Some("Silver"), Some("2027-01-01T00:00")),
                "2026-06-01T13:00",
                (Some("Platinum"), Some("2027-01-01T00:00")),
            ),
            (
                "without keeping it goes with the bill",
                None,
                vec![],
                (Some("Silver"), None),
                "2026-03-02T00:00",
                (None, None),
            ),
            (
                "given by hand",
                Some(year(0)),
                vec![spring],
                (Some("Staff"), None),
                "2026-03-01T13:00",
                (Some("Staff"), None),
            ),
        ] {
            let standing = |(tier, until): (Option<&str>, Option<&str>)| -> Standing {
                (tier.map(str::to_owned), until.map(|until| at(until).timestamp()))
            };
            let found = judge(
                &ladder(),
                keep.as_ref(),
                &bills,
                Precision::new(2).unwrap(),
                &standing(before),
                &at(now),
            );
            assert_eq!(found, standing(after), "{what}");
        }
    }
}
