//! Nothing outside `shared::altinn` and configuration asks which generation of Altinn it is. That the token request differs is told by
//! `Altinn::token_resource`.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the variable is named among others, and where it is said that a service's name does not fit it.
const CONFIGURATION: [&str; 3] = [
    "shared/src/consent/service.rs",
    "shared/src/consent/settings.rs",
    "shared/src/reads/settings.rs",
];

#[test]
fn nobody_else_asks() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let project = project.expect("the project");
    let (mut inside, mut outside) = (0, Vec::new());
    for folder in ["shared/src", "components", "host/src"] {
        for file in sources(&project.join(folder)) {
            let name = file.strip_prefix(project).expect("a file of ours");
            let name = name.to_str().expect("UTF-8");
            let text = fs::read_to_string(&file).expect("a file");
            // Tests set the generation that they are about.
            let code = text.split("#[cfg(test)]\nmod tests {").next();
            let asks = code.expect("a beginning").lines().filter(|line| asks(line));
            if name.starts_with("shared/src/altinn/") {
                inside += asks.count();
                continue;
            }
            let is_setting = |line: &&str| {
                let names = ["altinn_generation", "altinn_start"];
                CONFIGURATION.contains(&name) && names.iter().any(|name| line.contains(name))
            };
            let asks = asks.filter(|line| !is_setting(line));
            outside.extend(asks.map(|line| format!("{name}: {}", line.trim())));
        }
    }
    assert!(outside.is_empty(), "{outside:#?}");
    assert!(inside > 10, "the test does not know how it is asked");
}

fn asks(line: &str) -> bool {
    let is_comment = line.trim_start().starts_with("//");
    let named = [
        "Generation::Two",
        "Generation::Three",
        "altinn_generation",
        "altinn_start",
        "Start::Link",
        "Start::Certificate",
    ];
    let used = [
        "generation2",
        "generation3",
        "altinn.generation",
        "altinn::Generation",
    ];
    !is_comment && named.iter().chain(&used).any(|word| line.contains(word))
}

/// The Rust files below, but those of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.expect("UTF-8");
        let is_for_tests =
            ["tests", "tests.rs", "fake.rs", "fake2.rs", "secrecy.rs"].contains(&name);
        if is_for_tests || name == "target" {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    found
}
