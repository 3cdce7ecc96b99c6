//! Outbound HTTP: which requests of a component leave, and over which connection.

mod budget;
mod client;
mod client_tls;
mod connection;
mod counterparties;
mod failure;
mod last_words;
mod network;
mod pin;
mod pool;
mod shown;
mod tls;

use std::sync::{Arc, Weak};

use http::{Request, Response};
use tokio::sync::OnceCell;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::{
    allowed_hosts::{AllowedHosts, Denied, Destination, Entries},
    application::Application,
    variables::Variables,
};

pub(crate) use budget::{Budgets, REFUSED};
pub(crate) use client::{Client, HttpLimits};
pub(crate) use client_tls::ClientTls;
pub(crate) use counterparties::Counterparties;
pub(crate) use failure::is_about_our_certificate;
pub(crate) use network::BlockedNetworks;
pub(crate) use pin::Pin;
pub use tls::TlsError;
pub(crate) use tls::{Identities, authorities, client_of, pair, roots};

/// What the instances of one component may do.
pub(crate) struct Access {
    pub(crate) component: String,
    pub(crate) entries: Entries,
    pub(crate) variables: Arc<Variables>,
    pub(crate) client: Arc<Client>,
    pub(crate) application: Weak<Application>,
}

/// What one instance may do. Its list is made when it first calls somebody, out of every variable of the application, and
/// kept for its life, as by Spin (its crate `factor-outbound-networking`, `prepare`). Without it, no call is allowed.
pub(crate) struct Outbound {
    access: Arc<Access>,
    allowed: Arc<OnceCell<Option<AllowedHosts>>>,
}

impl Outbound {
    pub(crate) fn of_instance(access: &Arc<Access>) -> Self {
        Self {
            access: access.clone(),
            allowed: Arc::default(),
        }
    }
}

impl Access {
    async fn allowed(&self) -> Option<AllowedHosts> {
        let values = self
            .variables
            .all()
            .await
            .map_err(|error| error.to_string());
        let allowed = values.and_then(|values| {
            let filled = self.entries.fill(&values);
            filled.map_err(|error| error.to_string())
        });
        allowed
            .map_err(|reason| {
                let reason = format!("allowed_outbound_hosts: {reason}");
                self.client.failed(&self.component, &reason);
            })
            .ok()
    }

    async fn send(
        &self,
        allowed: &AllowedHosts,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, Error> {
        let destination = match allowed.destination(request.uri()) {
            Ok(destination) => destination,
            Err(Denied(origin)) => {
                self.client.denied(&self.component, origin.as_ref());
                return Err(Error::HttpRequestDenied);
            }
        };
        match destination {
            Destination::Outside(origin) => {
                self.client
                    .send(&self.component, &origin, request, options)
                    .await
            }
            Destination::Component(id) => Ok(self
                .application()?
                .answer_component(&self.component, &id, request)
                .await),
            Destination::Own => Ok(self.application()?.answer(request, None).await),
        }
    }

    fn application(&self) -> Result<Arc<Application>, Error> {
        self.application
            .upgrade()
            .ok_or(Error::DestinationUnavailable)
    }
}

/// The end of an exchange, as the interface wants to hear of it. Ours is known when the body ends.
type Finished = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Finished,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Finished), Error>> + Send> {
        let (access, allowed) = (self.access.clone(), self.allowed.clone());
        Box::new(async move {
            let allowed = allowed.get_or_init(|| access.allowed()).await;
            let allowed = allowed.as_ref().ok_or(Error::HttpRequestDenied)?;
            let options = options.unwrap_or_default();
            let response = access.send(allowed, request, options).await?;
            Ok((response, Box::new(std::future::ready(Ok(()))) as Finished))
        })
    }
}
