//! Length of texts, and recognition of national identity numbers.

use super::direct;
use crate::posten::manifest::manifest;
use crate::posten::text::*;

#[test]
fn composed_characters_are_counted() {
    assert_eq!(composed("a\u{30a}"), "\u{e5}");
    assert_eq!(composed("\u{e5}"), "\u{e5}");
    // Compatibility characters are not changed.
    assert_eq!(composed("\u{fb01}\u{ff11}"), "\u{fb01}\u{ff11}");
}

#[test]
fn titles_go_out_composed_as_the_api_says() {
    let mut job = direct();
    let decomposed = "La\u{30a}n";
    job.title = decomposed.to_owned();
    job.documents[0].title = decomposed.to_owned();
    let manifest = manifest(&job);
    assert_eq!(
        manifest.matches("<title>L\u{e5}n</title>").count(),
        2,
        "{manifest}"
    );
    assert!(!manifest.contains('\u{30a}'));
    let api = include_str!("../../../../../docs/api/openapi.yaml");
    assert!(api.contains("Unicode's composed form (NFC)"));
}

#[test]
fn what_xml_can_hold() {
    for text in [
        "",
        "a\tb\r\n",
        "\u{20}\u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}",
    ] {
        assert!(is_writable(text), "{text:?}");
    }
    for text in ["\0", "\u{1}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
        assert!(!is_writable(text), "{text:?}");
    }
}

#[test]
fn numbers_in_addresses() {
    let address = |tail: &str| format!("https://bank.example/{tail}");
    for tail in [
        "17897432161",
        "?pid=17897432161&a=b",
        "?a=b&pid=178974%2032161",
        "?pid=178974+32161",
        "?pid=%31%37%38%39%37%34%33%32%31%36%31",
        "a/17897432161/b",
        "?pid=%EF%BC%91%EF%BC%97897432161",
    ] {
        assert!(address_holds_number(&address(tail)), "{tail}");
    }
    for tail in ["", "?state=ZqVb0yJ2bqkYt2mDk0mT", "?a=178974&b=32161"] {
        assert!(!address_holds_number(&address(tail)), "{tail}");
    }
}
