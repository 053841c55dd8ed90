//! Autoencoders in lossy files: as predictions, and latents alone.

mod support;

use boa_constrictor::kernel::Kernel;
use boa_constrictor::lossy::numbers;
use boa_constrictor::lossy::plan::FrameContent;
use boa_constrictor::lossy::source::{RawField, Source};
use boa_constrictor::model::TensorVisitor;
use boa_constrictor::model::autoencoder::{
    Bottleneck, BottleneckShape, Masked, MaskedShape, MaskedWeights,
};
use boa_constrictor::model_file::{Autoencoder, AutoencoderKind};
use boa_constrictor::{
    DecodeOptions, EncodeOptions, Error, Model, Result, compress_latents, compress_lossy,
    decompress, list,
};
use std::io::Cursor;
use std::sync::Arc;
use support::autoencoders::{Filler, knowing, normalisation};
use support::lossy::{encode_with, plan, request, violation};
use support::numbers::{F4, I2, table as table_of};

/// Fills tensors with numbers that are allowed, also the largest.
fn filler(seed: u64) -> impl TensorVisitor {
    let mut state = seed;
    Filler(move |low, high| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        match state >> 60 {
            0 => low,
            1 => high,
            _ => low + (state >> 30) as i64 % (high - low + 1),
        }
    })
}

fn filled(seed: u64, columns: u16, previous: u8) -> Masked {
    let shape = MaskedShape {
        columns,
        hidden: 9,
        components: 3,
        previous,
    };
    let mut weights = MaskedWeights::default();
    weights.visit(&shape, &mut filler(seed)).unwrap();
    if seed.is_multiple_of(2) {
        weights.normalisation = normalisation(columns.into());
    }
    Masked { shape, weights }
}

fn bottleneck(seed: u64, columns: u16, latents: u16) -> Bottleneck {
    let mut bottleneck = Bottleneck {
        shape: BottleneckShape {
            columns,
            hidden: vec![17],
            latents,
            latent_bits: 6,
        },
        ..Bottleneck::default()
    };
    bottleneck.visit(true, &mut filler(seed)).unwrap();
    bottleneck.normalisation = normalisation(columns.into());
    bottleneck
}

fn masked(masked: Masked) -> Arc<Autoencoder> {
    Arc::new(Autoencoder::new(AutoencoderKind::Masked(masked)).unwrap())
}

fn with_latents(bottleneck: Bottleneck) -> Arc<Autoencoder> {
    Arc::new(Autoencoder::new(AutoencoderKind::Bottleneck(bottleneck)).unwrap())
}

/// Rows of a number, the magnitude of that in the row before, and perhaps an integer.
fn table(rows: usize, with_integer: bool) -> (Vec<u8>, Source) {
    let mut bytes = Vec::new();
    let noise = support::noise(4 * rows);
    let mut last = 0f32;
    for noise in noise.as_chunks::<4>().0 {
        let x = f64::from(i32::from_le_bytes(*noise)) as f32 / 2f32.powi(31);
        bytes.extend(x.to_le_bytes());
        bytes.extend(last.abs().to_le_bytes());
        last = x;
        if with_integer {
            bytes.extend(i16::from_le_bytes([noise[0], noise[1] >> 6]).to_le_bytes());
        }
    }
    let mut fields = vec![RawField::Number(F4); 2];
    fields.extend(with_integer.then_some(RawField::Number(I2)));
    let source = table_of(&bytes, &fields, false);
    (bytes, source)
}

fn options(autoencoder: Option<Arc<Autoencoder>>, embed_model: bool) -> EncodeOptions {
    EncodeOptions {
        autoencoder,
        embed_model,
        threads: 1,
        ..EncodeOptions::default()
    }
}

fn decode(file: &[u8], autoencoders: Vec<Arc<Autoencoder>>) -> Result<Vec<u8>> {
    let options = DecodeOptions {
        autoencoders,
        threads: 1,
        ..DecodeOptions::default()
    };
    let mut content = Vec::new();
    decompress(file, &mut content, &options, &()).map(|_| content)
}

#[test]
fn an_autoencoder_that_pays_is_embedded_or_referred_to() {
    let (bytes, source) = table(6000, false);
    let plan = plan(&bytes, &source, &request("1e-4:rel"));
    let without = encode_with(&bytes, &source, &plan, &options(None, true));
    let autoencoder = masked(knowing());
    let embedded = encode_with(
        &bytes,
        &source,
        &plan,
        &options(Some(autoencoder.clone()), true),
    );
    let by_id = encode_with(
        &bytes,
        &source,
        &plan,
        &options(Some(autoencoder.clone()), false),
    );
    assert!(
        embedded.len() < without.len() * 9 / 10,
        "{} {}",
        embedded.len(),
        without.len()
    );
    assert!(by_id.len() < embedded.len());
    let content = decode(&embedded, Vec::new()).unwrap();
    assert_eq!(violation(&bytes, &content, &source, &plan), None);
    assert_eq!(decode(&by_id, vec![autoencoder]).unwrap(), content);
    assert_eq!(decode(&without, Vec::new()).unwrap(), content);
    let unknown = decode(&by_id, vec![masked(filled(3, 2, 1))]).unwrap_err();
    assert!(matches!(unknown, Error::UnknownModel { .. }), "{unknown}");
    assert!(list(Cursor::new(&embedded)).unwrap()[0].model.is_some());
}

#[test]
fn one_that_does_not_pay_is_left_out() {
    let (bytes, source) = table(3000, true);
    let plan = plan(&bytes, &source, &request("1e-3:rel"));
    let without = encode_with(&bytes, &source, &plan, &options(None, true));
    assert_eq!(
        encode_with(&bytes, &source, &plan, &options(None, true)),
        without
    );
    for autoencoder in [masked(filled(2, 3, 0)), masked(knowing())] {
        for embeds in [true, false] {
            let file = encode_with(
                &bytes,
                &source,
                &plan,
                &options(Some(autoencoder.clone()), embeds),
            );
            assert!(file.len() <= without.len());
            if autoencoder.columns() == 2 {
                assert!(file == without, "one for other columns");
            }
        }
    }
}

#[test]
fn each_kind_is_refused_for_the_other() {
    let (bytes, source) = table(100, true);
    let plan = plan(&bytes, &source, &request("1e-3:rel"));
    let run = |autoencoder: Arc<Autoencoder>, latents: bool| {
        let (input, mut file) = (Cursor::new(&bytes), Vec::new());
        let options = options(Some(autoencoder), true);
        let observe = &mut |_: &_, _: &[u8], _: &[u8]| {};
        match latents {
            true => compress_latents(input, &source, &mut file, &options, &(), observe),
            false => compress_lossy(input, &source, &plan, &mut file, &options, &(), observe),
        }
    };
    let whole = bottleneck(1, 3, 2);
    for (autoencoder, latents, message) in [
        (with_latents(whole.clone()), false, "keeps no bound"),
        (masked(filled(1, 3, 1)), true, "no latents"),
        (with_latents(whole.decoder_alone()), true, "no encoder"),
        (with_latents(bottleneck(1, 4, 2)), true, "no table of 4"),
        (with_latents(bottleneck(1, 3, 5)), true, "no table"),
    ] {
        let error = run(autoencoder, latents).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    // A section that holds a network for lossless compression.
    let network = Model::built_in(2).unwrap().to_bytes();
    let error = Autoencoder::from_bytes(&network).unwrap_err().to_string();
    assert!(error.contains("no autoencoder"), "{error}");
}

#[test]
fn latents_come_back_the_same_from_every_kernel() {
    let (mut bytes, source) = table(2500, true);
    bytes[0..4].copy_from_slice(&f32::NAN.to_le_bytes());
    bytes[10..14].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let options = options(Some(with_latents(bottleneck(7, 3, 2))), true);
    let mut files = Vec::new();
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_here()) {
        kernel.select();
        let (mut file, mut expected) = (Vec::new(), Vec::new());
        let observe = &mut |_: &_, _: &[u8], after: &[u8]| expected.extend(after);
        let input = Cursor::new(&bytes);
        compress_latents(input, &source, &mut file, &options, &(), observe).unwrap();
        assert_eq!(decode(&file, Vec::new()).unwrap(), expected);
        let numbers = expected
            .chunks_exact(10)
            .flat_map(|row| [&row[0..4], &row[4..8]]);
        for number in numbers {
            let number = f32::from_le_bytes(number.try_into().unwrap());
            assert!(number.is_finite());
        }
        files.push(file);
    }
    assert!(files.iter().all(|file| *file == files[0]));
    let mut summary = Vec::new();
    let decoded = decompress(&files[0][..], &mut summary, &DecodeOptions::default(), &());
    assert!(decoded.unwrap().unbounded);
    assert!(files[0].len() < bytes.len() / 2);
}

/// Words that an encoder did not write give an error or some content, whatever the autoencoder is.
#[test]
fn broken_words_do_not_panic() {
    let (bytes, source) = table(300, true);
    let plan = plan(&bytes, &source, &request("1e-2:rel"));
    let frames = plan.frames(&source);
    let FrameContent::Table { .. } = &frames[0].content else {
        panic!("no table");
    };
    for seed in 1..8 {
        let whole = bottleneck(seed, 3, 2);
        for kind in [
            AutoencoderKind::Masked(filled(seed, 3, (seed % 2) as u8)),
            AutoencoderKind::Bottleneck(whole),
        ] {
            let coded = numbers::encode(&frames[0].content, &bytes, Some(&kind)).unwrap();
            let decode = |words: &[u32], kind| numbers::decode(words, bytes.len(), &[], kind);
            let back = decode(&coded.words, Some(&kind)).ok();
            assert_eq!(back.as_ref(), Some(&coded.reconstructed));
            let mut state = seed;
            for _ in 0..60 {
                let mut words = coded.words.clone();
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let at = match state >> 63 {
                    0 => (state >> 33) as usize % words.len(),
                    _ => (state >> 33) as usize % words.len().min(6),
                };
                words[at] ^= 1 << (state >> 40 & 31);
                for kind in [Some(&kind), None] {
                    if let Ok(content) = decode(&words, kind) {
                        assert_eq!(content.len(), bytes.len());
                    }
                }
            }
        }
    }
}
