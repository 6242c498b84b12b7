//! Where a source can be mutated, and how.
//!
//! Only the syntax is known here. So that no mutant changes the type of what surrounds it, and with it the meaning of the
//! unmutated expression beside it, each replacement has the width and the sign of the original whatever those are:
//! `x + 1'sb1` is as wide and as signed as `x`, and `x & 1'sb0` is its zero. (In unsigned arithmetic `1'sb1` is 1, in
//! signed it is -1: as a mutant, one is as good as the other.)

mod expressions;
mod statements;

use std::collections::HashSet;
use std::ops::Range;

use tree_sitter::Node;

use crate::Kind;
use crate::names::{Names, is_constant_context, module_of};
use crate::observers::observers;
use crate::source::Source;

/// One replacement of text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Edit {
    /// What is replaced.
    pub(crate) span: Range<usize>,
    /// By what; names and operators in it mean what they mean at the place.
    pub(crate) text: String,
    /// As what the place is chosen.
    pub(crate) form: Form,
    /// SystemVerilog that is true where the replacement makes a difference to the value.
    pub(crate) differs: String,
}

/// How a choice is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Form {
    /// A conditional expression.
    Expression,
    /// An `if` statement.
    Statement,
}

/// A place with what may be wrong there.
pub(crate) struct Point {
    pub(crate) kind: Kind,
    pub(crate) module: String,
    pub(crate) edits: Vec<Edit>,
}

/// All points of a source, in its order.
pub(crate) fn points(source: &Source, names: &Names) -> Vec<Point> {
    let mut finder = Finder {
        source,
        names,
        observers: observers(source).into_iter().collect(),
        points: Vec::new(),
        seen: HashSet::new(),
    };
    finder.visit(source.root(), &Context::default());
    let mut points = finder.points;
    points.sort_by_key(|point| (point.edits[0].span.start, point.edits[0].span.end));
    points
}

/// What the code around a node is.
#[derive(Clone, Debug, Default)]
struct Context {
    process: Process,
    /// In the branch of a process that is taken in reset.
    reset: bool,
    /// Signals that a process waits for the edges of.
    edges: Vec<String>,
    /// What has been assigned whenever the node is reached.
    assigned: Vec<String>,
    depth: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Process {
    #[default]
    None,
    Combinational,
    Flop,
    /// A function whose variables are made anew by each call.
    Function,
}

/// Deeper than any source that is read by people; what is below is left alone.
const MAX_DEPTH: usize = 400;

struct Finder<'a> {
    source: &'a Source,
    names: &'a Names,
    /// What only assertions look at.
    observers: HashSet<Range<usize>>,
    points: Vec<Point>,
    seen: HashSet<Vec<Edit>>,
}

/// What holds no place for a mutant: declarations, what is elaborated, what is not synthesised, what only names something.
const LEFT_ALONE: &[&str] = &[
    "assertion_item",
    "bind_directive",
    "case_item_expression",
    "class_declaration",
    "clocking_declaration",
    "concurrent_assertion_item",
    "covergroup_declaration",
    "event_control",
    "final_construct",
    "for_initialization",
    "for_step",
    "inside_range_list",
    "initial_construct",
    "let_declaration",
    "list_of_port_declarations",
    "local_parameter_declaration",
    "net_lvalue",
    "ordered_port_connection",
    "parameter_declaration",
    "parameter_port_list",
    "procedural_assertion_statement",
    "property_declaration",
    "range_list",
    "sequence_declaration",
    "severity_system_task",
    "specify_block",
    "system_tf_call",
    "tf_port_list",
    "type_declaration",
    "value_range",
];

impl<'a> Finder<'a> {
    /// Looks at a node and all below it. A damaged part of the source is left alone.
    fn visit(&mut self, node: Node<'a>, context: &Context) {
        if node.is_error() || node.is_missing() || context.depth > MAX_DEPTH {
            return;
        }
        let mut cursor = node.walk();
        let damaged = node
            .children(&mut cursor)
            .any(|child| child.is_error() || child.is_missing());
        // The file's and the module's other items are sound where one of them is not.
        let container = matches!(
            node.kind(),
            "source_file" | "module_declaration" | "package_declaration" | "generate_block"
        );
        if damaged && !container {
            return;
        }
        let kind = node.kind();
        if is_constant_context(kind)
            || LEFT_ALONE.contains(&kind)
            || self.observers.contains(&node.byte_range())
        {
            return;
        }
        let mut context = context.clone();
        context.depth += 1;
        if !self.statement(node, &mut context) && !self.expression(node, &context) {
            self.children(node, &context);
        }
    }

    fn children(&mut self, node: Node<'a>, context: &Context) {
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            self.visit(child, context);
        }
    }

    fn flat(&self, node: Node<'_>) -> String {
        self.source.flat(node.byte_range())
    }

    fn token(&self, node: Node<'_>) -> &'a str {
        self.source.token(node)
    }

    fn is_constant(&self, node: Node<'_>) -> bool {
        self.names.is_constant(self.source, node)
    }

    /// Adds a mutant of an expression: infected where its value differs in as many bits as it has by itself.
    fn replace(&mut self, kind: Kind, node: Node<'_>, text: String) {
        let differs = format!("(({text}) !== ({}))", self.flat(node));
        self.edit(kind, node, text, differs);
    }

    /// Adds a mutant of an expression whose surroundings may see more bits of it than it has by itself, such as a carry.
    fn replace_wide(&mut self, kind: Kind, node: Node<'_>, text: String) {
        let original = self.flat(node);
        let zero = format!("$signed({{(2 * $bits({original})){{1'b0}}}})");
        let differs = format!("((({text}) + {zero}) !== (({original}) + {zero}))");
        self.edit(kind, node, text, differs);
    }

    /// Adds a mutant of an expression that makes a difference whenever it is evaluated.
    fn replace_always(&mut self, kind: Kind, node: Node<'_>, text: String) {
        self.edit(kind, node, text, "1'b1".to_owned());
    }

    fn edit(&mut self, kind: Kind, node: Node<'_>, text: String, differs: String) {
        let edit = Edit {
            span: node.byte_range(),
            text,
            form: Form::Expression,
            differs,
        };
        self.add(kind, node, vec![edit]);
    }

    fn add(&mut self, kind: Kind, node: Node<'_>, edits: Vec<Edit>) {
        let unchanged = edits
            .iter()
            .all(|edit| edit.text == self.source.flat(edit.span.clone()));
        if unchanged || !self.seen.insert(edits.clone()) {
            return;
        }
        let module = module_of(self.source, node);
        self.points.push(Point {
            kind,
            module,
            edits,
        });
    }
}
