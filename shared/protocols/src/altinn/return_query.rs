//! Query parameters that the browser brings back from Altinn. None of them is signed.

/// Query parameters that are read from the redirect URI. `ErrorMessage` is left out: its encoding
/// varies, and nothing uses it.
pub const PARAMETERS: [&str; 3] = ["Status", "AuthorizationCode", "FailedAuthorizationCode"];

/// Unverified claims of a returning browser.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReturnQuery<'a> {
    /// Set if the browser reports an answer, of any kind.
    pub answered: bool,
    /// Code of the consent. Only its form is checked.
    pub code: Option<&'a str>,
}

impl<'a> ReturnQuery<'a> {
    /// Reads [`PARAMETERS`] with `get`. After a refusal the code has another parameter name; after
    /// a refused link there is none.
    pub fn read(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let [status, code, failed] = PARAMETERS;
        let code = get(code).or_else(|| get(failed));
        Self {
            answered: get(status).is_some(),
            code: code.filter(|code| is_code(code)),
        }
    }
}

/// Returns whether a text has the form of a code, and is therefore safe in the path of an address.
pub fn is_code(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "5f0c2f39-8f0b-4d0e-9a52-7f6f0c7b1d11";

    #[test]
    fn a_code_is_read_by_either_name_and_only_if_it_is_one() {
        for (query, answered, code) in [
            (&[][..], false, None),
            (&[("Status", "OK")], true, None),
            (
                &[("Status", "OK"), ("AuthorizationCode", CODE)],
                true,
                Some(CODE),
            ),
            (
                &[("FailedAuthorizationCode", CODE), ("Status", "Failed")],
                true,
                Some(CODE),
            ),
            (&[("AuthorizationCode", "../../token")], false, None),
            (&[("AuthorizationCode", "")], false, None),
            (&[("authorizationcode", CODE)], false, None),
        ] {
            let get = |wanted: &str| {
                let mut pairs = query.iter();
                pairs
                    .find(|(name, _)| *name == wanted)
                    .map(|(_, value)| *value)
            };
            let back = ReturnQuery::read(get);
            assert_eq!((back.answered, back.code), (answered, code), "{query:?}");
        }
    }
}
