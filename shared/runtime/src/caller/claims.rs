//! Parsing of login-token claims in the forms that login services write.
//!
//! Harmless deviations are accepted and reported as remarks. A claim without a clear meaning grants
//! no right, and the remark says so. Remarks never repeat a claim's value.

use serde_json::{Map, Value};

use innsyn_core::party::OrganisationNumber;

/// Prefix of organisation numbers in ISO 6523 form, as Maskinporten and Altinn write them.
const REGISTER: &str = "0192:";

/// Remarks on the form of claims, for the operator.
#[derive(Debug, Default)]
pub(super) struct Remarks(Vec<String>);

impl Remarks {
    pub(super) fn add(&mut self, remark: impl Into<String>) {
        let remark = remark.into();
        if !self.0.contains(&remark) {
            self.0.push(remark);
        }
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = String> {
        self.0.into_iter()
    }
}

/// Returns the scopes of `scope`, or without it those of `scp`: a list separated by spaces (RFC
/// 8693 §4.2), or a JSON array.
pub(super) fn scopes(claims: &Map<String, Value>, remarks: &mut Remarks) -> Vec<String> {
    let claim = |name| claims.get(name).filter(|value| !value.is_null());
    let (name, value) = match (claim("scope"), claim("scp")) {
        (Some(scope), _) => ("scope", scope),
        (None, Some(scp)) => {
            remarks.add("the token has its scopes in scp, not in scope");
            ("scp", scp)
        }
        (None, None) => return Vec::new(),
    };
    let values = match value {
        Value::Array(values) => {
            remarks.add(format!("the claim {name} is an array, not text"));
            values.as_slice()
        }
        value => std::slice::from_ref(value),
    };
    let mut scopes = Vec::new();
    for value in values {
        match value {
            Value::String(text) => scopes.extend(text.split_whitespace().map(str::to_owned)),
            _ => remarks.add(format!(
                "the claim {name} holds something that is not text, which gives no scope"
            )),
        }
    }
    scopes
}

/// Returns the organisations of `claims[name]`: an array of numbers, or a single number. A value
/// that is not an organisation number grants no right.
pub(super) fn organisations(
    claims: &Map<String, Value>,
    name: &str,
    remarks: &mut Remarks,
) -> Vec<OrganisationNumber> {
    let values = match claims.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(values)) => values.as_slice(),
        Some(value) => std::slice::from_ref(value),
    };
    let mut organisations = Vec::new();
    for value in values {
        match organisation(value) {
            Some((number, form)) => {
                organisations.push(number);
                if let Some(form) = form.remark() {
                    remarks.add(format!("the claim {name} has organisation numbers {form}"));
                }
            }
            None => several(value, name, &mut organisations, remarks),
        }
    }
    organisations
}

/// Parses text that lists several numbers.
fn several(
    value: &Value,
    name: &str,
    organisations: &mut Vec<OrganisationNumber>,
    remarks: &mut Remarks,
) {
    let separates = |character: char| character.is_whitespace() || ",;".contains(character);
    let words = value.as_str().unwrap_or_default().split(separates);
    let words = words.filter(|word| !word.is_empty());
    let numbers: Option<Vec<_>> = words
        .map(|word| organisation(&Value::from(word)).map(|(number, _)| number))
        .collect();
    let numbers = numbers.unwrap_or_default();
    remarks.add(if numbers.is_empty() {
        format!(
            "the claim {name} holds something that is no organisation number, which gives no right"
        )
    } else {
        format!("the claim {name} lists organisation numbers in one text, not in an array")
    });
    organisations.extend(numbers);
}

/// Form in which an organisation number is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// Nine digits as text.
    Digits,
    Number,
    Prefixed,
    Blanks,
}

impl Form {
    const fn remark(self) -> Option<&'static str> {
        match self {
            Self::Digits => None,
            Self::Number => Some("as JSON numbers, not as text"),
            Self::Prefixed => Some("with the prefix 0192:"),
            Self::Blanks => Some("with blanks"),
        }
    }
}

/// Parses one organisation number: nine digits as text, optionally with the prefix `0192:` or
/// blanks, or a JSON number.
pub(super) fn organisation(value: &Value) -> Option<(OrganisationNumber, Form)> {
    let (text, mut form) = match value {
        Value::String(text) => (text.clone(), Form::Digits),
        Value::Number(number) => (number.as_u64()?.to_string(), Form::Number),
        _ => return None,
    };
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if compact != text {
        form = Form::Blanks;
    }
    let digits = match compact.strip_prefix(REGISTER) {
        Some(digits) => {
            form = Form::Prefixed;
            digits
        }
        None => &compact,
    };
    let number = OrganisationNumber::parse(digits).ok()?;
    Some((number, form))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn scopes_are_text_or_a_list_in_scope_or_scp() {
        for (claims, expected, remark) in [
            (json!({"scope": "a b"}), vec!["a", "b"], None),
            (
                json!({"scope": ["a", "b c"]}),
                vec!["a", "b", "c"],
                Some("scope is an array"),
            ),
            (json!({"scp": "a"}), vec!["a"], Some("in scp")),
            (json!({"scp": ["a"]}), vec!["a"], Some("scp is an array")),
            (
                json!({"scope": null, "scp": "a"}),
                vec!["a"],
                Some("in scp"),
            ),
            // An existing `scope` takes precedence: `scp` is then not read.
            (json!({"scope": "", "scp": "a"}), vec![], None),
            (
                json!({"scope": {"a": true}, "scp": "a"}),
                vec![],
                Some("gives no scope"),
            ),
            (
                json!({"scope": ["a", 1]}),
                vec!["a"],
                Some("gives no scope"),
            ),
            (json!({}), vec![], None),
        ] {
            let mut remarks = Remarks::default();
            assert_eq!(
                scopes(&object(claims.clone()), &mut remarks),
                expected,
                "{claims}"
            );
            assert_remark(&remarks, remark);
        }
    }

    #[test]
    fn organisations_are_read_in_the_forms_that_have_one_meaning() {
        let (one, two) = ("313367002", "314055403");
        for (claim, expected, remark) in [
            (json!([one, two]), vec![one, two], None),
            (json!(one), vec![one], None),
            (
                json!([313_367_002, two]),
                vec![one, two],
                Some("JSON numbers"),
            ),
            (json!(["0192:313367002"]), vec![one], Some("prefix")),
            (json!(["0192: 313 367 002"]), vec![one], Some("prefix")),
            (json!([" 313\u{a0}367 002\n"]), vec![one], Some("blanks")),
            (
                json!("313367002 0192:314055403"),
                vec![one, two],
                Some("in one text"),
            ),
            (
                json!(["313367002,314055403"]),
                vec![one, two],
                Some("in one text"),
            ),
            (json!([]), vec![], None),
            (json!(null), vec![], None),
        ] {
            assert_organisations(&claim, &expected, remark);
        }
    }

    #[test]
    fn what_is_no_organisation_gives_no_right_and_the_log_says_so() {
        let refused = Some("gives no right");
        for claim in [
            json!(["02829090123"]),
            json!(["313367003"]),
            json!([31_336_700.2]),
            json!([-313_367_002]),
            json!([""]),
            json!(["x"]),
            json!([{"ID": "0192:313367002"}]),
            json!(["0088:313367002"]),
            json!([true]),
            json!({"313367002": true}),
            json!("313367002x 314055403"),
        ] {
            assert_organisations(&claim, &[], refused);
        }
        assert_organisations(&json!(["x", "313367002"]), &["313367002"], refused);
    }

    fn assert_organisations(claim: &Value, expected: &[&str], remark: Option<&str>) {
        let mut remarks = Remarks::default();
        let claims = object(json!({"orgs": claim}));
        let read = organisations(&claims, "orgs", &mut remarks);
        let read: Vec<&str> = read.iter().map(OrganisationNumber::as_str).collect();
        assert_eq!(read, expected, "{claim}");
        assert_remark(&remarks, remark);
    }

    fn assert_remark(remarks: &Remarks, expected: Option<&str>) {
        let said = remarks.0.join("; ");
        assert_eq!(said.is_empty(), expected.is_none(), "{said}");
        assert!(said.contains(expected.unwrap_or_default()), "{said}");
        assert!(!said.contains("313"), "{said}");
    }
}
