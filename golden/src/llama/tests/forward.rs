//! The forward pass: against the training framework, and its own promises.

use serde::Deserialize;

use super::super::{LinearCall, LinearKind, Matrix, bits_per_byte};
use super::{folder, model, prompt};

/// `reference_logits.json`, as the training script writes it.
#[derive(Deserialize)]
struct Reference {
    positions: Vec<usize>,
    logits: Vec<Vec<f32>>,
    bits_per_byte: f64,
}

fn reference() -> Reference {
    let text = std::fs::read_to_string(folder().join("reference_logits.json"));
    serde_json::from_str(&text.expect("the fixture is there")).expect("the fixture parses")
}

/// Logits reach from -25 to 12. The framework sums in f32, so the last bits differ: 1.4e-5 at most.
#[test]
fn agrees_with_the_training_framework() {
    let logits = model().forward_f32(&prompt());
    let reference = reference();
    assert_eq!(reference.positions.len(), reference.logits.len());
    assert!(reference.positions.contains(&0) && reference.positions.contains(&127));
    for (&position, expected) in reference.positions.iter().zip(reference.logits) {
        let found = Matrix::new(1, 256, logits.row(position).to_vec());
        let difference = found.max_abs_diff(&Matrix::new(1, 256, expected));
        assert!(
            difference < 1e-4,
            "position {position}: largest difference {difference}"
        );
    }
    let bits = bits_per_byte(&logits, &prompt());
    let difference = (bits - reference.bits_per_byte).abs();
    assert!(
        difference < 1e-4,
        "{bits} bits/byte, fixture says {}",
        reference.bits_per_byte
    );
}

/// A bigram model of the same training text needs 3.68 bits per byte of such text.
#[test]
fn predicts_text_it_was_not_trained_on() {
    let prompt = prompt();
    let bits = bits_per_byte(&model().forward_f32(&prompt), &prompt);
    assert!(bits < 2.2, "{bits} bits/byte on the prompt");
}

#[test]
fn hands_out_every_linear_layer_in_order_and_with_its_shapes() {
    let model = model();
    let config = &model.config;
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let (query, key_value) = (config.query_size(), config.key_value_size());
    let in_layer = [
        (LinearKind::Q, hidden, query),
        (LinearKind::K, hidden, key_value),
        (LinearKind::V, hidden, key_value),
        (LinearKind::O, query, hidden),
        (LinearKind::Gate, hidden, inner),
        (LinearKind::Up, hidden, inner),
        (LinearKind::Down, inner, hidden),
    ];
    let mut expected = Vec::new();
    for layer in 0..config.num_hidden_layers {
        expected
            .extend(in_layer.map(|(kind, i, o)| (format!("layers.{layer}.{kind}"), kind, i, o)));
    }
    expected.push(("logits".to_owned(), LinearKind::Logits, hidden, 256));

    let mut found = Vec::new();
    model.forward(b"To be", &mut |call: &LinearCall<'_>| {
        assert_eq!(
            (call.input.rows, call.input.cols),
            (5, call.weight.cols),
            "{}",
            call.name
        );
        found.push((
            call.name.clone(),
            call.kind,
            call.weight.cols,
            call.weight.rows,
        ));
        call.linear_f32()
    });
    assert_eq!(found, expected);
    for (name, _, inputs, outputs) in found {
        assert!(
            inputs % 16 == 0 && outputs % 16 == 0,
            "{name}: {inputs} to {outputs}"
        );
    }
}

/// Each layer's result is used: doubling any of them changes the logits.
#[test]
fn uses_what_the_caller_computed() {
    let model = model();
    let plain = model.forward_f32(b"To be");
    let mut names = Vec::new();
    model.forward(b"To be", &mut |call| {
        names.push(call.name.clone());
        call.linear_f32()
    });
    for name in names {
        let changed = model.forward(b"To be", &mut |call| {
            let mut output = call.linear_f32();
            if call.name == name {
                output.data.iter_mut().for_each(|x| *x *= 2.0);
            }
            output
        });
        assert!(
            changed.max_abs_diff(&plain) > 1e-3,
            "`{name}` doubled, logits the same"
        );
    }
}

#[test]
#[should_panic(expected = "shape of linear layer `layers.0.k`")]
fn names_the_layer_whose_result_has_a_wrong_shape() {
    model().forward(b"To be", &mut |call| match call.kind {
        LinearKind::K => Matrix::zeros(1, 1),
        _ => call.linear_f32(),
    });
}

/// A byte's logits depend on what comes before it, and only on that.
#[test]
fn is_causal() {
    let model = model();
    let (a, b) = (
        model.forward_f32(b"To be, or"),
        model.forward_f32(b"To be! or"),
    );
    for position in 0..9 {
        let same = a.row(position) == b.row(position);
        assert_eq!(same, position < 5, "position {position}");
    }
}

#[test]
fn handles_an_empty_and_a_long_prompt() {
    let model = model();
    assert_eq!(model.forward_f32(b"").rows, 0);
    let long = vec![b'a'; model.config.max_position_embeddings + 16];
    let logits = model.forward_f32(&long);
    assert_eq!(logits.rows, long.len());
    assert!(logits.data.iter().all(|x| x.is_finite()));
}

#[test]
fn bits_per_byte_is_what_the_definition_says() {
    let knows_nothing = Matrix::zeros(3, 256);
    assert!((bits_per_byte(&knows_nothing, b"abc") - 8.0).abs() < 1e-12);
    // All of the probability on two bytes, one of them right: one bit, however large the logits.
    let halves = Matrix::from_fn(3, 256, |_, c| match u8::try_from(c) {
        Ok(b'a' | b'b') => 3000.0,
        _ => -3000.0,
    });
    assert!((bits_per_byte(&halves, b"aba") - 1.0).abs() < 1e-12);
    let mut broken = Matrix::zeros(3, 256);
    broken.row_mut(1)[7] = f32::NAN;
    assert!(bits_per_byte(&broken, b"abc").is_nan());
}

#[test]
fn differences_are_the_largest_and_show_nan() {
    let a = Matrix::new(1, 3, vec![1.0, -2.0, 3.0]);
    assert_eq!(
        a.max_abs_diff(&Matrix::new(1, 3, vec![1.5, -2.0, 1.0])),
        2.0
    );
    assert!(
        a.max_abs_diff(&Matrix::new(1, 3, vec![f32::NAN, -2.0, 9.0]))
            .is_nan()
    );
}

#[test]
fn a_linear_layer_is_the_product_with_the_transposed_weight() {
    let input = Matrix::new(2, 3, vec![1.0, 2.0, 3.0, -1.0, 0.5, 4.0]);
    let weight = Matrix::new(2, 3, vec![1.0, 0.0, -1.0, 2.0, 2.0, 2.0]);
    assert_eq!(
        input.linear(&weight),
        Matrix::new(2, 2, vec![-2.0, 12.0, -5.0, 7.0])
    );
}
