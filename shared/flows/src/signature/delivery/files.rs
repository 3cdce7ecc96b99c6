//! Files of a job's evidence.

use super::super::job::Job;
use innsyn_protocols::posten::Address;
use innsyn_protocols::posten::status::SignerStatus;

/// File of a job's evidence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum File {
    /// Signed document (PAdES).
    Pades,
    /// Signature of the signer with this number (XAdES).
    Xades(usize),
}

impl File {
    /// Returns the file's name, the last part of its request's id.
    pub(super) fn name(self) -> String {
        match self {
            Self::Pades => "pades".to_owned(),
            Self::Xades(signer) => format!("xades-{signer}"),
        }
    }

    /// Returns the type of the file's event.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Pades => "innsyn.evidence.pades",
            Self::Xades(_) => "innsyn.evidence.xades",
        }
    }

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Pades => "application/pdf",
            Self::Xades(_) => "application/xml",
        }
    }

    /// Returns the file's address at Posten.
    pub(super) fn address(self, job: &Job) -> Option<&Address> {
        match self {
            Self::Pades => job.snapshot()?.pades.as_ref(),
            Self::Xades(signer) => job.signer(signer)?.xades.as_ref(),
        }
    }
}

/// Returns the evidence of a job that is over: none if nobody has signed. Until then Posten's
/// document is not the final one.
pub(super) fn evidence(job: &Job) -> Vec<File> {
    let signers = 0..job.record.signers.len();
    let has_signed = |number: usize| {
        let signer = job.signer(number);
        signer.is_some_and(|signer| {
            signer.xades.is_some()
                || SignerStatus::from_text(&signer.status) == SignerStatus::Signed
        })
    };
    if !job.is_over() || !signers.clone().any(has_signed) {
        return Vec::new();
    }
    std::iter::once(File::Pades)
        .chain(signers.map(File::Xades))
        .filter(|file| file.address(job).is_some())
        .collect()
}
