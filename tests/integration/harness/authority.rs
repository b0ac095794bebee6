//! Certificate authorities, and what they sign.

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
    date_time_ymd,
};

use interdict::client::ClientIdentity;

/// An authority of the tests' own.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its private key, both PEM.
pub struct Certified {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    /// Makes one.
    pub fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("signs itself");
        Self {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Returns its certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Signs for a server on this machine.
    pub fn server(&self) -> Certified {
        self.signed(&["localhost", "127.0.0.1"], false)
    }

    /// Signs for a client by its DNS names and URIs.
    pub fn client(&self, names: &[&str]) -> ClientIdentity {
        self.signed(names, false).into()
    }

    /// Signs for a client, years ago.
    pub fn expired_client(&self, names: &[&str]) -> ClientIdentity {
        self.signed(names, true).into()
    }

    fn signed(&self, names: &[&str], expired: bool) -> Certified {
        let key = KeyPair::generate().expect("a key");
        let is_uri = |name: &&&str| name.contains("://");
        let uris = names.iter().filter(&is_uri);
        let others = names.iter().filter(|name| !is_uri(name));
        let names: Vec<String> = others.map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).expect("names");
        for uri in uris {
            let uri = (*uri).try_into().expect("plain letters");
            params.subject_alt_names.push(SanType::URI(uri));
        }
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        if expired {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).expect("signs");
        Certified {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl From<Certified> for ClientIdentity {
    fn from(certified: Certified) -> Self {
        Self {
            certificate: certified.certificate.into_bytes(),
            key: certified.key.into_bytes().into(),
        }
    }
}
