//! Outbound HTTP: which requests of a component leave, and over which connection.

mod client;
mod connection;
mod failure;
mod last_words;
mod network;
mod pin;
mod pool;
mod shown;
mod tls;

use std::sync::{Arc, Weak};

use http::{Request, Response};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::{
    allowed_hosts::{AllowedHosts, Denied, Destination},
    application::Application,
};

pub(crate) use client::{Client, HttpLimits};
pub(crate) use failure::is_about_our_certificate;
pub(crate) use network::BlockedNetworks;
pub(crate) use pin::Pin;
pub use tls::TlsError;
pub(crate) use tls::{ClientTls, Identities, pair};

/// What one component may do, shared by its instances.
#[derive(Clone)]
pub(crate) struct Outbound(Arc<Access>);

struct Access {
    component: String,
    allowed: AllowedHosts,
    client: Arc<Client>,
    application: Weak<Application>,
}

impl Outbound {
    pub(crate) fn new(
        component: &str,
        allowed: AllowedHosts,
        client: Arc<Client>,
        application: Weak<Application>,
    ) -> Self {
        Self(Arc::new(Access {
            component: component.to_owned(),
            allowed,
            client,
            application,
        }))
    }
}

impl Access {
    async fn send(
        &self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<WasiBody>, Error> {
        let destination = match self.allowed.destination(request.uri()) {
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
        let access = self.0.clone();
        Box::new(async move {
            let response = access.send(request, options.unwrap_or_default()).await?;
            Ok((response, Box::new(std::future::ready(Ok(()))) as Finished))
        })
    }
}
