//! A made `SDN_ADVANCED.XML`, as large as the published one.
//!
//! The subjects that bear wallets, their ids, names, programs and dates are
//! those of the list of 2026-08-20; the other parties are invented, in the
//! shape and at the length of real ones. The same call always writes the same
//! bytes.
//!
//! Of the 981 addresses twenty are known without their subject. They stand
//! under one invented subject, as ETH.

use std::io::{self, Write};

const FACTS: &str = include_str!("../../tests/fixtures/lists/made_sdn_addresses.tsv");

/// The invented subject of the addresses known without theirs.
pub const UNKNOWN_SUBJECT: &str = "900000";

/// A subject that bears wallets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// OFAC's id.
    pub uid: String,
    /// Its name, last name first.
    pub name: String,
    /// `DPRK3`, `CYBER2`.
    pub programs: Vec<String>,
    /// Year, month and day of the designation.
    pub date: [String; 3],
    /// Ticker and address.
    pub wallets: Vec<(String, String)>,
}

/// Returns the subjects, in order of their ids.
pub fn subjects() -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for line in FACTS.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [address, tickers, name, uid, programs, date, ..] = columns[..] else {
            panic!("`{line}` has too few columns");
        };
        let is_known = !uid.is_empty();
        let uid = if is_known { uid } else { UNKNOWN_SUBJECT };
        let at = match subjects.iter().position(|subject| subject.uid == uid) {
            Some(at) => at,
            None => {
                let date = if is_known { date } else { "2026-10-01" };
                let mut parts = date.split('-').map(str::to_owned);
                subjects.push(Subject {
                    uid: uid.to_owned(),
                    name: if is_known { name } else { "INVENTED" }.to_owned(),
                    programs: if is_known { programs } else { "CYBER2" }
                        .split(',')
                        .map(str::to_owned)
                        .collect(),
                    date: std::array::from_fn(|_| parts.next().expect("a date of three parts")),
                    wallets: Vec::new(),
                });
                subjects.len() - 1
            }
        };
        let tickers = if is_known { tickers } else { "ETH" };
        for ticker in tickers.split(',') {
            let wallet = (ticker.to_owned(), address.to_owned());
            subjects[at].wallets.push(wallet);
        }
    }
    subjects.sort_by_key(|subject| subject.uid.parse::<u64>().expect("ids are numbers"));
    subjects
}

/// Writes a list of the subjects among `others` invented parties.
pub fn write(out: &mut impl Write, subjects: &[Subject], others: usize) -> io::Result<()> {
    let mut tickers: Vec<&str> = subjects
        .iter()
        .flat_map(|subject| &subject.wallets)
        .map(|(ticker, _)| ticker.as_str())
        .collect();
    tickers.sort_unstable();
    tickers.dedup();
    write_head(out, &tickers)?;
    writeln!(out, "  <Locations>")?;
    for at in 0..others {
        write_location(out, at)?;
    }
    writeln!(out, "  </Locations>\n  <IDRegDocuments>")?;
    for at in 0..others {
        write_document(out, at)?;
    }
    writeln!(out, "  </IDRegDocuments>\n  <DistinctParties>")?;
    let parties = order(subjects, others);
    for party in &parties {
        match party {
            Party::Subject(subject) => write_subject(out, subject, &tickers)?,
            Party::Other(at) => write_other(out, *at)?,
        }
    }
    writeln!(out, "  </DistinctParties>\n  <ProfileRelationships>")?;
    for at in 0..others {
        writeln!(
            out,
            "    <ProfileRelationship ID=\"{at}\" From-ProfileID=\"{}\" To-ProfileID=\"{}\" RelationTypeID=\"15003\" RelationQualityID=\"1\" Former=\"false\" SanctionsEntryID=\"{}\">\n      <Comment />\n    </ProfileRelationship>",
            OTHERS_FROM + at,
            OTHERS_FROM + at / 2,
            OTHERS_FROM + at,
        )?;
    }
    writeln!(out, "  </ProfileRelationships>\n  <SanctionsEntries>")?;
    for party in &parties {
        match party {
            Party::Subject(subject) => {
                write_entry(out, &subject.uid, &subject.date, &subject.programs)?;
            }
            Party::Other(at) => {
                let date = ["2014".to_owned(), "3".to_owned(), (1 + at % 28).to_string()];
                let programs = ["SDGT".to_owned(), "IFSR".to_owned()];
                write_entry(out, &(OTHERS_FROM + at).to_string(), &date, &programs)?;
            }
        }
    }
    writeln!(
        out,
        "  </SanctionsEntries>\n  <SanctionsEntryLinks />\n</Sanctions>"
    )
}

/// The ids of invented parties begin here.
const OTHERS_FROM: usize = 1_000_000;

/// The number of the first wallet type; no two lists need have the same.
const TYPES_FROM: usize = 5_000;

enum Party<'s> {
    Subject(&'s Subject),
    Other(usize),
}

/// Spreads the subjects over the invented parties.
fn order(subjects: &[Subject], others: usize) -> Vec<Party<'_>> {
    let each = others / subjects.len().max(1);
    let mut parties = Vec::with_capacity(subjects.len() + others);
    let mut at = 0;
    for subject in subjects {
        parties.push(Party::Subject(subject));
        parties.extend((at..at + each).map(Party::Other));
        at += each;
    }
    parties.extend((at..others).map(Party::Other));
    parties
}

/// The sets of reference values, in the order of the schema.
const REFERENCE_SETS: &str = "AliasType AreaCode AreaCodeType CalendarType Country \
    CountryRelevance DecisionMakingBody DetailReference DetailType DocNameStatus EntryEventType \
    EntryLinkType ExRefType FeatureType FeatureTypeGroup IDRegDocDateType IDRegDocType \
    IdentityFeatureLinkType LegalBasis LegalBasisType List LocPartType LocPartValueStatus \
    LocPartValueType NamePartType Organisation PartySubType PartyType RelationQuality \
    RelationType Reliability SanctionsProgram SanctionsType Script ScriptStatus SubsidiaryBody \
    SupInfoType TargetType Validity";

fn write_head(out: &mut impl Write, tickers: &[&str]) -> io::Result<()> {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Sanctions xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" Version=\"3\" xmlns=\"https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML\">\n  <DateOfIssue CalendarTypeID=\"1\">\n    <Year>2026</Year>\n    <Month>8</Month>\n    <Day>20</Day>\n  </DateOfIssue>\n  <ReferenceValueSets>"
    )?;
    for set in REFERENCE_SETS.split_whitespace() {
        writeln!(out, "    <{set}Values>")?;
        match set {
            "FeatureType" => write_feature_types(out, tickers)?,
            "SanctionsType" => writeln!(
                out,
                "      <SanctionsType ID=\"1\">Program</SanctionsType>\n      <SanctionsType ID=\"1705\">Block</SanctionsType>"
            )?,
            "Script" => writeln!(
                out,
                "      <Script ID=\"215\" ScriptCode=\"Latn\">Latin</Script>\n      <Script ID=\"220\" ScriptCode=\"Cyrl\">Cyrillic</Script>"
            )?,
            // What the others explain, nobody here asks.
            _ => {}
        }
        writeln!(out, "    </{set}Values>")?;
    }
    writeln!(out, "  </ReferenceValueSets>")
}

fn write_feature_types(out: &mut impl Write, tickers: &[&str]) -> io::Result<()> {
    let others = [
        (8, "Birthdate"),
        (14, "Website"),
        (25, "Location"),
        (10, "Nationality Country"),
        (504, "Additional Sanctions Information -"),
    ];
    for (id, name) in others {
        writeln!(
            out,
            "      <FeatureType ID=\"{id}\" FeatureTypeGroupID=\"1\">{name}</FeatureType>"
        )?;
    }
    for (at, ticker) in tickers.iter().enumerate() {
        writeln!(
            out,
            "      <FeatureType ID=\"{}\" FeatureTypeGroupID=\"1\">Digital Currency Address - {ticker}</FeatureType>",
            TYPES_FROM + at
        )?;
    }
    Ok(())
}

fn write_location(out: &mut impl Write, at: usize) -> io::Result<()> {
    writeln!(
        out,
        "    <Location ID=\"{at}\">\n      <LocationAreaCode AreaCodeID=\"{}\" />\n      <LocationCountry CountryID=\"{}\" CountryRelevanceID=\"1\" />",
        11_000 + at % 250,
        11_000 + at % 250
    )?;
    for (kind, value) in [
        (1451, "Number 17, Third Alley, Somewhere Avenue"),
        (1454, "Town"),
        (1456, "1914"),
    ] {
        writeln!(
            out,
            "      <LocationPart LocPartTypeID=\"{kind}\">\n        <LocationPartValue Primary=\"true\" LocPartValueTypeID=\"1\" LocPartValueStatusID=\"1\">\n          <Comment />\n          <Value>{value} {at}</Value>\n        </LocationPartValue>\n      </LocationPart>"
        )?;
    }
    writeln!(
        out,
        "      <FeatureVersionReference FeatureVersionID=\"{at}\" />\n    </Location>"
    )
}

fn write_document(out: &mut impl Write, at: usize) -> io::Result<()> {
    writeln!(
        out,
        "    <IDRegDocument ID=\"{at}\" IDRegDocTypeID=\"1571\" IdentityID=\"{}\" IssuedBy-CountryID=\"11082\" ValidityID=\"1\">\n      <Comment />\n      <IDRegistrationNo>B{at:08}</IDRegistrationNo>\n      <IssuingAuthority />\n      <DocumentDate IDRegDocDateTypeID=\"1480\">\n        <DatePeriod CalendarTypeID=\"1\" YearFixed=\"false\" MonthFixed=\"false\" DayFixed=\"false\">\n          <Start Approximate=\"false\" YearFixed=\"false\" MonthFixed=\"false\" DayFixed=\"false\">\n            <From>\n              <Year>2019</Year>\n              <Month>1</Month>\n              <Day>1</Day>\n            </From>\n          </Start>\n        </DatePeriod>\n      </DocumentDate>\n      <DocumentedNameReference DocumentedNameID=\"{at}\" />\n    </IDRegDocument>",
        OTHERS_FROM + at
    )
}

fn write_subject(out: &mut impl Write, subject: &Subject, tickers: &[&str]) -> io::Result<()> {
    let uid = &subject.uid;
    begin_party(out, uid)?;
    write_name(out, uid, true, &[&subject.name])?;
    end_identity(out, uid)?;
    for (at, (ticker, address)) in subject.wallets.iter().enumerate() {
        let kind = tickers.iter().position(|known| known == ticker);
        let kind = TYPES_FROM + kind.expect("every ticker is in the head");
        write_feature(out, uid, at, kind, address)?;
    }
    end_party(out)
}

fn write_other(out: &mut impl Write, at: usize) -> io::Result<()> {
    let uid = (OTHERS_FROM + at).to_string();
    begin_party(out, &uid)?;
    let last = format!("INVENTED {at}");
    write_name(out, &uid, true, &[&last, "Someone &amp; Sons"])?;
    write_name(out, &uid, false, &["ИЗМЫШЛЕННЫЙ", "Некто"])?;
    end_identity(out, &uid)?;
    write_feature(out, &uid, 0, 14, "www.invented-example.invalid/contact")?;
    write_feature(out, &uid, 1, 10, "Nowhere")?;
    write_feature(out, &uid, 2, 504, "Subject to Secondary Sanctions")?;
    writeln!(
        out,
        "        <Feature ID=\"{uid}3\" FeatureTypeID=\"8\">\n          <FeatureVersion ID=\"{uid}3\" ReliabilityID=\"1\">\n            <Comment />\n            <DatePeriod CalendarTypeID=\"1\" YearFixed=\"false\" MonthFixed=\"false\" DayFixed=\"false\">\n              <Start Approximate=\"false\" YearFixed=\"false\" MonthFixed=\"false\" DayFixed=\"false\">\n                <From>\n                  <Year>1970</Year>\n                  <Month>1</Month>\n                  <Day>1</Day>\n                </From>\n              </Start>\n            </DatePeriod>\n            <VersionDetail DetailTypeID=\"1430\" />\n          </FeatureVersion>\n          <IdentityReference IdentityID=\"{uid}\" IdentityFeatureLinkTypeID=\"1\" />\n        </Feature>"
    )?;
    end_party(out)
}

fn begin_party(out: &mut impl Write, uid: &str) -> io::Result<()> {
    writeln!(
        out,
        "    <DistinctParty FixedRef=\"{uid}\">\n      <Comment />\n      <Profile ID=\"{uid}\" PartySubTypeID=\"3\">\n        <Comment />\n        <Identity ID=\"{uid}\" FixedRef=\"{uid}\" Primary=\"true\" False=\"false\">\n          <Comment />"
    )
}

fn write_name(out: &mut impl Write, uid: &str, is_first: bool, parts: &[&str]) -> io::Result<()> {
    writeln!(
        out,
        "          <Alias FixedRef=\"{uid}\" AliasTypeID=\"1403\" Primary=\"{is_first}\" LowQuality=\"false\">\n            <Comment />\n            <DocumentedName ID=\"{uid}{}\" FixedRef=\"{uid}\" DocNameStatusID=\"1\">",
        u8::from(is_first)
    )?;
    for part in parts {
        writeln!(
            out,
            "              <DocumentedNamePart>\n                <NamePartValue NamePartGroupID=\"{uid}\" ScriptID=\"215\" ScriptStatusID=\"1\" Acronym=\"false\">{part}</NamePartValue>\n              </DocumentedNamePart>"
        )?;
    }
    writeln!(out, "            </DocumentedName>\n          </Alias>")
}

fn end_identity(out: &mut impl Write, uid: &str) -> io::Result<()> {
    writeln!(
        out,
        "          <NamePartGroups>\n            <MasterNamePartGroup>\n              <NamePartGroup ID=\"{uid}\" NamePartTypeID=\"1525\" />\n            </MasterNamePartGroup>\n          </NamePartGroups>\n        </Identity>"
    )
}

fn write_feature(
    out: &mut impl Write,
    uid: &str,
    at: usize,
    kind: usize,
    detail: &str,
) -> io::Result<()> {
    writeln!(
        out,
        "        <Feature ID=\"{uid}{at}\" FeatureTypeID=\"{kind}\">\n          <FeatureVersion ID=\"{uid}{at}\" ReliabilityID=\"1560\">\n            <Comment />\n            <VersionDetail DetailTypeID=\"1432\">{detail}</VersionDetail>\n          </FeatureVersion>\n          <IdentityReference IdentityID=\"{uid}\" IdentityFeatureLinkTypeID=\"1\" />\n        </Feature>"
    )
}

fn end_party(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "      </Profile>\n    </DistinctParty>")
}

fn write_entry(
    out: &mut impl Write,
    uid: &str,
    [year, month, day]: &[String; 3],
    programs: &[String],
) -> io::Result<()> {
    writeln!(
        out,
        "    <SanctionsEntry ID=\"{uid}\" ProfileID=\"{uid}\" ListID=\"1550\">\n      <EntryEvent ID=\"{uid}\" EntryEventTypeID=\"1\" LegalBasisID=\"1828\">\n        <Comment />\n        <Date CalendarTypeID=\"1\">\n          <Year>{year}</Year>\n          <Month>{month}</Month>\n          <Day>{day}</Day>\n        </Date>\n      </EntryEvent>\n      <SanctionsMeasure ID=\"{uid}0\" SanctionsTypeID=\"1705\">\n        <Comment />\n        <DatePeriod CalendarTypeID=\"1\" YearFixed=\"false\" MonthFixed=\"false\" DayFixed=\"false\" />\n      </SanctionsMeasure>"
    )?;
    for (at, program) in programs.iter().enumerate() {
        writeln!(
            out,
            "      <SanctionsMeasure ID=\"{uid}{}\" SanctionsTypeID=\"1\">\n        <Comment>{program}</Comment>\n        <DatePeriod CalendarTypeID=\"1\" YearFixed=\"false\" MonthFixed=\"false\" DayFixed=\"false\" />\n      </SanctionsMeasure>",
            at + 1
        )?;
    }
    writeln!(out, "    </SanctionsEntry>")
}
