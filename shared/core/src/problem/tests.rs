//! Tests of the types against the documentation, and of the audiences.

use super::*;

#[test]
fn the_documentation_lists_every_type_and_no_other() {
    let api = include_str!("../../../../docs/api/openapi.yaml");
    let documented: Vec<&str> = api
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- urn:innsyn:problem:"))
        .collect();
    let ours: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
    assert_eq!(documented, ours);
}

#[test]
fn the_page_of_problems_has_a_section_for_each_type_and_no_other() {
    let page = include_str!("../../../../docs/problems.md");
    let sections: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    let slugs: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
    assert_eq!(sections, slugs);
    for kind in Kind::ALL {
        let (slug, status, title) = (kind.slug(), kind.status().as_u16(), kind.title());
        let section = format!("\n### {slug}\n\n*{status}: {title}*\n\n");
        let text = page.split_once(&section).map(|(_, text)| text);
        let text = text.unwrap_or_else(|| panic!("{slug}: not {section:?}"));
        let text = text
            .split("\n#")
            .next()
            .unwrap_or_default()
            .replace('\n', " ");
        for part in ["**Who can mend it:** ", "**What to do:** "] {
            assert!(text.contains(part), "{slug}: {part}");
        }
    }
}

#[test]
fn each_text_reaches_its_audience_only() {
    for kind in Kind::ALL {
        let problem = Problem::new(*kind)
            .detail("for the customer")
            .advice("for those who run the app")
            .cause("for the log");
        let body = problem.response("c").into_body();
        let text = String::from_utf8_lossy(&body);
        let is_ours = kind.status().is_server_error();
        assert_eq!(text.contains("for the customer"), !is_ours, "{kind:?}");
        assert!(!text.contains("for those") && !text.contains("for the log"));
        let told = problem.text_for(Audience::BackEnd);
        let internal = kind.status() == StatusCode::INTERNAL_SERVER_ERROR;
        assert_eq!(told, (!internal).then_some("for those who run the app"));
    }
    let problem = Problem::new(Kind::RequestInvalid).detail("for the customer");
    assert_eq!(
        problem.text_for(Audience::BackEnd),
        Some("for the customer")
    );
}
