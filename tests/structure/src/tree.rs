//! The modules of a crate, with what each defines and re-exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use syn::{Attribute, Item, UseTree, Visibility};

/// Path of a module from the crate's root, which is empty.
pub(crate) type Name = Vec<String>;

/// Modules of a crate, by path.
pub(crate) struct Tree(pub(crate) BTreeMap<Name, Module>);

/// Module of a crate.
#[derive(Default)]
pub(crate) struct Module {
    /// Items of the module, without those of tests.
    pub(crate) items: Vec<Item>,
    /// Names of the items that it defines.
    defined: BTreeSet<String>,
    /// Names in scope, with the full path of each.
    scope: BTreeMap<String, Vec<String>>,
    /// Paths that the module imports and does not re-export.
    pub(crate) imported: Vec<Vec<String>>,
    /// Names of the child modules.
    children: BTreeSet<String>,
}

impl Tree {
    /// Reads the crate whose root file is `root`.
    ///
    /// # Errors
    /// Fails where a source file cannot be read or parsed.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut tree = Self(BTreeMap::new());
        let folder = root.parent().context("the root has no folder")?;
        tree.add(Name::new(), root, folder)?;
        Ok(tree)
    }

    /// Adds the module of `file`, whose children lie in `folder`.
    fn add(&mut self, name: Name, file: &Path, folder: &Path) -> anyhow::Result<()> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let parsed = syn::parse_file(&text).with_context(|| file.display().to_string())?;
        self.add_items(name, parsed.items, folder)
    }

    fn add_items(&mut self, name: Name, items: Vec<Item>, folder: &Path) -> anyhow::Result<()> {
        let mut module = Module::default();
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            if let Item::Mod(child) = item {
                let ident = child.ident.to_string();
                module.children.insert(ident.clone());
                let path: Name = name.iter().cloned().chain([ident.clone()]).collect();
                let below = folder.join(&ident);
                match child.content {
                    Some((_, items)) => self.add_items(path, items, &below)?,
                    None => self.add(path, &file_of(folder, &ident), &below)?,
                }
                continue;
            }
            if let Item::Use(item) = &item
                && item.leading_colon.is_none()
            {
                let mut names = BTreeMap::new();
                flatten(&item.tree, &mut Vec::new(), &mut names);
                if matches!(item.vis, Visibility::Inherited) {
                    module.imported.extend(names.values().cloned());
                }
                module.scope.extend(names);
            }
            module.defined.extend(defined(&item));
            module.items.push(item);
        }
        self.0.insert(name, module);
        Ok(())
    }

    /// Returns the module that defines what `path` names in the module `from`, and the name; `None`
    /// where it is another crate's, or a module itself.
    pub(crate) fn definer(&self, from: &Name, path: &[String]) -> Option<(Name, String)> {
        let mut at = from.clone();
        let mut rest = path;
        let mut is_first = true;
        while let Some((first, more)) = rest.split_first() {
            let module = self.0.get(&at)?;
            if is_first && first == "crate" {
                at.clear();
            } else if first == "self" {
                // Names the same module.
            } else if first == "super" {
                at.pop()?;
            } else if module.children.contains(first) {
                at.push(first.clone());
            } else if module.defined.contains(first) {
                return Some((at, first.clone()));
            } else if let Some(target) = module.scope.get(first) {
                let target: Vec<String> = target.iter().chain(more).cloned().collect();
                // A name that resolves to itself is another crate's.
                return if target.first() == Some(first) {
                    None
                } else {
                    self.definer(&at, &target)
                };
            } else {
                return None;
            }
            (rest, is_first) = (more, false);
        }
        None
    }
}

fn file_of(folder: &Path, name: &str) -> PathBuf {
    let own = folder.join(format!("{name}.rs"));
    if own.exists() {
        own
    } else {
        folder.join(name).join("mod.rs")
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute
            .meta
            .require_list()
            .map(|list| list.tokens.to_string());
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && condition.is_ok_and(|condition| condition == "test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}

/// Adds each name of a `use`, with its whole path.
fn flatten(tree: &UseTree, path: &mut Vec<String>, scope: &mut BTreeMap<String, Vec<String>>) {
    match tree {
        UseTree::Path(tree) => {
            path.push(tree.ident.to_string());
            flatten(&tree.tree, path, scope);
            path.pop();
        }
        UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|tree| flatten(tree, path, scope)),
        UseTree::Name(name) if name.ident == "self" => {
            if let Some(last) = path.last() {
                scope.insert(last.clone(), path.clone());
            }
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            scope.insert(name.clone(), path.iter().cloned().chain([name]).collect());
        }
        UseTree::Rename(name) => {
            let whole = path
                .iter()
                .cloned()
                .chain([name.ident.to_string()])
                .collect();
            scope.insert(name.rename.to_string(), whole);
        }
        UseTree::Glob(_) => {}
    }
}
