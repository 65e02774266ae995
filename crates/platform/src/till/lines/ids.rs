//! Under which ids do the lines of a basket stand?

use super::{kept_addition, kept_main};
use crate::sale::check::Line;
use door::ApiError;
use std::collections::BTreeSet;
use wire::loyalty::{PREPAYMENT_PREFIX, is_of_top_up};
use wire::pos::SetLine;

/// Longest id a register may give a line.
const CHECK_ITEM_ID_CHARACTERS_MAX: usize = 64;

/// The id of a line, and those of what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineIds {
    pub(super) main: String,
    pub(super) additions: Vec<String>,
}

/// The register's own ids, and the smallest free number for each line that came without one. An addition that went with its
/// line before stands under the id it had.
///
/// # Errors
/// 400 for an id that is too long, of a top-up, or there twice.
pub(super) fn ids(set: &[SetLine], before: &[Line]) -> Result<Vec<LineIds>, ApiError> {
    let mut taken = given(set)?;
    let had = |line: &SetLine, main: &str| -> Vec<Option<String>> {
        let kept = kept_main(before, main, line);
        let had = line.additions.iter().map(|addition| {
            kept.and_then(|main| kept_addition(before, &main.check_item_id, &addition.addition_id))
                .map(|addition| addition.check_item_id.clone())
        });
        had.collect()
    };
    // Kept for what goes with lines the register named, before numbers are given out
    let mut reserved = BTreeSet::new();
    for line in set {
        let Some(main) = &line.check_item_id else { continue };
        reserved.extend(had(line, main).into_iter().flatten().filter(|id| !taken.contains(id)));
    }
    let mut next = 1_u32;
    let mut free = |taken: &mut BTreeSet<String>| loop {
        let id = next.to_string();
        next += 1;
        if !reserved.contains(&id) && taken.insert(id.clone()) {
            break id;
        }
    };
    let mut ids = Vec::with_capacity(set.len());
    for line in set {
        let main = line.check_item_id.clone().unwrap_or_else(|| free(&mut taken));
        let additions = had(line, &main).into_iter().map(|had| match had {
            Some(had) if taken.insert(had.clone()) => had,
            _ => free(&mut taken),
        });
        let additions = additions.collect();
        ids.push(LineIds { main, additions });
    }
    Ok(ids)
}

/// The ids that the register gave.
fn given(set: &[SetLine]) -> Result<BTreeSet<String>, ApiError> {
    let mut given = BTreeSet::new();
    for (index, line) in set.iter().enumerate() {
        let Some(id) = &line.check_item_id else { continue };
        let path = format!("lines[{index}].checkItemId");
        let length = id.chars().count();
        if length == 0 || length > CHECK_ITEM_ID_CHARACTERS_MAX {
            let expected = format!("1 to {CHECK_ITEM_ID_CHARACTERS_MAX} characters");
            return Err(ApiError::field(&path, &expected, &format!("{length} of them")));
        }
        if is_of_top_up(id) {
            let expected = format!(
                "an id that does not begin with {PREPAYMENT_PREFIX}, which names the line of a top-up"
            );
            return Err(ApiError::field(&path, &expected, &format!("{id:?}")));
        }
        if !given.insert(id.clone()) {
            return Err(ApiError::field(&path, "an id of its own for each line", &format!("{id:?} again")));
        }
    }
    Ok(given)
}
