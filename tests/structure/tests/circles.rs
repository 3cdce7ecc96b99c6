//! Dependency graph of each crate's modules: it has no cycles.

use std::path::Path;

/// Root files of the crates that are looked at.
const ROOTS: [&str; 7] = [
    "shared/core/src/lib.rs",
    "shared/protocols/src/lib.rs",
    "shared/runtime/src/lib.rs",
    "shared/flows/src/lib.rs",
    "host/src/lib.rs",
    "doctor/src/lib.rs",
    "cli/src/main.rs",
];

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let project = project.expect("the project");
    for root in ROOTS {
        let circle = structure::circle(&project.join(root)).expect("sources");
        assert!(circle.is_empty(), "{root}: {circle:#?}");
    }
}
