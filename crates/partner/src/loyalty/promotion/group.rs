//! What happens when several promotions of one group would apply?

use super::{Definition, Target};
use serde::{Deserialize, Serialize};

/// Which members of a group apply (loyalty.md §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mode {
    /// All of them.
    Stack,
    /// The first in order that takes something off.
    First,
    /// The one that would take least off, but something.
    Lowest,
    /// The one that would take most off.
    Highest,
}

/// Over what a group is judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GroupPer {
    /// The bill: one member applies on it.
    #[default]
    Bill,
    /// Each line apart: different lines may get different members.
    Line,
}

/// A promotion's place in a group. The members are compared when the turn of the first of them comes, by
/// what each would take off then; equal ones by their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Group {
    /// Its name; 1 to 100 characters.
    pub(crate) id: String,
    /// Which members apply.
    pub(crate) mode: Mode,
    /// Over what.
    #[serde(default)]
    pub(crate) per: GroupPer,
}

impl Group {
    /// Whether the name is one.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(super) fn check(&self) -> Result<(), String> {
        let length = self.id.chars().count();
        if (1..=100).contains(&length) {
            return Ok(());
        }
        Err(format!("group.id: expected 1 to 100 characters, found {length}"))
    }
}

/// Whether the members of every group say the same of it: mode and `per`, and for a group judged per line
/// the step too.
///
/// # Errors
/// A sentence naming two promotions that differ.
pub(crate) fn agree<'a>(
    promotions: impl Iterator<Item = (&'a str, &'a Definition)> + Clone,
) -> Result<(), String> {
    let grouped = promotions.filter_map(|(id, rule)| Some((id, rule.group.as_ref()?, rule.scope.on)));
    for (at, (id, group, on)) in grouped.clone().enumerate() {
        for (other_id, other, other_on) in grouped.clone().take(at) {
            if group.id != other.id {
                continue;
            }
            if (group.mode, group.per) != (other.mode, other.per) {
                return Err(format!(
                    "group: expected mode {:?} per {:?} as {other_id} says of group {}, found {:?} per {:?} in {id}",
                    other.mode, other.per, group.id, group.mode, group.per
                ));
            }
            if group.per == GroupPer::Line && on != other_on {
                let step = |on| if on == Target::Items { "items" } else { "order" };
                return Err(format!(
                    "scope.on: expected {} as {other_id} has in group {} (judged per line), found {} in {id}",
                    step(other_on),
                    group.id,
                    step(on)
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(group: &str, on: &str) -> Definition {
        Definition::parse(&format!(
            r#"{{"kind":{{"percent":{{"percent":5}}}},"scope":{{"on":"{on}"}},"trigger":"automatic","group":{group}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn members_of_a_group_say_the_same_of_it() {
        let highest = rule(r#"{"id":"g","mode":"highest"}"#, "items");
        let on_order = rule(r#"{"id":"g","mode":"highest"}"#, "order");
        let lowest = rule(r#"{"id":"g","mode":"lowest"}"#, "items");
        let elsewhere = rule(r#"{"id":"h","mode":"lowest"}"#, "items");
        let lines = rule(r#"{"id":"l","mode":"first","per":"line"}"#, "items");
        let order_lines = rule(r#"{"id":"l","mode":"first","per":"line"}"#, "order");
        let check = |rules: [&Definition; 2]| agree(["a", "b"].into_iter().zip(rules));
        assert_eq!(check([&highest, &on_order]), Ok(()), "a group over the bill may span both steps");
        assert_eq!(check([&highest, &elsewhere]), Ok(()));
        let refusal = check([&highest, &lowest]).unwrap_err();
        assert!(refusal.contains("Highest per Bill as a says") && refusal.contains("in b"), "{refusal}");
        let refusal = check([&lines, &order_lines]).unwrap_err();
        assert!(refusal.contains("scope.on: expected items"), "{refusal}");
    }
}
