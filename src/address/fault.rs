//! Why a text cannot clear an address.

use std::fmt;

/// Why a text cannot clear an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fault {
    /// There is no text.
    Empty,
    /// The text is longer than [`TEXT_BYTES_MAX`](super::TEXT_BYTES_MAX).
    TooLong,
    /// The text has an address's shape and not its checksum: mistyped.
    Checksum,
    /// Upper and lower case are mixed where the format allows either alone.
    MixedCase,
    /// A witness address carries the checksum of another witness version:
    /// bech32 where BIP-350 wants bech32m, or the reverse.
    ChecksumKind,
    /// The text leads to an account and is not an address of it: a script, a
    /// padded 32-byte word, letter `O` where zero belongs.
    NotAddressForm,
    /// No family reads it.
    UnknownFormat,
    /// It is a name that a registry resolves, such as an ENS name, and not an
    /// address.
    Name,
    /// It is a Lightning invoice, offer or address: there is no account on a
    /// chain to look for.
    Lightning,
    /// Letters of another alphabet stood where Latin ones belong. What they
    /// look like was looked up; nobody can pay to the text as it stands.
    LookAlike,
    /// The network that the text or its sender names has no such address.
    NetworkContradicts,
    /// The text was altered before it could be read, and no checksum vouches
    /// for the result.
    Altered,
    /// It is, or cannot be told from, a private key or a seed phrase.
    PrivateKey,
    /// It is an extended public key: a whole wallet, not one address.
    ExtendedPublicKey,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 14] = [
        Self::Empty,
        Self::TooLong,
        Self::Checksum,
        Self::MixedCase,
        Self::ChecksumKind,
        Self::NotAddressForm,
        Self::UnknownFormat,
        Self::Name,
        Self::Lightning,
        Self::LookAlike,
        Self::NetworkContradicts,
        Self::Altered,
        Self::PrivateKey,
        Self::ExtendedPublicKey,
    ];

    /// Returns the name used on the wire and in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::TooLong => "TOO_LONG",
            Self::Checksum => "CHECKSUM",
            Self::MixedCase => "MIXED_CASE",
            Self::ChecksumKind => "CHECKSUM_KIND",
            Self::NotAddressForm => "NOT_ADDRESS_FORM",
            Self::UnknownFormat => "UNKNOWN_FORMAT",
            Self::Name => "NAME_NOT_ADDRESS",
            Self::Lightning => "LIGHTNING",
            Self::LookAlike => "LOOK_ALIKE",
            Self::NetworkContradicts => "NETWORK_CONTRADICTS",
            Self::Altered => "ALTERED",
            Self::PrivateKey => "PRIVATE_KEY",
            Self::ExtendedPublicKey => "EXTENDED_PUBLIC_KEY",
        }
    }
}

impl Fault {
    /// Returns what a person should do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Empty => "give an address",
            Self::TooLong => "give one address; this text is longer than any",
            Self::Checksum => "check the address with its owner: it is very likely mistyped",
            Self::MixedCase => "write it all in lower case, or all in upper case",
            Self::ChecksumKind => "ask its owner for a new address: an outdated wallet wrote it",
            Self::NotAddressForm => "give the address itself, alone",
            Self::UnknownFormat => {
                "check what it is; if it is an account name, name its network as well"
            }
            Self::Name => "resolve the name, and screen the address it stands for",
            Self::Lightning => "a Lightning payment leads to no account that a list could name",
            Self::LookAlike => {
                "do not pay to it: letters of another alphabet stand where Latin ones belong"
            }
            Self::NetworkContradicts => "check the network: it has no such address",
            Self::Altered => "copy the address again, without what is between its characters",
            Self::PrivateKey => "it is a secret that whoever saw it can spend with: move the funds",
            Self::ExtendedPublicKey => "give one address; this stands for a whole wallet",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
