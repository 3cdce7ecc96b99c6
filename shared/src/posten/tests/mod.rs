//! What goes out is compared byte for byte, and judged by programs of others.
