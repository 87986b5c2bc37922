//! The validity of a whole module, before the machine that translates it sees a byte.
//!
//! wasmi 2.0.0 validates each instruction and translates it at once, and only behind the last one asks whether the function
//! had ended before it: its translator asserts what holds of valid functions, and panics at code behind a function's end.
//! So the whole module is validated here first, by the validator that wasmi itself uses, pinned to the same version, with
//! the same features. What is refused here never reaches a translator.
//!
//! # Cost
//! One pass over the bytes. No instruction takes or gives more than [`MAX_VALUES`] values, so that the work per byte is
//! bounded too; the gas per byte of a program covers this pass with the translation.
//!
//! # Source
//! WebAssembly core specification 2.0, "Validation"; style.md, "Crate notes" (wasmi).

use wasmi::Config;
use wasmparser::{
    BinaryReaderError, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser, Payload,
    TypeSectionReader, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// What programs may use. Everything that could differ between machines, or that a predicate has no use for, is off.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::EXTENDED_CONST);
/// The most parameters, and the most results, of a function or block: what the limits of the engine enforce as well, but
/// here before any function is read.
const MAX_VALUES: usize = 32;

/// Why a module is not valid: nothing but that is known, and nothing but that is said on the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Invalid;

impl From<BinaryReaderError> for Invalid {
    fn from(_: BinaryReaderError) -> Self {
        Self
    }
}

/// Sets the features of the engine to those that are validated.
pub(super) fn set_features(config: &mut Config) {
    config
        .wasm_mutable_global(FEATURES.contains(WasmFeatures::MUTABLE_GLOBAL))
        .wasm_multi_value(FEATURES.contains(WasmFeatures::MULTI_VALUE))
        .wasm_sign_extension(FEATURES.contains(WasmFeatures::SIGN_EXTENSION))
        .wasm_bulk_memory(FEATURES.contains(WasmFeatures::BULK_MEMORY))
        .wasm_reference_types(FEATURES.contains(WasmFeatures::REFERENCE_TYPES))
        .wasm_extended_const(FEATURES.contains(WasmFeatures::EXTENDED_CONST))
        .floats(FEATURES.contains(WasmFeatures::FLOATS))
        .wasm_saturating_float_to_int(FEATURES.contains(WasmFeatures::SATURATING_FLOAT_TO_INT))
        .wasm_multi_memory(FEATURES.contains(WasmFeatures::MULTI_MEMORY))
        .wasm_tail_call(FEATURES.contains(WasmFeatures::TAIL_CALL))
        .wasm_custom_page_sizes(FEATURES.contains(WasmFeatures::CUSTOM_PAGE_SIZES))
        .wasm_wide_arithmetic(FEATURES.contains(WasmFeatures::WIDE_ARITHMETIC));
}

/// Checks that `bytes` are one whole valid module of [`FEATURES`].
///
/// # Errors
/// [`Invalid`].
pub(super) fn whole(bytes: &[u8]) -> Result<(), Invalid> {
    let mut validator = Validator::new_with_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(bytes) {
        let payload = payload?;
        let checked = validator.payload(&payload)?;
        if let Payload::TypeSection(types) = payload {
            narrow(types)?;
        }
        if let ValidPayload::Func(function, body) = checked {
            allocations = ends(function, &body, allocations)?;
        }
    }
    Ok(())
}

fn narrow(types: TypeSectionReader<'_>) -> Result<(), Invalid> {
    for found in types.into_iter_err_on_gc_types() {
        let found = found?;
        if found.params().len().max(found.results().len()) > MAX_VALUES {
            return Err(Invalid);
        }
    }
    Ok(())
}

/// A function's body is valid, and ends where its bytes end. The library's own loop does the same, and in builds with
/// assertions more: this one refuses the same bytes in every build.
fn ends(
    function: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'_>,
    allocations: FuncValidatorAllocations,
) -> Result<FuncValidatorAllocations, Invalid> {
    let mut validator = function.into_validator(allocations);
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(FEATURES);
    while !reader.eof() {
        let at = reader.original_position();
        reader.visit_operator(&mut validator.visitor(at))??;
    }
    validator.finish(reader.original_position())?;
    Ok(validator.into_allocations())
}
