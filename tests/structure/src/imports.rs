//! Imports of each module of a crate.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{ItemUse, Macro, Path};

use crate::Imports;
use crate::tree::{Name, Tree};

/// Returns which modules name which others.
pub(crate) fn imports(tree: &Tree) -> Imports {
    let mut imports = Imports::new();
    for (name, module) in &tree.0 {
        let mut names = Names {
            tree,
            module: name,
            imports: &mut imports,
        };
        for item in &module.items {
            names.visit_item(item);
        }
        // A re-export is no use of the module's own.
        for path in &module.imported {
            names.add(path);
        }
    }
    imports
}

/// Names that one module uses.
struct Names<'a> {
    tree: &'a Tree,
    module: &'a Name,
    imports: &'a mut Imports,
}

impl Names<'_> {
    fn add(&mut self, path: &[String]) {
        let found = self.tree.definer(self.module, path);
        if let Some((definer, name)) = found.filter(|(definer, _)| definer != self.module) {
            let imported = self.imports.entry(text(self.module)).or_default();
            imported.entry(text(&definer)).or_insert(name);
        }
    }

    /// Adds the paths among the tokens of a macro's arguments.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut joins = false;
        let mut was_colon = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if !joins {
                        self.add(&path);
                        path.clear();
                    }
                    path.push(ident.to_string());
                    (joins, was_colon) = (false, false);
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    joins = was_colon;
                    was_colon = true;
                }
                TokenTree::Group(group) => {
                    self.add(&path);
                    path.clear();
                    (joins, was_colon) = (false, false);
                    self.add_tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.add(&path);
                    path.clear();
                    (joins, was_colon) = (false, false);
                }
            }
        }
        self.add(&path);
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            let segments = path.segments.iter();
            let names: Vec<String> = segments.map(|segment| segment.ident.to_string()).collect();
            self.add(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.add_tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }

    fn visit_item_use(&mut self, _item: &'ast ItemUse) {}
}

fn text(name: &Name) -> String {
    if name.is_empty() {
        "the root".to_owned()
    } else {
        name.join("::")
    }
}
