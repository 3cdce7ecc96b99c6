//! Prevention of core dumps: the memory of this process holds keys.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Sets the limit on core files to zero and, on Linux, marks the process as not dumpable. The mark
/// is also effective if the kernel pipes cores to a program, where the limit is not (core(5)), and
/// keeps debuggers of other users away.
///
/// # Errors
///
/// If the system refuses either.
#[cfg(unix)]
pub(crate) fn forbid() -> std::io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // A unit that has set the limit already may forbid the call.
    if getrlimit(Resource::Core) != none {
        setrlimit(Resource::Core, none)?;
    }
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Does nothing: other systems write no core dumps.
#[cfg(not(unix))]
pub(crate) fn forbid() -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn the_process_cannot_be_dumped() {
        super::forbid().expect("allowed");
        super::forbid().expect("allowed again");
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}
