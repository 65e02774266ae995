//! Which crate may use which? The arrows of ARCHITECTURE.md, and nothing beside them.

use super::Fault;
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Each crate with what it may depend on. A new arrow is a decision: write it into docs/decisions and here.
const ALLOWED: &[(&str, &[&str])] = &[
    ("money", &[]),
    ("outside", &[]),
    ("wire", &["money"]),
    ("db", &["money", "wire"]),
    ("door", &["db", "outside", "wire"]),
    ("courier", &["db", "outside", "wire"]),
    ("platform", &["courier", "db", "door", "money", "outside", "wire"]),
    ("partner", &["courier", "db", "door", "money", "outside", "wire"]),
    ("stamgast", &["courier", "db", "door", "money", "outside", "partner", "platform", "wire"]),
    ("cluster", &[]),
    (
        "testkit",
        &["cluster", "courier", "db", "door", "money", "outside", "partner", "platform", "stamgast", "wire"],
    ),
    ("benches", &["cluster", "db", "door", "money", "outside", "partner", "stamgast", "testkit", "wire"]),
    ("xtask", &[]),
];

/// What only tests of a crate may use in addition.
const ALLOWED_IN_TESTS: &[&str] = &["cluster", "testkit", "outside", "db", "wire", "money"];

/// The page that shows the arrows to people.
const PAGE: &str = "ARCHITECTURE.md";

#[derive(Debug, PartialEq, Eq)]
struct Crate {
    name: String,
    uses: BTreeSet<String>,
    uses_in_tests: BTreeSet<String>,
}

/// Prints every arrow and reports the new ones.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<Fault>> {
    let manifest = read(&root.join("Cargo.toml"))?;
    let members = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("members"))
        .and_then(toml::Value::as_array)
        .context("Cargo.toml has no workspace.members")?;
    let mut crates = Vec::new();
    for member in members.iter().filter_map(toml::Value::as_str) {
        crates.push(read_crate(&read(&root.join(member).join("Cargo.toml"))?)?);
    }
    let ours: BTreeSet<String> = crates.iter().map(|member| member.name.clone()).collect();
    crate::say("arrows (crate → what it uses of ours):");
    for member in &crates {
        let uses: Vec<&str> = member.uses.intersection(&ours).map(String::as_str).collect();
        crate::say(&format!(
            "  {:9} → {}",
            member.name,
            if uses.is_empty() { "—".to_owned() } else { uses.join(", ") }
        ));
    }
    let page = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("{PAGE} cannot be read"))?;
    let mut faults = judge(&crates, &ours);
    faults.extend(said_otherwise(&page, &crates, &ours));
    Ok(faults)
}

/// The crates below `crates/` whose arrows the page does not say as they are: a line each, `wire → money`.
fn said_otherwise(page: &str, crates: &[Crate], ours: &BTreeSet<String>) -> Vec<Fault> {
    let of_tests = ["benches", "cluster", "testkit", "xtask"];
    let product = crates.iter().filter(|member| !of_tests.contains(&member.name.as_str()));
    let lines: Vec<(&str, &str)> = page.lines().filter_map(|line| line.split_once(" → ")).collect();
    product
        .filter_map(|member| {
            let uses: Vec<&str> = member.uses.intersection(ours).map(String::as_str).collect();
            let uses = if uses.is_empty() { "—".to_owned() } else { uses.join(", ") };
            let is_said = lines.iter().any(|(name, to)| name.trim() == member.name && to.trim() == uses);
            (!is_said).then(|| {
                Fault::new(PAGE, format!("expected the line `{} → {uses}`, found none", member.name))
            })
        })
        .collect()
}

fn judge(crates: &[Crate], ours: &BTreeSet<String>) -> Vec<Fault> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut faults = Vec::new();
    for member in crates {
        let Some(may_use) = allowed.get(member.name.as_str()) else {
            faults.push(Fault::new(
                format!("crate {}", member.name),
                "is not in xtask/src/tidy/arrows.rs: say there which crates it may use",
            ));
            continue;
        };
        for used in member.uses.intersection(ours).filter(|used| !may_use.contains(&used.as_str())) {
            faults.push(Fault::new(
                format!("crate {}", member.name),
                format!("uses {used}, a new arrow: the house allows {may_use:?}"),
            ));
        }
        let in_tests = member.uses_in_tests.intersection(ours);
        for used in in_tests
            .filter(|used| !may_use.contains(&used.as_str()) && !ALLOWED_IN_TESTS.contains(&used.as_str()))
        {
            faults.push(Fault::new(
                format!("crate {}", member.name),
                format!("uses {used} in its tests, a new arrow: tests may also use {ALLOWED_IN_TESTS:?}"),
            ));
        }
    }
    faults
}

fn read(path: &Path) -> anyhow::Result<toml::Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.parse().with_context(|| format!("{} is no TOML", path.display()))
}

fn read_crate(manifest: &toml::Table) -> anyhow::Result<Crate> {
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str)
        .context("a crate's Cargo.toml has no package.name")?
        .to_owned();
    let names = |table: &str| -> BTreeSet<String> {
        let table = manifest.get(table).and_then(toml::Value::as_table);
        table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
    };
    let mut uses = names("dependencies");
    uses.extend(names("build-dependencies"));
    Ok(Crate { name, uses, uses_in_tests: names("dev-dependencies") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_crate(name: &str, uses: &[&str]) -> Crate {
        let uses = uses.iter().map(|name| (*name).to_owned()).collect();
        Crate { name: name.to_owned(), uses, uses_in_tests: BTreeSet::new() }
    }

    #[test]
    fn the_two_sides_may_not_meet() {
        let crates = [
            a_crate("partner", &["wire", "platform", "serde"]),
            a_crate("platform", &["wire"]),
            a_crate("wire", &[]),
        ];
        let ours = crates.iter().map(|member| member.name.clone()).collect();
        let faults = judge(&crates, &ours);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].rule.contains("uses platform"), "{faults:?}");
    }

    #[test]
    fn an_unknown_crate_has_to_be_placed() {
        let crates = [a_crate("gadget", &[])];
        let faults = judge(&crates, &BTreeSet::from(["gadget".to_owned()]));
        assert_eq!(faults.len(), 1, "{faults:?}");
    }

    #[test]
    fn the_page_shows_the_arrows_as_they_are() {
        let crates =
            [a_crate("wire", &["money", "serde"]), a_crate("money", &[]), a_crate("testkit", &["wire"])];
        let ours = crates.iter().map(|member| member.name.clone()).collect();
        let said = |page: &str| said_otherwise(page, &crates, &ours).len();
        assert_eq!(said("```\nmoney → —\nwire  → money\n```\n"), 0);
        assert_eq!(said("money → —\nwire → money, db\n"), 1);
        assert_eq!(said("stamgast → wire → money\n"), 2);
    }
}
