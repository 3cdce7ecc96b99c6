//! The hashes, with what signs and checks with each.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::rsa::{RsaParameters, RsaPssSaltLength};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaSignatureEncoding,
};

/// Algorithm that signs a padded hash.
pub(super) type Signing = &'static RsaSignatureEncoding;
/// Algorithm that verifies a signature of a padded hash.
pub(super) type VerificationAlgorithm = &'static RsaParameters;

/// Hash, with the three paddings: PKCS #1 v1.5, PSS with a salt as long as the hash, PSS with the
/// longest possible salt.
pub(super) struct Hash {
    name: &'static str,
    algorithm: &'static digest::Algorithm,
    pub(super) pkcs1: (Signing, VerificationAlgorithm),
    pub(super) pss: (Signing, VerificationAlgorithm),
    pub(super) pss_max: (Signing, VerificationAlgorithm),
}

const MAX: RsaPssSaltLength = RsaPssSaltLength::Max;

static SIGN_MAX_256: RsaSignatureEncoding = RSA_PSS_SHA256.with_pss_salt_length(MAX);
static SIGN_MAX_384: RsaSignatureEncoding = RSA_PSS_SHA384.with_pss_salt_length(MAX);
static SIGN_MAX_512: RsaSignatureEncoding = RSA_PSS_SHA512.with_pss_salt_length(MAX);
static CHECK_MAX_256: RsaParameters = RSA_PSS_2048_8192_SHA256.with_pss_salt_length(MAX);
static CHECK_MAX_384: RsaParameters = RSA_PSS_2048_8192_SHA384.with_pss_salt_length(MAX);
static CHECK_MAX_512: RsaParameters = RSA_PSS_2048_8192_SHA512.with_pss_salt_length(MAX);

static ALL: [Hash; 3] = [
    Hash {
        name: "sha2-256",
        algorithm: &digest::SHA256,
        pkcs1: (&RSA_PKCS1_SHA256, &RSA_PKCS1_2048_8192_SHA256),
        pss: (&RSA_PSS_SHA256, &RSA_PSS_2048_8192_SHA256),
        pss_max: (&SIGN_MAX_256, &CHECK_MAX_256),
    },
    Hash {
        name: "sha2-384",
        algorithm: &digest::SHA384,
        pkcs1: (&RSA_PKCS1_SHA384, &RSA_PKCS1_2048_8192_SHA384),
        pss: (&RSA_PSS_SHA384, &RSA_PSS_2048_8192_SHA384),
        pss_max: (&SIGN_MAX_384, &CHECK_MAX_384),
    },
    Hash {
        name: "sha2-512",
        algorithm: &digest::SHA512,
        pkcs1: (&RSA_PKCS1_SHA512, &RSA_PKCS1_2048_8192_SHA512),
        pss: (&RSA_PSS_SHA512, &RSA_PSS_2048_8192_SHA512),
        pss_max: (&SIGN_MAX_512, &CHECK_MAX_512),
    },
];

impl Hash {
    /// Returns the hash with this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|hash| hash.name == name)
    }

    /// Returns the length of the hash in bytes.
    pub(super) fn length(&self) -> usize {
        self.algorithm.output_len()
    }

    /// Hashes `input`, or returns `input` itself if it is a hash already.
    pub(super) fn digest(&self, input: &[u8], prehashed: bool) -> Option<Digest> {
        if prehashed {
            return Digest::import_less_safe(input, self.algorithm).ok();
        }
        Some(digest::digest(self.algorithm, input))
    }
}
