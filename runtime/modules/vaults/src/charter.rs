//! What services may do with a vault.

use crate::error::Error;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{Bps, Ratio, ServiceId};

/// The most services that a vault serves, and so the most that a list of them names.
pub const MAX_SERVICES: usize = 32;
/// Pledged whole to each of 32 services.
pub const MAX_LEVERAGE: Ratio = Ratio::from_raw(32 * Ratio::ONE.raw());

/// A vault's rules towards services: what its stakers have agreed to.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Charter {
    /// How often each unit may be pledged: one is at most once, above zero, at most [`MAX_LEVERAGE`].
    pub leverage_limit: Ratio,
    /// Which services it may serve.
    pub serves: Serves,
}

/// Which services a vault may serve.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Serves {
    /// These alone: strictly ascending, at most [`MAX_SERVICES`].
    Listed(Vec<ServiceId>),
    /// Any whose fault classes take at most this per incident.
    Any {
        /// By a proof that the chain checks.
        objective: Bps,
        /// By a committee's word; zero admits no such class.
        subjective: Bps,
    },
}

impl Charter {
    /// Pledged at most once, to any service whose slashes are proven.
    pub const PLAIN: Self = Self {
        leverage_limit: Ratio::ONE,
        serves: Serves::Any {
            objective: Bps::ONE,
            subjective: Bps::ZERO,
        },
    };

    /// Checks the rules of form.
    ///
    /// # Errors
    /// [`Error::BadCharter`].
    pub fn validate(&self) -> Result<(), Error> {
        if self.leverage_limit == Ratio::ZERO || self.leverage_limit > MAX_LEVERAGE {
            return Err(Error::BadCharter("the leverage limit is above 0 and at most 32"));
        }
        if let Serves::Listed(services) = &self.serves {
            let ascending = services.iter().zip(services.iter().skip(1)).all(|(a, b)| a < b);
            if !ascending || services.len() > MAX_SERVICES {
                return Err(Error::BadCharter(
                    "the list of services is strictly ascending and has at most 32",
                ));
            }
        }
        Ok(())
    }

    /// Whether it admits `service`, whose fault classes take at most this per incident.
    #[must_use]
    pub fn admits(&self, service: ServiceId, objective: Bps, subjective: Bps) -> bool {
        match &self.serves {
            Serves::Listed(services) => services.binary_search(&service).is_ok(),
            Serves::Any {
                objective: proven,
                subjective: judged,
            } => objective <= *proven && subjective <= *judged,
        }
    }

    /// Whether `self` allows nothing that `other` does not.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let serves = match (&self.serves, &other.serves) {
            (Serves::Listed(mine), Serves::Listed(theirs)) => {
                mine.iter().all(|service| theirs.binary_search(service).is_ok())
            }
            (
                Serves::Any {
                    objective,
                    subjective,
                },
                Serves::Any {
                    objective: proven,
                    subjective: judged,
                },
            ) => objective <= proven && subjective <= judged,
            // A named service's classes may be anything, and any service may be named.
            (Serves::Listed(mine), Serves::Any { .. }) => mine.is_empty(),
            (Serves::Any { .. }, Serves::Listed(_)) => false,
        };
        serves && self.leverage_limit <= other.leverage_limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(numbers: &[u32]) -> Charter {
        Charter {
            serves: Serves::Listed(numbers.iter().map(|n| ServiceId::new(*n)).collect()),
            ..Charter::PLAIN
        }
    }

    #[test]
    fn a_charter_is_wider_when_it_allows_anything_more() {
        assert!(listed(&[1]).is_within(&listed(&[1, 2])));
        assert!(!listed(&[3]).is_within(&listed(&[1, 2])));
        assert!(!listed(&[1]).is_within(&Charter::PLAIN));
        let levered = Charter {
            leverage_limit: MAX_LEVERAGE,
            ..Charter::PLAIN
        };
        assert!(Charter::PLAIN.is_within(&levered) && !levered.is_within(&Charter::PLAIN));
    }

    #[test]
    fn a_charter_keeps_its_form() {
        assert!(listed(&[1, 2]).validate().is_ok());
        assert!(listed(&[2, 1]).validate().is_err());
        assert!(listed(&[1, 1]).validate().is_err());
        let none = Charter {
            leverage_limit: Ratio::ZERO,
            ..Charter::PLAIN
        };
        assert!(none.validate().is_err());
    }

    #[test]
    fn only_services_within_the_classes_are_admitted() {
        let half = Bps::new(5_000).unwrap();
        let one = ServiceId::new(1);
        assert!(Charter::PLAIN.admits(one, Bps::ONE, Bps::ZERO));
        assert!(!Charter::PLAIN.admits(one, half, half));
        assert!(listed(&[1]).admits(one, half, half));
        assert!(!listed(&[2]).admits(one, Bps::ZERO, Bps::ZERO));
    }
}
