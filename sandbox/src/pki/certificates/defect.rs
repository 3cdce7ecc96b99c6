//! Defects of a certificate or its files.

/// Part of a certificate or of its files that has a defect: one defect at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Issuer of the certificate.
    Issuer,
    /// Format or value of the signature.
    Signature,
    /// Period of validity.
    Time,
    /// Organisation number and name.
    Identity,
    /// Organisational unit.
    Unit,
    /// Key usage.
    KeyUsage,
    /// Extended key usage.
    ExtendedKeyUsage,
    /// Certificate policies.
    Policy,
    /// Other extensions.
    Extension,
    /// Basic constraints.
    Constraints,
    /// Certified public key.
    Key,
    /// File with the private key.
    KeyFile,
    /// Files with the certificate.
    File,
    /// Chain delivered with the certificate.
    Chain,
    /// The PKCS#12 file.
    KeyStore,
    /// Alias of the key in the PKCS#12 file.
    Alias,
    /// Revocation status.
    Standing,
}

macro_rules! defects {
    ($($defect:ident $name:literal $id:literal [$($part:ident),+] $sentence:literal)*) => {
        /// Defect that can be ordered, with the identifier of the check that should find it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Defect {
            $(#[doc = concat!($id, ": ", $sentence)] $defect,)*
        }

        impl Defect {
            /// Secrets of the app.
            pub const ALL: &[Self] = &[$(Self::$defect),*];

            /// Returns the name of the defect on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$defect => $name,)* }
            }

            /// Returns the identifier of the check that should find it.
            pub fn id(self) -> &'static str {
                match self { $(Self::$defect => $id,)* }
            }

            /// Describes the defect in a sentence.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$defect => $sentence,)* }
            }

            /// Returns the parts that the defect affects.
            pub(super) fn parts(self) -> &'static [Part] {
                match self { $(Self::$defect => &[$(Part::$part),+],)* }
            }
        }
    };
}

defects! {
    NotACertificate "not-a-certificate" "F01" [File, Chain, KeyStore]
        "The files hold no certificate, but a line of text."
    WrongPassword "wrong-password" "F02" [KeyStore]
        "The PKCS#12 file has another password than the one told."
    OldEncryption "old-encryption" "F03" [KeyStore]
        "The PKCS#12 file is encrypted with 40-bit RC2 and has a SHA-1 MAC."
    NoKey "no-key" "F04" [KeyFile]
        "There is no private key, neither beside the certificate nor in the PKCS#12 file."
    KeyOfAnother "key-of-another" "F05" [KeyFile]
        "The private key belongs to another certificate."
    SeveralKeys "several-keys" "F06" [KeyStore, Alias]
        "The PKCS#12 file holds three keys with a certificate each."
    AliasNotAscii "alias-not-ascii" "F07" [Alias]
        "The key's name in the PKCS#12 file has blanks and letters beyond ASCII."
    ReadableByOthers "readable-by-others" "F08" [KeyFile]
        "Every user of the machine can read the private key's file."
    Utf16 "utf-16" "F09" [File]
        "The PEM files are UTF-16 with a byte-order mark."
    TrustedCertificate "trusted-certificate" "F09" [File]
        "The PEM files say TRUSTED CERTIFICATE, which is OpenSSL's own wrapper."
    AuthorityCertificate "authority-certificate" "F10" [File, Chain]
        "The files hold the certificate of the authority, not the organisation's."
    Expired "expired" "V01" [Time]
        "The certificate expired yesterday."
    NotYetValid "not-yet-valid" "V02" [Time]
        "The certificate is not valid until a week from now."
    ExpiresSoon "expires-soon" "V03" [Time]
        "The certificate expires in 20 days."
    SelfSigned "self-signed" "I01" [Issuer, Chain]
        "The certificate is signed with its own key."
    UnknownIssuer "unknown-issuer" "I02" [Issuer]
        "The certificate is signed by an authority that nobody knows."
    ProductionTwin "production-twin" "I04" [Issuer]
        "The certificate is signed by the authority for production, not by the one for tests."
    Seid1OfProduction "seid1-of-production" "I05" [Issuer]
        "The certificate has the SEID 1 profile and is signed by an authority for production."
    Person "person" "I06" [Issuer, Identity, Unit]
        "The certificate is a person's, signed by an authority for persons."
    Website "website" "I07" [Issuer, Identity, Unit, ExtendedKeyUsage, Policy]
        "The certificate is a website's, signed by an authority for websites."
    LookAlike "look-alike" "I08" [Issuer]
        "The certificate is signed by an authority with the right name and another key."
    HardToken "hard-token" "I09" [Issuer]
        "The certificate is signed by the authority for keys on cards (HT)."
    IntermediateMissing "intermediate-missing" "I10" [Chain]
        "The issuing authority's certificate is missing in the chain."
    ChainOrder "chain-order" "I11" [Chain]
        "The root stands before the issuing authority in the chain."
    UnrelatedCertificates "unrelated-certificates" "I11" [Chain]
        "The chain holds an authority that has nothing to do with the certificate."
    BrokenSignature "broken-signature" "I12" [Signature]
        "The last byte of the certificate's signature is changed."
    NoNumber "no-number" "O01" [Identity]
        "The subject has no organisation number."
    BadCheckDigit "bad-check-digit" "O02" [Identity]
        "The organisation number is 987654321, whose check digit is wrong."
    TwoNumbers "two-numbers" "O03" [Identity]
        "organizationIdentifier and serialNumber hold different organisation numbers."
    Psd2Identifier "psd2-identifier" "O05" [Identity]
        "organizationIdentifier begins with PSDNO-FSA-, as in a PSD2 seal."
    OtherPrefix "other-prefix" "O06" [Identity]
        "organizationIdentifier begins with VATNO- instead of NTRNO-."
    SubUnit "sub-unit" "O07" [Unit]
        "The organisational unit names a sub-unit with a number of its own."
    TestNumber "test-number" "O09" [Identity]
        "The organisation number is 100101688, one of Buypass' for tests."
    NoKeyUsage "no-key-usage" "P01" [KeyUsage]
        "Key usage is missing."
    KeyUsageNotCritical "key-usage-not-critical" "P01" [KeyUsage]
        "Key usage is not critical."
    SigningOnly "signing-only" "P02" [KeyUsage]
        "Key usage is nonRepudiation alone: the certificate is for signing documents."
    EncryptionOnly "encryption-only" "P03" [KeyUsage]
        "Key usage is for encryption alone."
    NoClientAuthentication "no-client-authentication" "P04" [ExtendedKeyUsage]
        "Extended key usage lacks client authentication."
    UnknownCriticalExtension "unknown-critical-extension" "P05" [Extension]
        "The critical extension 1.3.6.1.4.1.32473.1 is known to nobody."
    NoPolicy "no-policy" "P06" [Policy]
        "There is no certificate policy."
    Lcp "lcp" "P07" [Policy]
        "The policy is of Commfides' weaker level, LCP (the 300 series)."
    PolicyOfOtherEnvironment "policy-of-other-environment" "P08" [Policy]
        "The policy is that of production, under an authority for tests."
    MarkedAsAuthority "marked-as-authority" "P09" [Constraints]
        "Basic constraints say that the organisation is an authority itself."
    EcKey "ec-key" "C01" [Key]
        "The key is on the curve P-256, not RSA."
    Rsa1024 "rsa-1024" "C02" [Key]
        "The RSA key has 1024 bits."
    Rsa2048 "rsa-2048" "C03" [Key]
        "The RSA key has 2048 bits, where 3072 are usual."
    Sha1 "sha1" "C04" [Signature]
        "The certificate is signed with SHA-1."
    Revoked "revoked" "N01" [Standing]
        "The issuer has revoked the certificate: its list and its responder say so."
}
