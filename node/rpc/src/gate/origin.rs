//! Which pages may drive a development node: its own, and no other. Programs send no origin and pass.

use crate::refusal::Refusal;
use std::net::IpAddr;
use tonic::body::Body;
use tonic::codegen::http::header::{HOST, ORIGIN};
use tonic::codegen::http::{HeaderValue, Request};

/// Whether a path belongs to a service that other pages must not reach.
pub(crate) fn is_local_only(path: &str) -> bool {
    path.starts_with("/palisade.dev.")
}

fn text(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or("(not text)")
}

/// The name or address in an authority, without its port.
fn name(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.rsplit_once(':').map_or(authority, |(name, _)| name),
    }
}

/// Refuses a page's script, unless the page came from this very server, called by an address: a name could be
/// another's that was made to point here.
pub(super) fn check(request: &Request<Body>) -> Result<(), Refusal> {
    let Some(origin) = request.headers().get(ORIGIN).map(text) else {
        return Ok(());
    };
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let host = authority
        .or_else(|| request.headers().get(HOST).map(text))
        .unwrap_or_default();
    let same = origin
        .split_once("://")
        .is_some_and(|(_, authority)| authority == host);
    if !same {
        return Err(Refusal::origin("not for pages of", origin));
    }
    let name = name(host);
    if name == "localhost" || name.parse::<IpAddr>().is_ok() {
        Ok(())
    } else {
        Err(Refusal::origin("call it by its address, not as", host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(origin: Option<&str>, host: &str) -> Request<Body> {
        let mut builder = Request::builder()
            .uri("/palisade.dev.v1alpha1.DevService/RequestFunds")
            .header(HOST, host);
        if let Some(origin) = origin {
            builder = builder.header(ORIGIN, origin);
        }
        builder.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_programs_and_the_servers_own_page_pass() {
        for (origin, host, passes) in [
            (None, "node0:26600", true),
            (Some("http://127.0.0.1:26600"), "127.0.0.1:26600", true),
            (Some("http://[::1]:26600"), "[::1]:26600", true),
            (Some("http://localhost:26600"), "localhost:26600", true),
            (Some("https://evil.example"), "127.0.0.1:26600", false),
            (Some("http://evil.example:26600"), "evil.example:26600", false),
            (Some("null"), "127.0.0.1:26600", false),
            (Some("http://127.0.0.1:80"), "127.0.0.1:26600", false),
        ] {
            assert_eq!(check(&request(origin, host)).is_ok(), passes, "{origin:?} {host}");
        }
    }
}
