//! The vendor's own schemas on what the writer here writes and on what the service answers, where
//! they are: in the folder that `POSTEN_XSD` names.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use sandbox::posten::Switches;

use crate::posten::package_writer::{Draft, SIGNATURES, Style};
use crate::posten::support::{Reply, TestBed};

/// Schema that imports all others, as a validator requires.
const DRIVER: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.w3.org/2000/09/xmldsig#" schemaLocation="thirdparty/xmldsig-core-schema.xsd"/>
<xs:import namespace="http://uri.etsi.org/01903/v1.3.2#" schemaLocation="thirdparty/XAdES.xsd"/>
<xs:import namespace="http://uri.etsi.org/2918/v1.2.1#" schemaLocation="thirdparty/ts_102918v010201.xsd"/>
<xs:import namespace="http://signering.posten.no/schema/v1" schemaLocation="direct-and-portal.xsd"/>
</xs:schema>"#;

#[tokio::test]
async fn they_validate_what_is_sent_and_what_is_answered() {
    let Some(schemas) = schemas() else { return };
    let bed = TestBed::in_a_hurry().await;
    let posten = &bed.sandbox.services().posten;
    posten.set_switches(Switches {
        unknown_elements: false,
        ..posten.switches()
    });
    let folder = bed.new_folder();
    let driver = driver(&schemas, &folder);
    let valid = |what: &str, text: &str| {
        let said = is_valid(&driver, &folder, text);
        assert_eq!(said, Ok(()), "{what}: {text}");
    };
    for style in [Style::Java, Style::Net] {
        for draft in [Draft::direct(), Draft::portal()] {
            let draft = Draft { style, ..draft };
            valid("request", &draft.request);
            for (name, content) in draft.signed(&bed.given(), bed.clock.now()) {
                if [SIGNATURES, "manifest.xml"].contains(&name.as_str()) {
                    valid(&name, &short(&String::from_utf8(content).unwrap()));
                }
            }
            // Two, since the style changes from one job's answer to the next.
            for _ in 0..2 {
                valid("answer", &bed.create(&draft).await.body);
            }
        }
    }
    let wrong = Draft::direct().request("POLLING", "polling");
    for _ in 0..2 {
        let Reply { body, .. } = bed.create(&wrong).await;
        valid("refusal", &body);
    }
}

/// Validates `text` with `xmllint`, and returns its message if it is invalid.
pub(crate) fn is_valid(driver: &Path, folder: &Path, text: &str) -> Result<(), String> {
    let (verdicts, said) = validated(driver, folder, &[text.to_owned()]);
    if verdicts == [true] {
        Ok(())
    } else {
        Err(said)
    }
}

/// Returns which of the texts `xmllint` finds valid, and its output.
pub(crate) fn validated(driver: &Path, folder: &Path, texts: &[String]) -> (Vec<bool>, String) {
    let mut xmllint = Command::new("xmllint");
    xmllint
        .current_dir(folder)
        .args(["--noout", "--nonet", "--schema"])
        .arg(driver);
    let files: Vec<String> = (0..texts.len())
        .map(|index| format!("{index}.xml"))
        .collect();
    for (file, text) in files.iter().zip(texts) {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let output = xmllint.args(&files).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let verdicts: BTreeSet<&str> = said.lines().collect();
    let is_valid = |file: &String| {
        let is = |verdict| verdicts.contains(format!("{file} {verdict}").as_str());
        let (good, bad) = (is("validates"), is("fails to validate"));
        assert_ne!(good, bad, "{file}: {said}");
        good
    };
    (files.iter().map(is_valid).collect(), said)
}

/// libxml2 takes no integer of more than 24 digits, and serial numbers have 25.
fn short(signatures: &str) -> String {
    let mark = "X509SerialNumber";
    match signatures.find(mark).and_then(|start| {
        signatures
            .get(start..)?
            .find('>')
            .map(|end| start + end + 1)
    }) {
        None => signatures.to_owned(),
        Some(start) => {
            let (before, after) = signatures.split_at(start);
            let after = after.trim_start_matches(|character: char| character.is_ascii_digit());
            // .NET's has a namespace of its own in the start tag, which stays.
            format!("{before}1{after}")
        }
    }
}

pub(crate) fn driver(schemas: &Path, folder: &Path) -> PathBuf {
    let absolute = format!("schemaLocation=\"{}/", schemas.display());
    let file = folder.join("driver.xsd");
    std::fs::write(&file, DRIVER.replace("schemaLocation=\"", &absolute)).unwrap();
    file
}

/// Returns the folder of the schemas, which few machines have. A machine with them needs `xmllint`
/// too.
pub(crate) fn schemas() -> Option<PathBuf> {
    let schemas = std::env::var_os("POSTEN_XSD").map(PathBuf::from);
    if schemas.is_none() {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: POSTEN_XSD names no folder, so Posten's own schemas have no say"
        );
    }
    schemas
}
