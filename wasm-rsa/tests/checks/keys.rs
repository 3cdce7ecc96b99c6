//! Reading keys, refusing what is none, and signing with them through the traits.

use std::convert::Infallible;
use std::fmt;
use std::process::Command;

use crate::support::run_openssl;
use sha2::{Sha256, Sha384, Sha512};
use wasm_rsa::signature::rand_core::{TryCryptoRng, TryRng};
use wasm_rsa::signature::{
    Keypair as _, RandomizedSigner as _, SignatureEncoding as _, Signer as _, Verifier as _,
};
use wasm_rsa::{
    Hash, HashFunction, Kernel, KeyError, PrivateKey, PrivateKeyComponents, PublicKey, SignError,
    Signature, SigningKey,
};

/// Runs `openssl`, whose answer is DER.
fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
    let folder = tempfile();
    let file = folder.join("in.der");
    std::fs::write(&file, input).unwrap();
    let arguments = arguments.replace("IN", file.to_str().unwrap());
    let output = Command::new("openssl")
        .args(arguments.split(' '))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::remove_dir_all(folder).unwrap();
    output.stdout
}

fn tempfile() -> std::path::PathBuf {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("wasm-rsa-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn generate(options: &str) -> Vec<u8> {
    // In DER, `genpkey` writes a key in the form of its algorithm.
    let key = openssl(&format!("genpkey -quiet -algorithm {options}"), &[]);
    openssl("pkcs8 -topk8 -nocrypt -in IN -outform DER", &key)
}

/// The numbers of a key of 2048 bits.
struct Numbers(Vec<Vec<u8>>);

impl Numbers {
    fn new(lines: &[&str]) -> Self {
        let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
        let answer = run_openssl(&lines).pop().unwrap();
        let byte = |pair: &str| u8::from_str_radix(pair, 16).unwrap();
        let number = |hex: &str| {
            let pairs = (0..hex.len() / 2).map(|index| &hex[2 * index..2 * index + 2]);
            pairs.map(byte).collect()
        };
        Self(answer.split(' ').map(number).collect())
    }

    fn key(&self) -> Result<PrivateKey, KeyError> {
        let [
            modulus,
            public_exponent,
            prime1,
            prime2,
            exponent1,
            exponent2,
            coefficient,
        ] = &self.0[..]
        else {
            panic!("not seven numbers");
        };
        PrivateKey::from_components(&PrivateKeyComponents {
            modulus,
            public_exponent,
            prime1,
            prime2,
            exponent1,
            exponent2,
            coefficient,
        })
    }
}

#[test]
fn every_encoding_gives_the_same_key() {
    let pkcs8 = generate("RSA -pkeyopt rsa_keygen_bits:2048");
    let pkcs1 = openssl("rsa -inform DER -in IN -traditional -outform DER", &pkcs8);
    let spki = openssl("pkey -inform DER -in IN -pubout -outform DER", &pkcs8);
    let public = openssl(
        "rsa -inform DER -in IN -RSAPublicKey_out -outform DER",
        &pkcs8,
    );

    let keys = [
        PrivateKey::from_pkcs8_der(&pkcs8).unwrap(),
        PrivateKey::from_pkcs1_der(&pkcs1).unwrap(),
    ];
    let publics = [
        PublicKey::from_spki_der(&spki).unwrap(),
        PublicKey::from_pkcs1_der(&public).unwrap(),
    ];
    for (key, public) in keys.iter().zip(&publics) {
        assert_eq!(key.public_key(), public);
        let signature = key.sign(Hash::Sha384, b"message").unwrap();
        assert_eq!(signature, keys[0].sign(Hash::Sha384, b"message").unwrap());
        public.verify(Hash::Sha384, b"message", &signature).unwrap();
        public
            .verify(Hash::Sha256, b"message", &signature)
            .unwrap_err();
        public
            .verify(Hash::Sha384, b"massage", &signature)
            .unwrap_err();
    }
    let exponent = publics[0].exponent().to_be_bytes();
    let made = PublicKey::from_components(&publics[0].modulus(), &exponent).unwrap();
    assert_eq!(
        (made.bits(), made.signature_length(), made.exponent()),
        (2048, 256, 65537)
    );
    assert_eq!(made, publics[0]);
}

#[test]
fn what_is_no_key_is_refused() {
    let refused = |options, expected| {
        let der = generate(options);
        assert_eq!(
            PrivateKey::from_pkcs8_der(&der).unwrap_err(),
            expected,
            "{options}"
        );
    };
    refused("EC -pkeyopt ec_paramgen_curve:P-256", KeyError::Encoding);
    refused("RSA-PSS -pkeyopt rsa_keygen_bits:2048", KeyError::Encoding);
    refused("RSA -pkeyopt rsa_keygen_bits:1024", KeyError::Size);
    refused(
        "RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_primes:3",
        KeyError::Encoding,
    );

    let good = generate("RSA -pkeyopt rsa_keygen_bits:2048");
    for end in [0, 1, 100, good.len() - 1] {
        assert_eq!(
            PrivateKey::from_pkcs8_der(&good[..end]).unwrap_err(),
            KeyError::Encoding
        );
        assert_eq!(
            PublicKey::from_spki_der(&good[..end]).unwrap_err(),
            KeyError::Encoding
        );
    }
    let modulus = PrivateKey::from_pkcs8_der(&good)
        .unwrap()
        .public_key()
        .modulus();
    for exponent in [&[0][..], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1]] {
        assert_eq!(
            PublicKey::from_components(&modulus, exponent).unwrap_err(),
            KeyError::Public,
            "{exponent:?}"
        );
    }
    assert_eq!(
        PublicKey::from_components(&[0xff; 256][..255], &[3]).unwrap_err(),
        KeyError::Size
    );
    assert_eq!(
        PublicKey::from_components(&[0xff; 513], &[3]).unwrap_err(),
        KeyError::Size
    );
    assert_eq!(
        PublicKey::from_components(&[0xfe; 256], &[3]).unwrap_err(),
        KeyError::Public
    );
    let other_kernel = PublicKey::with_kernel(Kernel::Fused, &modulus, &[3]);
    assert_eq!(other_kernel.unwrap_err(), KeyError::Kernel);
}

#[test]
fn numbers_that_do_not_fit_together_are_refused() {
    let good = Numbers::new(&["generate 2048"]);
    good.key().unwrap();
    for index in [0, 2, 3, 4, 5, 6] {
        for bit in [0, 1, 7] {
            let mut bad = Numbers(good.0.clone());
            *bad.0[index].last_mut().unwrap() ^= 1 << bit;
            let expected = if index == 0 && bit == 0 {
                KeyError::Public
            } else {
                KeyError::Inconsistent
            };
            assert_eq!(
                bad.key().unwrap_err(),
                expected,
                "number {index}, bit {bit}"
            );
        }
        let mut bad = Numbers(good.0.clone());
        bad.0[index].clear();
        let expected = [KeyError::Size, KeyError::Primes, KeyError::Inconsistent];
        assert!(expected.contains(&bad.key().unwrap_err()), "number {index}");
    }
    let mut swapped = Numbers(good.0.clone());
    swapped.0.swap(2, 3);
    assert_eq!(swapped.key().unwrap_err(), KeyError::Inconsistent);
}

/// A key in whose place of a prime there is a product: its numbers fit together, but its results are wrong modulo that product.
#[test]
fn a_result_that_is_no_signature_is_withheld() {
    let key = Numbers::new(&["assemble_anyway 1024 105 107 10001"])
        .key()
        .unwrap();
    assert_eq!(
        key.sign(Hash::Sha256, b"message").unwrap_err(),
        SignError::Fault
    );
}

#[test]
fn blinding_does_not_show_and_needs_randomness() {
    let key = Numbers::new(&["generate 2048"]).key().unwrap();
    let expected = key.sign(Hash::Sha256, b"message").unwrap();
    for byte in [1, 0x55, 0xff] {
        assert_eq!(
            key.sign_with_rng(&mut Fixed(byte), Hash::Sha256, b"message")
                .unwrap(),
            expected
        );
    }
    // Zero has no inverse: that is found out, and nothing leaves.
    let zero = key.sign_with_rng(&mut Fixed(0), Hash::Sha256, b"message");
    assert_eq!(zero.unwrap_err(), SignError::Fault);
    let broken = key.sign_with_rng(&mut Broken, Hash::Sha256, b"message");
    assert_eq!(broken.unwrap_err(), SignError::Randomness);
}

#[test]
fn the_traits_sign_and_verify() {
    fn check<H: HashFunction>(key: &PrivateKey) {
        let signing = SigningKey::<H>::from(key.clone());
        let signature: Signature = signing.sign(b"message");
        assert_eq!(signature, signing.sign_with_rng(&mut Fixed(3), b"message"));
        assert_eq!(signature.to_vec(), key.sign(H::HASH, b"message").unwrap());
        let verifying = signing.verifying_key();
        verifying.verify(b"message", &signature).unwrap();
        verifying.verify(b"massage", &signature).unwrap_err();
        let short = Signature::try_from(&signature.to_vec()[1..]).unwrap();
        verifying.verify(b"message", &short).unwrap_err();
    }
    let key = Numbers::new(&["generate 2048"]).key().unwrap();
    check::<Sha256>(&key);
    check::<Sha384>(&key);
    check::<Sha512>(&key);
}

#[test]
fn keys_are_not_printed() {
    let numbers = Numbers::new(&["generate 2048"]);
    let key = numbers.key().unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(…)");
    assert_eq!(
        format!("{:?}", key.public_key()),
        "PublicKey { bits: 2048, exponent: 65537, .. }"
    );
}

/// A generator that always gives one byte.
struct Fixed(u8);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_ne_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_ne_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

/// A generator that fails.
struct Broken;

#[derive(Debug)]
struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no randomness")
    }
}

impl std::error::Error for NoRandomness {}

impl TryRng for Broken {
    type Error = NoRandomness;

    fn try_next_u32(&mut self) -> Result<u32, NoRandomness> {
        Err(NoRandomness)
    }

    fn try_next_u64(&mut self) -> Result<u64, NoRandomness> {
        Err(NoRandomness)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), NoRandomness> {
        Err(NoRandomness)
    }
}

impl TryCryptoRng for Broken {}
