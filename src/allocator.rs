//! How the command has the allocator keep its memory.

/// Has the allocator keep blocks of a megabyte and more in pages of their own, for the whole process: glibc's would take ever
/// larger ones from its heaps, where frames that come and go leave holes, a tenth of the memory. Other allocators keep them so
/// without being asked.
///
/// # Safety
/// No other thread may run yet: glibc reads what is set here without a lock.
#[allow(unsafe_code)]
pub unsafe fn keep_large_blocks_apart() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGE: libc::c_int = 1 << 20;
        // SAFETY: sets one number of the allocator, which no other thread reads meanwhile.
        let _ = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) };
    }
}
