//! Frames of the mix: each a whole file, with what is decided of every byte under which probability.

use crate::support::made::Lcg;
use crate::{container, hex, network, support};
use boa_constrictor::format::{
    EntropyModel, Footer, FrameHeader, Head, Index, IndexEntry, Mix, ModelSection, NetworkRef,
    Segments, frame_hash,
};
use boa_constrictor::layout::Kind;
use boa_constrictor::model::{BitTrace, Decision, MixedHalf, Predictor};
use boa_constrictor::model_file::Model;
use boa_constrictor::stream::{Coding, Lanes, Observer, SegmentObserver};
use boa_constrictor::structure::{Field, Predict, Reference, References, Structure, Transform};
use boa_constrictor::{Effort, Layout};
use serde_json::{Value, json};

/// Bytes whose inputs are shown.
const SHOWN: usize = 2;
/// Bytes whose decisions are shown.
const TRACED: usize = 70;

struct Case {
    name: &'static str,
    content: Vec<u8>,
    structure: Structure,
    effort: Effort,
    lanes: usize,
    segments: Option<Segments>,
    model: Option<Model>,
}

impl Case {
    fn new(name: &'static str, content: Vec<u8>, layout: Layout, effort: Effort) -> Case {
        Case {
            name,
            content,
            structure: Structure::plain(layout),
            effort,
            lanes: 1,
            segments: None,
            model: None,
        }
    }

    fn coded(&self) -> Vec<u8> {
        self.structure.validate(self.content.len()).unwrap();
        self.structure.forward(self.content.clone())
    }

    /// A file of one frame.
    fn file(&self) -> Vec<u8> {
        let (coded, positions) = (self.coded(), self.structure.positions());
        let whole = Coding::whole(self.model.as_ref(), self.effort, &positions, self.lanes);
        let coding = Coding {
            segments: self.segments,
            ..whole
        };
        let streams = coding.encode(&coded);
        let len = coded.len() as u32;
        let header = FrameHeader {
            content_len: len,
            coded_len: len,
            structure: self.structure.clone(),
            model: EntropyModel::Mix(Mix {
                effort: self.effort,
                network: self.model.as_ref().map(|_| NetworkRef::Member),
                segments: self.segments,
            }),
            streams: streams.iter().map(|stream| stream.len() as u32).collect(),
            hash: frame_hash(&self.content),
        };
        let payload = streams.iter().flatten().flat_map(|word| word.to_le_bytes());
        let frame: Vec<u8> = header.to_bytes().into_iter().chain(payload).collect();
        file_of(&frame, &self.content, self.model.as_ref())
    }

    fn cases(&self) -> Vec<Value> {
        let file = self.file();
        assert!(
            support::decode(&file).unwrap() == self.content,
            "{}",
            self.name
        );
        let (coded, positions) = (self.coded(), self.structure.positions());
        let coding = Coding {
            segments: self.segments,
            ..Coding::whole(self.model.as_ref(), self.effort, &positions, self.lanes)
        };
        let mut first =
            json!({"name": self.name, "file": hex(&file), "content": hex(&self.content)});
        if coded != self.content {
            first["coded"] = json!(hex(&coded));
        }
        let mut cases = vec![first];
        let mut shown = 0;
        for byte in observed(&coding, &coded).iter().take(TRACED) {
            let mut case = traced(byte);
            if shown < SHOWN && !byte.mixed.is_empty() {
                shown += 1;
                let inputs: Vec<_> = byte.mixed.iter().map(|bit| &bit.inputs).collect();
                case["inputs"] = json!(inputs);
            }
            cases.push(case);
        }
        cases
    }
}

/// How a byte was coded.
struct Coded {
    position: usize,
    lane: usize,
    byte: u8,
    decisions: Vec<(Decision, u16)>,
    /// How its bits were mixed; empty if they were not.
    mixed: Vec<BitTrace>,
}

/// Sees all bytes, in the order of segments, steps and lanes.
struct Bytes {
    offset: usize,
    decisions: Vec<Vec<(Decision, u16)>>,
    mixed: Vec<Vec<BitTrace>>,
    coded: Vec<Coded>,
}

impl<'m> Observer<Predictor<'m>> for Bytes {
    fn decision(&mut self, lane: usize, decision: Decision, one: u16, _yes: bool) {
        self.decisions[lane].push((decision, one));
    }

    fn trace(&mut self, lane: usize, half: MixedHalf) {
        self.mixed[lane].extend(half.bits());
    }

    fn coded(&mut self, _model: &Predictor<'m>, lanes: &Lanes, step: usize, coded: &[u8]) {
        for (lane, &byte) in coded.iter().enumerate() {
            self.coded.push(Coded {
                position: self.offset + lanes.position(lane, step),
                lane,
                byte,
                decisions: std::mem::take(&mut self.decisions[lane]),
                mixed: std::mem::take(&mut self.mixed[lane]),
            });
        }
    }
}

impl<'m> SegmentObserver<'m> for Bytes {
    fn segment(&mut self, offset: usize) {
        self.offset = offset;
    }
}

fn observed(coding: &Coding, coded: &[u8]) -> Vec<Coded> {
    let mut bytes = Bytes {
        offset: 0,
        decisions: vec![Vec::new(); coding.lanes],
        mixed: (0..coding.lanes).map(|_| Vec::new()).collect(),
        coded: Vec::new(),
    };
    coding.observe(coded, &mut bytes);
    assert!(
        bytes
            .coded
            .iter()
            .all(|byte| byte.byte == coded[byte.position])
    );
    bytes.coded
}

fn mode(byte: &Coded) -> &'static str {
    match byte.decisions[0] {
        (Decision::Same(last), _) if last == byte.byte => "run",
        (Decision::Same(_), _) => "run, then mixed",
        _ if byte.mixed.is_empty() => "bypass",
        _ => "mixed",
    }
}

/// Of a byte: where it is, how it was coded, and the probability of every decision.
fn traced(byte: &Coded) -> Value {
    let probabilities: Vec<u16> = byte.decisions.iter().map(|&(_, one)| one).collect();
    let mut case = json!({
        "position": byte.position, "lane": byte.lane, "byte": byte.byte, "mode": mode(byte), "p": probabilities,
    });
    let mixed: Vec<u16> = byte.mixed.iter().map(|bit| bit.mixed).collect();
    if !probabilities.ends_with(&mixed) {
        case["before APM"] = json!(mixed);
    }
    case
}

/// A file of one frame, with the model if there is one.
pub fn file_of(frame: &[u8], content: &[u8], model: Option<&Model>) -> Vec<u8> {
    let mut file = Head::default().to_bytes();
    let head_len = file.len() as u64;
    let section = model.map(|model| ModelSection::Embedded(model.to_bytes()).to_bytes());
    let entry = IndexEntry {
        frame_len: frame.len() as u32,
        content_len: content.len() as u32,
    };
    let index = Index {
        head_len,
        model: section
            .as_ref()
            .map(|section| (head_len, section.len() as u64)),
        entries: vec![entry],
    };
    let footer = Footer {
        content_len: content.len() as u64,
        hash: blake3::hash(content).into(),
    };
    file.extend(section.unwrap_or_default());
    file.extend(frame);
    file.extend(index.to_bytes(&footer));
    file
}

/// Rows of 12 bytes: a counter, a walk, the walk's upper half, one of a few values, a sum of both.
fn rows(count: u32) -> Vec<u8> {
    let mut random = Lcg(31);
    let mut walk = 1i64 << 20;
    let row = |n: u32| {
        walk += random.below(301) - 150;
        let few = random.below(3);
        let mut row = n.to_be_bytes().to_vec();
        row.extend((walk as u32).to_be_bytes());
        row.extend(((walk >> 8) as u16).to_be_bytes());
        row.extend([few as u8, (few + walk) as u8]);
        row
    };
    (0..count).flat_map(row).collect()
}

/// Smooth 16-bit numbers in rows of `width` and planes of 5 rows.
fn grid(width: u32, count: u32) -> Vec<u8> {
    let mut random = Lcg(33);
    let number = |k: u32| {
        let (x, y, z) = (k % width, k / width % 5, k / width / 5);
        let value = 30_000 + 70 * x + 120 * y + 15 * z * x + random.below(9) as u32;
        (value as u16).to_be_bytes()
    };
    (0..count).flat_map(number).collect()
}

/// Rows of which some bytes hardly ever change and others are noise.
pub fn runs(count: u32) -> Vec<u8> {
    let mut random = Lcg(26);
    let row = |n: u32| {
        let rare = u8::from(random.below(700) == 0);
        let [few, noise] = [5, 256].map(|below| random.below(below) as u8);
        [rare, (n / 3) as u8, few, noise]
    };
    (0..count).flat_map(row).collect()
}

fn layout(width: u8, record: u32, plane: u32, phase: u32) -> Layout {
    Layout {
        width,
        swap: false,
        record,
        plane,
        phase,
    }
}

/// Each a file of its own.
pub fn frames() -> Vec<(&'static str, Vec<Value>)> {
    use Effort::{Best, Default, Fast};
    let text = support::text(420);
    let reference = |back, shift| Some(Reference { back, shift });
    let mut columns = Case::new(
        "a table of fields, cross-column contexts",
        rows(40),
        layout(1, 12, 0, 0),
        Best,
    );
    let field = |width, predict| Field {
        width,
        swap: false,
        transform: Transform {
            predict,
            ..Transform::of(Kind::Unsigned)
        },
    };
    columns.structure.fields = vec![
        field(4, Predict::Differences([1, 0, 0])),
        field(4, Predict::Nothing),
        field(2, Predict::Nothing),
        field(1, Predict::Nothing),
        field(1, Predict::Nothing),
    ];
    columns.structure.references = vec![References::default(); 5];
    columns.structure.references[2] = [reference(1, 8), None, None];
    columns.structure.references[4] = [reference(3, 0), reference(1, 0), reference(5, 2)];
    let mut residuals = Case::new("residuals", grid(12, 300), layout(2, 24, 120, 0), Best);
    residuals.structure.fields = vec![field(2, Predict::Differences([1, 1, 0]))];
    let segments = Segments {
        first: 144,
        other: 120,
    };
    let example = Case::new(
        "the frame of the document",
        container::EXAMPLE.into(),
        Layout::BYTES,
        Fast,
    );
    assert!(example.file() == container::example());
    let all = vec![
        ("mix_example.json", example, 1),
        (
            "mix_text_fast.json",
            Case::new(
                "text, effort fast, two lanes",
                text.clone(),
                Layout::BYTES,
                Fast,
            ),
            2,
        ),
        (
            "mix_text_best.json",
            Case::new("text, effort best", text, Layout::BYTES, Best),
            1,
        ),
        (
            "mix_table.json",
            Case::new(
                "a table, effort default, three lanes",
                rows(40),
                layout(4, 12, 0, 7),
                Default,
            ),
            3,
        ),
        ("mix_fields.json", columns, 1),
        (
            "mix_array.json",
            Case::new(
                "an array in planes",
                grid(12, 300),
                layout(2, 24, 120, 3),
                Default,
            ),
            1,
        ),
        (
            "mix_series.json",
            Case::new(
                "an array without rows",
                grid(300, 300),
                layout(2, 0, 0, 1),
                Fast,
            ),
            1,
        ),
        ("mix_residuals.json", residuals, 1),
        (
            "mix_segments.json",
            Case {
                segments: Some(segments),
                ..Case::new(
                    "a table in segments, effort fast",
                    rows(40),
                    layout(4, 12, 0, 0),
                    Fast,
                )
            },
            2,
        ),
        (
            "mix_network.json",
            Case {
                model: Some(network::tiny()),
                ..Case::new(
                    "a table with a network",
                    rows(40),
                    layout(4, 12, 0, 0),
                    Default,
                )
            },
            2,
        ),
    ];
    let with_lanes = all
        .into_iter()
        .map(|(name, case, lanes)| (name, Case { lanes, ..case }.cases()));
    with_lanes.collect()
}

/// How each byte of a longer table is coded, a letter each: run, n (not the run's byte: mixed after all), bypass, mixed; and the
/// probabilities of the first run decisions.
pub fn run_model() -> Vec<Value> {
    let coded = runs(2500);
    let structure = Structure::plain(layout(1, 4, 0, 0));
    let positions = structure.positions();
    let coding = Coding::whole(None, Effort::Fast, &positions, 4);
    let mut letters = vec!['?'; coded.len()];
    let mut probabilities = Vec::new();
    for byte in observed(&coding, &coded) {
        letters[byte.position] = match mode(&byte) {
            "run" => 'r',
            "run, then mixed" => 'n',
            "bypass" => 'b',
            _ => 'm',
        };
        if let (Decision::Same(_), one) = byte.decisions[0] {
            probabilities.push(json!([byte.position, one]));
        }
    }
    for letter in ['r', 'n', 'b', 'm'] {
        assert!(letters.contains(&letter), "no {letter}");
    }
    probabilities.truncate(200);
    let rows = letters.chunks(4 * 50).zip((0..).step_by(4 * 50));
    let modes = rows
        .map(|(letters, from)| json!({"from": from, "modes": letters.iter().collect::<String>()}));
    { std::iter::once(json!({"name": "the content of fixtures/v1-mix-alone.boa", "run decisions": probabilities})) }
        .chain(modes)
        .collect()
}
