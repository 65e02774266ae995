//! Where are desks and sections kept?

use super::{DeskRecords, SectionRecords};
use crate::feed::{Changes, Owner, many};
use db::{Json, Tx, json, params};
use std::collections::BTreeMap;
use wire::deskview::{Desk, PutDesk, PutSection, Section};

db::row! {
    struct DeskRow {
        desk_id: String,
        settings: PutDesk as Json,
        removed: bool,
    }
}
db::row! {
    struct SectionRow {
        section_id: String,
        name: String,
        color: Option<String>,
        sequence: i64,
        removed: bool,
    }
}
db::statement! {
    PUT_DESK = "INSERT INTO platform_desk (merchant, place, desk_id, settings, section_id, removed, updated_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6)
        ON CONFLICT (merchant, place, desk_id) DO UPDATE SET settings = excluded.settings,
            section_id = excluded.section_id, removed = 0, updated_at = excluded.updated_at";
    REMOVE_DESK = "UPDATE platform_desk SET removed = 1, updated_at = $4
        WHERE merchant = $1 AND place = $2 AND desk_id = $3 AND removed = 0";
    DESKS -> DeskRow = "SELECT desk_id, settings, removed FROM platform_desk WHERE merchant = $1 AND place = $2 ORDER BY desk_id";
    STANDS -> i64 = "SELECT 1 FROM platform_desk WHERE merchant = $1 AND place = $2 AND desk_id = $3 AND removed = 0";
    HAS_DESKS -> i64 = "SELECT 1 FROM platform_desk WHERE merchant = $1 AND place = $2 AND removed = 0 LIMIT 1";
    // Desks of 32 ids.
    DESKS_OF -> DeskRow = "SELECT desk_id, settings, removed FROM platform_desk WHERE merchant = $1 AND place = $2 AND desk_id IN (
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";
    IN_SECTION -> String = "SELECT desk_id FROM platform_desk
        WHERE merchant = $1 AND place = $2 AND section_id = $3 AND removed = 0 ORDER BY desk_id LIMIT 1";
    PUT_SECTION = "INSERT INTO platform_desk_section (merchant, place, section_id, name, color, sequence, removed, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
        ON CONFLICT (merchant, place, section_id) DO UPDATE SET name = excluded.name, color = excluded.color,
            sequence = excluded.sequence, removed = 0, updated_at = excluded.updated_at";
    REMOVE_SECTION = "UPDATE platform_desk_section SET removed = 1, updated_at = $4
        WHERE merchant = $1 AND place = $2 AND section_id = $3 AND removed = 0";
    SECTIONS -> SectionRow = "SELECT section_id, name, color, sequence, removed FROM platform_desk_section
        WHERE merchant = $1 AND place = $2 ORDER BY sequence, section_id";
    // Sections of 32 ids.
    SECTIONS_OF -> SectionRow = "SELECT section_id, name, color, sequence, removed FROM platform_desk_section
        WHERE merchant = $1 AND place = $2 AND section_id IN (
            $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";
    // Taken to the commit: a desk is not put into a section that is being removed.
    TAKE_SECTION = "UPDATE platform_desk_section SET updated_at = updated_at
        WHERE merchant = $1 AND place = $2 AND section_id = $3 AND removed = 0";
}

/// The desks of the place by id, removed ones too.
pub(super) fn desks(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<Vec<Desk>, db::Error> {
    Ok(tx.query(&DESKS, params![merchant, place])?.into_iter().map(desk_of).collect())
}

/// The sections of the place in their order, removed ones too.
pub(super) fn sections(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<Vec<Section>, db::Error> {
    Ok(tx.query(&SECTIONS, params![merchant, place])?.into_iter().map(section_of).collect())
}

/// The desks of these ids.
pub(super) fn desks_of(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    ids: &[&str],
) -> Result<BTreeMap<String, Desk>, db::Error> {
    let mut desks = BTreeMap::new();
    many(tx, &DESKS_OF, params![owner.merchant, owner.place], ids, |row| {
        desks.insert(row.desk_id.clone(), desk_of(row));
    })?;
    Ok(desks)
}

/// The sections of these ids.
pub(super) fn sections_of(
    tx: &mut Tx<'_>,
    owner: Owner<'_>,
    ids: &[&str],
) -> Result<BTreeMap<String, Section>, db::Error> {
    let mut sections = BTreeMap::new();
    many(tx, &SECTIONS_OF, params![owner.merchant, owner.place], ids, |row| {
        sections.insert(row.section_id.clone(), section_of(row));
    })?;
    Ok(sections)
}

/// Whether guests can be brought to the desk: one that stands at the place, or any where the place has set up none.
pub(crate) fn may_sit(tx: &mut Tx<'_>, merchant: &str, place: &str, desk: &str) -> Result<bool, db::Error> {
    Ok(stands(tx, merchant, place, desk)? || tx.optional(&HAS_DESKS, params![merchant, place])?.is_none())
}

/// Whether the place has such a desk that was not removed.
pub(crate) fn stands(tx: &mut Tx<'_>, merchant: &str, place: &str, id: &str) -> Result<bool, db::Error> {
    Ok(tx.optional(&STANDS, params![merchant, place, id])?.is_some())
}

/// Holds the section of the place to the commit; false when there is none that stands.
pub(super) fn take_section(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    id: &str,
) -> Result<bool, db::Error> {
    Ok(tx.execute(&TAKE_SECTION, params![merchant, place, id])? > 0)
}

/// A desk that stands in the section, if there is any.
pub(super) fn desk_in(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    section: &str,
) -> Result<Option<String>, db::Error> {
    tx.optional(&IN_SECTION, params![merchant, place, section])
}

/// Writes a desk and its entry in the feed; one that was removed is there again.
pub(super) fn put_desk(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &str,
    id: &str,
    desk: &PutDesk,
) -> Result<(), db::Error> {
    let (settings, section) = (json("settings", desk)?, desk.section_id.as_ref());
    tx.execute(&PUT_DESK, params![merchant, place, id, &settings, section, changes.now()])?;
    changes.put_at::<DeskRecords>(place, id);
    Ok(())
}

/// Removes a desk; false when the place has none that stands.
pub(super) fn remove_desk(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &str,
    id: &str,
) -> Result<bool, db::Error> {
    let removed = tx.execute(&REMOVE_DESK, params![merchant, place, id, changes.now()])? > 0;
    if removed {
        changes.removed_at::<DeskRecords>(place, id);
    }
    Ok(removed)
}

/// Writes a section and its entry in the feed; one that was removed is there again.
pub(super) fn put_section(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &str,
    id: &str,
    section: &PutSection,
) -> Result<(), db::Error> {
    let PutSection { name, color, order } = section;
    tx.execute(&PUT_SECTION, params![merchant, place, id, name, color.as_ref(), order, changes.now()])?;
    changes.put_at::<SectionRecords>(place, id);
    Ok(())
}

/// Removes a section; false when the place has none that stands.
pub(super) fn remove_section(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &str,
    id: &str,
) -> Result<bool, db::Error> {
    let removed = tx.execute(&REMOVE_SECTION, params![merchant, place, id, changes.now()])? > 0;
    if removed {
        changes.removed_at::<SectionRecords>(place, id);
    }
    Ok(removed)
}

fn desk_of(row: DeskRow) -> Desk {
    Desk { desk_id: row.desk_id, desk: row.settings, removed: row.removed }
}

fn section_of(row: SectionRow) -> Section {
    let section = PutSection { name: row.name, color: row.color, order: row.sequence };
    Section { section_id: row.section_id, section, removed: row.removed }
}
