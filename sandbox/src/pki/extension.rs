//! Extensions as the issuers write them. rcgen has its own for some, but decides whether they are
//! critical.

use rcgen::CustomExtension;
use yasna::models::ObjectIdentifier;
use yasna::{Tag, construct_der};

const SUBJECT_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 14];
const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const POLICIES: &[u64] = &[2, 5, 29, 32];
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
const ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
const OCSP: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1];
const ISSUERS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 2];
const STATEMENTS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 3];
const SEMANTICS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 11, 2];
const LEGAL_PERSON: &[u64] = &[0, 4, 0, 194_121, 1, 2];
const QUALIFIED: &[u64] = &[0, 4, 0, 1862, 1, 1];
const DISCLOSURE: &[u64] = &[0, 4, 0, 1862, 1, 5];
const KIND: &[u64] = &[0, 4, 0, 1862, 1, 6];
const SEAL: &[u64] = &[0, 4, 0, 1862, 1, 6, 2];
const NULL: &[u8] = &[5, 0];

/// Builds the extension that identifies the certificate's key.
pub(super) fn subject_key_identifier(identifier: &[u8]) -> CustomExtension {
    let content = construct_der(|writer| writer.write_bytes(identifier));
    CustomExtension::from_oid_content(SUBJECT_KEY_IDENTIFIER, content)
}

/// Builds key usage: the first eight bits, the first of them the highest.
pub(super) fn key_usage(bits: u8, critical: bool) -> CustomExtension {
    let length = 8_usize.saturating_sub(bits.trailing_zeros() as usize);
    let content = construct_der(|writer| writer.write_bitvec_bytes(&[bits], length));
    with(KEY_USAGE, content, critical)
}

/// Returns whether the holder is an authority itself.
pub(super) fn basic_constraints(authority: bool, critical: bool) -> CustomExtension {
    let content = construct_der(|writer| {
        writer.write_sequence(|writer| {
            if authority {
                writer.next().write_bool(true);
            }
        });
    });
    with(BASIC_CONSTRAINTS, content, critical)
}

/// Builds the extended key usage extension.
pub(super) fn extended_key_usage(usages: &[&[u64]]) -> CustomExtension {
    let content = construct_der(|writer| {
        writer.write_sequence(|writer| {
            for usage in usages {
                writer.next().write_oid(&oid(usage));
            }
        });
    });
    CustomExtension::from_oid_content(EXTENDED_KEY_USAGE, content)
}

/// Builds the certificate policies extension, without qualifiers.
pub(super) fn policies(policies: &[Vec<u64>]) -> CustomExtension {
    let content = construct_der(|writer| {
        writer.write_sequence(|writer| {
            for policy in policies {
                writer
                    .next()
                    .write_sequence(|writer| writer.next().write_oid(&oid(policy)));
            }
        });
    });
    CustomExtension::from_oid_content(POLICIES, content)
}

/// Builds the extension with the address of the issuer's certificate, and for a leaf that of OCSP.
pub(super) fn access(issuer: &str, ocsp: Option<&str>) -> CustomExtension {
    let places = [(OCSP, ocsp), (ISSUERS, Some(issuer))];
    let content = construct_der(|writer| {
        writer.write_sequence(|writer| {
            for (method, address) in places {
                let Some(address) = address else { continue };
                writer.next().write_sequence(|writer| {
                    writer.next().write_oid(&oid(method));
                    writer
                        .next()
                        .write_tagged_implicit(Tag::context(6), |writer| {
                            writer.write_ia5_string(address);
                        });
                });
            }
        });
    });
    CustomExtension::from_oid_content(ACCESS, content)
}

/// Builds `qcStatements`: the subject is a legal person and, for a qualified seal, the certificate
/// is one.
pub(super) fn statements(disclosure: Option<&str>) -> CustomExtension {
    let content = construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_sequence(|writer| {
                writer.next().write_oid(&oid(SEMANTICS));
                writer
                    .next()
                    .write_sequence(|writer| writer.next().write_oid(&oid(LEGAL_PERSON)));
            });
            let Some(disclosure) = disclosure else { return };
            writer
                .next()
                .write_sequence(|writer| writer.next().write_oid(&oid(QUALIFIED)));
            writer.next().write_sequence(|writer| {
                writer.next().write_oid(&oid(KIND));
                writer
                    .next()
                    .write_sequence(|writer| writer.next().write_oid(&oid(SEAL)));
            });
            writer.next().write_sequence(|writer| {
                writer.next().write_oid(&oid(DISCLOSURE));
                writer.next().write_sequence(|writer| {
                    writer.next().write_sequence(|writer| {
                        writer.next().write_ia5_string(disclosure);
                        writer.next().write_printable_string("en");
                    });
                });
            });
        });
    });
    CustomExtension::from_oid_content(STATEMENTS, content)
}

/// Builds a critical extension that no verifier knows.
pub(super) fn unknown_critical() -> CustomExtension {
    // In the arc for examples in documentation.
    with(&[1, 3, 6, 1, 4, 1, 32473, 1], NULL.to_vec(), true)
}

fn with(kind: &[u64], content: Vec<u8>, critical: bool) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(kind, content);
    extension.set_criticality(critical);
    extension
}

fn oid(components: &[u64]) -> ObjectIdentifier {
    ObjectIdentifier::from_slice(components)
}
