//! The page of a run: its numbers are the file's, it is well-formed, and nothing in a name breaks out of it.

mod support;

use boa_constrictor::report::{Measurement, Peer, Survey, peers, survey};
use boa_constrictor::{EncodeOptions, Input, Summary, compress, list};
use roxmltree::{Document, ParsingOptions};
use std::fs;
use std::io::Cursor;
#[cfg(feature = "train")]
use std::path::Path;
use support::{boa, directory_with, names, noise, records, run, stderr};

/// A content coded and examined.
fn surveyed(content: &[u8]) -> (Summary, Survey) {
    let mut file = Vec::new();
    let options = EncodeOptions::default();
    let summary = compress(Input::from_reader(content), &mut file, &options, &()).unwrap();
    let members = list(Cursor::new(&file)).unwrap();
    let survey = survey(&mut Cursor::new(content), &members, &[]).unwrap();
    (summary, survey)
}

fn page(name: &str, summary: Summary, survey: Survey, peers: Vec<Peer>) -> String {
    let run = Measurement {
        name: name.into(),
        command: format!("boa bench '{name}'"),
        model: "built in".into(),
        summary,
        seconds: [1.0, 2.0],
        threads: 1,
        survey,
        peers,
    };
    run.to_html()
}

/// Parses the page, which fails if anything is left open or unescaped.
#[track_caller]
fn parsed(html: &str) -> Document<'_> {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(html, options).unwrap()
}

/// All text between tags, but for the style sheet.
fn words(document: &Document) -> String {
    let nodes = document.descendants().filter(|node| node.is_text());
    let words = nodes.filter(|node| !node.parent().is_some_and(|p| p.has_tag_name("style")));
    words
        .filter_map(|node| node.text())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every byte of the file is accounted for, and the costs of the bytes are what the range coder wrote.
#[track_caller]
fn adds_up(summary: &Summary, survey: &Survey) {
    let all_bytes =
        survey.coded + survey.other_coded + survey.stored + survey.columns + survey.around;
    assert_eq!(all_bytes, summary.compressed);
    let total = survey.total();
    let (predicted, coded) = (total.bits / 8.0, survey.coded as f64);
    // Each of 16 lanes ends with up to two words that are not full.
    let slack = 0.01 * coded + 128.0 * survey.frames.1 as f64;
    assert!(
        (predicted - coded).abs() <= slack,
        "{predicted} predicted, {coded} coded"
    );
    assert!((survey.costs().all - total.bits).abs() < 1e-6 * total.bits.max(1.0));
    let along: f64 = survey.course.iter().map(|(_, cell)| cell.bits).sum();
    assert!((along - total.bits).abs() < 1e-6 * total.bits.max(1.0));
    for region in survey
        .regions
        .iter()
        .filter(|region| !region.cells.is_empty())
    {
        let cells: f64 = region.cells.iter().map(|cell| cell.bits).sum();
        let bytes: u64 = region.cells.iter().map(|cell| cell.bytes).sum();
        assert_eq!(bytes, region.total.bytes);
        assert!((cells - region.total.bits).abs() < 1e-6 * cells.max(1.0));
    }
}

#[test]
fn numbers_of_a_table_add_up() {
    let content = records(20_000);
    let (summary, survey) = surveyed(&content);
    adds_up(&summary, &survey);
    assert_eq!(survey.total().bytes, content.len() as u64);
    // Records of 12 bytes, distinguished by column.
    let columns = &survey.regions[0].columns;
    assert_eq!(columns.iter().map(|c| c.width).sum::<usize>(), 12);
    // All of the predictor is better than its parts.
    let costs = survey.costs();
    assert!(costs.all < costs.network && costs.adaptive < costs.network);
    let inputs = &survey.regions[0].inputs;
    // What a run's decision codes and what is coded as bypass bits costs every input the same.
    let apart = costs.network - inputs[0].alone;
    assert!((0.0..costs.all).contains(&apart), "{apart} bits");
    assert!(inputs.iter().all(|input| costs.all < input.alone + apart));
    // Each answer has two probabilities, one of which comes true; they sum to 1. A byte has eight, or one where that settles it.
    let bins = &survey.reliability.bins;
    let (count, hits) = { bins.iter() }.fold((0, 0), |(c, h), bin| (c + bin.count, h + bin.hits));
    assert_eq!(count, 2 * hits);
    let len = content.len() as u64;
    assert!((len..=9 * len).contains(&hits), "{hits}");
    let expected: f64 = bins.iter().map(|bin| bin.expected()).sum();
    assert!((expected - hits as f64).abs() < 1e-6 * expected);
}

#[test]
fn numbers_of_other_contents_add_up() {
    let text = include_str!("../README.md");
    let (summary, survey) = surveyed(text.as_bytes());
    adds_up(&summary, &survey);
    assert_eq!(survey.regions.len(), 1);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    assert_eq!(survey.regions[0].cells[1].bytes, digits as u64);
    // Stored, constant, empty: nothing is predicted.
    for content in [noise(5000), vec![7; 5000], Vec::new()] {
        let (summary, survey) = surveyed(&content);
        adds_up(&summary, &survey);
        assert_eq!(survey.total().bytes, 0);
        parsed(&page("x", summary, survey, Vec::new()));
    }
}

#[test]
fn the_page_is_whole_and_holds_the_numbers() {
    let content = records(20_000);
    let (summary, survey) = surveyed(&content);
    let others = peers(|| Ok(Cursor::new(&content))).unwrap();
    let sizes: Vec<u64> = others.iter().map(|peer| peer.bytes).collect();
    let name = "a<b>&\"c' \u{1}.bin";
    let dear = survey.regions[0].cells.iter().map(|cell| cell.mean());
    let dear = format!("{:.2}", dear.fold(0.0, f64::max));
    let html = page(name, summary, survey, others);
    let document = parsed(&html);
    let words = words(&document).replace('\u{202f}', "");
    for size in sizes
        .into_iter()
        .chain([summary.content, summary.compressed])
    {
        assert!(words.contains(&size.to_string()), "{size} is missing");
    }
    let ratio = summary.content as f64 / summary.compressed as f64;
    assert!(words.contains(&format!("{ratio:.3}")));
    assert!(words.contains(&dear), "{dear} is missing");
    assert!(words.contains("a<b>&\"c' \u{fffd}.bin through boa"));
    assert!(words.contains(env!("CARGO_PKG_VERSION")));
    let pictures = { document.descendants() }.filter(|node| node.has_tag_name("svg"));
    assert!(pictures.count() >= 6);
    assert!(
        !html.contains("NaN") && !html.contains("inf\""),
        "no number"
    );
    // Nothing is loaded from anywhere.
    for mark in ["<script", "<link", "<img", "url(", "@import", " src="] {
        assert!(!html.contains(mark), "{mark}");
    }
    let addresses: Vec<_> = html
        .match_indices("http")
        .map(|(at, _)| &html[at..at + 26])
        .collect();
    let namespace = |a: &&str| {
        a.starts_with("http://www.w3.org/2000/svg") || a.starts_with("http://www.w3.org/1999/xht")
    };
    assert!(addresses.iter().all(namespace), "{addresses:?}");
}

#[test]
fn bench_writes_a_page() {
    let (dir, file) = directory_with("a<b>&c.bin", &records(3000));
    let page = dir.path().join("page.html");
    let done = run(boa().arg("bench").arg(&file).arg("--report").arg(&page));
    assert!(done.status.success(), "{}", stderr(&done));
    let html = fs::read_to_string(&page).unwrap();
    let document = parsed(&html);
    let words = words(&document);
    assert!(words.contains("a<b>&c.bin through boa"));
    assert!(words.contains("--report"));
    let compressed = String::from_utf8_lossy(&done.stdout);
    let compressed = compressed.split("-> ").nth(1).unwrap();
    let compressed = compressed.split(' ').next().unwrap().to_string();
    assert!(words.replace('\u{202f}', "").contains(&compressed));

    // It is not overwritten unasked, nor is the file itself.
    let again = run(boa().arg("bench").arg(&file).arg("--report").arg(&page));
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("already exists"));
    let itself = run(boa()
        .args(["bench", "-f"])
        .arg(&file)
        .arg("--report")
        .arg(&file));
    assert_eq!(itself.status.code(), Some(1));
    let forced = run(boa()
        .args(["bench", "-f"])
        .arg(&file)
        .arg("--report")
        .arg(&page));
    assert!(forced.status.success(), "{}", stderr(&forced));
    assert_eq!(names(dir.path()), ["a<b>&c.bin", "page.html"]);
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_the_work() {
    let (dir, file) = directory_with("data.bin", &records(1000));
    let page = dir.path().join("nowhere").join("page.html");
    let refused = run(boa().arg("bench").arg(&file).arg("--report").arg(&page));
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(stderr(&refused).contains("no such file or directory"));
    assert_eq!(names(dir.path()), ["data.bin"]);
}

#[test]
#[cfg(feature = "train")]
fn training_writes_a_page() {
    let (dir, file) = directory_with("rows.bin", &records(20_000));
    let (model, page) = (dir.path().join("my.boam"), dir.path().join("page.html"));
    let train = |report: &Path| {
        run(boa()
            .args(["train", "--minutes", "0.01", "--size", "small", "-o"])
            .args([&model, &file])
            .arg("--report")
            .arg(report))
    };
    let refused = train(&dir.path().join("nowhere").join("page.html"));
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).starts_with("boa: ") && stderr(&refused).lines().count() == 1);
    let refused = train(&model);
    assert!(stderr(&refused).contains("both the model and the report"));
    assert_eq!(names(dir.path()), ["rows.bin"]);

    let done = train(&page);
    assert!(done.status.success(), "{}", stderr(&done));
    assert_eq!(names(dir.path()), ["my.boam", "page.html", "rows.bin"]);
    let html = fs::read_to_string(&page).unwrap();
    let words = words(&parsed(&html)).replace('\u{202f}', "");
    assert!(words.contains("my.boam: training") && words.contains("--minutes 0.01"));
    assert!(words.contains(&fs::metadata(&model).unwrap().len().to_string()));
    // The held-out bits that the command prints.
    let message = stderr(&done);
    let bits = message
        .split("float, ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert!(words.contains(bits), "{bits} is missing");
}

#[test]
fn what_was_lost_on_a_page() {
    let rows: Vec<u8> = (0..4000u16)
        .flat_map(|n| {
            [
                f32::from(n).sin(),
                1e20 * f32::from(n),
                f32::from(n % 7) * 1e-9,
            ]
        })
        .flat_map(f32::to_le_bytes)
        .collect();
    let (directory, path) = directory_with("table<&>", &rows);
    let report = directory.path().join("page.html");
    for command in ["c", "bench"] {
        let options = ["--rel", "1e-3", "--dtype", "f4*3", "-f", "--report"];
        let mut arguments = boa();
        arguments.arg(command).args(options).args([&report, &path]);
        let output = run(&mut arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let html = fs::read_to_string(&report).unwrap();
        let document = parsed(&html);
        let words = words(&document);
        for what in [
            "Ratio against bound",
            "0: values",
            "2: residual",
            "2: response",
            "of bound",
        ] {
            assert!(words.contains(what), "{what}");
        }
    }
    let output = run(boa().args(["c", "--report"]).args([&report, &path]));
    assert!(
        stderr(&output).contains("needs a bound"),
        "{}",
        stderr(&output)
    );
}
