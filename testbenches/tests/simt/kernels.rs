//! Each kernel on processors of several shapes, against what the host computes.

use crate::device::{Device, Numbers, assert_close, shapes};
use gpnpu_testbenches::simt::arguments::Argument::{F32, I32, I64, Ptr, U32, U64};

#[test]
fn vector_add() {
    for shape in shapes() {
        let mut device = Device::new(shape, "vector_add");
        let n = 301;
        let (a, b) = (Numbers(1).floats(n), Numbers(2).floats(n));
        let (x, y, z) = (
            device.put(&a),
            device.put(&b),
            device.put(&vec![7.0f32; n + 1]),
        );
        let arguments = [Ptr(x), Ptr(y), Ptr(z), I32(n as i32)];
        device.launch("vector_add", [10, 1, 1], [32, 1, 1], 0, &arguments);
        let mut want: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
        want.push(7.0);
        assert_eq!(device.get::<f32>(z, n + 1), want);
    }
}

#[test]
fn saxpy() {
    for shape in shapes() {
        let mut device = Device::new(shape, "saxpy");
        let n = 500;
        let (a, b) = (Numbers(1).floats(n), Numbers(2).floats(n));
        let (x, y) = (device.put(&a), device.put(&b));
        device.launch(
            "saxpy",
            [3, 1, 1],
            [32, 1, 1],
            0,
            &[I32(n as i32), F32(-1.7), Ptr(x), Ptr(y)],
        );
        let want: Vec<f64> = a
            .iter()
            .zip(&b)
            .map(|(&a, &b)| f64::from(-1.7f32) * f64::from(a) + f64::from(b))
            .collect();
        assert_close(&device.get(y, n), &want, 1e-7);
    }
}

/// `a b`, of `m x k` and `k x n`.
fn product(a: &[f32], b: &[f32], n: usize, k: usize) -> Vec<f64> {
    let element = |row: &[f32], column: usize| -> f64 {
        let terms = row.iter().enumerate();
        terms
            .map(|(i, &a)| f64::from(a) * f64::from(b[i * n + column]))
            .sum()
    };
    a.chunks(k)
        .flat_map(|row| (0..n).map(move |column| element(row, column)))
        .collect()
}

#[test]
fn sgemm() {
    for shape in shapes()
        .into_iter()
        .filter(|shape| shape.core_threads() >= 64)
    {
        let mut device = Device::new(shape, "sgemm");
        let (m, n, k) = (20, 13, 17);
        let (a, b, c) = (
            Numbers(1).floats(m * k),
            Numbers(2).floats(k * n),
            Numbers(3).floats(m * n),
        );
        let [x, y, z] = [&a, &b, &c].map(|matrix| device.put(matrix));
        let sizes = [m, n, k].map(|size| I32(size as i32));
        let arguments = [&sizes[..], &[F32(1.5), Ptr(x), Ptr(y), F32(-0.5), Ptr(z)]].concat();
        device.launch("sgemm", [2, 3, 1], [8, 8, 1], 0, &arguments);
        let want: Vec<f64> = product(&a, &b, n, k)
            .iter()
            .zip(&c)
            .map(|(sum, &c)| 1.5 * sum - 0.5 * f64::from(c))
            .collect();
        assert_close(&device.get(z, m * n), &want, 1e-5);
    }
}

#[test]
fn sgemm_blocked() {
    for shape in shapes()
        .into_iter()
        .filter(|shape| shape.core_threads() >= 64)
    {
        let mut device = Device::new(shape, "sgemm_blocked");
        let (m, n, k) = (64, 32, 24);
        let (a, b) = (Numbers(1).floats(m * k), Numbers(2).floats(k * n));
        let (x, y, z) = (
            device.put(&a),
            device.put(&b),
            device.put(&vec![0.0f32; m * n]),
        );
        let arguments = [I32(n as i32), I32(k as i32), Ptr(x), Ptr(y), Ptr(z)];
        device.launch("sgemm_blocked", [1, 2, 1], [8, 8, 1], 0, &arguments);
        assert_close(&device.get(z, m * n), &product(&a, &b, n, k), 1e-5);
    }
}

#[test]
fn reduce_shared() {
    for shape in shapes() {
        let mut device = Device::new(shape, "reduce_shared");
        let n = 250;
        let a = Numbers(1).floats(n);
        let (x, y) = (device.put(&a), device.put(&[0.0f32; 4]));
        device.launch(
            "reduce_shared",
            [4, 1, 1],
            [32, 1, 1],
            128,
            &[Ptr(x), Ptr(y), I32(n as i32)],
        );
        let want: Vec<f64> = a
            .chunks(64)
            .map(|part| part.iter().map(|&a| f64::from(a)).sum())
            .collect();
        assert_close(&device.get(y, 4), &want, 1e-6);
    }
}

#[test]
fn reduce_shuffle() {
    for shape in shapes() {
        let mut device = Device::new(shape, "reduce_shuffle");
        let n = 1003;
        let a = Numbers(1).integers(n);
        let (x, y) = (device.put(&a), device.put(&[5]));
        device.launch(
            "reduce_shuffle",
            [5, 1, 1],
            [32, 1, 1],
            0,
            &[Ptr(x), Ptr(y), I32(n as i32)],
        );
        assert_eq!(device.get::<i32>(y, 1), [5 + a.iter().sum::<i32>()]);
    }
}

#[test]
fn scan() {
    for shape in shapes() {
        let mut device = Device::new(shape, "scan");
        let n = 150;
        let a = Numbers(1).integers(n);
        let (x, y, totals) = (
            device.put(&a),
            device.put(&vec![0i32; n]),
            device.put(&[0i32; 5]),
        );
        let size = I32(n as i32);
        device.launch(
            "scan",
            [5, 1, 1],
            [32, 1, 1],
            0,
            &[Ptr(x), Ptr(y), Ptr(totals), size],
        );
        device.launch(
            "add_totals",
            [5, 1, 1],
            [32, 1, 1],
            0,
            &[Ptr(y), Ptr(totals), size],
        );
        let want: Vec<i32> = a
            .iter()
            .scan(0, |sum, a| {
                *sum += a;
                Some(*sum)
            })
            .collect();
        assert_eq!(device.get::<i32>(y, n), want);
    }
}

#[test]
fn transpose() {
    for shape in shapes()
        .into_iter()
        .filter(|shape| shape.core_threads() >= 64)
    {
        let mut device = Device::new(shape, "transpose");
        let (width, height) = (37usize, 21usize);
        let a = Numbers(1).floats(width * height);
        let (x, y) = (device.put(&a), device.put(&vec![0.0f32; width * height]));
        let arguments = [Ptr(x), Ptr(y), I32(width as i32), I32(height as i32)];
        device.launch("transpose", [3, 2, 1], [16, 4, 1], 0, &arguments);
        let want: Vec<f32> = (0..width * height)
            .map(|i| a[i % height * width + i / height])
            .collect();
        assert_eq!(device.get::<f32>(y, width * height), want);
    }
}

#[test]
fn histogram() {
    for shape in shapes() {
        let mut device = Device::new(shape, "histogram");
        let n = 3000;
        let mut numbers = Numbers(1);
        // Low values are frequent, so that lanes meet in the same bin.
        let data: Vec<u8> = (0..n)
            .map(|_| (numbers.below(16) * numbers.below(16)) as u8)
            .collect();
        let (x, bins) = (device.put(&data), device.put(&[1u32; 256]));
        device.launch(
            "histogram",
            [3, 1, 1],
            [32, 1, 1],
            0,
            &[Ptr(x), Ptr(bins), I32(n)],
        );
        let mut want = [1u32; 256];
        data.iter().for_each(|&value| want[usize::from(value)] += 1);
        assert_eq!(device.get::<u32>(bins, 256), want);
    }
}

#[test]
fn bitonic_sort() {
    for shape in shapes() {
        let mut device = Device::new(shape, "bitonic_sort");
        let keys = Numbers(1).integers(3 * 64);
        let x = device.put(&keys);
        device.launch("bitonic_sort", [3, 1, 1], [32, 1, 1], 64 * 4, &[Ptr(x)]);
        let mut want = keys;
        want.chunks_mut(64).for_each(<[i32]>::sort);
        assert_eq!(device.get::<i32>(x, 3 * 64), want);
    }
}

#[test]
fn spmv() {
    for shape in shapes() {
        let mut device = Device::new(shape, "spmv");
        let (rows, columns) = (70, 50);
        let mut numbers = Numbers(1);
        let (mut starts, mut column) = (vec![0], Vec::new());
        for _ in 0..rows {
            column.extend(
                (0..numbers.below(20))
                    .map(|_| numbers.below(columns) as i32)
                    .collect::<Vec<_>>(),
            );
            starts.push(column.len() as i32);
        }
        let value = numbers.floats(column.len());
        let x = numbers.floats(columns as usize);
        let want: Vec<f64> = starts
            .windows(2)
            .map(|row| {
                (row[0] as usize..row[1] as usize)
                    .map(|i| f64::from(value[i]) * f64::from(x[column[i] as usize]))
                    .sum()
            })
            .collect();
        let matrix = [
            device.put(&starts),
            device.put(&column),
            device.put(&value),
            device.put(&x),
        ]
        .map(Ptr);
        for (kernel, threads) in [("spmv", rows), ("spmv_warp", rows * shape.lanes)] {
            let y = device.put(&vec![9.0f32; rows]);
            let arguments = [&[I32(rows as i32)], &matrix[..], &[Ptr(y)]].concat();
            device.launch(
                kernel,
                [threads.div_ceil(32) as u32, 1, 1],
                [32, 1, 1],
                0,
                &arguments,
            );
            assert_close(&device.get(y, rows), &want, 1e-5);
        }
    }
}

#[test]
fn nbody() {
    for shape in shapes() {
        let mut device = Device::new(shape, "nbody");
        let n = 50;
        let bodies = Numbers(1).floats(4 * n);
        let (x, y) = (device.put(&bodies), device.put(&vec![0.0f32; 4 * n]));
        device.launch(
            "nbody",
            [2, 1, 1],
            [32, 1, 1],
            32 * 16,
            &[Ptr(x), Ptr(y), I32(n as i32)],
        );
        let wide: Vec<f64> = bodies.iter().map(|&a| f64::from(a)).collect();
        let mut want = Vec::new();
        for a in wide.chunks(4) {
            let mut sum = [0.0; 4];
            for b in wide.chunks(4) {
                let r = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
                let squared: f64 = r.iter().map(|r| r * r).sum::<f64>() + 0.01;
                let scale = b[3] / squared.powf(1.5);
                r.iter()
                    .zip(&mut sum)
                    .for_each(|(r, sum)| *sum += r * scale);
            }
            want.extend(sum);
        }
        assert_close(&device.get(y, 4 * n), &want, 3e-4);
    }
}

#[test]
fn softmax() {
    for shape in shapes() {
        let mut device = Device::new(shape, "softmax");
        let (rows, columns) = (3, 75);
        let a: Vec<f32> = Numbers(1)
            .floats(rows * columns)
            .iter()
            .map(|a| a * 20.0)
            .collect();
        let (x, y) = (device.put(&a), device.put(&vec![0.0f32; rows * columns]));
        let arguments = [Ptr(x), Ptr(y), I32(columns as i32)];
        device.launch("softmax", [rows as u32, 1, 1], [32, 1, 1], 0, &arguments);
        let mut want = Vec::new();
        for row in a.chunks(columns) {
            let powers: Vec<f64> = row.iter().map(|&a| f64::from(a).exp()).collect();
            let sum: f64 = powers.iter().sum();
            want.extend(powers.iter().map(|power| power / sum));
        }
        assert_close(&device.get(y, rows * columns), &want, 1e-6);
    }
}

#[test]
fn rmsnorm() {
    for shape in shapes() {
        let mut device = Device::new(shape, "rmsnorm");
        let (rows, columns) = (3, 90);
        let (a, weight) = (
            Numbers(1).floats(rows * columns),
            Numbers(2).floats(columns),
        );
        let (x, w, y) = (
            device.put(&a),
            device.put(&weight),
            device.put(&vec![0.0f32; rows * columns]),
        );
        let arguments = [Ptr(x), Ptr(w), Ptr(y), I32(columns as i32), F32(1e-5)];
        device.launch("rmsnorm", [rows as u32, 1, 1], [32, 1, 1], 0, &arguments);
        let mut want = Vec::new();
        for row in a.chunks(columns) {
            let mean = row
                .iter()
                .map(|&a| f64::from(a) * f64::from(a))
                .sum::<f64>()
                / columns as f64;
            let scale = 1.0 / (mean + 1e-5).sqrt();
            want.extend(
                row.iter()
                    .zip(&weight)
                    .map(|(&a, &w)| f64::from(a) * scale * f64::from(w)),
            );
        }
        assert_close(&device.get(y, rows * columns), &want, 1e-6);
    }
}

#[test]
fn rope() {
    for shape in shapes() {
        let mut device = Device::new(shape, "rope");
        let (tokens, heads, size) = (3, 4, 16);
        let a = Numbers(1).floats(tokens * heads * size);
        let places = [0, 5, 200];
        let (x, positions) = (device.put(&a), device.put(&places));
        let arguments = [
            Ptr(x),
            Ptr(positions),
            I32(heads as i32),
            I32(size as i32),
            F32(10000.0),
        ];
        device.launch("rope", [1, tokens as u32, 1], [32, 1, 1], 0, &arguments);
        let mut want = Vec::new();
        for (pair, v) in a.chunks(2).enumerate() {
            let i = (pair % (size / 2)) as f64;
            let place = f64::from(places[pair / (heads * size / 2)]);
            let (sine, cosine) = (place * 10000f64.powf(-2.0 * i / size as f64)).sin_cos();
            let [a, b] = [f64::from(v[0]), f64::from(v[1])];
            want.extend([a * cosine - b * sine, a * sine + b * cosine]);
        }
        // The angle is rounded: 200 has its last place at 1.5e-5.
        assert_close(&device.get(x, a.len()), &want, 5e-5);
    }
}

#[test]
fn spin_lock_list() {
    for shape in shapes() {
        let mut device = Device::new(shape, "spin_lock_list");
        let n = 40;
        let mut numbers = Numbers(1);
        let mut nodes = vec![i32::MIN, -1, 0];
        let mut keys: Vec<i32> = (0..n).map(|_| numbers.below(100) as i32).collect();
        keys.iter().for_each(|&key| nodes.extend([key, -7, 0]));
        let list = device.put(&nodes);
        device.launch(
            "spin_lock_list",
            [2, 1, 1],
            [32, 1, 1],
            0,
            &[Ptr(list), I32(n)],
        );
        let nodes = device.get::<i32>(list, nodes.len());
        let (mut found, mut at) = (Vec::new(), nodes[1]);
        while at >= 0 && found.len() < keys.len() {
            found.push(nodes[3 * at as usize]);
            at = nodes[3 * at as usize + 1];
        }
        keys.sort_unstable();
        assert_eq!((found, at), (keys, -1));
        assert!(nodes.chunks(3).all(|node| node[2] == 0), "a lock is held");
    }
}

#[test]
fn bfs() {
    for shape in shapes() {
        let mut device = Device::new(shape, "bfs");
        let nodes = 100;
        let mut numbers = Numbers(1);
        let (mut starts, mut edges) = (vec![0], Vec::new());
        for node in 0..nodes {
            // A long chain through the first part, few edges elsewhere, some nodes out of reach.
            if node < 25 {
                edges.push(node + 1);
            } else if node < 90 {
                edges.extend(
                    (0..numbers.below(3))
                        .map(|_| numbers.below(90) as i32)
                        .collect::<Vec<_>>(),
                );
            }
            starts.push(edges.len() as i32);
        }
        let mut first = vec![-1; nodes as usize];
        first[0] = 0;
        let (s, e, d) = (device.put(&starts), device.put(&edges), device.put(&first));
        device.launch(
            "bfs",
            [1; 3],
            [32, 1, 1],
            0,
            &[I32(nodes), Ptr(s), Ptr(e), Ptr(d)],
        );
        let mut want = first;
        let mut queue = std::collections::VecDeque::from([0usize]);
        while let Some(node) = queue.pop_front() {
            for &edge in &edges[starts[node] as usize..starts[node + 1] as usize] {
                if want[edge as usize] < 0 {
                    want[edge as usize] = want[node] + 1;
                    queue.push_back(edge as usize);
                }
            }
        }
        assert!(want.contains(&-1) && want.iter().any(|&distance| distance > 20));
        assert_eq!(device.get::<i32>(d, nodes as usize), want);
    }
}

#[test]
fn recursive() {
    fn ackermann(m: i32, n: i32) -> i32 {
        match (m, n) {
            (0, _) => n + 1,
            (_, 0) => ackermann(m - 1, 1),
            _ => ackermann(m - 1, ackermann(m, n - 1)),
        }
    }
    for shape in shapes() {
        let mut device = Device::new(shape, "recursive");
        let (n, length) = (40usize, 17usize);
        let keys = Numbers(1).integers(n * length);
        let (x, rows) = (device.put(&vec![0i32; n]), device.put(&keys));
        let arguments = [Ptr(x), Ptr(rows), I32(length as i32), I32(n as i32)];
        device.launch("recursive", [2, 1, 1], [32, 1, 1], 0, &arguments);
        let want: Vec<i32> = (0..n as i32).map(|i| ackermann(i % 3, i % 4)).collect();
        assert_eq!(device.get::<i32>(x, n), want);
        let mut want = keys;
        want.chunks_mut(length).for_each(<[i32]>::sort);
        assert_eq!(device.get::<i32>(rows, n * length), want);
    }
}

#[test]
fn divergence() {
    for shape in shapes() {
        let mut device = Device::new(shape, "divergence");
        let n = 60;
        let mut numbers = Numbers(1);
        let data: Vec<u32> = (0..n).map(|_| numbers.below(5000) + 1).collect();
        let (x, y) = (device.put(&data), device.put(&vec![0u32; n as usize]));
        device.launch(
            "divergence",
            [2, 1, 1],
            [32, 1, 1],
            0,
            &[Ptr(x), Ptr(y), I32(n)],
        );
        let want: Vec<u32> = data
            .iter()
            .map(|&value| {
                let (mut x, mut steps) = (value, 0u32);
                while x > 1 {
                    x = if x % 2 == 0 { x / 2 } else { 3 * x + 1 };
                    steps += 1;
                }
                let kind = match value % 5 {
                    0 => steps * 7,
                    1 => steps ^ 0x55,
                    2 => steps << 3,
                    3 => !steps,
                    _ => steps / 3,
                };
                let found = (2..64).find(|d| value % d == 0).unwrap_or(0);
                kind.wrapping_add(found << 16)
            })
            .collect();
        assert_eq!(device.get::<u32>(y, n as usize), want);
    }
}

#[test]
fn arguments() {
    for shape in shapes() {
        let mut device = Device::new(shape, "arguments");
        let out = device.put(&[0i32; 16]);
        let large = device.put(&[1, 2, 3, 4, 5, 6, 7, 88]);
        let floats = [0.25, -1.5, 3.0, 4.0, 5.0, 6.0, 7.5].map(F32);
        // The structures are taken apart where their members find registers; `h6` and what is behind it do not.
        let arguments = [
            &[
                Ptr(out),
                I32(-1),
                U32(0x8000_0001),
                I64(-3 << 32),
                U32(200),
                U32(1),
                F32(2.5),
                I32(-6),
            ][..],
            &[I32(77), I32(88), F32(10.5), F32(11.5)],
            &floats,
            &[I64(5 << 32), Ptr(large)],
        ]
        .concat();
        device.launch("arguments", [1; 3], [8, 1, 1], 0, &arguments);
        let bits = |value: f32| value.to_bits() as i32;
        let want = [
            -1,
            i32::MIN + 1,
            -3,
            200,
            1,
            bits(2.5),
            -6,
            77,
            88,
            bits(10.5),
            bits(11.5),
            bits(0.25),
            bits(6.0),
            bits(7.5),
            5,
            88,
        ];
        assert_eq!(device.get::<i32>(out, 16), want);
    }
}

#[test]
fn warp_functions() {
    for shape in shapes() {
        let mut device = Device::new(shape, "warp_functions");
        let n = 32;
        let mut numbers = Numbers(1);
        let data: Vec<i32> = (0..n).map(|_| numbers.below(100) as i32).collect();
        let (x, y) = (device.put(&data), device.put(&vec![0i32; 12 * n]));
        device.launch(
            "warp_functions",
            [1; 3],
            [n as u32, 1, 1],
            0,
            &[Ptr(x), Ptr(y)],
        );
        let lanes = shape.lanes;
        let mut want = Vec::new();
        for warp in data.chunks(lanes) {
            let ballot = |which: &dyn Fn(usize) -> bool| -> i32 {
                (0..lanes)
                    .filter(|&lane| which(lane))
                    .map(|lane| 1 << lane)
                    .sum()
            };
            for lane in 0..lanes {
                let lower = lane < lanes / 2;
                let half = |other: usize| (other < lanes / 2) == lower;
                let in_four = lane % 4 < 2;
                want.extend([
                    i32::from(warp.iter().any(|&value| value > 90)),
                    i32::from(warp.iter().all(|&value| value > 10)),
                    ballot(&|other| warp[other] & 1 == 1),
                    warp[(lane + 1) % lanes],
                    warp[lane.saturating_sub(1)],
                    warp[if in_four { lane + 2 } else { lane }],
                    warp[lane ^ 1],
                    warp[0],
                    2 * warp[lane ^ 2],
                    ballot(&|other| half(other) && warp[other] & 1 == 1),
                    if lower {
                        ballot(&|other| half(other) && warp[other] > 50) + (ballot(&half) << 16)
                    } else {
                        0
                    },
                    lanes as i32,
                ]);
            }
        }
        let got = device.get::<i32>(y, 12 * n);
        for (thread, (got, want)) in got.chunks(12).zip(want.chunks(12)).enumerate() {
            assert_eq!(got, want, "thread {thread} of {shape:?}");
        }
    }
}

#[test]
fn atomics() {
    for shape in shapes() {
        let mut device = Device::new(shape, "atomics");
        let n = 100i32;
        let out = device.put(&[0, 0, i32::MAX, i32::MIN, -1, 0, 0, 0]);
        let positive = device.put(&[u32::MAX, 0, 0, 0, 0]);
        let wide = device.put(&[0, 0, u64::MAX, 0, 0]);
        let sum = device.put(&[0.25f32]);
        let arguments = [out, positive, wide, sum].map(Ptr);
        device.launch("atomics", [5, 1, 1], [20, 1, 1], 0, &arguments);
        let all = 0..n;
        let total: i32 = all.clone().sum();
        assert_eq!(
            device.get::<i32>(out, 8),
            [
                total,
                -total,
                50 - (n - 1),
                n - 1 - 50,
                1 << 31,
                i32::MAX,
                all.clone().fold(0, |a, i| a ^ i),
                2 * n,
            ]
        );
        // Up and down a counter that wraps behind 9: a hundred steps are ten rounds.
        assert_eq!(
            device.get::<u32>(positive, 5),
            [1 << 31, (1 << 31) + 99, 0, 0, 7]
        );
        let big = 1u64 << 40;
        assert_eq!(
            device.get::<u64>(wide, 5),
            [
                100 * big + total as u64,
                big + 99,
                big,
                all.fold(0, |a, i| a ^ (big * i as u64)),
                u64::MAX,
            ]
        );
        assert_eq!(device.get::<f32>(sum, 1), [0.25 + 0.5 * n as f32]);
    }
}

/// A launch with more than one dimension, and arguments that no kernel reads.
#[test]
fn arguments_that_nothing_reads_do_no_harm() {
    let mut device = Device::new(shapes()[1], "vector_add");
    let (x, y) = (device.put(&[1.5f32, 2.5]), device.put(&[0.0f32; 2]));
    let arguments = [Ptr(x), Ptr(x), Ptr(y), I32(2), U64(u64::MAX), F32(1.0)];
    device.launch("vector_add", [1, 2, 2], [8, 1, 1], 0, &arguments);
    assert_eq!(device.get::<f32>(y, 2), [3.0, 5.0]);
}
