//! What docs/format.md says that a machine can check.

use crate::{container, root, vectors};
use boa_constrictor::Model;
use std::fmt::Write;
use std::fs;

fn document() -> String {
    fs::read_to_string(root().join("docs/format.md")).unwrap()
}

#[test]
fn built_in_models_are_those_of_the_document() {
    let document = document();
    let models = (1..).map_while(|number| Some((number, Model::built_in(number)?)));
    for ((number, model), file) in models.zip(["large.boam", "small.boam"]) {
        let c = model.config();
        let stored = fs::read(root().join("src/model_file/pretrained").join(file)).unwrap();
        let rows = [
            format!(
                "| {number} | `{file}` | {} | {} | {} | {} | {} | {} | {} | {} |",
                stored.len(),
                stored[4],
                c.dim,
                c.layers,
                c.heads,
                c.state,
                c.taps,
                c.record
            ),
            format!("| {number} | `{}` |", model.id()),
        ];
        for row in rows {
            assert!(document.contains(&row), "the document lacks:\n{row}");
        }
        // Plain, and so named by its own hash.
        assert_eq!(model.id().0, *blake3::hash(&stored).as_bytes());
    }
    assert!(
        Model::built_in(3).is_none(),
        "a model that the document does not have"
    );
}

#[test]
fn the_example_is_the_files() {
    let mut dump = String::new();
    for (row, bytes) in container::example().chunks(16).enumerate() {
        let columns: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        writeln!(dump, "    {:04X}  {}", 16 * row, columns.join(" ")).unwrap();
    }
    assert!(document().contains(&dump), "the document lacks:\n{dump}");
}

#[test]
fn every_vector_is_listed() {
    let document = document();
    for (name, _) in vectors() {
        assert!(
            document.contains(&format!("| `{name}` |")),
            "{name} is not listed"
        );
    }
}

#[test]
fn lines_are_short() {
    for (number, line) in document().lines().enumerate() {
        let length = line.chars().count();
        assert!(length <= 120, "line {} has {length} characters", number + 1);
    }
}
