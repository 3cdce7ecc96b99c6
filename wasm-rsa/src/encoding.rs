//! The encoding EMSA-PKCS1-v1_5 (RFC 8017 §9.2).

use alloc::vec::Vec;
use core::iter::{once, repeat_n};

use crate::hash::Hash;

/// Returns `00 01 ff … ff 00`, the DER `DigestInfo` and the hash, in `length` bytes.
///
/// Moduli have 256 bytes at least, so there is always room for the eight bytes of padding that are required.
pub(crate) fn encode(hash: Hash, message: &[u8], length: usize) -> Vec<u8> {
    let digest = hash.digest(&[message]);
    let info = hash.digest_info();
    let taken = digest.len().saturating_add(info.len()).saturating_add(3);
    let padding = repeat_n(0xff, length.saturating_sub(taken));
    let start = [0, 1].into_iter().chain(padding).chain(once(0));
    start.chain(info.iter().copied()).chain(digest).collect()
}
