//! Key sets in the forms of real login services: ignored, tolerated and skipped members and keys.

use super::*;

#[test]
fn members_that_are_not_understood_are_ignored() {
    let long = "A".repeat(20_000);
    for changes in [
        json!({"x5c": [long, long, "B"]}),
        json!({"x5c": 7, "x5u": [], "exp": {"deep": [[[1]]]}, "KID": "b", "Use": "enc"}),
        json!({"crv": "P-256", "x": 1, "y": null}),
        json!({"kid": "a", "use": null, "key_ops": null, "alg": null, "x5t": null}),
        json!({"x5t": 7}),
        json!({"key_ops": ["verify"]}),
        json!({"key_ops": []}),
    ] {
        let key = login_key(&changes);
        let end = verify(std::slice::from_ref(&key), &token(Alg::RS256, Some("a")));
        assert_eq!(end, Ok(()), "{changes}");
        assert_eq!(remarks(&[key]), "", "{changes}");
    }
}

#[test]
fn harmless_forms_are_read_and_named() {
    let n = LOGIN_KEY.jwk("a")["n"].as_str().expect("n").to_owned();
    let modulus = URL_SAFE_NO_PAD.decode(&n).expect("base64url");
    let signed = [0].iter().chain(&modulus).copied().collect::<Vec<_>>();
    for (changes, remark) in [
        (json!({"n": format!("{n}==")}), "not in base64url"),
        (json!({"n": STANDARD.encode(&modulus)}), "not in base64url"),
        (
            json!({"n": URL_SAFE_NO_PAD.encode(signed)}),
            "begin with zeros",
        ),
        (json!({"e": "AAEAAQ"}), "begin with zeros"),
        (json!({"key_ops": ["sign", "verify"]}), "more than verify"),
    ] {
        let key = login_key(&changes);
        let end = verify(std::slice::from_ref(&key), &token(Alg::RS256, Some("a")));
        assert_eq!(end, Ok(()), "{changes}");
        assert!(
            remarks(std::slice::from_ref(&key)).contains(remark),
            "{changes}"
        );
        assert_eq!(
            remarks(std::slice::from_ref(&key)),
            remarks(&[key.clone(), key]),
            "once"
        );
    }
    // About one key in 128 has a coordinate without its leading zeros.
    let (key, token) = std::iter::repeat_with(|| elliptic(Alg::ES256, None))
        .find(|(key, _)| {
            key["x"].as_str().expect("x").starts_with("AA")
                || key["y"].as_str().expect("y").starts_with("AA")
        })
        .expect("endless");
    let short = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(key[name].as_str().expect("text"));
        let bytes = bytes.expect("base64url");
        let digits: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
        URL_SAFE_NO_PAD.encode(digits)
    };
    let shortened = with(key.clone(), &json!({"x": short("x"), "y": short("y")}));
    assert_eq!(verify(std::slice::from_ref(&shortened), &token), Ok(()));
    assert!(remarks(&[shortened]).contains("length of its curve"));

    let set = json!({"keys": [LOGIN_KEY.jwk("a")]}).to_string();
    let marked = format!("\u{feff}{set}");
    let signed = self::token(Alg::RS256, Some("a"));
    assert_eq!(verify_bytes(marked.as_bytes(), &signed), Ok(()));
    let read = Published::read(marked.as_bytes()).expect("a set");
    assert!(read.remarks.join("").contains("byte order mark"));
}

#[test]
fn what_is_no_key_for_signatures_is_left_out_and_the_log_says_why() {
    let named = token(Alg::RS256, Some("a"));
    for (changes, remark) in [
        (json!({"use": "enc"}), ""),
        (json!({"key_ops": ["encrypt"]}), ""),
        (json!({"kty": "oct"}), ""),
        (json!({"use": "enc", "key_ops": ["verify"]}), ""),
        (json!({"use": "SIG"}), "its use is neither sig nor enc"),
        (json!({"use": 1}), "key 1 is left out: its use is not text"),
        (json!({"kid": 7}), "its kid is not text"),
        (json!({"alg": ["RS256"]}), "its alg is not text"),
        (json!({"kty": null}), "it has no kty"),
        (json!({"n": null}), "missing"),
        (json!({"n": 7}), "not text"),
        (json!({"n": "ÅÅÅÅ"}), "not base64url"),
        (json!({"e": "Aw"}), "65537"),
        (
            json!({"n": URL_SAFE_NO_PAD.encode([255; 128])}),
            "2048 to 4096 bits",
        ),
        (
            json!({"n": URL_SAFE_NO_PAD.encode([255; 513])}),
            "2048 to 4096 bits",
        ),
        (json!({"d": "AA"}), "private key"),
        (json!({"oth": []}), "private key"),
    ] {
        let key = login_key(&changes);
        let end = verify(std::slice::from_ref(&key), &named);
        let told = "the key set has no key for RS256 named a";
        assert_eq!(end.expect_err("left out"), told, "{changes}");
        let said = remarks(&[key]);
        assert_eq!(said.is_empty(), remark.is_empty(), "{said}");
        assert!(said.contains(remark), "{said}");
    }
    let twice = r#"{"keys":[{"kid":"a","kid":"b","kty":"RSA"}]}"#;
    let read = Published::read(twice.as_bytes()).expect("a set");
    assert!(read.keys.is_empty() && read.remarks.join("").contains("twice"));
    for no_set in ["", "[]", "{}", r#"{"keys":{}}"#, "\u{feff}", "[[]]"] {
        assert!(Published::read(no_set.as_bytes()).is_none(), "{no_set}");
    }
    let many = vec![LOGIN_KEY.jwk("a"); 65];
    assert!(remarks(&many).contains("of its 65 keys, the first 64 are read"));
}
