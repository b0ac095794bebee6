// What the names of the API mean, in sentences for the person who must decide.
// The names themselves are always shown beside them: they are what the log and
// the documents say.

// What a verdict says, and what it does not.
export const VERDICTS = {
  LISTED: "An active list entry covers this address.",
  NOT_LISTED: "No active entry on the lists held covers this address.",
  INDETERMINATE: "The lists cannot tell. This is not a no.",
};

// What the policy advises.
export const ACTIONS = {
  ALLOW: "This check raises no objection.",
  REVIEW: "Hold the transfer until a person has looked at the evidence.",
  BLOCK: "Stop the transfer.",
};

// Why, and what to do.
export const REASONS = {
  LISTED: ["An active entry names this address.", ""],
  DELISTED: ["Only entries that have come off their list match.", "Read when and why they came off."],
  RELATED: [
    "An active entry names an address that is tied to this one by construction, not by control. This address itself is not listed.",
    "",
  ],
  SAME_KEY: [
    "No entry names this very address. One names another address that the same key controls.",
    "The match shows the address that was published.",
  ],
  SAME_SCRIPT: [
    "No entry names this very address. One names another address of the same script.",
    "Who can spend from it may differ by network.",
  ],
  TAG_SCOPED: [
    "The account is listed for one of its customers, and the text names none or another.",
    "Screen the address with its destination tag or memo (r…:123).",
  ],
  EXEMPTED: ["The operator exempted this address. The exemption shows who, and why.", ""],
  EMPTY: ["The text is empty.", "Ask for the address."],
  TOO_LONG: ["The text is longer than 2,048 bytes.", "Ask for the address alone."],
  CHECKSUM: [
    "The checksum inside the address does not hold. It is very likely mistyped.",
    "Have it copied again from its source. Do not send to it.",
  ],
  UNKNOWN_FORMAT: [
    "The text is no address of a family this daemon knows. It was still compared, as text, with entries no family can read.",
    "Check for stray text around the address; otherwise a person decides.",
  ],
  PRIVATE_KEY: [
    "The text is a private key or a seed phrase. It was not looked up, shown or logged, and it has been wiped from the box.",
    "Tell its owner to consider it lost and to move the funds. Clear your clipboard.",
  ],
  EXTENDED_PUBLIC_KEY: ["An extended public key stands for many addresses.", "Ask for one address."],
  MIXED_CASE: [
    "Upper and lower case are mixed where the format allows either alone. It was looked up all the same.",
    "Have it copied again.",
  ],
  CHECKSUM_KIND: [
    "A witness address carries the checksum of another witness version. It was looked up all the same.",
    "Ask for an address from an up-to-date wallet.",
  ],
  NOT_ADDRESS_FORM: [
    "The text leads to an account and is no address of it: a script, a padded word. It was looked up all the same.",
    "Ask for the address itself.",
  ],
  SOURCE_MISSING: ["A source that is required has no publication.", "Have it imported; see Sources."],
  SOURCE_STALE: [
    "A required source is older than it may be, or the machine’s clock is behind the lists.",
    "Have it refreshed; see Sources.",
  ],
  STORE_ERROR: ["The database answered with an error.", "See the daemon’s log; the disk may be failing."],
  BEFORE_HISTORY: ["The day asked about lies before the history this daemon holds.", "Look in the publisher’s archive."],
  SOURCE_INCOMPLETE: [
    "A required source was imported from files that are known to lack some of its addresses.",
    "Have the full files imported; see Sources.",
  ],
  NAME_NOT_ADDRESS: ["The text is a name that a registry resolves.", "Resolve it, and screen the address."],
  LIGHTNING: ["The text is a Lightning invoice, offer or address. It leads to no account that a list could name.", "A person decides."],
  LOOK_ALIKE: [
    "Letters of another alphabet stand where Latin ones belong. What they look like was looked up.",
    "Do not send to it. Ask where it came from.",
  ],
  ALTERED: [
    "The text had to be altered to be read, and carries no checksum that vouches for the result. It was looked up all the same.",
    "Have it copied again.",
  ],
  NETWORK_CONTRADICTS: [
    "The network named with it has no such address. It was looked up all the same.",
    "Check the network: the transfer would be lost, or go to somebody else.",
  ],
};

// How a match relates to what was asked.
export const RELATIONS = {
  DIRECT: "this address itself",
  SAME_KEY: "another address of the same key",
  SAME_SCRIPT: "another address of the same script",
  RELATED: "tied by construction, not by control",
};

// Who stands behind a source.
export const TIERS = {
  SANCTIONS: "sanctions authority",
  LAW_ENFORCEMENT: "law enforcement, in public",
  ATTRIBUTED: "researchers or a community",
  OPERATOR: "your own list",
};

// How sure a publisher is.
export const CONFIDENCES = {
  HIGH: "an authority, or several independent sources",
  MEDIUM: "one credible source",
  LOW: "a lead",
  NOT_STATED: "the publisher does not say",
};

// What was noticed about the text or the answer.
export const FLAGS = {
  CHECKSUM_MISMATCH: "The checksum inside the text does not hold; it was looked up all the same.",
  TRIMMED: "White space around the text was removed.",
  LENIENT_READING: "A reading was used that the format’s rules do not allow.",
  NETWORK_HINT_DISAGREES: "The network hint disagrees with every reading of the text.",
  BUNDLED_SNAPSHOT: "The answer rests on starter lists compiled into the daemon, which age.",
  HISTORICAL: "The answer is about the past.",
  TESTNET: "The text is an address of a test network.",
  TAG_PRESENT: "The text carries a tag or memo, which names a customer of the account.",
  NETWORK_HINT_UNKNOWN: "The network hint names no network the daemon knows, and was ignored.",
  UNQUOTED: "Quotes, brackets or closing punctuation around the text were removed.",
  INVISIBLE_REMOVED: "Characters that nobody sees were removed.",
  COMPATIBILITY_FOLDED: "Characters were replaced by their plain form: full-width digits, mathematical letters.",
  LOOK_ALIKE_FOLDED: "Letters of other alphabets that look like Latin ones were replaced.",
  SPACES_REMOVED: "White space inside the text was removed.",
  UNWRAPPED: "The address was taken out of a URI or a chain-qualified form.",
  SEVERAL_DESTINATIONS: "The text names several destinations; each was screened, and the worst decides.",
  SUSPICIOUS: "The text was altered in a way that an honest sender rarely needs.",
};

// What made a generation.
export const CAUSES = {
  PUBLICATION: "publication",
  BUNDLE: "signed bundle",
  OPERATOR: "operator’s own list",
  ROLLBACK: "rollback",
};

// What an error's code means for the person in front of the screen.
export const FAILURES = {
  UNAUTHENTICATED: "Sign in with an API key.",
  PERMISSION_DENIED: "Sign in with a key that has the role, or ask whoever keeps the keys.",
  INVALID_ARGUMENT: "Correct what is asked and try again.",
  NOT_FOUND: "It may have been removed, or the link is wrong.",
  FAILED_PRECONDITION: "Read the message, then try again.",
  RESOURCE_EXHAUSTED: "The daemon is at its limit. Wait a moment and try again.",
  UNAVAILABLE: "The daemon cannot answer now. Until it does, hold every transfer.",
  DEADLINE_EXCEEDED: "No answer came in time. Hold the transfer, and try again.",
  INTERNAL: "Something is wrong inside the daemon; its log says what. Hold the transfer.",
  NETWORK: "The daemon cannot be reached. Is it running, and is this machine on its network? Hold every transfer.",
};
