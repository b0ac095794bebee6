//! What a gRPC client would ask, in one line each.

use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::daemon::Daemon;
use super::upload::{Upload, import};
use super::{block_on, v1};
use v1::history_service_client::HistoryServiceClient;
use v1::list_service_client::ListServiceClient;
use v1::monitor_service_client::MonitorServiceClient;
use v1::operator_service_client::OperatorServiceClient;
use v1::screening_service_client::ScreeningServiceClient;

/// The answer about one address.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What was found.
    pub outcome: v1::Outcome,
    /// What it rests on.
    pub basis: v1::Basis,
}

impl Answer {
    /// Returns what the lists say.
    pub fn verdict(&self) -> v1::Verdict {
        self.outcome.verdict()
    }

    /// Returns what the policy advises.
    pub fn action(&self) -> v1::Action {
        self.outcome.action()
    }

    /// Returns verdict and action.
    pub fn both(&self) -> (v1::Verdict, v1::Action) {
        (self.verdict(), self.action())
    }

    /// Returns why.
    pub fn reasons(&self) -> Vec<v1::Reason> {
        self.outcome.reasons().collect()
    }

    /// Tells whether something was noticed.
    pub fn has_flag(&self, flag: v1::Flag) -> bool {
        self.outcome.flags().any(|noticed| noticed == flag)
    }

    /// Returns the match on a source.
    #[track_caller]
    pub fn match_on(&self, source: &str) -> &v1::Match {
        let mut matches = self.outcome.matches.iter();
        let found = matches.find(|found| found.source == source);
        found.unwrap_or_else(|| panic!("no match on {source}: {self:?}"))
    }
}

impl Daemon {
    /// Returns a client of the screening service.
    pub fn screening(&self) -> ScreeningServiceClient<Channel> {
        ScreeningServiceClient::new(self.channel())
    }

    /// Returns a client of the list service.
    pub fn lists(&self) -> ListServiceClient<Channel> {
        ListServiceClient::new(self.channel())
    }

    /// Returns a client of the operator's service.
    pub fn operator(&self) -> OperatorServiceClient<Channel> {
        OperatorServiceClient::new(self.channel())
    }

    /// Returns a client of the service that watches portfolios.
    pub fn monitor(&self) -> MonitorServiceClient<Channel> {
        MonitorServiceClient::new(self.channel()).max_decoding_message_size(64 << 20)
    }

    /// Returns a client of the history service.
    pub fn history(&self) -> HistoryServiceClient<Channel> {
        HistoryServiceClient::new(self.channel())
    }

    /// Asks about an address in whatever way.
    pub fn ask(&self, request: v1::ScreenAddressRequest) -> Result<Answer, Status> {
        let response = block_on(self.screening().screen_address(request))?.into_inner();
        Ok(Answer {
            outcome: response.outcome.expect("an answer has an outcome"),
            basis: response.basis.expect("an answer has a basis"),
        })
    }

    /// Asks about an address.
    pub fn try_screen(&self, address: &str) -> Result<Answer, Status> {
        self.ask(v1::ScreenAddressRequest {
            address: address.to_owned(),
            ..v1::ScreenAddressRequest::default()
        })
    }

    /// Asks about an address.
    #[track_caller]
    pub fn screen(&self, address: &str) -> Answer {
        self.try_screen(address).expect("the daemon answers")
    }

    /// Asks about an address and names a network.
    #[track_caller]
    pub fn screen_hinted(&self, address: &str, network: &str) -> Answer {
        let request = v1::ScreenAddressRequest {
            address: address.to_owned(),
            network: network.to_owned(),
            ..v1::ScreenAddressRequest::default()
        };
        self.ask(request).expect("the daemon answers")
    }

    /// Asks about an address at another moment.
    pub fn try_screen_at(&self, address: &str, moment: v1::Moment) -> Result<Answer, Status> {
        self.ask(v1::ScreenAddressRequest {
            address: address.to_owned(),
            moment: Some(moment),
            ..v1::ScreenAddressRequest::default()
        })
    }

    /// Asks about an address as of an earlier generation.
    #[track_caller]
    pub fn screen_at_generation(&self, address: &str, generation: u64) -> Answer {
        let moment = v1::Moment {
            generation,
            ..v1::Moment::default()
        };
        self.try_screen_at(address, moment)
            .expect("the daemon answers")
    }

    /// Asks about an address as of a day.
    #[track_caller]
    pub fn screen_on(&self, address: &str, day: &str) -> Answer {
        let moment = v1::Moment {
            as_of: day.to_owned(),
            ..v1::Moment::default()
        };
        self.try_screen_at(address, moment)
            .expect("the daemon answers")
    }

    /// Asks about several addresses in one call.
    pub fn try_screen_all<A: AsRef<str>>(
        &self,
        addresses: &[A],
    ) -> Result<v1::ScreenAddressesResponse, Status> {
        let request = v1::ScreenAddressesRequest {
            queries: queries(addresses),
            ..v1::ScreenAddressesRequest::default()
        };
        Ok(block_on(self.screening().screen_addresses(request))?.into_inner())
    }

    /// Asks about any number of addresses, in calls of a thousand, and
    /// returns the verdicts in order.
    #[track_caller]
    pub fn verdicts<A: AsRef<str>>(&self, addresses: &[A]) -> Vec<v1::Verdict> {
        let mut verdicts = Vec::with_capacity(addresses.len());
        for some in addresses.chunks(1_000) {
            let answered = self.try_screen_all(some).expect("the daemon answers");
            assert_eq!(answered.outcomes.len(), some.len());
            verdicts.extend(answered.outcomes.iter().map(v1::Outcome::verdict));
        }
        verdicts
    }

    /// Returns those of the addresses that are not LISTED.
    #[track_caller]
    pub fn not_listed_of<'a, A: AsRef<str>>(&self, addresses: &'a [A]) -> Vec<&'a str> {
        let asked = addresses
            .iter()
            .map(AsRef::as_ref)
            .zip(self.verdicts(addresses));
        let missed = asked.filter(|(_, verdict)| *verdict != v1::Verdict::Listed);
        missed.map(|(address, _)| address).collect()
    }

    /// Imports a publication.
    pub fn try_import(&self, upload: &Upload) -> Result<v1::ImportPublicationResponse, Status> {
        block_on(import(self.channel(), upload.clone()))
    }

    /// Imports a publication.
    #[track_caller]
    pub fn import(&self, upload: &Upload) -> v1::ImportPublicationResponse {
        self.try_import(upload).expect("the import is taken")
    }

    /// Imports a plain list of addresses.
    #[track_caller]
    pub fn import_text<A: AsRef<str>>(
        &self,
        source: &str,
        addresses: &[A],
    ) -> v1::ImportPublicationResponse {
        self.import(&Upload::of(source).lines(addresses))
    }

    /// Imports a plain list whatever it takes off, as an operator does who has
    /// looked at it.
    #[track_caller]
    pub fn import_text_confirmed<A: AsRef<str>>(
        &self,
        source: &str,
        addresses: &[A],
    ) -> v1::ImportPublicationResponse {
        let upload = Upload::of(source).lines(addresses);
        match self.try_import(&upload) {
            Ok(report) => report,
            Err(refused) => self.import(&upload.approve(&confirmation(&refused))),
        }
    }

    /// Returns the sources, by id, and the live generation.
    #[track_caller]
    pub fn sources(&self) -> v1::ListSourcesResponse {
        let answered = block_on(self.lists().list_sources(v1::ListSourcesRequest {}));
        answered.expect("the daemon answers").into_inner()
    }

    /// Returns number and digest of the live generation; zero before the
    /// first.
    #[track_caller]
    pub fn live(&self) -> (u64, Vec<u8>) {
        let sources = self.sources();
        (sources.generation, sources.generation_digest)
    }

    /// Returns the generations, newest first.
    #[track_caller]
    pub fn generations(&self) -> Vec<v1::Generation> {
        let request = v1::ListGenerationsRequest {
            limit: 1_000,
            before: 0,
        };
        let answered = block_on(self.lists().list_generations(request));
        answered
            .expect("the daemon answers")
            .into_inner()
            .generations
    }

    /// Returns the health of a service; empty for the daemon as a whole.
    pub fn health(&self, service: &str) -> Result<ServingStatus, Status> {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        let answered = block_on(HealthClient::new(self.channel()).check(request))?;
        Ok(answered.into_inner().status())
    }

    /// Sends a whole rescreen and returns all that came back.
    pub fn rescreen(
        &self,
        messages: Vec<v1::rescreen_addresses_request::Part>,
    ) -> Result<Rescreened, Status> {
        block_on(rescreen(self.channel(), messages))
    }
}

/// Returns the digest that a refusal asks to be confirmed with.
#[track_caller]
pub fn confirmation(refused: &Status) -> String {
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
    word_for(refused.message())
}

/// Returns the digest in a refusal's text.
#[track_caller]
pub fn word_for(refusal: &str) -> String {
    let (_, word) = refusal
        .rsplit_once("approve ")
        .expect("the refusal names what to confirm it with");
    let digest = word.split_whitespace().next().expect("a word");
    digest.to_owned()
}

/// Makes queries without a network.
pub fn queries<A: AsRef<str>>(addresses: &[A]) -> Vec<v1::Query> {
    let query = |address: &A| v1::Query {
        address: address.as_ref().to_owned(),
        network: String::new(),
    };
    addresses.iter().map(query).collect()
}

/// All that came back of a rescreen.
#[derive(Debug, Default)]
pub struct Rescreened {
    /// The first message.
    pub basis: Option<v1::Basis>,
    /// One per chunk.
    pub chunks: Vec<v1::RescreenOutcomes>,
    /// The last message.
    pub summary: Option<v1::RescreenSummary>,
}

/// Sends a whole rescreen and returns all that came back, in the order it
/// must have.
pub async fn rescreen(
    channel: Channel,
    messages: Vec<v1::rescreen_addresses_request::Part>,
) -> Result<Rescreened, Status> {
    use v1::rescreen_addresses_response::Part;

    let message = |part| v1::RescreenAddressesRequest { part: Some(part) };
    let messages = tokio_stream::iter(messages.into_iter().map(message));
    let mut client = ScreeningServiceClient::new(channel).max_decoding_message_size(64 << 20);
    let mut answers = client.rescreen_addresses(messages).await?.into_inner();
    let mut all = Rescreened::default();
    while let Some(answer) = answers.message().await? {
        assert!(all.summary.is_none(), "nothing follows the summary");
        match answer.part.expect("a part is never absent") {
            Part::Basis(basis) => {
                assert!(
                    all.basis.is_none() && all.chunks.is_empty(),
                    "the basis comes first"
                );
                all.basis = Some(basis);
            }
            Part::Outcomes(outcomes) => all.chunks.push(outcomes),
            Part::Summary(summary) => all.summary = Some(summary),
        }
    }
    Ok(all)
}
