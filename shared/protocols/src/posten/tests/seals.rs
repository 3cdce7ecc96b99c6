//! Certificates and keys: valid and invalid seals.

use keyfile::{Fault, PemError};

use super::*;
use innsyn_core::fixtures::OTHER_KEY;

fn certificates() -> Vec<&'static str> {
    CHAIN
        .split_inclusive("-----END CERTIFICATE-----\n")
        .collect()
}

#[test]
fn a_chain_or_the_leaf_alone() {
    let seal = Seal::from_pem(CHAIN, &key()).expect("a seal");
    assert_eq!(seal.organisation().as_str(), CONSUMER);
    assert_eq!(seal.chain.len(), 3);
    // Written by openssl: 25 digits, more than 64 bits.
    assert_eq!(seal.serial, "1873418689365099222778579");
    let alone = Seal::from_pem(certificates()[0], &key()).expect("a seal");
    assert_eq!(alone.chain, &seal.chain[..1]);
    assert!(!format!("{seal:?}").contains("MIIEv"), "no key");
}

#[test]
fn the_key_may_stand_among_others() {
    let (key, other) = (key(), &OTHER_KEY.pem);
    for keys in [format!("{other}{key}"), format!("{key}\n{other}\n{key}")] {
        Seal::from_pem(CHAIN, &keys).expect("a seal");
    }
    let others = format!("{other}{other}");
    assert_eq!(
        Seal::from_pem(CHAIN, &others).err(),
        Some(SealError::Mismatch)
    );
}

#[test]
fn pem_as_it_is_pasted() {
    let key = key();
    let indented = |text: &str| -> String {
        let lines = text.lines().map(|line| format!("  {line}\n"));
        lines.collect::<Vec<_>>().concat()
    };
    let forms: [&dyn Fn(&str) -> String; 5] = [
        &|text| text.replace('\n', " "),
        &|text| text.replace('\n', "\\n"),
        &|text| text.replace('\n', "\r\n"),
        &|text| format!("\"{}\"", text.trim_end()),
        &indented,
    ];
    for form in forms {
        let seal = Seal::from_pem(&form(CHAIN), &form(&key)).expect("a seal");
        assert_eq!(seal.chain.len(), 3);
    }
}

#[test]
fn what_makes_no_seal() {
    let [leaf, ca, root] = <[&str; 3]>::try_from(certificates()).expect("three");
    let key = key();
    let cases = [
        (
            "",
            key.as_str(),
            SealError::Certificates(PemError::NoCertificate),
        ),
        (
            key.as_str(),
            key.as_str(),
            SealError::Certificates(PemError::NoCertificate),
        ),
        (leaf, "", SealError::Keys(PemError::NoPrivateKey)),
        (leaf, leaf, SealError::Keys(PemError::NoPrivateKey)),
        (leaf, &OTHER_KEY.pem, SealError::Mismatch),
        (ca, &key, SealError::Mismatch),
        (
            "-----BEGIN CERTIFICATE-----\nbGVhZg==\n-----END CERTIFICATE-----\n",
            &key,
            SealError::Malformed,
        ),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
            &key,
            SealError::Certificates(PemError::Fault(Fault::Character(2))),
        ),
    ];
    for (chain, key, error) in cases {
        assert_eq!(Seal::from_pem(chain, key).err(), Some(error), "{chain:.40}");
    }
    for chain in [
        format!("{root}{ca}{leaf}"),
        format!("{leaf}{root}"),
        format!("{leaf}{leaf}"),
    ] {
        assert_eq!(Seal::from_pem(&chain, &key).err(), Some(SealError::Order));
    }
}

#[test]
fn names_and_numbers() {
    assert_eq!(issuer::decimal(&[]), "0");
    assert_eq!(issuer::decimal(&[0, 0]), "0");
    assert_eq!(issuer::decimal(&[9]), "9");
    assert_eq!(issuer::decimal(&[1, 0]), "256");
    assert_eq!(
        issuer::decimal(&u64::MAX.to_be_bytes()),
        u64::MAX.to_string()
    );
    assert_eq!(
        issuer::decimal(&u128::MAX.to_be_bytes()),
        u128::MAX.to_string()
    );
    for (value, written) in [
        ("plain", "plain"),
        ("a, b + c", "a\\, b \\+ c"),
        (" two  ", "\\ two \\ "),
        ("#hash # here", "\\#hash # here"),
        ("<\"\\;>", "\\<\\\"\\\\\\;\\>"),
        ("=æ/", "=æ/"),
        ("", ""),
    ] {
        assert_eq!(issuer::escaped(value), written, "{value}");
    }
}
