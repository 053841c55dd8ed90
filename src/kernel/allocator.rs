//! How the process's allocator keeps large blocks.

/// Has the allocator keep blocks of a megabyte and more in pages of their own, for the whole process: glibc's would take ever
/// larger ones from its heaps, where frames that come and go leave holes, a tenth of the memory. Other allocators keep them so
/// without being asked. A program calls it before it starts a thread: where others run, or where the system does not tell, it
/// does nothing. Whether it has set the allocator up.
pub fn keep_large_blocks_apart() -> bool {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if is_alone() {
        const LARGE: libc::c_int = 1 << 20;
        // SAFETY: sets one number of the allocator. No other thread reads it meanwhile, for there is none, and none can be
        // started but by this one.
        #[allow(unsafe_code)]
        return unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) } == 1;
    }
    false
}

/// Whether the calling thread is the process's only one.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn is_alone() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_other_threads_nothing_changes() {
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || stopped.recv());
        assert!(!keep_large_blocks_apart());
        drop(stop);
        assert!(other.join().unwrap().is_err());
    }
}
