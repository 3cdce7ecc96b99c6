//! Posten signering: jobs in which persons sign documents, in the direct flow and in the portal.
//!
//! Follows the vendor's schemas, documentation and clients, and answers that others have recorded: which
//! of them, each module says. Where none says anything, the module says "assumption".

mod address;
mod admin;
mod answer;
mod ceremony;
mod contact;
mod create;
mod door;
mod end_user;
#[cfg(test)]
mod example;
mod job;
mod life;
mod multipart;
mod order;
mod package;
mod pades;
mod page;
mod polling;
mod portal;
mod queue;
mod rate;
mod refusal;
mod report;
mod request;
mod results;
mod rules;
mod schema;
mod sender;
mod server_certificate;
mod signature;
mod status;
mod switches;
mod xades;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use time::OffsetDateTime;

use crate::html;
use crate::random;
use crate::session::Sessions;
use crate::world::{Addresses, World};
use address::Places;
use ceremony::Ceremony;
use end_user::EndUserAuthority;
use job::{Job, Redirect};
use order::Order;
use queue::Timetable;
use rate::Calls;
use report::Report;

pub use contact::Contacts;
pub(crate) use door::tls;
pub use sender::FJORDVIK;
pub use server_certificate::{POSTEN, ServerCertificate};
pub use switches::{Switches, TechnicalFailure};

/// The job before the first.
const BEFORE_THE_FIRST: i64 = 90_416;

/// Posten's state.
#[derive(Debug)]
pub struct Posten {
    places: Places,
    end_users: EndUserAuthority,
    state: Mutex<State>,
    /// The logged-in persons' national identity numbers.
    persons: Sessions<&'static str>,
    /// What a browser has opened.
    ceremonies: Sessions<Ceremony>,
}

#[derive(Debug, Default)]
struct State {
    jobs: BTreeMap<i64, Job>,
    timetable: Timetable,
    calls: Calls,
    switches: Switches,
}

impl Posten {
    /// A new one, without jobs.
    pub fn new(addresses: &Addresses, now: OffsetDateTime) -> anyhow::Result<Self> {
        Ok(Self {
            places: Places {
                root: format!("{}/api", addresses.posten),
                page: addresses.posten_page.clone(),
            },
            end_users: EndUserAuthority::generate(now)?,
            state: Mutex::default(),
            persons: Sessions::named("posten_session"),
            ceremonies: Sessions::named("posten_ceremony"),
        })
    }

    /// How it behaves now.
    pub fn switches(&self) -> Switches {
        self.lock().switches.clone()
    }

    /// Makes it behave differently from now on.
    pub fn set_switches(&self, switches: Switches) {
        self.lock().switches = switches;
    }

    /// The certificate, in PEM, under which all signers are certified.
    pub fn end_user_root(&self) -> String {
        self.end_users.root_pem()
    }

    /// Makes a job of an order that has been checked. Not idempotent: the same order makes another.
    fn accept(&self, order: Order, now: OffsetDateTime) -> String {
        let mut state = self.state(now);
        let id = state
            .jobs
            .keys()
            .next_back()
            .map_or(BEFORE_THE_FIRST, |last| *last)
            .saturating_add(1);
        let mut job = Job::new(id, order, now);
        if job.is_direct() {
            for signer in &mut job.signers {
                signer.redirect = Some(Redirect::new(redirect_token()));
            }
        }
        job.advance(now, &state.switches.contacts);
        let report = Report {
            places: &self.places,
            job: &job,
            now,
            unknown_elements: state.switches.unknown_elements,
        };
        let answer = report.created();
        state.jobs.insert(id, job);
        answer
    }

    /// Whether the filter in front lets a call through.
    fn admit(&self, organisation: &str, now: OffsetDateTime) -> bool {
        let mut state = self.lock();
        let most = state.switches.calls_per_second;
        state.calls.admit(organisation, most, now)
    }

    /// The state at `now`, with everything that time has done.
    fn state(&self, now: OffsetDateTime) -> MutexGuard<'_, State> {
        let mut guard = self.lock();
        let state = &mut *guard;
        for job in state.jobs.values_mut() {
            job.advance(now, &state.switches.contacts);
        }
        guard
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a redirect address ends with. Without randomness it is empty, and opens nothing.
fn redirect_token() -> String {
    random::token().unwrap_or_default()
}

/// The API, for machines.
pub(crate) fn router(world: &Arc<World>) -> Router {
    const DIRECT: &str = "/api/{organisation}/direct/signature-jobs";
    const PORTAL: &str = "/api/{organisation}/portal/signature-jobs";
    let direct = |rest: &str| format!("{DIRECT}/{{id}}/{rest}");
    let results = |rest: &str| format!("{PORTAL}/{{results}}/{rest}");
    let router = Router::new()
        .route("/api/{organisation}", get(door::who_am_i))
        .route(DIRECT, post(create::direct).get(polling::direct))
        .route(PORTAL, post(create::portal).get(polling::portal))
        .route(&direct("status"), get(status::show))
        .route(&direct("signers/{signer}"), post(status::renew))
        .route(&results("status/complete"), post(results::confirm))
        .route(&results("cancel"), post(results::cancel))
        .route(
            &results("delete-documents"),
            delete(results::delete_documents),
        )
        .route(&results("xades/{signer}"), get(results::xades))
        .route(&results("pades"), get(results::pades))
        .fallback(async || status::not_found())
        .layer(from_fn_with_state(world.clone(), door::known))
        .with_state(world.clone());
    rate::layer(router, world.clone())
}

/// Posten's part of the admin address.
pub(crate) fn admin_router() -> Router<Arc<World>> {
    admin::routes()
}

/// The pages, for browsers.
pub fn page_router(world: Arc<World>) -> Router {
    page::routes()
        .merge(portal::routes())
        .merge(html::language_route(&world.addresses.posten_page))
        .with_state(world)
}
