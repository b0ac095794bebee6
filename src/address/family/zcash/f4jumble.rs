//! F4Jumble: what mixes the bytes of a unified address, so that no part of
//! the text can be altered without altering all of it.
//!
//! Four rounds of an unkeyed Feistel network over BLAKE2b; the left half has
//! 64 bytes at most. It keeps the length, and is undone by the same rounds
//! backwards.
//!
//! Specification: [ZIP-316, "Jumbling"](https://zips.z.cash/zip-0316#jumbling).

use blake2::Blake2bVarCore;
use blake2::digest::Output;
use blake2::digest::block_api::{
    Buffer, UpdateCore, VariableOutputCore, VariableOutputCoreCustomized,
};

/// Most bytes of a BLAKE2b hash, and of the left half.
const HASH_BYTES: usize = 64;

/// Bytes of a message that ZIP-316 allows, as far as a text can hold them:
/// the fewest are those of one transparent receiver and the padding.
pub(super) const BYTES_MIN: usize = 38;

/// Mixes a message.
pub(super) fn jumble(message: &mut [u8]) {
    let (left, right) = halves(message);
    widen(left, right, 0);
    narrow(left, right, 0);
    widen(left, right, 1);
    narrow(left, right, 1);
}

/// Undoes [`jumble`].
pub(super) fn unjumble(message: &mut [u8]) {
    let (left, right) = halves(message);
    narrow(left, right, 1);
    widen(left, right, 1);
    narrow(left, right, 0);
    widen(left, right, 0);
}

fn halves(message: &mut [u8]) -> (&mut [u8], &mut [u8]) {
    let left_bytes = HASH_BYTES.min(message.len() / 2);
    message.split_at_mut(left_bytes)
}

/// Adds hashes of the left half to the right one, block by block: `G`.
fn widen(left: &[u8], right: &mut [u8], round: u8) {
    for (block, index) in right.chunks_mut(HASH_BYTES).zip(0_u16..) {
        let [low, high] = index.to_le_bytes();
        let hash = hash(b'G', [round, low, high], HASH_BYTES, left);
        add(block, &hash);
    }
}

/// Adds a hash of the right half to the left one: `H`.
fn narrow(left: &mut [u8], right: &[u8], round: u8) {
    let hash = hash(b'H', [round, 0, 0], left.len(), right);
    add(left, &hash);
}

fn add(target: &mut [u8], hash: &[u8]) {
    for (byte, of_hash) in target.iter_mut().zip(hash) {
        *byte ^= of_hash;
    }
}

/// Hashes to a length, which BLAKE2b takes into the hash; beyond it the
/// result means nothing.
fn hash(function: u8, rounds: [u8; 3], length: usize, message: &[u8]) -> [u8; HASH_BYTES] {
    let mut personal = *b"UA_F4Jumble_\0\0\0\0";
    personal[12] = function;
    personal[13..].copy_from_slice(&rounds);
    let mut core = Blake2bVarCore::new_customized(&personal, length);
    let mut buffer = Buffer::<Blake2bVarCore>::default();
    buffer.digest_blocks(message, |blocks| core.update_blocks(blocks));
    let mut out = Output::<Blake2bVarCore>::default();
    core.finalize_variable_core(&mut buffer, &mut out);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_function_is_written_and_undone() {
        // Published with the reference implementation.
        for (message, jumbled) in [
            (
                "The package from Alice arrives tomorrow morning.",
                "861c51ee746b0313476967a3483e7e1ff77a2952a17d3ed9e0ab0f502e1179430322da9967b613545b1c36353046ca27",
            ),
            (
                "The package from Sarah arrives tomorrow morning.",
                "af1d55f2695aea02440867bbbfae3b08e8da55b625de3fa91432ab7b2c0a7dff9033ee666db1513ba5761ef482919fb8",
            ),
        ] {
            let mut bytes = message.as_bytes().to_vec();
            jumble(&mut bytes);
            assert_eq!(const_hex::encode(&bytes), jumbled);
            unjumble(&mut bytes);
            assert_eq!(bytes, message.as_bytes());
        }
    }

    #[test]
    fn every_length_is_undone() {
        for length in [BYTES_MIN, 64, 127, 128, 129, 400, 1280] {
            let message: Vec<u8> = (0..length).map(|index| index as u8).collect();
            let mut bytes = message.clone();
            jumble(&mut bytes);
            assert_ne!(bytes, message);
            unjumble(&mut bytes);
            assert_eq!(bytes, message);
        }
    }
}
