//! Stellar, NEAR and Monero against crates written by others.

use interdict::address::{Candidate, KeyClass, Kind, Network, parse, parse_hinted};
use proptest::prelude::*;
use sha3::{Digest, Keccak256};
use stellar_strkey::{Contract, Strkey, ed25519};

use crate::lists::listed;
use crate::typos::typo;
use crate::vectors::vectors;

/// The payload of the strict candidate of one of the kinds.
fn by_us(text: &str, kinds: &[Kind]) -> Option<Vec<u8>> {
    let reading = parse(text);
    let is_of_kind = |one: &&Candidate| one.strict && kinds.contains(&one.kind);
    let candidate = reading.candidates.iter().find(is_of_kind);
    candidate.map(|candidate| candidate.key.payload().to_vec())
}

const STELLAR: &[Kind] = &[Kind::Stellar, Kind::StellarObject];
const MONERO: &[Kind] = &[Kind::Monero, Kind::MoneroSubaddress, Kind::MoneroIntegrated];

/// What an independent reader finds in a strkey, as our keys hold it: `Ok` of
/// an account's key, `Err` of what is no account but an address.
fn strkey_by_oracle(text: &str) -> Option<Result<[u8; 32], Vec<u8>>> {
    match Strkey::from_string(text).ok()? {
        Strkey::PublicKeyEd25519(key) => Some(Ok(key.0)),
        Strkey::MuxedAccountEd25519(muxed) => Some(Ok(muxed.ed25519)),
        Strkey::Contract(contract) => Some(Err(contract.0.to_vec())),
        Strkey::LiquidityPool(pool) => Some(Err(pool.0.to_vec())),
        _ => None,
    }
}

/// Demands that both read a text alike. A muxed account names its customer,
/// which is not noise.
fn agree_on_strkey(text: &str) -> Result<(), String> {
    let reading = parse(text);
    let candidate = reading
        .candidates
        .iter()
        .find(|one| one.strict && STELLAR.contains(&one.kind));
    let agrees = match (strkey_by_oracle(text), candidate) {
        (Some(Ok(key)), Some(one)) => one.key.class() == KeyClass::Ed32 && one.key.payload() == key,
        (Some(Err(hash)), Some(one)) => {
            one.key.class() == KeyClass::StellarObject && one.key.payload().ends_with(&hash)
        }
        (Some(_), None) => false,
        // Claimable balances and signed payloads, which are not compared.
        (None, Some(_)) => Strkey::from_string(text).is_ok(),
        (None, None) => true,
    };
    if agrees {
        Ok(())
    } else {
        Err(format!("{text}: {candidate:?}"))
    }
}

/// Returns whether an independent reader takes a text for a NEAR account.
fn is_near_by_oracle(text: &str) -> bool {
    text.parse::<near_account_id::AccountId>().is_ok()
}

fn is_near_by_us(text: &str) -> bool {
    let reading = parse_hinted(text, Network::Near.into());
    reading.candidates.iter().any(|one| {
        let is_near = matches!(one.kind, Kind::NearImplicit | Kind::NearNamed);
        // `0x` and 40 digits are an account of NEAR and of EVM alike.
        one.strict && (is_near || one.kind == Kind::Evm)
    })
}

/// Type byte and keys of a Monero address, by an independent decoder and the
/// checksum.
fn monero_by_oracle(text: &str) -> Option<Vec<u8>> {
    let bytes = base58_monero::decode(text).ok()?;
    let (content, checksum) = bytes.split_at(bytes.len().checked_sub(4)?);
    let is_right = Keccak256::digest(content)[..4] == *checksum;
    let (&network, keys) = content.split_first().filter(|_| is_right)?;
    let is_known = match network {
        18 | 42 | 53 | 63 | 24 | 36 => keys.len() == 64,
        19 | 54 | 25 => keys.len() == 72,
        _ => false,
    };
    is_known.then(|| keys[..64].to_vec())
}

/// Writes what an independent decoder reads.
pub fn monero_address(network: u8, keys: &[u8]) -> String {
    let mut bytes = [&[network], keys].concat();
    let hash = Keccak256::digest(&bytes);
    bytes.extend_from_slice(&hash[..4]);
    base58_monero::encode(&bytes).expect("bytes of any number are written")
}

#[test]
fn independent_readers_agree_on_every_vector_and_listed_address() {
    let vectors = vectors().into_iter().map(|vector| vector.input);
    let listed = listed().into_iter().map(|row| row.address);
    let (mut strkeys, mut moneros) = (0, 0);
    for text in vectors
        .chain(listed)
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        strkeys += usize::from(strkey_by_oracle(&text).is_some());
        moneros += usize::from(monero_by_oracle(&text).is_some());
        agree_on_strkey(&text).expect("both read it alike");
        assert_eq!(by_us(&text, MONERO), monero_by_oracle(&text), "{text}");
    }
    assert!(strkeys >= 5 && moneros >= 20, "{strkeys} {moneros}");
}

proptest! {
    #[test]
    fn an_independent_reader_agrees_on_any_strkey(key in any::<[u8; 32]>(), id in any::<u64>(), slip in typo()) {
        let texts = [
            Strkey::PublicKeyEd25519(ed25519::PublicKey(key)).to_string().to_string(),
            Strkey::MuxedAccountEd25519(ed25519::MuxedAccount { ed25519: key, id }).to_string().to_string(),
            Strkey::Contract(Contract(key)).to_string().to_string(),
        ];
        for text in texts {
            prop_assert!(strkey_by_oracle(&text).is_some() && by_us(&text, STELLAR).is_some(), "{text}");
            prop_assert_eq!(agree_on_strkey(&text), Ok(()));
            let slipped = slip.make_in(&text);
            if slipped.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                prop_assert_eq!(agree_on_strkey(&slipped), Ok(()));
            }
        }
    }

    /// No text that a person might mean differently: letters, digits and the
    /// three signs that NEAR allows.
    #[test]
    fn an_independent_reader_agrees_on_any_near_name(text in "[a-z0-9]{1,20}([._-][a-z0-9]{1,12}){0,3}|[A-Za-z0-9._-]{2,66}|[a-z0-9._-]{2,66}|[0-9a-f]{64}|0x[0-9a-f]{40}|0s[0-9a-f]{40}") {
        prop_assume!(parse(&text).fault != Some(interdict::address::Fault::PrivateKey));
        let ours = is_near_by_us(&text);
        // The dot at the end of a name is punctuation to us: it is cleaned off.
        prop_assume!(!text.ends_with('.'));
        // Forty digits are an EVM account, whatever NEAR says.
        prop_assume!(!parse(&text).candidates.iter().any(|one| one.kind == Kind::Evm));
        prop_assert_eq!(ours, is_near_by_oracle(&text), "{}", text);
    }

    #[test]
    fn an_independent_reader_agrees_on_any_monero_address(
        network in prop_oneof![Just(18_u8), Just(42), Just(19), Just(53), Just(63), Just(54), Just(24), Just(36), Just(25), 0..128_u8],
        keys in any::<[[u8; 32]; 2]>(),
        payment_id in any::<[u8; 8]>(),
        slip in typo(),
    ) {
        let is_integrated = matches!(network, 19 | 54 | 25);
        let id: &[u8] = if is_integrated { &payment_id } else { &[] };
        let text = monero_address(network, &[keys.as_flattened(), id].concat());
        for text in [slip.make_in(&text), text] {
            if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                prop_assert_eq!(by_us(&text, MONERO), monero_by_oracle(&text), "{}", text);
            }
        }
    }
}
