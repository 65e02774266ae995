//! What may a check spend, and what happens to what it kept for itself before?
//!
//! The pure rules of loyalty.md §4. A hold belongs to (balance, place, device, check). It counts while
//! `now < expires_at`; readers judge that by comparison, whatever the sweeper has marked.

use super::reason::Reason;
use crate::loyalty::ledger::{CheckKey, HoldRow, LotKind, LotPart, LotState, Move, by_lot, follow};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// What one check may spend of a balance at an instant.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Free {
    /// What this check may spend, in the balance's unit; never below 0.
    pub(crate) available: i64,
    /// What other checks hold of what could be spent otherwise.
    pub(crate) reserved_elsewhere: i64,
    /// The lots it may spend, `remaining` without what others hold; what a lot past its end has here is
    /// only what this check's own hold began to keep in time (loyalty.md §10 E3).
    pub(crate) lots: Vec<LotState>,
    /// Whether something would be spendable had its lots not ended.
    pub(crate) ended: bool,
    /// What of the posted value has ended and nobody holds: gone, whether the sweeper has booked it or not.
    pub(crate) gone: i64,
    /// What is there but whose time has not come (loyalty.md §9 P8).
    pub(crate) pending: i64,
    /// What bonus lots have, whoever holds it (loyalty.md §3 V9).
    pub(crate) bonus: i64,
    /// What of `reserved_elsewhere` lies on bonus lots.
    pub(crate) reserved_bonus: i64,
    /// Whether all that others hold is held by other checks of the same register.
    pub(crate) only_this_register: bool,
}

impl Free {
    /// Why nothing of it is free, where other checks hold all there is.
    pub(crate) fn locked(&self) -> Reason {
        Reason::locked(self.only_this_register)
    }
}

/// What is free for `check`: posted − Σ live holds of other (place, device, check) keys, and never more
/// than its lots hold. The other checks of the same device count as others; the check's own hold does
/// not count, because what it asks for now replaces it.
pub(crate) fn free_for(
    posted: i64,
    lots: &[LotState],
    holds: &[HoldRow],
    check: &CheckKey,
    now: Timestamp,
) -> Free {
    let others = || holds.iter().filter(|hold| hold.counts(now) && hold.check != *check);
    let reserved = others().map(|hold| hold.amount).fold(0, i64::saturating_add);
    let kept = by_lot(others().flat_map(|hold| &hold.lots));
    let own = own_hold(holds, check).filter(|hold| hold.counts(now));
    let own = own.map(|hold| by_lot(&hold.lots)).unwrap_or_default();
    let of =
        |parts: &HashMap<&str, i64>, lot: &LotState| parts.get(lot.lot_id.as_str()).copied().unwrap_or(0);
    let only_this_register = others().all(|hold| hold.check.is_at_register_of(check));
    let mut free = Free { only_this_register, ..Free::default() };
    let mut in_lots = 0_i64;
    let mut unheld = 0_i64;
    for lot in lots.iter().filter(|lot| lot.remaining > 0) {
        if lot.is_pending(now) {
            free.pending = free.pending.saturating_add(lot.remaining);
            continue;
        }
        let by_others = of(&kept, lot);
        let left = (lot.remaining - by_others).max(0);
        if lot.kind == LotKind::Bonus {
            free.bonus = free.bonus.saturating_add(lot.remaining);
            free.reserved_bonus = free.reserved_bonus.saturating_add(by_others.min(lot.remaining));
        }
        let mine = if lot.is_live(now) {
            unheld = unheld.saturating_add(lot.remaining);
            left
        } else {
            free.ended = true;
            let kept = of(&own, lot).min(left);
            free.gone = free.gone.saturating_add(left - kept);
            if lot.kind == LotKind::Bonus {
                free.bonus = free.bonus.saturating_sub(left - kept);
            }
            kept
        };
        if mine > 0 {
            in_lots = in_lots.saturating_add(mine);
            free.lots.push(LotState { remaining: mine, ..lot.clone() });
        }
    }
    let posted = posted.saturating_sub(free.pending).saturating_sub(free.gone);
    free.available = posted.saturating_sub(reserved).min(in_lots).max(0);
    free.reserved_elsewhere = posted.min(unheld).saturating_sub(free.available).clamp(0, reserved);
    free
}

/// The hold a check has on a balance, over or not.
pub(crate) fn own_hold<'a>(holds: &'a [HoldRow], check: &CheckKey) -> Option<&'a HoldRow> {
    holds.iter().find(|hold| hold.check == *check)
}

/// Judges what a check's own hold becomes when an offer wants `wanted` of the balance's lots.
pub(crate) fn judge(own: Option<&HoldRow>, wanted: &[LotPart], now: Timestamp) -> Move {
    follow(own.map(|hold| (hold.counts(now), hold.lots == wanted)), !wanted.is_empty())
}

/// When a hold placed or renewed at `now` is over.
pub(crate) fn end(now: Timestamp, hold_ttl_seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(hold_ttl_seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::ledger::{Ended, consume};

    const START: i64 = 1_772_359_200; // 2026-03-01T10:00:00Z
    const TTL: i64 = 180;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(START + second).unwrap()
    }

    fn check(device_number: i64, check_id: &str) -> CheckKey {
        CheckKey { place: "b1".to_owned(), device_number, check_id: check_id.to_owned() }
    }

    fn lot(lot_id: &str, remaining: i64, ends: Option<i64>) -> LotState {
        LotState {
            lot_id: lot_id.to_owned(),
            kind: LotKind::Paid,
            remaining,
            vat_rate: None,
            paid_value: None,
            earned_at: at(-1000),
            available_at: None,
            expires_at: ends.map(at),
            gathers: false,
        }
    }

    fn hold(number: i64, of: CheckKey, parts: &[(&str, i64)], placed: i64) -> HoldRow {
        let lots: Vec<LotPart> =
            parts.iter().map(|(id, amount)| LotPart { lot_id: (*id).to_owned(), amount: *amount }).collect();
        HoldRow {
            balance_id: "v".to_owned(),
            hold_number: number,
            check: of,
            offer_id: "o".to_owned(),
            amount: lots.iter().map(|part| part.amount).sum(),
            lots,
            expires_at: end(at(placed), TTL),
        }
    }

    /// A voucher of 300.00 with its holds, moved by the rules alone.
    struct Voucher {
        posted: i64,
        lots: Vec<LotState>,
        holds: Vec<HoldRow>,
        numbered: i64,
    }

    impl Voucher {
        /// Offers up to `needs` to a check; gives what it holds afterwards.
        fn offer(&mut self, of: &CheckKey, needs: i64, second: i64) -> i64 {
            let now = at(second);
            let free = free_for(self.posted, &self.lots, &self.holds, of, now);
            let wanted = consume(&free.lots, needs.min(free.available)).parts;
            let held = wanted.iter().map(|part| part.amount).sum();
            match judge(own_hold(&self.holds, of), &wanted, now) {
                Move::Nothing => {}
                Move::Extend => {
                    let own = self.holds.iter_mut().find(|hold| hold.check == *of).unwrap();
                    own.expires_at = end(now, TTL);
                }
                Move::Release(_) => self.holds.retain(|hold| hold.check != *of),
                Move::Place | Move::Replace(_) => {
                    self.holds.retain(|hold| hold.check != *of);
                    self.numbered += 1;
                    let parts: Vec<(&str, i64)> =
                        wanted.iter().map(|part| (part.lot_id.as_str(), part.amount)).collect();
                    self.holds.push(hold(self.numbered, of.clone(), &parts, second));
                }
            }
            held
        }

        /// What a device that holds nothing sees.
        fn free(&self, second: i64) -> i64 {
            free_for(self.posted, &self.lots, &self.holds, &check(9, "other"), at(second)).available
        }

        fn held(&self, of: &CheckKey, second: i64) -> i64 {
            own_hold(&self.holds, of).filter(|hold| hold.counts(at(second))).map_or(0, |hold| hold.amount)
        }

        /// A report: posts `used`, takes it from the check's hold.
        fn report(&mut self, of: &CheckKey, used: i64) {
            self.posted -= used;
            self.lots[0].remaining -= used;
            self.holds.retain(|hold| hold.check != *of);
        }
    }

    fn voucher() -> Voucher {
        Voucher { posted: 30_000, lots: vec![lot("l1", 30_000, None)], holds: Vec::new(), numbered: 0 }
    }

    /// The table of loyalty.md §4, row by row, with its times.
    #[test]
    fn the_life_of_a_hold() {
        let (d1, d2) = (check(1, "c1"), check(2, "c2"));
        let mut v = voucher();
        assert_eq!(v.offer(&d1, 20_000, 0), 20_000);
        assert_eq!(v.free(0), 10_000, "others see 100");

        let free = free_for(v.posted, &v.lots, &v.holds, &d2, at(30));
        assert_eq!((free.available, free.reserved_elsewhere), (10_000, 20_000));
        assert_eq!(v.offer(&d2, 15_000, 30), 10_000, "capped: partly reserved elsewhere");

        assert_eq!(v.offer(&d1, 26_000, 60), 20_000, "the own hold is ignored: 300 - 100");

        assert_eq!(v.offer(&d1, 12_000, 70), 12_000);
        assert_eq!(v.free(70), 8_000);

        v.report(&d1, 12_000);
        assert_eq!((v.posted, v.held(&d2, 100), v.free(100)), (18_000, 10_000, 8_000));

        assert_eq!(v.held(&d2, 209), 10_000, "valid while now < expires_at");
        assert_eq!(v.free(209), 8_000);
        assert_eq!(v.held(&d2, 210), 0, "at equality it is over");
        assert_eq!(v.free(210), 18_000);

        v.report(&d2, 10_000);
        assert_eq!(v.posted, 8_000);
    }

    #[test]
    fn the_other_checks_of_a_device_count_as_others() {
        let mut v = voucher();
        assert_eq!(v.offer(&check(1, "c1"), 20_000, 0), 20_000);
        assert_eq!(v.offer(&check(1, "c2"), 20_000, 1), 10_000);
        let elsewhere = CheckKey { place: "b2".to_owned(), ..check(1, "c1") };
        assert_eq!(v.offer(&elsewhere, 20_000, 2), 0);
    }

    #[test]
    fn who_holds_it_is_told_from_the_register_that_asks() {
        let lots = [lot("l1", 100, None)];
        let of =
            |device: i64, id: &str, amount: i64, at: i64| hold(1, check(device, id), &[("l1", amount)], at);
        let at_place = |place: &str, hold: HoldRow| HoldRow {
            check: CheckKey { place: place.to_owned(), ..hold.check.clone() },
            ..hold
        };
        let (here, there) = (Reason::LockedByOtherCheck, Reason::LockedByOtherDevice);
        // check c1 of register 1 asks at second 100; a hold ends 180 s after it began
        for (what, holds, reason) in [
            ("the same register", vec![of(1, "c2", 100, 0)], here),
            ("two checks of it", vec![of(1, "c2", 60, 0), of(1, "c3", 40, 0)], here),
            ("another register", vec![of(2, "c2", 100, 0)], there),
            ("both", vec![of(1, "c2", 60, 0), of(2, "c3", 40, 0)], there),
            ("the same number at another place", vec![at_place("b2", of(1, "c2", 100, 0))], there),
            ("the other register's is over", vec![of(1, "c2", 100, 0), of(2, "c3", 100, -100)], here),
        ] {
            let free = free_for(100, &lots, &holds, &check(1, "c1"), at(100));
            assert_eq!((free.available, free.locked()), (0, reason), "{what}");
        }
    }

    #[test]
    fn the_same_question_only_moves_the_end() {
        let mine = check(1, "c1");
        let wanted = [LotPart { lot_id: "l1".to_owned(), amount: 100 }];
        let own = hold(1, mine.clone(), &[("l1", 100)], 0);
        assert_eq!(judge(Some(&own), &wanted, at(100)), Move::Extend);
        assert_eq!(judge(Some(&own), &wanted, at(180)), Move::Replace(Ended::Expired));
        assert_eq!(judge(Some(&own), &[], at(100)), Move::Release(Ended::Released));
        assert_eq!(judge(Some(&own), &[], at(180)), Move::Release(Ended::Expired));
        let more = [LotPart { lot_id: "l1".to_owned(), amount: 101 }];
        assert_eq!(judge(Some(&own), &more, at(100)), Move::Replace(Ended::Replaced));
        assert_eq!(judge(None, &wanted, at(0)), Move::Place);
        assert_eq!(judge(None, &[], at(0)), Move::Nothing);

        let mut v = voucher();
        v.offer(&mine, 20_000, 0);
        v.offer(&mine, 20_000, 100);
        assert_eq!(v.numbered, 1, "no second hold");
        assert_eq!((v.held(&mine, 279), v.held(&mine, 280)), (20_000, 0));
    }

    #[test]
    fn nothing_spendable_makes_no_hold() {
        let mut v = Voucher { posted: 0, lots: Vec::new(), ..voucher() };
        assert_eq!(v.offer(&check(1, "c1"), 5_000, 0), 0);
        assert!(v.holds.is_empty());
        let free = free_for(-8_000, &[], &[], &check(1, "c1"), at(0));
        assert_eq!((free.available, free.reserved_elsewhere), (0, 0));
    }

    /// loyalty.md §10 E3: a lot that ended stays with the hold that began before, and with nobody else.
    #[test]
    fn a_held_lot_outlives_its_end_for_its_holder() {
        let mine = check(1, "c1");
        let lots = [lot("l1", 40, Some(10))];
        let holds = [hold(1, mine.clone(), &[("l1", 30)], 0)];
        let free = |of: &CheckKey, second| free_for(40, &lots, &holds, of, at(second)).available;
        assert_eq!(free(&mine, 9), 40);
        assert_eq!(free(&mine, 10), 30, "only what was held in time");
        assert_eq!(free(&check(2, "c2"), 10), 0);
        assert_eq!(free(&mine, 180), 0, "the hold is over, the lot too");
        let over = free_for(40, &lots, &[], &mine, at(10));
        assert!(over.ended && over.available == 0 && over.reserved_elsewhere == 0 && over.gone == 40);
        // a shortfall beside it is not paid with what has ended, whether that is booked yet or not
        let lots = [lots[0].clone(), lot("l2", 100, None), lot("l3", -70, None)];
        let holds = [hold(1, mine.clone(), &[("l2", 100)], 9)];
        assert_eq!(free_for(70, &lots, &holds, &mine, at(11)).available, 30);
        assert_eq!(free_for(30, &lots[1..], &holds, &mine, at(11)).available, 30);
    }

    /// loyalty.md §9 P8: what was earned is seen, but not spent before its time.
    #[test]
    fn a_pending_lot_is_not_offered() {
        let mut lots = [lot("l1", 100, None), lot("l2", 30, None)];
        lots[0].available_at = Some(at(10));
        let free = |second| free_for(130, &lots, &[], &check(1, "c1"), at(second));
        assert_eq!((free(9).available, free(9).pending, free(9).ended), (30, 100, false));
        assert_eq!((free(10).available, free(10).pending), (130, 0));
    }

    /// loyalty.md §3 V9: the part that was given on top is told apart, also where others hold some of it.
    #[test]
    fn bonus_lots_are_told_apart() {
        let mut lots = [lot("l1", 100, None), lot("l2", 1_000, None)];
        lots[0].kind = LotKind::Bonus;
        let holds = [hold(1, check(2, "c2"), &[("l1", 70), ("l2", 5)], 0)];
        let free = free_for(1_100, &lots, &holds, &check(1, "c1"), at(1));
        assert_eq!((free.available, free.reserved_elsewhere), (1_025, 75));
        assert_eq!((free.bonus, free.reserved_bonus), (100, 70));
    }

    #[test]
    fn lots_held_by_others_are_not_offered() {
        let lots = [lot("l1", 100, Some(1000)), lot("l2", 100, None)];
        let holds = [hold(1, check(2, "c2"), &[("l1", 70)], 0)];
        let free = free_for(200, &lots, &holds, &check(1, "c1"), at(1));
        let left: Vec<(&str, i64)> =
            free.lots.iter().map(|lot| (lot.lot_id.as_str(), lot.remaining)).collect();
        assert_eq!(left, [("l1", 30), ("l2", 100)]);
        assert_eq!((free.available, free.reserved_elsewhere), (130, 70));
    }
}
