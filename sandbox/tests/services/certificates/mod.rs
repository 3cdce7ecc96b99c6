//! Certificates to order: their shapes, and each defect, present if and only if it is ordered.

mod defects;
mod openssl;
mod shapes;
mod support;
