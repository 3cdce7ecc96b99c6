//! Graph of imports between the modules of a crate, read from its source text.

use std::collections::{BTreeMap, BTreeSet};

/// Path of a module below the crate.
pub(crate) type Module = Vec<String>;

/// Name that a `use` brings into a module.
struct Use {
    path: Vec<String>,
    name: String,
    is_public: bool,
}

struct Source {
    uses: Vec<Use>,
    /// Paths outside `use` statements.
    paths: Vec<Vec<String>>,
}

/// Imports of each module.
pub(crate) struct Graph(BTreeMap<Module, BTreeSet<Module>>);

impl Graph {
    /// Reads the imports of these files. Modules for tests are left out.
    pub(crate) fn new(files: &BTreeMap<Module, String>) -> Self {
        let mut tests = BTreeSet::new();
        for (module, text) in files {
            for declared in text.split("#[cfg(test)]\nmod ").skip(1) {
                if let Some((name, _)) = declared.split_once(';').filter(|(name, _)| is_name(name))
                {
                    tests.insert(joined(module, &[name.to_owned()]));
                }
            }
        }
        let sources: BTreeMap<_, _> = files
            .iter()
            .filter(|(module, _)| !tests.contains(*module))
            .map(|(module, text)| (module.clone(), Source::read(text)))
            .collect();
        let imports = sources.iter().map(|(module, source)| {
            let used = source.uses.iter().filter(|used| !used.is_public);
            let paths = used.map(|used| &used.path).chain(&source.paths);
            let targets = paths
                .filter_map(|path| absolute(&sources, module, path))
                .map(|path| defining(&sources, &path, &mut BTreeSet::new()))
                .filter(|target| target != module);
            (module.clone(), targets.collect())
        });
        Self(imports.collect())
    }

    /// Returns every import: the module that imports, and that which it imports.
    pub(crate) fn imports(&self) -> impl Iterator<Item = (&Module, &Module)> {
        let all = self.0.iter();
        all.flat_map(|(from, targets)| targets.iter().map(move |to| (from, to)))
    }

    /// Returns the modules on cycles or between two of them.
    pub(crate) fn circle(&self) -> BTreeSet<&Module> {
        let mut left: BTreeSet<_> = self.0.keys().collect();
        loop {
            let imports = |module: &&Module| {
                let mut own = self.imports().filter(|(from, _)| from == module);
                own.any(|(_, to)| left.contains(to))
            };
            let is_imported = |module: &&Module| {
                let mut own = self.imports().filter(|(_, to)| to == module);
                own.any(|(from, _)| left.contains(from))
            };
            let inside = |module: &&Module| imports(module) && is_imported(module);
            let next: BTreeSet<_> = left.iter().copied().filter(inside).collect();
            if next.len() == left.len() {
                return left;
            }
            left = next;
        }
    }
}

impl Source {
    fn read(text: &str) -> Self {
        let text = code(text);
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let (mut uses, mut outside) = (Vec::new(), String::new());
        let mut left = text;
        while let Some((before, at)) = next_use(left) {
            outside.push_str(before);
            let is_public = is_visibility(before);
            let (tree, after) = at.split_once(';').unwrap();
            expand(tree, &[], is_public, &mut uses);
            left = after;
        }
        outside.push_str(left);
        Self {
            uses,
            paths: paths(&outside),
        }
    }
}

/// Returns the text before the next `use` statement, and that after the keyword.
fn next_use(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("use ") {
        let at = from + found;
        let before = text[..at].trim_end();
        if before.is_empty() || before.ends_with([';', '{', '}', ']']) || is_visibility(before) {
            return Some((&text[..at], &text[at + 4..]));
        }
        from = at + 4;
    }
    None
}

fn is_visibility(before: &str) -> bool {
    let last = before
        .trim_end()
        .rsplit(['\n', ';', '{', '}'])
        .next()
        .unwrap();
    let last = last.trim();
    last == "pub" || (last.starts_with("pub(") && last.ends_with(')'))
}

/// Adds the names of a tree such as `a::{b, c::{self, D as E}}`.
fn expand(tree: &str, before: &[String], is_public: bool, uses: &mut Vec<Use>) {
    let tree = tree.trim();
    if let Some((head, inner)) = tree.split_once('{') {
        let inner = inner.trim_end().strip_suffix('}').unwrap();
        let before = joined(before, &names(head));
        let mut depth = 0;
        let branches = inner.split(|character| {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            character == ',' && depth == 0
        });
        for branch in branches.filter(|branch| !branch.trim().is_empty()) {
            expand(branch, &before, is_public, uses);
        }
        return;
    }
    let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
    let mut path = joined(before, &names(path));
    path.pop_if(|last| last == "self" && !before.is_empty());
    let name = match alias.trim() {
        "" => path.last().cloned().unwrap_or_default(),
        alias => alias.to_owned(),
    };
    uses.push(Use {
        path,
        name,
        is_public,
    });
}

/// Returns every path of two names or more.
fn paths(text: &str) -> Vec<Vec<String>> {
    let text = visible(text);
    let words = text.split(|character: char| !is_part(character) && character != ':');
    let paths = words.filter(|word| word.contains("::"));
    paths.map(names).filter(|path| path.len() > 1).collect()
}

/// Takes `pub(in …)` out, which imports nothing.
fn visible(text: &str) -> String {
    let mut parts = text.split("pub(in ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once(')').map_or("", |(_, after)| after));
    }
    out
}

/// Returns the path from the crate, if it is of the crate.
fn absolute(
    sources: &BTreeMap<Module, Source>,
    module: &Module,
    path: &[String],
) -> Option<Module> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some(joined(module, &path[1..])),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let above = module.get(..module.len().checked_sub(ups)?)?;
            Some(joined(above, &path[ups..]))
        }
        child => {
            let child = joined(module, &[child.to_owned()]);
            sources.contains_key(&child).then(|| joined(module, path))
        }
    }
}

/// Returns the module that defines what the path names: re-exports are followed.
fn defining(
    sources: &BTreeMap<Module, Source>,
    path: &Module,
    seen: &mut BTreeSet<Module>,
) -> Module {
    let known = (0..=path.len()).rev().map(|length| &path[..length]);
    let module = known
        .filter(|known| sources.contains_key(*known))
        .map(<[String]>::to_vec)
        .next()
        .unwrap_or_default();
    if !seen.insert(path.clone()) {
        return module;
    }
    let rest = &path[module.len()..];
    let source = sources.get(&module);
    let uses = source
        .map(|source| source.uses.as_slice())
        .unwrap_or_default();
    let found = rest
        .first()
        .and_then(|name| uses.iter().find(|used| used.name == *name));
    match found.and_then(|used| absolute(sources, &module, &used.path)) {
        Some(target) => defining(sources, &joined(&target, &rest[1..]), seen),
        None => module,
    }
}

/// Takes comments and the content of strings out.
fn code(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut in_text = false;
        let mut characters = line.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' if in_text => {
                    characters.next();
                }
                '"' => in_text = !in_text,
                '/' if !in_text && characters.peek() == Some(&'/') => break,
                _ if in_text => {}
                other => out.push(other),
            }
        }
        out.push('\n');
    }
    out
}

fn names(path: &str) -> Vec<String> {
    let parts = path.split("::").map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn joined(before: &[String], after: &[String]) -> Vec<String> {
    [before, after].concat()
}

fn is_name(text: &str) -> bool {
    text.chars().all(is_part)
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
