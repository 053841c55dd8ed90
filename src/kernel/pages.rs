//! Large tables in pages of their own: given back to the system as soon as they are dropped, and huge where it has such pages.

use memmap2::MmapMut;
use std::alloc::Layout;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

/// A table of fixed length. The predictor accesses its tables at random: with small pages every access would walk
/// through the page table too. And the allocator's memory, were they allocated from it with every frame, would be
/// fragmented.
pub struct Pages<T> {
    map: MmapMut,
    len: usize,
    of: PhantomData<T>,
}

impl<T: Copy + 'static> Pages<T> {
    /// A table of `len` times `value`. As with a `Vec`, the process ends if there is no memory.
    ///
    /// # Panics
    /// If it would not fit the address space.
    pub fn new(len: usize, value: T) -> Self {
        const { assert!(align_of::<T>() <= 4096) };
        Pages::from_fn(len, |_| value)
    }

    fn from_fn(len: usize, value: impl Fn(usize) -> T) -> Self {
        let layout = Layout::array::<T>(len).expect("a table that fits the address space");
        let map = MmapMut::map_anon(layout.size().max(1));
        let mut map = map.unwrap_or_else(|_| std::alloc::handle_alloc_error(layout));
        // A wish: where it is not granted, pages are small.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        let values: *mut MaybeUninit<T> = map.as_mut_ptr().cast();
        // SAFETY: the map begins where a page does, which is aligned for T, has room for `len` values and is not
        // accessed elsewhere; any bytes are a `MaybeUninit`.
        #[allow(unsafe_code)]
        let values = unsafe { std::slice::from_raw_parts_mut(values, len) };
        for (k, uninitialised) in values.iter_mut().enumerate() {
            uninitialised.write(value(k));
        }
        Pages {
            map,
            len,
            of: PhantomData,
        }
    }
}

impl<T: Copy + 'static> Clone for Pages<T> {
    fn clone(&self) -> Self {
        let values: &[T] = self;
        Pages::from_fn(self.len, |k| values[k])
    }
}

impl<T> Deref for Pages<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: `from_fn` has written `len` values, aligned, into the map, which lives as long as `self` and is read through it alone.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts(self.map.as_ptr().cast(), self.len)
        }
    }
}

impl<T> DerefMut for Pages<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above; `self` is borrowed alone.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts_mut(self.map.as_mut_ptr().cast(), self.len)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_where_they_were_put() {
        for len in [0, 1, 511, 512, 513, 1 << 20] {
            let mut pages = Pages::new(len, (7u16, 9u64));
            assert_eq!(pages.len(), len);
            assert!(pages.iter().all(|&value| value == (7, 9)), "{len}");
            for (k, value) in pages.iter_mut().enumerate() {
                *value = (k as u16, !k as u64);
            }
            assert!((0..len).all(|k| pages[k] == (k as u16, !k as u64)), "{len}");
        }
    }

    #[test]
    fn lines_of_cache_begin_where_cache_lines_do() {
        #[repr(align(64))]
        #[derive(Clone, Copy)]
        struct CacheLine([u8; 64]);
        let pages = Pages::new(3, CacheLine([1; 64]));
        assert!((&raw const pages[1]).is_aligned() && pages[2].0 == [1; 64]);
    }
}
