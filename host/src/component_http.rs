//! Outbound HTTP of components: allowed destinations, and calls within the application.

use std::sync::{Arc, Weak};

use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::OnceCell;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::allowed_hosts::{AllowedHosts, Destination, Entries, OriginDenied};
use crate::outbound::Client;
use crate::variables::Variables;

/// Handler of calls from a component to its own application.
pub(crate) trait LocalCalls: Send + Sync {
    /// Calls another component, with or without a public route.
    fn call_component<'a>(
        &'a self,
        caller: &'a str,
        id: &'a str,
        request: Request<WasiBody>,
    ) -> BoxFuture<'a, Response<WasiBody>>;

    /// Calls a public route.
    fn call_public_route(&self, request: Request<WasiBody>) -> BoxFuture<'_, Response<WasiBody>>;
}

/// Outbound access of the instances of one component.
pub(crate) struct Access {
    pub(crate) component: String,
    pub(crate) entries: Entries,
    pub(crate) variables: Arc<Variables>,
    pub(crate) client: Arc<Client>,
    pub(crate) application: Weak<dyn LocalCalls>,
}

/// Outbound access of one instance. Its list of allowed hosts is built at its first call, from
/// every variable of the application, and kept for its life, as in Spin (its crate
/// `factor-outbound-networking`, `prepare`). Without the list, no call is allowed.
pub(crate) struct Outbound {
    access: Arc<Access>,
    allowed: Arc<OnceCell<Option<AllowedHosts>>>,
}

impl Outbound {
    pub(crate) fn new(access: &Arc<Access>) -> Self {
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
            Err(OriginDenied(origin)) => {
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
                .call_component(&self.component, &id, request)
                .await),
            Destination::Own => Ok(self.application()?.call_public_route(request).await),
        }
    }

    fn application(&self) -> Result<Arc<dyn LocalCalls>, Error> {
        self.application
            .upgrade()
            .ok_or(Error::DestinationUnavailable)
    }
}

/// Future of the end of an exchange, which the interface requires. Here the end of the body reports
/// it.
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
