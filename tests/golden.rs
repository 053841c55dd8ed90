//! The normative arithmetic, pinned: a hash over a million predicted bytes, eight probabilities each.
//!
//! The network, the data and the lanes are made here, so that no retrained model moves the hash. If this test fails, the
//! arithmetic has changed and existing files no longer decode: that needs a new format version.

mod support;

use boa_constrictor::kernel::Kernel;
use boa_constrictor::layout::{Contexts, Positions};
use boa_constrictor::model::{ByteModel, Decision, Predictor, columns};
use boa_constrictor::model_file::Model;
use boa_constrictor::stream::{Lanes, NoCoder, Observer, drive};
use boa_constrictor::structure::{Reference, References, Structure};
use boa_constrictor::{Effort, Layout};
use support::made::Lcg;

/// Hashes all decisions about every byte, with their probabilities; counts the ways that bytes are coded in: mixed, by one decision of a
/// run, mixed after it, and as raw bits.
struct Hash<'h> {
    hasher: &'h mut blake3::Hasher,
    modes: &'h mut [usize; 4],
    decisions: Vec<Vec<(Decision, u16)>>,
    content: &'h [u8],
}

impl<M: ByteModel> Observer<M> for Hash<'_> {
    fn decision(&mut self, lane: usize, decision: Decision, one: u16, _yes: bool) {
        self.decisions[lane].push((decision, one));
    }

    fn coded(&mut self, _model: &M, lanes: &Lanes, step: usize, coded: &[u8]) {
        for (lane, decisions) in self.decisions[..coded.len()].iter_mut().enumerate() {
            assert_eq!(coded[lane], self.content[lanes.position(lane, step)]);
            for &(decision, one) in &*decisions {
                if let Decision::Same(byte) = decision {
                    self.hasher.update(&[byte]);
                }
                self.hasher.update(&one.to_le_bytes());
            }
            let mode = match decisions.len() {
                1 => 1,
                9 => 2,
                _ if decisions.iter().all(|&(_, one)| one == 1 << 15) => 3,
                _ => 0,
            };
            self.modes[mode] += 1;
            decisions.clear();
        }
    }
}

/// Predicts a content in so many lanes.
fn hash(
    model: Option<&Model>,
    (effort, count): (Effort, usize),
    positions: &Positions,
    mut content: &[u8],
    hasher: &mut blake3::Hasher,
    modes: &mut [usize; 4],
) {
    let lanes = Lanes::new(count, 0, content.len());
    let mut predictor = Predictor::new(
        model.map(Model::network),
        effort,
        positions,
        content.len(),
        count,
    );
    let mut hash = Hash {
        hasher,
        modes,
        decisions: vec![Vec::new(); count],
        content,
    };
    let steps = lanes.steps();
    let Ok(()) = drive(
        &mut predictor,
        &lanes,
        steps,
        &mut content,
        &mut NoCoder,
        &mut hash,
    );
}

/// Rows of big-endian numbers: a counter, walks of several sizes, small integers. Integers only: no libm may differ.
fn table_rows(random: &mut Lcg, record: usize, len: usize) -> Vec<u8> {
    let mut walks = vec![1i64 << 28; record / 4];
    let mut out = Vec::with_capacity(len + record);
    while out.len() < len {
        for (column, walk) in walks.iter_mut().enumerate() {
            *walk += match column {
                0 => 1,
                1..6 => random.below(1 << (4 * column)) - (1 << (4 * column - 1)),
                _ => random.below(3) - 1,
            };
            out.extend((*walk as u32).to_be_bytes());
        }
    }
    out
}

/// Of frames of columns the payloads, which have an encoder's choices in them besides the arithmetic: if only those have changed, the
/// fixtures still decode.
#[test]
fn columns_of_every_kernel() {
    let mut random = Lcg(8);
    let rows = table_rows(&mut random, 44, 700_000);
    let text = support::text(300_000);
    let noise = support::noise(30_000);
    let layout = |width, record, phase| Layout {
        width,
        swap: false,
        record,
        plane: 0,
        phase,
    };
    let uniform = Positions::uniform;
    let mut references = vec![References::default(); 11];
    references[3] = [Some(Reference { back: 2, shift: 0 }), None, None];
    let table = Structure {
        references,
        ..Structure::plain(layout(4, 44, 8))
    };
    let contents = [
        (table.positions(), &rows[..]),
        (
            uniform(&layout(4, 44, 0)).within(Contexts::Residuals),
            &rows[..100_000],
        ),
        (uniform(&layout(2, 0, 1)), &rows[..50_000]),
        (uniform(&Layout::BYTES), &text[..]),
        (uniform(&Layout::BYTES), &noise[..]),
    ];
    let best = Kernel::current();
    let here = Kernel::ALL.into_iter().filter(|kernel| kernel.is_here());
    for kernel in here {
        assert!(kernel.select());
        let mut hasher = blake3::Hasher::new();
        for (positions, content) in &contents {
            let payload = columns::encode(positions, content);
            hasher.update(&payload);
            let decoded = columns::decode(positions, &payload, content.len()).unwrap();
            assert!(decoded == *content);
        }
        let hash = hasher.finalize().to_hex();
        assert_eq!(
            &hash[..32],
            "b17035de8eff699e272107d3ce4dca13",
            "{kernel:?}"
        );
    }
    best.select();
}

#[test]
fn a_million_bytes() {
    let mut random = Lcg(7);
    let model = random.model();
    assert_eq!(&model.id().to_string()[..16], "ac6aeeeb22f5a872");
    let rows = table_rows(&mut random, 44, 400_000);
    let text = support::text(300_000);
    let noise = support::noise(100_000);
    let runs = support::text(3000).repeat(67);
    let mut hasher = blake3::Hasher::new();
    let table = Layout {
        width: 4,
        swap: false,
        record: 44,
        plane: 0,
        phase: 8,
    };
    let field = Layout {
        width: 8,
        swap: false,
        record: 800,
        plane: 8000,
        phase: 3,
    };
    let series = Layout {
        width: 2,
        record: 0,
        phase: 1,
        ..table
    };
    let rows_of_mixed_widths = Layout { width: 1, ..table };
    let widths = [4, 1, 1, 2, 8, 4, 8, 8, 2, 2, 4];
    let uniform = Positions::uniform;
    let reference = |back, shift| Some(Reference { back, shift });
    let mut references = vec![References::default(); 11];
    references[2] = [reference(1, 0), None, None];
    references[3] = [reference(11, 12), reference(4, 31), None];
    references[7] = [reference(7, 3), reference(8, 20), reference(1, 9)];
    let with_cross_columns = Structure {
        references,
        ..Structure::plain(table)
    };
    let (mut predictions, mut modes) = (0, [0; 4]);
    use Effort::{Best, Default, Fast};
    for (positions, by, content) in [
        (uniform(&table), (Default, 16), &rows[..400_000]),
        (uniform(&Layout::BYTES), (Best, 4), &text[..300_000]),
        (uniform(&field), (Best, 7), &noise[..100_000]),
        (uniform(&Layout::BYTES), (Fast, 1), &runs[..200_001]),
        (
            Positions::mixed(&rows_of_mixed_widths, widths.into_iter()),
            (Best, 5),
            &rows[..100_000],
        ),
        (
            uniform(&table).within(Contexts::Residuals),
            (Default, 16),
            &rows[..50_000],
        ),
        (
            uniform(&series).within(Contexts::Residuals),
            (Fast, 3),
            &rows[..50_000],
        ),
        (with_cross_columns.positions(), (Fast, 4), &rows[..50_000]),
        (with_cross_columns.positions(), (Best, 4), &rows[..50_000]),
    ] {
        hash(
            Some(&model),
            by,
            &positions,
            content,
            &mut hasher,
            &mut modes,
        );
        predictions += content.len();
    }
    for (positions, by, content) in [
        (uniform(&table), (Default, 16), &rows[..100_000]),
        (uniform(&Layout::BYTES), (Fast, 3), &noise[..100_000]),
    ] {
        hash(None, by, &positions, content, &mut hasher, &mut modes);
    }
    assert!(predictions > 1_000_000);
    assert!(modes.iter().all(|&times| times > 9), "{modes:?}");
    assert_eq!(
        &hasher.finalize().to_hex()[..32],
        "9bba87570657882d022f53731d44bc92"
    );
}
