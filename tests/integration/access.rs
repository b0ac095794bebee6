//! Who may call what: every method, with every role and every credential.

use std::collections::BTreeMap;

use interdict::access::{ApiKey, Role};
use interdict::client::{ApiKey as SentKey, ClientIdentity, Connection, Target};
use prost_reflect::DescriptorPool;
use tonic::client::Grpc;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use super::harness::{Authority, Daemon, block_on, v1};

/// The table that people read, which is the one that must hold.
const TABLE: &str = include_str!("../../docs/security.md");

/// What the table says of a method.
#[derive(Debug, Clone)]
struct Row {
    roles: Vec<Role>,
    admin_only: bool,
}

/// Reads the table of `docs/security.md`.
fn table() -> BTreeMap<String, Row> {
    let rows = TABLE.lines().filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let &["", method, roles, listener, ""] = cells.as_slice() else {
            return None;
        };
        let method = method.strip_prefix('`')?.strip_suffix('`')?;
        if !method.contains("Service/") {
            return None;
        }
        let roles = match roles {
            "any" => Role::ALL.to_vec(),
            names => names
                .split(", ")
                .map(|name| name.parse().expect("a role"))
                .collect(),
        };
        let row = Row {
            roles,
            admin_only: listener == "admin",
        };
        Some((format!("/interdict.v1.{method}"), row))
    });
    rows.collect()
}

/// Every method of the API, by the descriptors.
fn methods() -> Vec<String> {
    let pool = DescriptorPool::decode(v1::DESCRIPTORS).expect("they decode");
    let methods = pool.services().flat_map(|service| {
        let paths: Vec<_> = service
            .methods()
            .map(|method| format!("/{}/{}", service.full_name(), method.name()))
            .collect();
        paths
    });
    methods.collect()
}

/// Calls a method with an empty message. Only whether it came through the
/// gate matters; what the service says of nothing does not.
fn call(connection: &Connection, path: &str) -> Option<Code> {
    let mut grpc = Grpc::new(connection.clone());
    let path = path.parse().expect("a path");
    let codec = ProstCodec::<(), ()>::default();
    let mut request = Request::new(());
    // Some answer with a stream that does not end.
    request.set_timeout(std::time::Duration::from_secs(5));
    let asked = async {
        grpc.ready().await.expect("connected");
        let answered = grpc.server_streaming(request, path, codec).await;
        answered.map(drop)
    };
    block_on(asked).err().map(|status| status.code())
}

fn refused(code: Option<Code>) -> bool {
    matches!(code, Some(Code::Unauthenticated | Code::PermissionDenied))
}

/// A daemon with TLS that knows one key and one certificate for each role.
struct Guarded {
    daemon: Daemon,
    authority: Authority,
    keys: BTreeMap<&'static str, String>,
}

fn spiffe(role: Role) -> String {
    format!("spiffe://exchange.example/{role}")
}

impl Guarded {
    fn start() -> Self {
        let authority = Authority::new();
        let server = authority.server();
        let home = super::harness::Home::new();
        let write = |name: &str, text: &str| home.write(name, text).display().to_string();
        let certificate = write("server.pem", &server.certificate);
        let key = write("server.key", &server.key);
        let clients = write("clients.pem", authority.pem());
        let mut config = format!(
            "[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\nclient_ca = \"{clients}\"\n"
        );
        let mut keys = BTreeMap::new();
        for role in Role::ALL {
            let key = ApiKey::generate().expect("randomness");
            let (hash, san) = (key.hash(), spiffe(role));
            config += &format!(
                "[[access.keys]]\nname = \"{role}\"\nhash = \"{hash}\"\nroles = [\"{role}\"]\n"
            );
            config += &format!("[[access.certificates]]\nsan = \"{san}\"\nroles = [\"{role}\"]\n");
            keys.insert(role.name(), key.reveal().to_owned());
        }
        let nobody = ApiKey::generate().expect("randomness");
        config += &format!(
            "[[access.keys]]\nname = \"nobody\"\nhash = \"{}\"\nroles = []\n",
            nobody.hash()
        );
        keys.insert("nobody", nobody.reveal().to_owned());
        let data_dir = home.data_dir();
        let data_dir = data_dir.to_str().expect("plain letters");
        super::harness::interdict(["init", "--data-dir", data_dir]).expect_code(0);
        let daemon = Daemon::at(home).config(&config).start();
        Self {
            daemon,
            authority,
            keys,
        }
    }

    fn target(&self, url: &str) -> Target {
        Target {
            ca: Some(self.authority.pem().as_bytes().to_vec()),
            ..Target::at(url)
        }
    }

    fn with_key(&self, url: &str, key: &str) -> Connection {
        let target = Target {
            api_key: Some(SentKey::new(key).expect("looks like one")),
            ..self.target(url)
        };
        connect(&target)
    }

    fn with_certificate(&self, url: &str, identity: ClientIdentity) -> Connection {
        let target = Target {
            identity: Some(identity),
            ..self.target(url)
        };
        connect(&target)
    }
}

fn connect(target: &Target) -> Connection {
    block_on(target.connect()).expect("connects")
}

#[test]
fn every_method_has_its_row_in_the_documented_table() {
    let table = table();
    let methods = methods();
    assert!(methods.len() > 30, "{methods:?}");
    for method in &methods {
        assert!(table.contains_key(method), "{method} has no row");
    }
    for method in table.keys() {
        assert!(methods.contains(method), "there is no {method}");
    }
}

/// Goal: the whole table, by calling. Method: each method on each listener
/// with each role, by key and by certificate; what is let through is exactly
/// what the page says.
#[test]
fn every_method_with_every_role_on_every_listener() {
    let guarded = Guarded::start();
    let (public, admin) = (guarded.daemon.public_url(), guarded.daemon.url());
    let table = table();
    let mut cells = 0;
    for (url, is_admin) in [(public, false), (admin, true)] {
        for role in Role::ALL {
            let by_key = guarded.with_key(url, &guarded.keys[role.name()]);
            let identity = guarded.authority.client(&["other.example", &spiffe(role)]);
            let by_certificate = guarded.with_certificate(url, identity);
            for (method, row) in &table {
                let may = row.roles.contains(&role) && (is_admin || !row.admin_only);
                for (how, connection) in [("key", &by_key), ("certificate", &by_certificate)] {
                    let code = call(connection, method);
                    assert_eq!(
                        !refused(code),
                        may,
                        "{method} as {role} by {how} at {url}: {code:?}"
                    );
                    cells += 1;
                }
            }
        }
    }
    assert_eq!(cells, 2 * 2 * Role::ALL.len() * table.len());
}

#[test]
fn without_credentials_or_with_wrong_ones_nothing_is_let_through() {
    let guarded = Guarded::start();
    let (public, admin) = (guarded.daemon.public_url(), guarded.daemon.url());
    let stranger = ApiKey::generate().expect("randomness");
    let right = &guarded.keys["screen"];
    let mut near = right.clone();
    near.replace_range(63.., if right.ends_with('a') { "q" } else { "a" });
    for url in [public, admin] {
        let nameless = guarded.authority.client(&[]);
        let unknown = guarded
            .authority
            .client(&["spiffe://exchange.example/other"]);
        let prefix = guarded
            .authority
            .client(&["spiffe://exchange.example/screen/more"]);
        let connections = [
            ("nothing", connect(&guarded.target(url))),
            ("a stranger's key", guarded.with_key(url, stranger.reveal())),
            ("a key one letter off", guarded.with_key(url, &near)),
            (
                "a key without roles",
                guarded.with_key(url, &guarded.keys["nobody"]),
            ),
            (
                "a certificate without names",
                guarded.with_certificate(url, nameless),
            ),
            (
                "a certificate nobody knows",
                guarded.with_certificate(url, unknown),
            ),
            ("a longer name", guarded.with_certificate(url, prefix)),
        ];
        for (what, connection) in connections {
            for method in methods() {
                let code = call(&connection, &method);
                assert!(refused(code), "{method} with {what} at {url}: {code:?}");
            }
            let health = call(&connection, "/grpc.health.v1.Health/Check");
            let is_known = !what.contains("key") || what.contains("without");
            if what == "nothing" || (is_known && what.contains("roles")) {
                assert_eq!(health, None, "health asks for nothing: {what}");
            }
        }
    }
}

#[test]
fn a_certificate_that_is_expired_or_of_another_authority_gets_no_connection() {
    let guarded = Guarded::start();
    let url = guarded.daemon.public_url();
    let name = spiffe(Role::Screen);
    let identities = [
        guarded.authority.expired_client(&[&name]),
        Authority::new().client(&[&name]),
        Authority::new().expired_client(&[&name]),
    ];
    for identity in identities {
        let target = Target {
            identity: Some(identity),
            ..guarded.target(url)
        };
        // TLS 1.3 tells a client that its certificate was refused when it
        // first reads, so either the connection fails or the first call does.
        if let Ok(connection) = block_on(target.connect()) {
            let mut grpc = Grpc::new(connection);
            let path = "/interdict.v1.ScreeningService/ScreenAddress";
            let path = path.parse().expect("a path");
            let asked = async {
                grpc.ready().await.map_err(|_| Code::Unavailable)?;
                let codec = ProstCodec::<(), ()>::default();
                let answered = grpc.unary(Request::new(()), path, codec).await;
                answered.map(drop).map_err(|status| status.code())
            };
            assert!(block_on(asked).is_err(), "it was answered");
        }
    }
}

/// A key that is wrong is not forgiven because the certificate is right.
#[test]
fn nothing_falls_back_to_something_weaker() {
    let guarded = Guarded::start();
    let stranger = ApiKey::generate().expect("randomness");
    let identity = guarded.authority.client(&[&spiffe(Role::Screen)]);
    let target = Target {
        identity: Some(identity),
        api_key: Some(SentKey::new(stranger.reveal()).expect("looks like one")),
        ..guarded.target(guarded.daemon.public_url())
    };
    let code = call(
        &connect(&target),
        "/interdict.v1.ScreeningService/ScreenAddress",
    );
    assert_eq!(code, Some(Code::Unauthenticated));
}

#[test]
fn a_path_that_no_row_names_is_denied() {
    let guarded = Guarded::start();
    let admin = guarded.with_key(guarded.daemon.url(), &guarded.keys["admin"]);
    for path in [
        "/interdict.v1.ScreeningService/Nothing",
        "/interdict.v2.ScreeningService/ScreenAddress",
        "/interdict.v1.ScreeningService/screenaddress",
        "/other.Service/Method",
    ] {
        assert_eq!(call(&admin, path), Some(Code::Unimplemented), "{path}");
    }
}

#[test]
fn records_name_who_asked() {
    let guarded = Guarded::start();
    let connection = guarded.with_key(guarded.daemon.public_url(), &guarded.keys["screen"]);
    let mut client = v1::screening_service_client::ScreeningServiceClient::new(connection);
    let request = v1::ScreenAddressRequest {
        address: super::harness::evm(0),
        ..v1::ScreenAddressRequest::default()
    };
    block_on(client.screen_address(request)).expect("answered");
    let home = guarded.daemon.into_home();
    let callers: Vec<_> = super::harness::records(&home)
        .into_iter()
        .filter_map(|(_, record)| match record.event {
            Some(interdict::audit::record::record::Event::Screening(screening)) => {
                Some(screening.caller)
            }
            _ => None,
        })
        .collect();
    assert_eq!(callers, ["screen@127.0.0.1"]);
}
