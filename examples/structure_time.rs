//! `cargo run --release --example structure_time -- FILE...`: milliseconds of each stage of finding and applying structure, with the search of
//! the default level and with that of the quick one; the fastest of several rounds. What the quick search finds otherwise is printed below.

use boa_constrictor::Effort;
use boa_constrictor::layout::SpecifiedLayout;
use boa_constrictor::search::keep::KeptStructure;
use boa_constrictor::search::plan::Planner;
use boa_constrictor::structure::Structure;
use std::error::Error;
use std::time::Instant;

const STAGES: [&str; 7] = [
    "plan",
    "choose",
    "references",
    "forward",
    "inverse",
    "keep",
    "kept",
];

fn main() -> Result<(), Box<dyn Error>> {
    let rounds: usize = std::env::var("ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5);
    println!(
        "{:40} {:>6} {:7} {}",
        "file",
        "MB",
        "search",
        STAGES.map(|stage| format!("{stage:>10}")).concat()
    );
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let name = path.rsplit('/').next().unwrap_or(&path).to_string();
        let mut found = Vec::new();
        for effort in [Effort::Default, Effort::Quick] {
            if std::env::var("ONLY").is_ok_and(|only| only != format!("{effort:?}")) {
                continue;
            }
            let mut least = [f64::INFINITY; 7];
            let mut structures = Vec::new();
            for _ in 0..rounds {
                let (took, these) = timed(&bytes, effort);
                for (least, took) in least.iter_mut().zip(took) {
                    *least = least.min(took);
                }
                structures = these;
            }
            let columns = least
                .map(|seconds| format!("{:10.2}", 1e3 * seconds))
                .concat();
            let mb = bytes.len() as f64 / 1e6;
            println!(
                "{name:40} {mb:6.2} {:7} {columns} {:10.2}",
                format!("{effort:?}"),
                1e3 * least[..3].iter().sum::<f64>()
            );
            found.push(structures);
        }
        if found.len() < 2 {
            continue;
        }
        for (usual, quick) in found[0].iter().zip(&found[1]) {
            if usual != quick {
                differences(usual, quick);
            }
        }
        if found[0].len() != found[1].len() {
            println!("    {} frames, {} quickly", found[0].len(), found[1].len());
        }
    }
    Ok(())
}

fn timed(bytes: &[u8], effort: Effort) -> ([f64; 7], Vec<(usize, Structure)>) {
    let budget = effort.settings().search;
    let mut planner = Planner::new(SpecifiedLayout::Nothing, budget);
    let (mut took, mut structures, mut at) = ([0.0; 7], Vec::new(), 0);
    while at < bytes.len() {
        let mut clock = Instant::now();
        let mut lap = |stage: usize| {
            took[stage] += clock.elapsed().as_secs_f64();
            clock = Instant::now();
        };
        let plan = planner.next(&bytes[at..], true);
        lap(0);
        let content = bytes[at..at + plan.len].to_vec();
        if !plan.transposed {
            let kept = KeptStructure::choose(plan.layout, &content, None, budget);
            lap(5);
            assert!(kept.still_fits(&plan.layout, &content, budget).is_some());
            lap(6);
        }
        let plain = Structure {
            transposed: plan.transposed,
            ..Structure::plain(plan.layout)
        };
        let rows = if plan.transposed {
            plain.in_rows(content)
        } else {
            content
        };
        lap(3);
        let mut structure = plain.choose_in_rows(budget, None, &rows);
        lap(1);
        let coded = structure.filter_rows(rows);
        lap(3);
        structure.find_references_within(budget, &coded);
        lap(2);
        let back = structure.inverse(coded);
        lap(4);
        assert!(back == bytes[at..at + plan.len]);
        structures.push((plan.len, structure));
        at += plan.len;
    }
    (took, structures)
}

fn differences(usual: &(usize, Structure), quick: &(usize, Structure)) {
    let brief = |(len, structure): &(usize, Structure)| {
        let layout = structure.layout;
        format!(
            "{len} bytes, {layout:?}, transposed {}, {} fields",
            structure.transposed,
            structure.fields.len()
        )
    };
    let (one, other) = (brief(usual), brief(quick));
    if one != other {
        println!("    {one}\n    {other}");
        return;
    }
    let pairs = usual.1.fields.iter().zip(&quick.1.fields);
    let fields: Vec<String> = pairs
        .enumerate()
        .filter(|(_, (a, b))| a != b)
        .map(|(k, (a, b))| format!("\n      {k}: {}\n         {}", short(a), short(b)))
        .collect();
    let references = usual
        .1
        .references
        .iter()
        .zip(&quick.1.references)
        .filter(|(a, b)| a != b)
        .count();
    println!(
        "    {} of {} fields differ, {} of {} references ({} quickly) {}",
        fields.len(),
        usual.1.fields.len(),
        references,
        usual.1.references.len(),
        quick.1.references.len(),
        fields.concat()
    );
}

fn short(field: &impl std::fmt::Debug) -> String {
    let text = format!("{field:?}");
    text.chars().take(260).collect()
}
