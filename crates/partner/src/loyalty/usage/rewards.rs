//! What does a paid bill give its member, points and stamps, and on which balances?

use super::booking::Booking;
use super::earning::{self, EarnedDetail};
use super::flag::Findings;
use super::report::{Report, units};
use super::stamps;
use crate::loyalty::ledger::{
    self, Account, BalanceSettings, BalanceStatus, Book, Credit, LotKind, NewBalanceRow, NewLot, TransferKind,
};
use crate::loyalty::program::{EarnRule, Program, StampCard};
use crate::row;
use db::{Error, Json, Tx, params};
use jiff::{Span, Timestamp, Zoned};
use money::{Amount, Precision};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::loyalty::BalanceType;

db::row! {
    /// What of a member decides how much it earns: the tier, and the one before until its end.
    struct Traits {
        tier: Option<String>,
        tags: Vec<String> as Json,
        tier_was: Option<String>,
        tier_was_until: Option<Timestamp>,
    }
}

db::row! {
    struct CardOfStamps {
        stamp_card_id: String,
        balance_id: String,
        status: BalanceStatus,
        merged_from: Option<String>,
    }
}

db::statement! {
    /// What multipliers ask of a member; nobody for one who was erased.
    MEMBER_TRAITS -> Traits = "SELECT tier, tags, tier_was, tier_was_until FROM partner_member
        WHERE merchant = $1 AND member_id = $2 AND status <> 'erased'";
    /// The stamp cards a member has, whatever their ids.
    CARDS_OF_STAMPS -> CardOfStamps = "SELECT stamp_card_id, balance_id, status, merged_from FROM partner_balance
        WHERE merchant = $1 AND member_id = $2 AND type = 'collectablePoints' AND stamp_card_id IS NOT NULL";
}

/// What a bill is to earn, judged before any balance is locked.
pub(super) struct Rewards {
    program: Arc<Program>,
    /// The place's wall when the report is booked.
    local: Zoned,
    /// The place's wall when the bill was paid.
    paid: Zoned,
    has_member: bool,
    tier: Option<String>,
    tags: Vec<String>,
    /// By balance, in the order of their ids.
    stamps: Vec<(String, EarnedDetail)>,
}

/// Whose bill it is, where it was paid and when it is booked.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) merchant: &'a str,
    pub(super) member_id: Option<&'a str>,
    /// As the register sent it; empty when nobody knows.
    pub(super) place: &'a str,
    /// Of the books.
    pub(super) precision: Precision,
    pub(super) now: Timestamp,
}

impl Rewards {
    /// Reads what is needed of the member, and opens the balances of stamp cards that the bill begins: their rows
    /// must be there before balances are locked in the order of their ids.
    pub(super) fn prepare(
        tx: &mut Tx<'_>,
        program: Arc<Program>,
        about: &About<'_>,
        report: &Report,
    ) -> Result<Self, Error> {
        let mut rewards = Self {
            local: program.local(about.place, about.now),
            paid: program.local(about.place, report.paid_at),
            program,
            has_member: about.member_id.is_some(),
            tier: None,
            tags: Vec::new(),
            stamps: Vec::new(),
        };
        let settings = &rewards.program.settings;
        let asks = settings.earn.as_ref().is_some_and(|earn| !earn.multipliers.is_empty());
        let Some(member_id) = about.member_id.filter(|_| asks || !settings.stamp_cards.is_empty()) else {
            return Ok(rewards);
        };
        let Some(known) = tx.optional(&MEMBER_TRAITS, params![about.merchant, member_id])? else {
            return Ok(rewards);
        };
        let known_cards = known_cards(tx, about.merchant, member_id, &settings.stamp_cards)?;
        for card in in_order(&settings.stamp_cards) {
            // stamps that came by a merge are as good as its own
            let spendable = known_cards.get(&card.stamp_card_id).map_or(&[] as &[_], Vec::as_slice);
            let used =
                spendable.iter().filter_map(|id| report.uses.get(id)).map(|reported| reported.used).sum();
            if let Some(detail) = stamps::stamps(card, &report.lines, spendable, used, about.precision) {
                let balance_id = match spendable.first() {
                    Some(balance_id) => balance_id.clone(),
                    None => open_card(tx, about, card, member_id)?,
                };
                rewards.stamps.push((balance_id, detail));
            }
        }
        rewards.stamps.sort_by(|one, other| one.0.cmp(&other.0));
        rewards.tags = known.tags;
        // the tier that ended since is that of a bill from before
        let ended_since = known.tier_was_until.is_some_and(|end| report.paid_at < end);
        rewards.tier = if ended_since { known.tier_was } else { known.tier };
        Ok(rewards)
    }

    /// The balances the stamps go to.
    pub(super) fn balance_ids(&self) -> impl Iterator<Item = &str> {
        self.stamps.iter().map(|(balance_id, _)| balance_id.as_str())
    }

    /// Books what the bill earned.
    pub(super) fn book(
        &self,
        tx: &mut Tx<'_>,
        books: &mut Book<'_>,
        booking: &Booking<'_>,
        points_balance: Option<&str>,
        report: &Report,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        if let Some(rule) = &self.program.settings.earn
            && let Some(detail) = self.points(rule, booking, report)
        {
            match points_balance {
                Some(points_balance) => {
                    let available_at = self.pending_until(rule);
                    credit(tx, books, booking, points_balance, (&detail, available_at))?;
                }
                None if self.has_member => findings.remark(format!(
                    "no points balance: the member has none that can be used, so {} points were not credited",
                    detail.points
                )),
                None => {}
            }
        }
        for (balance_id, detail) in &self.stamps {
            credit(tx, books, booking, balance_id, (detail, None))?;
        }
        Ok(())
    }

    fn points(&self, rule: &EarnRule, booking: &Booking<'_>, report: &Report) -> Option<EarnedDetail> {
        let precision = booking.merchant.precision;
        let total = units(report.total, false, precision).map_or(0, |(units, _)| units);
        let bill = earning::Bill {
            precision,
            lines: &report.lines,
            total: Amount(total),
            prepaid: Amount(booking.prepaid),
            topped_up: Amount(booking.topped_up),
            by_tender: Amount(booking.paid_by_tender),
            by_bonus: Amount(booking.paid_by_bonus),
            tier: self.tier.as_deref(),
            tags: &self.tags,
            local: &self.paid,
        };
        earning::earn(rule, &bill)
    }

    fn pending_until(&self, rule: &EarnRule) -> Option<Timestamp> {
        let days = Span::new().try_days(Some(rule.pending_days).filter(|days| *days > 0)?).ok()?;
        Some(self.local.checked_add(days).ok()?.timestamp())
    }
}

fn in_order(cards: &[StampCard]) -> Vec<&StampCard> {
    let mut cards: Vec<&StampCard> = cards.iter().collect();
    cards.sort_by(|one, other| one.stamp_card_id.cmp(&other.stamp_card_id));
    cards
}

fn credit(
    tx: &mut Tx<'_>,
    books: &mut Book<'_>,
    booking: &Booking<'_>,
    balance_id: &str,
    (detail, available_at): (&EarnedDetail, Option<Timestamp>),
) -> Result<(), Error> {
    if !books.has_room(balance_id, detail.points) {
        return Ok(());
    }
    let lot = NewLot::earned(available_at, books.lot_end(balance_id));
    let earned = Credit {
        kind: TransferKind::Earn,
        other: Account::Promotion,
        amount: detail.points,
        lot,
        lines: Some(row::to_json("partner_transfer", "lines", detail)?),
    };
    books.credit(tx, balance_id, earned, &booking.link)
}

/// Where a member has stamps of these cards, and first where it collects them: a balance of its own before one that came
/// by a merge, an active one before others, then the first id.
fn known_cards(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    cards: &[StampCard],
) -> Result<BTreeMap<String, Vec<String>>, Error> {
    if cards.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut known: BTreeMap<String, Vec<(bool, bool, String)>> = BTreeMap::new();
    for found in tx.query(&CARDS_OF_STAMPS, params![merchant, member_id])? {
        let (came, blocked) = (found.merged_from.is_some(), found.status != BalanceStatus::Active);
        known.entry(found.stamp_card_id).or_default().push((came, blocked, found.balance_id));
    }
    let ordered = known.into_iter().map(|(card, mut balances)| {
        balances.sort_unstable();
        (card, balances.into_iter().map(|(_, _, balance_id)| balance_id).collect())
    });
    Ok(ordered.collect())
}

/// Opens a member's balance for a card; its id. Another command may have opened it a moment ago, and a merchant may
/// have given the id to something else: then the next one is taken.
fn open_card(tx: &mut Tx<'_>, about: &About<'_>, card: &StampCard, member_id: &str) -> Result<String, Error> {
    let mut attempt = 1;
    loop {
        let balance_id = stamps::balance_id(&card.stamp_card_id, member_id, attempt);
        if ledger::open(tx, about.merchant, &new_card(card, balance_id.clone(), member_id), about.now)? {
            return Ok(balance_id);
        }
        let there = ledger::store::get_balance(tx, about.merchant, &balance_id)?;
        if there.is_some_and(|row| {
            row.member_id.as_deref() == Some(member_id)
                && row.settings.stamp_card_id.as_ref() == Some(&card.stamp_card_id)
        }) {
            return Ok(balance_id);
        }
        attempt += 1;
    }
}

/// An empty stamp card of a member.
fn new_card(card: &StampCard, balance_id: String, member_id: &str) -> NewBalanceRow {
    NewBalanceRow {
        balance_id,
        balance_type: BalanceType::CollectablePoints,
        member_id: Some(member_id.to_owned()),
        status: BalanceStatus::Active,
        settings: BalanceSettings {
            titles: card.titles.clone(),
            stamp_card_id: Some(card.stamp_card_id.clone()),
            ..BalanceSettings::default()
        },
        opening: 0,
        lot: NewLot {
            kind: LotKind::Earned,
            source: "opening".to_owned(),
            vat_rate: None,
            paid_value: None,
            available_at: None,
            expires_at: None,
        },
        other: Account::Opening,
    }
}
