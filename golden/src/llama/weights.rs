//! Reading a model's weights, every one of them checked.

use std::collections::BTreeSet;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use super::{Config, LlamaError, Matrix};

/// A model: its configuration and its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Llama {
    /// Dimensions and constants.
    pub config: Config,
    pub(super) embedding: Matrix,
    pub(super) layers: Vec<Layer>,
    pub(super) final_norm: Vec<f32>,
    /// `None` if the logits layer uses the embedding table.
    pub(super) head: Option<Matrix>,
}

/// The weights of one layer; matrices are `[out][in]`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layer {
    pub attention_norm: Vec<f32>,
    pub q: Matrix,
    pub k: Matrix,
    pub v: Matrix,
    pub o: Matrix,
    pub feed_forward_norm: Vec<f32>,
    pub gate: Matrix,
    pub up: Matrix,
    pub down: Matrix,
}

impl Llama {
    /// Loads a model from a safetensors file.
    ///
    /// The file holds f32 tensors with Hugging Face's Llama names, and under the metadata key
    /// `config` the configuration as JSON.
    ///
    /// # Errors
    ///
    /// * [`LlamaError::Read`] if the file cannot be read;
    /// * [`LlamaError::Format`] if it is no safetensors file, or cut short;
    /// * [`LlamaError::NoConfig`], [`LlamaError::ConfigSyntax`], [`LlamaError::ConfigValue`] if its
    ///   configuration is missing, unreadable or out of range;
    /// * [`LlamaError::MissingTensor`], [`LlamaError::UnexpectedTensor`] if its tensors are not
    ///   those of the configuration;
    /// * [`LlamaError::ElementType`], [`LlamaError::Shape`], [`LlamaError::NotFinite`] if a tensor
    ///   does not hold what it should.
    pub fn load(path: &Path) -> Result<Self, LlamaError> {
        let bytes = std::fs::read(path).map_err(|source| LlamaError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&bytes, path)
    }

    /// Reads a model from the content of a safetensors file; `path` is its name in errors.
    ///
    /// # Errors
    ///
    /// As [`Llama::load`], [`LlamaError::Read`] aside.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, LlamaError> {
        let format = |source| LlamaError::Format {
            path: path.to_owned(),
            source,
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(format)?;
        let json = header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get("config"));
        let json = json.ok_or_else(|| LlamaError::NoConfig {
            path: path.to_owned(),
        })?;
        let config = Config::parse(json, path)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(format)?;
        let unused = tensors.names().into_iter().collect();
        let mut reader = Reader {
            path,
            tensors: &tensors,
            unused,
        };
        let model = reader.model(config)?;
        match reader.unused.first() {
            None => Ok(model),
            Some(&tensor) => Err(LlamaError::UnexpectedTensor {
                path: path.to_owned(),
                tensor: tensor.to_owned(),
            }),
        }
    }

    /// Number of weights, norms and embedding included.
    pub fn parameters(&self) -> usize {
        let layer = |l: &Layer| {
            let matrices = [&l.q, &l.k, &l.v, &l.o, &l.gate, &l.up, &l.down];
            let norms = l.attention_norm.len() + l.feed_forward_norm.len();
            norms + matrices.iter().map(|m| m.data.len()).sum::<usize>()
        };
        let head = self.head.as_ref().map_or(0, |head| head.data.len());
        let layers = self.layers.iter().map(layer).sum::<usize>();
        self.embedding.data.len() + layers + self.final_norm.len() + head
    }
}

/// Takes tensors out of a file by name, and remembers which ones nobody asked for.
struct Reader<'a> {
    path: &'a Path,
    tensors: &'a SafeTensors<'a>,
    unused: BTreeSet<&'a str>,
}

impl Reader<'_> {
    fn model(&mut self, config: Config) -> Result<Llama, LlamaError> {
        let (hidden, vocabulary) = (config.hidden_size, config.vocab_size);
        let embedding = self.matrix("model.embed_tokens.weight", vocabulary, hidden)?;
        let layers = (0..config.num_hidden_layers).map(|index| self.layer(&config, index));
        let layers = layers.collect::<Result<_, _>>()?;
        let final_norm = self.tensor("model.norm.weight", &[hidden])?;
        let head = if config.tie_word_embeddings {
            None
        } else {
            Some(self.matrix("lm_head.weight", vocabulary, hidden)?)
        };
        Ok(Llama {
            config,
            embedding,
            layers,
            final_norm,
            head,
        })
    }

    fn layer(&mut self, config: &Config, index: usize) -> Result<Layer, LlamaError> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let (query, key_value) = (config.query_size(), config.key_value_size());
        let name = |part: &str| format!("model.layers.{index}.{part}.weight");
        Ok(Layer {
            attention_norm: self.tensor(&name("input_layernorm"), &[hidden])?,
            q: self.matrix(&name("self_attn.q_proj"), query, hidden)?,
            k: self.matrix(&name("self_attn.k_proj"), key_value, hidden)?,
            v: self.matrix(&name("self_attn.v_proj"), key_value, hidden)?,
            o: self.matrix(&name("self_attn.o_proj"), hidden, query)?,
            feed_forward_norm: self.tensor(&name("post_attention_layernorm"), &[hidden])?,
            gate: self.matrix(&name("mlp.gate_proj"), inner, hidden)?,
            up: self.matrix(&name("mlp.up_proj"), inner, hidden)?,
            down: self.matrix(&name("mlp.down_proj"), hidden, inner)?,
        })
    }

    fn matrix(&mut self, tensor: &str, rows: usize, cols: usize) -> Result<Matrix, LlamaError> {
        Ok(Matrix::new(rows, cols, self.tensor(tensor, &[rows, cols])?))
    }

    fn tensor(&mut self, tensor: &str, expected: &[usize]) -> Result<Vec<f32>, LlamaError> {
        let path = || self.path.to_owned();
        let name = || tensor.to_owned();
        let view = self
            .tensors
            .tensor(tensor)
            .map_err(|_| LlamaError::MissingTensor {
                path: path(),
                tensor: name(),
                expected: expected.to_owned(),
            })?;
        if view.dtype() != Dtype::F32 {
            let found = view.dtype();
            return Err(LlamaError::ElementType {
                path: path(),
                tensor: name(),
                found,
            });
        }
        if view.shape() != expected {
            return Err(LlamaError::Shape {
                path: path(),
                tensor: name(),
                found: view.shape().to_owned(),
                expected: expected.to_owned(),
            });
        }
        let words = view.data().chunks_exact(4);
        let values: Vec<f32> = words
            .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            let value = values[index];
            return Err(LlamaError::NotFinite {
                path: path(),
                tensor: name(),
                index,
                value,
            });
        }
        self.unused.remove(tensor);
        Ok(values)
    }
}
