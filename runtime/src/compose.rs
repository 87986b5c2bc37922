//! The list of modules, written once: `compose!` makes of it the message enum, the genesis struct, the dispatch and
//! the order of hooks.
//!
//! What is wrong with the list does not compile: two modules with one number, an order that leaves a module out, a
//! module whose wiring is missing, or a message that nobody handles (ADR-001 lists each with the compiler's answer).

/// Whether no number stands twice among `numbers`.
pub(crate) const fn distinct(numbers: &[u8]) -> bool {
    match numbers {
        [] => true,
        [first, rest @ ..] => !contains(rest, *first) && distinct(rest),
    }
}

/// Whether both lists hold the same numbers, each once.
pub(crate) const fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && distinct(a) && distinct(b) && within(a, b)
}

const fn within(a: &[u8], b: &[u8]) -> bool {
    match a {
        [] => true,
        [first, rest @ ..] => contains(b, *first) && within(rest, b),
    }
}

const fn contains(numbers: &[u8], number: u8) -> bool {
    match numbers {
        [] => false,
        [first, rest @ ..] => *first == number || contains(rest, number),
    }
}

/// Composes modules. `reserved` are numbers that no module may have; `modules` is the order of genesis and of block
/// hooks, each line `crate Variant: the module's type`; `end_epoch` is the order of the epoch's end.
///
/// A module's crate has, besides its `kernel::Module`, `fn as_genesis(store) -> Result<Genesis, StateError>`, and its
/// message has `fn validate(&self) -> Result<(), Error>`.
macro_rules! compose {
    (
        reserved: [$($reserved:expr),* $(,)?],
        modules: [$($krate:ident $variant:ident: $module:ty),+ $(,)?],
        end_epoch: [$($last:ty),+ $(,)?] $(,)?
    ) => {
        const _: () = assert!(
            $crate::compose::distinct(&[
                $($reserved.number(),)* $(<$module as kernel::Module>::ID.number()),+
            ]),
            "two modules have one number"
        );
        const _: () = assert!(
            $crate::compose::same(
                &[$(<$module as kernel::Module>::ID.number()),+],
                &[$(<$last as kernel::Module>::ID.number()),+],
            ),
            "the order of the epoch's end names every module once"
        );

        /// Every module's number and name, with the numbers that none of them may have first.
        pub const MODULES: &[kernel::ModuleId] =
            &[$($reserved,)* $(<$module as kernel::Module>::ID),+];

        /// Everything that users can ask of the chain.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is the module of its name")]
        pub enum Message {
            $($variant(<$module as kernel::Module>::Msg)),+
        }

        /// What each module starts with.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each field is the module of its name")]
        pub struct ModulesGenesis {
            $(pub $krate: <$module as kernel::Module>::Genesis),+
        }

        /// What a module refuses or breaks on.
        #[derive(Debug, thiserror::Error)]
        #[allow(missing_docs, reason = "each variant is the module of its name")]
        pub enum ModuleError {
            $(#[error(transparent)] $variant(<$module as kernel::Module>::Error)),+
        }

        impl kernel::Fault for ModuleError {
            fn code(&self) -> Option<kernel::Code> {
                match self { $(Self::$variant(error) => error.code()),+ }
            }
            fn reason(&self) -> &'static str {
                match self { $(Self::$variant(error) => error.reason()),+ }
            }
            fn metadata(&self) -> Vec<(&'static str, String)> {
                match self { $(Self::$variant(error) => error.metadata()),+ }
            }
        }

        impl Message {
            /// Checks all that needs no state.
            ///
            /// # Errors
            /// What the message's module says.
            pub fn validate(&self) -> Result<(), ModuleError> {
                match self { $(Self::$variant(message) => message.validate().map_err(ModuleError::$variant)),+ }
            }

            /// The number and name of the module that it is for.
            #[must_use]
            pub const fn module(&self) -> kernel::ModuleId {
                match self { $(Self::$variant(_) => <$module as kernel::Module>::ID),+ }
            }

            /// Carries it out for `sender`.
            pub(crate) fn execute(
                self,
                ctx: &mut kernel::Ctx<'_>,
                sender: primitives::AccountId,
            ) -> Result<(), ModuleError> {
                match self {
                    $(Self::$variant(message) => {
                        <$module as kernel::Module>::execute(ctx, sender, message).map_err(ModuleError::$variant)
                    }),+
                }
            }
        }

        impl ModulesGenesis {
            /// Writes what every module starts with, in the order of the list.
            pub(crate) fn init(self, ctx: &mut kernel::Ctx<'_>) -> Result<(), ModuleError> {
                $(<$module as kernel::Module>::init_genesis(ctx, self.$krate).map_err(ModuleError::$variant)?;)+
                Ok(())
            }

            /// What every module would have to start with to be where it is in `store`.
            pub(crate) fn as_genesis<S: kernel::Read + ?Sized>(store: &S) -> Result<Self, kernel::StateError> {
                Ok(Self { $($krate: $krate::as_genesis(store)?),+ })
            }
        }

        /// Before a block's transactions.
        pub(crate) fn begin_block(ctx: &mut kernel::Ctx<'_>) -> Result<(), kernel::StateError> {
            $(<$module as kernel::Module>::begin_block(ctx)?;)+
            Ok(())
        }

        /// After a block's transactions.
        pub(crate) fn end_block(ctx: &mut kernel::Ctx<'_>) -> Result<(), kernel::StateError> {
            $(<$module as kernel::Module>::end_block(ctx)?;)+
            Ok(())
        }

        /// After `end_block` in the last block of an epoch.
        pub(crate) fn end_epoch(ctx: &mut kernel::Ctx<'_>) -> Result<(), kernel::StateError> {
            $(<$last as kernel::Module>::end_epoch(ctx)?;)+
            Ok(())
        }

        /// What each module's codes say.
        pub(crate) const MEANINGS: &[(kernel::ModuleId, &[kernel::Meaning])] = &[
            (kernel::ModuleId::KERNEL, kernel::kernel_code::MEANINGS),
            $((<$module as kernel::Module>::ID, <$module as kernel::Module>::MEANINGS)),+
        ];

        /// What must hold between blocks, of every module.
        pub fn invariants() -> impl Iterator<Item = &'static kernel::Invariant> {
            [$(<$module as kernel::Module>::invariants()),+].into_iter().flatten()
        }
    };
}
pub(crate) use compose;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_given_twice_is_seen() {
        assert!(distinct(&[]) && distinct(&[3, 1, 2]));
        assert!(!distinct(&[3, 1, 2, 1]));
    }

    #[test]
    fn an_order_that_leaves_a_module_out_is_seen() {
        assert!(same(&[1, 2, 3], &[3, 1, 2]));
        assert!(!same(&[1, 2, 3], &[3, 1]));
        assert!(!same(&[1, 2, 3], &[3, 1, 1]));
        assert!(!same(&[1, 2], &[1, 3]));
    }
}
