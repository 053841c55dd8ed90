//! Frames of numbers whose parameters are an encoder's and whose other words are anything: the library and the decoder in plain Python
//! read the same from them, however wild it is.

mod support;

use support::number_words::{fields, latents, tables, with_autoencoder};
use support::python::{agrees, has_python};

fn check(files: fn() -> Vec<(String, Vec<u8>)>) {
    if !has_python() {
        return;
    }
    let files = files();
    assert!(files.len() > 2, "{}", files.len());
    agrees(&files);
}

#[test]
fn tables_of_any_symbols_are_read_the_same() {
    check(tables);
}

#[test]
fn tables_with_an_autoencoder_are_read_the_same() {
    check(with_autoencoder);
}

#[test]
fn latents_are_read_the_same() {
    check(latents);
}

#[test]
fn fields_of_any_residuals_are_read_the_same() {
    check(fields);
}
