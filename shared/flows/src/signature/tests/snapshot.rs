//! Tests of two messages from Posten about one job.

use crate::signature::snapshot::{Signer as StoredSigner, StatusSnapshot};
use innsyn_protocols::posten::{Address, Identity};

fn address(path: &str) -> Option<Address> {
    Address::try_from(path.to_owned()).ok()
}

fn signer(who: &str, status: &str, since: i64) -> StoredSigner {
    StoredSigner {
        who: Some(Identity::Named(who.to_owned())),
        status: status.to_owned(),
        since,
        xades: None,
    }
}

fn snapshot(signers: &[(&str, &str, i64)], cancellation: bool) -> StatusSnapshot {
    let signers = signers
        .iter()
        .map(|(who, status, since)| signer(who, status, *since));
    StatusSnapshot {
        job_id: 1,
        signers: signers.collect(),
        confirmation: None,
        cancellation: address("/cancel").filter(|_| cancellation),
        delete_documents: None,
        pades: None,
    }
}

fn statuses(snapshot: &StatusSnapshot) -> Vec<(&str, i64)> {
    let signers = snapshot.signers.iter();
    signers
        .map(|signer| (signer.status.as_str(), signer.since))
        .collect()
}

#[test]
fn the_order_in_which_they_come_makes_no_difference() {
    let old = snapshot(&[("a", "WAITING", 1), ("b", "WAITING", 1)], true);
    let new = snapshot(&[("a", "SIGNED", 3), ("b", "WAITING", 1)], false);
    for joined in [old.clone().and(new.clone()), new.and(old)] {
        assert_eq!(statuses(&joined), [("SIGNED", 3), ("WAITING", 1)]);
        assert!(joined.cancellation.is_none(), "it was not there any more");
    }
}

#[test]
fn twice_the_same_is_the_same() {
    let one = snapshot(&[("a", "WAITING", 1), ("b", "SIGNED", 2)], true);
    assert!(one.clone().and(one.clone()) == one);
}

#[test]
fn an_address_that_was_given_once_is_kept() {
    let mut old = snapshot(&[("a", "SIGNED", 1)], false);
    old.pades = address("/pades");
    old.signers[0].xades = address("/xades");
    let mut new = snapshot(&[("a", "SIGNED", 1)], false);
    new.delete_documents = address("/documents");
    for joined in [old.clone().and(new.clone()), new.and(old)] {
        assert!(joined.pades.is_some() && joined.delete_documents.is_some());
        assert!(joined.signers[0].xades.is_some());
    }
}

#[test]
fn a_signer_is_found_by_name_and_the_only_one_without() {
    let named = snapshot(&[("b", "SIGNED", 2), ("a", "WAITING", 1)], false);
    let who = |name: &str| Identity::Named(name.to_owned());
    assert_eq!(named.signer(&who("a")).map(|signer| signer.since), Some(1));
    assert!(named.signer(&who("c")).is_none());
    let mut only = snapshot(&[("a", "SIGNED", 1)], false);
    assert!(only.signer(&who("b")).is_none());
    only.signers[0].who = None;
    assert!(only.signer(&who("b")).is_some());
}
