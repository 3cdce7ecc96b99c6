//! Modules of a crate, and the circles in which they import each other.
//!
//! A file is a module. It imports another when it names an item that the other defines: in a
//! `use`, in an expression, a type, or the arguments of a macro. A name that a module re-exports
//! counts for the module that defines it, so a facade that only re-exports its children is not part
//! of a circle. A module and its children are one to those outside, and may name each other. Tests
//! are left out.
//!
//! # Examples
//!
//! ```no_run
//! let circle = structure::circle(std::path::Path::new("shared/core/src/lib.rs"))?;
//! assert!(circle.is_empty(), "{circle:#?}");
//! # Ok::<(), anyhow::Error>(())
//! ```

mod imports;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use imports::imports;
use tree::Tree;

/// Imports between modules: for each, the modules that it imports, with one of the names.
pub type Imports = BTreeMap<String, BTreeMap<String, String>>;

/// Returns the imports of the crate whose root file is `root` which are part of a circle; none if
/// there is no circle.
///
/// # Errors
/// Fails where a source file cannot be read or parsed.
pub fn circle(root: &Path) -> anyhow::Result<Imports> {
    Ok(remove_acyclic(between_siblings(&imports(&Tree::read(
        root,
    )?))))
}

/// Lifts each import to the two modules with a common parent that contain its ends. Imports between
/// a module and one inside it are dropped.
fn between_siblings(imports: &Imports) -> Imports {
    let mut siblings = Imports::new();
    for (from, names) in imports {
        for (to, name) in names {
            let (from, to): (Vec<_>, Vec<_>) =
                (from.split("::").collect(), to.split("::").collect());
            let same = from
                .iter()
                .zip(&to)
                .take_while(|(from, to)| from == to)
                .count();
            if let (Some(one), Some(other)) = (from.get(..=same), to.get(..=same)) {
                let imported = siblings.entry(one.join("::")).or_default();
                imported.insert(other.join("::"), name.clone());
            }
        }
    }
    siblings
}

/// Removes the modules that are not part of a circle, nor on a way from one circle to another.
fn remove_acyclic(mut imports: Imports) -> Imports {
    loop {
        let importing: BTreeSet<String> = imports.keys().cloned().collect();
        let imported: BTreeSet<String> =
            imports.values().flat_map(BTreeMap::keys).cloned().collect();
        let before = imports.clone();
        imports.retain(|module, names| {
            names.retain(|name, _| importing.contains(name));
            imported.contains(module) && !names.is_empty()
        });
        if imports == before {
            return imports;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Imports {
        let mut graph = Imports::new();
        for (from, to) in edges {
            let imported = graph.entry((*from).to_owned()).or_default();
            imported.insert((*to).to_owned(), String::new());
        }
        graph
    }

    #[test]
    fn a_module_and_its_children_are_one() {
        let graph = graph(&[
            ("a::b", "a"),
            ("a", "a::b"),
            ("a::b", "c::d"),
            ("c", "a::e"),
            ("a::b", "a::f::g"),
        ]);
        let siblings = between_siblings(&graph);
        let edges: Vec<_> = siblings
            .iter()
            .flat_map(|(from, names)| names.keys().map(move |to| (from.as_str(), to.as_str())))
            .collect();
        assert_eq!(edges, [("a", "c"), ("a::b", "a::f"), ("c", "a")]);
    }

    #[test]
    fn only_what_is_in_a_circle_is_left() {
        let acyclic = [("a", "b"), ("a", "c"), ("b", "c"), ("c", "d")];
        assert_eq!(remove_acyclic(graph(&acyclic)), Imports::new());
        let with = [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")];
        assert_eq!(
            remove_acyclic(graph(&with)),
            graph(&[("b", "c"), ("c", "b")])
        );
    }
}
