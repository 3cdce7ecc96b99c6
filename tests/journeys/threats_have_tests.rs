//! Coverage of threats: each threat in docs/security.md and its pages names a counter-measure and a
//! test, and each named test exists.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::house::project;

/// Header of a table of threats.
const THREATS: [&str; 3] = ["Threat", "Counter-measure", "Test"];

/// Minimum number of threats: with fewer, the tables were not recognised.
const FEWEST: usize = 120;

/// Maximum number of lines of a page.
const LONGEST: usize = 400;

/// Tested rows of the tables, and the complaints about them.
#[derive(Debug, Default, PartialEq)]
struct Report {
    rows: usize,
    faults: Vec<String>,
}

impl Report {
    /// Reads a page. `exists` says whether a file, relative to the page, has the test; for a file
    /// that is not Rust, whether it is there.
    fn read(page: &str, mut exists: impl FnMut(&str, &str) -> bool) -> Self {
        let mut report = Self::default();
        let mut header: Option<Vec<&str>> = None;
        for (number, line) in (1..).zip(page.lines()) {
            let Some(cells) = cells(line) else {
                header = None;
                continue;
            };
            let Some(header) = &header else {
                if cells.first() == Some(&"Threat") && cells != THREATS {
                    report
                        .faults
                        .push(format!("line {number}: the columns are not {THREATS:?}"));
                }
                header = Some(cells);
                continue;
            };
            let is_ruler = cells.iter().all(|cell| cell.starts_with("---"));
            if header.last() != Some(&"Test") || is_ruler {
                continue;
            }
            report.rows += 1;
            if cells.len() != header.len() {
                report
                    .faults
                    .push(format!("line {number}: {} cells", cells.len()));
                continue;
            }
            if let Some((name, _)) = header.iter().zip(&cells).find(|(_, cell)| cell.is_empty()) {
                report
                    .faults
                    .push(format!("line {number}: {name} is empty"));
            }
            let tests = links(cells.last().expect("a cell"));
            if tests.is_empty() {
                report.faults.push(format!("line {number}: no test"));
            }
            for (test, file) in tests {
                if !exists(file, test) {
                    report
                        .faults
                        .push(format!("line {number}: {file} has no test {test}"));
                }
            }
        }
        report
    }
}

/// Splits a row of a table into cells.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inside.split('|').map(str::trim).collect())
}

/// Returns the links whose text is code: name and target.
fn links(cell: &str) -> Vec<(&str, &str)> {
    fn link(part: &str) -> Option<(&str, &str)> {
        let (name, rest) = part.split_once("`](")?;
        let (target, _) = rest.split_once(')')?;
        Some((name, target))
    }
    cell.split("[`").skip(1).filter_map(link).collect()
}

/// Returns the names of the test functions in a Rust source.
fn tests_of(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        }
        let function = line.split_once("fn ").filter(|(before, _)| {
            let mut words = before.split_whitespace();
            words.all(|word| ["pub", "async"].contains(&word))
        });
        if let Some((_, rest)) = function {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            found.extend(std::mem::take(&mut is_test).then_some(name));
        }
    }
    found
}

/// Returns the threat model and its pages.
fn pages() -> Vec<PathBuf> {
    let docs = project().join("docs");
    let entries = fs::read_dir(docs.join("security")).expect("a folder");
    let mut pages: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    pages.push(docs.join("security.md"));
    pages.sort();
    pages
}

#[test]
fn no_cell_is_empty_and_every_test_exists() {
    let mut sources: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut rows = 0;
    let mut faults = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let folder = page.parent().expect("a folder");
        let report = Report::read(&text, |file, test| {
            let path = folder.join(file);
            if path.extension().is_none_or(|extension| extension != "rs") {
                return path.is_file();
            }
            let source = sources
                .entry(path.clone())
                .or_insert_with(|| fs::read_to_string(path).unwrap_or_default());
            tests_of(source).contains(&test)
        });
        rows += report.rows;
        let name = page.strip_prefix(project()).expect("a part").display();
        faults.extend(report.faults.iter().map(|fault| format!("{name}: {fault}")));
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "{name} has {lines} lines");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(rows >= FEWEST, "{rows} threats");
}

#[test]
fn every_page_is_reached_from_the_first() {
    let first = project().join("docs/security.md");
    let first = fs::read_to_string(first).expect("a page");
    for page in pages() {
        let name = page
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        assert!(
            name == "security.md" || first.contains(&format!("(security/{name})")),
            "{name}"
        );
    }
}

#[test]
fn what_is_wrong_is_told() {
    let table = |rows: &str| {
        format!("Text\n\n| Threat | Counter-measure | Test |\n|---|---|---|\n{rows}\n")
    };
    let report = |page: &str| Report::read(page, |file, test| (file, test) == ("a.rs", "is_held"));
    let good = "| A | b | [`is_held`](a.rs) |";
    assert_eq!(
        report(&table(good)),
        Report {
            rows: 1,
            faults: vec![]
        }
    );
    for (row, fault) in [
        (
            "| A | | [`is_held`](a.rs) |",
            "line 5: Counter-measure is empty",
        ),
        ("| A | b | |", "line 5: Test is empty"),
        ("| | | |", "line 5: Threat is empty"),
        ("| A | b | by hand |", "line 5: no test"),
        (
            "| A | b | [`is_not`](a.rs) |",
            "line 5: a.rs has no test is_not",
        ),
        (
            "| A | b | [`is_held`](b.rs), [`is_held`](a.rs) |",
            "line 5: b.rs has no test is_held",
        ),
        ("| A | [`is_held`](a.rs) |", "line 5: 2 cells"),
    ] {
        let faults = report(&table(row)).faults;
        assert_eq!(faults.first().map(String::as_str), Some(fault), "{row}");
    }
    let other = "| Threat | Answer |\n|---|---|\n| A | b |\n";
    assert_eq!(report(other).faults.len(), 1);
    let source = "#[test]\nfn one() {}\n#[tokio::test(flavor = \"multi_thread\")]\n#[expect(\n    dead_code\n)]\nasync fn two() {}\nfn helper() {}\n";
    assert_eq!(tests_of(source), ["one", "two"]);
}

/// Checks that the paths in the model are those of this project alone.
#[test]
fn links_stay_in_the_project() {
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let folder = page.parent().expect("a folder");
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = target.split('#').next().unwrap_or_default();
            let is_there = path.is_empty() || Path::new(&folder.join(path)).exists();
            assert!(is_there, "{}: {target}", page.display());
        }
    }
}
