//! Keccak-256 of a short message: one permutation and nothing around it.
//!
//! EIP-55 hashes the forty digits of an address, for every address in mixed
//! case that is screened, and looks at twenty bytes of the hash. A message
//! that fits one block needs no buffer, and its lanes stay in registers.
//! Longer messages are `sha3`'s part, against which this is tested.
//!
//! Specification: [Keccak], sections 1.1 and 1.2, with Ethereum's padding.
//!
//! [Keccak]: https://keccak.team/files/Keccak-reference-3.0.pdf

const LANES: usize = 25;
const LANE_BYTES: usize = 8;
const ROUNDS: usize = 24;

/// Bytes that a block of Keccak-256 takes in.
const RATE_BYTES: usize = 136;

/// Bytes of the hash that are given.
const HASH_BYTES: usize = 32;

/// What each round adds to the first lane: the output of a shift register of
/// eight bits, at positions one less than the powers of two.
const ROUND_CONSTANTS: [u64; ROUNDS] = {
    let mut constants = [0; ROUNDS];
    let mut register = 1_u8;
    let mut round = 0;
    while round < ROUNDS {
        let mut power = 0;
        while power < 7 {
            if register & 1 == 1 {
                constants[round] |= 1 << ((1 << power) - 1);
            }
            let carried = register >> 7 == 1;
            register <<= 1;
            if carried {
                register ^= 0x71;
            }
            power += 1;
        }
        round += 1;
    }
    constants
};

/// For every lane, which lane rho and pi bring there and how far they turn
/// it: the walk from (1, 0) that turns by one more step each time.
const MOVES: [(usize, u32); LANES] = {
    let mut moves = [(0, 0); LANES];
    let (mut x, mut y) = (1, 0);
    let mut step = 0;
    while step < LANES - 1 {
        let turns = ((step + 1) * (step + 2) / 2 % 64) as u32;
        let (to_x, to_y) = (y, (2 * x + 3 * y) % 5);
        moves[to_x + 5 * to_y] = (x + 5 * y, turns);
        (x, y) = (to_x, to_y);
        step += 1;
    }
    moves
};

/// Returns Keccak-256 of a salt and a message that fit one block together:
/// 135 bytes at most, which every caller's constants keep to.
pub(in crate::address) fn short(salt: &[u8], message: &[u8]) -> [u8; HASH_BYTES] {
    let mut block = [0; RATE_BYTES];
    let (start, rest) = block.split_at_mut(salt.len());
    start.copy_from_slice(salt);
    rest[..message.len()].copy_from_slice(message);
    rest[message.len()] = 0x01;
    block[RATE_BYTES - 1] |= 0x80;
    let mut state = [0; LANES];
    for (lane, bytes) in state.iter_mut().zip(block.as_chunks::<LANE_BYTES>().0) {
        *lane = u64::from_le_bytes(*bytes);
    }
    for constant in ROUND_CONSTANTS {
        state = round(&state, constant);
    }
    let mut hash = [0; HASH_BYTES];
    for (bytes, lane) in hash.as_chunks_mut::<LANE_BYTES>().0.iter_mut().zip(state) {
        *bytes = lane.to_le_bytes();
    }
    hash
}

/// One round: theta, rho, pi, chi and iota.
#[inline(always)]
fn round(state: &[u64; LANES], constant: u64) -> [u64; LANES] {
    let column = |x: usize| {
        let x = x % 5;
        state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
    };
    let columns = [column(0), column(1), column(2), column(3), column(4)];
    let theta = |x: usize| columns[(x + 4) % 5] ^ columns[(x + 1) % 5].rotate_left(1);
    let thetas = [theta(0), theta(1), theta(2), theta(3), theta(4)];
    let mut next = [0; LANES];
    let (rows, _) = next.as_chunks_mut::<5>();
    rows[0] = row::<0>(state, &thetas);
    rows[1] = row::<1>(state, &thetas);
    rows[2] = row::<2>(state, &thetas);
    rows[3] = row::<3>(state, &thetas);
    rows[4] = row::<4>(state, &thetas);
    next[0] ^= constant;
    next
}

/// Brings the lanes of a row together and mixes them: rho, pi, chi. Which row
/// it is must be known when this is compiled, for the turns to be as well.
#[inline(always)]
fn row<const Y: usize>(state: &[u64; LANES], thetas: &[u64; 5]) -> [u64; 5] {
    let moved = |(from, turns): (usize, u32)| (state[from] ^ thetas[from % 5]).rotate_left(turns);
    let [a, b, c, d, e] = [
        moved(const { MOVES[5 * Y] }),
        moved(const { MOVES[5 * Y + 1] }),
        moved(const { MOVES[5 * Y + 2] }),
        moved(const { MOVES[5 * Y + 3] }),
        moved(const { MOVES[5 * Y + 4] }),
    ];
    [
        a ^ (!b & c),
        b ^ (!c & d),
        c ^ (!d & e),
        d ^ (!e & a),
        e ^ (!a & b),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sha3::{Digest, Keccak256};

    proptest! {
        #[test]
        fn it_agrees_with_another_implementation(salt in prop::collection::vec(any::<u8>(), 0..8), message in prop::collection::vec(any::<u8>(), 0..128)) {
            let expected = Keccak256::new().chain_update(&salt).chain_update(&message).finalize();
            prop_assert_eq!(short(&salt, &message), <[u8; 32]>::from(expected));
        }
    }
}
