//! Which zip files are bundles: those that this program writes, and no other.
//!
//! Zip allows much that two readers take differently: data between members,
//! two directories, a name in one place and another elsewhere, a comment that
//! holds an archive of its own. Here every byte outside the members' contents
//! follows from their names, lengths and checksums, so a container is read by
//! walking its members from the first byte and then comparing the rest with
//! what [`Writer`] would have written there. What is not equal is refused.
//! Members are stored, never compressed; their names are looked at and never
//! used as paths.
//!
//! Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", sections
//! 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).

use std::io::{self, Read, Seek, SeekFrom, Write};

use thiserror::Error;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

const LOCAL_BYTES: u64 = 30;

/// The earliest time that a zip member can carry: members have none.
const DATE: u16 = 0x0021;

/// Longest name of a member: a source id and what stands around it.
const NAME_BYTES_MAX: usize = 128;

/// Most members: a part for each source, and two.
const MEMBERS_MAX: usize = 4_098;

/// A container is addressed with 32 bits.
const BYTES_MAX: u64 = u32::MAX as u64;

/// A member of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// Where its header begins.
    at: u64,
    pub(super) bytes: u64,
    crc: u32,
}

/// Why a file is not a container.
#[derive(Debug, Error)]
pub enum ContainerError {
    /// It cannot be read or written.
    #[error("cannot access the bundle")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it is not a bundle: it does not begin as one")]
    NotOne,
    /// It ends too early.
    #[error("it is cut: {0} is missing; copy the file again")]
    Cut(&'static str),
    /// It is not what this program writes.
    #[error(
        "{0}: the file was damaged, or written by another program; only `interdict bundle create` makes bundles"
    )]
    Foreign(&'static str),
    /// A member's content does not fit its checksum.
    #[error("`{0}` is damaged: its checksum does not hold; copy the file again")]
    Damaged(String),
    /// It would be too large.
    #[error("a bundle has at most 4 GiB and {MEMBERS_MAX} members: make one for each source")]
    TooLarge,
}

/// A container being read.
pub(super) struct Reader<R> {
    input: R,
    members: Vec<Member>,
}

impl<R: Read + Seek> Reader<R> {
    /// Walks a container from its first byte to its last. Contents are
    /// skipped here and checked when they are read.
    pub(super) fn open(mut input: R) -> Result<Self, ContainerError> {
        let length = input.seek(SeekFrom::End(0))?;
        if length > BYTES_MAX {
            return Err(ContainerError::TooLarge);
        }
        input.seek(SeekFrom::Start(0))?;
        let mut members: Vec<Member> = Vec::new();
        let mut at = 0;
        loop {
            let mut signature = [0; 4];
            take(&mut input, &mut signature, "its directory")?;
            match signature {
                LOCAL => {}
                CENTRAL if !members.is_empty() => break,
                _ if at == 0 => return Err(ContainerError::NotOne),
                _ => return Err(ContainerError::Foreign("a member does not begin as one")),
            }
            let member = read_local(&mut input, at)?;
            at = member.end();
            if at > length {
                return Err(ContainerError::Cut("the end of a member"));
            }
            if members.len() == MEMBERS_MAX {
                return Err(ContainerError::TooLarge);
            }
            members.push(member);
            input.seek(SeekFrom::Start(at))?;
        }
        let expected = directory(&members);
        let rest = length - at;
        if rest < expected.len() as u64 {
            return Err(ContainerError::Cut("the end of its directory"));
        }
        let mut found = vec![0; expected.len()];
        input.seek(SeekFrom::Start(at))?;
        take(&mut input, &mut found, "its directory")?;
        if found != expected {
            return Err(ContainerError::Foreign(
                "its directory does not agree with its members",
            ));
        }
        if rest != expected.len() as u64 {
            return Err(ContainerError::Foreign("something follows it"));
        }
        Ok(Self { input, members })
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Reads a member whole; it is not longer than `bytes_max`.
    pub(super) fn read(&mut self, index: usize, bytes_max: u64) -> Result<Vec<u8>, ContainerError> {
        if self.members[index].bytes > bytes_max {
            return Err(ContainerError::Foreign("a member is longer than it can be"));
        }
        let mut content = Vec::new();
        self.copy(index, |bytes| {
            content.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok(content)
    }

    /// Gives a member's content away piece by piece. Nothing of it may be
    /// used before this has returned: only then its checksum holds.
    pub(super) fn copy(
        &mut self,
        index: usize,
        mut to: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), ContainerError> {
        let member = &self.members[index];
        self.input.seek(SeekFrom::Start(member.content_at()))?;
        let mut hasher = crc32fast::Hasher::new();
        let mut left = member.bytes;
        let mut buffer = vec![0; 1 << 16];
        while left > 0 {
            let wanted = left.min(buffer.len() as u64) as usize;
            let piece = &mut buffer[..wanted];
            take(&mut self.input, piece, "the content of a member")?;
            hasher.update(piece);
            to(piece)?;
            left -= wanted as u64;
        }
        if hasher.finalize() != member.crc {
            return Err(ContainerError::Damaged(member.name.clone()));
        }
        Ok(())
    }
}

/// A container being written.
pub(super) struct Writer<W> {
    output: W,
    members: Vec<Member>,
}

impl<W: Write + Seek> Writer<W> {
    pub(super) fn new(output: W) -> Self {
        Self {
            output,
            members: Vec::new(),
        }
    }

    /// Writes a member from `content` to its end, and returns its length.
    pub(super) fn add(
        &mut self,
        name: &str,
        mut content: impl Read,
    ) -> Result<u64, ContainerError> {
        let at = self.members.last().map_or(0, Member::end);
        let mut member = Member {
            name: name.to_owned(),
            at,
            bytes: 0,
            crc: 0,
        };
        // Its length and checksum are known only afterwards.
        self.output.write_all(&local(&member))?;
        let mut hasher = crc32fast::Hasher::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match content.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            self.output.write_all(&buffer[..read])?;
            member.bytes += read as u64;
            if member.end() > BYTES_MAX {
                return Err(ContainerError::TooLarge);
            }
        }
        member.crc = hasher.finalize();
        self.output.seek(SeekFrom::Start(at))?;
        self.output.write_all(&local(&member))?;
        self.output.seek(SeekFrom::Start(member.end()))?;
        let bytes = member.bytes;
        self.members.push(member);
        Ok(bytes)
    }

    /// Writes the directory, and returns what was written to.
    pub(super) fn finish(mut self) -> Result<W, ContainerError> {
        let directory = directory(&self.members);
        let at = self.members.last().map_or(0, Member::end);
        if at + directory.len() as u64 > BYTES_MAX || self.members.len() > MEMBERS_MAX {
            return Err(ContainerError::TooLarge);
        }
        self.output.write_all(&directory)?;
        self.output.flush()?;
        Ok(self.output)
    }
}

impl Member {
    fn content_at(&self) -> u64 {
        self.at + LOCAL_BYTES + self.name.len() as u64
    }

    fn end(&self) -> u64 {
        self.content_at() + self.bytes
    }
}

/// Reads what follows the four bytes that begin a member.
fn read_local(input: &mut impl Read, at: u64) -> Result<Member, ContainerError> {
    let mut header = [0; LOCAL_BYTES as usize];
    header[..4].copy_from_slice(&LOCAL);
    take(input, &mut header[4..], "the header of a member")?;
    let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let long = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
    let mut name = vec![0; usize::from(short(26)).min(NAME_BYTES_MAX + 1)];
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(ContainerError::Foreign(
            "a member's name has no proper length",
        ));
    }
    take(input, &mut name, "the name of a member")?;
    let plain =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-./".contains(byte);
    let name = String::from_utf8(name)
        .ok()
        .filter(|name| name.as_bytes().iter().all(plain))
        .ok_or(ContainerError::Foreign(
            "a member's name has other characters than names have here",
        ))?;
    let member = Member {
        name,
        at,
        bytes: long(22).into(),
        crc: long(14),
    };
    if local(&member)[..LOCAL_BYTES as usize] != header {
        return Err(ContainerError::Foreign(
            "the header of a member has options set",
        ));
    }
    Ok(member)
}

/// The header that stands before a member's content.
fn local(member: &Member) -> Vec<u8> {
    let mut bytes = LOCAL.to_vec();
    common(&mut bytes, member);
    bytes.extend_from_slice(member.name.as_bytes());
    bytes
}

/// Everything that stands behind the last member's content.
fn directory(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for member in members {
        bytes.extend_from_slice(&CENTRAL);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        common(&mut bytes, member);
        // No comment, first disk, no attributes.
        bytes.extend_from_slice(&[0; 10]);
        bytes.extend_from_slice(&(member.at as u32).to_le_bytes());
        bytes.extend_from_slice(member.name.as_bytes());
    }
    let (at, length) = (members.last().map_or(0, Member::end), bytes.len());
    let count = (members.len() as u16).to_le_bytes();
    bytes.extend_from_slice(&END);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&count);
    bytes.extend_from_slice(&count);
    bytes.extend_from_slice(&(length as u32).to_le_bytes());
    bytes.extend_from_slice(&(at as u32).to_le_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes
}

/// Stored files need version 1.0 of the format to be extracted.
const VERSION: u16 = 10;

/// What local header and directory have in common.
fn common(bytes: &mut Vec<u8>, member: &Member) {
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    // No flags, stored, midnight.
    bytes.extend_from_slice(&[0; 6]);
    bytes.extend_from_slice(&DATE.to_le_bytes());
    bytes.extend_from_slice(&member.crc.to_le_bytes());
    let length = (member.bytes as u32).to_le_bytes();
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&(member.name.len() as u16).to_le_bytes());
    // No extra field.
    bytes.extend_from_slice(&[0; 2]);
}

/// Reads exactly so much, or says what is missing.
fn take(input: &mut impl Read, bytes: &mut [u8], what: &'static str) -> Result<(), ContainerError> {
    input.read_exact(bytes).map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            ContainerError::Cut(what)
        } else {
            error.into()
        }
    })
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
