//! Round trips, damage, and the same bytes from every kernel.
