//! How do two members become one, and two again?
//!
//! A merge moves no value (loyalty.md §12 G4). Balances, cards and bills change whose they are; lots, entries and holds
//! stay on their balances, so bills that were paid before go back to their own lots, open checks keep what they hold,
//! and an undo brings back exactly what came. `merged_from` in a row says whose it was first. What counts by a
//! member's id, stamps and limits of promotions, counts those of its aliases too.
//!
//! Commands that were under way find out: who books for a member locks its customer last, reads there that it was
//! merged, and moves what it has written ([`recompute`]). So a merge locks balances,
//! then customers, then members; and judges under those locks.

mod follow;
mod rules;
mod store;

pub(crate) use follow::{recompute, recompute_with};
pub(crate) use store::aliases;

use super::ledger::store as ledger;
use super::people::customer::{self, Changed};
use super::people::member::{self, MemberStatus};
use super::program::{Program, ProgramCache};
use super::tier::Ladder;
use crate::merchant::{self, MerchantRow};
use db::{Error, Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use money::Amount;
use rules::{Standing, joined, may_merge, may_undo, parted};
use std::collections::BTreeSet;
use store::{Came, CameBalance, MemberToMerge, MergeRow};
use wire::Number;
use wire::admin::partner::people::{MergeView, MergedBalance};
use wire::time::utc_millis;

/// Two members to be joined.
#[derive(Debug, Clone)]
pub(crate) struct MergeCommand {
    pub(crate) merchant: String,
    /// Drawn for this call.
    pub(crate) merge_id: String,
    /// The member that goes.
    pub(crate) from: String,
    /// The member that stays.
    pub(crate) into: String,
    pub(crate) reason: String,
    pub(crate) now: Timestamp,
}

/// What a merge or an undo is done with.
struct Desk<'a> {
    settings: &'a MerchantRow,
    program: &'a Program,
    now: Timestamp,
}

/// Merges one member into another. Again: nothing happens, and the merge that stands is answered.
///
/// # Errors
/// 404 when one of them is not there, 409 when one of them is frozen, erased, or merged already.
pub(crate) fn merge(
    tx: &mut Tx<'_>,
    programs: &ProgramCache,
    command: &MergeCommand,
) -> Result<MergeView, TxError<ApiError>> {
    let MergeCommand { merchant, from, into, now, .. } = command;
    let Some(settings) = merchant::get(tx, merchant)? else { return missing("member", into) };
    let program = programs.of(&settings)?;
    let desk = Desk { settings: &settings, program: &program, now: *now };
    for balance in store::balances(tx, merchant, from)? {
        ledger::lock_balance(tx, merchant, &balance.balance_id, *now)?;
    }
    // who was merged into the one that goes is looked up before the locks; whoever changes that locks it too
    let known = store::member(tx, merchant, from)?.map(|member| member.aliases).unwrap_or_default();
    lock(tx, merchant, [from, into].into_iter().chain(&known), *now)?;
    for member_id in BTreeSet::from([from, into]) {
        desk.ladder(member_id).catch_up(tx, *now)?;
    }
    let Some(surviving) = store::member(tx, merchant, into)? else { return missing("member", into) };
    let Some(going) = store::member(tx, merchant, from)? else {
        return missing("fromMemberId: member", from);
    };
    if going.status == MemberStatus::Merged
        && going.merged_into.as_ref() == Some(into)
        && let Some(standing) = store::open_of(tx, merchant, from)?
    {
        return Ok(desk.view(tx, standing)?);
    }
    may_merge((from, &going), (into, &surviving)).map_err(TxError::Refused)?;
    let balances = store::balances(tx, merchant, from)?.into_iter().map(|own| CameBalance {
        balance_id: own.balance_id,
        posted: own.posted,
        points: own.class == wire::loyalty::BalanceType::CollectablePoints,
    });
    let mut came = Came {
        balances: balances.collect(),
        cards: store::cards(tx, merchant, from)?,
        members: going.aliases.clone(),
        ..Came::default()
    };
    store::move_all(tx, merchant, from, into)?;
    for one in going.aliases.iter().chain([from]) {
        customer::set_merged_into(tx, merchant, one, Some(into))?;
    }
    member::set_status(tx, merchant, from, MemberStatus::Merged, *now)?;
    let before: Standing = (surviving.tier.clone(), surviving.tier_until);
    let (tier, tier_until) = joined(&program.settings.tiers, &before, &(going.tier, going.tier_until));
    let mut aliases = surviving.aliases;
    aliases.extend(going.aliases.into_iter().chain([from.clone()]));
    let both = MemberToMerge { aliases, tier, tier_until, ..surviving };
    both.keep(tx, merchant, into, *now)?;
    // the member that went has nothing left, and leads to the one that stayed
    recompute(tx, merchant, from, Changed::Everything, *now)?;
    desk.judge(tx, into)?;
    came.tier = store::member(tx, merchant, into)?.and_then(|member| member.tier);
    let merge = MergeRow {
        merge_id: command.merge_id.clone(),
        from_member_id: from.clone(),
        into_member_id: into.clone(),
        reason: command.reason.clone(),
        came,
        into_tier: before.0,
        into_tier_until: before.1,
        merged_at: *now,
        undone_at: None,
    };
    store::insert(tx, merchant, &merge)?;
    Ok(desk.view(tx, merge)?)
}

/// Undoes a merge: every balance, card and bill goes back to whom it came with, with all that was booked on it since.
/// Again: nothing happens.
///
/// # Errors
/// 404 when there is no such merge; 409 when the surviving member was erased, or merged itself since.
pub(crate) fn undo(
    tx: &mut Tx<'_>,
    programs: &ProgramCache,
    merchant: &str,
    merge_id: &str,
    now: Timestamp,
) -> Result<MergeView, TxError<ApiError>> {
    let Some(settings) = merchant::get(tx, merchant)? else { return missing("merge", merge_id) };
    let program = programs.of(&settings)?;
    let desk = Desk { settings: &settings, program: &program, now };
    let Some(looked_up) = store::get(tx, merchant, merge_id)? else { return missing("merge", merge_id) };
    let firsts: Vec<String> =
        looked_up.came.members.iter().chain([&looked_up.from_member_id]).cloned().collect();
    let goes_back = |first: Option<&String>| first.is_some_and(|first| firsts.contains(first));
    for balance in store::balances(tx, merchant, &looked_up.into_member_id)? {
        if goes_back(balance.merged_from.as_ref()) {
            ledger::lock_balance(tx, merchant, &balance.balance_id, now)?;
        }
    }
    lock(tx, merchant, firsts.iter().chain([&looked_up.into_member_id]), now)?;
    desk.ladder(&looked_up.into_member_id).catch_up(tx, now)?;
    let Some(mut merge) = store::get(tx, merchant, merge_id)? else { return missing("merge", merge_id) };
    if merge.undone_at.is_some() {
        return Ok(desk.view(tx, merge)?);
    }
    let (from, into) = (merge.from_member_id.clone(), merge.into_member_id.clone());
    let Some(surviving) = store::member(tx, merchant, &into)? else { return missing("member", &into) };
    let Some(gone) = store::member(tx, merchant, &from)? else { return missing("member", &from) };
    may_undo((&from, &gone), (&into, &surviving)).map_err(TxError::Refused)?;
    for first in &firsts {
        store::return_all(tx, merchant, &into, first, &from)?;
        let leads_to = (first != &from).then_some(from.as_str());
        customer::set_merged_into(tx, merchant, first, leads_to)?;
    }
    member::set_status(tx, merchant, &from, MemberStatus::Active, now)?;
    let before: Standing = (merge.into_tier.clone(), merge.into_tier_until);
    let (tier, tier_until) = parted(
        &program.settings.tiers,
        &before,
        merge.came.tier.as_deref(),
        &(surviving.tier.clone(), surviving.tier_until),
    );
    let aliases = surviving.aliases.iter().filter(|alias| !firsts.contains(*alias)).cloned().collect();
    let alone = MemberToMerge { aliases, tier, tier_until, ..surviving };
    alone.keep(tx, merchant, &into, now)?;
    let ids: BTreeSet<&str> = BTreeSet::from([from.as_str(), into.as_str()]);
    for member_id in &ids {
        recompute(tx, merchant, member_id, Changed::Everything, now)?;
    }
    for member_id in &ids {
        desk.judge(tx, member_id)?;
    }
    merge.undone_at = Some(now);
    merge.came.stays = desk.stays(tx, &merge)?;
    store::end(tx, merchant, &merge)?;
    Ok(desk.view(tx, merge)?)
}

/// The merges in which a member went or stayed; `None` for nobody.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    programs: &ProgramCache,
    merchant: &str,
    member_id: &str,
    now: Timestamp,
) -> Result<Option<Vec<MergeView>>, Error> {
    let Some(settings) = merchant::get(tx, merchant)? else { return Ok(None) };
    if store::member(tx, merchant, member_id)?.is_none() {
        return Ok(None);
    }
    let program = programs.of(&settings)?;
    let desk = Desk { settings: &settings, program: &program, now };
    let merges = store::of_member(tx, merchant, member_id)?;
    merges.into_iter().map(|merge| desk.view(tx, merge)).collect::<Result<_, _>>().map(Some)
}

/// Settles a member under whose old id something was booked for `survivor`: had the merge been undone meanwhile, that
/// goes back, and from there wherever that member leads now. Call it after the books are closed, before both are
/// recomputed. True where something went back.
pub(crate) fn settle_alias(
    tx: &mut Tx<'_>,
    merchant: &str,
    named: &str,
    survivor: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    lock(tx, merchant, [named, survivor].into_iter(), now)?;
    let undone = customer::survivor(tx, merchant, named)?.as_deref() != Some(survivor);
    if undone {
        store::return_all(tx, merchant, survivor, named, named)?;
    }
    Ok(undone)
}

/// Locks these customers in the order of their ids.
fn lock<S: AsRef<str>>(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_ids: impl Iterator<Item = S>,
    now: Timestamp,
) -> Result<(), Error> {
    let ids: BTreeSet<String> = member_ids.map(|id| id.as_ref().to_owned()).collect();
    for member_id in &ids {
        customer::lock(tx, merchant, member_id, now)?;
    }
    Ok(())
}

fn missing<T>(noun: &str, id: &str) -> Result<T, TxError<ApiError>> {
    Err(TxError::Refused(ApiError::not_found(noun, id)))
}

impl Desk<'_> {
    /// Judges a member's tier anew.
    fn judge(&self, tx: &mut Tx<'_>, member_id: &str) -> Result<(), Error> {
        if self.program.settings.tiers.is_empty() {
            return Ok(());
        }
        self.ladder(member_id).recompute(tx, &self.program.local("", self.now))
    }

    fn ladder<'l>(&'l self, member_id: &'l str) -> Ladder<'l> {
        Ladder::of(self.program, self.settings, member_id)
    }

    fn number(&self, units: i64, points: bool) -> Number {
        if points { Number::from(units) } else { Number::from_amount(Amount(units), self.settings.precision) }
    }

    fn view(&self, tx: &mut Tx<'_>, merge: MergeRow) -> Result<MergeView, Error> {
        let mut balances = Vec::with_capacity(merge.came.balances.len());
        for came in &merge.came.balances {
            let now = ledger::get_balance(tx, &self.settings.merchant, &came.balance_id)?;
            balances.push(MergedBalance {
                balance_id: came.balance_id.clone(),
                posted_then: self.number(came.posted, came.points),
                posted_now: self.number(now.map_or(0, |row| row.posted), came.points),
            });
        }
        Ok(MergeView {
            merge_id: merge.merge_id,
            from_member_id: merge.from_member_id,
            into_member_id: merge.into_member_id,
            reason: merge.reason,
            state: if merge.undone_at.is_some() { "undone" } else { "merged" }.to_owned(),
            cards: merge.came.cards,
            balances,
            merged_at: utc_millis(merge.merged_at),
            undone_at: merge.undone_at.map(utc_millis),
            stays: merge.came.stays,
        })
    }

    /// What an undo leaves as the time since the merge has made it.
    fn stays(&self, tx: &mut Tx<'_>, merge: &MergeRow) -> Result<Vec<String>, Error> {
        let mut stays = Vec::new();
        for came in &merge.came.balances {
            let id = &came.balance_id;
            let Some(row) = ledger::get_balance(tx, &self.settings.merchant, id)? else { continue };
            if row.member_id.as_deref() != Some(merge.from_member_id.as_str()) {
                stays.push(format!(
                    "balance {id}: it is not {}'s any more and did not go back",
                    merge.into_member_id
                ));
            } else if row.posted != came.posted {
                let (then, now) =
                    (self.number(came.posted, came.points), self.number(row.posted, came.points));
                stays.push(format!(
                    "balance {id}: {then} came along, {now} went back; what was booked since stays"
                ));
            }
        }
        stays.push(format!(
            "bills, points and stamps since {} stay with {}, but for those reported under {}",
            utc_millis(merge.merged_at),
            merge.into_member_id,
            merge.from_member_id
        ));
        Ok(stays)
    }
}
