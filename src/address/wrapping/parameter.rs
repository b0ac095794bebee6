//! What the parameters of a URI mean, by their names.
//!
//! Names that some format gives a destination count in every URI: a wallet
//! that knows one of them pays there. What a name nobody knows stands for
//! cannot be told, and an address in it counts as a destination too.

use crate::address::Fault;

/// What a parameter means to who screens.
pub(super) enum Meaning {
    /// It names an account that money goes to, or a token's contract.
    Destination,
    /// It names a Lightning payment.
    Lightning,
    /// It names a destination in a format that is not read.
    Unreadable(Fault),
    /// It names the customer behind the account.
    Customer,
    /// Nothing: it is for people.
    Nothing,
    /// It carries a number, or nobody knows.
    Unknown,
}

/// Returns what a parameter means, by its name in lower case.
pub(super) fn meaning_of(scheme: &str, name: &str, is_required: bool) -> Meaning {
    match without_number(name) {
        "address" | "addr" | "recipient" | "receiver" | "destination" | "to" => {
            Meaning::Destination
        }
        "bc" | "tb" | "bcrt" | "ltc" | "jetton" | "spl-token" | "contractaddress" => {
            Meaning::Destination
        }
        "lightning" | "lno" | "lnurl" => Meaning::Lightning,
        // BIP-352 and BIP-351.
        "sp" | "tsp" | "pay" => Meaning::Unreadable(Fault::UnknownFormat),
        // BIP-72: what the page behind the link says is paid instead.
        "r" => Meaning::Unreadable(Fault::NotAddressForm),
        // What a contract does with it nobody can tell from here.
        "data" | "calldata" | "function" | "bin" | "init" | "stateinit" | "payload" | "xdr" => {
            Meaning::Unreadable(Fault::NotAddressForm)
        }
        "dt" | "tag" | "memoid" | "tx_payment_id" => Meaning::Customer,
        "text" if scheme == "ton" => Meaning::Customer,
        // Zcash's memos are letters to the recipient, in base 64.
        "memo" if scheme != "zcash" => Meaning::Customer,
        "label" | "message" | "memo" | "text" | "reference" => Meaning::Nothing,
        "amount" | "pop" | "time" | "exp" => Meaning::Unknown,
        // BIP-21: who does not know a required parameter must not pay.
        _ if is_required => Meaning::Unreadable(Fault::UnknownFormat),
        _ => Meaning::Unknown,
    }
}

/// Takes off the number that ZIP-321 gives each payment: `address.1`.
fn without_number(name: &str) -> &str {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match name.rsplit_once('.') {
        Some((name, number)) if is_number(number) => name,
        _ => name,
    }
}
