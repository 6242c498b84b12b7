//! The kernels of `simt/kernels/` with data of their own: what the processor runs as tests.

use gpnpu_golden::simt::shape::Shape;
use rand_chacha::rand_core::RngCore;

use super::arguments::Argument::{F32, I32, Ptr};
use super::elfs::elf;
use super::image::{Image, ImageError};
use super::program::ProgramError;

/// Kernels for blocks of 32 threads, and those for 64 or 128.
pub const NARROW: &[&str] = &[
    "vector_add",
    "saxpy",
    "reduce_shared",
    "reduce_shuffle",
    "scan",
    "histogram",
    "bitonic_sort",
    "spmv",
    "nbody",
    "softmax",
    "rmsnorm",
    "rope",
    "bfs",
    "recursive",
    "divergence",
    "warp_functions",
    "spin_lock_list",
    "atomics",
];
/// Kernels whose blocks have 64 threads.
pub const WIDE: &[&str] = &["sgemm", "sgemm_blocked", "transpose"];
/// Kernels whose lanes try again until another lane of the warp lets them pass: what they execute depends on the order in
/// which lanes do, and a SIMT stack would not even end the first.
pub const RETRYING: &[&str] = &["spin_lock_list", "atomics"];

/// Random data.
struct Data<'a>(&'a mut dyn RngCore);

impl Data<'_> {
    fn below(&mut self, limit: u32) -> u32 {
        self.0.next_u32() % limit
    }

    fn float(&mut self) -> f32 {
        (f64::from(self.0.next_u32()) / f64::from(1u32 << 31) - 1.0) as f32
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }

    fn integers(&mut self, count: usize) -> Vec<i32> {
        (0..count).map(|_| self.below(2001) as i32 - 1000).collect()
    }
}

const NARROW_BLOCK: [u32; 3] = [32, 1, 1];

/// A kernel with random data, ready to be launched.
///
/// # Errors
///
/// There is no kernel of that name.
pub fn image(name: &str, shape: &Shape, rng: &mut dyn RngCore) -> Result<Image, ImageError> {
    let bytes = elf(name).ok_or_else(|| ProgramError::Kernel {
        name: name.to_owned(),
        known: [NARROW, WIDE].concat().join(", "),
    })?;
    let mut image = Image::new(bytes, shape)?;
    let data = &mut Data(rng);
    match name {
        "vector_add" | "saxpy" => streams(&mut image, name, data)?,
        "sgemm" | "sgemm_blocked" | "transpose" => matrices(&mut image, name, data)?,
        "reduce_shared" | "reduce_shuffle" | "scan" => sums(&mut image, name, data)?,
        "histogram" | "bitonic_sort" | "atomics" | "spin_lock_list" => {
            shared_data(&mut image, name, data)?;
        }
        "softmax" | "rmsnorm" | "rope" => rows(&mut image, name, data)?,
        "spmv" => spmv(&mut image, data)?,
        "bfs" => bfs(&mut image, data)?,
        _ => others(&mut image, name, data)?,
    }
    Ok(image)
}

fn streams(image: &mut Image, name: &str, data: &mut Data) -> Result<(), ImageError> {
    let n = 100 + data.below(200) as usize;
    let (x, y) = (image.put(&data.floats(n)), image.put(&data.floats(n)));
    let grid = [1 + data.below(8), 1, 1];
    let arguments = match name {
        "saxpy" => vec![I32(n as i32), F32(data.float()), Ptr(x), Ptr(y)],
        _ => {
            let z = image.put(&vec![0f32; n]);
            vec![Ptr(x), Ptr(y), Ptr(z), I32(n as i32)]
        }
    };
    let grid = if name == "saxpy" {
        grid
    } else {
        [n.div_ceil(32) as u32, 1, 1]
    };
    image.launch(name, grid, NARROW_BLOCK, 0, &arguments)
}

fn matrices(image: &mut Image, name: &str, data: &mut Data) -> Result<(), ImageError> {
    match name {
        "sgemm" => {
            let [m, n, k] = [(); 3].map(|()| 5 + data.below(14) as usize);
            let [a, b, c] = [m * k, k * n, m * n].map(|count| image.put(&data.floats(count)));
            let sizes = [m, n, k].map(|size| I32(size as i32));
            let rest = [F32(data.float()), Ptr(a), Ptr(b), F32(data.float()), Ptr(c)];
            let grid = [n.div_ceil(8) as u32, m.div_ceil(8) as u32, 1];
            image.launch(name, grid, [8, 8, 1], 0, &[&sizes[..], &rest].concat())
        }
        "sgemm_blocked" => {
            let (m, n, k) = (64, 32, 8 * (1 + data.below(3)) as usize);
            let [a, b, c] = [m * k, k * n, m * n].map(|count| image.put(&data.floats(count)));
            let arguments = [I32(n as i32), I32(k as i32), Ptr(a), Ptr(b), Ptr(c)];
            image.launch(name, [1, 2, 1], [8, 8, 1], 0, &arguments)
        }
        _ => {
            let [width, height] = [(); 2].map(|()| 9 + data.below(30));
            let count = (width * height) as usize;
            let (x, y) = (
                image.put(&data.floats(count)),
                image.put(&vec![0f32; count]),
            );
            let arguments = [Ptr(x), Ptr(y), I32(width as i32), I32(height as i32)];
            let grid = [width.div_ceil(16), height.div_ceil(16), 1];
            image.launch(name, grid, [16, 4, 1], 0, &arguments)
        }
    }
}

fn sums(image: &mut Image, name: &str, data: &mut Data) -> Result<(), ImageError> {
    let n = 60 + data.below(90) as usize;
    let size = I32(n as i32);
    match name {
        "reduce_shared" => {
            let (x, y) = (image.put(&data.floats(n)), image.put(&[0f32; 4]));
            image.launch(name, [4, 1, 1], NARROW_BLOCK, 128, &[Ptr(x), Ptr(y), size])
        }
        "reduce_shuffle" => {
            let (x, y) = (image.put(&data.integers(n)), image.put(&[5]));
            image.launch(name, [5, 1, 1], NARROW_BLOCK, 0, &[Ptr(x), Ptr(y), size])
        }
        _ => {
            let x = image.put(&data.integers(n));
            let (y, totals) = (image.put(&vec![0; n]), image.put(&[0; 5]));
            let first = [Ptr(x), Ptr(y), Ptr(totals), size];
            image.launch(name, [5, 1, 1], NARROW_BLOCK, 0, &first)?;
            let second = [Ptr(y), Ptr(totals), size];
            image.launch("add_totals", [5, 1, 1], NARROW_BLOCK, 0, &second)
        }
    }
}

fn shared_data(image: &mut Image, name: &str, data: &mut Data) -> Result<(), ImageError> {
    match name {
        "histogram" => {
            let n = 300 + data.below(300);
            // Low values are frequent, so that lanes meet in the same bin.
            let bytes: Vec<u8> = (0..n)
                .map(|_| (data.below(16) * data.below(16)) as u8)
                .collect();
            let (x, bins) = (image.put(&bytes), image.put(&[1u32; 256]));
            let arguments = [Ptr(x), Ptr(bins), I32(n as i32)];
            image.launch(name, [3, 1, 1], NARROW_BLOCK, 0, &arguments)
        }
        "bitonic_sort" => {
            let x = image.put(&data.integers(3 * 64));
            image.launch(name, [3, 1, 1], NARROW_BLOCK, 64 * 4, &[Ptr(x)])
        }
        "atomics" => {
            let out = image.put(&[0, 0, i32::MAX, i32::MIN, -1, 0, 0, 0]);
            let positive = image.put(&[u32::MAX, 0, 0, 0, 0]);
            let wide = image.put(&[0, 0, u64::MAX, 0, 0]);
            let sum = image.put(&[0.25f32]);
            let arguments = [out, positive, wide, sum].map(Ptr);
            image.launch(name, [3, 1, 1], [20, 1, 1], 0, &arguments)
        }
        _ => {
            let n = 20;
            let mut nodes = vec![i32::MIN, -1, 0];
            for _ in 0..n {
                nodes.extend([data.below(100) as i32, -7, 0]);
            }
            let list = image.put(&nodes);
            image.launch(name, [1, 1, 1], NARROW_BLOCK, 0, &[Ptr(list), I32(n)])
        }
    }
}

fn rows(image: &mut Image, name: &str, data: &mut Data) -> Result<(), ImageError> {
    let columns = 2 * (20 + data.below(20) as usize);
    let x = image.put(&data.floats(2 * columns));
    let grid = [2, 1, 1];
    match name {
        "softmax" => {
            let y = image.put(&vec![0f32; 2 * columns]);
            let arguments = [Ptr(x), Ptr(y), I32(columns as i32)];
            image.launch(name, grid, NARROW_BLOCK, 0, &arguments)
        }
        "rmsnorm" => {
            let w = image.put(&data.floats(columns));
            let y = image.put(&vec![0f32; 2 * columns]);
            let arguments = [Ptr(x), Ptr(w), Ptr(y), I32(columns as i32), F32(1e-5)];
            image.launch(name, grid, NARROW_BLOCK, 0, &arguments)
        }
        _ => {
            let (tokens, heads, width) = (2, 2, 16);
            let x = image.put(&data.floats(tokens * heads * width));
            let positions = image.put(&[3, 200]);
            let arguments = [
                Ptr(x),
                Ptr(positions),
                I32(heads as i32),
                I32(width as i32),
                F32(1e4),
            ];
            image.launch(name, [1, tokens as u32, 1], NARROW_BLOCK, 0, &arguments)
        }
    }
}

fn spmv(image: &mut Image, data: &mut Data) -> Result<(), ImageError> {
    let (rows, columns) = (40, 30);
    let (mut starts, mut column) = (vec![0], Vec::new());
    for _ in 0..rows {
        for _ in 0..data.below(12) {
            column.push(data.below(columns) as i32);
        }
        starts.push(column.len() as i32);
    }
    let value = data.floats(column.len());
    let x = data.floats(columns as usize);
    let matrix = [
        image.put(&starts),
        image.put(&column),
        image.put(&value),
        image.put(&x),
    ]
    .map(Ptr);
    for (kernel, threads) in [("spmv", rows), ("spmv_warp", rows * image.shape.lanes)] {
        let y = image.put(&vec![9f32; rows]);
        let arguments = [&[I32(rows as i32)], &matrix[..], &[Ptr(y)]].concat();
        let grid = [threads.div_ceil(32) as u32, 1, 1];
        image.launch(kernel, grid, NARROW_BLOCK, 0, &arguments)?;
    }
    Ok(())
}

fn bfs(image: &mut Image, data: &mut Data) -> Result<(), ImageError> {
    let nodes = 60;
    let (mut starts, mut edges) = (vec![0], Vec::new());
    for node in 0..nodes {
        if node < 10 {
            edges.push(node + 1);
        } else {
            for _ in 0..data.below(3) {
                edges.push(data.below(50) as i32);
            }
        }
        starts.push(edges.len() as i32);
    }
    let mut first = vec![-1; nodes as usize];
    first[0] = 0;
    let [s, e, d] = [&starts, &edges, &first].map(|part| Ptr(image.put(part)));
    image.launch("bfs", [1; 3], NARROW_BLOCK, 0, &[I32(nodes), s, e, d])
}

fn others(image: &mut Image, name: &str, data: &mut Data) -> Result<(), ImageError> {
    match name {
        "nbody" => {
            let n = 34;
            let (x, y) = (
                image.put(&data.floats(4 * n)),
                image.put(&vec![0f32; 4 * n]),
            );
            let arguments = [Ptr(x), Ptr(y), I32(n as i32)];
            image.launch(name, [2, 1, 1], NARROW_BLOCK, 32 * 16, &arguments)
        }
        "recursive" => {
            let (n, length) = (20, 9);
            let keys = data.integers(n * length);
            let (x, rows) = (image.put(&vec![0; n]), image.put(&keys));
            let arguments = [Ptr(x), Ptr(rows), I32(length as i32), I32(n as i32)];
            image.launch(name, [1, 1, 1], NARROW_BLOCK, 0, &arguments)
        }
        "divergence" => {
            let n = 40;
            let values: Vec<u32> = (0..n).map(|_| data.below(300) + 1).collect();
            let (x, y) = (image.put(&values), image.put(&vec![0u32; n]));
            let arguments = [Ptr(x), Ptr(y), I32(n as i32)];
            image.launch(name, [2, 1, 1], NARROW_BLOCK, 0, &arguments)
        }
        _ => {
            let values: Vec<i32> = (0..32).map(|_| data.below(100) as i32).collect();
            let (x, y) = (image.put(&values), image.put(&vec![0; 12 * 32]));
            image.launch(name, [1; 3], NARROW_BLOCK, 0, &[Ptr(x), Ptr(y)])
        }
    }
}
