//! Accounts of modules.

use kernel::ModuleId;
use primitives::AccountId;

/// What every module account starts with. A user's account is a hash: keys that hash to these bytes are as hard to
/// find as any preimage, and the bytes show at sight what they are.
const PREFIX: [u8; 30] = *b"palisade account of a module: ";

/// The account `number` of `module`. It has no keys, so only the module itself moves what lies there.
#[must_use]
pub const fn module_account(module: ModuleId, number: u8) -> AccountId {
    let mut bytes = [0; 32];
    if let Some((place, rest)) = bytes.split_first_chunk_mut::<30>() {
        *place = PREFIX;
        if let [first, second] = rest {
            *first = module.number();
            *second = number;
        }
    }
    AccountId::new(bytes)
}

/// Whether an account belongs to a module.
#[must_use]
pub fn is_module_account(account: &AccountId) -> bool {
    account.as_bytes().starts_with(&PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modules_account_shows_what_it_is() {
        let account = module_account(crate::ID, 7);
        assert_eq!(account.as_bytes().last_chunk(), Some(&[crate::ID.number(), 7]));
        assert!(is_module_account(&account));
        assert_ne!(account, module_account(crate::ID, 8));
        assert!(!is_module_account(&AccountId::new([1; 32])));
    }
}
