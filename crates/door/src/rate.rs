//! Who asks too often, and when may they ask again?
//!
//! A token bucket per key (a connection, a client, an address), counted by the program's own clock. A
//! request over the limit is answered 429 with `Retry-After`.

use crate::{ApiError, Peer};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use outside::Outside;
use std::convert::Infallible;
use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Keys that are remembered at once; beyond it, those that have rested are forgotten.
const KEYS_MAX: usize = 100_000;

/// The program's clock as the limiter reads it: nanoseconds since 1970.
#[derive(Clone)]
struct OutsideClock(Outside);

impl Clock for OutsideClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.now().as_nanosecond()).unwrap_or(0))
    }
}

type Limiter = RateLimiter<String, DashMapStateStore<String>, OutsideClock, NoOpMiddleware<Nanos>>;

/// A limit of requests per second and key. Cloning shares the counts.
#[derive(Clone)]
pub struct RateLimit {
    limiter: Arc<Limiter>,
    clock: OutsideClock,
}

impl std::fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RateLimit").field("keys", &self.limiter.len()).finish_non_exhaustive()
    }
}

impl RateLimit {
    /// `per_second` requests on average, `burst` at once.
    pub fn new(outside: &Outside, per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        let clock = OutsideClock(outside.clone());
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let limiter = Arc::new(RateLimiter::new(quota, DashMapStateStore::default(), clock.clone()));
        Self { limiter, clock }
    }

    /// Counts one request of `key`; 429 when it is one too many.
    pub fn check(&self, key: &str) -> Result<(), ApiError> {
        if self.limiter.len() >= KEYS_MAX {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&key.to_owned()).map_err(|too_soon| {
            let wait = too_soon.wait_time_from(self.clock.now());
            ApiError::too_many_requests(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }
}

/// As a layer it counts by the address of the peer: for routes that anyone may call, such as the token call.
impl<S> Layer<S> for RateLimit {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, limit: self.clone() }
    }
}

/// The service behind [`RateLimit`] used as a layer.
#[derive(Debug, Clone)]
pub struct Limited<S> {
    inner: S,
    limit: RateLimit,
}

impl<S> Service<Request> for Limited<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let key = request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_string());
        match self.limit.check(key.as_deref().unwrap_or("unknown")) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(error) => Box::pin(std::future::ready(Ok(error.into_response()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outside::{ManualClock, SeededEntropy};

    #[test]
    fn a_key_over_its_burst_waits_and_hurts_no_other() {
        let clock = Arc::new(ManualClock::at("2026-03-01T10:00:00Z".parse().unwrap()));
        let outside = Outside::new(clock.clone(), Arc::new(SeededEntropy::new(1)));
        let two = NonZeroU32::new(2).unwrap();
        let limit = RateLimit::new(&outside, NonZeroU32::MIN, two);
        assert!(limit.check("a").is_ok());
        assert!(limit.check("a").is_ok());
        let error = limit.check("a").unwrap_err();
        assert_eq!((error.status.as_u16(), error.retry_after_seconds), (429, Some(1)));
        assert!(limit.check("b").is_ok());
        clock.advance_seconds(1);
        assert!(limit.check("a").is_ok());
        assert!(limit.check("a").is_err());
    }
}
