//! The part of WASI preview 1 that a verifier may use: standard input is the
//! output to be judged, standard output is the verdict, everything else is
//! empty, constant or not there.
//!
//! **Invariant:** nothing here looks at the machine: clocks stand at 0, random
//! bytes are zeros, there are no arguments, variables or files. What a call
//! moves is paid for with fuel.

use std::fmt;

use wasmi::{Caller, Engine, Error, Linker, Memory};

use super::sandbox::{Broken, Run};

/// Bytes that a verdict may have, and what is told on standard error.
pub(super) const PRINTED_BYTES: usize = 64 << 10;
/// Buffers of one call.
const BUFFERS: u32 = 1_024;
/// Random bytes of one call.
const RANDOM_BYTES: u32 = 4 << 10;
/// Fuel of one call, and bytes that are moved for one more.
const CALL_FUEL: u64 = 32;
/// See [`CALL_FUEL`].
const BYTES_PER_FUEL: u64 = 16;

const MODULE: &str = "wasi_snapshot_preview1";

/// Error numbers of WASI.
mod errno {
    pub(super) const SUCCESS: i32 = 0;
    pub(super) const BADF: i32 = 8;
    pub(super) const FAULT: i32 = 21;
    pub(super) const INVAL: i32 = 28;
    pub(super) const NOSYS: i32 = 52;
    pub(super) const SPIPE: i32 = 70;
}

/// A module printed too much.
#[derive(Debug)]
pub(super) struct TooMuch;

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too much was printed")
    }
}

impl wasmi::errors::HostError for TooMuch {}

/// The standard input and output of a run.
pub(super) struct Host {
    input: Vec<u8>,
    read: usize,
    printed: Vec<u8>,
    told: usize,
}

impl Host {
    /// With this on standard input.
    pub(super) fn new(input: &[u8]) -> Self {
        Self {
            input: input.to_vec(),
            read: 0,
            printed: Vec::new(),
            told: 0,
        }
    }

    /// What was printed.
    ///
    /// # Errors
    /// When it is nothing.
    pub(super) fn printed(self) -> Result<Vec<u8>, Broken> {
        match self.printed.is_empty() {
            true => Err(Broken::Verdict),
            false => Ok(self.printed),
        }
    }
}

type Call<'a> = Caller<'a, Run>;
type Answer = Result<i32, Error>;

macro_rules! functions {
    ($($name:ident($($arg:ident: $ty:ty),*) $body:expr;)*) => {
        const NAMES: &[&str] = &[$(stringify!($name),)* "proc_exit"];

        /// A linker that has what a verifier may use.
        pub(super) fn linker(engine: &Engine) -> Linker<Run> {
            let mut linker = Linker::new(engine);
            $(
                let made = linker.func_wrap(
                    MODULE,
                    stringify!($name),
                    |mut call: Call<'_>, $($arg: $ty),*| -> Answer {
                        pay(&mut call, 0)?;
                        ($body)(&mut call, $($arg),*)
                    },
                );
                debug_assert!(made.is_ok(), "each name is defined once");
            )*
            let made = linker.func_wrap(MODULE, "proc_exit", |status: i32| -> Result<(), Error> {
                Err(Error::i32_exit(status))
            });
            debug_assert!(made.is_ok(), "each name is defined once");
            linker
        }
    };
}

functions! {
    fd_read(fd: i32, buffers: i32, count: i32, read: i32) fd_read;
    fd_write(fd: i32, buffers: i32, count: i32, written: i32) fd_write;
    fd_seek(_fd: i32, _offset: i64, _whence: i32, _position: i32) |_: &mut Call<'_>, _, _, _, _| Ok(errno::SPIPE);
    fd_close(_fd: i32) |_: &mut Call<'_>, _| Ok(errno::SUCCESS);
    fd_fdstat_get(fd: i32, stat: i32) fd_fdstat_get;
    fd_prestat_get(_fd: i32, _stat: i32) |_: &mut Call<'_>, _, _| Ok(errno::BADF);
    fd_prestat_dir_name(_fd: i32, _path: i32, _len: i32) |_: &mut Call<'_>, _, _, _| Ok(errno::BADF);
    args_sizes_get(count: i32, bytes: i32) none;
    args_get(_args: i32, _bytes: i32) |_: &mut Call<'_>, _, _| Ok(errno::SUCCESS);
    environ_sizes_get(count: i32, bytes: i32) none;
    environ_get(_variables: i32, _bytes: i32) |_: &mut Call<'_>, _, _| Ok(errno::SUCCESS);
    random_get(at: i32, len: i32) random_get;
    clock_time_get(_clock: i32, _precision: i64, time: i32) |call: &mut Call<'_>, _, _, time| put(call, time, &0_u64.to_le_bytes());
    sched_yield() |_: &mut Call<'_>| Ok(errno::SUCCESS);
    poll_oneoff(_subscriptions: i32, _events: i32, _count: i32, _happened: i32) |_: &mut Call<'_>, _, _, _, _| Ok(errno::NOSYS);
}

/// Whether a verifier may import this.
pub(super) fn has(module: &str, name: &str) -> bool {
    module == MODULE && NAMES.contains(&name)
}

/// Takes the fuel of a call that moves so many bytes.
fn pay(call: &mut Call<'_>, bytes: usize) -> Result<(), Error> {
    let fuel = call.get_fuel()?;
    let price = CALL_FUEL + bytes as u64 / BYTES_PER_FUEL;
    call.set_fuel(fuel.saturating_sub(price))
}

fn memory(call: &Call<'_>) -> Result<Memory, Error> {
    let memory = call.get_export("memory").and_then(|it| it.into_memory());
    memory.ok_or_else(|| Error::new("the memory is gone"))
}

/// Where a number that a module gave points to.
fn at(pointer: i32) -> usize {
    pointer.cast_unsigned() as usize
}

fn put(call: &mut Call<'_>, pointer: i32, bytes: &[u8]) -> Answer {
    let memory = memory(call)?;
    Ok(match memory.write(&mut *call, at(pointer), bytes) {
        Ok(()) => errno::SUCCESS,
        Err(_) => errno::FAULT,
    })
}

/// The buffers of a call: where each is and how long; `None` when they are
/// not inside the memory.
fn buffers(
    call: &Call<'_>,
    pointer: i32,
    count: i32,
) -> Result<Option<Vec<(usize, usize)>>, Error> {
    let count = count.cast_unsigned();
    if count > BUFFERS {
        return Ok(None);
    }
    let data = memory(call)?.data(call);
    let word = |at: usize| {
        let bytes = data.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let read = |number: u32| {
        let entry = at(pointer).checked_add(number as usize * 8)?;
        let (start, len) = (word(entry)?, word(entry.checked_add(4)?)?);
        data.get(start..start.checked_add(len)?)
            .map(|_| (start, len))
    };
    Ok((0..count).map(read).collect())
}

fn fd_read(call: &mut Call<'_>, fd: i32, pointer: i32, count: i32, read: i32) -> Answer {
    if fd != 0 {
        return Ok(errno::BADF);
    }
    let Some(buffers) = buffers(call, pointer, count)? else {
        return Ok(errno::FAULT);
    };
    let memory = memory(call)?;
    let mut moved = 0;
    for (start, len) in buffers {
        let (data, run) = memory.data_and_store_mut(&mut *call);
        let rest = run.host.input.get(run.host.read..).unwrap_or_default();
        let len = len.min(rest.len());
        if let Some(buffer) = data.get_mut(start..start + len) {
            buffer.copy_from_slice(&rest[..len]);
            run.host.read += len;
            moved += len;
        }
    }
    pay(call, moved)?;
    put(call, read, &low(moved))
}

fn fd_write(call: &mut Call<'_>, fd: i32, pointer: i32, count: i32, written: i32) -> Answer {
    if fd != 1 && fd != 2 {
        return Ok(errno::BADF);
    }
    let Some(buffers) = buffers(call, pointer, count)? else {
        return Ok(errno::FAULT);
    };
    let memory = memory(call)?;
    let mut moved: usize = 0;
    for (start, len) in buffers {
        let (data, run) = memory.data_and_store_mut(&mut *call);
        let host = &mut run.host;
        let before = if fd == 1 {
            host.printed.len()
        } else {
            host.told
        };
        if before.saturating_add(len) > PRINTED_BYTES {
            return Err(Error::host(TooMuch));
        }
        match data.get(start..start.saturating_add(len)) {
            Some(bytes) if fd == 1 => host.printed.extend_from_slice(bytes),
            // Nobody reads it.
            _ => host.told += len,
        }
        moved = moved.saturating_add(len);
    }
    pay(call, moved)?;
    put(call, written, &low(moved))
}

/// The length of something moved; a call moves less than 4 GiB.
fn low(moved: usize) -> [u8; 4] {
    u32::try_from(moved).unwrap_or(u32::MAX).to_le_bytes()
}

/// What standard input, output and error are: character devices.
fn fd_fdstat_get(call: &mut Call<'_>, fd: i32, stat: i32) -> Answer {
    if !(0..=2).contains(&fd) {
        return Ok(errno::BADF);
    }
    let mut answer = [0; 24];
    answer[0] = 2;
    // The rights to read and to write.
    answer[8] = 0b100_0010;
    put(call, stat, &answer)
}

/// There are no arguments and no variables.
fn none(call: &mut Call<'_>, count: i32, bytes: i32) -> Answer {
    match put(call, count, &[0; 4])? {
        errno::SUCCESS => put(call, bytes, &[0; 4]),
        failed => Ok(failed),
    }
}

/// Zeros: a verdict does not depend on chance.
fn random_get(call: &mut Call<'_>, pointer: i32, len: i32) -> Answer {
    let len = len.cast_unsigned();
    if len > RANDOM_BYTES {
        return Ok(errno::INVAL);
    }
    pay(call, len as usize)?;
    put(call, pointer, &vec![0; len as usize])
}
