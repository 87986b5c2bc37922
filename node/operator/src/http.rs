//! Fetching over HTTP, with an end in time and in bytes; TLS by ring, with the certificate authorities of the web.

use std::time::Duration;

/// How many redirects are followed.
const REDIRECTS: u32 = 3;

/// The body at `url`, at most `bytes` and within `limit`.
///
/// # Errors
/// What went wrong, in words.
pub(crate) async fn fetch(url: &str, limit: Duration, bytes: usize) -> Result<Vec<u8>, String> {
    let url = url.to_owned();
    let work = tokio::task::spawn_blocking(move || get(&url, limit, bytes));
    work.await
        .unwrap_or_else(|error| Err(format!("the request was given up: {error}")))
}

fn get(url: &str, limit: Duration, bytes: usize) -> Result<Vec<u8>, String> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(limit))
        .max_redirects(REDIRECTS)
        .user_agent("palisade-operator")
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    let most = u64::try_from(bytes).unwrap_or(u64::MAX);
    let body = answer.body_mut().with_config().limit(most).read_to_vec();
    body.map_err(|error| error.to_string())
}
