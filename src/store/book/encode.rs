//! To stored messages and back, side by side.

use bytes::Bytes;
use prost::Message as _;
use uuid::Uuid;

use crate::address::{Kind, Networks, TagScope};
use crate::alert::{Acknowledgement, Alert, AlertKind, Side};
use crate::list::{EntryId, GenerationNumber, PublicationDigest, SourceId, Tier};
use crate::portfolio::{Edition, Member, Portfolio, PortfolioName, Position};
use crate::store::rows::{
    KeyedEntry, Life, ListedRow, RowError, day, days, decode_act, encode_act, given, instant, pb,
};
use crate::verdict::{Action, Exemption, Match, Relation, Verdict};

use super::Step;

pub(super) fn portfolio_to_row(portfolio: &Portfolio) -> pb::Portfolio {
    let edition = |edition: &Edition| pb::Edition {
        number: edition.number,
        members: edition.members,
        position: Some(position_to_row(&edition.position)),
        imported_at_ms: edition.imported_at.as_millisecond(),
    };
    pb::Portfolio {
        created_at_ms: portfolio.created_at.as_millisecond(),
        imported_at_ms: portfolio.imported_at.as_millisecond(),
        editions: portfolio.editions.iter().map(edition).collect(),
        refused: portfolio.refused,
    }
}

pub(super) fn portfolio(name: PortfolioName, bytes: &[u8]) -> Result<Portfolio, RowError> {
    let row = pb::Portfolio::decode(bytes).map_err(|error| RowError::new("portfolio", error))?;
    let edition = |row: pb::Edition| {
        Ok(Edition {
            number: row.number,
            members: row.members,
            position: position(row.position)?,
            imported_at: instant(row.imported_at_ms)?,
        })
    };
    Ok(Portfolio {
        name,
        created_at: instant(row.created_at_ms)?,
        imported_at: instant(row.imported_at_ms)?,
        editions: row
            .editions
            .into_iter()
            .map(edition)
            .collect::<Result<_, RowError>>()?,
        refused: row.refused,
    })
}

fn position_to_row(position: &Position) -> pb::Position {
    pb::Position {
        generation: position.generation.0,
        digest: Bytes::copy_from_slice(&position.digest),
        day: days(Some(position.day)),
    }
}

fn position(row: Option<pb::Position>) -> Result<Position, RowError> {
    let wrong = |rule: &str| RowError::new("position", rule);
    let row = row.ok_or_else(|| wrong("there is none"))?;
    Ok(Position {
        generation: GenerationNumber(row.generation),
        digest: digest(&row.digest)?,
        day: day(row.day)?.ok_or_else(|| wrong("it has no day"))?,
    })
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], RowError> {
    bytes
        .try_into()
        .map_err(|_| RowError::new("digest", "it is not 32 bytes"))
}

pub(super) fn step_to_row(step: &Step) -> pb::Step {
    pb::Step {
        from: Some(position_to_row(&step.from)),
        to: Some(position_to_row(&step.to)),
        edition: step.next.0,
        member: step.next.1,
    }
}

pub(super) fn step(row: pb::Step) -> Result<Step, RowError> {
    Ok(Step {
        from: position(row.from)?,
        to: position(row.to)?,
        next: (row.edition, row.member),
    })
}

pub(super) fn member_to_row(member: &Member) -> pb::Member {
    pb::Member {
        text: member.text.clone(),
        network: member.network.clone(),
        reference: member.reference.clone(),
    }
}

pub(super) fn member(bytes: &[u8]) -> Result<Member, RowError> {
    let row = pb::Member::decode(bytes).map_err(|error| RowError::new("member", error))?;
    Ok(Member {
        text: row.text,
        network: row.network,
        reference: row.reference,
    })
}

pub(super) fn acknowledgement_to_row(word: &Acknowledgement) -> pb::Acknowledgement {
    pb::Acknowledgement {
        sequence: word.sequence,
        author: word.author.clone(),
        reason: word.reason.clone(),
        at_ms: word.at.as_millisecond(),
    }
}

pub(super) fn acknowledgement(row: pb::Acknowledgement) -> Result<Acknowledgement, RowError> {
    Ok(Acknowledgement {
        sequence: row.sequence,
        author: row.author,
        reason: row.reason,
        at: instant(row.at_ms)?,
    })
}

pub(super) fn alert_to_row(alert: &Alert) -> Vec<u8> {
    pb::Alert {
        id: Bytes::copy_from_slice(alert.id.as_bytes()),
        at_ms: alert.at.as_millisecond(),
        kind: code(&KINDS, alert.kind),
        portfolio: alert.portfolio.to_string(),
        address: alert.address.clone(),
        tag: alert.tag.clone().unwrap_or_default(),
        network: alert.network.clone(),
        reference: alert.reference.clone(),
        before: alert.before.as_ref().map(side_to_row),
        after: Some(side_to_row(&alert.after)),
        r#match: Some(match_to_row(&alert.found)),
    }
    .encode_to_vec()
}

pub(super) fn alert(sequence: u64, bytes: &[u8]) -> Result<Alert, RowError> {
    let wrong = |rule: &str| RowError::new("alert", rule);
    let row = pb::Alert::decode(bytes).map_err(|error| RowError::new("alert", error))?;
    let id = row.id.as_ref().try_into().map(Uuid::from_bytes);
    let after = row.after.ok_or_else(|| wrong("nothing came after"))?;
    let found = row.r#match.ok_or_else(|| wrong("it has no match"))?;
    Ok(Alert {
        sequence,
        id: id.map_err(|_| wrong("its id is not 16 bytes"))?,
        at: instant(row.at_ms)?,
        kind: named(&KINDS, row.kind, "alert's kind")?,
        portfolio: row
            .portfolio
            .parse()
            .map_err(|_| wrong("its portfolio has no name"))?,
        address: row.address,
        tag: given(row.tag),
        network: row.network,
        reference: row.reference,
        before: row.before.as_ref().map(side).transpose()?,
        after: side(&after)?,
        found: matched(found)?,
    })
}

fn side_to_row(side: &Side) -> pb::Side {
    pb::Side {
        generation: side.generation.0,
        digest: Bytes::copy_from_slice(&side.digest),
        verdict: code(&VERDICTS, side.verdict),
        action: code(&Action::ALL, side.action),
    }
}

fn side(row: &pb::Side) -> Result<Side, RowError> {
    Ok(Side {
        generation: GenerationNumber(row.generation),
        digest: digest(&row.digest)?,
        verdict: named(&VERDICTS, row.verdict, "verdict")?,
        action: named(&Action::ALL, row.action, "action")?,
    })
}

fn match_to_row(found: &Match) -> pb::AlertMatch {
    pb::AlertMatch {
        relation: code(&RELATIONS, found.relation),
        tier: code(&Tier::ALL, found.tier),
        entry_id: Bytes::copy_from_slice(&found.id.0),
        entry: particulars(found.source.clone(), found).into(),
        active: found.active,
        delisted_on: days(found.delisted_on),
        since: found.since.0,
        first_seen_at_ms: found.first_seen_at.as_millisecond(),
        last_seen_at_ms: found.last_seen_at.as_millisecond(),
        publication: Bytes::copy_from_slice(&found.publication.0),
        action: code(&Action::ALL, found.action),
        scope: code(&SCOPES, found.scope),
        tagged: found.is_tagged,
        why: found.why.clone(),
        exemption: found
            .exemption
            .as_deref()
            .map(|exemption| pb::AlertExemption {
                entry_id: Bytes::copy_from_slice(&exemption.id.0),
                act: Some(encode_act(&exemption.act)),
                expires_on: days(exemption.expires_on),
            }),
    }
}

/// The entry, kept as the rows of the lists keep it. Which reading it was
/// keyed by is theirs, and says nothing here.
fn particulars(source: SourceId, found: &Match) -> Vec<u8> {
    KeyedEntry {
        source,
        kind: Kind::Opaque,
        networks: Networks::NONE,
        extra: Vec::new(),
        tag: None,
        derived: None,
        is_contract: false,
        entry: found.entry.clone(),
    }
    .encode()
}

fn matched(row: pb::AlertMatch) -> Result<Match, RowError> {
    let id = entry_id(&row.entry_id)?;
    let kept = ListedRow {
        id,
        life: Life {
            since: GenerationNumber(row.since),
            until: None,
            superseded: false,
        },
        encoded: row.entry,
    };
    let KeyedEntry { source, entry, .. } = kept.entry()?;
    let exemption = row.exemption.map(|row| {
        Ok::<_, RowError>(Exemption {
            id: entry_id(&row.entry_id)?,
            act: decode_act(row.act.unwrap_or_default()),
            expires_on: day(row.expires_on)?,
        })
    });
    Ok(Match {
        relation: named(&RELATIONS, row.relation, "relation")?,
        // The alert carries the reading itself.
        candidate: 0,
        source,
        tier: named(&Tier::ALL, row.tier, "tier")?,
        id,
        entry,
        active: row.active,
        delisted_on: day(row.delisted_on)?,
        since: GenerationNumber(row.since),
        first_seen_at: instant(row.first_seen_at_ms)?,
        last_seen_at: instant(row.last_seen_at_ms)?,
        publication: PublicationDigest(digest(&row.publication)?),
        action: named(&Action::ALL, row.action, "action")?,
        scope: named(&SCOPES, row.scope, "scope")?,
        is_tagged: row.tagged,
        why: row.why,
        exemption: exemption.transpose()?.map(Into::into),
    })
}

fn entry_id(bytes: &[u8]) -> Result<EntryId, RowError> {
    let id = bytes.try_into().map(EntryId);
    id.map_err(|_| RowError::new("entry id", "it is not 16 bytes"))
}

/// Values by their stored numbers, from 1; the order is fixed for ever.
const KINDS: [AlertKind; 3] = AlertKind::ALL;
const VERDICTS: [Verdict; 3] = [Verdict::Listed, Verdict::NotListed, Verdict::Indeterminate];
const SCOPES: [TagScope; 3] = [TagScope::Covered, TagScope::NotSaid, TagScope::Other];
const RELATIONS: [Relation; 4] = [
    Relation::Direct,
    Relation::SameKey,
    Relation::SameScript,
    Relation::Related,
];

fn code<T: PartialEq + Copy, const N: usize>(values: &[T; N], value: T) -> u32 {
    let place = values.iter().position(|one| *one == value);
    // Each table holds every value of its set.
    place.map_or(0, |place| place as u32 + 1)
}

fn named<T: Copy, const N: usize>(
    values: &[T; N],
    code: u32,
    what: &'static str,
) -> Result<T, RowError> {
    let place = (code as usize).checked_sub(1);
    let value = place.and_then(|place| values.get(place)).copied();
    value.ok_or_else(|| RowError::new(what, format_args!("{code} names none")))
}
