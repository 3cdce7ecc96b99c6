//! `innsyn sandbox maskinporten`: Maskinporten alone, for clients in any language.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;

use anyhow::Context;
use sandbox::kit::Clock;
use sandbox::standalone::{Client, Maskinporten, Options};
use serde::{Serialize, Serializer};

use crate::run_folder::RunFolder;
use crate::stop;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Address to listen on: on the loopback or all addresses. Port 0 chooses a free port.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Prints one JSON object on one line, and nothing else.
    #[arg(long)]
    json: bool,
}

/// Runs Maskinporten until the process is asked to stop.
///
/// # Errors
///
/// If it does not start.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut asked = pin!(stop::asked());
    let folder = RunFolder::new()?;
    // Boxed: it is large.
    let start = Box::pin(Maskinporten::start(Options {
        clock: Clock::default(),
        directory: folder.path().join("maskinporten"),
        listen: arguments.listen,
    }));
    let started = stop::unless(&mut asked, start).await;
    let Some(maskinporten) = started.context("Maskinporten did not start")? else {
        return Ok(());
    };

    let info = ClientInfo::new(&maskinporten);
    #[expect(clippy::print_stdout, reason = "this is what the command is asked for")]
    if arguments.json {
        println!("{}", serde_json::to_string(&info)?);
    } else {
        println!("{info}");
    }
    asked.await?;
    maskinporten.shutdown().await;
    Ok(())
}

/// Data for clients. The names are an interface: scripts read them.
#[derive(Serialize)]
struct ClientInfo<'a> {
    issuer: &'a str,
    token_endpoint: String,
    metadata: String,
    admin: &'a str,
    ca_file: &'a Path,
    scopes: Vec<String>,
    #[serde(serialize_with = "clients")]
    clients: &'a [Client],
}

impl<'a> ClientInfo<'a> {
    fn new(maskinporten: &'a Maskinporten) -> Self {
        let issuer = maskinporten.issuer();
        Self {
            issuer,
            token_endpoint: maskinporten.token_endpoint(),
            metadata: format!("{issuer}.well-known/oauth-authorization-server"),
            admin: maskinporten.admin(),
            ca_file: maskinporten.ca_file(),
            scopes: maskinporten.scopes(),
            clients: maskinporten.clients(),
        }
    }
}

fn clients<S: Serializer>(clients: &[Client], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct ClientOutput<'a> {
        client_id: &'a str,
        organisation: &'a str,
        key_pem_file: &'a Path,
        kid: Option<&'a str>,
        key_jwk_file: Option<&'a Path>,
        certificate_chain_file: Option<&'a Path>,
    }
    serializer.collect_seq(clients.iter().map(|client| ClientOutput {
        client_id: &client.client_id,
        organisation: &client.organisation,
        key_pem_file: &client.key_pem_file,
        kid: client.kid.as_deref(),
        key_jwk_file: client.key_jwk_file.as_deref(),
        certificate_chain_file: client.chain_file.as_deref(),
    }))
}

impl Display for ClientInfo<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ca = self.ca_file.display();
        writeln!(out, "Maskinporten is running.\n")?;
        row(out, "Issuer", self.issuer)?;
        row(out, "Token endpoint", &self.token_endpoint)?;
        row(out, "Its authority", &ca)?;
        row(out, "Switches", self.admin)?;
        row(out, "Scopes", &self.scopes.join(" "))?;
        for client in self.clients {
            let kind = if client.kid.is_some() {
                "a registered key"
            } else {
                "an enterprise certificate"
            };
            writeln!(out, "\nA client with {kind}, of {}:\n", client.organisation)?;
            row(out, "Client id", &client.client_id)?;
            row(out, "Key (PEM)", &client.key_pem_file.display())?;
            if let Some(file) = &client.key_jwk_file {
                row(out, "Key (JWK)", &file.display())?;
            }
            if let Some(kid) = &client.kid {
                row(out, "kid", kid)?;
            }
            if let Some(file) = &client.chain_file {
                row(out, "Chain for x5c", &file.display())?;
            }
        }
        write!(
            out,
            "\nHow a client trusts it:\n\n  \
             curl             --cacert {ca}\n  \
             Node             NODE_EXTRA_CA_CERTS={ca}\n  \
             Python           SSL_CERT_FILE={ca} REQUESTS_CA_BUNDLE={ca}\n  \
             Go, Ruby, .NET   SSL_CERT_FILE={ca} (on Linux)\n  \
             Java             keytool -importcert -noprompt -alias sandbox -file {ca} -keystore trust.p12 -storepass changeit\n                   \
             java -Djavax.net.ssl.trustStore=trust.p12 -Djavax.net.ssl.trustStorePassword=changeit\n\n\
             Next: give your client the issuer, a client id, its key and a scope, and let it ask for a token.\n\
             What is there to find: curl -s --cacert {ca} {}\n\
             Ctrl-C stops it and removes the files.",
            self.metadata,
        )
    }
}

fn row(out: &mut fmt::Formatter<'_>, name: &str, value: &(impl Display + ?Sized)) -> fmt::Result {
    writeln!(out, "  {name:<15}  {value}")
}
