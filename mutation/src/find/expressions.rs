//! Mutants of expressions.

use tree_sitter::Node;

use super::{Context, Finder};
use crate::Kind;
use crate::literal;

/// What a binary operator becomes.
fn other_operators(operator: &str) -> (Kind, &'static [&'static str]) {
    match operator {
        "+" => (Kind::Arithmetic, &["-"]),
        "-" => (Kind::Arithmetic, &["+"]),
        "*" => (Kind::Arithmetic, &["+"]),
        "/" => (Kind::Arithmetic, &["*"]),
        "%" => (Kind::Arithmetic, &["*"]),
        "&" => (Kind::Logic, &["|"]),
        "|" => (Kind::Logic, &["&"]),
        "^" => (Kind::Logic, &["|"]),
        "~^" | "^~" => (Kind::Logic, &["^"]),
        "&&" => (Kind::Logic, &["||"]),
        "||" => (Kind::Logic, &["&&"]),
        "==" => (Kind::Relational, &["!="]),
        "!=" => (Kind::Relational, &["=="]),
        "===" => (Kind::Relational, &["!=="]),
        "!==" => (Kind::Relational, &["==="]),
        "<" => (Kind::Relational, &["<=", ">="]),
        "<=" => (Kind::Relational, &["<", ">"]),
        ">" => (Kind::Relational, &[">=", "<="]),
        ">=" => (Kind::Relational, &[">", "<"]),
        "<<" | "<<<" => (Kind::Shift, &[">>"]),
        ">>" | ">>>" => (Kind::Shift, &["<<"]),
        _ => (Kind::Logic, &[]),
    }
}

/// What a reduction becomes.
fn other_reduction(operator: &str) -> Option<&'static str> {
    match operator {
        "&" => Some("|"),
        "|" => Some("&"),
        "^" => Some("|"),
        "~&" => Some("~|"),
        "~|" => Some("~&"),
        "~^" | "^~" => Some("^"),
        _ => None,
    }
}

impl<'a> Finder<'a> {
    /// Adds the mutants of an expression and of those in it; false for what is none.
    pub(super) fn expression(&mut self, node: Node<'a>, context: &Context) -> bool {
        match node.kind() {
            "expression" => self.operation(node, context),
            "conditional_expression" => self.ternary(node, context),
            "primary" => self.primary(node, context),
            "named_port_connection" => self.connection(node, context),
            // Of a field or a variable that is written, the index alone is an expression.
            "variable_lvalue" => {
                if context.process == super::Process::Flop {
                    self.children(node, context);
                }
            }
            "bit_select" => self.index(node, context),
            "indexed_range" => self.index(node, context),
            _ => return false,
        }
        true
    }

    fn operation(&mut self, node: Node<'a>, context: &Context) {
        let has_names = crate::names::identifiers(self.source, node)
            .next()
            .is_some();
        if has_names && self.is_constant(node) {
            return self.named_constant(node);
        }
        let operator = node.child_by_field_name("operator");
        let argument = node.child_by_field_name("argument");
        let left = node.child_by_field_name("left");
        let right = node.child_by_field_name("right");
        match (operator, argument, left, right) {
            (Some(operator), Some(argument), ..) => self.unary(node, operator, argument),
            (Some(operator), None, Some(left), Some(right)) => {
                self.binary(node, operator, left, right);
            }
            _ => {}
        }
        self.children(node, context);
    }

    /// A parameter, an enumeration item, or an expression of such alone.
    fn named_constant(&mut self, node: Node<'a>) {
        let plain = crate::names::identifiers(self.source, node)
            .all(|name| !self.names.enumerated.contains(name));
        if plain {
            let text = self.flat(node);
            for operator in ["+", "-"] {
                self.replace_always(Kind::Constant, node, format!("({text}) {operator} 1'sb1"));
            }
        }
    }

    fn unary(&mut self, node: Node<'a>, operator: Node<'a>, argument: Node<'a>) {
        let (operator, argument) = (self.token(operator), self.flat(argument));
        match operator {
            "!" => self.replace(Kind::Logic, node, format!("!(!({argument}))")),
            "~" => self.replace(Kind::Logic, node, format!("({argument})")),
            "-" => self.replace_wide(Kind::Arithmetic, node, format!("({argument})")),
            _ => {
                if let Some(other) = other_reduction(operator) {
                    self.replace(Kind::Logic, node, format!("{other}({argument})"));
                }
            }
        }
    }

    fn binary(&mut self, node: Node<'a>, operator: Node<'a>, left: Node<'a>, right: Node<'a>) {
        let operator = self.token(operator);
        let (kind, others) = other_operators(operator);
        for other in others {
            let text = format!("({}) {other} ({})", self.flat(left), self.flat(right));
            match kind {
                Kind::Arithmetic | Kind::Shift => self.replace_wide(kind, node, text),
                _ => self.replace(kind, node, text),
            }
        }
        // Each side of && and || as if it did not matter.
        let neutral = match operator {
            "&&" => "1'b1",
            "||" => "1'b0",
            _ => return,
        };
        for side in [left, right] {
            if !self.is_constant(side) {
                let text = self.flat(side);
                let differs = format!("({neutral} !== |({text}))");
                self.edit(Kind::Stuck, side, neutral.to_owned(), differs);
            }
        }
    }

    fn ternary(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        let arms: Vec<Node<'a>> = node
            .children(&mut cursor)
            .filter(|child| matches!(child.kind(), "expression" | "cond_predicate"))
            .collect();
        if let [condition, _, _] = arms[..]
            && !self.is_constant(condition)
        {
            self.condition(Kind::Ternary, condition);
        }
        self.children(node, context);
    }

    /// A condition negated, always true, never true.
    pub(super) fn condition(&mut self, kind: Kind, condition: Node<'a>) {
        let text = self.flat(condition);
        self.replace_always(kind, condition, format!("!({text})"));
        for value in ["1'b0", "1'b1"] {
            let differs = format!("({value} !== |({text}))");
            self.edit(kind, condition, value.to_owned(), differs);
        }
    }

    /// Whether the value is one bit, by its operator.
    fn is_boolean(&self, node: Node<'_>) -> bool {
        const BOOLEAN: &[&str] = &[
            "!", "&&", "||", "==", "!=", "===", "!==", "<", "<=", ">", ">=",
        ];
        let operator = node.child_by_field_name("operator");
        let of_one_bit = operator.is_some_and(|operator| {
            let token = self.token(operator);
            let reduces = operator.kind() == "unary_operator" && other_reduction(token).is_some();
            BOOLEAN.contains(&token) || reduces
        });
        of_one_bit
            || node
                .child(0)
                .is_some_and(|only| only.kind() == "inside_expression")
    }

    /// What drives a port or a variable, as if it were stuck: of one bit alone.
    pub(super) fn driver(&mut self, value: Node<'a>) {
        if self.is_boolean(value) && !self.is_constant(value) {
            for stuck in ["1'b0", "1'b1"] {
                self.replace(Kind::Stuck, value, stuck.to_owned());
            }
        }
    }

    /// What drives a port. Of a module that is not among the sources it is not known which ports are inputs.
    fn connection(&mut self, node: Node<'a>, context: &Context) {
        let mut at = node.parent();
        let module = loop {
            match at {
                Some(parent) if parent.kind() == "module_instantiation" => {
                    break parent.child_by_field_name("instance_type");
                }
                Some(parent) => at = parent.parent(),
                None => break None,
            }
        };
        let inputs = module.and_then(|module| self.names.inputs.get(self.token(module)));
        let port = node.child_by_field_name("port_name");
        let is_input = match (inputs, port) {
            (Some(inputs), Some(port)) => inputs.contains(self.token(port)),
            _ => false,
        };
        if let (true, Some(value)) = (is_input, node.child_by_field_name("connection")) {
            self.driver(value);
            self.visit(value, context);
        }
    }

    fn primary(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        let children: Vec<Node<'a>> = node.children(&mut cursor).collect();
        match children[..] {
            [only] if only.kind() == "primary_literal" => {
                let text = self.flat(node);
                for other in literal::others(&text) {
                    self.replace(Kind::Constant, node, other);
                }
            }
            [only] if only.kind() == "cast" => {
                self.cast(node, only);
                self.children(node, context);
            }
            [.., last] => {
                if ends_in_slice(last) {
                    let text = self.flat(node);
                    for shift in ["<<", ">>"] {
                        self.replace(Kind::Slice, node, format!("{{{text} {shift} 1}}"));
                    }
                }
                self.children(node, context);
            }
            [] => {}
        }
    }

    /// `WIDTH'(x)` without the highest bit that `x` can have in it.
    fn cast(&mut self, node: Node<'a>, cast: Node<'a>) {
        let mut cursor = cast.walk();
        let children: Vec<Node<'a>> = cast.children(&mut cursor).collect();
        let width = children.iter().find(|child| {
            let text = self.token(**child);
            child.kind() == "casting_type"
                && !matches!(text, "signed" | "unsigned")
                && self.is_constant(**child)
        });
        let value = children.iter().find(|child| child.kind() == "expression");
        if let (Some(width), Some(value)) = (width, value)
            && self.flat(*width).parse() != Ok(1u32)
        {
            let (width, value) = (self.flat(*width), self.flat(*value));
            let beyond = format!("($bits({value}) > {width} ? $bits({value}) - {width} + 1 : 1)");
            // As wide as `x` whatever is around it, and no reason for the sum of both to lose its sign.
            let mask = format!("$signed({{~(({value}) & 1'sb0)}} >> {beyond})");
            self.replace(Kind::Width, node, format!("{width}'(({value}) & {mask})"));
        }
    }

    /// An index that is not known before the simulation begins, one too high or too low.
    fn index(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        let index = node
            .children(&mut cursor)
            .find(|child| child.kind() == "expression");
        let Some(index) = index.filter(|index| !self.is_constant(*index)) else {
            return;
        };
        let text = self.flat(index);
        for operator in ["+", "-"] {
            self.replace_always(Kind::Index, index, format!("({text}) {operator} 1'sb1"));
        }
        self.visit(index, context);
    }
}

/// Whether a primary ends in a part-select of constant bounds: `x[7:4]`.
fn ends_in_slice(last: Node<'_>) -> bool {
    let select = match last.kind() {
        "select" => last,
        _ => match last.child(last.child_count().saturating_sub(1)) {
            Some(select) if select.kind() == "select" => select,
            _ => return false,
        },
    };
    let mut cursor = select.walk();
    select
        .children(&mut cursor)
        .any(|child| child.kind() == "constant_range")
}
