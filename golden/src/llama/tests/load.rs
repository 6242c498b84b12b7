//! Bad files: an error that says what is wrong, never a panic.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors, View};

use super::super::{Llama, LlamaError};
use super::{folder, model};

/// A tensor that can be changed before it is written.
#[derive(Clone)]
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}

/// The committed file, taken apart.
struct File {
    config: Option<String>,
    tensors: HashMap<String, Tensor>,
}

impl File {
    fn committed() -> Self {
        let bytes = committed_bytes();
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("header");
        let config = header
            .metadata()
            .as_ref()
            .and_then(|m| m.get("config"))
            .cloned();
        let file = SafeTensors::deserialize(&bytes).expect("tensors");
        let owned = |view: &safetensors::tensor::TensorView<'_>| Tensor {
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            data: view.data().to_vec(),
        };
        let tensors = file
            .iter()
            .map(|(name, view)| (name.to_owned(), owned(&view)))
            .collect();
        Self { config, tensors }
    }

    fn tensor(&mut self, name: &str) -> &mut Tensor {
        self.tensors.get_mut(name).expect("a tensor of the model")
    }

    /// Writes the file, loads it, and gives the error with the file's path as `FILE`.
    fn error(&self) -> (LlamaError, String) {
        let metadata = self
            .config
            .clone()
            .map(|json| HashMap::from([("config".to_owned(), json)]));
        let bytes = safetensors::serialize(&self.tensors, metadata).expect("serializable");
        error_of(&bytes)
    }
}

fn committed_bytes() -> Vec<u8> {
    std::fs::read(folder().join("model.safetensors")).expect("the committed model")
}

fn load(bytes: &[u8]) -> (Result<Llama, LlamaError>, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, bytes).expect("writable");
    (Llama::load(&path), path)
}

fn error_of(bytes: &[u8]) -> (LlamaError, String) {
    let (result, path) = load(bytes);
    let error = result.expect_err("a bad file must not load");
    let text = error.to_string();
    let shown = path.display().to_string();
    assert!(text.contains(&shown), "`{text}` does not name the file");
    (error, text.replace(&shown, "FILE"))
}

fn with_config(from: &str, to: &str) -> (LlamaError, String) {
    let mut file = File::committed();
    let json = file.config.take().expect("a configuration");
    assert!(json.contains(from), "`{from}` is not in {json}");
    file.config = Some(json.replace(from, to));
    file.error()
}

#[test]
fn the_committed_model_is_small_and_has_aligned_dimensions() {
    let model = model();
    assert!(
        (200_000..400_000).contains(&model.parameters()),
        "{}",
        model.parameters()
    );
    assert!(committed_bytes().len() <= 1_500_000);
    let weights: usize = File::committed()
        .tensors
        .values()
        .map(|t| t.data.len() / 4)
        .sum();
    assert_eq!(model.parameters(), weights);
}

#[test]
fn a_missing_file_is_named() {
    let error = Llama::load(Path::new("nowhere/model.safetensors")).expect_err("no such file");
    assert!(matches!(error, LlamaError::Read { .. }));
    assert!(
        error
            .to_string()
            .starts_with("cannot read `nowhere/model.safetensors`: "),
        "{error}"
    );
}

/// Cut short in the length field, the header, the first tensor, and by one byte.
#[test]
fn a_truncated_file_is_refused() {
    let bytes = committed_bytes();
    for length in [0, 7, 8, 100, 4000, bytes.len() / 2, bytes.len() - 1] {
        let (error, text) = error_of(&bytes[..length]);
        assert!(
            matches!(error, LlamaError::Format { .. }),
            "{length} bytes: {text}"
        );
        assert!(
            text.starts_with("`FILE` is not a complete safetensors file: "),
            "{text}"
        );
    }
}

#[test]
fn a_file_of_another_kind_is_refused() {
    for bytes in [
        &[0xff; 64][..],
        b"\x02\0\0\0\0\0\0\0{]",
        b"PK\x03\x04 some archive, not tensors",
    ] {
        assert!(matches!(error_of(bytes).0, LlamaError::Format { .. }));
    }
}

/// Flipping any bit of the header gives a model or an error, never a panic.
#[test]
fn a_damaged_header_never_panics() {
    let bytes = committed_bytes();
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    for position in (0..8 + header).step_by(13) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (position % 8);
        let _outcome = load(&damaged);
    }
}

#[test]
fn a_missing_tensor_is_named() {
    let mut file = File::committed();
    file.tensors
        .remove("model.layers.1.self_attn.k_proj.weight");
    let (error, text) = file.error();
    assert!(matches!(error, LlamaError::MissingTensor { .. }));
    let expected = "tensor `model.layers.1.self_attn.k_proj.weight` not found in `FILE` \
                    (expected F32, shape [64, 128])";
    assert_eq!(text, expected);
}

#[test]
fn a_tensor_that_would_be_ignored_is_refused() {
    let mut file = File::committed();
    let bias = file.tensors["model.norm.weight"].clone();
    file.tensors
        .insert("model.layers.0.self_attn.q_proj.bias".to_owned(), bias);
    let (error, text) = file.error();
    assert!(matches!(error, LlamaError::UnexpectedTensor { .. }));
    assert!(
        text.starts_with("tensor `model.layers.0.self_attn.q_proj.bias` in `FILE`"),
        "{text}"
    );
}

#[test]
fn a_wrong_shape_is_named_with_the_right_one() {
    let mut file = File::committed();
    file.tensor("model.layers.0.mlp.down_proj.weight").shape = vec![192, 128];
    let (error, text) = file.error();
    assert!(matches!(error, LlamaError::Shape { .. }));
    let expected = "tensor `model.layers.0.mlp.down_proj.weight` in `FILE` has shape [192, 128], \
                    expected [128, 192]";
    assert_eq!(text, expected);
}

#[test]
fn another_element_type_is_named() {
    let mut file = File::committed();
    let norm = file.tensor("model.norm.weight");
    norm.dtype = Dtype::BF16;
    norm.data.truncate(norm.data.len() / 2);
    let (error, text) = file.error();
    assert!(matches!(
        error,
        LlamaError::ElementType {
            found: Dtype::BF16,
            ..
        }
    ));
    assert_eq!(
        text,
        "tensor `model.norm.weight` in `FILE` has elements BF16, expected F32"
    );
}

#[test]
fn a_weight_that_is_no_number_is_found() {
    for (value, shown) in [(f32::NAN, "NaN"), (f32::NEG_INFINITY, "-inf")] {
        let mut file = File::committed();
        let head = file.tensor("lm_head.weight");
        head.data[4 * 1000..][..4].copy_from_slice(&value.to_le_bytes());
        let (error, text) = file.error();
        assert!(matches!(error, LlamaError::NotFinite { index: 1000, .. }));
        let expected = format!(
            "tensor `lm_head.weight` in `FILE` has `{shown}` at element 1000, expected finite values"
        );
        assert_eq!(text, expected);
    }
}

#[test]
fn a_file_without_a_configuration_is_refused() {
    let mut file = File::committed();
    file.config = None;
    assert!(matches!(file.error().0, LlamaError::NoConfig { .. }));
}

#[test]
fn a_configuration_that_cannot_be_computed_is_explained() {
    let cases = [
        (
            "\"head_dim\": 32",
            "\"head_dim\": 31",
            "`head_dim` is 31, expected an even number",
        ),
        (
            "\"hidden_size\": 128",
            "\"hidden_size\": 0",
            "`hidden_size` is 0, expected 1 to 65536",
        ),
        (
            "\"num_hidden_layers\": 2",
            "\"num_hidden_layers\": 18446744073709551615",
            "`num_hidden_layers` is 18446744073709551615, expected 1 to 65536",
        ),
        (
            "\"num_key_value_heads\": 2",
            "\"num_key_value_heads\": 3",
            "`num_key_value_heads` is 3, expected a divisor of num_attention_heads, 4",
        ),
        (
            "\"vocab_size\": 256",
            "\"vocab_size\": 512",
            "`vocab_size` is 512, expected 256, one token per byte",
        ),
        (
            "\"rope_theta\": 10000.0",
            "\"rope_theta\": -1.0",
            "`rope_theta` is -1, expected a positive number",
        ),
    ];
    for (from, to, expected) in cases {
        let (error, text) = with_config(from, to);
        assert!(matches!(error, LlamaError::ConfigValue { .. }), "{text}");
        assert_eq!(text, format!("metadata key `config` of `FILE`: {expected}"));
    }
}

/// A key that is not known might change the model (`rope_scaling`, for one).
#[test]
fn an_unknown_or_unreadable_configuration_key_is_refused() {
    let cases = [
        (
            "\"hidden_size\"",
            "\"hidden_sise\"",
            "unknown field `hidden_sise`, expected one of",
        ),
        (
            "\"silu\"",
            "\"gelu\"",
            "unknown variant `gelu`, expected `silu`",
        ),
        (
            "\"llama\"",
            "\"mamba\"",
            "unknown variant `mamba`, expected `llama`",
        ),
        ("\"head_dim\": 32, ", "", "missing field `head_dim`"),
        ("{", "", "invalid type"),
    ];
    for (from, to, expected) in cases {
        let (error, text) = with_config(from, to);
        assert!(matches!(error, LlamaError::ConfigSyntax { .. }), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}

/// Tied embeddings: the logits layer is the embedding table.
#[test]
fn a_tied_model_needs_no_head() {
    let mut file = File::committed();
    let json = file.config.take().expect("a configuration");
    file.config = Some(json.replace(
        "\"tie_word_embeddings\": false",
        "\"tie_word_embeddings\": true",
    ));
    assert!(matches!(
        file.error().0,
        LlamaError::UnexpectedTensor { .. }
    ));
    file.tensors.remove("lm_head.weight");
    let metadata = HashMap::from([("config".to_owned(), file.config.clone().expect("set above"))]);
    let bytes = safetensors::serialize(&file.tensors, Some(metadata)).expect("serializable");
    let tied = load(&bytes).0.expect("a complete tied model");
    let mut head = None;
    tied.forward(b"x", &mut |call| {
        head = Some(call.weight.clone());
        call.linear_f32()
    });
    let embedding = &file.tensors["model.embed_tokens.weight"].data;
    let words = embedding
        .chunks_exact(4)
        .map(|w| f32::from_le_bytes([w[0], w[1], w[2], w[3]]));
    assert_eq!(
        head.expect("a logits layer").data,
        words.collect::<Vec<_>>()
    );
}
