//! Names of vaults.

use primitives::{AccountId, AssetId, Digest};

/// A vault: the first 20 bytes of its operator, its asset, and its number among all vaults, so that no two ever have
/// one name and none can be named before it exists.
pub type VaultId = Digest;

/// The name of the `number`th vault.
pub(crate) fn vault_id(operator: &AccountId, asset: AssetId, number: u64) -> VaultId {
    let mut bytes = [0; 32];
    let (owner, rest) = bytes.split_at_mut(20);
    let parts = asset.get().to_be_bytes().into_iter().chain(number.to_be_bytes());
    owner
        .iter_mut()
        .zip(operator.as_bytes())
        .for_each(|(to, from)| *to = *from);
    rest.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    VaultId::new(bytes)
}

/// The number of a vault among all: it ends the name.
#[must_use]
pub fn number_of(id: &VaultId) -> u64 {
    let number = id.as_bytes().last_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_vaults_have_one_name() {
        let operator = AccountId::new([7; 32]);
        let one = vault_id(&operator, AssetId::new(1), 2);
        assert_ne!(one, vault_id(&operator, AssetId::new(1), 3));
        assert_ne!(one, vault_id(&AccountId::new([8; 32]), AssetId::new(1), 2));
        assert_eq!(
            one.as_bytes().last_chunk(),
            Some(&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])
        );
    }
}
