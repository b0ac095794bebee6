//! Who asks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Role, Roles};

/// The name of whoever proves nothing.
pub const ANONYMOUS: &str = "anonymous";

/// Whoever asks: a name, what it may do, and from where. Cheap to clone.
///
/// The front puts one into the extensions of every request before a service
/// sees it.
#[derive(Debug, Clone)]
pub struct Caller {
    name: Arc<str>,
    roles: Roles,
    from: Arc<str>,
    standing: Standing,
}

/// Whether what a caller proved still holds: somebody may be taken out of the
/// configuration while an answer to them is under way. Clones are one and the
/// same.
#[derive(Debug, Clone, Default)]
pub struct Standing(Arc<AtomicBool>);

impl Standing {
    /// Tells whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_that_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Caller {
    /// Names a caller that has proved to be `name`, asking from `from`: an IP
    /// address, or `unix:UID`.
    pub fn named(name: Arc<str>, roles: Roles, from: Arc<str>) -> Self {
        let standing = Standing::default();
        Self {
            name,
            roles,
            from,
            standing,
        }
    }

    /// The same, for as long as a standing lasts.
    pub(super) fn with(self, standing: Standing) -> Self {
        Self { standing, ..self }
    }

    /// Returns whether what it proved still holds.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Nobody in particular, with the roles the operator gives to everybody.
    pub fn anonymous(roles: Roles, from: Arc<str>) -> Self {
        Self::named(ANONYMOUS.into(), roles, from)
    }

    /// Returns the name it proved, or [`ANONYMOUS`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether it proved nothing.
    pub fn is_anonymous(&self) -> bool {
        &*self.name == ANONYMOUS
    }

    /// Returns what it may do.
    pub fn roles(&self) -> Roles {
        self.roles
    }

    /// Tells whether it may act in a role.
    pub fn may(&self, role: Role) -> bool {
        self.roles.has(role)
    }

    /// Returns from where it asks.
    pub fn from(&self) -> &str {
        &self.from
    }
}

impl fmt::Display for Caller {
    /// As the audit log keeps it: `withdrawals@10.0.0.7`, and `10.0.0.7` of
    /// whoever proved nothing.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_anonymous() {
            return formatter.write_str(&self.from);
        }
        write!(formatter, "{}@{}", self.name, self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_shows_the_name_and_the_place() {
        let named = Caller::named(
            "withdrawals".into(),
            Roles::of(&[Role::Screen]),
            "10.0.0.7".into(),
        );
        assert_eq!(named.to_string(), "withdrawals@10.0.0.7");
        assert!(named.may(Role::Screen) && !named.may(Role::Admin));
        let nobody = Caller::anonymous(Roles::NONE, "10.0.0.7".into());
        assert_eq!(nobody.to_string(), "10.0.0.7");
        assert!(nobody.is_anonymous() && !named.is_anonymous());
    }
}
