//! What the parts of the service may keep of memory that they are done with.
//!
//! The database's client keeps up to 128 buffers, each as large as the largest row that went through
//! it, and the allocator keeps what lies between two things in use: after some address books of
//! 50,000 contacts, 200 MB. Both ask the environment, once, when the program starts; so it starts
//! itself again, under the same process id.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::config;

/// Variables and what they are set to, unless somebody has set them.
const SETTINGS: [(&str, &str); 2] = [
    // mysql_async: bytes of a buffer that is kept.
    ("MYSQL_ASYNC_BUFFER_SIZE_CAP", "65536"),
    // glibc: bytes from which on memory is taken for one thing alone, and given back after it.
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
];

/// Starts the program again with what is missing in its environment; comes back when nothing is, or
/// when it cannot be done, which does no harm.
pub fn settle() {
    let missing = SETTINGS.into_iter().filter(|(name, _)| config::variable(name).is_none());
    let missing: Vec<(&str, &str)> = missing.collect();
    if missing.is_empty() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let name = std::env::args_os().next().unwrap_or_default();
    let error =
        Command::new(program).arg0(name).args(std::env::args_os().skip(1)).envs(missing).exec();
    eprintln!("horde-eas: cannot start again, memory that is done with is kept longer: {error}");
}
