//! Which kernels run: the best that the processor has, unless one is chosen.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// A set of kernels; all give the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kernel {
    /// The normative loops, compiled for any processor of the kind.
    Portable = 1,
    /// x86-64 with AVX2.
    Avx2 = 2,
    /// The same with the dot products of AVX-VNNI.
    AvxVnni = 3,
    /// The same with AVX-512 (F, BW, VL) and its dot products, AVX-512 VNNI.
    Avx512 = 4,
}

/// 0 until it is known, else the number of a kernel that the processor has.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Kernel {
    /// All of them, the slowest first.
    pub const ALL: [Kernel; 4] = [
        Kernel::Portable,
        Kernel::Avx2,
        Kernel::AvxVnni,
        Kernel::Avx512,
    ];

    /// Whether this processor can run them.
    pub fn is_here(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2");
            match self {
                Kernel::Portable => true,
                Kernel::Avx2 => avx2,
                Kernel::AvxVnni => avx2 && is_x86_feature_detected!("avxvnni"),
                Kernel::Avx512 => {
                    avx2 && is_x86_feature_detected!("avx512f")
                        && is_x86_feature_detected!("avx512bw")
                        && is_x86_feature_detected!("avx512vl")
                        && is_x86_feature_detected!("avx512vnni")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            self == Kernel::Portable
        }
    }

    /// Those that run: the best here, or the last [selected](Kernel::select).
    #[inline]
    pub fn current() -> Kernel {
        match CURRENT.load(Ordering::Relaxed) {
            1 => Kernel::Portable,
            2 => Kernel::Avx2,
            3 => Kernel::AvxVnni,
            4 => Kernel::Avx512,
            _ => Kernel::best(),
        }
    }

    #[cold]
    fn best() -> Kernel {
        let here = Kernel::ALL
            .into_iter()
            .rev()
            .find(|kernel| kernel.is_here());
        let best = here.unwrap_or(Kernel::Portable);
        CURRENT.store(best as u8, Ordering::Relaxed);
        best
    }

    /// From now on these run, in the whole process; false, and nothing changes, if the processor lacks them.
    pub fn select(self) -> bool {
        let is_here = self.is_here();
        if is_here {
            CURRENT.store(self as u8, Ordering::Relaxed);
        }
        is_here
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kernel::Portable => "portable",
            Kernel::Avx2 => "avx2",
            Kernel::AvxVnni => "avx-vnni",
            Kernel::Avx512 => "avx512",
        })
    }
}

impl FromStr for Kernel {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let wanted = |kernel: &Kernel| kernel.to_string() == name;
        Kernel::ALL.into_iter().find(wanted).ok_or(())
    }
}
