//! Identities: whom the operator knows, by what, and what they may do.

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

use super::allowance::{Allowance, Allowances, Quota};
use super::keys::{ApiKey, KeyHash};
use super::{ANONYMOUS, Caller, Roles, Standing};

/// Everybody the operator knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Known by an API key.
    pub keys: Vec<KeyIdentity>,
    /// Known by a name in a client certificate.
    pub certificates: Vec<CertificateIdentity>,
    /// What everybody may do who proves nothing.
    pub anonymous: Roles,
    /// Nobody said so: it is everything, because nobody is told apart and
    /// only this machine reaches the daemon.
    pub is_implied: bool,
    /// What one identity may ask for at most, where it has no quota of its
    /// own.
    pub quota: Quota,
}

/// Somebody known by an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIdentity {
    /// What to call it in records and limits.
    pub name: String,
    /// What is kept of the key.
    pub hash: KeyHash,
    /// What it may do.
    pub roles: Roles,
    /// What it may ask for at most.
    pub quota: Option<Quota>,
}

/// Somebody known by a client certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateIdentity {
    /// A SPIFFE id (`spiffe://…`) or DNS name among the certificate's subject
    /// alternative names, exactly.
    pub san: String,
    /// What it may do.
    pub roles: Roles,
    /// What it may ask for at most.
    pub quota: Option<Quota>,
}

/// Why a caller is not told apart. It says nothing of the credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unauthenticated {
    /// A key was sent that is none, is not known, or is no longer.
    #[error("the API key is not known here: check it, or ask the operator for one")]
    UnknownKey,
    /// A certificate was shown that our CA signed, with no name we know.
    #[error("none of the names in the client certificate is known here")]
    UnknownCertificate,
}

/// What a connection proves, before any request.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'r> {
    /// From where: an IP address, or `unix:UID`.
    pub from: &'r Arc<str>,
    /// What counts as one with it where nobody is told apart.
    pub counted_as: &'r Arc<str>,
    /// Came by a Unix socket, whose file decides who may open it.
    pub is_unix: bool,
    /// Names in the client's certificate.
    pub certified: &'r [String],
}

/// Whom the operator knows, ready to be asked. It is replaced as a whole.
#[derive(Debug)]
pub struct Identities {
    by_key_id: HashMap<String, Entry>,
    by_san: HashMap<String, Entry>,
    anonymous: Roles,
    /// Compared with when nobody has a key's id, so that a wrong id takes as
    /// long as a wrong secret.
    nobody: KeyHash,
    strangers: Allowances,
    strangers_standing: Standing,
}

#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    roles: Roles,
    hash: Option<KeyHash>,
    allowance: Arc<Allowance>,
    standing: Standing,
}

impl Identities {
    /// Prepares what is known. Those who keep their name keep what they have
    /// in use.
    pub fn new(known: &Known, before: Option<&Self>) -> Self {
        let quota = |own: Option<Quota>| own.unwrap_or(known.quota);
        let keys = known.keys.iter().map(|identity| {
            let allowance = kept(before, &identity.name, quota(identity.quota));
            let mut entry = Entry {
                name: identity.name.as_str().into(),
                roles: identity.roles,
                hash: Some(identity.hash.clone()),
                allowance,
                standing: Standing::default(),
            };
            let id = identity.hash.id();
            entry.stand_as(before.and_then(|before| before.by_key_id.get(id)));
            (id.to_owned(), entry)
        });
        let certificates = known.certificates.iter().map(|identity| {
            let allowance = kept(before, &identity.san, quota(identity.quota));
            let mut entry = Entry {
                name: identity.san.as_str().into(),
                roles: identity.roles,
                hash: None,
                allowance,
                standing: Standing::default(),
            };
            entry.stand_as(before.and_then(|before| before.by_san.get(&identity.san)));
            (identity.san.clone(), entry)
        });
        let strangers = match before {
            Some(before) => before.strangers.with(known.quota),
            None => Allowances::new(known.quota),
        };
        Self {
            by_key_id: keys.collect(),
            by_san: certificates.collect(),
            anonymous: known.anonymous,
            nobody: "b3:nobody22:0000000000000000000000000000000000000000000000000000000000000000"
                .parse()
                .expect("it is written as a hash is"),
            strangers,
            strangers_standing: before
                .filter(|before| before.anonymous == known.anonymous)
                .map_or_else(Standing::default, |before| {
                    before.strangers_standing.clone()
                }),
        }
    }

    /// Takes the place of those before: whoever is no longer known, or may
    /// something else now, has nothing of what was granted before.
    pub fn succeed(&self, before: &Self) {
        for standing in before.standings() {
            if !self.standings().any(|kept| kept.is_that_of(standing)) {
                standing.end();
            }
        }
    }

    fn standings(&self) -> impl Iterator<Item = &Standing> {
        let entries = self.by_key_id.values().chain(self.by_san.values());
        let named = entries.map(|entry| &entry.standing);
        named.chain([&self.strangers_standing])
    }

    /// Tells who asks: by the key if one was sent, else by the certificate,
    /// else nobody in particular. What is sent and wrong is refused, and never
    /// falls back to something weaker.
    ///
    /// # Errors
    ///
    /// If credentials were given that nobody here has.
    pub fn who(
        &self,
        shown: Shown<'_>,
        key: Option<&str>,
    ) -> Result<(Caller, Arc<Allowance>), Unauthenticated> {
        if let Some(key) = key {
            let entry = self.by_key(key).ok_or(Unauthenticated::UnknownKey)?;
            return Ok(entry.caller(shown.from));
        }
        if !shown.certified.is_empty() {
            let mut names = shown.certified.iter();
            let entry = names.find_map(|name| self.by_san.get(name));
            let entry = entry.ok_or(Unauthenticated::UnknownCertificate)?;
            return Ok(entry.caller(shown.from));
        }
        // Whoever may open the socket is the operator.
        let roles = if shown.is_unix {
            Roles::ALL
        } else {
            self.anonymous
        };
        let caller = Caller::anonymous(roles, shown.from.clone());
        // The operator's does not rest on what strangers may.
        let caller = match shown.is_unix {
            true => caller,
            false => caller.with(self.strangers_standing.clone()),
        };
        Ok((caller, self.strangers.of(shown.counted_as)))
    }

    fn by_key(&self, text: &str) -> Option<&Entry> {
        let key: ApiKey = text.parse().ok()?;
        let entry = self.by_key_id.get(key.id());
        let kept = entry.and_then(|entry| entry.hash.as_ref());
        let is_right = kept.unwrap_or(&self.nobody).is_of(&key);
        entry.filter(|_| is_right)
    }

    fn allowance(&self, name: &str) -> Option<&Arc<Allowance>> {
        let mut entries = self.by_key_id.values().chain(self.by_san.values());
        let entry = entries.find(|entry| &*entry.name == name)?;
        Some(&entry.allowance)
    }
}

impl Entry {
    fn caller(&self, from: &Arc<str>) -> (Caller, Arc<Allowance>) {
        let caller = Caller::named(self.name.clone(), self.roles, from.clone());
        (caller.with(self.standing.clone()), self.allowance.clone())
    }

    /// Stands as it stood before, if nothing changed.
    fn stand_as(&mut self, before: Option<&Self>) {
        if let Some(before) = before
            && before.name == self.name
            && before.roles == self.roles
            && before.hash == self.hash
        {
            self.standing = before.standing.clone();
        }
    }
}

fn kept(before: Option<&Identities>, name: &str, quota: Quota) -> Arc<Allowance> {
    let known = before.and_then(|before| before.allowance(name));
    match known {
        Some(allowance) if allowance.quota() == quota => allowance.clone(),
        _ => Arc::new(Allowance::new(quota)),
    }
}

impl Known {
    /// What all of them together may have in use: a few times what whoever
    /// may have most of it may.
    pub fn quota_of_all(&self) -> Quota {
        let keys = self.keys.iter().filter_map(|one| one.quota);
        let certificates = self.certificates.iter().filter_map(|one| one.quota);
        let quotas = keys.chain(certificates);
        quotas.fold(self.quota, Quota::larger).of_all()
    }

    /// Tells whether the operator told anybody apart.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.certificates.is_empty()
    }

    /// Returns what is wrong with the names, if something is.
    pub fn clash(&self) -> Option<String> {
        let mut seen = std::collections::HashSet::new();
        let names = self.keys.iter().map(|key| key.name.as_str());
        let sans = self.certificates.iter().map(|one| one.san.as_str());
        let ids = self.keys.iter().map(|key| key.hash.id());
        if let Some(twice) = names.chain(sans).find(|name| !seen.insert(*name)) {
            return Some(format!("`{twice}` is there twice"));
        }
        seen.clear();
        let mut ids = ids;
        if let Some(twice) = ids.find(|id| !seen.insert(*id)) {
            return Some(format!("the key `{twice}` is there twice"));
        }
        let mut names = self.keys.iter();
        let mut sans = self.certificates.iter();
        (names.any(|key| key.name == ANONYMOUS) || sans.any(|one| one.san == ANONYMOUS))
            .then(|| format!("`{ANONYMOUS}` is the name of those who prove nothing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> (ApiKey, KeyIdentity) {
        let key = ApiKey::generate().expect("there is randomness");
        let identity = KeyIdentity {
            name: name.to_owned(),
            hash: key.hash(),
            roles: Roles::ALL,
            quota: None,
        };
        (key, identity)
    }

    #[test]
    fn a_standing_lasts_until_something_changes_for_whom_it_is() {
        let (first_key, first) = key("first");
        let (second_key, second) = key("second");
        let before = Known {
            keys: vec![first.clone(), second.clone()],
            ..Known::default()
        };
        let identities = Identities::new(&before, None);
        let place: Arc<str> = "10.0.0.7".into();
        let shown = Shown {
            from: &place,
            counted_as: &place,
            is_unix: false,
            certified: &[],
        };
        let standing = |text: Option<&str>| {
            let (caller, _) = identities.who(shown, text).expect("it is known");
            caller.standing().clone()
        };
        let all = [
            standing(Some(first_key.reveal())),
            standing(Some(second_key.reveal())),
            standing(None),
        ];
        let ended = || all.each_ref().map(Standing::has_ended);
        let same = Identities::new(&before, Some(&identities));
        same.succeed(&identities);
        assert_eq!(ended(), [false; 3]);
        let other_roles = KeyIdentity {
            roles: Roles::NONE,
            ..first
        };
        let after = Known {
            keys: vec![other_roles, second],
            ..Known::default()
        };
        let changed = Identities::new(&after, Some(&same));
        changed.succeed(&same);
        assert_eq!(ended(), [true, false, false]);
        let open = Known {
            anonymous: Roles::ALL,
            ..Known::default()
        };
        Identities::new(&open, Some(&changed)).succeed(&changed);
        assert_eq!(ended(), [true; 3]);
    }
}
