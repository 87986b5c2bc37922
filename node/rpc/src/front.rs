//! One port for gRPC, gRPC-web and pages.

use std::convert::Infallible;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codegen::http::header::CONTENT_TYPE;
use tonic::codegen::http::{HeaderValue, Method, Request, Response, StatusCode};
use tonic::codegen::{BoxFuture, Service};
use tonic::service::Routes;

/// Sends calls to the services, and everything else to the pages.
#[derive(Clone)]
pub(crate) struct Front<S> {
    pub(crate) calls: S,
    pub(crate) pages: Option<Routes>,
}

/// Whether a request is a call, or a browser that asks whether it may make one.
fn is_call(request: &Request<Body>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|kind| kind.starts_with(b"application/grpc"))
        || request.method() == Method::OPTIONS
}

fn no_pages() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(
        "x-hint",
        HeaderValue::from_static("this port speaks gRPC and gRPC-web"),
    );
    response
}

impl<S> Service<Request<Body>> for Front<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.calls.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if is_call(&request) {
            Box::pin(self.calls.call(request))
        } else {
            match &mut self.pages {
                Some(pages) => Box::pin(pages.call(request)),
                None => Box::pin(std::future::ready(Ok(no_pages()))),
            }
        }
    }
}
