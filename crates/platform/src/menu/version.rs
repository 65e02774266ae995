//! Which state of a menu is seen, and what moves it?
//!
//! A version is a sum: how often somebody changed what all places share and what is the places' own, and how many of the
//! instants have come at which something seen there changes by itself. So it moves at a midnight without anybody's hand,
//! and is asked for with two short queries.

use db::{Tx, params};
use jiff::{SignedDuration, Timestamp};

db::row! {
    struct VersionRow {
        place: String,
        version: i64,
        changed_at: Timestamp,
    }
}
db::row! {
    struct ChangeoversRow {
        place: String,
        changeovers: i64,
        newest: Timestamp,
    }
}
db::row! {
    struct DueRow {
        merchant: String,
        place: String,
    }
}
db::statement! {
    VERSIONS -> VersionRow = "SELECT place, version, changed_at FROM platform_menu_version WHERE merchant = $1";
    CHANGEOVERS_COME -> ChangeoversRow = "SELECT place, CAST(COUNT(*) AS BIGINT) AS changeovers, MAX(comes_at) AS newest
        FROM platform_menu_changeover WHERE merchant = $1 AND comes_at <= $2 GROUP BY place";
    MERCHANT_BEGAN -> Timestamp = "SELECT created_at FROM platform_merchant WHERE merchant = $1";
    // Of two at once the later one is a millisecond newer.
    MOVE_VERSION = "INSERT INTO platform_menu_version (merchant, place, version, changed_at) VALUES ($1, $2, 1, $3)
        ON CONFLICT (merchant, place) DO UPDATE SET version = platform_menu_version.version + 1,
            changed_at = CASE WHEN platform_menu_version.changed_at >= excluded.changed_at
                THEN platform_menu_version.changed_at + 1000 ELSE excluded.changed_at END";
    // $3: how many changeovers have come, $4: the newest of them.
    COUNT_CHANGEOVERS = "INSERT INTO platform_menu_version (merchant, place, version, changed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (merchant, place) DO UPDATE SET version = platform_menu_version.version + excluded.version,
            changed_at = CASE WHEN platform_menu_version.changed_at >= excluded.changed_at
                THEN platform_menu_version.changed_at ELSE excluded.changed_at END";
    BEGIN_VERSION = "INSERT INTO platform_menu_version (merchant, place, version, changed_at) VALUES ($1, $2, 0, $3)
        ON CONFLICT (merchant, place) DO NOTHING";
    FORGET_CHANGEOVERS = "DELETE FROM platform_menu_changeover WHERE merchant = $1 AND place = $2";
    ADD_CHANGEOVER = "INSERT INTO platform_menu_changeover (merchant, place, comes_at, told) VALUES ($1, $2, $3, 0)";
    // Of all merchants.
    DUE_CHANGEOVERS -> DueRow = "SELECT DISTINCT merchant, place FROM platform_menu_changeover WHERE told = 0 AND comes_at <= $1 LIMIT $2";
    UNTOLD -> Timestamp = "SELECT comes_at FROM platform_menu_changeover
        WHERE merchant = $1 AND place = $2 AND comes_at <= $3 AND told = 0 ORDER BY comes_at";
    MARK_TOLD = "UPDATE platform_menu_changeover SET told = 1 WHERE merchant = $1 AND place = $2 AND comes_at <= $3 AND told = 0";
}

/// A state of what is seen of a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    /// Moves with every change, and only up.
    pub(crate) number: i64,
    /// When the newest change was seen, in whole milliseconds.
    pub(crate) changed_at: Timestamp,
}

/// The state that a reader of these places sees now; `None`: of all places.
pub(super) fn visible(
    tx: &mut Tx<'_>,
    merchant: &str,
    places: Option<&[String]>,
    now: Timestamp,
) -> Result<Version, db::Error> {
    let is_seen = |place: &String| place.is_empty() || places.is_none_or(|places| places.contains(place));
    let (mut number, mut newest) = (0_i64, None);
    for row in tx.query(&VERSIONS, params![merchant])?.into_iter().filter(|row| is_seen(&row.place)) {
        number += row.version;
        newest = newest.max(Some(row.changed_at));
    }
    for row in
        tx.query(&CHANGEOVERS_COME, params![merchant, now])?.into_iter().filter(|row| is_seen(&row.place))
    {
        number += row.changeovers;
        newest = newest.max(Some(row.newest));
    }
    let changed_at = match newest {
        Some(at) => at,
        None => tx.optional(&MERCHANT_BEGAN, params![merchant])?.unwrap_or(now),
    };
    Ok(Version { number, changed_at: whole_millisecond(changed_at) })
}

/// Moves what is seen at `place`, or of all places where it is empty: to an instant after that of every other state.
pub(super) fn moved(tx: &mut Tx<'_>, merchant: &str, place: &str, now: Timestamp) -> Result<(), db::Error> {
    let before = visible(tx, merchant, None, now)?.changed_at;
    let next = before.saturating_add(SignedDuration::from_millis(1)).unwrap_or(before);
    let at = whole_millisecond(now).max(next);
    tx.execute(&MOVE_VERSION, params![merchant, place, at])?;
    Ok(())
}

/// Begins to count what is seen at a place, which nobody sees; true for a place of which nothing was counted so far, and
/// so nothing told: one that is new, or that was set up by a program that did not tell what places sell.
pub(super) fn begin(tx: &mut Tx<'_>, merchant: &str, place: &str, now: Timestamp) -> Result<bool, db::Error> {
    if tx.query(&VERSIONS, params![merchant])?.iter().any(|row| row.place == place) {
        return Ok(false);
    }
    let at = visible(tx, merchant, None, now)?.changed_at;
    Ok(tx.execute(&BEGIN_VERSION, params![merchant, place, at])? > 0)
}

/// Says anew when something seen at the place will change by itself. Changeovers that have come are counted into its version
/// for good, which is not seen.
pub(super) fn plan(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    changeovers: &[Timestamp],
    now: Timestamp,
) -> Result<(), db::Error> {
    let come =
        tx.query(&CHANGEOVERS_COME, params![merchant, now])?.into_iter().find(|row| row.place == place);
    if let Some(come) = come {
        tx.execute(&COUNT_CHANGEOVERS, params![merchant, place, come.changeovers, come.newest])?;
    }
    tx.execute(&FORGET_CHANGEOVERS, params![merchant, place])?;
    for changeover in changeovers {
        tx.execute(&ADD_CHANGEOVER, params![merchant, place, *changeover])?;
    }
    Ok(())
}

/// Places, each with its merchant, at which something changed by itself and the feed has not heard of it; at most `most`.
pub(super) fn due(tx: &mut Tx<'_>, now: Timestamp, most: i64) -> Result<Vec<(String, String)>, db::Error> {
    let due = tx.query(&DUE_CHANGEOVERS, params![now, most])?;
    Ok(due.into_iter().map(|row| (row.merchant, row.place)).collect())
}

/// The changeovers of a place that have come and that the feed has not heard of; it is taken to hear of them now.
pub(super) fn take_untold(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    now: Timestamp,
) -> Result<Vec<Timestamp>, db::Error> {
    let untold = tx.query(&UNTOLD, params![merchant, place, now])?;
    tx.execute(&MARK_TOLD, params![merchant, place, now])?;
    Ok(untold)
}

fn whole_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
