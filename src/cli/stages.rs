//! `boa bench --stages` and `--kernels`: where the time goes, and how long it is with each kernel.

use super::measured::Measured;
use boa_constrictor::stream::{Coding, Stages};
use boa_constrictor::{Error, Model, list};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Codes the frames of a file that was measured once more, on one core, and reports what took how long.
pub fn table(
    path: &Path,
    measured: &mut Measured,
    supplied: &[Arc<Model>],
) -> Result<String, Error> {
    measured.coded.rewind()?;
    let members = list(BufReader::new(&mut measured.coded))?;
    let mut file = File::open(path)?;
    let mut stages = Stages::default();
    let mut offset = 0;
    for member in &members {
        let mut models = member.models(supplied);
        for frame in &member.frames {
            let len = frame.header.content_len;
            let model = models.of_frame(&frame.header)?;
            let structure = &frame.header.structure;
            let positions = structure.positions();
            if let Some(coding) = Coding::of_frame(&frame.header, model.as_deref(), &positions) {
                let mut bytes = vec![0; len as usize];
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(&mut bytes)?;
                stages.add(&coding, &structure.forward(bytes));
            }
            offset += u64::from(len);
        }
    }
    Ok(text(&stages, measured.summary.structure.as_secs_f64()))
}

fn text(stages: &Stages, structure: f64) -> String {
    if stages.bytes == 0 {
        return "no frame is mixed: --stages has nothing to time\n".into();
    }
    let bytes = stages.bytes as f64;
    let [network, mixing, learning] = stages.products.map(Some);
    let rows = [
        ("finding structure", structure, None),
        ("finding contexts", stages.contexts.as_secs_f64(), None),
        ("network", stages.network.as_secs_f64(), network),
        ("mixing, range coder", stages.code.as_secs_f64(), mixing),
        ("learning", stages.learn.as_secs_f64(), learning),
    ];
    let rows = rows.into_iter().filter(|row| row.2 != Some(0));
    let all: f64 = rows.clone().map(|row| row.1).sum();
    let clock = clock();
    let mut text =
        "stage                 ns a byte  cycles a byte  multiply-adds a byte    share\n"
            .to_string();
    for (name, seconds, products) in rows {
        let products = products.map(|count| format!("{:.0}", count as f64 / bytes));
        text += &format!(
            "{name:<20} {:>10.1} {:>14.0} {:>21} {:>6.1} %\n",
            seconds * 1e9 / bytes,
            seconds * clock / bytes,
            products.unwrap_or_default(),
            100.0 * seconds / all.max(1e-9)
        );
    }
    let share = |count: u64| 100.0 * count as f64 / bytes;
    text += &format!(
        "{} bytes coded: {:.1} % mixed, {:.1} % in runs (one decision), {:.1} % raw bits; {:.2} GHz\n",
        stages.bytes,
        share(stages.mixed),
        share(stages.runs),
        share(stages.bytes - stages.mixed - stages.runs),
        clock / 1e9
    );
    text
}

/// Cycles a second, by a chain of multiplications: three cycles each on every 64-bit x86 and ARM core of the last ten years.
fn clock() -> f64 {
    const LINKS: u32 = 1 << 22;
    let chain = || {
        let start = Instant::now();
        let end = (0..LINKS).fold(black_box(3u64), |x, _| x.wrapping_mul(x));
        black_box(end);
        f64::from(3 * LINKS) / start.elapsed().as_secs_f64()
    };
    (0..5).map(|_| chain()).fold(0.0, f64::max)
}
