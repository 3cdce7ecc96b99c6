//! Plain load balancer in round-robin order, without sticky sessions. If a host refuses the
//! connection, it tries the next. Like others of its kind it repeats an interrupted request only
//! where that is safe.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use reqwest::redirect::Policy;
use tokio::net::TcpListener;

/// Load balancer in front of the hosts.
pub(crate) struct Balancer {
    /// Public origin of the balancer.
    pub(crate) public_url: String,
    shared: Arc<BalancerState>,
}

struct BalancerState {
    http: reqwest::Client,
    pool: Mutex<HostPool>,
}

#[derive(Default)]
struct HostPool {
    hosts: Vec<SocketAddr>,
    turn: usize,
    answered: Vec<(usize, String)>,
}

impl Balancer {
    /// Starts a balancer without hosts.
    pub(crate) async fn start() -> Self {
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .pool_max_idle_per_host(0);
        let shared = Arc::new(BalancerState {
            http: http.build().expect("a client"),
            pool: Mutex::default(),
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

    /// Sends requests to these hosts from now on, beginning with the first.
    pub(crate) fn point_at(&self, hosts: Vec<SocketAddr>) {
        let mut pool = self.shared.pool();
        (pool.hosts, pool.turn) = (hosts, 0);
    }

    /// Returns the hosts that have answered requests to this path, in order.
    pub(crate) fn answered(&self, path: &str) -> Vec<usize> {
        let pool = self.shared.pool();
        let those = pool.answered.iter().filter(|(_, asked)| asked == path);
        those.map(|(host, _)| *host).collect()
    }
}

impl BalancerState {
    fn pool(&self) -> MutexGuard<'_, HostPool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the hosts in the order in which this request tries them.
    fn order(&self) -> Vec<(usize, SocketAddr)> {
        let mut pool = self.pool();
        let mut hosts: Vec<_> = pool.hosts.iter().copied().enumerate().collect();
        let first = pool.turn % hosts.len().max(1);
        pool.turn += 1;
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
        // Buffered before it is passed on, so that another host can repeat an interrupted answer.
        let body = answer.bytes().await?;
        headers.remove(header::TRANSFER_ENCODING);
        Ok((status, headers, Body::from(body)).into_response())
    }
}

async fn pass_on(State(shared): State<Arc<BalancerState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    for (number, host) in shared.order() {
        match shared.ask(host, &parts, body.clone()).await {
            Ok(answer) => {
                let path = parts.uri.path().to_owned();
                shared.pool().answered.push((number, path));
                return answer;
            }
            Err(error) if error.is_connect() || parts.method == Method::GET => {}
            Err(_) => break,
        }
    }
    StatusCode::BAD_GATEWAY.into_response()
}
