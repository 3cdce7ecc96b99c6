//! Checks of a create call before it is stored, in the order of the public code of Altinn's access
//! management.

use time::OffsetDateTime;

use super::caller::Caller;
use super::draft::{Draft, Right};
use super::party::Party;
use super::problem::{self, Problem};
use super::{redirect, register, resource};

/// Scope that allows its holder to name another organisation as the receiver.
const ANY_RECEIVER: &str = "altinn:consentrequests.org";

/// Reason for not creating a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    /// 403 with an empty body: neither receiver nor resource is the caller's to use.
    Forbidden,
    /// 500 without details; the reason is for the journal.
    Unspecific(&'static str),
    /// Problem documents with codes, at least one.
    Problems(Vec<Problem>),
}

/// Draft that passed the checks, with their results.
#[derive(Clone, Debug)]
pub(super) struct CheckedDraft {
    pub(super) draft: Draft,
    pub(super) handled_by: Option<Party>,
    pub(super) template: &'static str,
}

/// Runs every check but that of the id, which needs the stored requests.
pub(super) fn run(
    mut draft: Draft,
    caller: &Caller,
    now: OffsetDateTime,
) -> Result<CheckedDraft, Refusal> {
    if draft.rights.iter().any(has_repeated_key) {
        return Err(Refusal::Unspecific("metadata keys differ only in case"));
    }
    let mut handled_by = caller.supplier.clone();
    if draft.to != caller.consumer {
        if !caller.has_scope(ANY_RECEIVER) {
            return Err(Refusal::Forbidden);
        }
        handled_by = Some(caller.consumer.clone());
    }
    policy(&draft.rights, caller)?;
    look_up(&mut draft, &mut handled_by).map_err(|problem| Refusal::Problems(vec![problem]))?;
    let problems = contents(&draft, now);
    if !problems.is_empty() {
        return Err(Refusal::Problems(problems));
    }
    Ok(CheckedDraft {
        template: template(&draft.rights),
        draft,
        handled_by,
    })
}

/// Returns whether two metadata keys are one to a dictionary that does not look at letter case: the
/// real service adds the second and fails.
fn has_repeated_key(right: &Right) -> bool {
    let mut keys: Vec<_> = right.metadata.iter().flatten().collect();
    let count = keys.len();
    keys.sort_by_cached_key(|(key, _)| key.to_lowercase());
    keys.dedup_by_key(|(key, _)| key.to_lowercase());
    keys.len() < count
}

/// Checks that the consumer may request a consent to each resource. An unknown resource is not
/// requestable.
fn policy(rights: &[Right], caller: &Caller) -> Result<(), Refusal> {
    let Party::Organisation(consumer) = &caller.consumer else {
        return Err(Refusal::Forbidden);
    };
    for right in rights {
        let first = right
            .resource
            .first()
            .ok_or(Refusal::Unspecific("a right names no resource"))?;
        if !resource::may_request(&first.value, consumer) {
            return Err(Refusal::Forbidden);
        }
    }
    Ok(())
}

/// Stops at the first party that the register does not know.
fn look_up(draft: &mut Draft, handled_by: &mut Option<Party>) -> Result<(), Problem> {
    draft.from = register::look_up(&draft.from)?;
    draft.to = register::look_up(&draft.to)?;
    if let Some(delegator) = &draft.required_delegator {
        draft.required_delegator = match register::look_up(delegator)? {
            person @ Party::Person(_) => Some(person),
            other => return Err(problem::UNKNOWN_PERSON.with("fnumber", &other)),
        };
    }
    if let Some(handler) = handled_by {
        *handler = register::look_up(handler)?;
    }
    Ok(())
}

/// Checks the contents. Faults of the whole request share one problem; each right has a problem of
/// its own.
fn contents(draft: &Draft, now: OffsetDateTime) -> Vec<Problem> {
    let mut faults = Vec::new();
    if draft.valid_to <= now {
        faults.push(problem::time_passed("ValidTo"));
    }
    if draft.rights.is_empty() {
        faults.push(problem::list_empty("Resource"));
    }
    if !redirect::is_allowed(&draft.redirect_url) {
        faults.push(problem::redirect_invalid("RedirectUrl"));
    }
    let mut problems = Vec::new();
    let expected = template(&draft.rights);
    for (index, right) in draft.rights.iter().enumerate() {
        check_right(index, right, expected, &mut problems);
    }
    if !faults.is_empty() {
        problems.push(Problem::validation(faults));
    }
    problems
}

/// Checks the value of a right's only resource, and not its type.
fn check_right(index: usize, right: &Right, expected: &str, problems: &mut Vec<Problem>) {
    let found = match right.resource.as_slice() {
        [only] => resource::find(&only.value),
        _ => None,
    };
    match found.filter(|found| found.kind == "Consent") {
        Some(found) => check_metadata(index, right, found.metadata, problems),
        None => problems.push(problem::INVALID_RESOURCE),
    }
    if found.is_some_and(|found| !found.template.eq_ignore_ascii_case(expected)) {
        problems.push(problem::INVALID_COMBINATION);
    }
    if right.action.is_empty() {
        problems.push(Problem::validation(vec![problem::required(&format!(
            "/consentRight/{index}/action"
        ))]));
    }
}

fn check_metadata(index: usize, right: &Right, declared: &[&str], problems: &mut Vec<Problem>) {
    let given = right.metadata.as_deref().unwrap_or_default();
    for (key, value) in given {
        let key = key.to_lowercase();
        if !declared.contains(&key.as_str()) {
            problems.push(problem::INVALID_METADATA.with("key", &key));
        }
        if value.is_empty() {
            problems.push(
                problem::MISSING_METADATA_VALUE
                    .with(format!("ConsentRight index: {index}, key"), &key),
            );
        }
    }
    for key in declared {
        if !given.iter().any(|(name, _)| name.eq_ignore_ascii_case(key)) {
            problems.push(problem::MISSING_METADATA.with("key", key));
        }
    }
}

/// Returns the template of the first right's resource, which all must share.
fn template(rights: &[Right]) -> &'static str {
    let first = rights.first().and_then(|right| right.resource.first());
    first
        .and_then(|first| resource::find(&first.value))
        .map_or("", |found| found.template)
}
