//! What another site makes a browser send is refused, and what is answered
//! says how a browser must treat it.
//!
//! A daemon on loopback answers whoever proves nothing, and every page that
//! somebody opens can reach loopback. So: a request whose caller proved
//! nothing must name the daemon by an address, by `localhost` or by a name
//! that the operator configured (a page whose name was rebound to this address
//! names its own); and one that a browser says comes from another site is
//! refused, whatever it carries. Only the console's page itself may be led to
//! by a link.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use http::header::{
    CACHE_CONTROL, HOST, HeaderName, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use tonic::Code;

use crate::access::Caller;

use super::refusal::Refusal;

/// Everything from here and nothing else; nothing inline; in no frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
img-src 'self'; connect-src 'self'; font-src 'none'; base-uri 'none'; form-action 'none'; \
frame-ancestors 'none'; require-trusted-types-for 'script'";

const HEADERS: [(HeaderName, &str); 8] = [
    (
        http::header::CONTENT_SECURITY_POLICY,
        CONTENT_SECURITY_POLICY,
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
    (
        HeaderName::from_static("x-permitted-cross-domain-policies"),
        "none",
    ),
];

/// The names that the daemon answers to, besides addresses and `localhost`.
#[derive(Debug, Clone)]
pub struct Hosts {
    names: Arc<[String]>,
    any: bool,
}

impl Hosts {
    /// Takes names, without ports.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self {
            names: names
                .into_iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            any: false,
        }
    }

    /// Answers to whatever name is used: for behind TLS, where a page whose
    /// name was rebound has no certificate to show.
    pub fn any() -> Self {
        Self {
            any: true,
            ..Self::new([])
        }
    }

    fn has(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        self.any
            || bare.parse::<std::net::IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || self.names.iter().any(|name| name == host)
    }
}

/// Lets a request through, or says why not; and sets the headers of whatever
/// is answered.
pub(super) async fn guard(
    State(hosts): State<Hosts>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let mut response = match check(&request, &hosts) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    set_headers(response.headers_mut());
    response
}

/// Answers only to the daemon's names, for what is open to this machine alone:
/// a page whose name was rebound to it names its own. Probes that name nobody
/// come from no page.
pub fn answer_to(hosts: Hosts, router: Router) -> Router {
    let named = async |State(hosts): State<Hosts>, request: Request<Body>, next: Next| {
        let is_named = request.headers().contains_key(HOST);
        let host = host_of(request.headers(), request.uri());
        match host {
            Ok(host) if hosts.has(host.host()) => next.run(request).await,
            _ if !is_named => next.run(request).await,
            _ => misdirected().into_response(),
        }
    };
    router.layer(from_fn_with_state(hosts, named))
}

fn misdirected() -> Refusal {
    Refusal::new(
        StatusCode::MISDIRECTED_REQUEST,
        Code::PermissionDenied,
        "this name is not one of the daemon's: ask by its address, send an API key, or add the name to `http.hosts`",
    )
}

/// Says how a browser must treat an answer.
pub(super) fn set_headers(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

fn check<B>(request: &Request<B>, hosts: &Hosts) -> Result<(), Refusal> {
    let (headers, uri) = (request.headers(), request.uri());
    let host = host_of(headers, uri)?;
    // Whoever proved a name is no page that hopes for what the place allows.
    let caller = request.extensions().get::<Caller>();
    let proved = caller.is_some_and(|caller| !caller.is_anonymous());
    if !proved && !hosts.has(host.host()) {
        return Err(misdirected());
    }
    let other_site = |why: &str| {
        Refusal::new(
            StatusCode::FORBIDDEN,
            Code::PermissionDenied,
            format!("a page of another site made this request ({why})"),
        )
    };
    if let Some(site) = headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
        && !is_link_to_console(request)
    {
        return Err(other_site("Sec-Fetch-Site"));
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    if origins.any(|origin| !is_own(origin, &host)) {
        return Err(other_site("Origin"));
    }
    Ok(())
}

/// Somebody follows a link to the console: the page shows nothing of itself,
/// and what it then asks for is asked by the page and not by the link.
fn is_link_to_console<B>(request: &Request<B>) -> bool {
    let says = |name: &str, value: &str| {
        let given = request.headers().get(name);
        given.is_some_and(|given| given.as_bytes() == value.as_bytes())
    };
    request.method() == Method::GET
        && request.uri().path() == "/"
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
}

/// One name, in one place: what is read two ways can be smuggled.
fn host_of(headers: &HeaderMap, uri: &Uri) -> Result<Authority, Refusal> {
    let refused = || Refusal::invalid("`Host` must name the daemon, once");
    let mut given = headers.get_all(HOST).iter();
    let (Some(one), None) = (given.next(), given.next()) else {
        return Err(refused());
    };
    let named: Authority = one
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(refused)?;
    let is_plain = !named.as_str().contains('@');
    let agrees = uri.authority().is_none_or(|asked| *asked == named);
    match is_plain && agrees {
        true => Ok(named),
        false => Err(refused()),
    }
}

fn is_own(origin: &HeaderValue, host: &Authority) -> bool {
    let text = origin.to_str().unwrap_or_default();
    let authority = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_str()))
}

#[cfg(test)]
mod tests {
    use crate::access::Roles;

    use super::*;

    fn request(path: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request")
    }

    fn judged(request: &Request<()>) -> Result<(), Refusal> {
        check(request, &Hosts::new(["Interdict.Example".to_owned()]))
    }

    fn asked(headers: &[(&str, &str)]) -> Result<(), Refusal> {
        judged(&request("/v1/status", headers))
    }

    fn asked_by_name(headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut request = request("/v1/status", headers);
        let caller = Caller::named("officer".into(), Roles::ALL, "10.0.0.7".into());
        request.extensions_mut().insert(caller);
        judged(&request)
    }

    #[test]
    fn the_daemons_own_names_are_let_in() {
        for host in [
            "localhost",
            "localhost:50080",
            "LOCALHOST.:50080",
            "console.localhost",
            "127.0.0.1:50080",
            "[::1]:50080",
            "10.1.2.3",
            "interdict.example",
            "interdict.EXAMPLE:443",
        ] {
            assert_eq!(asked(&[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_name_that_was_rebound_is_refused() {
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "interdict.example.evil",
            "0x7f000001",
        ] {
            assert!(asked(&[("host", host)]).is_err(), "{host}");
            // A key that nobody checked proves nothing.
            let with_key = asked(&[("host", host), ("x-api-key", "ik_a_b")]);
            assert!(with_key.is_err(), "{host}");
            assert_eq!(asked_by_name(&[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_host_that_is_none_or_two_is_refused() {
        assert!(asked(&[]).is_err());
        assert!(asked(&[("host", "")]).is_err());
        assert!(asked(&[("host", "localhost"), ("host", "localhost")]).is_err());
        assert!(asked(&[("host", "a@localhost")]).is_err());
        assert!(asked(&[("host", "local host")]).is_err());
    }

    #[test]
    fn a_page_of_another_site_is_refused_whoever_asks() {
        let own = ("host", "localhost:50080");
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "http://localhost:50081"),
            ("origin", "http://localhost"),
            ("origin", "null"),
            ("origin", "http://evil.example/localhost:50080"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "nonsense"),
        ] {
            assert!(asked(&[own, (name, value)]).is_err(), "{name}: {value}");
            assert!(
                asked_by_name(&[own, (name, value)]).is_err(),
                "{name}: {value}"
            );
        }
        for (name, value) in [
            ("origin", "http://localhost:50080"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            assert_eq!(asked(&[own, (name, value)]), Ok(()), "{name}: {value}");
        }
        assert!(
            asked(&[
                own,
                ("origin", "http://localhost:50080"),
                ("origin", "null")
            ])
            .is_err()
        );
    }

    #[test]
    fn only_the_page_itself_may_be_led_to() {
        let link = [
            ("host", "localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(judged(&request("/", &link)), Ok(()));
        assert!(judged(&request("/v1/sources", &link)).is_err());
        let framed = [link[0], link[1], link[2], ("sec-fetch-dest", "iframe")];
        assert!(judged(&request("/", &framed)).is_err());
    }
}
