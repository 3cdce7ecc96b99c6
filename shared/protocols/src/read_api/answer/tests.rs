use http::header;

use super::*;
use crate::read_api::examples;

const ID: &str = "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55";

fn answer(status: u16, body: &str) -> Response {
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

fn failure(status: u16, code: &str) -> Response {
    answer(
        status,
        &format!(r#"{{"kode":"{code}","melding":"02829090123","korrelasjonsid":"{ID}","nytt":1}}"#),
    )
}

fn problem(response: &Response) -> Problem {
    refused_by(&examples::claims(), response)
}

fn refused_by(api: &Api, response: &Response) -> Problem {
    read(api, response).expect_err("a refusal").into()
}

#[test]
fn data_is_handed_on_as_sent() {
    let body = r#"{ "ukjent" : 0.10, "partIdentifikator":"313367002","skjermet":false }"#;
    assert_eq!(
        read(&examples::claims(), &answer(200, body)),
        Ok(Bytes::from_static(body.as_bytes()))
    );
    let without_lists = r#"{"partIdentifikator":"313367002"}"#;
    assert!(read(&examples::claims(), &answer(200, without_lists)).is_ok());
}

#[test]
fn every_code_has_its_own_problem() {
    for (status, code, kind) in [
        (500, "KB-001", Kind::SourceDown),
        (500, "KB-002", Kind::SourceDown),
        (404, "KB-003", Kind::SourceRefused),
        (401, "KB-004", Kind::SourceRefused),
        (403, "KB-005", Kind::ConsentRequired),
        (400, "KB-006", Kind::RequestInvalid),
        (404, "KB-007", Kind::NothingFound),
        (406, "KB-008", Kind::SourceRefused),
        (404, "KB-009", Kind::PartyUnknown),
        (500, "DAS-001", Kind::SourceDown),
        (404, "DAS-002", Kind::SourceRefused),
        (500, "DAS-003", Kind::SourceDown),
        (500, "DAS-006", Kind::SourceDown),
        (403, "DAS-008", Kind::SourceRefused),
        // The code decides, whatever the status.
        (401, "KB-005", Kind::ConsentRequired),
    ] {
        let problem = problem(&failure(status, code));
        assert_eq!(problem.kind, kind, "{code}");
        assert_eq!(problem.source_code.as_deref(), Some(code));
        assert_eq!(problem.source_correlation_id.as_deref(), Some(ID));
        assert!(!format!("{problem:?}").contains("0282"));
    }
}

#[test]
fn each_api_has_codes_of_its_own() {
    for (api, status, code, kind) in [
        (examples::income(), 500, "IM-002", Kind::SourceDown),
        (examples::income(), 403, "IM-005", Kind::SourceRefused),
        (examples::income(), 404, "IM-007", Kind::PartyUnknown),
        (examples::income(), 404, "IM-008", Kind::NothingFound),
        (examples::income(), 403, "IM-010", Kind::ConsentRequired),
        (examples::tax_basis(), 400, "SSG-006", Kind::RequestInvalid),
        (examples::tax_basis(), 403, "SSG-010", Kind::ConsentRequired),
        (examples::tax_basis(), 410, "SSG-011", Kind::NothingFound),
        (examples::tax_basis(), 404, "DAS-002", Kind::SourceRefused),
        // Codes of another API have no meaning here.
        (examples::income(), 404, "KB-009", Kind::SourceRefused),
    ] {
        let problem = refused_by(&api, &failure(status, code));
        assert_eq!(problem.kind, kind, "{code}");
        assert_eq!(problem.source_code.as_deref(), Some(code));
    }
}

#[test]
fn where_one_code_says_everything_the_status_with_a_code_decides() {
    let api = examples::persons();
    for (status, kind) in [
        (400, Kind::RequestInvalid),
        (401, Kind::SourceRefused),
        (403, Kind::SourceRefused),
        (404, Kind::PartyUnknown),
        (406, Kind::SourceRefused),
        (500, Kind::SourceDown),
    ] {
        let problem = refused_by(&api, &failure(status, "FREG-001"));
        assert_eq!(problem.kind, kind, "{status}");
    }
    // The firewall answers with HTML pages.
    for status in [400, 404] {
        let problem = refused_by(&api, &answer(status, "<html>Support ID</html>"));
        assert_eq!(problem.kind, Kind::SourceRefused, "{status}");
    }
    let mut response = failure(429, "FREG-001");
    let wait = "1200".parse().expect("a value");
    response.headers_mut().insert(header::RETRY_AFTER, wait);
    let problem = refused_by(&api, &response);
    assert_eq!(
        (problem.kind, problem.retry_after),
        (Kind::TooManyCalls, Some(2)),
        "milliseconds"
    );
}

#[test]
fn answers_without_a_known_code_go_by_their_status() {
    for (response, kind) in [
        (answer(404, "<html>Not found</html>"), Kind::SourceRefused),
        (answer(404, "Unknown instance. ID=17"), Kind::SourceRefused),
        (answer(404, "{}"), Kind::SourceRefused),
        (failure(404, "KB-099"), Kind::SourceRefused),
        (answer(403, ""), Kind::SourceRefused),
        (answer(302, ""), Kind::SourceRefused),
        (answer(204, ""), Kind::SourceUnreadable),
        (answer(502, "<html>"), Kind::SourceDown),
        (answer(503, ""), Kind::SourceDown),
        (failure(500, "KB-077"), Kind::SourceDown),
    ] {
        assert_eq!(problem(&response).kind, kind, "{response:?}");
    }
    assert_eq!(
        read(&examples::claims(), &answer(401, ""))
            .expect_err("a refusal")
            .reason,
        Reason::Token
    );
}

#[test]
fn shielded_is_never_data() {
    for body in [
        r#"{"partIdentifikator":"313367002","skjermet":true}"#,
        r#"{"skjermet":true,"partIdentifikator":"313367002","krav":[]}"#,
        r#"{"skjermet": true}"#,
    ] {
        assert_eq!(problem(&answer(200, body)).kind, Kind::Shielded);
    }
}

#[test]
fn nonsense_is_unreadable() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        r#"{"partIdentifikator":"313367002","krav":[{"kravid"#,
        r#"{"partIdentifikator":"313367002","skjermet":false,"skjermet":true}"#,
        r#"{"partIdentifikator":"313367002","skjermet":"ja"}"#,
    ] {
        assert_eq!(
            problem(&answer(200, body)).kind,
            Kind::SourceUnreadable,
            "{body}"
        );
    }
}

#[test]
fn too_many_calls_says_how_long_to_wait() {
    let mut response = answer(429, "slow down");
    assert_eq!(problem(&response).retry_after, None);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, "7".parse().expect("a value"));
    let problem = problem(&response);
    assert_eq!(
        (problem.kind, problem.retry_after),
        (Kind::TooManyCalls, Some(7))
    );
}

#[test]
fn only_well_formed_codes_and_ids_go_further() {
    let mut response = answer(
        400,
        r#"{"kode":"02829090123","korrelasjonsid":"02829090123"}"#,
    );
    let hostile = problem(&response);
    assert_eq!(
        (hostile.source_code, hostile.source_correlation_id),
        (None, None)
    );
    *response.body_mut() = Bytes::from_static(b"{}");
    response
        .headers_mut()
        .insert("korrelasjonsid", ID.parse().expect("a value"));
    assert_eq!(
        problem(&response).source_correlation_id.as_deref(),
        Some(ID)
    );
}
