//! Archives that Python packs: with its own library, which by default neither streams nor
//! compresses.

use std::process::Command;

use sandbox::population::FJORDBANKEN;

use crate::posten::package_writer::{Draft, SIGNATURES};
use crate::posten::support::TestBed;

const PACKER: &str = "import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', int(sys.argv[2])) as archive:
    for name in sys.argv[3:]:
        archive.write(name)
";

#[tokio::test]
async fn pythons_archives_are_read() {
    if !is_installed() {
        return;
    }
    let bed = TestBed::in_a_hurry().await;
    let (draft, given) = (Draft::direct(), bed.given());
    let folder = bed.new_folder();
    std::fs::create_dir(folder.join("META-INF")).unwrap();
    for (name, content) in draft.signed(&given, bed.clock.now()) {
        std::fs::write(folder.join(name), content).unwrap();
    }
    // Stored, DEFLATE, and BZIP2, which no client uses.
    for (method, is_good) in [("0", true), ("8", true), ("12", false)] {
        let mut python = Command::new("python3");
        python
            .current_dir(&folder)
            .args(["-c", PACKER, "out.zip", method]);
        python.args([SIGNATURES, "manifest.xml", "0000_avtale.pdf"]);
        assert!(python.status().unwrap().success());
        let package = std::fs::read(folder.join("out.zip")).unwrap();
        let (kind, body) = draft.body(&package);
        let address = format!("{}/direct/signature-jobs", bed.root(FJORDBANKEN));
        let said = bed.post(&given, &address, &kind, body).await;
        if is_good {
            said.is_taken();
        } else {
            said.is_refused(400, "ASICE_VALIDATION_FAILED", "cannot be unpacked");
        }
    }
}

fn is_installed() -> bool {
    programs::is_installed("python3", "it packs no archives")
}
