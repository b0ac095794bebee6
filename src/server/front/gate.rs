//! The gate before the services: who calls, whether it may, and whether
//! there is room.

use std::collections::HashSet;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::ArcSwap;
use http::{HeaderMap, HeaderName, Request, Response, header};
use hyper::body::{Body as _, Incoming};
use tonic::Status;
use tonic::body::Body;
use tonic::service::Routes;
use tracing::Instrument as _;

use crate::access::{
    Allowance, Caller, Denied, Exhausted, Identities, Known, Rule, Surface, Taken, Unauthenticated,
    Unit, method,
};
use crate::config::Limits;
use crate::grpc::{WhileStanding, denied, exhausted};
use crate::metrics::{self, Limit, Observed};
use crate::telemetry;

use super::Peer;
use super::coming::Coming;
use super::held::Held;

/// Where else than in `authorization` a key may stand.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What browsers say of the page that asks.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The one method whose messages are small by their own limit, and health.
const SMALL: [&str; 2] = [
    "/interdict.v1.ScreeningService/ScreenAddress",
    "/grpc.health.v1.Health/Check",
];

/// A question of a few bytes that is answered with a hundred thousand.
const REFLECTION: &str = "/grpc.reflection.";

/// Calls under way of methods that ask for no role.
const OPEN_CALLS_MAX: usize = 1024;

/// When to come again if everybody together asks for too much.
const SHED_RETRY_AFTER: Duration = Duration::from_millis(100);

/// Why a call does not reach its service.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The credentials are nobody's.
    Unauthenticated(Unauthenticated),
    /// The caller may not.
    Denied(Denied),
    /// There is no room for it.
    Exhausted(Exhausted),
}

/// Who may come through, and how many at once. Clones are one and the same.
#[derive(Clone)]
pub(crate) struct Admission {
    identities: Arc<ArcSwap<Identities>>,
    under_way: Arc<AtomicUsize>,
    calls_max: usize,
    /// What all callers together have on its way to us.
    everybody: Arc<Allowance>,
    /// What is under way of methods that ask for no role: counted apart, so
    /// that strangers take no room of those who have one.
    open: Arc<AtomicUsize>,
    open_room: Arc<Allowance>,
    body_within: Duration,
}

/// A call that came through; it is counted until this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) caller: Caller,
    pub(crate) allowance: Arc<Allowance>,
    pub(crate) in_use: InUse,
}

/// What a call holds until its answer is taken.
#[derive(Debug)]
pub(crate) struct InUse {
    under_way: Arc<AtomicUsize>,
    _taken: Taken,
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Admission {
    /// Knows identities, which may be replaced, and what all of them together
    /// may have under way.
    pub(crate) fn new(
        identities: Arc<ArcSwap<Identities>>,
        limits: &Limits,
        known: &Known,
    ) -> Self {
        let (calls_max, body_within) = (limits.calls_max, limits.request_timeout);
        Self {
            identities,
            under_way: Arc::default(),
            calls_max,
            everybody: Arc::new(Allowance::new(known.quota_of_all())),
            open: Arc::default(),
            open_room: Arc::new(Allowance::new(known.quota)),
            body_within,
        }
    }

    /// Takes room for a body that is still to come, or for what is as large.
    fn room(&self, admitted: &Admitted, is_open: bool) -> Result<[Taken; 2], Refused> {
        let take = |of: &Arc<Allowance>| of.take(Unit::Bodies, 1).map_err(Refused::Exhausted);
        let all = if is_open {
            &self.open_room
        } else {
            &self.everybody
        };
        let room = [take(&admitted.allowance)?, take(all)?];
        Ok(room)
    }

    /// Tells who calls, and takes room for the call. The credentials are
    /// taken out of the headers: what comes after needs none.
    pub(crate) fn admit(
        &self,
        peer: &Peer,
        headers: &mut HeaderMap,
        is_open: bool,
    ) -> Result<Admitted, Refused> {
        let identities = self.identities.load();
        let sent = credentials(headers);
        let key = sent
            .as_ref()
            .map(|sent| sent.as_ref().map_or("", |key| key.as_str()));
        let (caller, allowance) = peer
            .caller(&identities, key)
            .map_err(Refused::Unauthenticated)?;
        let taken = allowance.call().map_err(|exhausted| {
            metrics::edge().limited(if exhausted.is_rate() {
                Limit::Rate
            } else {
                Limit::Concurrency
            });
            Refused::Exhausted(exhausted)
        })?;
        let (counted, most) = if is_open {
            (&self.open, OPEN_CALLS_MAX.min(self.calls_max))
        } else {
            (&self.under_way, self.calls_max)
        };
        let before = counted.fetch_add(1, Ordering::Relaxed);
        let in_use = InUse {
            under_way: counted.clone(),
            _taken: taken,
        };
        if before >= most {
            metrics::edge().limited(Limit::Load);
            return Err(Refused::Exhausted(Exhausted {
                what: "calls under way in all; not",
                retry_after: SHED_RETRY_AFTER,
            }));
        }
        Ok(Admitted {
            caller,
            allowance,
            in_use,
        })
    }
}

/// Takes a key out of the headers. `Some(None)`: something was sent that is
/// no key.
fn credentials(headers: &mut HeaderMap) -> Option<Option<zeroize::Zeroizing<String>>> {
    if headers.is_empty() {
        return None;
    }
    let own = headers.remove(API_KEY);
    let bearer = headers.remove(header::AUTHORIZATION);
    let text = |value: &http::HeaderValue| value.to_str().ok().map(str::to_owned);
    if let Some(value) = own {
        return Some(text(&value).map(zeroize::Zeroizing::new));
    }
    let value = bearer?;
    let token = text(&value).map(zeroize::Zeroizing::new);
    let token = token.and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| zeroize::Zeroizing::new(token.trim().to_owned()))
    });
    Some(token)
}

/// The gRPC services behind one kind of listener.
#[derive(Clone)]
pub(crate) struct Gate {
    services: Routes,
    surface: Surface,
    admission: Admission,
    streams: Arc<Streams>,
}

/// Which methods stream, by path.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// Their requests are streams.
    pub(crate) sent: HashSet<String>,
    /// Their answers are.
    pub(crate) answered: HashSet<String>,
}

impl Gate {
    /// Lets those through to the services who may call them.
    pub(crate) fn new(
        services: Routes,
        surface: Surface,
        admission: Admission,
        streams: Arc<Streams>,
    ) -> Self {
        Self {
            services: services.prepare(),
            surface,
            admission,
            streams,
        }
    }

    fn judge(&self, request: &mut Request<Incoming>) -> Result<(Admitted, Room, Peer), Status> {
        let peer = request.extensions().get::<Peer>().cloned();
        let peer = peer.expect("the front puts it into every request");
        not_from_a_page(request.headers())?;
        let rule = method::rule(request.uri().path());
        let is_small = SMALL.contains(&request.uri().path());
        let is_open = !is_small && rule.is_some_and(Rule::is_open);
        let admitted = self
            .admission
            .admit(&peer, request.headers_mut(), is_open)
            .map_err(status)?;
        let path = request.uri().path();
        let rule = rule
            .ok_or_else(|| Denied::NoSuchMethod(path.to_owned()))
            .map_err(|denied| status(Refused::Denied(denied)))?;
        rule.check(&admitted.caller, self.surface)
            .map_err(|denied| status(Refused::Denied(denied)))?;
        let room = (!is_small).then(|| self.admission.room(&admitted, is_open));
        let room = room.transpose().map_err(status)?;
        Ok((admitted, room, peer))
    }
}

/// A browser sends a page's request here without asking, and with the
/// certificate of whoever sits before it; no gRPC client sends what it then
/// has in its headers.
fn not_from_a_page(headers: &HeaderMap) -> Result<(), Status> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .map(|kind| kind.as_bytes());
    let is_grpc = kind.is_some_and(|kind| kind.starts_with(b"application/grpc"));
    if is_grpc && !headers.contains_key(header::ORIGIN) && !headers.contains_key(FETCH_SITE) {
        return Ok(());
    }
    let words = "this is for gRPC clients: pages speak gRPC-Web or JSON, on the HTTP listener";
    Err(Status::permission_denied(words))
}

type Room = Option<[Taken; 2]>;

/// Returns the gRPC status of a refusal.
fn status(refused: Refused) -> Status {
    match refused {
        Refused::Unauthenticated(error) => Status::unauthenticated(error.to_string()),
        Refused::Exhausted(error) => exhausted(&error),
        Refused::Denied(error) => denied(&error),
    }
}

/// The call itself, and what its service took for the answer.
type InUseUntilTaken = Option<(InUse, Option<Arc<Vec<Taken>>>, Room)>;

type Answer = Response<Held<Observed<Body>, InUseUntilTaken>>;

impl tower::Service<Request<Incoming>> for Gate {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let mut counted = metrics::calls().begin(request.uri().path());
        let (admitted, mut room, peer) = match self.judge(&mut request) {
            Ok(admitted) => admitted,
            Err(status) => {
                let refusal = counted.answered(status.into_http());
                let refusal = refusal.map(|body| Held::new(body, None, None));
                return Box::pin(async move { Ok(refusal) });
            }
        };
        let (path, caller) = (request.uri().path(), admitted.caller.name());
        let span = telemetry::calls::begin(path, request.headers(), caller);
        counted.within(span.clone());
        // Nearly every call is small, and needs none of these look-ups.
        let is_small = SMALL.contains(&request.uri().path());
        let is_stream = !is_small && self.streams.answered.contains(request.uri().path());
        let rule = is_stream.then(|| method::rule(request.uri().path()));
        let standing = rule
            .flatten()
            .and_then(|rule| rule.rests_on(&admitted.caller));
        let extensions = request.extensions_mut();
        extensions.insert(admitted.caller);
        extensions.insert(admitted.allowance);
        // Until the body is there, or where the answer is what is large, until
        // that is taken.
        let is_described = !is_small && request.uri().path().starts_with(REFLECTION);
        let for_answer = if is_described { room.take() } else { None };
        let is_one_message = is_small || !self.streams.sent.contains(request.uri().path());
        let within = is_one_message.then_some(self.admission.body_within);
        let request = request.map(|body| Coming::new(body, room, within));
        let answer = self.services.call(request).instrument(span);
        Box::pin(async move {
            let mut response = answer.await?.map(Body::new);
            // What the service took for the answer goes with the answer.
            let more = response.extensions_mut().remove::<Arc<Vec<Taken>>>();
            let in_use = Some((admitted.in_use, more, for_answer));
            if let Some(standing) = standing {
                response = response.map(|body| Body::new(WhileStanding::new(body, standing)));
            }
            let waiting = (!is_stream).then(|| peer.stalls().waiting());
            let response = counted.answered(response);
            Ok(response.map(|body| Held::new(body, waiting, in_use)))
        })
    }
}

/// HTTP routes, each of which judges for itself what a caller may: this
/// tells them who calls, and counts.
#[derive(Clone)]
pub(crate) struct HttpGate {
    routes: axum::Router,
    admission: Option<Admission>,
    /// Makes the answer to who does not come through.
    refusal: fn(Refused) -> Response<axum::body::Body>,
}

impl HttpGate {
    /// Lets those through whose credentials hold; without an admission,
    /// everybody.
    pub(crate) fn new(
        routes: axum::Router,
        admission: Option<Admission>,
        refusal: fn(Refused) -> Response<axum::body::Body>,
    ) -> Self {
        Self {
            routes,
            admission,
            refusal,
        }
    }
}

type HttpAnswer = Response<Held<axum::body::Body, InUseUntilTaken>>;

impl tower::Service<Request<Incoming>> for HttpGate {
    type Response = HttpAnswer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpAnswer, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        let (mut in_use, mut room) = (None, None);
        if let Some(admission) = &self.admission {
            let peer = request.extensions().get::<Peer>().cloned();
            let peer = peer.expect("the front puts it into every request");
            let admitted = admission.admit(&peer, request.headers_mut(), false);
            let admitted = admitted.and_then(|admitted| {
                let has_body = !request.body().is_end_stream();
                let room = has_body
                    .then(|| admission.room(&admitted, false))
                    .transpose()?;
                Ok((admitted, room))
            });
            match admitted {
                Ok((admitted, taken)) => {
                    room = taken;
                    let extensions = request.extensions_mut();
                    extensions.insert(admitted.caller);
                    extensions.insert(admitted.allowance);
                    in_use = Some(admitted.in_use);
                }
                Err(refused) => {
                    let refusal = (self.refusal)(refused).map(|body| Held::new(body, None, None));
                    return Box::pin(async move { Ok(refusal) });
                }
            }
        }
        let answer = self
            .routes
            .call(request.map(|body| Coming::new(body, room, None)));
        Box::pin(async move {
            let mut response = answer.await?;
            let more = response.extensions_mut().remove::<Arc<Vec<Taken>>>();
            let in_use = in_use.map(|in_use| (in_use, more, None));
            Ok(response.map(|body| Held::new(body, None, in_use)))
        })
    }
}
