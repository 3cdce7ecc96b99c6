//! Authorities in a folder: a certificate that was ordered elsewhere is let in where the same
//! folder is used.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use leaks::{Secret, damaged};
use rcgen::generate_simple_self_signed;
use sandbox::pki::certificates::Defect;
use sandbox::pki::{EnterpriseAuthority, Profile, Vendor};
use time::OffsetDateTime;

use crate::folkeregisteret::support::{ClientFiles, TestBed, order};

/// Orders certificates as `innsyn sandbox certificates --trust-folder` does in a process of its
/// own.
async fn ordered(shared: &Path, out: &Path, vendor: Vendor, defects: &[Defect]) -> ClientFiles {
    let (shared, out) = (shared.to_owned(), out.to_owned());
    let order = order(vendor, Profile::Seid2, defects);
    tokio::task::spawn_blocking(move || {
        let now = OffsetDateTime::now_utc();
        let authorities = EnterpriseAuthority::in_folder(&shared, now).unwrap();
        let package = order.make_under(&authorities, now).unwrap();
        package.write(&out).unwrap();
        ClientFiles::in_folder(&out)
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn what_one_orders_the_other_knows() {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("trust");
    let out = |name: &str| folder.path().join(name);
    // Ordered before the sandbox starts, and while it runs.
    let before = ordered(&shared, &out("before"), Vendor::Buypass, &[]).await;
    let Some(bed) = TestBed::start_sharing(&shared).await else {
        return;
    };
    bed.curl(Some(&before), &[]).await.is_let_in();
    let after = ordered(&shared, &out("after"), Vendor::Commfides, &[]).await;
    bed.curl(Some(&after), &[]).await.is_let_in();
    let revoked = ordered(
        &shared,
        &out("revoked"),
        Vendor::Buypass,
        &[Defect::Revoked],
    )
    .await;
    let said = bed.curl(Some(&revoked), &[]).await;
    said.is_cut_off("certificate revoked");
    // With RSA keys, so that this can be ordered too.
    let old = ordered(&shared, &out("old"), Vendor::Commfides, &[Defect::Sha1]).await;
    bed.curl(Some(&old), &[])
        .await
        .is_cut_off("bad certificate");
    let other = folder.path().join("other");
    let foreign = ordered(
        &other,
        &out("foreign"),
        Vendor::Buypass,
        &[Defect::LookAlike],
    )
    .await;
    bed.curl(Some(&foreign), &[]).await.is_cut_off("unknown ca");
}

#[test]
fn its_files_are_open_to_their_owner_alone_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let shared = folder.path().join("trust");
    let now = OffsetDateTime::now_utc();
    let roots = |authorities: &EnterpriseAuthority| {
        authorities
            .hierarchies()
            .map(|hierarchy| hierarchy.root().to_vec())
    };
    let first = EnterpriseAuthority::in_folder(&shared, now).unwrap();
    let second = EnterpriseAuthority::in_folder(&shared, now).unwrap();
    assert_eq!(roots(&first), roots(&second));
    assert_eq!(first.base(), second.base());
    let mut names = Vec::new();
    for file in std::fs::read_dir(&shared).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(
        names,
        [
            "address",
            "buypass-seid1.pem",
            "buypass-seid2.pem",
            "commfides-seid1.pem",
            "commfides-seid2.pem",
        ]
    );
    let mode = std::fs::metadata(&shared).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    // A folder with other files is left alone.
    let other = folder.path().join("documents");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("letter.txt"), "x").unwrap();
    let error = EnterpriseAuthority::in_folder(&other, now).unwrap_err();
    assert!(error.to_string().contains("has other files"), "{error}");
}

#[test]
fn a_folder_that_is_damaged_shows_none_of_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("address"), "http://localhost:1\n").unwrap();
    let own = generate_simple_self_signed(["authority".to_owned()]).unwrap();
    let secret = Secret::pem(&own.signing_key.serialize_pem());
    for damaged in damaged(&secret.text) {
        for name in [
            "buypass-seid1",
            "buypass-seid2",
            "commfides-seid1",
            "commfides-seid2",
        ] {
            let file = [own.cert.pem().as_bytes(), &damaged.bytes].concat();
            fs::write(folder.path().join(format!("{name}.pem")), file).unwrap();
        }
        let read = EnterpriseAuthority::in_folder(folder.path(), OffsetDateTime::now_utc());
        let error = read.err().unwrap();
        secret.expect_unseen(damaged.name, &format!("{error}\n{error:?}\n{error:#?}"));
    }
}
