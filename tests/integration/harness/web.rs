//! A publisher's web server on loopback, over HTTP/1.1, with or without TLS.
//!
//! Plain threads and blocking sockets, and nothing of the program under test.
//! It serves files as good servers do (tags, conditional requests, ranges)
//! and misbehaves as told: cut bodies, wrong lengths, slow drips, redirects.
//! Every request is kept, so that a test can say what was asked.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`, `CONNECT`.
    pub method: String,
    /// Path and query; for a proxy, all of it.
    pub target: String,
    /// Headers, by name in lower case.
    pub headers: HashMap<String, String>,
    /// What came with it.
    pub body: Vec<u8>,
}

impl Asked {
    /// Returns a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer to be.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Length,
    cut_after: Option<usize>,
    drip: Option<(usize, Duration)>,
}

/// How an answer says where it ends.
#[derive(Debug, Clone, Copy)]
enum Length {
    Said(usize),
    Chunked,
    Unsaid,
}

impl Reply {
    /// Answers with a status and a body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            status,
            headers: Vec::new(),
            length: Length::Said(body.len()),
            body,
            cut_after: None,
            drip: None,
        }
    }

    /// Sends on to another URL.
    pub fn redirect(to: impl Into<String>) -> Self {
        Self::new(302, "moved").header("location", to)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Announces a length, true or not.
    pub fn announcing(mut self, bytes: usize) -> Self {
        self.length = Length::Said(bytes);
        self
    }

    /// Sends chunks instead of a length.
    pub fn chunked(mut self) -> Self {
        self.length = Length::Chunked;
        self
    }

    /// Ends with the connection and says no length.
    pub fn without_length(mut self) -> Self {
        self.length = Length::Unsaid;
        self
    }

    /// Breaks off after so many bytes of the body.
    pub fn cut_after(mut self, bytes: usize) -> Self {
        self.cut_after = Some(bytes);
        self
    }

    /// Sends so many bytes at a time, with a pause after each.
    pub fn dripping(mut self, bytes: usize, pause: Duration) -> Self {
        self.drip = Some((bytes, pause));
        self
    }
}

type Handler = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

#[derive(Default)]
struct Site {
    handlers: Mutex<HashMap<String, Handler>>,
    asked: Mutex<Vec<Asked>>,
}

/// The server. It ends with the test's process.
pub struct Web {
    address: SocketAddr,
    site: Arc<Site>,
    /// PEM of the CA, with TLS.
    ca: Option<String>,
}

impl Web {
    /// Serves http.
    pub fn start() -> Self {
        Self::serve(None)
    }

    /// Serves https with a certificate of a CA of its own.
    pub fn start_tls() -> Self {
        Self::serve(Some(Identity::new()))
    }

    fn serve(identity: Option<Identity>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let site = Arc::new(Site::default());
        let (ca, config) = identity.map(|it| (it.ca, it.config)).unzip();
        let served = site.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (site, config) = (served.clone(), config.clone());
                // A client that goes away is what some tests are about.
                thread::spawn(move || drop(converse(stream, config, &site)));
            }
        });
        Self { address, site, ca }
    }

    /// Returns the URL of a path.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.ca.is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// Returns the same under the other name of this machine.
    pub fn url_by_name(&self, path: &str) -> String {
        self.url(path).replacen("127.0.0.1", "localhost", 1)
    }

    /// Returns the CA's certificate.
    pub fn ca(&self) -> &str {
        self.ca.as_deref().expect("it serves https")
    }

    /// Serves a file as a good server does.
    pub fn file(&self, path: &str, content: impl Into<Vec<u8>>) {
        let content = content.into();
        self.answer(path, move |asked| good_file(asked, &content));
    }

    /// Answers a path always the same.
    pub fn reply(&self, path: &str, reply: Reply) {
        self.answer(path, move |_| reply.clone());
    }

    /// Answers a path by what is asked.
    pub fn answer(&self, path: &str, handler: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
        locked(&self.site.handlers).insert(path.to_owned(), Arc::new(handler));
    }

    /// Returns what was asked so far, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.site.asked).clone()
    }

    /// Returns how often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        let asked = locked(&self.site.asked);
        asked.iter().filter(|asked| asked.target == path).count()
    }
}

/// Answers with a file: whole, not modified, or from where the client stopped.
pub fn good_file(asked: &Asked, content: &[u8]) -> Reply {
    let tag = format!("\"{}\"", &blake3::hash(content).to_hex()[..16]);
    let plain = |reply: Reply| {
        reply
            .header("etag", tag.clone())
            .header("content-type", "application/octet-stream")
            .header("accept-ranges", "bytes")
    };
    if asked.header("if-none-match") == Some(&tag) {
        return plain(Reply::new(304, ""));
    }
    let from = asked
        .header("range")
        .filter(|_| {
            asked
                .header("if-range")
                .is_none_or(|edition| edition == tag)
        })
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        });
    match from {
        None => plain(Reply::new(200, content)),
        Some(from) if from < content.len() => {
            let (last, all) = (content.len() - 1, content.len());
            plain(Reply::new(206, &content[from..]))
                .header("content-range", format!("bytes {from}-{last}/{all}"))
        }
        Some(_) => plain(Reply::new(416, "")),
    }
}

struct Identity {
    ca: String,
    config: Arc<ServerConfig>,
}

impl Identity {
    fn new() -> Self {
        let ca_key = KeyPair::generate().expect("a key can be made");
        let mut ca = CertificateParams::default();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_certificate = ca.self_signed(&ca_key).expect("a CA can sign itself");
        let issuer = Issuer::new(ca, ca_key);
        let key = KeyPair::generate().expect("a key can be made");
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let certificate = CertificateParams::new(names)
            .expect("these are names")
            .signed_by(&key, &issuer)
            .expect("the CA can sign");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("it is a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the versions are known")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("key and certificate fit");
        Self {
            ca: ca_certificate.pem(),
            config: Arc::new(config),
        }
    }
}

trait Conversation: Read + Write {}

impl<T: Read + Write> Conversation for T {}

fn converse(stream: TcpStream, tls: Option<Arc<ServerConfig>>, site: &Site) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let raw = stream.try_clone()?;
    let mut stream: Box<dyn Conversation> = match tls {
        Some(config) => {
            let server = ServerConnection::new(config).map_err(io::Error::other)?;
            Box::new(StreamOwned::new(server, stream))
        }
        None => Box::new(stream),
    };
    let mut asked = read_head(&mut stream)?;
    let length = asked
        .header("content-length")
        .and_then(|length| length.parse().ok());
    asked.body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut asked.body)?;
    locked(&site.asked).push(asked.clone());
    if asked.method == "CONNECT" {
        return tunnel(&raw, &asked.target);
    }
    let handler = locked(&site.handlers).get(&asked.target).cloned();
    let reply = handler.map_or_else(|| Reply::new(404, "not here"), |handler| handler(&asked));
    send(&mut stream, &reply)?;
    raw.shutdown(std::net::Shutdown::Write)
}

fn read_head(stream: &mut dyn Conversation) -> io::Result<Asked> {
    // Unbuffered: what follows a CONNECT is for the other side.
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.push(byte[0]);
    }
    let mut lines = BufReader::new(head.as_slice()).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut words = request.split(' ').map(str::to_owned);
    let mut headers = HashMap::new();
    for line in lines {
        if let Some((name, value)) = line?.split_once(": ") {
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
    }
    Ok(Asked {
        method: words.next().unwrap_or_default(),
        target: words.next().unwrap_or_default(),
        headers,
        body: Vec::new(),
    })
}

fn send(stream: &mut dyn Conversation, reply: &Reply) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", reply.status);
    match reply.length {
        Length::Said(_) if reply.status == 304 => {}
        Length::Said(bytes) => head += &format!("content-length: {bytes}\r\n"),
        Length::Chunked => head += "transfer-encoding: chunked\r\n",
        Length::Unsaid => {}
    }
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    stream.write_all(head.as_bytes())?;
    stream.flush()?;
    let end = reply.cut_after.unwrap_or(reply.body.len());
    let body = &reply.body[..end.min(reply.body.len())];
    let (piece, pause) = reply.drip.unwrap_or((64 << 10, Duration::ZERO));
    for piece in body.chunks(piece) {
        if matches!(reply.length, Length::Chunked) {
            write!(stream, "{:x}\r\n", piece.len())?;
            stream.write_all(piece)?;
            stream.write_all(b"\r\n")?;
        } else {
            stream.write_all(piece)?;
        }
        stream.flush()?;
        thread::sleep(pause);
    }
    if matches!(reply.length, Length::Chunked) && reply.cut_after.is_none() {
        stream.write_all(b"0\r\n\r\n")?;
    }
    stream.flush()
}

/// Lets two sides talk, as a proxy does.
fn tunnel(client: &TcpStream, target: &str) -> io::Result<()> {
    let server = TcpStream::connect(target)?;
    (&*client).write_all(b"HTTP/1.1 200 connected\r\n\r\n")?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || {
        let copied = io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Write);
        copied
    });
    io::copy(&mut &*client, &mut &server)?;
    server.shutdown(std::net::Shutdown::Write)?;
    let _ = back.join();
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics while it holds this")
}
