//! Which path or method did somebody mean who asked for one that is not there?

use crate::near::{distance, letters};
use http::Method;

/// A path is shown as one that may be meant up to this many changes: letters, or three for a whole segment.
const CHANGES_MAX: usize = 6;
/// What a segment too many or too few counts.
const SEGMENT_COST: usize = 3;
/// Of a path longer than this no neighbour is looked for: nobody mistyped it.
const PATH_BYTES_MAX: usize = 300;

/// The paths that people may call, as templates (`/bills/{sourceId}`), each with its methods.
#[derive(Debug, Clone, Default)]
pub struct Paths(Vec<(String, Vec<Method>)>);

impl Paths {
    /// Takes templates with their methods.
    pub fn new(paths: impl IntoIterator<Item = (String, Vec<Method>)>) -> Self {
        Self(paths.into_iter().collect())
    }

    /// What to say to a path that no route has.
    pub(crate) fn unknown(&self, path: &str) -> String {
        let near = self.nearest(path).map_or_else(String::new, |(template, methods)| {
            format!("; did you mean {template}, which takes {}?", list(methods))
        });
        format!("nothing answers at {path}{near}; the paths are at /docs and in /openapi.json")
    }

    /// What to say to a method that the route with this template does not have.
    pub(crate) fn not_allowed(&self, template: &str, path: &str, method: &Method) -> String {
        match self.0.iter().find(|(known, _)| known == template) {
            Some((_, methods)) => format!("{method} is not known at {path}; it takes {}", list(methods)),
            None => format!("{method} is not known at {path}; the Allow header names what is"),
        }
    }

    /// The known path with the fewest changes, if there are few.
    fn nearest(&self, path: &str) -> Option<(&str, &[Method])> {
        if path.len() > PATH_BYTES_MAX {
            return None;
        }
        let asked = segments(path);
        let changes = |(template, methods)| Some((changes(&asked, &segments(template)), template, methods));
        let all = self.0.iter().map(|(template, methods)| (template.as_str(), methods.as_slice()));
        let (_, template, methods) = all
            .filter_map(changes)
            .filter(|(changes, template, _)| *changes <= CHANGES_MAX && shares_a_word(&asked, template))
            .min_by_key(|(c, t, _)| (*c, t.len()))?;
        Some((template, methods))
    }
}

/// `GET or PUT`
fn list(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(" or ")
}

/// The segments of a path; a slash at its end makes none.
fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// Whether some segment of a path is spelt nearly as a fixed one of the template: placeholders alone are like anything.
fn shares_a_word(path: &[&str], template: &str) -> bool {
    let fixed = segments(template).into_iter().filter(|segment| !segment.starts_with('{'));
    fixed.into_iter().any(|known| path.iter().any(|asked| letters(asked, known) * 3 <= known.len()))
}

/// How many changes lead from one path to a template, whose `{…}` stand for any text.
fn changes(path: &[&str], template: &[&str]) -> usize {
    let cost = |asked: &&str, known: &&str| {
        if known.starts_with('{') { usize::from(asked.is_empty()) } else { letters(asked, known) }
    };
    distance(path, template, SEGMENT_COST, cost)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        let path = |template: &str, methods: &[Method]| (template.to_owned(), methods.to_vec());
        Paths::new([
            path("/admin/v1/partner/merchants/{merchantId}", &[Method::GET, Method::PUT]),
            path("/admin/v1/partner/merchants/{merchantId}/members", &[Method::POST]),
            path("/bills/{sourceId}", &[Method::GET]),
            path("/openapi.json", &[Method::GET]),
        ])
    }

    #[test]
    fn the_nearest_path_is_named_when_there_is_one() {
        // asked, part of the message, or none when nothing is near
        let table = [
            ("/bills/59-91/", Some("/bills/{sourceId}, which takes GET")),
            ("/Bill/59-91", Some("/bills/{sourceId}")),
            ("/admin/v1/partner/merchants", Some("merchants/{merchantId}, which takes GET or PUT")),
            ("/admin/v1/partner/merchants/m1/mebmers", Some("{merchantId}/members, which takes POST")),
            ("/partner/merchants/m1/members", Some("/admin/v1/partner/merchants/{merchantId}/members")),
            ("/openapi.yaml", Some("/openapi.json")),
            ("/wp-login.php?x", None),
            ("/a/b/c/d/e/f/g/h", None),
        ];
        for (asked, expected) in table {
            let message = paths().unknown(asked);
            match expected {
                Some(part) => assert!(message.contains(part), "{asked}: {message}"),
                None => assert!(!message.contains("did you mean"), "{asked}: {message}"),
            }
        }
        assert!(!paths().unknown(&"/x".repeat(200)).contains("did you mean"));
    }

    #[test]
    fn a_method_is_told_what_the_path_takes() {
        let (paths, path) = (paths(), "/admin/v1/partner/merchants/m1/members");
        let told = paths.not_allowed("/admin/v1/partner/merchants/{merchantId}/members", path, &Method::GET);
        assert_eq!(told, format!("GET is not known at {path}; it takes POST"));
        assert!(Paths::default().not_allowed("/x", "/x", &Method::GET).contains("Allow header"));
    }
}
