//! What the names of a design stand for, as far as its syntax tells.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use crate::source::Source;

/// Names of all sources together; scopes are not told apart, so that a name is constant if it is so anywhere.
#[derive(Default)]
pub(crate) struct Names {
    /// Parameters, enumeration items and genvars.
    pub(crate) constants: HashSet<String>,
    /// Enumeration items alone.
    pub(crate) enumerated: HashSet<String>,
    /// Functions that are called where a constant is needed, and those that they call.
    pub(crate) elaborated: HashSet<String>,
    /// Input ports of each module.
    pub(crate) inputs: HashMap<String, HashSet<String>>,
}

/// Whether what stands in a node of this kind has to be known before the simulation begins.
pub(crate) fn is_constant_context(kind: &str) -> bool {
    kind.starts_with("constant_")
        || matches!(
            kind,
            "param_expression"
                | "parameter_value_assignment"
                | "packed_dimension"
                | "unpacked_dimension"
                | "data_type"
                | "casting_type"
        )
}

impl Names {
    pub(crate) fn of(sources: &[Source]) -> Self {
        let mut names = Self::default();
        let mut in_constants = HashSet::new();
        let mut functions: HashMap<String, HashSet<String>> = HashMap::new();
        for source in sources {
            for node in descendants(source.root()) {
                names.declare(source, node);
                if is_constant_context(node.kind()) {
                    in_constants.extend(identifiers(source, node).map(str::to_owned));
                }
                if node.kind() == "function_body_declaration"
                    && let Some(name) = node.child_by_field_name("name")
                {
                    let called = identifiers(source, node).map(str::to_owned);
                    let name = source.token(name).to_owned();
                    functions.entry(name).or_default().extend(called);
                }
            }
        }
        let mut open: Vec<String> = in_constants.into_iter().collect();
        while let Some(name) = open.pop() {
            if let Some(called) = functions.get(&name)
                && names.elaborated.insert(name)
            {
                open.extend(called.iter().cloned());
            }
        }
        names
    }

    fn declare(&mut self, source: &Source, node: Node<'_>) {
        match node.kind() {
            "param_assignment" | "genvar_initialization" | "list_of_genvar_identifiers" => {
                let mut cursor = node.walk();
                let declared = node
                    .children(&mut cursor)
                    .filter(|child| child.kind() == "simple_identifier")
                    .map(|child| source.token(child).to_owned());
                self.constants.extend(declared);
            }
            "enum_name_declaration" => {
                if let Some(name) = identifiers(source, node).next() {
                    self.constants.insert(name.to_owned());
                    self.enumerated.insert(name.to_owned());
                }
            }
            "ansi_port_declaration" => {
                let input = descendants(node).any(|child| {
                    child.kind() == "port_direction" && source.token(child) == "input"
                });
                if let (true, Some(port)) = (input, node.child_by_field_name("port_name")) {
                    let module = module_of(source, node);
                    let port = source.token(port).to_owned();
                    self.inputs.entry(module).or_default().insert(port);
                }
            }
            _ => {}
        }
    }

    /// Whether all names in the node are constants.
    pub(crate) fn is_constant(&self, source: &Source, node: Node<'_>) -> bool {
        identifiers(source, node).all(|name| self.constants.contains(name))
    }
}

/// Module or package that a node stands in; empty outside of all.
pub(crate) fn module_of(source: &Source, node: Node<'_>) -> String {
    let mut at = Some(node);
    while let Some(node) = at {
        if matches!(
            node.kind(),
            "module_declaration" | "package_declaration" | "interface_declaration"
        ) {
            let name = descendants(node).find_map(|child| child.child_by_field_name("name"));
            return name.map_or_else(String::new, |name| source.token(name).to_owned());
        }
        at = node.parent();
    }
    String::new()
}

/// All simple identifiers below the node.
pub(crate) fn identifiers<'a>(source: &'a Source, node: Node<'a>) -> impl Iterator<Item = &'a str> {
    descendants(node)
        .filter(|child| child.kind() == "simple_identifier")
        .map(|child| source.token(child))
}

/// The node and all below it, parents first, without recursion.
pub(crate) fn descendants(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut open = vec![node];
    std::iter::from_fn(move || {
        let node = open.pop()?;
        let mut cursor = node.walk();
        let first = open.len();
        open.extend(node.children(&mut cursor));
        open[first..].reverse();
        Some(node)
    })
}
