//! Asking a daemon, over several streams at once.
//!
//! Every stream must rest on the same generation, and what it answered counts
//! only when its closing summary has been seen and says the same as was
//! counted here. The daemon records every screening.

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

use crate::cli::Server;
use crate::grpc::v1;
use v1::rescreen_addresses_request::Part;
use v1::rescreen_addresses_response::Part as Answered;

use super::super::client::{self, incomplete, refused};
use super::super::{Failure, names};
use super::answer::{Answer, Change, Judge, Question, Told};
use super::basis::{Basis, ListUsed, When};

/// Rows asked about at once.
const BATCH: usize = 4_096;

/// Most queries of one message, and about as many bytes as it may have.
const CHUNK_QUERIES: usize = 4_096;
const CHUNK_BYTES: usize = 768 << 10;

/// How often the streams are opened anew when the lists change meanwhile.
const ATTEMPTS_MAX: u32 = 5;

/// A daemon, with streams open to it.
pub(super) struct Daemon {
    runtime: Runtime,
    server: Server,
    basis: Basis,
    streams: Vec<Stream>,
}

/// Rescreens that a caller may have under way, unless its daemon says
/// otherwise (`access.quota.rescreens_max`).
const RESCREENS_MAX: usize = 4;

impl Daemon {
    /// Opens so many streams, or as many as a daemon lets one caller have.
    pub(super) fn open(server: &Server, when: &When, streams: usize) -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| Failure::other("cannot start", error))?;
        let handle = runtime.handle().clone();
        // One that compares with an earlier generation opens two.
        let each = 1 + usize::from(when.since.is_some());
        let streams = streams.clamp(1, RESCREENS_MAX / each);
        let mut attempt = 1;
        loop {
            let opened: Result<Vec<Stream>, Failure> = (0..streams)
                .map(|_| runtime.block_on(Stream::open(server, when, handle.clone())))
                .collect();
            let opened = opened?;
            let first = opened.first().map(Stream::stands_on);
            if opened
                .iter()
                .all(|stream| Some(stream.stands_on()) == first)
            {
                let now = opened.first().ok_or_else(|| incomplete("stream"))?;
                return Ok(Self {
                    basis: now.basis(server, when),
                    server: server.clone(),
                    streams: opened,
                    runtime,
                });
            }
            if attempt == ATTEMPTS_MAX {
                return Err(Failure::Unavailable {
                    message: "the lists change too fast to open every stream on one generation: try again, or name one with --generation".to_owned(),
                    source: None,
                });
            }
            attempt += 1;
        }
    }

    pub(super) fn basis(&self) -> Basis {
        self.basis.clone()
    }

    /// The lists that the daemon holds now.
    pub(super) fn used(&self) -> Result<Vec<ListUsed>, Failure> {
        let asked = async {
            let mut client = client::lists(&self.server).await?;
            let request = v1::ListSourcesRequest {};
            client.list_sources(request).await.map_err(refused)
        };
        let held = self.runtime.block_on(asked)?.into_inner();
        let used = held.sources.into_iter().filter(|source| source.present);
        Ok(used
            .map(|source| ListUsed {
                tier: names::tier(source.tier).to_owned(),
                digest: const_hex::encode(&source.publication_digest),
                source: source.id,
                entries: source.entries,
                published_on: source.published_on,
                retrieved_at: source.retrieved_at,
                age_seconds: source.age_seconds,
                bundled: source.bundled,
            })
            .collect())
    }

    /// A judge for each stream.
    pub(super) fn judges(&mut self) -> Vec<Box<dyn Judge>> {
        let streams = self.streams.drain(..);
        streams
            .map(|stream| Box::new(stream) as Box<dyn Judge>)
            .collect()
    }
}

/// The state that is asked, and the one that is compared with it.
struct Stream {
    handle: Handle,
    now: Asked,
    before: Option<Asked>,
}

impl Stream {
    async fn open(server: &Server, when: &When, handle: Handle) -> Result<Self, Failure> {
        let now = Asked::open(server, when, when.generation).await?;
        let before = match when.since {
            Some(since) if since > now.basis.generation => {
                return Err(Failure::Usage(format!(
                    "generation {since} is not before {}, which is asked",
                    now.basis.generation
                )));
            }
            Some(since) => Some(Asked::open(server, when, Some(since)).await?),
            None => None,
        };
        Ok(Self {
            handle,
            now,
            before,
        })
    }

    fn stands_on(&self) -> (u64, &[u8], bool) {
        let basis = &self.now.basis;
        (basis.generation, &basis.generation_digest, basis.stale)
    }

    fn basis(&self, server: &Server, when: &When) -> Basis {
        let basis = &self.now.basis;
        Basis {
            asked: format!("the daemon at {}", server.url),
            generation: basis.generation,
            digest: const_hex::encode(&basis.generation_digest),
            entries: basis.entries,
            committed_at: String::new(),
            at: None,
            as_of: when.as_of.map(|day| day.to_string()),
            since: when.since,
            doubts: basis
                .stale
                .then(|| "SOURCE_STALE".to_owned())
                .into_iter()
                .collect(),
            rules: String::new(),
        }
    }
}

impl Judge for Stream {
    fn batch(&self) -> usize {
        BATCH
    }

    fn answer(
        &mut self,
        questions: &[Question<'_>],
        answers: &mut Vec<Answer>,
    ) -> Result<(), Failure> {
        let handle = self.handle.clone();
        let outcomes = handle.block_on(self.now.ask(questions))?;
        let Some(before) = &mut self.before else {
            answers.extend(outcomes.into_iter().map(answer_of));
            return Ok(());
        };
        let earlier = handle.block_on(before.ask(questions))?;
        let both = earlier.into_iter().zip(outcomes);
        answers.extend(both.map(
            |(before, outcome)| match Change::between(&before, &outcome) {
                None => Answer::Unchanged,
                change => Answer::Told(Box::new(Told {
                    outcome,
                    doubt: None,
                    change,
                })),
            },
        ));
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        let handle = self.handle.clone();
        handle.block_on(async {
            self.now.finish().await?;
            match self.before {
                Some(before) => before.finish().await,
                None => Ok(()),
            }
        })
    }
}

fn answer_of(outcome: v1::Outcome) -> Answer {
    let is_plain = outcome.verdict() == v1::Verdict::NotListed
        && outcome.action() == v1::Action::Allow
        && outcome.reasons.is_empty()
        && outcome.matches_total == 0
        && outcome.matches.is_empty();
    match is_plain {
        true => Answer::Plain,
        false => Answer::of(outcome),
    }
}

/// One stream of questions.
struct Asked {
    questions: mpsc::Sender<v1::RescreenAddressesRequest>,
    answers: Streaming<v1::RescreenAddressesResponse>,
    basis: v1::Basis,
    /// What was counted here.
    counted: v1::RescreenSummary,
}

impl Asked {
    async fn open(server: &Server, when: &When, generation: Option<u64>) -> Result<Self, Failure> {
        let mut client = client::screening(server).await?;
        let header = v1::RescreenHeader {
            hits_only: false,
            moment: Some(v1::Moment {
                as_of: when.as_of.map(|day| day.to_string()).unwrap_or_default(),
                generation: generation.unwrap_or_default(),
                min_generation: 0,
            }),
            reference: String::new(),
        };
        let (questions, sent) = mpsc::channel(4);
        send(&questions, Part::Header(header)).await?;
        let answers = client
            .rescreen_addresses(ReceiverStream::new(sent))
            .await
            .map_err(refused)?;
        let mut answers = answers.into_inner();
        let basis = match next(&mut answers).await? {
            Some(Answered::Basis(basis)) => basis,
            _ => return Err(incomplete("basis")),
        };
        Ok(Self {
            counted: v1::RescreenSummary {
                generation: basis.generation,
                generation_digest: basis.generation_digest.clone(),
                ..v1::RescreenSummary::default()
            },
            questions,
            answers,
            basis,
        })
    }

    /// Asks, and waits for an outcome for each question.
    async fn ask(&mut self, questions: &[Question<'_>]) -> Result<Vec<v1::Outcome>, Failure> {
        let mut outcomes = Vec::with_capacity(questions.len());
        let mut rest = questions;
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(chunk_length(rest));
            rest = more;
            let queries = chunk.iter().map(|question| v1::Query {
                address: question.text.clone().into_owned(),
                network: question.network.clone().into_owned(),
            });
            let queries = queries.collect();
            send(&self.questions, Part::Chunk(v1::RescreenChunk { queries })).await?;
            let end = self.counted.queries + chunk.len() as u64;
            while self.counted.queries < end {
                self.take(&mut outcomes).await?;
            }
        }
        Ok(outcomes)
    }

    async fn take(&mut self, outcomes: &mut Vec<v1::Outcome>) -> Result<(), Failure> {
        let Some(Answered::Outcomes(some)) = next(&mut self.answers).await? else {
            return Err(incomplete("outcome for every row"));
        };
        if some.first_position != self.counted.queries
            || some.outcomes.len() != some.queries as usize
            || some.outcomes.is_empty()
        {
            return Err(incomplete("outcome for every row"));
        }
        for answered in some.outcomes {
            let outcome = answered.outcome.ok_or_else(|| incomplete("outcome"))?;
            if answered.position != self.counted.queries {
                return Err(incomplete("outcome for every row, in order"));
            }
            self.count(&outcome);
            outcomes.push(outcome);
        }
        Ok(())
    }

    fn count(&mut self, outcome: &v1::Outcome) {
        let counted = &mut self.counted;
        counted.queries += 1;
        match outcome.verdict() {
            v1::Verdict::Listed => counted.listed += 1,
            v1::Verdict::NotListed => counted.not_listed += 1,
            v1::Verdict::Indeterminate => counted.indeterminate += 1,
            v1::Verdict::Unspecified => {}
        }
        match outcome.action() {
            v1::Action::Review => counted.review += 1,
            v1::Action::Block => counted.block += 1,
            v1::Action::Allow | v1::Action::Unspecified => {}
        }
    }

    /// Ends the questions, and holds the daemon's count against ours.
    async fn finish(mut self) -> Result<(), Failure> {
        drop(self.questions);
        match next(&mut self.answers).await? {
            Some(Answered::Summary(summary)) if summary == self.counted => Ok(()),
            Some(Answered::Summary(_)) => Err(Failure::Unavailable {
                message: "the daemon counted otherwise than was received: what is written is not to be relied on".to_owned(),
                source: None,
            }),
            _ => Err(incomplete("summary")),
        }
    }
}

/// How many questions fit into a message.
fn chunk_length(questions: &[Question<'_>]) -> usize {
    let mut bytes = 0;
    let fits = questions.iter().take(CHUNK_QUERIES).take_while(|question| {
        bytes += question.text.len() + question.network.len() + 16;
        bytes <= CHUNK_BYTES
    });
    fits.count().max(1)
}

async fn send(
    questions: &mpsc::Sender<v1::RescreenAddressesRequest>,
    part: Part,
) -> Result<(), Failure> {
    let message = v1::RescreenAddressesRequest { part: Some(part) };
    questions
        .send(message)
        .await
        .map_err(|_| incomplete("answer: it ended the stream"))
}

async fn next(
    answers: &mut Streaming<v1::RescreenAddressesResponse>,
) -> Result<Option<Answered>, Failure> {
    let message = answers.message().await.map_err(refused)?;
    Ok(message.and_then(|message| message.part))
}
