//! Mapping of Posten's refusals to problems.

use serde::Deserialize;

use innsyn_core::platform::Response;
use innsyn_core::problem::{Kind, Problem};
use innsyn_protocols::posten::refusal::{self, Code, Reason, Refusal};
use innsyn_protocols::posten::{RequestError, UnreadableAnswer};
use innsyn_runtime::outbound;

/// Name of the service in the log.
pub(super) const POSTEN: &str = "posten";

/// Time for which Posten's rate limiter blocks an organisation, in seconds (signering-docs,
/// "Opprette oppdrag").
pub(super) const SHUT_OUT: i64 = 30;

/// Parses a response that is not a success.
pub(super) fn read(answer: &Response) -> Refusal {
    refusal::read(answer.status(), answer.headers(), answer.body())
}

/// Returns the problem for a response that is not a success.
pub(super) fn problem(answer: &Response) -> Problem {
    if let Some(problem) = of_proxy(answer) {
        return problem;
    }
    let refusal = read(answer);
    let problem = match &refusal.reason {
        Reason::Code(code) => of_code(code, answer),
        Reason::Blocked => {
            let mut problem = Problem::new(Kind::TooManyCalls)
                .cause("posten has shut the organisation out: more than ten calls in a second");
            problem.retry_after = Some(SHUT_OUT.unsigned_abs());
            problem
        }
        Reason::TooEarly { .. } | Reason::Unsaid => outbound::unexpected(POSTEN, answer),
    };
    match refusal.reason {
        Reason::Code(code) => Problem {
            source_code: Some(code.to_string()),
            ..problem
        },
        _ => problem,
    }
}

fn of_code(code: &Code, answer: &Response) -> Problem {
    let (kind, advice) = match code {
        Code::NotAuthorised => (
            Kind::PostenAccessRefused,
            "Posten knows the certificate, but its organisation has no access to the API in this environment: order it at Posten",
        ),
        Code::BrokerNotAuthorised => (
            Kind::BrokerNotAuthorised,
            "The organisation of the certificate may not send for this consumer: have Posten register it as the consumer's broker, or use the consumer's own certificate",
        ),
        Code::Message => (
            Kind::MessageRefused,
            "The order breaks Posten's schema: a fault of the app, to be reported with the correlation id",
        ),
        Code::Package => (
            Kind::PackageRefused,
            "Posten does not accept the sealed package: look at the clock, the certificate and its chain in seal_certificate_chain, and the documents",
        ),
        Code::Feature => (
            Kind::FeatureNotAvailable,
            "The order asks for something that the organisation has not got at Posten, such as a kind of signature, a security level or a look-up of addresses",
        ),
        Code::NotCompleted => {
            return Problem::new(Kind::SignatureNotReady)
                .detail("The signer has not finished")
                .cause(format_args!(
                    "{POSTEN} answered {}: {code}",
                    answer.status()
                ));
        }
        Code::StatusToken | Code::Other(_) => return outbound::unexpected(POSTEN, answer),
    };
    Problem::new(kind).advice(advice).cause(format_args!(
        "{POSTEN} answered {}: {code}",
        answer.status()
    ))
}

/// Returns the problem for a response of `innsyn egress` to a request that never reached Posten.
/// Posten itself never responds so.
fn of_proxy(answer: &Response) -> Option<Problem> {
    #[derive(Deserialize)]
    struct Body {
        problem: String,
    }
    let body: Body = serde_json::from_slice(answer.body())
        .ok()
        .filter(|_| answer.status().is_server_error())?;
    let kind = match body.problem.as_str() {
        "own-certificate-refused" => Kind::OwnCertificateRefused,
        "counterparty-not-trusted" => Kind::CounterpartyNotTrusted,
        "no-connection" | "tls-failed" => Kind::SourceDown,
        _ => return None,
    };
    Some(
        Problem::new(kind)
            .advice("The proxy to Posten did not get through: its log says why")
            .cause(format_args!("the proxy to {POSTEN}: {}", kind.slug())),
    )
}

/// Returns whether a response that is not a success proves that Posten created nothing.
pub(super) fn is_proof(answer: &Response) -> bool {
    answer.status().is_client_error() || of_proxy(answer).is_some()
}

pub(super) fn unreadable(error: UnreadableAnswer) -> Problem {
    outbound::unreadable(POSTEN, error)
}

pub(super) fn unsendable(error: RequestError) -> Problem {
    Problem::new(Kind::Internal).cause(error)
}
