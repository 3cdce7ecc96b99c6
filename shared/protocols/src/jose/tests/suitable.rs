//! Key selection for tokens that another library has signed.

use super::*;

#[test]
fn the_key_that_suits_is_taken_not_the_first_of_its_name() {
    let (curve, _) = elliptic(Alg::ES256, None);
    for (case, other) in [
        (
            "for encryption",
            with(OTHER_KEY.jwk("a"), &json!({"use": "enc"})),
        ),
        (
            "for RS384",
            with(OTHER_KEY.jwk("a"), &json!({"alg": "RS384"})),
        ),
        (
            "for PS256",
            with(OTHER_KEY.jwk("a"), &json!({"alg": "PS256"})),
        ),
        (
            "for RSA-OAEP, without use",
            with(OTHER_KEY.jwk("a"), &json!({"alg": "RSA-OAEP", "use": null})),
        ),
        (
            "to wrap keys",
            with(
                OTHER_KEY.jwk("a"),
                &json!({"key_ops": ["wrapKey"], "use": null}),
            ),
        ),
        ("of a curve", curve),
        ("another RSA key", OTHER_KEY.jwk("a")),
        (
            "unknown",
            json!({"kty": "AKP", "kid": "a", "alg": "ML-DSA-44", "pub": "AA"}),
        ),
        ("without a type", json!({"kid": "a"})),
        ("no object", json!(["RSA", "a"])),
        ("of another name", OTHER_KEY.jwk("b")),
    ] {
        for keys in [
            [other.clone(), LOGIN_KEY.jwk("a")],
            [LOGIN_KEY.jwk("a"), other.clone()],
        ] {
            let end = verify(&keys, &token(Alg::RS256, Some("a")));
            assert_eq!(end, Ok(()), "{case}");
        }
    }
}

#[test]
fn one_key_under_three_algorithms() {
    let keys = ["RS384", "RS512", "RS256"].map(|alg| login_key(&json!({ "alg": alg })));
    for algorithm in [Alg::RS256, Alg::RS384, Alg::RS512] {
        assert_eq!(verify(&keys, &token(algorithm, Some("a"))), Ok(()));
        assert_eq!(verify(&keys, &token(algorithm, None)), Ok(()));
    }
    let end = verify(&keys, &token(Alg::PS256, Some("a")));
    assert_eq!(
        end.expect_err("none"),
        "the key set has no key for PS256 named a"
    );
    // A key without `alg` suits every algorithm of its type.
    let any = [login_key(&json!({"alg": null}))];
    for algorithm in [Alg::RS256, Alg::RS512, Alg::PS256, Alg::PS384, Alg::PS512] {
        assert_eq!(verify(&any, &token(algorithm, Some("a"))), Ok(()));
    }
}

#[test]
fn without_a_name_the_one_key_that_can_verify_is_meant() {
    let unnamed = token(Alg::RS256, None);
    let (curve, signed_by_curve) = elliptic(Alg::ES256, None);
    let encryption = with(OTHER_KEY.jwk("e"), &json!({"use": "enc"}));
    let keys = [encryption, curve, LOGIN_KEY.jwk("s")];
    assert_eq!(verify(&keys, &unnamed), Ok(()));
    assert_eq!(verify(&keys, &signed_by_curve), Ok(()));
    let several = [LOGIN_KEY.jwk("s"), OTHER_KEY.jwk("t")];
    let end = verify(&several, &unnamed);
    assert_eq!(
        end.expect_err("which?"),
        "the token names no key, and the key set has 2 for RS256"
    );
    let end = verify(&[OTHER_KEY.jwk("s")], &unnamed);
    assert_eq!(
        end.expect_err("another's"),
        "the token's signature does not hold"
    );
}

#[test]
fn keys_of_one_name_are_tried_and_four_at_most() {
    let others = [&OTHER_KEY, &CLIENT_KEY, &ALTINN_PRIMARY, &ALTINN_SECONDARY];
    let mut keys: Vec<_> = others.iter().map(|key| key.jwk("a")).collect();
    let named = token(Alg::RS256, Some("a"));
    let end = verify(&keys, &named);
    assert_eq!(
        end.expect_err("none"),
        "the token's signature does not hold"
    );
    keys.insert(3, LOGIN_KEY.jwk("a"));
    assert_eq!(verify(&keys, &named), Ok(()), "the fourth");
    keys.swap(3, 4);
    let end = verify(&keys, &named);
    assert_eq!(
        end.expect_err("the fifth"),
        "the token's signature does not hold"
    );
    // The error is that of the key whose signature matches.
    let old = json!({"sub": "kari", "exp": NOW - 1_000});
    let old = LOGIN_KEY.sign(Some("a"), &old);
    let end = verify(&[OTHER_KEY.jwk("a"), LOGIN_KEY.jwk("a")], &old);
    assert_eq!(end.expect_err("old"), "the token has expired");
}

#[test]
fn curves_are_told_apart() {
    let (p256, by_p256) = elliptic(Alg::ES256, Some("a"));
    let (p384, by_p384) = elliptic(Alg::ES384, Some("a"));
    let keys = [p384, p256.clone(), LOGIN_KEY.jwk("a")];
    assert_eq!(verify(&keys, &by_p256), Ok(()));
    assert_eq!(verify(&keys, &by_p384), Ok(()));
    let end = verify(std::slice::from_ref(&p256), &by_p384);
    assert_eq!(
        end.expect_err("none"),
        "the key set has no key for ES384 named a"
    );
    let beside = with(p256, &json!({"x": URL_SAFE_NO_PAD.encode([7; 32])}));
    let end = verify(&[beside], &by_p256);
    assert_eq!(
        end.expect_err("no point"),
        "the key set has no key for ES256 named a"
    );

    let pair = Ed25519KeyPair::generate().expect("a key");
    let der = pair.to_pkcs8v1().expect("PKCS#8");
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let key = EncodingKey::from_ed_der(der.as_ref());
    let token = jsonwebtoken::encode(&header(Alg::EdDSA, Some("a")), &claims(), &key);
    let token = token.expect("a token");
    for alg in [json!("EdDSA"), json!("Ed25519"), json!(null)] {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": "a", "alg": alg, "x": x});
        let agreement = with(jwk.clone(), &json!({"crv": "X25519"}));
        assert_eq!(verify(&[agreement, jwk], &token), Ok(()), "{alg}");
    }
}

#[test]
fn thumbprints_are_names() {
    let keys = [
        OTHER_KEY.jwk("other"),
        login_key(&json!({"x5t": "sha1", "x5t#S256": "sha256"})),
    ];
    let signed = |name: fn(&mut Header)| {
        let mut header = Header::new(Alg::RS256);
        name(&mut header);
        LOGIN_KEY.sign_under(&header, &claims())
    };
    for token in [
        signed(|header| header.x5t = Some("sha1".to_owned())),
        signed(|header| header.x5t_s256 = Some("sha256".to_owned())),
        // Form of Microsoft and Altinn: the kid is the thumbprint.
        signed(|header| header.x5t = Some("a".to_owned())),
        signed(|header| header.kid = Some("sha1".to_owned())),
    ] {
        assert_eq!(verify(&keys, &token), Ok(()));
    }
    let unknown = signed(|header| {
        header.kid = Some("b".to_owned());
        header.x5t = Some("sha1".to_owned());
    });
    let end = verify(&keys, &unknown);
    assert_eq!(
        end.expect_err("kid decides"),
        "the key set has no key for RS256 named b"
    );
    let long = signed(|header| header.kid = Some("b".repeat(65)));
    let end = verify(&keys, &long);
    let told = "the key set has no key for RS256 of the token's name";
    assert_eq!(end.expect_err("unknown"), told);
}
