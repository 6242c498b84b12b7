//! Mutants of processes and their statements.

use tree_sitter::Node;

use super::{Context, Edit, Finder, Form, Process};
use crate::Kind;
use crate::names::{descendants, identifiers};

impl<'a> Finder<'a> {
    /// Adds the mutants of a statement, a declaration or an assignment and of what is in it; false for anything else.
    pub(super) fn statement(&mut self, node: Node<'a>, context: &mut Context) -> bool {
        match node.kind() {
            "function_declaration" => self.function(node, context),
            "task_declaration" => {}
            "always_construct" => self.process(node, context),
            "seq_block" | "function_body_declaration" => self.block(node, context),
            "conditional_statement" => self.conditional(node, context),
            "case_statement" => self.case(node, context),
            "loop_statement" => self.repetition(node, context),
            "nonblocking_assignment" | "operator_assignment" => self.assignment(node, context),
            "net_assignment" | "variable_assignment" | "net_decl_assignment" => {
                self.driven(node, context);
            }
            // Of a static variable this is its value at time zero.
            "data_declaration" => {
                let automatic = self.token(node).starts_with("automatic");
                if automatic || context.process == Process::Function {
                    self.children(node, context);
                }
            }
            "variable_decl_assignment" => self.driven(node, context),
            _ => return false,
        }
        true
    }

    fn function(&mut self, node: Node<'a>, context: &mut Context) {
        let name = descendants(node).find_map(|child| child.child_by_field_name("name"));
        let elaborated = name.is_some_and(|name| {
            let name = self.token(name);
            self.names.elaborated.contains(name)
        });
        let mut cursor = node.walk();
        let automatic = node
            .children(&mut cursor)
            .any(|child| child.kind() == "lifetime" && self.token(child) == "automatic");
        if !elaborated && automatic {
            context.process = Process::Function;
            self.children(node, context);
        }
    }

    fn process(&mut self, node: Node<'a>, context: &mut Context) {
        let keyword = node.child(0).map_or("", |keyword| self.token(keyword));
        let events: Vec<Node<'a>> = descendants(node)
            .filter(|child| child.kind() == "event_expression")
            .collect();
        context.edges = events
            .iter()
            .filter(|event| {
                event
                    .child(0)
                    .is_some_and(|edge| edge.kind() == "edge_identifier")
            })
            .flat_map(|event| identifiers(self.source, *event))
            .map(str::to_owned)
            .collect();
        context.process = match (keyword, context.edges.is_empty()) {
            ("always_comb", _) | ("always", true) => Process::Combinational,
            ("always_ff" | "always", _) => Process::Flop,
            _ => return,
        };
        self.children(node, context);
    }

    /// What is assigned by each statement is so for all that follow.
    fn block(&mut self, node: Node<'a>, context: &Context) {
        let mut context = context.clone();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            self.visit(child, &context);
            if let Some(target) = unconditional(child) {
                context.assigned.push(self.flat(target));
            }
        }
    }

    fn conditional(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        let mut branches = 0;
        let mut resets = false;
        for child in node.children(&mut cursor) {
            match child.kind() {
                "cond_predicate" => {
                    branches += 1;
                    resets = branches == 1 && self.is_reset(child, context);
                    if !resets && !self.is_constant(child) {
                        self.condition(Kind::Condition, child);
                    }
                    if !resets {
                        self.visit(child, context);
                    }
                }
                "statement_or_null" | "statement" => {
                    let mut branch = context.clone();
                    branch.reset |= resets;
                    resets = false;
                    self.visit(child, &branch);
                }
                _ => {}
            }
        }
    }

    /// Whether a condition of a flop's process is that of its reset.
    fn is_reset(&self, condition: Node<'a>, context: &Context) -> bool {
        let mut names = identifiers(self.source, condition);
        let (Some(name), None) = (names.next(), names.next()) else {
            return false;
        };
        let named = name.starts_with("rst") || name.starts_with("reset");
        context.process == Process::Flop
            && (named || context.edges.iter().skip(1).any(|edge| edge == name))
    }

    fn case(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        let items: Vec<Node<'a>> = node
            .children(&mut cursor)
            .filter(|child| child.kind() == "case_item")
            .collect();
        let body = |item: Node<'a>| {
            let mut cursor = item.walk();
            item.children(&mut cursor)
                .find(|child| child.kind() == "statement_or_null")
        };
        for pair in items.windows(2) {
            let (Some(first), Some(second)) = (body(pair[0]), body(pair[1])) else {
                continue;
            };
            let swapped = |of: Node<'a>, by: Node<'a>| Edit {
                span: of.byte_range(),
                text: self.flat(by),
                form: Form::Statement,
                differs: "1'b1".to_owned(),
            };
            let edits = vec![swapped(first, second), swapped(second, first)];
            if edits[0].text != edits[1].text && !first.has_error() && !second.has_error() {
                self.add(Kind::Case, first, edits);
            }
        }
        self.children(node, context);
    }

    /// Of a loop the body alone, and only if the number of turns is known before: a mutant must not go round for ever.
    fn repetition(&mut self, node: Node<'a>, context: &Context) {
        let keyword = node.child(0).map_or("", |keyword| self.token(keyword));
        if !matches!(keyword, "for" | "foreach") {
            return;
        }
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            if matches!(child.kind(), "statement_or_null" | "statement") {
                self.visit(child, context);
            }
        }
    }

    fn assignment(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        let children: Vec<Node<'a>> = node.children(&mut cursor).collect();
        let (Some(target), Some(value)) = (children.first(), children.last()) else {
            return;
        };
        self.missing(node, *target, *value, context);
        if context.process != Process::None {
            self.driver(*value);
        }
        self.children(node, context);
    }

    /// The assignment does not happen; the variable keeps the value that it has for sure.
    fn missing(&mut self, node: Node<'a>, target: Node<'a>, value: Node<'a>, context: &Context) {
        let mut at = node.parent();
        while let Some(parent) = at.filter(|parent| parent.kind() != "statement") {
            at = parent.parent();
        }
        let Some(statement) = at else { return };
        let kind = match context.process {
            Process::None => return,
            Process::Flop if context.reset => Kind::Reset,
            Process::Flop if node.kind() == "nonblocking_assignment" => Kind::Assignment,
            _ if self.has_value(target, context) => Kind::Assignment,
            _ => return,
        };
        let value = self.flat(value);
        // An assignment pattern has no type by itself, so that it cannot be compared.
        let differs = if value.contains("'{") || !is_plain(node, self.source) {
            "1'b1".to_owned()
        } else {
            format!("(({}) !== ({value}))", self.flat(target))
        };
        let edit = Edit {
            span: statement.byte_range(),
            text: String::new(),
            form: Form::Statement,
            differs,
        };
        self.add(kind, node, vec![edit]);
    }

    /// Whether the variable, or one that it is a part of, has been assigned.
    fn has_value(&self, target: Node<'a>, context: &Context) -> bool {
        let target = self.flat(target);
        context.assigned.iter().any(|assigned| {
            target
                .strip_prefix(assigned.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// A continuous assignment, or a declaration with a value.
    fn driven(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        let value = node
            .children(&mut cursor)
            .filter(|child| child.kind() == "expression")
            .last();
        if let Some(value) = value {
            self.driver(value);
            self.visit(value, context);
        }
    }
}

/// Whether an assignment is `=` or `<=` rather than `+=` and the like.
fn is_plain(node: Node<'_>, source: &crate::source::Source) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor)
        .filter(|child| child.kind() == "assignment_operator")
        .all(|operator| source.token(operator) == "=")
}

/// The variable that a statement assigns in any case.
fn unconditional(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    loop {
        match at.kind() {
            "operator_assignment" => return at.child(0),
            "statement_or_null"
            | "function_statement_or_null"
            | "function_statement"
            | "statement"
            | "statement_item"
            | "blocking_assignment" => at = at.child(0)?,
            _ => return None,
        }
    }
}
