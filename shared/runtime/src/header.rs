//! Request headers.

use http::HeaderMap;

use innsyn_core::problem::{Kind, Problem};

/// Returns the value of a header that must not be repeated.
///
/// # Errors
/// `Kind::RequestInvalid` if it is repeated or is not text.
pub(crate) fn header_once<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let invalid =
        || Problem::new(Kind::RequestInvalid).detail(format!("The header {name} is not valid"));
    if second.is_some() {
        return Err(invalid());
    }
    first
        .map(|value| value.to_str().map_err(|_| invalid()))
        .transpose()
}
