//! What a browser brings back from Altinn. It is unsigned, all of it.

use super::generation2::is_code;

/// The parameters that are read of what Altinn adds to the redirect address. Not `ErrorMessage`: its encoding is not the same
/// everywhere, and nothing is done with it.
pub const PARAMETERS: [&str; 3] = ["Status", "AuthorizationCode", "FailedAuthorizationCode"];

/// What a browser says.
#[derive(Clone, Copy, Debug, Default)]
pub struct WayBack<'a> {
    /// That there is an answer, of whatever kind.
    pub answered: bool,
    /// That this is the consent's code. It has the form of one.
    pub code: Option<&'a str>,
}

impl<'a> WayBack<'a> {
    /// Reads [`PARAMETERS`] with `get`. A request that was refused has its code under another name; a link has none then.
    pub fn read(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let [status, code, failed] = PARAMETERS;
        let code = get(code).or_else(|| get(failed));
        Self {
            answered: get(status).is_some(),
            code: code.filter(|code| is_code(code)),
        }
    }
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
            let back = WayBack::read(get);
            assert_eq!((back.answered, back.code), (answered, code), "{query:?}");
        }
    }
}
