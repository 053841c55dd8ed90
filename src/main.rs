//! `boa`: the command line.
fn main() {}
