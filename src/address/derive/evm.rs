//! The 20 bytes of an EVM account inside the accounts of other networks.

use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use smallvec::SmallVec;

use super::{Linked, Rule};
use crate::address::encoding::leb128;
use crate::address::{Kind, Network, Networks};

const REVIVE_FILL: [u8; 12] = [0xee; 12];

/// An EVM account on networks that keep a hash of it.
pub(super) fn frontier(account: &[u8]) -> Linked {
    let id = Blake2b::<U32>::new()
        .chain_update(b"evm:")
        .chain_update(account)
        .finalize();
    let rule = Rule::FrontierAccount;
    Linked::new(Kind::Substrate, Networks::SUBSTRATE, &id, rule)
}

/// An EVM account's 20 bytes on networks that write them otherwise.
pub(super) fn of_evm(account: &[u8], found: &mut SmallVec<[Linked; 4]>) {
    let mut revive = [0; 32];
    revive[..20].copy_from_slice(account);
    revive[20..].copy_from_slice(&REVIVE_FILL);
    found.push(Linked::new(
        Kind::Substrate,
        Networks::SUBSTRATE,
        &revive,
        Rule::ReviveAccount,
    ));
    match account {
        [0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, id @ ..] => {
            let mut payload = [0; 1 + leb128::NUMBER_BYTES_MAX];
            let length = leb128::write(number_of(id), &mut payload[1..]);
            found.push(Linked::new(
                Kind::Filecoin,
                Network::Filecoin.into(),
                &payload[..=length],
                Rule::FilecoinMaskedId,
            ));
        }
        [0, 0, 0, 0, ..] => found.push(Linked::new(
            Kind::Hedera,
            Network::Hedera.into(),
            account,
            Rule::HederaLongZero,
        )),
        _ => {}
    }
}

pub(super) fn evm_of_revive(id: &[u8]) -> Option<Linked> {
    let account = id.strip_suffix(&REVIVE_FILL)?;
    let rule = Rule::ReviveAccount;
    Some(Linked::new(Kind::Evm, Networks::EVM, account, rule))
}

pub(super) fn evm_of_filecoin(payload: &[u8]) -> Option<Linked> {
    let (id, _) = leb128::read(payload.strip_prefix(&[0])?)?;
    let mut account = [0; 20];
    account[0] = 0xff;
    account[12..].copy_from_slice(&id.to_be_bytes());
    let networks = Network::Filecoin.into();
    Some(Linked::new(
        Kind::Evm,
        networks,
        &account,
        Rule::FilecoinMaskedId,
    ))
}

pub(super) fn evm_of_hedera(payload: &[u8]) -> Option<Linked> {
    let networks = Network::Hedera.into();
    (payload.len() == 20).then(|| Linked::new(Kind::Evm, networks, payload, Rule::HederaLongZero))
}

fn number_of(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}
