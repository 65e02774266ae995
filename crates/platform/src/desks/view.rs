//! Which desks are drawn in which section?

use std::collections::BTreeMap;
use wire::deskview::{Desk, DeskView, Section, SectionView};

/// What a section is called that holds the desks of none.
const DEFAULT_SECTION: &str = "defaultSection";

/// Sections in their order with their desks in theirs; what was removed is left out, and so is the section of desks
/// without one when there are none.
pub(super) fn of(sections: Vec<Section>, desks: Vec<Desk>) -> DeskView {
    let mut by_section: BTreeMap<Option<String>, Vec<Desk>> = BTreeMap::new();
    for desk in desks.into_iter().filter(|desk| !desk.removed) {
        by_section.entry(desk.desk.section_id.clone()).or_default().push(desk);
    }
    let standing = sections.into_iter().filter(|section| !section.removed);
    let mut views: Vec<SectionView> = standing
        .map(|section| SectionView {
            desks: by_section.remove(&Some(section.section_id)).unwrap_or_default(),
            name: section.section.name,
        })
        .collect();
    let rest: Vec<Desk> = by_section.into_values().flatten().collect();
    if !rest.is_empty() {
        views.push(SectionView { name: DEFAULT_SECTION.to_owned(), desks: rest });
    }
    DeskView { sections: views }
}
