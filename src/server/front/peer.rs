//! What the front knows of a connection.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::access::{Allowance, Caller, Identities, Shown, Unauthenticated};

use super::stall::Stalls;

/// Who is at the other end of a connection, as far as the connection itself
/// proves it. It is in the extensions of every request.
#[derive(Debug, Clone)]
pub(crate) struct Peer(Arc<Known>);

#[derive(Debug)]
struct Known {
    /// An IP address, or `unix:UID`.
    from: Arc<str>,
    /// What counts as one with it.
    counted_as: Arc<str>,
    /// Came by a Unix socket, whose file decides who may open it.
    is_unix: bool,
    /// Names in the client's certificate, which our CA signed.
    certified: Vec<String>,
    /// Who that is, as long as the same identities hold: it is asked at
    /// every call.
    caller: ArcSwapOption<Recognised>,
    stalls: Arc<Stalls>,
}

#[derive(Debug)]
struct Recognised {
    by: Arc<Identities>,
    caller: Caller,
    allowance: Arc<Allowance>,
}

impl Peer {
    pub(super) fn new(
        (from, counted_as): (Arc<str>, Arc<str>),
        is_unix: bool,
        certified: Vec<String>,
    ) -> Self {
        Self(Arc::new(Known {
            from,
            counted_as,
            is_unix,
            certified,
            caller: ArcSwapOption::empty(),
            stalls: Arc::default(),
        }))
    }

    pub(super) fn stalls(&self) -> &Arc<Stalls> {
        &self.0.stalls
    }

    /// Tells who calls, by what the connection proves or by a key that came
    /// with the call.
    ///
    /// # Errors
    ///
    /// If credentials were given that nobody here has.
    pub(super) fn caller(
        &self,
        identities: &Arc<Identities>,
        key: Option<&str>,
    ) -> Result<(Caller, Arc<Allowance>), Unauthenticated> {
        let known = &*self.0;
        let shown = Shown {
            from: &known.from,
            counted_as: &known.counted_as,
            is_unix: known.is_unix,
            certified: &known.certified,
        };
        if key.is_some() {
            return identities.who(shown, key);
        }
        if let Some(before) = &*known.caller.load()
            && Arc::ptr_eq(&before.by, identities)
        {
            return Ok((before.caller.clone(), before.allowance.clone()));
        }
        let (caller, allowance) = identities.who(shown, None)?;
        known.caller.store(Some(Arc::new(Recognised {
            by: identities.clone(),
            caller: caller.clone(),
            allowance: allowance.clone(),
        })));
        Ok((caller, allowance))
    }
}
