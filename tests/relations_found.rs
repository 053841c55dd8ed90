//! Relations between the columns of made tables are found where they hold, and only there.

mod support;

use boa_constrictor::Layout;
use boa_constrictor::structure::{Field, Predict, Structure};
use support::layouts::Lcg;

/// What the columns of a made table are, row by row.
type Row = fn(&mut Lcg) -> Vec<f64>;

/// A momentum: pt, eta, phi.
fn track(random: &mut Lcg) -> [f64; 3] {
    let pt = 2.0 - 20.0 * (1.0 - random.unit()).ln();
    [
        pt,
        random.normal(),
        (random.unit() - 0.5) * std::f64::consts::TAU,
    ]
}

fn cartesian([pt, eta, phi]: [f64; 3]) -> [f64; 3] {
    [pt * phi.cos(), pt * phi.sin(), pt * eta.sinh()]
}

fn energy(track: [f64; 3], mass: f64) -> f64 {
    let p = track[0] * track[1].cosh();
    (p * p + mass * mass).sqrt()
}

fn mass(one: ([f64; 3], f64), other: ([f64; 3], f64)) -> f64 {
    let (p, q) = (cartesian(one.0), cartesian(other.0));
    let e = energy(one.0, one.1) + energy(other.0, other.1);
    let square: f64 = { p.iter().zip(q) }.map(|(p, q)| (p + q) * (p + q)).sum();
    (e * e - square).sqrt()
}

/// Names, and rows of which one number follows from the others.
fn relations() -> Vec<(&'static str, Row)> {
    vec![
        ("copy", |r| {
            let a = r.normal();
            vec![a, r.normal(), a]
        }),
        ("scale", |r| {
            let a = r.normal();
            vec![a, r.normal(), -1000.0 * a]
        }),
        ("shift", |r| {
            let a = r.normal();
            vec![r.normal(), a, a * 1.8 + 32.0]
        }),
        ("reciprocal", |r| {
            let a = 1.0 + 9.0 * r.unit();
            vec![a, r.normal(), 1.0 / a]
        }),
        ("logarithm", |r| {
            let a = 1.0 + 900.0 * r.unit();
            vec![a, r.normal(), a.ln()]
        }),
        ("sum", |r| {
            let (a, b) = (r.normal(), r.normal());
            vec![a, b, a + b]
        }),
        ("difference", |r| {
            let (a, b) = (r.normal(), 5.0 * r.normal());
            vec![a, b, r.normal(), b - a]
        }),
        ("product", |r| {
            let (a, b) = (r.normal(), r.normal());
            vec![a, b, a * b]
        }),
        ("ratio", |r| {
            let (a, b) = (r.normal(), 1.0 + r.unit());
            vec![b, a, a / b]
        }),
        ("hypot", |r| {
            let (a, b) = (r.normal(), r.normal());
            vec![a, r.normal(), b, a.hypot(b)]
        }),
        ("leg", |r| {
            let (a, b) = (3.0 * r.unit(), r.unit());
            vec![a.hypot(b), a, b]
        }),
        ("three's sum", |r| {
            let v = [r.normal(), r.normal(), r.normal()];
            [v.to_vec(), vec![v.iter().sum()]].concat()
        }),
        ("px", |r| {
            let t = track(r);
            [t.to_vec(), vec![cartesian(t)[0]]].concat()
        }),
        ("py", |r| {
            let t = track(r);
            [t.to_vec(), vec![cartesian(t)[1]]].concat()
        }),
        ("pz", |r| {
            let t = track(r);
            [t.to_vec(), vec![cartesian(t)[2]]].concat()
        }),
        ("p", |r| {
            let t = track(r);
            [t.to_vec(), vec![t[0] * t[1].cosh()]].concat()
        }),
        ("transverse energy", |r| {
            let t = track(r);
            vec![energy(t, 0.0), t[1], t[0]]
        }),
        ("phi", |r| {
            let t = track(r);
            let p = cartesian(t);
            vec![p[0], p[1], t[2]]
        }),
        ("eta of pz and pt", |r| {
            let t = track(r);
            vec![cartesian(t)[2], t[0], t[1]]
        }),
        ("eta of three", |r| {
            let t = track(r);
            [cartesian(t).to_vec(), vec![t[1]]].concat()
        }),
        ("angle between", |r| {
            let (a, b) = (track(r)[2], track(r)[2]);
            let d = a - b;
            vec![
                a,
                b,
                d - std::f64::consts::TAU * (d / std::f64::consts::TAU).round(),
            ]
        }),
        ("momentum of three", |r| {
            let t = track(r);
            [cartesian(t).to_vec(), vec![energy(t, 0.0)]].concat()
        }),
        ("pion's energy", |r| {
            let t = track(r);
            let e = energy(t, 0.13957);
            [vec![e], cartesian(t).to_vec()].concat()
        }),
        ("energy of a mass that is no particle's", |r| {
            let t = track(r);
            [cartesian(t).to_vec(), vec![energy(t, 1.7)]].concat()
        }),
        ("energy of pt and eta", |r| {
            let t = track(r);
            [t.to_vec(), vec![energy(t, 0.49368)]].concat()
        }),
        ("energy of a mass that varies", |r| {
            let (t, m) = (track(r), 5.0 * r.unit());
            [t.to_vec(), vec![m, energy(t, m)]].concat()
        }),
        ("distance", |r| {
            let (a, b) = (track(r), track(r));
            let d = a[2] - b[2];
            let d = d - std::f64::consts::TAU * (d / std::f64::consts::TAU).round();
            [a.to_vec(), b.to_vec(), vec![(a[1] - b[1]).hypot(d)]].concat()
        }),
        ("dimuon mass", |r| {
            let (a, b) = (track(r), track(r));
            [
                vec![mass((a, 0.10566), (b, 0.10566))],
                a.to_vec(),
                b.to_vec(),
            ]
            .concat()
        }),
        ("mass of four-vectors", |r| {
            let (a, b) = (track(r), track(r));
            let vector = |t: [f64; 3]| [vec![energy(t, 4.5)], cartesian(t).to_vec()].concat();
            [vector(a), vector(b), vec![mass((a, 4.5), (b, 4.5))]].concat()
        }),
        ("mass of two jets", |r| {
            let (a, b) = (track(r), track(r));
            let (m, n) = (3.0 + 5.0 * r.unit(), 3.0 + 5.0 * r.unit());
            [
                a.to_vec(),
                vec![m],
                b.to_vec(),
                vec![n, mass((a, m), (b, n))],
            ]
            .concat()
        }),
        ("mass of kaon and pion in MeV", |r| {
            let (a, b) = (track(r), track(r));
            let k = mass((a, 0.493677), (b, 0.13957)) * 1000.0;
            let momenta = [cartesian(a), cartesian(b)].concat();
            [momenta.iter().map(|p| p * 1000.0).collect(), vec![k]].concat()
        }),
        ("transverse mass", |r| {
            let (a, b) = (track(r), track(r));
            let square = 2.0 * a[0] * b[0] * (1.0 - (a[2] - b[2]).cos());
            [a.to_vec(), b.to_vec(), vec![square.sqrt()]].concat()
        }),
    ]
}

/// Fields of the structure that is chosen for rows of numbers written in some way, which comes back.
fn chosen(row: Row, rows: usize, phase: usize, write: &dyn Fn(f64) -> Vec<u8>) -> Vec<Field> {
    let mut random = Lcg(11);
    let rows: Vec<Vec<u8>> = (0..rows)
        .map(|_| row(&mut random).into_iter().flat_map(write).collect())
        .collect();
    let width = write(0.0).len() as u8;
    let layout = Layout {
        width,
        swap: true,
        record: rows[0].len() as u32,
        plane: 0,
        phase: phase as u32,
    };
    let content = rows.concat()[phase..].to_vec();
    let structure = Structure::choose(layout, false, &content);
    structure.validate(content.len()).unwrap();
    let coded = structure.forward(content.clone());
    assert!(structure.inverse(coded) == content);
    structure.fields
}

fn related(fields: &[Field]) -> usize {
    let is_related = |field: &&Field| matches!(field.transform.predict, Predict::Relation(_));
    fields.iter().filter(is_related).count()
}

#[test]
fn relations_are_found() {
    let single = |v: f64| (v as f32).to_le_bytes().to_vec();
    let double = |v: f64| v.to_le_bytes().to_vec();
    let text = |v: f64| {
        let rounded: f32 = format!("{v:.5e}").parse().unwrap();
        rounded.to_le_bytes().to_vec()
    };
    for (name, row) in relations() {
        for (how, write) in [
            ("f4", &single as &dyn Fn(f64) -> Vec<u8>),
            ("f8", &double),
            ("%.6g", &text),
        ] {
            let fields = chosen(row, 3000, 0, write);
            assert!(related(&fields) > 0, "{name} in {how}");
        }
    }
}

#[test]
fn relations_come_in_chains_and_from_the_middle_of_records() {
    let muons: Row = |r| {
        let (a, b) = (track(r), track(r));
        let muon =
            |t: [f64; 3]| [vec![energy(t, 0.10566)], cartesian(t).to_vec(), t.to_vec()].concat();
        [muon(a), muon(b), vec![mass((a, 0.10566), (b, 0.10566))]].concat()
    };
    let single = |v: f64| (v as f32).to_le_bytes().to_vec();
    for phase in [0, 4, 32, 33] {
        let fields = chosen(muons, 2000, phase, &single);
        assert_eq!(related(&fields), 9, "{phase}");
    }
}

#[test]
fn columns_without_relations_have_none() {
    let apart: Row = |r| (0..9).map(|k| r.normal() * f64::from(k + 1)).collect();
    let single = |v: f64| (v as f32).to_le_bytes().to_vec();
    assert_eq!(related(&chosen(apart, 3000, 0, &single)), 0);
    // Objects that swap: what comes again is cheaper as it is.
    let mut random = Lcg(3);
    let mut rows = Vec::new();
    for _ in 0..1500 {
        let (a, b) = (track(&mut random), track(&mut random));
        let object = |t: [f64; 3]| [t.to_vec(), vec![cartesian(t)[2]]].concat();
        rows.push([object(a), object(b)].concat());
        rows.push([object(b), object(a)].concat());
    }
    let content: Vec<u8> = { rows.concat().into_iter() }
        .flat_map(|v| (v as f32).to_le_bytes())
        .collect();
    let layout = Layout {
        width: 4,
        swap: true,
        record: 32,
        plane: 0,
        phase: 0,
    };
    assert_eq!(
        related(&Structure::choose(layout, false, &content).fields),
        0
    );
}
