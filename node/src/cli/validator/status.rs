//! `palisade validator status`.

use crate::cli::context::Context;
use crate::cli::query::{Shown, lacking, validator};
use crate::output::Failure;
use proto::staking::v1::{GetLocalValidatorRequest, GetValidatorRequest, ListKeyRotationsRequest};
use serde_json::{Value, json};

pub(crate) async fn run(context: &Context, wanted: Option<&str>) -> Result<(), Failure> {
    let client = context.connect().await?;
    let mut service = client.validators();
    let local = client
        .unary(service.get_local_validator(GetLocalValidatorRequest {}))
        .await?
        .validator;
    let address = match (wanted, &local) {
        (Some(address), _) => address.to_owned(),
        (None, Some(local)) if !local.operator.is_empty() => hex::encode(&local.operator),
        (None, _) => {
            return Err(Failure::usage(
                "nobody has registered this node's consensus key: name an operator, or `palisade validator register`",
            ));
        }
    };
    let request = GetValidatorRequest {
        address,
        ..Default::default()
    };
    let answer = client.unary(service.get_validator(request)).await?;
    let found = answer.validator.ok_or_else(|| lacking("validator"))?;
    let request = ListKeyRotationsRequest {
        address: found.address.clone(),
        ..Default::default()
    };
    let rotations = client.unary(service.list_key_rotations(request)).await?;
    let mut shown = validator::value(&found);
    shown["key_changes"] = rotations
        .rotations
        .iter()
        .map(|one| json!({"epoch": one.epoch, "height": one.height, "new_key": hex::encode(&one.new_key)}))
        .collect();
    shown["node"] = local
        .filter(|local| local.operator == found.operator)
        .map_or(Value::Null, |local| {
            json!({
                "signing": local.signing,
                "reason": local.reason,
                "votes_with": hex::encode(&local.consensus_key),
                "other_keys": local.other_keys.iter().map(hex::encode).collect::<Vec<_>>(),
                "epoch": local.last_vote_epoch,
                "view": local.last_vote_view,
            })
        });
    context.output.show(&Shown::new(shown, found.address))
}
