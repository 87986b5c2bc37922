use crate::{ALICE, bank};
use kernel::ModuleId;

#[test]
fn modules_have_accounts_of_their_own() {
    let staking = ModuleId::new(4, "staking");
    let accounts = [
        bank::module_account(bank::ID, 0),
        bank::module_account(bank::ID, 1),
        bank::module_account(staking, 0),
    ];
    for (i, a) in accounts.iter().enumerate() {
        assert!(bank::is_module_account(a));
        assert!(accounts.iter().skip(i + 1).all(|b| a != b));
    }
    assert!(!bank::is_module_account(&ALICE));
}
