//! `cargo run --release --example plain_model -- IN.boam OUT.boam`: writes a model in the plain form.
//!
//! Built-in models need it: `boa train` stores a network as its differences from built-in model 1 where that is smaller, and a new model 1
//! cannot be read by means of the one that it replaces.

use boa_constrictor::Model;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else {
        return Err("usage: plain_model IN.boam OUT.boam".into());
    };
    let model = Model::from_bytes(&std::fs::read(from)?)?;
    let plain = Model::new(*model.config(), model.weights())?;
    std::fs::write(&to, plain.to_bytes())?;
    println!("{} bytes, id {}", plain.to_bytes().len(), plain.id());
    Ok(())
}
