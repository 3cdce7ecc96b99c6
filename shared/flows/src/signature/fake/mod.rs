//! Test double of Posten, which stores jobs, leases changes, and enforces its polling times.

mod xml;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{Cursor, Read as _};
use std::rc::{Rc, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use innsyn_core::platform::memory::Memory;
use innsyn_core::platform::{Platform as _, Request, Response, SendError};
use xml::{between, changed, created, redirected};

pub(super) use xml::{answered, refused, shut_out};

pub(super) const ORIGIN: &str = "https://api.posten.example";
pub(super) const PAGES: &str = "https://posten.example";

/// Lease time of a change, and polling interval of an empty queue.
const LEASE: time::Duration = time::Duration::minutes(10);

pub(super) type Answer = Result<Response, SendError>;

/// State of the external service. Cheap to clone.
#[derive(Clone)]
pub(super) struct Posten(Rc<RefCell<State>>);

struct State {
    platform: Weak<Memory>,
    jobs: Vec<Job>,
    changes: Vec<Change>,
    /// Earliest time of the next poll, for each flow and organisation.
    next: Vec<(String, OffsetDateTime)>,
    /// Responses given instead of the regular ones, to paths that contain the text.
    faults: VecDeque<(&'static str, Answer)>,
    /// True if orders are accepted and their responses are lost.
    losing: bool,
    early: usize,
    confirmed: Vec<i64>,
    /// Time by which its clock is ahead of the app's.
    ahead: time::Duration,
    /// Transit times of the next orders.
    delays: VecDeque<Duration>,
    /// Ages of the orders' seals on arrival, in whole seconds.
    seal_ages: Vec<i64>,
}

#[derive(Clone)]
pub(super) struct Job {
    pub(super) id: i64,
    pub(super) flow: &'static str,
    pub(super) organisation: String,
    pub(super) reference: String,
    /// Numbers and identifiers with their status.
    pub(super) signers: Vec<(String, &'static str, OffsetDateTime)>,
}

struct Change {
    job: i64,
    queue: String,
    xml: String,
    lent_until: Option<OffsetDateTime>,
}

impl Posten {
    pub(super) fn install(platform: &Rc<Memory>) -> Self {
        let posten = Self(Rc::new(RefCell::new(State {
            platform: Rc::downgrade(platform),
            jobs: Vec::new(),
            changes: Vec::new(),
            next: Vec::new(),
            faults: VecDeque::new(),
            losing: false,
            early: 0,
            confirmed: Vec::new(),
            ahead: time::Duration::ZERO,
            delays: VecDeque::new(),
            seal_ages: Vec::new(),
        })));
        let answering = posten.clone();
        platform.respond(move |request| answering.give(request));
        posten
    }

    pub(super) fn jobs(&self) -> Vec<Job> {
        self.0.borrow().jobs.clone()
    }

    /// Returns the number of polls that were too early.
    pub(super) fn early(&self) -> usize {
        self.0.borrow().early
    }

    /// Returns the jobs whose changes were confirmed, in order.
    pub(super) fn confirmed(&self) -> Vec<i64> {
        self.0.borrow().confirmed.clone()
    }

    /// Returns the number of unconfirmed changes.
    pub(super) fn waiting(&self) -> usize {
        self.0.borrow().changes.len()
    }

    pub(super) fn lose_created(&self, losing: bool) {
        self.0.borrow_mut().losing = losing;
    }

    pub(super) fn run_ahead(&self, ahead: time::Duration) {
        self.0.borrow_mut().ahead = ahead;
    }

    /// Delays the next order by `time`.
    pub(super) fn delay(&self, time: Duration) {
        self.0.borrow_mut().delays.push_back(time);
    }

    /// Returns the ages of all orders' seals on arrival, in whole seconds.
    pub(super) fn seal_ages(&self) -> Vec<i64> {
        self.0.borrow().seal_ages.clone()
    }

    /// Sets the response to the next call to a path that contains `path`.
    pub(super) fn fail(&self, path: &'static str, answer: Answer) {
        self.0.borrow_mut().faults.push_back((path, answer));
    }

    pub(super) fn heal(&self) {
        self.0.borrow_mut().faults.clear();
    }

    /// Changes a signer's status and queues the change.
    pub(super) fn happens(&self, job: i64, signer: usize, status: &'static str) {
        let mut state = self.0.borrow_mut();
        let now = state.now();
        let kept = state
            .jobs
            .iter_mut()
            .find(|kept| kept.id == job)
            .expect("a job");
        kept.signers[signer].1 = status;
        kept.signers[signer].2 = now;
        let kept = kept.clone();
        state.queue_up(&kept);
    }

    /// Queues the newest change once more.
    pub(super) fn repeat_change(&self) {
        let mut state = self.0.borrow_mut();
        let last = state.changes.last().expect("a change");
        let (job, queue, xml) = (last.job, last.queue.clone(), last.xml.clone());
        let lent_until = None;
        state.changes.push(Change {
            job,
            queue,
            xml,
            lent_until,
        });
    }

    /// Reverses the queue: the newest change comes first.
    pub(super) fn turn_around(&self) {
        self.0.borrow_mut().changes.reverse();
    }

    /// Queues a change of a job that another system ordered.
    pub(super) fn tell_of_a_stranger(&self, id: i64, reference: &str, organisation: &str) {
        let mut state = self.0.borrow_mut();
        let now = state.now();
        let job = Job {
            id,
            flow: "direct",
            organisation: organisation.to_owned(),
            reference: reference.to_owned(),
            signers: vec![("17897432161".to_owned(), "SIGNED", now)],
        };
        state.jobs.push(job.clone());
        state.queue_up(&job);
    }

    /// Returns the current status of a job, as in the queue or in a status response.
    pub(super) fn told(&self, job: i64) -> String {
        let state = self.0.borrow();
        let kept = state.jobs.iter().find(|kept| kept.id == job);
        changed(kept.expect("a job"), 0)
    }

    /// Answers a request.
    pub(super) fn give(&self, request: &Request) -> Answer {
        let mut state = self.0.borrow_mut();
        let path = request.uri().to_string();
        assert!(path.starts_with(ORIGIN), "{path}");
        let path = path[ORIGIN.len()..].to_owned();
        let fault = state
            .faults
            .iter()
            .position(|(part, _)| path.contains(part));
        if let Some((_, answer)) = fault.and_then(|index| state.faults.remove(index)) {
            return answer;
        }
        let parts: Vec<&str> = path.trim_start_matches("/api/").split('/').collect();
        match (request.method(), parts.as_slice()) {
            (&Method::POST, [organisation, flow, "signature-jobs"]) => {
                state.order(organisation, flow, request.body())
            }
            (&Method::GET, [organisation, flow, asked])
                if asked.starts_with("signature-jobs?polling_queue=innsyn") =>
            {
                state.poll(&format!("{organisation}/{flow}"))
            }
            (&Method::GET, ["status", rest]) => Ok(state.status(rest)),
            (&Method::POST, ["confirm", number]) => Ok(state.confirm(number)),
            (&Method::POST, ["cancel", _]) => Ok(answered(204, "")),
            (&Method::POST, ["signers", signer]) => Ok(state.signer(signer)),
            (&Method::GET, ["pades", id]) => Ok(answered(200, &format!("%PDF-1.7 signed {id}"))),
            (&Method::GET, ["xades", id]) => Ok(answered(200, &format!("<xades>{id}</xades>"))),
            (&Method::DELETE, ["documents", _]) => Ok(answered(200, "")),
            _ => Ok(refused(404, "UNKNOWN")),
        }
    }
}

impl State {
    fn now(&self) -> OffsetDateTime {
        self.platform.upgrade().expect("a platform").now() + self.ahead
    }

    fn order(&mut self, organisation: &str, flow: &str, body: &Bytes) -> Answer {
        let flow = if flow == "direct" { "direct" } else { "portal" };
        let start = body
            .windows(4)
            .position(|four| four == b"PK\x03\x04")
            .expect("a package");
        let mut package = zip::ZipArchive::new(Cursor::new(body.slice(start..))).expect("a ZIP");
        let mut manifest = String::new();
        let mut entry = package.by_name("manifest.xml").expect("a manifest");
        entry.read_to_string(&mut manifest).expect("UTF-8");
        drop(entry);
        let mut signatures = String::new();
        let mut entry = package.by_name("META-INF/signatures.xml").expect("signed");
        entry.read_to_string(&mut signatures).expect("UTF-8");
        if let Some(delay) = self.delays.pop_front() {
            self.platform.upgrade().expect("a platform").advance(delay);
        }
        let sealed = &between(&signatures, "<SigningTime>", "<")[0];
        let sealed = OffsetDateTime::parse(sealed, &Rfc3339).expect("a time");
        let age = (self.now() - self.ahead - sealed).whole_seconds();
        self.seal_ages.push(age);
        if !(-5..=5).contains(&age) {
            return Ok(refused(400, "ASICE_VALIDATION_FAILED"));
        }
        let message = String::from_utf8_lossy(&body[..start]).into_owned();
        let numbers = between(&manifest, "<personal-identification-number>", "<");
        let own = between(&manifest, "<signer-identifier>", "<");
        let now = self.now();
        let id = 90_000 + i64::try_from(self.jobs.len()).expect("few");
        let signers = numbers
            .into_iter()
            .chain(own)
            .map(|who| (who, "WAITING", now));
        let job = Job {
            id,
            flow,
            organisation: organisation.to_owned(),
            reference: between(&message, "<reference>", "<")[0].clone(),
            signers: signers.collect(),
        };
        let answer = created(&job);
        self.jobs.push(job);
        if self.losing {
            return Err(SendError::TimedOut(Duration::from_secs(30)));
        }
        Ok(answered(200, &answer))
    }

    fn poll(&mut self, queue: &str) -> Answer {
        let now = self.now();
        let next = self.next.iter().position(|(known, _)| known == queue);
        let with_next = |state: &mut Self, status, xml: &str, at: OffsetDateTime| {
            state.next.retain(|(known, _)| known != queue);
            state.next.push((queue.to_owned(), at));
            let mut answer = answered(status, xml);
            let at = at
                .format(&Rfc3339)
                .expect("a time")
                .parse()
                .expect("a value");
            answer
                .headers_mut()
                .insert("x-next-permitted-poll-time", at);
            Ok(answer)
        };
        if let Some(next) = next
            .map(|index| self.next[index].1)
            .filter(|next| *next > now)
        {
            self.early += 1;
            return with_next(self, 429, "", next);
        }
        let free = self.changes.iter_mut().find(|change| {
            change.queue == queue && change.lent_until.is_none_or(|until| until <= now)
        });
        let Some(change) = free else {
            return with_next(self, 204, "", now + LEASE);
        };
        change.lent_until = Some(now + LEASE);
        let xml = change.xml.clone();
        with_next(self, 200, &xml, now)
    }

    fn status(&self, rest: &str) -> Response {
        let (id, token) = rest.split_once("?status_query_token=").expect("a token");
        let job = self.jobs.iter().find(|job| job.id.to_string() == id);
        let job = job.expect("a job");
        if token != "good" {
            return refused(403, "INVALID_STATUS_QUERY_TOKEN");
        }
        if job
            .signers
            .iter()
            .all(|(_, status, _)| *status == "WAITING")
        {
            return refused(404, "SIGNING_CEREMONY_NOT_COMPLETED");
        }
        answered(200, &changed(job, 0))
    }

    fn confirm(&mut self, number: &str) -> Response {
        let address = format!("/confirm/{number}<");
        let known = |change: &Change| change.xml.contains(&address);
        let confirmed = self
            .changes
            .extract_if(.., |change| change.lent_until.is_some() && known(change));
        self.confirmed.extend(confirmed.map(|change| change.job));
        answered(200, "")
    }

    fn signer(&self, signer: &str) -> Response {
        let (job, place) = signer.split_once('-').expect("a place");
        let job = self
            .jobs
            .iter()
            .find(|kept| kept.id.to_string() == job)
            .expect("a job");
        let place: usize = place.parse().expect("a place");
        let xml = redirected(signer, &job.signers[place].0);
        answered(200, &xml)
    }

    fn queue_up(&mut self, job: &Job) {
        let number = self.changes.len() + self.confirmed.len() + 1;
        self.changes.push(Change {
            job: job.id,
            queue: format!("{}/{}", job.organisation, job.flow),
            xml: changed(job, number),
            lent_until: None,
        });
    }
}
