use super::*;

#[test]
fn a_long_period_is_read_in_windows_and_merged() {
    let journey = Journey::consented();
    let window = |elements: &str| {
        raw(
            200,
            &format!(
                r#"{{"partIdentifikator":"313367002","periode":{{}},"skjermet":false,"krav":[{elements}]}}"#
            ),
        )
    };
    let element = |id: &str| {
        format!(
            r#"{{"partIdentifikator":"313367002","kravidentifikator":"{id}","opprinneligBeloep": 0.10}}"#
        )
    };
    let both = [element("1"), element("2")].join(",");
    journey.services.serve([
        window(&both),
        failure(404, "KB-007"),
        window(&[element("2"), element("3")].join(",")),
    ]);
    let merged = journey
        .read_period("2023-01-01", "2025-06-30")
        .expect("data");
    let expected = format!(
        r#"{{"partIdentifikator":"313367002","periode":{{"fraOgMed":"2023-01-01","tilOgMed":"2025-06-30"}},"skjermet":false,"krav":[{both},{}]}}"#,
        element("3")
    );
    assert_eq!(merged, expected);
    let queries: Vec<_> = journey
        .calls(SOURCE)
        .iter()
        .map(|call| call.uri().query().expect("a query").to_owned())
        .collect();
    assert_eq!(
        queries,
        [
            "fraOgMed=2023-01-01&tilOgMed=2023-12-31",
            "fraOgMed=2024-01-01&tilOgMed=2024-12-30",
            "fraOgMed=2024-12-31&tilOgMed=2025-06-30",
        ]
    );
}

#[test]
fn a_part_is_never_given_for_the_whole() {
    let empty = r#"{"partIdentifikator":"313367002","krav":[]}"#;
    for (ends, kind) in [
        (
            [failure(404, "KB-007"), failure(404, "KB-007")],
            Kind::NothingFound,
        ),
        (
            [raw(200, empty), failure(404, "KB-009")],
            Kind::PartyUnknown,
        ),
        ([raw(200, empty), raw(429, "")], Kind::TooManyCalls),
        (
            [
                raw(200, empty),
                raw(200, r#"{"partIdentifikator":"1","skjermet":true}"#),
            ],
            Kind::Shielded,
        ),
        (
            [
                raw(200, empty),
                raw(200, r#"{"partIdentifikator":"1","krav":{}}"#),
            ],
            Kind::SourceUnreadable,
        ),
        ([raw(200, empty), raw(404, "")], Kind::SourceRefused),
    ] {
        let journey = Journey::consented();
        journey.services.serve(ends);
        let problem = journey
            .read_period("2024-01-01", "2025-06-30")
            .expect_err("a problem");
        assert_eq!(problem.kind, kind);
    }
    // A single window is returned as received.
    let journey = Journey::consented();
    assert_eq!(
        journey.read_period("2025-01-01", "2025-12-31").as_deref(),
        Ok(DATA)
    );
}
