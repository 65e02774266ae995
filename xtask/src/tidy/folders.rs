//! Which top-level folder of a crate may use which? The lists here, and nothing beside them; and never in a circle.
//!
//! A folder is a module of `lib.rs`: `src/name/` or `src/name.rs`; or one of the `mod.rs` of a folder that is a house of its own.
//! An arrow is a path that names another one, by `crate::`, by `super::`, or by a name that `lib.rs` takes from it. Tests
//! inside the crate count like the rest.

use super::{Fault, Source};
use std::collections::{BTreeMap, BTreeSet};

/// The arrows of one crate, or inside one folder of it.
struct Crate {
    name: &'static str,
    /// The folder inside of which these arrows are; `None`: they are between the crate's top-level folders.
    inside: Option<&'static str>,
    /// What the program hands to every folder and what is joined from them, so that arrows to it say nothing.
    hub: Option<&'static str>,
    /// Each folder with the ones it uses. A new arrow is a decision: write it here with the reason in the commit.
    arrows: &'static [(&'static str, &'static [&'static str])],
}

const CRATES: &[Crate] = &[
    Crate {
        name: "money",
        inside: None,
        hub: None,
        arrows: &[
            ("amount", &["decimal", "ratio"]),
            ("lost", &["amount", "refund", "spread"]),
            ("millionths", &["amount", "decimal", "ratio", "vat"]),
            ("points", &["amount", "decimal", "ratio", "share"]),
            ("refund", &["amount", "decimal", "ratio", "spread"]),
            ("share", &["amount", "decimal", "ratio"]),
            ("spread", &["amount"]),
            ("vat", &["amount", "decimal", "ratio", "spread"]),
        ],
    },
    Crate {
        name: "wire",
        inside: None,
        hub: None,
        arrows: &[
            ("access", &["read"]),
            ("admin", &["access", "delivery", "deskview", "loyalty", "menu", "number", "stocks"]),
            ("bills", &["json_kind", "number", "read", "time"]),
            ("canonical", &["number", "read"]),
            ("customers", &["number", "read", "time"]),
            ("datasync", &["read", "time"]),
            ("delivery", &["json_kind", "number", "read", "time"]),
            ("deskview", &["number", "time"]),
            ("errors", &["number", "read"]),
            ("list", &["read"]),
            ("loyalty", &["number", "read", "time"]),
            ("menu", &["number", "time"]),
            ("merchants", &["number", "read"]),
            ("number", &["json_kind"]),
            ("pos", &["bills", "number"]),
            ("read", &["json_kind", "number", "time"]),
            ("reservations", &["number", "read", "time"]),
            ("stocks", &["number", "time"]),
        ],
    },
    Crate {
        name: "db",
        inside: None,
        hub: None,
        arrows: &[
            ("command", &["error", "tx"]),
            ("dialect", &["options", "sql", "statement"]),
            (
                "handle",
                &["command", "error", "metrics", "options", "postgres", "queue", "sqlite", "statement", "tx"],
            ),
            ("migrate", &["dialect", "error", "handle", "options", "sql", "statement", "tx"]),
            ("options", &["error"]),
            (
                "postgres",
                &[
                    "command",
                    "dialect",
                    "error",
                    "metrics",
                    "options",
                    "queue",
                    "row",
                    "statement",
                    "thread",
                    "tx",
                    "value",
                ],
            ),
            ("queue", &["command", "error"]),
            ("row", &["error", "value"]),
            ("schema", &["dialect", "error", "handle", "options", "row", "tx"]),
            (
                "sqlite",
                &[
                    "command",
                    "dialect",
                    "error",
                    "metrics",
                    "options",
                    "queue",
                    "row",
                    "statement",
                    "thread",
                    "tx",
                    "value",
                ],
            ),
            ("statement", &["row"]),
            ("thread", &["error"]),
            ("tx", &["dialect", "error", "options", "row", "statement", "value"]),
        ],
    },
    Crate {
        name: "door",
        inside: None,
        hub: None,
        arrows: &[
            ("admin", &["cache", "credentials", "error", "keeper", "token"]),
            ("body", &["error", "unread"]),
            ("cache", &["last_used"]),
            ("error", &["unread"]),
            ("etag", &["error"]),
            ("observe", &["error", "metrics", "paths"]),
            ("paths", &["near"]),
            ("rate", &["error", "serve"]),
            ("serve", &["body", "error", "observe"]),
            ("token", &["error"]),
            ("tokens", &["admin", "body", "error", "keeper", "token"]),
            ("unread", &["near"]),
        ],
    },
    Crate {
        name: "courier",
        inside: None,
        hub: None,
        arrows: &[
            ("call", &["guard"]),
            ("destination", &["authorization", "seal"]),
            ("feed", &["authorization", "destination", "outbox", "seal"]),
            ("outbox", &["call", "destination", "guard", "schedule"]),
            ("run", &["call", "feed", "guard", "metrics", "outbox", "schedule", "seal", "sign"]),
        ],
    },
    Crate {
        name: "platform",
        inside: None,
        hub: Some("state"),
        arrows: &[
            ("access", &["place"]),
            (
                "admin",
                &[
                    "access",
                    "api",
                    "bills",
                    "delivery",
                    "desks",
                    "feed",
                    "menu",
                    "merchants",
                    "persons",
                    "place",
                    "reservations",
                    "stocks",
                ],
            ),
            ("api", &["access", "feed", "place"]),
            ("bills", &["access", "api", "feed", "loyalty", "menu", "place", "sale"]),
            ("delivery", &["access", "api", "bills", "desks", "feed", "menu", "place", "sale", "till"]),
            ("desks", &["access", "api", "feed"]),
            ("loyalty", &["access", "api", "menu", "place", "sale"]),
            ("menu", &["access", "api", "feed", "place"]),
            ("merchants", &["access", "api", "feed"]),
            ("people", &["delivery", "loyalty", "reservations", "till"]),
            ("persons", &["access", "api", "feed"]),
            ("reservations", &["access", "api", "desks", "place", "sale", "till"]),
            ("sale", &["access", "menu", "place"]),
            ("stocks", &["access", "api", "feed", "place"]),
            (
                "till",
                &["access", "api", "bills", "desks", "feed", "loyalty", "menu", "persons", "place", "sale"],
            ),
        ],
    },
    Crate {
        name: "partner",
        inside: None,
        hub: Some("state"),
        arrows: &[
            ("admin", &["credentials", "id", "loyalty", "merchant", "row"]),
            ("customers", &["credentials", "loyalty", "merchant"]),
            ("datasync", &["credentials", "id", "loyalty", "merchant", "quarantine"]),
            ("loyalty", &["credentials", "id", "merchant", "quarantine", "row"]),
            ("sweep", &["admin", "loyalty", "merchant"]),
            ("verify", &["loyalty", "row"]),
        ],
    },
    Crate {
        name: "partner",
        inside: Some("loyalty"),
        hub: None,
        arrows: &[
            ("after_bills", &["bills", "merge", "people", "program", "tier"]),
            ("erase", &["ledger", "merge", "people", "program"]),
            ("held", &["ledger", "limit", "promotion"]),
            ("ledger", &["program", "settings", "titles"]),
            ("limit", &["ledger", "promotion"]),
            ("member", &["ledger", "merge", "people", "program"]),
            ("merge", &["bills", "ledger", "people", "program", "tier"]),
            ("offer", &["ledger", "limit", "people", "program", "promotion", "tier"]),
            ("people", &["bills", "program"]),
            ("program", &["among", "day", "promotion", "settings", "titles"]),
            ("promotion", &["day", "settings", "titles"]),
            ("tier", &["ledger", "people", "program"]),
            (
                "usage",
                &[
                    "after_bills",
                    "bills",
                    "ledger",
                    "limit",
                    "merge",
                    "offer",
                    "people",
                    "program",
                    "promotion",
                    "tier",
                ],
            ),
            ("validity", &["ledger", "people", "program"]),
            ("voucher", &["ledger", "people"]),
        ],
    },
];

/// Prints every arrow between the folders of a crate; reports new ones, listed ones that are gone, and circles.
pub(super) fn check(rust: &[Source]) -> Vec<Fault> {
    CRATES.iter().flat_map(|one| check_one(one, rust)).collect()
}

fn check_one(one: &Crate, rust: &[Source]) -> Vec<Fault> {
    let found = arrows(one, rust);
    crate::say(&format!("folders of {} (folder → what it uses):", one.path().trim_end_matches("/src")));
    for (from, to) in &found {
        let to: Vec<&str> = to.iter().map(String::as_str).filter(|to| Some(*to) != one.hub).collect();
        crate::say(&format!("  {from:12} → {}", if to.is_empty() { "—".to_owned() } else { to.join(", ") }));
    }
    judge(one, &found)
}

/// Each folder of the crate with the folders it uses.
type Arrows = BTreeMap<String, BTreeSet<String>>;

impl Crate {
    /// The folder below `crates/` in which its folders are.
    fn path(&self) -> String {
        match self.inside {
            Some(folder) => format!("{}/src/{folder}", self.name),
            None => format!("{}/src", self.name),
        }
    }
}

fn judge(one: &Crate, found: &Arrows) -> Vec<Fault> {
    let listed: BTreeMap<&str, BTreeSet<&str>> =
        one.arrows.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    let fault = |from: &str, rule: String| Fault::new(format!("crates/{}/{from}", one.path()), rule);
    let mut faults = Vec::new();
    for (from, uses) in found {
        if Some(from.as_str()) == one.hub {
            continue;
        }
        let listed = listed.get(from.as_str()).cloned().unwrap_or_default();
        for new in uses.iter().filter(|to| Some(to.as_str()) != one.hub && !listed.contains(to.as_str())) {
            faults.push(fault(
                from,
                format!("uses {new}, a new arrow: cut it, or list it in xtask/src/tidy/folders.rs"),
            ));
        }
        for gone in listed.iter().filter(|to| !uses.contains(**to)) {
            faults.push(fault(
                from,
                format!("no longer uses {gone}: take the arrow off xtask/src/tidy/folders.rs"),
            ));
        }
    }
    for gone in listed.keys().filter(|from| !found.contains_key(**from)) {
        faults.push(fault(gone, "is gone: take it off xtask/src/tidy/folders.rs".to_owned()));
    }
    faults.extend(circle(found, one.hub).map(|ring| {
        fault(&ring.join(" → "), "is a circle: no folder of it can be read alone; cut one arrow".to_owned())
    }));
    faults
}

/// One circle, if there is any: the folders in order, the first once more at the end.
fn circle(found: &Arrows, hub: Option<&str>) -> Option<Vec<String>> {
    fn walk<'a>(
        found: &'a Arrows,
        hub: Option<&str>,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        let Some(uses) = path.last().and_then(|at| found.get(*at)) else { return false };
        for to in uses.iter().map(String::as_str).filter(|to| Some(*to) != hub) {
            if let Some(start) = path.iter().position(|on| *on == to) {
                path.drain(..start);
                path.push(to);
                return true;
            }
            if done.insert(to) {
                path.push(to);
                if walk(found, hub, path, done) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }
    let mut done = BTreeSet::new();
    found.keys().map(String::as_str).filter(|from| Some(*from) != hub).find_map(|from| {
        let mut path = vec![from];
        (done.insert(from) && walk(found, hub, &mut path, &mut done))
            .then(|| path.into_iter().map(str::to_owned).collect())
    })
}

/// Reads every arrow out of the sources.
fn arrows(one: &Crate, rust: &[Source]) -> Arrows {
    let root = format!("crates/{}/", one.path());
    let files: Vec<(&str, &Source)> =
        rust.iter().filter_map(|source| Some((source.path.strip_prefix(&root)?, source))).collect();
    let modules: BTreeSet<&str> =
        files.iter().map(|(path, _)| module_of(path)).filter(|m| !["lib", "mod"].contains(m)).collect();
    let reexported = files
        .iter()
        .find(|(path, _)| *path == "lib.rs")
        .map(|(_, lib)| reexported(&lib.text, &modules))
        .unwrap_or_default();
    let mut found: Arrows = modules.iter().map(|module| ((*module).to_owned(), BTreeSet::new())).collect();
    for (path, source) in &files {
        let own = module_of(path);
        let Some(uses) = found.get_mut(own) else { continue };
        for (supers, name) in paths(&source.text, one.inside) {
            let leaves = supers.is_none_or(|supers| {
                // `super::` leaves the folder when there are as many as the file is deep; in a test module inside
                // the file one less, which then names a file of the folder.
                supers >= depth(path) && !files.iter().any(|(path, _)| is_file(path, own, name))
            });
            let to = modules.get(name).copied().or_else(|| reexported.get(name).copied());
            if let Some(to) = to.filter(|to| leaves && *to != own) {
                uses.insert(to.to_owned());
            }
        }
    }
    found
}

/// `till/pay.rs` and `till.rs` are of the module `till`.
fn module_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

fn depth(path: &str) -> usize {
    path.trim_end_matches("/mod.rs").split('/').count()
}

fn is_file(path: &str, folder: &str, name: &str) -> bool {
    path.strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|rest| rest.strip_prefix(name))
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Names that `lib.rs` takes from a module, each with the module.
fn reexported<'t>(lib: &'t str, modules: &BTreeSet<&'t str>) -> BTreeMap<&'t str, &'t str> {
    let mut names = BTreeMap::new();
    for statement in lib.split(';') {
        let Some((_, path)) = statement.rsplit_once("use ") else { continue };
        let Some((module, taken)) = path.split_once("::") else { continue };
        let module = module.trim().trim_start_matches("self::");
        let Some(module) = modules.get(module) else { continue };
        for name in taken.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|name| !name.is_empty())
        {
            names.insert(name, *module);
        }
    }
    names
}

/// The first name behind each `crate::` (no `super`) or row of `super::` (how many); of a group each name. `inside` a folder,
/// what follows `crate::` is that folder's name and then the name that is wanted.
fn paths<'t>(text: &'t str, inside: Option<&str>) -> Vec<(Option<usize>, &'t str)> {
    let mut found = Vec::new();
    for code in without_comments(text) {
        for (word, one) in [("crate::", None), ("super::", Some(1_usize))] {
            for (at, _) in code.match_indices(word) {
                let before = code.get(..at).unwrap_or_default();
                if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                    continue;
                }
                let mut rest = code.get(at + word.len()..).unwrap_or_default();
                let mut supers = one;
                while let (Some(count), Some(more)) = (supers, rest.strip_prefix("super::")) {
                    (supers, rest) = (Some(count + 1), more);
                }
                let names = match (supers, inside) {
                    (None, Some(folder)) => first_names(rest)
                        .into_iter()
                        .filter(|(name, _)| *name == folder)
                        .filter_map(|(_, below)| below.strip_prefix("::"))
                        .flat_map(first_names)
                        .collect(),
                    _ => first_names(rest),
                };
                found.extend(names.into_iter().map(|(name, _)| (supers, name)));
            }
        }
    }
    found
}

/// `a::b` gives `a`; `{a::{b, c}, d}` gives `a` and `d`; each with the text behind it.
fn first_names(rest: &str) -> Vec<(&str, &str)> {
    let Some(group) = rest.trim_start().strip_prefix('{') else { return vec![first_name(rest)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && (c.is_alphanumeric() || c == '_') => {
                names.push(first_name(group.get(at..).unwrap_or_default()));
                start = false;
            }
            _ => {}
        }
    }
    names
}

/// The name that a text begins with, and the text behind it.
fn first_name(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.split_at(end)
}

/// The pieces of the text between lines that are comments: a link in one is no arrow.
fn without_comments(text: &str) -> Vec<&str> {
    let (mut blocks, mut start, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("//") {
            blocks.push(text.get(start..at).unwrap_or_default());
            start = at + line.len();
        }
        at += line.len();
    }
    blocks.push(text.get(start..).unwrap_or_default());
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Vec<Source> {
        let file = |(path, text): &(&str, &str)| Source {
            path: format!("crates/house/src/{path}"),
            text: (*text).to_owned(),
        };
        files.iter().map(file).collect()
    }

    fn house(inside: Option<&'static str>) -> Crate {
        Crate {
            name: "house",
            inside,
            hub: Some("state"),
            arrows: &[("till", &["bills"]), ("bills", &["sale"])],
        }
    }

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let mut all = sources(files);
        all.extend(sources(&[(
            "lib.rs",
            "mod till;\nmod bills;\nmod sale;\npub use sale::{Sale, view::{Shown}};\n",
        )]));
        for module in ["till", "bills", "sale"] {
            all.extend(sources(&[(&format!("{module}/mod.rs"), "//! A folder.\n")]));
        }
        let arrows = arrows(&house(None), &all);
        arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| format!("{from} {to}"))).collect()
    }

    #[test]
    fn every_way_to_name_a_folder_is_an_arrow() {
        let table: &[(&str, &str, &[&str])] = &[
            ("till/pay.rs", "use crate::bills::store;", &["till bills"]),
            ("till/pay.rs", "use crate::{\n    Other,\n    bills::{a, sale},\n};", &["till bills"]),
            ("till/pay.rs", "fn f() { crate::bills::read() }", &["till bills"]),
            ("till/pay.rs", "use crate::Shown;", &["till sale"]),
            ("till/pay.rs", "use super::super::bills;", &["till bills"]),
            ("till/more.rs", "use super::bills;", &[]),
            ("till/pay.rs", "/// See [`crate::bills`].\nuse crate::till::x;", &[]),
            ("till/pay.rs", "use other::crate_name::bills; use $crate::bills;", &[]),
        ];
        for (path, text, expected) in table {
            assert_eq!(found(&[(path, text)]), *expected, "{text}");
        }
        // In a test module of a file two steps deep, `super::super` is the folder itself.
        let inside = [("till/sale.rs", ""), ("till/pay.rs", "mod tests { use super::super::sale::x; }")];
        assert_eq!(found(&inside), Vec::<String>::new());
    }

    #[test]
    fn inside_a_folder_names_are_those_below_it() {
        for (path, text, expected) in [
            ("till/book/pay.rs", "use crate::till::lines::a;", &["book lines"][..]),
            ("till/book/pay.rs", "use crate::{bills::lines, till::{lines::a, Other}};", &["book lines"]),
            ("till/book/pay.rs", "fn f() { super::super::lines::a() }", &["book lines"]),
            ("till/book/pay.rs", "use super::lines::a;", &[]),
            ("till/book/pay.rs", "use crate::lines::a; use crate::bills::lines;", &[]),
            ("till/book.rs", "use super::lines::a;", &["book lines"]),
        ] {
            let mut all = sources(&[(path, text), ("till/mod.rs", "mod book;\nmod lines;\n")]);
            all.extend(sources(&[("till/lines.rs", ""), ("bills/lines.rs", ""), ("lines.rs", "")]));
            let arrows = arrows(&house(Some("till")), &all);
            let found: Vec<String> = arrows
                .iter()
                .flat_map(|(from, to)| to.iter().map(move |to| format!("{from} {to}")))
                .collect();
            assert_eq!(found, expected, "{path} {text}");
        }
    }

    #[test]
    fn new_arrows_gone_arrows_and_circles_are_reported() {
        let one = house(None);
        let set = |to: &[&str]| to.iter().map(|to| (*to).to_owned()).collect::<BTreeSet<_>>();
        let as_listed = |till: &[&str], bills: &[&str]| {
            Arrows::from([
                ("till".to_owned(), set(till)),
                ("bills".to_owned(), set(bills)),
                ("sale".to_owned(), set(&["state"])),
                ("state".to_owned(), set(&["till", "sale"])),
            ])
        };
        assert!(judge(&one, &as_listed(&["bills"], &["sale"])).is_empty());
        let rules =
            |found: Arrows| judge(&one, &found).into_iter().map(|fault| fault.rule).collect::<Vec<_>>();
        let faults = rules(as_listed(&["bills", "sale"], &["sale"]));
        assert!(faults.len() == 1 && faults[0].contains("uses sale, a new arrow"), "{faults:?}");
        let faults = rules(as_listed(&["bills"], &["sale", "till"]));
        assert!(faults.len() == 2 && faults[1].contains("is a circle"), "{faults:?}");
        assert_eq!(rules(as_listed(&["bills"], &[])).len(), 1);
    }
}
