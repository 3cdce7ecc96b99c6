//! A plain load balancer: each request to the next host in turn, and on to the one after it where nobody answers. It knows no
//! sessions. Like others of its kind it repeats what broke off only where that is safe.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use reqwest::redirect::Policy;
use tokio::net::TcpListener;

/// The balancer, by which the app is reached.
pub(crate) struct Balancer {
    /// Where it is reached.
    pub(crate) public_url: String,
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    hosts: Vec<SocketAddr>,
    turn: usize,
    answered: Vec<(usize, String)>,
}

impl Balancer {
    /// Without hosts.
    pub(crate) async fn start() -> Self {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .pool_max_idle_per_host(0);
        let shared = Arc::new(Shared {
            http: http.build().expect("a client"),
            desk: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let app = Router::new().fallback(pass_on).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            public_url: format!("http://localhost:{port}"),
            shared,
        }
    }

    /// Sends requests to these from now on, the first one first.
    pub(crate) fn point_at(&self, hosts: Vec<SocketAddr>) {
        let mut desk = self.shared.desk();
        (desk.hosts, desk.turn) = (hosts, 0);
    }

    /// Which host has answered requests to this path, in their order.
    pub(crate) fn answered(&self, path: &str) -> Vec<usize> {
        let desk = self.shared.desk();
        let those = desk.answered.iter().filter(|(_, asked)| asked == path);
        those.map(|(host, _)| *host).collect()
    }
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The hosts in the order in which this request tries them.
    fn order(&self) -> Vec<(usize, SocketAddr)> {
        let mut desk = self.desk();
        let mut hosts: Vec<_> = desk.hosts.iter().copied().enumerate().collect();
        let first = desk.turn % hosts.len().max(1);
        desk.turn += 1;
        hosts.rotate_left(first);
        hosts
    }

    async fn ask(
        &self,
        host: SocketAddr,
        parts: &http::request::Parts,
        body: Bytes,
    ) -> reqwest::Result<Response> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = parts.headers.clone();
        headers.remove(header::CONTENT_LENGTH);
        let request = self
            .http
            .request(parts.method.clone(), format!("http://{host}{path}"))
            .headers(headers)
            .body(body);
        let answer = request.send().await?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        // Whole before it is passed on, so that one that breaks off can still be had from another host.
        let body = answer.bytes().await?;
        headers.remove(header::TRANSFER_ENCODING);
        Ok((status, headers, Body::from(body)).into_response())
    }
}

async fn pass_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    for (number, host) in shared.order() {
        match shared.ask(host, &parts, body.clone()).await {
            Ok(answer) => {
                let path = parts.uri.path().to_owned();
                shared.desk().answered.push((number, path));
                return answer;
            }
            Err(error) if error.is_connect() || parts.method == Method::GET => {}
            Err(_) => break,
        }
    }
    StatusCode::BAD_GATEWAY.into_response()
}
