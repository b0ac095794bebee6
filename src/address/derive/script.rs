//! Hashes of a public key or a script that lead to other hashes of it.

use ripemd::{Digest as _, Ripemd160};
use sha2::Sha256;

use super::{Linked, Rule};
use crate::address::encoding::hash160::hash160;
use crate::address::{Kind, Network, Networks};

/// Networks on which a public key hash is wrapped as P2SH-P2WPKH.
const SEGWIT: Networks = Networks::of(&[
    Network::Bitcoin,
    Network::Litecoin,
    Network::BitcoinGold,
    Network::DigiByte,
]);

/// Networks with P2SH whose scripts are Bitcoin's.
const P2SH: Networks = SEGWIT.union(Networks::of(&[
    Network::BitcoinCash,
    Network::BitcoinSv,
    Network::ECash,
    Network::Dash,
    Network::Dogecoin,
    Network::Zcash,
]));

/// A public key hash, as the script that pays to it inside P2SH.
pub(super) fn wrapped_key_hash(hash: &[u8]) -> Linked {
    let mut program = [0; 22];
    program[1] = 20;
    program[2..].copy_from_slice(hash);
    Linked::new(Kind::P2sh, SEGWIT, &hash160(&program), Rule::WrappedKeyHash)
}

/// A witness script's hash, as the three other hashes of that script.
pub(super) fn of_witness_script(script_sha256: &[u8]) -> [Linked; 3] {
    let mut program = [0; 34];
    program[1] = 32;
    program[2..].copy_from_slice(script_sha256);
    // A P2SH hash is RIPEMD-160 of the SHA-256 that P2WSH shows; a P2SH32
    // hash is SHA-256 of it.
    [
        Linked::new(
            Kind::P2sh,
            SEGWIT,
            &hash160(&program),
            Rule::WrappedWitnessScript,
        ),
        Linked::new(
            Kind::P2sh,
            P2SH,
            &Ripemd160::digest(script_sha256),
            Rule::LegacyScript,
        ),
        Linked::new(
            Kind::P2sh32,
            Network::BitcoinCash.into(),
            &Sha256::digest(script_sha256),
            Rule::LongScript,
        ),
    ]
}
