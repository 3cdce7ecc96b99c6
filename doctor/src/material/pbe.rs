//! Password-based encryption: PKCS#5 (RFC 8018), appendices B and C of PKCS#12 (RFC 7292), and the traditional form of
//! OpenSSL's PEM.

use md5::Md5;
use pkcs12::kdf::Pkcs12KeyType;

use super::ber::Value;
use super::cipher::{Cipher, rc4};
use super::decryption_error::DecryptionError;
use super::digest::{self, Hash};
use super::password::PasswordEncoding;

/// Largest number of iterations that is accepted: more would only keep this machine busy.
const MOST_ITERATIONS: u32 = 20_000_000;
/// Largest product of memory in bytes and parallelism that is accepted for scrypt.
const MOST_MEMORY: u64 = 1 << 30;

/// Decrypted content, and by what outdated cipher it was closed.
pub(crate) struct Decrypted {
    pub(crate) content: Vec<u8>,
    pub(crate) outdated: Option<&'static str>,
}

/// Opens `content` with the algorithm in `identifier`, an `AlgorithmIdentifier`.
pub(crate) fn open(
    identifier: &Value,
    content: &[u8],
    password: &PasswordEncoding,
) -> Result<Decrypted, DecryptionError> {
    let (oid, parameters) = identifier
        .algorithm()
        .ok_or_else(|| DecryptionError::unknown("?"))?;
    match oid.strip_prefix("1.2.840.113549.1.12.1.") {
        Some(number) => pkcs12(number, parameters.as_ref(), content, password),
        None => match oid.as_str() {
            "1.2.840.113549.1.5.13" => pbes2(parameters.as_ref(), content, password),
            "1.2.840.113549.1.5.3" => {
                pbes1(Hash::Md5, "DES", parameters.as_ref(), content, password)
            }
            "1.2.840.113549.1.5.6" => {
                pbes1(Hash::Md5, "RC2", parameters.as_ref(), content, password)
            }
            "1.2.840.113549.1.5.10" => {
                pbes1(Hash::Sha1, "DES", parameters.as_ref(), content, password)
            }
            "1.2.840.113549.1.5.11" => {
                pbes1(Hash::Sha1, "RC2", parameters.as_ref(), content, password)
            }
            _ => Err(DecryptionError::UnknownAlgorithm(oid)),
        },
    }
}

/// Opens an `EncryptedPrivateKeyInfo` (RFC 5958 §3) and returns the key in DER.
pub(crate) fn open_key(
    bytes: &[u8],
    password: &PasswordEncoding,
) -> Result<Decrypted, DecryptionError> {
    let parts = encrypted_key(bytes).ok_or(DecryptionError::WrongPassword)?;
    let content = parts.1.octets().ok_or(DecryptionError::WrongPassword)?;
    open(&parts.0, &content, password)
}

/// Returns the algorithm and the content of an `EncryptedPrivateKeyInfo`, or `None` if `bytes` is not one.
pub(crate) fn encrypted_key(bytes: &[u8]) -> Option<(Value<'_>, Value<'_>)> {
    let (whole, _) = Value::first(bytes)?;
    let [identifier, content] = <[Value; 2]>::try_from(whole.sequence()?).ok()?;
    identifier.algorithm()?;
    content.octet_string()?;
    Some((identifier, content))
}

/// Opens a key in OpenSSL's traditional form: `DEK-Info: CIPHER,IV`, with a key derived by one round of MD5.
pub(crate) fn open_traditional(
    dek_info: &str,
    content: &[u8],
    password: &PasswordEncoding,
) -> Result<Decrypted, DecryptionError> {
    let (name, iv) = dek_info
        .split_once(',')
        .ok_or_else(|| DecryptionError::unknown("?"))?;
    let iv = hex(iv.trim()).ok_or(DecryptionError::WrongPassword)?;
    let salt = iv.get(..8).ok_or(DecryptionError::WrongPassword)?;
    let cipher = Cipher::traditional(name).ok_or_else(|| DecryptionError::unknown(name))?;
    let mut key = Vec::new();
    while key.len() < cipher.key_length() {
        let last = key.len().saturating_sub(16);
        let before = key.get(last..).unwrap_or_default();
        key.extend(digest::hash::<Md5>(&[before, password.utf8(), salt]));
    }
    key.truncate(cipher.key_length());
    Ok(Decrypted {
        content: cipher.decrypt(&key, &iv, content)?,
        outdated: Some("Proc-Type, MD5"),
    })
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect()
}

/// Returns the salt and the iterations, the only parameters of PKCS#12 and PBES1.
fn salted(parameters: Option<&Value>) -> Result<(Vec<u8>, u32), DecryptionError> {
    let read = || {
        let parts = parameters?.sequence()?;
        let [salt, iterations] = parts.as_slice() else {
            return None;
        };
        Some((salt.octet_string()?, iterations.number()?))
    };
    let (salt, iterations) = read().ok_or_else(|| DecryptionError::unknown("parameters"))?;
    Ok((salt, bounded(iterations)?))
}

/// Returns `iterations` if it is within the limit.
pub(crate) fn bounded(iterations: u32) -> Result<u32, DecryptionError> {
    if (1..=MOST_ITERATIONS).contains(&iterations) {
        Ok(iterations)
    } else {
        Err(DecryptionError::UnknownAlgorithm(format!(
            "{iterations} iterations"
        )))
    }
}

fn pkcs12(
    number: &str,
    parameters: Option<&Value>,
    content: &[u8],
    password: &PasswordEncoding,
) -> Result<Decrypted, DecryptionError> {
    let (salt, iterations) = salted(parameters)?;
    let derived =
        |purpose, length| Hash::Sha1.pkcs12_key(password.bmp(), &salt, purpose, iterations, length);
    let (cipher, name) = match number {
        "1" | "2" => {
            let (length, name) = if number == "1" {
                (16, "RC4-128")
            } else {
                (5, "RC4-40")
            };
            let key = derived(Pkcs12KeyType::EncryptionKey, length);
            return Ok(Decrypted {
                content: rc4(&key, content)?,
                outdated: Some(name),
            });
        }
        "3" => (Cipher::TripleDes, "3DES"),
        "4" => (Cipher::DoubleDes, "2DES"),
        "5" => (
            Cipher::Rc2 {
                length: 16,
                bits: 128,
            },
            "RC2-128",
        ),
        "6" => (
            Cipher::Rc2 {
                length: 5,
                bits: 40,
            },
            "RC2-40",
        ),
        _ => {
            return Err(DecryptionError::UnknownAlgorithm(format!(
                "1.2.840.113549.1.12.1.{number}"
            )));
        }
    };
    let key = derived(Pkcs12KeyType::EncryptionKey, cipher.key_length());
    let iv = derived(Pkcs12KeyType::Iv, 8);
    Ok(Decrypted {
        content: cipher.decrypt(&key, &iv, content)?,
        outdated: Some(name),
    })
}

/// Decrypts with PBES1 (RFC 8018 §6.1).
fn pbes1(
    hash: Hash,
    cipher: &str,
    parameters: Option<&Value>,
    content: &[u8],
    password: &PasswordEncoding,
) -> Result<Decrypted, DecryptionError> {
    let (salt, iterations) = salted(parameters)?;
    let derived = hash.pbkdf1(password.utf8(), &salt, iterations);
    let (key, iv) = derived
        .get(..16)
        .and_then(|derived| derived.split_at_checked(8))
        .ok_or(DecryptionError::WrongPassword)?;
    let (cipher, name) = match (cipher, hash) {
        ("DES", Hash::Md5) => (Cipher::Des, "MD5/DES"),
        ("DES", _) => (Cipher::Des, "SHA-1/DES"),
        (_, Hash::Md5) => (
            Cipher::Rc2 {
                length: 8,
                bits: 64,
            },
            "MD5/RC2",
        ),
        (_, _) => (
            Cipher::Rc2 {
                length: 8,
                bits: 64,
            },
            "SHA-1/RC2",
        ),
    };
    Ok(Decrypted {
        content: cipher.decrypt(key, iv, content)?,
        outdated: Some(name),
    })
}

/// Decrypts with PBES2 (RFC 8018 §6.2).
fn pbes2(
    parameters: Option<&Value>,
    content: &[u8],
    password: &PasswordEncoding,
) -> Result<Decrypted, DecryptionError> {
    let parts = parameters.and_then(Value::sequence);
    let Some([derivation, scheme]) = parts.as_deref() else {
        return Err(DecryptionError::unknown("PBES2"));
    };
    let (cipher, iv) = Cipher::from_scheme(scheme)?;
    let key = key(derivation, cipher.key_length(), password)?;
    Ok(Decrypted {
        content: cipher.decrypt(&key, &iv, content)?,
        outdated: cipher.outdated(),
    })
}

/// Derives a key of `length` bytes by PBKDF2 (RFC 8018 §5.2) or scrypt (RFC 7914 §7).
pub(crate) fn key(
    derivation: &Value,
    length: usize,
    password: &PasswordEncoding,
) -> Result<Vec<u8>, DecryptionError> {
    let (oid, parameters) = derivation
        .algorithm()
        .ok_or_else(|| DecryptionError::unknown("?"))?;
    let parameters = parameters.as_ref().and_then(Value::sequence);
    let parameters = parameters.ok_or_else(|| DecryptionError::unknown(&oid))?;
    let [salt, rest @ ..] = parameters.as_slice() else {
        return Err(DecryptionError::UnknownAlgorithm(oid));
    };
    let Some(salt) = salt.octet_string() else {
        // `otherSource` (RFC 8018, appendix A.2) has no use in practice.
        return Err(DecryptionError::UnknownAlgorithm(oid));
    };
    let numbers: Vec<u32> = rest.iter().map_while(Value::number).collect();
    let lengths = |own: Option<&u32>| own.is_none_or(|own| usize::try_from(*own) == Ok(length));
    match (oid.as_str(), numbers.as_slice()) {
        ("1.2.840.113549.1.5.12", [iterations, own @ ..]) if lengths(own.first()) => {
            let prf = rest.get(numbers.len());
            let hash = match prf {
                None => Hash::Sha1,
                Some(prf) => Hash::from_hmac_identifier(prf)?,
            };
            let iterations = bounded(*iterations)?;
            Ok(hash.pbkdf2(password.utf8(), &salt, iterations, length))
        }
        ("1.3.6.1.4.1.11591.4.11", [n, r, p, own @ ..]) if lengths(own.first()) => {
            scrypt(&salt, [*n, *r, *p], length, password)
        }
        _ => Err(DecryptionError::UnknownAlgorithm(oid)),
    }
}

fn scrypt(
    salt: &[u8],
    [n, r, p]: [u32; 3],
    length: usize,
    password: &PasswordEncoding,
) -> Result<Vec<u8>, DecryptionError> {
    let unknown = || DecryptionError::UnknownAlgorithm(format!("scrypt with N={n}, r={r}, p={p}"));
    let memory = u64::from(n)
        .saturating_mul(u64::from(r))
        .saturating_mul(128);
    let work = memory.saturating_mul(u64::from(p));
    if !n.is_power_of_two() || work > MOST_MEMORY {
        return Err(unknown());
    }
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| unknown())?;
    let parameters = scrypt::Params::new(log_n, r, p).map_err(|_| unknown())?;
    let mut key = vec![0; length];
    scrypt::scrypt(password.utf8(), salt, &parameters, &mut key).map_err(|_| unknown())?;
    Ok(key)
}
