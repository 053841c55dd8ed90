//! Which source file takes names from which: `use` declarations and paths, followed through re-exports to the file that defines the name.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A module's path from the crate's root: the library's root is `crate`, the program's `main`.
type ModulePath = Vec<String>;

/// A source file.
#[derive(Default)]
struct Source {
    file: PathBuf,
    /// Names that it defines itself.
    defined: HashSet<String>,
    /// Names that it imports, and the paths that they stand for.
    imported: HashMap<String, Vec<String>>,
    /// Modules whose names it takes all.
    globs: Vec<Vec<String>>,
    /// Paths that its code names.
    paths: Vec<Vec<String>>,
}

/// The files of `src`, each with those that it takes names from and one such name of each.
pub fn edges(src: &Path) -> BTreeMap<PathBuf, BTreeMap<PathBuf, String>> {
    let mut sources = HashMap::new();
    collect(src, src, &mut sources);
    let mut edges = BTreeMap::new();
    for (module, source) in &sources {
        let mut targets = BTreeMap::new();
        for path in &source.paths {
            let Some(target) = resolve(&sources, module, path, 0) else {
                continue;
            };
            if target != source.file {
                let name = path.last().cloned().unwrap_or_default();
                targets.entry(target).or_insert(name);
            }
        }
        edges.insert(source.file.clone(), targets);
    }
    edges
}

fn collect(src: &Path, directory: &Path, sources: &mut HashMap<ModulePath, Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(src, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let syntax = syn::parse_file(&text).unwrap();
            let file = path.strip_prefix(src).unwrap().to_path_buf();
            // A file of tests says so at its head, or is declared so by its parent.
            if file.file_stem().is_some_and(|stem| stem == "tests") || is_test(&syntax.attrs) {
                continue;
            }
            let module = module_path(&file);
            let mut reader = Reader {
                source: Source {
                    file,
                    ..Source::default()
                },
            };
            reader.visit_file(&syntax);
            sources.insert(module, reader.source);
        }
    }
}

fn module_path(file: &Path) -> ModulePath {
    let plain = file.with_extension("");
    let components = plain.iter();
    let mut pieces: Vec<String> = components
        .map(|component| component.to_string_lossy().into_owned())
        .collect();
    if matches!(
        pieces.last().map(String::as_str),
        Some("mod" | "lib" | "main")
    ) && (pieces.len() > 1 || file == Path::new("lib.rs") || file == Path::new("main.rs"))
    {
        pieces.pop();
    }
    let program = file == Path::new("main.rs") || file.starts_with("cli");
    let root = if program { "main" } else { "crate" };
    pieces.insert(0, root.into());
    pieces
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

struct Reader {
    source: Source,
}

impl Reader {
    fn read_use(&mut self, tree: &UseTree, mut prefix: Vec<String>, exported: bool) {
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.read_use(&path.tree, prefix, exported);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.read_use(tree, prefix.clone(), exported);
                }
            }
            UseTree::Glob(_) => {
                self.source.globs.push(prefix);
            }
            UseTree::Name(name) if name.ident == "self" => {
                let own = prefix.last().cloned().unwrap_or_default();
                self.import(own, prefix, exported);
            }
            UseTree::Name(name) => {
                prefix.push(name.ident.to_string());
                self.import(name.ident.to_string(), prefix, exported);
            }
            UseTree::Rename(rename) => {
                prefix.push(rename.ident.to_string());
                self.import(rename.rename.to_string(), prefix, exported);
            }
        }
    }

    fn import(&mut self, name: String, path: Vec<String>, exported: bool) {
        // What is only handed on is taken by those who ask for it here.
        if !exported {
            self.source.paths.push(path.clone());
        }
        self.source.imported.insert(name, path);
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if colons == 2 || path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                }
                other => {
                    self.take(&mut path);
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Ident(ident) => path.push(ident.to_string()),
                        _ => {}
                    }
                }
            }
        }
        self.take(&mut path);
    }

    fn take(&mut self, path: &mut Vec<String>) {
        if path.len() > 1 {
            self.source.paths.push(std::mem::take(path));
        }
        path.clear();
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = match item {
            Item::Const(item) => (&item.attrs, Some(&item.ident)),
            Item::Enum(item) => (&item.attrs, Some(&item.ident)),
            Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
            Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
            Item::Mod(item) => (&item.attrs, None),
            Item::Static(item) => (&item.attrs, Some(&item.ident)),
            Item::Struct(item) => (&item.attrs, Some(&item.ident)),
            Item::Trait(item) => (&item.attrs, Some(&item.ident)),
            Item::Type(item) => (&item.attrs, Some(&item.ident)),
            Item::Impl(item) => (&item.attrs, None),
            Item::Use(item) => {
                let exported = !matches!(item.vis, syn::Visibility::Inherited);
                if !is_test(&item.attrs) {
                    self.read_use(&item.tree, Vec::new(), exported);
                }
                return;
            }
            _ => return,
        };
        if is_test(attributes) {
            return;
        }
        self.source.defined.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = { path.segments.iter() }
            .map(|segment| segment.ident.to_string())
            .collect();
        if names.len() > 1 {
            self.source.paths.push(names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        self.tokens(invoked.tokens.clone());
    }
}

/// The file that defines what a path in a module leads to; `None` for what is not of these files.
fn resolve(
    sources: &HashMap<ModulePath, Source>,
    module: &[String],
    path: &[String],
    depth: usize,
) -> Option<PathBuf> {
    // Longer chains of re-exports would be circles.
    if depth > 8 {
        return None;
    }
    let (first, rest) = path.split_first()?;
    let source = sources.get(module)?;
    let child = [module, std::slice::from_ref(first)].concat();
    let mut here = match first.as_str() {
        "crate" => vec![module[0].clone()],
        "boa_constrictor" => vec!["crate".into()],
        "self" => module.to_vec(),
        "super" => module[..module.len() - 1].to_vec(),
        _ if sources.contains_key(&child) => child,
        _ if source.defined.contains(first) => return Some(source.file.clone()),
        _ => {
            if let Some(other) = source.imported.get(first) {
                if other.first() == Some(first) && other.len() == 1 {
                    return None;
                }
                let whole = [other, rest].concat();
                return resolve(sources, module, &whole, depth + 1);
            }
            let mut globs = source.globs.iter();
            return globs.find_map(|glob| {
                let whole = [glob, path].concat();
                resolve(sources, module, &whole, depth + 1)
            });
        }
    };
    let mut rest = rest;
    while let Some((next, after)) = rest.split_first() {
        let child = [&here[..], std::slice::from_ref(next)].concat();
        if next == "super" {
            here.pop();
        } else if sources.contains_key(&child) {
            here = child;
        } else {
            return resolve(sources, &here, rest, depth + 1);
        }
        rest = after;
    }
    Some(sources.get(&here)?.file.clone())
}

/// Sets of files each of which leads to every other of its set: of more than one file, circles.
pub fn circles(edges: &BTreeMap<PathBuf, BTreeMap<PathBuf, String>>) -> Vec<BTreeSet<PathBuf>> {
    let reached = |from: &PathBuf| {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for target in edges.get(file).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(target.clone()) {
                    open.push(target);
                }
            }
        }
        reached
    };
    let all: BTreeMap<&PathBuf, BTreeSet<PathBuf>> =
        edges.keys().map(|file| (file, reached(file))).collect();
    let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
    for (file, reached) in &all {
        if reached.contains(*file) && !circles.iter().any(|circle| circle.contains(*file)) {
            let circle = reached
                .iter()
                .filter(|other| all.get(other).is_some_and(|back| back.contains(*file)));
            circles.push(circle.cloned().collect());
        }
    }
    circles
}
