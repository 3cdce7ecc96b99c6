//! Certificate, key and chain to check: reading them from files and settings.

mod ber;
mod certificate;
mod cipher;
mod decryption_error;
mod digest;
mod file;
mod file_contents;
mod files;
mod password;
mod pbe;
mod pem;
mod pkcs12;
mod private_key;
mod selection;

pub(crate) use certificate::{LoadedCertificate, SignatureStatus};
pub(crate) use file_contents::FileContents;
pub(crate) use files::{Files, read_authorities};
pub(crate) use password::{Password, read as read_password};
pub(crate) use private_key::{KeyAlgorithm, PrivateKey};
pub(crate) use selection::{KeyPlace, Material, role};
