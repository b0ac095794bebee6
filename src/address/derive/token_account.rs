//! Token accounts of a Solana owner, for a few well-known tokens.
//!
//! Tokens on Solana are not held by the owner's account but by one account
//! for each token, at an address derived from owner, token program and mint.
//! A thief's stolen USDC therefore stands at another address than the one
//! that is published. The derivation leads one way only, so an import does it
//! for every listed owner. The authority over a token account can be handed
//! on, which makes a match informational.
//!
//! Specification: [associated token accounts](https://spl.solana.com/associated-token-account),
//! [program derived addresses](https://solana.com/docs/core/pda).

use curve25519_dalek::edwards::CompressedEdwardsY;
use sha2::{Digest as _, Sha256};

use super::{Linked, Rule};
use crate::address::{Kind, Network};

const DERIVING_PROGRAM: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";

/// The token program and the one that followed it.
const TOKEN_PROGRAMS: [&str; 2] = [
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
];

/// USDC, USDT, wrapped SOL, PYUSD.
const MINTS: [&str; 4] = [
    "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB",
    "So11111111111111111111111111111111111111112",
    "2b1kV6DkPAnxd5ixfnxCpjxmKwqjjaYmCZfHsFu24GXo",
];

/// Returns the token accounts of an owner.
pub(super) fn of_owner(owner: &[u8]) -> Vec<Linked> {
    let mut accounts = Vec::with_capacity(TOKEN_PROGRAMS.len() * MINTS.len());
    for program in TOKEN_PROGRAMS.iter().filter_map(|text| decode(text)) {
        for mint in MINTS.iter().filter_map(|text| decode(text)) {
            accounts.extend(token_account(owner, &program, &mint));
        }
    }
    accounts
        .into_iter()
        .map(|account| {
            let networks = Network::Solana.into();
            Linked::new(Kind::Solana, networks, &account, Rule::TokenAccount)
        })
        .collect()
}

/// Finds the address that belongs to no key: the first, counting down, that
/// is no point of the curve.
fn token_account(owner: &[u8], program: &[u8; 32], mint: &[u8; 32]) -> Option<[u8; 32]> {
    let deriving = decode(DERIVING_PROGRAM)?;
    (0..=u8::MAX).rev().find_map(|bump| {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(owner)
            .chain_update(program)
            .chain_update(mint)
            .chain_update([bump])
            .chain_update(deriving)
            .chain_update(b"ProgramDerivedAddress")
            .finalize()
            .into();
        CompressedEdwardsY(hash)
            .decompress()
            .is_none()
            .then_some(hash)
    })
}

fn decode(text: &str) -> Option<[u8; 32]> {
    let mut account = [0; 32];
    five8::decode_32(text, &mut account).ok()?;
    Some(account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_and_mint_is_an_account() {
        for text in TOKEN_PROGRAMS
            .iter()
            .chain(&MINTS)
            .chain([&DERIVING_PROGRAM])
        {
            assert!(decode(text).is_some(), "{text}");
        }
    }

    /// USDT of an owner, as another implementation derives it.
    #[test]
    fn a_listed_owner_leads_to_its_token_account() {
        let owner = decode("2gVkYWexTHR5Hb2aLeQN3tnngvWzisFKXDUPrgMHpdST").expect("an account");
        let accounts = of_owner(&owner);
        assert_eq!(accounts.len(), TOKEN_PROGRAMS.len() * MINTS.len());
        let expected = "49rwPiHcCF4qritzhS1UmznvWmDcKswwcTpWVfi7Vo3D";
        assert!(
            accounts
                .iter()
                .any(|account| account.canonical() == expected)
        );
    }
}
