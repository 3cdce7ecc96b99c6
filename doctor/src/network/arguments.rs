//! Arguments of the checks over the network.

use std::path::PathBuf;

use crate::finding::Purpose;

use super::revocation::RevocationClient;

#[derive(clap::Args)]
#[group(id = "network")]
pub(crate) struct Arguments {
    /// Adds checks over the network: Maskinporten, or for mutual TLS the server, and the issuer of the certificate. For the
    /// certificates of a project, only the issuers are asked.
    #[arg(long)]
    pub(super) live: bool,
    /// Address of Maskinporten. The default is that of the environment.
    #[arg(long, value_name = "ORIGIN", requires_all = ["live", "certificate"])]
    pub(super) maskinporten: Option<String>,
    /// Client for which a test token is requested. The token is not shown.
    #[arg(long, value_name = "ID", requires_all = ["live", "scope", "certificate"])]
    pub(super) client_id: Option<String>,
    /// Scope of the test token.
    #[arg(long, value_name = "SCOPE", requires = "client_id")]
    pub(super) scope: Option<String>,
    /// Identifier under which the key is registered on the client. The purpose is then `key`.
    #[arg(long, value_name = "KID", requires = "client_id")]
    pub(super) kid: Option<String>,
    /// Authorities of the server, in PEM. The default are the public ones.
    #[arg(long, value_name = "FILE", requires_all = ["live", "certificate"])]
    pub(super) ca: Option<PathBuf>,
    /// Server that requests the certificate in mutual TLS.
    #[arg(long, value_name = "ORIGIN", requires_all = ["live", "certificate"])]
    pub(super) connect: Option<String>,
}

impl Arguments {
    /// Returns a client for the issuers' services, if network checks are requested.
    ///
    /// # Errors
    ///
    /// If the HTTP client cannot be built.
    pub(crate) fn revocation(&self) -> anyhow::Result<Option<RevocationClient>> {
        self.live.then(RevocationClient::new).transpose()
    }

    /// Returns the purpose: a `--kid` turns `token` into `key`.
    pub(crate) fn purpose(&self, given: Purpose) -> Purpose {
        match given {
            Purpose::Token if self.kid.is_some() => Purpose::Key,
            given => given,
        }
    }
}
