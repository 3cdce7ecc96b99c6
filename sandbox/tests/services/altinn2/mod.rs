//! Altinn 2's consent, through real TLS: every refusal with its status, the pages, the tokens, and
//! Skatteetaten's call with two headers.
mod authentication;
mod closed;
mod create;
mod five_steps;
mod life;
mod link;
mod old_logins;
mod page;
mod proof;
mod redirects;
mod support;
mod token;
mod trouble;
mod two_headers;
mod wrong_proofs;
