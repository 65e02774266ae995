//! Whose tier was kept long enough?
//!
//! A member's tier is judged with every bill; who does not come is judged here once its time is over, as it was then.

use super::done;
use crate::Partner;
use crate::loyalty::people::member;
use crate::loyalty::program::ProgramCache;
use crate::loyalty::tier::Ladder;
use crate::merchant;
use db::{Error, Never, Tx, TxError, params};
use jiff::Timestamp;

db::row! {
    struct DueTier {
        merchant: String,
        member_id: String,
    }
}

db::statement! {
    /// Members whose tier may be lost now, the earliest first. What a merged one had is judged if it comes back.
    DUE_TIERS -> DueTier = "SELECT merchant, member_id FROM partner_member
        WHERE tier_until <= $1 AND status <> 'merged' ORDER BY tier_until LIMIT $2";
}

/// Judges every member whose tier's time is over, `rows` a slice; how many they were.
pub(super) async fn sweep(partner: &Partner, now: Timestamp, rows: i64) -> Result<u64, Error> {
    let mut judged = 0;
    loop {
        let due =
            partner.db().read("due_tiers", move |tx| due(tx, now, rows).map_err(TxError::<Never>::from));
        let due = done(due.await)?;
        let full = i64::try_from(due.len()).unwrap_or(i64::MAX) >= rows;
        for (merchant, member_id) in due {
            let programs = partner.clone();
            let one = partner.db().write("sweep_tier", move |tx| {
                judge(tx, programs.programs(), &merchant, &member_id, now).map_err(TxError::<Never>::from)
            });
            done(one.await)?;
            judged += 1;
        }
        if !full {
            return Ok(judged);
        }
    }
}

fn due(tx: &mut Tx<'_>, now: Timestamp, rows: i64) -> Result<Vec<(String, String)>, Error> {
    let due = tx.query(&DUE_TIERS, params![now, rows])?;
    Ok(due.into_iter().map(|row| (row.merchant, row.member_id)).collect())
}

/// Judges one member; whatever comes out, its time is not over any more.
fn judge(
    tx: &mut Tx<'_>,
    programs: &ProgramCache,
    merchant: &str,
    member_id: &str,
    now: Timestamp,
) -> Result<(), Error> {
    if let Some(settings) = merchant::get(tx, merchant)? {
        let program = programs.of(&settings)?;
        Ladder::of(&program, &settings, member_id).catch_up(tx, now)?;
    }
    member::forget_tier(tx, merchant, member_id, now)
}
