//! Form with files (RFC 7578), as a request body.

/// File of a form. Names and media types are plain ASCII without quotes.
#[derive(Clone, Copy, Debug)]
pub struct FormPart<'a> {
    /// Name of the field.
    pub name: &'a str,
    /// Name of the file.
    pub file: &'a str,
    /// Media type.
    pub media_type: &'a str,
    /// Content.
    pub content: &'a [u8],
}

/// Builds the body, and returns its media type with it. `boundary` consists of letters and digits,
/// and no part contains it.
pub fn form(boundary: &str, parts: &[FormPart<'_>]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for part in parts {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {}\r\n\r\n",
            part.name, part.file, part.media_type
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_separates_its_files() {
        let part = |name, content| FormPart {
            name,
            file: "a.txt",
            media_type: "text/plain",
            content,
        };
        let parts = [
            part("one", b"1\r\n2".as_slice()),
            part("two", b"".as_slice()),
        ];
        let (media_type, body) = form("xyz", &parts);
        assert_eq!(media_type, "multipart/form-data; boundary=xyz");
        assert_eq!(
            String::from_utf8(body).expect("text"),
            "--xyz\r\nContent-Disposition: form-data; name=\"one\"; filename=\"a.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n1\r\n2\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"two\"; filename=\"a.txt\"\r\n\
             Content-Type: text/plain\r\n\r\n\r\n--xyz--\r\n"
        );
    }
}
