//! Fault programs: WASM modules that say of signed payloads whether they are a fault, and of which class.
//!
//! A program is a module in WebAssembly that
//!
//! - exports `memory`, one memory of at most [`MAX_PAGES`] pages, and `fault`, a function from nothing to an `i32`;
//! - imports nothing but the functions below, from `palisade`;
//! - has no start function, no floats, no SIMD, no second memory, and is at most [`MAX_BYTES`] long.
//!
//! `fault` gives the number of the class that the payloads are guilty of, 0 to 255, or [`INNOCENT`]. Anything else, a trap,
//! running out of fuel, and asking for more memory than there is show nothing, and each is told apart. Who is accused, and of when, is not the program's to say: the frame has checked a
//! signature of the accused over each payload for one task and slot, so a program can name nobody who signed nothing.
//!
//! | import | does | fuel |
//! |---|---|---|
//! | `size(part: i32) -> i32` | the bytes of a part, -1 when there is none | 1 per call |
//! | `read(part: i32, offset: i32, to: i32, length: i32) -> i32` | copies at most `length` bytes; how many, -1 for no part | 1 per 8 bytes |
//! | `sha256(from: i32, length: i32, to: i32)` | writes the 32 bytes of the hash | 1,000 and 2 per byte |
//! | `ed25519(key: i32, from: i32, length: i32, signature: i32) -> i32` | 1 when the signature holds (ZIP-215) | 30,000 and 2 per byte |
//!
//! Part 0 is the context, part 1 what the accuser adds, part 2 and up the signed payloads. Numbers are unsigned, and an
//! address outside memory is a trap.
//!
//! # Determinism
//!
//! The whole module is validated before it is translated. Translation is eager and its version pinned, so fuel counts the same
//! cold and warm. Growing memory or tables beyond these limits ends the program; beyond what the module itself declares, or
//! beyond what 32 bits address, it gives -1, as WebAssembly says. The depth of calls is counted in calls, not in the machine's
//! stack.
//!
//! # Source
//! services.md, `attested`; style.md, "Crate notes" (wasmi).

mod host;
mod valid;

use host::{Host, linker};
use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{
    CompilationMode, Config, EnforcedLimits, Engine, Error, ExternType, Module, Store, StoreLimitsBuilder,
    TrapCode, ValType,
};

/// The most bytes of a program.
pub const MAX_BYTES: usize = 65_536;
/// The most pages of 64 KiB that a program's memory may grow to.
pub const MAX_PAGES: u64 = 16;
/// The most entries of its tables.
const MAX_TABLE: usize = 1_024;
/// How deep its calls may go.
const MAX_DEPTH: usize = 256;
/// The most bytes of its stack of values.
const MAX_STACK: usize = 262_144;
/// What it may use: about one unit per instruction.
pub const MAX_FUEL: u64 = 10_000_000;
/// The most bytes of all its inputs together.
pub const MAX_INPUT: usize = 65_536;
/// What `fault` gives when the payloads are no fault.
pub const INNOCENT: i32 = -1;
/// The function that is asked.
const ENTRY: &str = "fault";
/// The memory that the host writes to.
pub(crate) const MEMORY: &str = "memory";
/// What the imports are from.
pub(crate) const IMPORTS: &str = "palisade";

/// Why bytes are no fault program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More than [`MAX_BYTES`].
    #[error("more than {MAX_BYTES} bytes")]
    TooLong,
    /// No valid module of the features that programs may use: no floats, SIMD, second memory or start function.
    #[error("not a WebAssembly module of the features that fault programs may use")]
    Malformed,
    /// It imports something else than the functions that programs may call.
    #[error("it imports something else than the functions that fault programs may call")]
    Import,
    /// It exports no function `fault` from nothing to an `i32`.
    #[error("it exports no function `fault` without parameters that gives an i32")]
    Entry,
    /// It exports no `memory`.
    #[error("it exports no `memory`")]
    Memory,
    /// Its memory starts with more than [`MAX_PAGES`].
    #[error("its memory starts with more than {MAX_PAGES} pages")]
    TooMuchMemory,
    /// Its tables or segments do not fit.
    #[error("its tables or segments do not fit into the limits")]
    DoesNotStart,
}

/// Why a program showed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trap {
    /// The stored bytes are no program: it was checked before it was stored, so this never happens on a sound store.
    #[error("not a fault program")]
    Refused,
    /// It used all its fuel.
    #[error("the program ran out of fuel")]
    OutOfFuel,
    /// It stopped at an instruction that cannot be carried out, or called too deep.
    #[error("the program trapped")]
    Trapped,
    /// It asked for more memory than [`MAX_PAGES`], or for tables beyond their limit.
    #[error(
        "the program asked for more than {MAX_PAGES} pages of memory, or for more entries of a table than there may be"
    )]
    OutOfMemory,
    /// It gave a number that is neither a class nor [`INNOCENT`].
    #[error("the program gave a number that is neither a class nor -1")]
    NoVerdict,
}

/// What a program says of the payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are no fault.
    Innocent,
    /// They are a fault of the class with this number.
    Guilty(u8),
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// What the program says.
    pub outcome: Result<Verdict, Trap>,
    /// The fuel that it used, at most what it was given.
    pub fuel: u64,
}

/// Checks that `bytes` are a program, as far as that can be seen without inputs: what passes starts, and is stored.
///
/// # Errors
/// [`Refused`] says what is wrong.
pub fn check(bytes: &[u8]) -> Result<(), Refused> {
    let module = compile(bytes)?;
    start(&module, Vec::new(), 0).map(|_| ())
}

/// Asks a program about `inputs`: the context, what the accuser adds, and the signed payloads. It uses at most `fuel`, and
/// never more than [`MAX_FUEL`].
#[must_use]
pub fn run(bytes: &[u8], inputs: Vec<Vec<u8>>, fuel: u64) -> Run {
    let fuel = fuel.min(MAX_FUEL);
    let started = compile(bytes).and_then(|module| start(&module, inputs, fuel));
    let Ok((mut store, instance)) = started else {
        return Run {
            outcome: Err(Trap::Refused),
            fuel: 0,
        };
    };
    let outcome = instance
        .get_typed_func::<(), i32>(&store, ENTRY)
        .and_then(|entry| entry.call(&mut store, ()));
    let left = store.get_fuel().unwrap_or(0);
    let outcome = match outcome {
        Ok(number) => verdict(number),
        Err(error) => Err(trap(&error)),
    };
    // What ran out has used all of it, whatever the last step would have cost.
    let used = match outcome {
        Err(Trap::OutOfFuel) => fuel,
        Ok(_) | Err(Trap::Refused | Trap::Trapped | Trap::OutOfMemory | Trap::NoVerdict) => {
            fuel.saturating_sub(left)
        }
    };
    Run { outcome, fuel: used }
}

fn verdict(number: i32) -> Result<Verdict, Trap> {
    if number == INNOCENT {
        return Ok(Verdict::Innocent);
    }
    u8::try_from(number)
        .map(Verdict::Guilty)
        .map_err(|_| Trap::NoVerdict)
}

fn trap(error: &Error) -> Trap {
    let is = |code| matches!(error.kind(), ErrorKind::TrapCode(found) if *found == code);
    if is(TrapCode::OutOfFuel) {
        Trap::OutOfFuel
    } else if is(TrapCode::GrowthOperationLimited) {
        Trap::OutOfMemory
    } else {
        Trap::Trapped
    }
}

/// The engine: everything that could differ between machines, or that a predicate has no use for, is off.
fn engine() -> Engine {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::Eager)
        .enforced_limits(EnforcedLimits::strict())
        .allow_start_fn(false)
        .ignore_custom_sections(true);
    valid::set_features(&mut config);
    config
        .set_max_recursion_depth(MAX_DEPTH)
        .set_max_stack_height(MAX_STACK)
        .set_max_cached_stacks(1);
    Engine::new(&config)
}

fn compile(bytes: &[u8]) -> Result<Module, Refused> {
    if bytes.len() > MAX_BYTES {
        return Err(Refused::TooLong);
    }
    valid::whole(bytes).map_err(|valid::Invalid| Refused::Malformed)?;
    let module = Module::new(&engine(), bytes).map_err(|_| Refused::Malformed)?;
    match module.get_export(ENTRY) {
        Some(ExternType::Func(entry))
            if entry.params().is_empty() && entry.results() == [ValType::I32].as_slice() => {}
        Some(ExternType::Func(_) | ExternType::Global(_) | ExternType::Table(_) | ExternType::Memory(_))
        | None => return Err(Refused::Entry),
    }
    match module.get_export(MEMORY) {
        Some(ExternType::Memory(memory)) if memory.minimum() <= MAX_PAGES => Ok(module),
        Some(ExternType::Memory(_)) => Err(Refused::TooMuchMemory),
        Some(ExternType::Func(_) | ExternType::Global(_) | ExternType::Table(_)) | None => {
            Err(Refused::Memory)
        }
    }
}

/// An instance with its inputs, before anything of it ran.
fn start(
    module: &Module,
    inputs: Vec<Vec<u8>>,
    fuel: u64,
) -> Result<(Store<Host>, wasmi::Instance), Refused> {
    const PAGE: usize = 65_536;
    let pages = usize::try_from(MAX_PAGES).unwrap_or(usize::MAX);
    let limits = StoreLimitsBuilder::new()
        .memory_size(pages.saturating_mul(PAGE))
        .table_elements(MAX_TABLE)
        .instances(1)
        .tables(4)
        .memories(1)
        .trap_on_grow_failure(true)
        .build();
    let engine = module.engine();
    let linker = linker(engine).map_err(|_| Refused::Import)?;
    let mut store = Store::new(engine, Host { inputs, limits });
    store.limiter(|host| &mut host.limits);
    store.set_fuel(fuel).map_err(|_| Refused::DoesNotStart)?;
    match linker.instantiate_and_start(&mut store, module) {
        Ok(instance) => Ok((store, instance)),
        Err(error) if is_of_imports(&error) => Err(Refused::Import),
        Err(_) => Err(Refused::DoesNotStart),
    }
}

fn is_of_imports(error: &Error) -> bool {
    use InstantiationError as Wrong;
    matches!(
        error.kind(),
        ErrorKind::Linker(_)
            | ErrorKind::Instantiation(Wrong::FuncTypeMismatch { .. } | Wrong::ImportTypeMismatch { .. })
    )
}

/// For fuzzing: whatever `bytes` are, checking and running them ends, panics nowhere, and says the same twice.
#[must_use]
pub fn agrees_with_itself(bytes: &[u8], input: &[u8]) -> bool {
    let inputs = || vec![Vec::new(), input.to_vec(), input.to_vec()];
    let runs = (
        run(bytes, inputs(), MAX_FUEL >> 6),
        run(bytes, inputs(), MAX_FUEL >> 6),
    );
    runs.0 == runs.1 && check(bytes).is_ok() == (runs.0.outcome != Err(Trap::Refused))
}

#[cfg(test)]
mod tests;
