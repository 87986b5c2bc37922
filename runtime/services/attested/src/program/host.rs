//! What a program may call.

use super::{IMPORTS, MEMORY};
use crypto::ed25519::PublicKey;
use crypto::hash::sha256;
use wasmi::errors::LinkerError;
use wasmi::{Caller, Engine, Error, Extern, Linker, Memory, StoreLimits, TrapCode};

/// What belongs to one run.
pub(super) struct Host {
    /// The context, what the accuser adds, and the payloads.
    pub(super) inputs: Vec<Vec<u8>>,
    /// How large memory and tables may grow.
    pub(super) limits: StoreLimits,
}

/// Fuel of a hash: a unit is about a nanosecond of the reference core, five per instruction.
const HASH: u64 = 1_000;
/// Fuel of checking a signature.
const SIGNATURE: u64 = 30_000;
/// Fuel of each byte that is hashed.
const HASH_BYTE: u64 = 2;
/// Bytes copied for a unit of fuel, as a power of two.
const COPIED_SHIFT: u32 = 3;

/// The functions that programs may import.
pub(super) fn linker(engine: &Engine) -> Result<Linker<Host>, LinkerError> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap(IMPORTS, "size", size)?
        .func_wrap(IMPORTS, "read", read)?
        .func_wrap(IMPORTS, "sha256", hash)?
        .func_wrap(IMPORTS, "ed25519", verify)?;
    Ok(linker)
}

fn size(mut caller: Caller<'_, Host>, part: u32) -> Result<i32, Error> {
    charge(&mut caller, 1)?;
    let size = part_of(&caller, part).map(<[u8]>::len);
    Ok(size.and_then(|size| i32::try_from(size).ok()).unwrap_or(-1))
}

fn read(mut caller: Caller<'_, Host>, part: u32, offset: u32, to: u32, length: u32) -> Result<i32, Error> {
    charge(&mut caller, u64::from(length >> COPIED_SHIFT).saturating_add(1))?;
    let memory = memory(&caller)?;
    let Some(input) = part_of(&caller, part) else {
        return Ok(-1);
    };
    let start = index(offset).min(input.len());
    let end = start.saturating_add(index(length)).min(input.len());
    let bytes = input.get(start..end).unwrap_or_default().to_vec();
    memory
        .write(&mut caller, index(to), &bytes)
        .map_err(|_| outside())?;
    Ok(i32::try_from(bytes.len()).unwrap_or(-1))
}

fn hash(mut caller: Caller<'_, Host>, from: u32, length: u32, to: u32) -> Result<(), Error> {
    charge(
        &mut caller,
        HASH.saturating_add(u64::from(length).saturating_mul(HASH_BYTE)),
    )?;
    let memory = memory(&caller)?;
    let digest = sha256(&[bytes(&memory, &caller, from, length)?]);
    memory
        .write(&mut caller, index(to), &digest)
        .map_err(|_| outside())
}

fn verify(
    mut caller: Caller<'_, Host>,
    key: u32,
    from: u32,
    length: u32,
    signature: u32,
) -> Result<i32, Error> {
    charge(
        &mut caller,
        SIGNATURE.saturating_add(u64::from(length).saturating_mul(HASH_BYTE)),
    )?;
    let memory = memory(&caller)?;
    let key = <[u8; 32]>::try_from(bytes(&memory, &caller, key, 32)?).map_err(|_| outside())?;
    let signature = <[u8; 64]>::try_from(bytes(&memory, &caller, signature, 64)?).map_err(|_| outside())?;
    let message = bytes(&memory, &caller, from, length)?;
    let holds = PublicKey::new(key).is_ok_and(|key| key.verify(message, &signature).is_ok());
    Ok(i32::from(holds))
}

fn part_of<'a>(caller: &'a Caller<'_, Host>, part: u32) -> Option<&'a [u8]> {
    caller.data().inputs.get(index(part)).map(Vec::as_slice)
}

fn memory(caller: &Caller<'_, Host>) -> Result<Memory, Error> {
    caller
        .get_export(MEMORY)
        .and_then(Extern::into_memory)
        .ok_or_else(outside)
}

fn bytes<'a>(
    memory: &Memory,
    caller: &'a Caller<'_, Host>,
    from: u32,
    length: u32,
) -> Result<&'a [u8], Error> {
    let start = index(from);
    let end = start.saturating_add(index(length));
    memory.data(caller).get(start..end).ok_or_else(outside)
}

fn charge(caller: &mut Caller<'_, Host>, fuel: u64) -> Result<(), Error> {
    let left = caller.get_fuel()?;
    let rest = left
        .checked_sub(fuel)
        .ok_or_else(|| Error::from(TrapCode::OutOfFuel))?;
    caller.set_fuel(rest)
}

fn outside() -> Error {
    TrapCode::MemoryOutOfBounds.into()
}

/// An unsigned number of the program's; what does not fit lies outside everything.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
