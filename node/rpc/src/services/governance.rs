//! GovernanceService.

use crate::api::Api;
use crate::convert::{address, governance as convert};
use crate::page::{self, Asked, Position};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::AccountId;
use proto::governance::v1::governance_service_server::GovernanceService;
use proto::governance::v1::{
    CheckActionRequest, CheckActionResponse, GetProposalRequest, GetProposalResponse, HaltedSubject,
    ListHaltsRequest, ListHaltsResponse, ListParametersRequest, ListParametersResponse, ListProposalsRequest,
    ListProposalsResponse, ListVotesRequest, ListVotesResponse,
};
use runtime::Action;
use runtime::governance::{Subject, query};
use runtime::query::{Proposal, decisions};
use runtime::wire::govern::{read_action, write_action};
use tonic::{Request, Response, Status};

/// Proposals on a page, at most: each holds an action and a summary.
const MOST_PROPOSALS: usize = 200;
/// Proposals that are looked at for one page, at most.
const MOST_SCANNED: usize = 10_000;

pub(crate) struct GovernanceApi(pub(crate) Api);

impl Position for Subject {
    fn bytes(&self) -> Vec<u8> {
        self.name().as_bytes().to_vec()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        Self::new(core::str::from_utf8(bytes).ok()?)
    }
}

/// The proposal of a number, or the refusal that says which there are.
fn known(reading: &Reading, number: u64) -> Result<Proposal, Refusal> {
    query::proposal::<Action>(reading.state(), number)?.ok_or_else(|| {
        let message = format!("there is no proposal {number}: ListProposals has those that there are");
        Refusal::not_found("PROPOSAL_NOT_FOUND", "proposal", &number.to_string(), message)
    })
}

impl GovernanceApi {
    async fn one(&self, request: GetProposalRequest) -> Result<GetProposalResponse, Refusal> {
        let number = request.proposal_id;
        let reading = self.0.reading(request.height, request.prove).await?;
        let found = known(&reading, number)?;
        Ok(GetProposalResponse {
            context: reading.context(),
            proposal: Some(convert::proposal(&reading, number, &found)),
            proofs: reading.proofs([query::proposal_key::<Action>(number)])?,
        })
    }

    async fn list(&self, mut request: ListProposalsRequest) -> Result<ListProposalsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListProposals", &request, size, &token, MOST_PROPOSALS)?;
        let wanted = convert::parse_phase(request.phase);
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let (mut found, mut place, mut scanned, mut more) = (Vec::new(), asked.after, 0, true);
        while more && found.len() < asked.size && scanned < MOST_SCANNED {
            let page = query::proposals::<Action>(reading.state(), place, MOST_PROPOSALS)?;
            more = !page.is_empty();
            for (number, proposal) in page {
                scanned += 1;
                place = Some(number);
                if convert::stands(&proposal, wanted) {
                    found.push(convert::proposal(&reading, number, &proposal));
                }
                if found.len() == asked.size {
                    break;
                }
            }
        }
        let keys = found
            .iter()
            .map(|one| query::proposal_key::<Action>(one.proposal_id));
        let proofs = reading.proofs(keys)?;
        Ok(ListProposalsResponse {
            context: reading.context(),
            proposals: found,
            proofs,
            next_page_token: place
                .filter(|_| more)
                .map(|place| asked.token(reading.height(), &place))
                .unwrap_or_default(),
        })
    }

    async fn votes(&self, mut request: ListVotesRequest) -> Result<ListVotesResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<AccountId>::new("ListVotes", &request, size, &token, page::MAX_SIZE)?;
        let only = match request.operator.as_str() {
            "" => None,
            text => Some(address::operator("operator", self.0.network(), text)?),
        };
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let number = request.proposal_id;
        known(&reading, number)?;
        let found = match only {
            Some(operator) => {
                let vote = query::vote(reading.state(), number, &operator)?;
                vote.map(|vote| (operator, vote)).into_iter().collect()
            }
            None => query::votes(reading.state(), number, asked.after.as_ref(), asked.size)?,
        };
        let next_page_token = match only {
            Some(_) => String::new(),
            None => asked.next(reading.height(), &found, |(operator, _)| *operator),
        };
        Ok(ListVotesResponse {
            context: reading.context(),
            votes: found
                .iter()
                .map(|(operator, vote)| convert::vote(&reading, operator, vote))
                .collect(),
            next_page_token,
        })
    }

    async fn halts(&self, mut request: ListHaltsRequest) -> Result<ListHaltsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<Subject>::new("ListHalts", &request, size, &token, page::MAX_SIZE)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let found = query::halts(reading.state(), asked.after, asked.size)?;
        // What is over and was not swept yet stands still no more.
        let halts = found.iter().filter(|(_, until)| *until > reading.now());
        Ok(ListHaltsResponse {
            context: reading.context(),
            halts: halts
                .map(|(subject, until)| HaltedSubject {
                    subject: subject.name().to_owned(),
                    until_ms: until.get(),
                })
                .collect(),
            next_page_token: asked.next(reading.height(), &found, |(subject, _)| *subject),
        })
    }

    async fn parameters(&self, request: ListParametersRequest) -> Result<ListParametersResponse, Refusal> {
        let reading = self.0.reading(request.height, request.prove).await?;
        let found = decisions::parameters(reading.state())?;
        let (actions, keys): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        Ok(ListParametersResponse {
            context: reading.context(),
            parameters: actions.iter().map(write_action).collect(),
            proofs: reading.proofs(keys)?,
        })
    }

    async fn check(&self, request: CheckActionRequest) -> Result<CheckActionResponse, Refusal> {
        let action = read_action(request.action.unwrap_or_default())
            .map_err(|error| Refusal::field(error.field, error.rule))?;
        let reading = self.0.reading(request.height, false).await?;
        let outlook = decisions::outlook(&reading.view(), &action)?;
        let (reason, words) = outlook
            .objection
            .map(|one| (one.reason.to_owned(), one.words))
            .unwrap_or_default();
        Ok(CheckActionResponse {
            context: reading.context(),
            standing: decisions::standing(reading.state(), &action)?
                .as_ref()
                .map(write_action),
            reason,
            words,
            votes_until_ms: outlook.votes_until.get(),
            wait_ms: outlook.wait.get(),
            deposit: query::params(reading.state())?.deposit.to_string(),
        })
    }
}

#[tonic::async_trait]
impl GovernanceService for GovernanceApi {
    async fn get_proposal(
        &self,
        request: Request<GetProposalRequest>,
    ) -> Result<Response<GetProposalResponse>, Status> {
        Ok(Response::new(self.one(request.into_inner()).await?))
    }

    async fn list_proposals(
        &self,
        request: Request<ListProposalsRequest>,
    ) -> Result<Response<ListProposalsResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn list_votes(
        &self,
        request: Request<ListVotesRequest>,
    ) -> Result<Response<ListVotesResponse>, Status> {
        Ok(Response::new(self.votes(request.into_inner()).await?))
    }

    async fn list_halts(
        &self,
        request: Request<ListHaltsRequest>,
    ) -> Result<Response<ListHaltsResponse>, Status> {
        Ok(Response::new(self.halts(request.into_inner()).await?))
    }

    async fn list_parameters(
        &self,
        request: Request<ListParametersRequest>,
    ) -> Result<Response<ListParametersResponse>, Status> {
        Ok(Response::new(self.parameters(request.into_inner()).await?))
    }

    async fn check_action(
        &self,
        request: Request<CheckActionRequest>,
    ) -> Result<Response<CheckActionResponse>, Status> {
        Ok(Response::new(self.check(request.into_inner()).await?))
    }
}
