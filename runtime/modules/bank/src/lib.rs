//! Multi-asset balances: transfers, supply, mint and burn.
