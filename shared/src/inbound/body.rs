//! Reading a body, of at most 64 KiB.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};

use crate::problem::{Kind, Problem};

/// The largest body, in bytes.
pub(super) const LARGEST: usize = 64 * 1024;

/// How much of a body that is too large is still read and thrown away, in bytes: a caller who is cut
/// off while it sends may never see the answer.
const PATIENCE: usize = 2 * 1024 * 1024;

pub(super) async fn read<B>(headers: &HeaderMap, mut body: B) -> Result<Bytes, Problem>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let too_large = || Problem::new(Kind::BodyTooLarge).detail("The body may have 64 KiB at most");
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if length
        .and_then(|length| length.parse::<usize>().ok())
        .is_some_and(|length| length > PATIENCE)
    {
        return Err(too_large());
    }
    let mut read = 0;
    let mut whole = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame =
            frame.map_err(|_| Problem::new(Kind::RequestInvalid).detail("The body broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        read += data.len();
        if read <= LARGEST {
            whole.extend_from_slice(&data);
        } else if read > PATIENCE {
            break;
        }
    }
    if read > LARGEST {
        Err(too_large())
    } else {
        Ok(whole.freeze())
    }
}
