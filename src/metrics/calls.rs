//! Calls by method and code, how long they took, and how many are under way.
//!
//! [`Calls::begin`] is told of a call before anything is known of it, and the
//! [`Call`] it returns counts the call when it ends, however it ends: a call
//! whose client went away is counted as `CANCELLED`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use parking_lot::RwLock;
use prost_reflect::DescriptorPool;
use tonic::Code;
use tracing::Span;

use crate::counters::{Distribution, Durations, Striped};
use crate::grpc::{CODE_NAMES, v1};
use crate::telemetry;

/// What is not in the API, such as a path that somebody made up.
const OTHER: &str = "other";

/// Routes that are told apart.
const ROUTES_MAX: usize = 100;

/// Every call of a process.
#[derive(Debug)]
pub struct Calls {
    grpc: HashMap<String, Arc<Method>>,
    other: Arc<Method>,
    /// Filled as routes are first asked for: they are those of the program.
    http: RwLock<HashMap<String, Arc<Method>>>,
}

/// The calls of one method or route.
#[derive(Debug, Default)]
struct Method {
    codes: Striped<{ CODE_NAMES.len() }>,
    took: Durations,
    under_way: AtomicI64,
}

/// A call under way. It counts itself when it goes.
#[derive(Debug)]
pub struct Call {
    method: Arc<Method>,
    began: Instant,
    code: Code,
    span: Span,
}

/// The calls of one method so far.
#[derive(Debug)]
pub(super) struct Counted {
    /// `grpc` or `http`.
    pub(super) interface: &'static str,
    /// `ScreeningService/ScreenAddress`, `GET /v1/sources`.
    pub(super) method: String,
    /// Those that occurred.
    pub(super) codes: Vec<(&'static str, u64)>,
    pub(super) took: Distribution,
    pub(super) under_way: i64,
}

impl Calls {
    pub(super) fn new() -> Self {
        let pool = DescriptorPool::decode(v1::DESCRIPTORS)
            .expect("the descriptors were written by the build of this program");
        let ours = pool.services().flat_map(|service| {
            let methods: Vec<_> = service.methods().collect();
            methods
                .into_iter()
                .map(move |method| format!("/{}/{}", service.full_name(), method.name()))
        });
        let beside = [
            "/grpc.health.v1.Health/Check",
            "/grpc.health.v1.Health/Watch",
        ];
        let paths = ours.chain(beside.map(str::to_owned));
        Self {
            grpc: paths.map(|path| (path, Arc::default())).collect(),
            other: Arc::default(),
            http: RwLock::default(),
        }
    }

    /// Begins a gRPC call, by its path.
    pub fn begin(&self, path: &str) -> Call {
        Call::begin(self.grpc.get(path).unwrap_or(&self.other))
    }

    /// Begins an HTTP call, by its method and the route that the program has
    /// for it: `GET /v1/addresses/{address}`, never what stands in its place.
    pub fn begin_route(&self, route: &str) -> Call {
        if let Some(known) = self.http.read().get(route) {
            return Call::begin(known);
        }
        let mut routes = self.http.write();
        let room = routes.len() < ROUTES_MAX;
        let route = if room { route } else { OTHER };
        Call::begin(routes.entry(route.to_owned()).or_default())
    }

    /// Returns the calls so far, of methods that were called.
    pub(super) fn read(&self) -> Vec<Counted> {
        let ours = |path: &str| path.trim_start_matches("/interdict.v1.").to_owned();
        let grpc = self
            .grpc
            .iter()
            .map(|(path, method)| method.read("grpc", ours(path)))
            .chain([self.other.read("grpc", OTHER.to_owned())]);
        let routes = self.http.read();
        let http = routes
            .iter()
            .map(|(route, method)| method.read("http", route.clone()));
        let mut all: Vec<_> = grpc
            .chain(http)
            .filter(|counted| !counted.codes.is_empty() || counted.under_way > 0)
            .collect();
        all.sort_by(|a, b| (a.interface, &a.method).cmp(&(b.interface, &b.method)));
        all
    }
}

impl Method {
    fn read(&self, interface: &'static str, method: String) -> Counted {
        let codes = CODE_NAMES.iter().enumerate().filter_map(|(number, name)| {
            let count = self.codes.sum(number);
            (count > 0).then_some((*name, count))
        });
        Counted {
            interface,
            method,
            codes: codes.collect(),
            took: self.took.read(),
            under_way: self.under_way.load(Ordering::Relaxed).max(0),
        }
    }
}

impl Call {
    fn begin(method: &Arc<Method>) -> Self {
        method.under_way.fetch_add(1, Ordering::Relaxed);
        Self {
            method: method.clone(),
            began: Instant::now(),
            code: Code::Cancelled,
            span: Span::none(),
        }
    }

    /// Lets the call's span last as long, and say how the call ended.
    pub fn within(&mut self, span: Span) {
        self.span = span;
    }

    /// Says how it ended. One of which nothing is said was cut off.
    pub fn ended(&mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        telemetry::calls::ended(&self.span, self.code);
        self.method.codes.add(self.code as usize, 1);
        self.method.took.add(self.began.elapsed());
        self.method.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: &str = "/interdict.v1.ScreeningService/ScreenAddress";

    #[test]
    fn a_call_counts_once_under_its_method_and_code() {
        let calls = Calls::new();
        let mut call = calls.begin(SCREEN);
        let under_way = calls.read();
        assert_eq!(under_way[0].under_way, 1);
        call.ended(Code::Ok);
        drop(call);
        drop(calls.begin(SCREEN));
        let read = calls.read();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].method, "ScreeningService/ScreenAddress");
        assert_eq!(read[0].codes, [("OK", 1), ("CANCELLED", 1)]);
        assert_eq!(read[0].took.count(), 2);
        assert_eq!(read[0].under_way, 0);
    }

    #[test]
    fn paths_that_nobody_serves_are_one() {
        let calls = Calls::new();
        for path in ["/", "/made/up", "/interdict.v1.ScreeningService/Nothing"] {
            calls.begin(path).ended(Code::Unimplemented);
        }
        let read = calls.read();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].method, OTHER);
        assert_eq!(read[0].codes, [("UNIMPLEMENTED", 3)]);
    }

    #[test]
    fn routes_have_an_end() {
        let calls = Calls::new();
        for route in 0..2 * ROUTES_MAX {
            calls.begin_route(&format!("GET /{route}")).ended(Code::Ok);
        }
        let read = calls.read();
        assert_eq!(read.len(), ROUTES_MAX + 1);
        let other = read.iter().find(|counted| counted.method == OTHER);
        assert_eq!(other.expect("the rest is one").codes, [("OK", 100)]);
    }
}
