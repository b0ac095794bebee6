//! Roles: what a caller may do.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What a caller may do. No role includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Screen addresses, and read what the lists say.
    Screen,
    /// Screen whole books, keep portfolios, see and acknowledge alerts.
    Rescreen,
    /// Bring lists in.
    Import,
    /// Decide: the operator's lists, approvals, rollback, backups, reload.
    Admin,
    /// Read the audit log: who asked what.
    AuditRead,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Screen,
        Self::Rescreen,
        Self::Import,
        Self::Admin,
        Self::AuditRead,
    ];

    /// Returns its name, as the configuration spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Rescreen => "rescreen",
            Self::Import => "import",
            Self::Admin => "admin",
            Self::AuditRead => "audit-read",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A word that names no role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no role: choose of `screen`, `rescreen`, `import`, `admin`, `audit-read`")]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u8);

impl Roles {
    /// None: may do nothing.
    pub const NONE: Self = Self(0);

    /// Every one.
    pub const ALL: Self = Self(0b1_1111);

    /// Returns a set of some.
    pub const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < roles.len() {
            bits |= 1 << roles[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// Tells whether one is in the set.
    pub fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Tells whether the sets share one.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns what is in both sets.
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Tells whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns them, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }
}

impl fmt::Display for Roles {
    /// `screen, rescreen`; `none` for none.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return formatter.write_str("none");
        }
        let names: Vec<_> = self.iter().map(Role::name).collect();
        formatter.write_str(&names.join(", "))
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Roles({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in_and_nothing_else() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
            assert!(Roles::ALL.has(role) && !Roles::NONE.has(role));
            let alone = Roles::of(&[role]);
            assert_eq!(alone.iter().collect::<Vec<_>>(), [role]);
            assert_eq!(alone, [role].into_iter().collect());
            for other in Role::ALL {
                assert_eq!(alone.has(other), role == other);
                assert_eq!(alone.meets(Roles::of(&[other])), role == other);
            }
        }
        assert_eq!(Roles::ALL, Roles::of(&Role::ALL));
        assert_eq!("Admin".parse::<Role>(), Err(UnknownRole("Admin".into())));
        assert_eq!(Roles::NONE.to_string(), "none");
        assert_eq!(
            Roles::of(&[Role::AuditRead, Role::Screen]).to_string(),
            "screen, audit-read"
        );
    }
}
