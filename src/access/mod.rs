//! WHO MAY ASK FOR WHAT: roles, callers, and the table of methods.
//!
//! A [`Caller`] is whoever a certificate or an API key proves to be asking,
//! or nobody in particular ([`ANONYMOUS`]). [`Roles`] are what the operator
//! gave to that name, and [`method::rule`] is the one table that says which
//! roles a method asks for. [`Identities`] tell who a caller is, an
//! [`Allowance`] how much it may have under way. What the table does not know is denied, so a
//! method that somebody adds is closed until a role is chosen for it.
//!
//! This module is pure: it decides, and leaves to the front (`server`) the
//! reading of certificates and headers, and to the services what they do.

mod allowance;
mod caller;
mod identities;
mod keys;
pub mod method;
mod role;

pub use allowance::{Allowance, Exhausted, Quota, Taken, Unit};
pub use caller::{ANONYMOUS, Caller, Standing};
pub use identities::{CertificateIdentity, Identities, KeyIdentity, Known, Shown, Unauthenticated};
pub use keys::{ApiKey, KeyHash, NotAHash, NotAKey};
pub use method::{Denied, Rule, Surface};
pub use role::{Role, Roles, UnknownRole};
