//! What validators decide in a story.

use super::{Doer, Outcome, number_in, operator, said};
use client::{Client, action};
use proto::governance::v1 as wire;
use proto::tx::v1::message::Message as Kind;

/// Something that could be proposed: an action's name, and its fields as text.
type Wanted = (String, Vec<(String, String)>);

impl Doer<'_> {
    /// The action with what is wanted, beside all that stands.
    async fn action(&self, client: &Client, (name, fields): &Wanted) -> Outcome<wire::Action> {
        let mut base = None;
        for one in self.standing(client).await? {
            if action::fields(&one).map_err(said)?.0 == *name {
                base = Some(one);
            }
        }
        action::build(name, base.as_ref(), fields).map_err(said)
    }

    async fn standing(&self, client: &Client) -> Outcome<Vec<wire::Action>> {
        let mut governance = client.governance();
        let request = wire::ListParametersRequest::default();
        let answer = client.unary(governance.list_parameters(request)).await;
        Ok(answer.map_err(said)?.parameters)
    }

    async fn check(&self, client: &Client, action: &wire::Action) -> Outcome<wire::CheckActionResponse> {
        let mut governance = client.governance();
        let request = wire::CheckActionRequest {
            action: Some(action.clone()),
            height: 0,
        };
        client.unary(governance.check_action(request)).await.map_err(said)
    }

    pub(super) async fn propose(&self, client: &Client, wanted: &Wanted) -> Outcome<String> {
        let action = self.action(client, wanted).await?;
        let outlook = self.check(client, &action).await?;
        if !outlook.reason.is_empty() {
            return Err(format!("{}: {}", outlook.reason, outlook.words));
        }
        let message = wire::Propose {
            summary: "a story".to_owned(),
            action: Some(action),
        };
        let alice = self.person("alice")?;
        let receipt = self.send(client, &alice.key, Kind::Propose(message)).await?;
        let number = number_in(&receipt, "Proposed", "proposal")?;
        self.note(|memory| memory.proposal = Some(number));
        Ok(format!(
            "proposal {number}; once accepted it waits {} s",
            outlook.wait_ms / 1_000
        ))
    }

    /// A proposal is refused for this reason, before it is sent.
    pub(super) async fn unfit(&self, client: &Client, reason: &str, wanted: &Wanted) -> Outcome<String> {
        let action = self.action(client, wanted).await?;
        let outlook = self.check(client, &action).await?;
        if outlook.reason == reason {
            Ok(outlook.words)
        } else {
            Err(format!("it is refused for `{}`", outlook.reason))
        }
    }

    fn proposed(&self) -> Outcome<u64> {
        self.recall(|memory| memory.proposal)
            .ok_or_else(|| "nothing was proposed yet".to_owned())
    }

    pub(super) async fn vote(&self, client: &Client, nodes: &[usize], choice: &str) -> Outcome<String> {
        let choice = match choice {
            "yes" => wire::VoteChoice::Yes,
            "no" => wire::VoteChoice::No,
            _ => wire::VoteChoice::Abstain,
        };
        let proposal_id = self.proposed()?;
        for node in nodes {
            let message = wire::CastVote {
                proposal_id,
                choice: choice.into(),
            };
            let (key, _) = operator(self.spec, *node)?;
            self.send(client, &key, Kind::CastVote(message)).await?;
        }
        let found = self.proposal(client, proposal_id).await?;
        Ok(format!(
            "{} for it, {} against, of {}",
            found.yes, found.no, found.total_power
        ))
    }

    async fn proposal(&self, client: &Client, proposal_id: u64) -> Outcome<wire::Proposal> {
        let mut governance = client.governance();
        let request = wire::GetProposalRequest {
            proposal_id,
            ..wire::GetProposalRequest::default()
        };
        let answer = client.unary(governance.get_proposal(request)).await;
        let found = answer.map_err(said)?.proposal;
        found.ok_or_else(|| "the node gives no proposal".to_owned())
    }

    pub(super) async fn decided(&self, client: &Client, how: &str) -> Outcome<String> {
        let number = self.proposed()?;
        let found = self.proposal(client, number).await?;
        let stands = found.phase().as_str_name();
        let stands = stands.trim_start_matches("PROPOSAL_PHASE_").to_lowercase();
        if stands == how {
            Ok(format!("proposal {number} is {how}"))
        } else {
            let why = found.failure.map(|failure| failure.reason);
            Err(format!(
                "proposal {number} is {stands} {}",
                why.unwrap_or_default()
            ))
        }
    }

    /// What stands is what is wanted.
    pub(super) async fn stands(&self, client: &Client, (name, fields): &Wanted) -> Outcome<String> {
        for one in self.standing(client).await? {
            let (found, values) = action::fields(&one).map_err(said)?;
            if found != *name {
                continue;
            }
            for (field, text) in fields {
                let value = values.iter().find(|(one, _)| one == field);
                let value = value.ok_or_else(|| format!("{name} has no {field}"))?;
                let is = value
                    .1
                    .as_str()
                    .map_or_else(|| value.1.to_string(), str::to_owned);
                if is != *text {
                    return Err(format!("{field} is {is}"));
                }
            }
            return Ok(format!("{name} is so"));
        }
        Err(format!("{name} sets nothing that stands"))
    }

    /// Something is halted, or is not.
    pub(super) async fn halted(&self, client: &Client, subject: &str, wanted: bool) -> Outcome<String> {
        let mut governance = client.governance();
        let request = wire::ListHaltsRequest {
            page_size: 1_000,
            ..wire::ListHaltsRequest::default()
        };
        let answer = client.unary(governance.list_halts(request)).await.map_err(said)?;
        let found = answer.halts.iter().find(|one| one.subject == subject);
        match (found, wanted) {
            (Some(one), true) => Ok(format!(
                "{subject} stands still until {} ms of chain time",
                one.until_ms
            )),
            (None, false) => Ok(format!("{subject} goes on")),
            (Some(_), false) => Err(format!("{subject} stands still")),
            (None, true) => Err(format!("{subject} goes on")),
        }
    }
}
