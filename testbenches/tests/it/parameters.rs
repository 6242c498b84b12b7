//! Parameters of the memory that cannot work are errors of elaboration that name what was set and what it needs: every
//! elaboration `$error` is seen to fire, and a new one needs a case here.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::manifest::{Block, Config, Manifest, Parameter};
use gpnpu_bridge::ports::Layout;
use gpnpu_bridge::toolchain::Toolchain;

/// What is elaborated, what is set of it, and what is said.
struct Refused {
    block: &'static str,
    top: &'static str,
    set: &'static [(&'static str, i64)],
    says: &'static [&'static str],
}

const fn top(set: &'static [(&'static str, i64)], says: &'static [&'static str]) -> Refused {
    of("mem3d", "mem3d", set, says)
}

const fn vault(set: &'static [(&'static str, i64)], says: &'static [&'static str]) -> Refused {
    of("mem3d_vault", "mem3d_vault", set, says)
}

const fn of(
    block: &'static str,
    top: &'static str,
    set: &'static [(&'static str, i64)],
    says: &'static [&'static str],
) -> Refused {
    Refused {
        block,
        top,
        set,
        says,
    }
}

/// The defaults are those of `hbm3`. 0 is the value that breaks most besides.
const REFUSED: &[Refused] = &[
    // Ports, vaults, places.
    top(
        &[("Ports", 9)],
        &["mem3d: Ports is 9, needs to be from 1 to 8"],
    ),
    top(
        &[("Ports", 0)],
        &["mem3d: Ports is 0, needs to be from 1 to 8"],
    ),
    top(
        &[("Vaults", 3)],
        &[
            "mem3d: Vaults is 3, needs to be a power of two from 1 to 16",
            "mem3d_map: Vaults is 3, needs to be a power of two from 1 to 16",
        ],
    ),
    top(
        &[("Vaults", 32)],
        &["mem3d: Vaults is 32, needs to be a power of two from 1 to 16"],
    ),
    top(
        &[("Vaults", 0)],
        &["mem3d: Vaults is 0, needs to be a power of two from 1 to 16"],
    ),
    top(
        &[("RobLines", 1)],
        &["mem3d_axi_read: RobLines is 1, needs to be from 2 to 512"],
    ),
    top(
        &[("RobLines", 513)],
        &["mem3d_axi_read: RobLines is 513, needs to be from 2 to 512"],
    ),
    top(
        &[("RobLines", 0)],
        &["mem3d_axi_read: RobLines is 0, needs to be from 2 to 512"],
    ),
    of(
        "mem3d",
        "mem3d_arbiter",
        &[("Count", 0)],
        &["mem3d_arbiter: Count is 0, needs to be at least 1"],
    ),
    // A field twice, a field missing, a sixth one.
    top(
        &[("MapOrder", 0x5_4212)],
        &[
            "mem3d_map: MapOrder is 0x54212, needs each of the digits 1 to 5 once, or addresses alias",
        ],
    ),
    top(
        &[("MapOrder", 0x4213)],
        &[
            "mem3d_map: MapOrder is 0x4213, needs each of the digits 1 to 5 once, or addresses alias",
        ],
    ),
    top(
        &[("MapOrder", 0x15_4213)],
        &[
            "mem3d_map: MapOrder is 0x154213, needs each of the digits 1 to 5 once, or addresses alias",
        ],
    ),
    // The organisation of the die.
    top(
        &[("BankGroups", 3), ("Rows", 1000), ("RowBytes", 32)],
        &[
            "mem3d_map: BankGroups is 3, needs to be a power of two",
            "mem3d_map: Rows is 1000, needs to be a power of two from 1 to 65536",
            "mem3d_map: RowBytes is 32, needs to be a power of two from 64 to 2048",
            "mem3d_vault: BankGroups is 3, needs to be a power of two from 1 to 32",
            "mem3d_vault: Rows is 1000, needs to be a power of two from 2 to 65536",
            "mem3d_vault: RowBytes is 32, needs to be a power of two from 64 to 2048",
        ],
    ),
    top(
        &[("BanksPerGroup", 12), ("Rows", 131_072), ("RowBytes", 4096)],
        &[
            "mem3d_map: BanksPerGroup is 12, needs to be a power of two",
            "mem3d_map: BankGroups * BanksPerGroup is 48, needs to be at most 32",
            "mem3d_map: Rows is 131072, needs to be a power of two from 1 to 65536",
            "mem3d_map: RowBytes is 4096, needs to be a power of two from 64 to 2048",
            "mem3d_vault: BanksPerGroup is 12, needs to be a power of two from 1 to 32",
            "mem3d_vault: BankGroups * BanksPerGroup is 48, needs to be from 2 to 32",
        ],
    ),
    top(
        &[("BankGroups", 0), ("Rows", 0)],
        &[
            "mem3d_vault: BankGroups is 0, needs to be a power of two from 1 to 32",
            "mem3d_vault: Rows is 0, needs to be a power of two from 2 to 65536",
        ],
    ),
    vault(
        &[("BankGroups", 1), ("BanksPerGroup", 1), ("Rows", 1)],
        &[
            "mem3d_vault: BankGroups * BanksPerGroup is 1, needs to be from 2 to 32",
            "mem3d_vault: Rows is 1, needs to be a power of two from 2 to 65536",
        ],
    ),
    vault(
        &[("BanksPerGroup", 0)],
        &["mem3d_vault: BanksPerGroup is 0, needs to be a power of two from 1 to 32"],
    ),
    // Queues.
    vault(
        &[("ReadQueue", 0), ("WriteQueue", 12)],
        &[
            "mem3d_vault: ReadQueue is 0, needs to be a power of two from 8 to 256",
            "mem3d_vault: WriteQueue is 12, needs to be a power of two from 8 to 256",
        ],
    ),
    top(
        &[("ReadQueue", 512), ("WriteQueue", 4)],
        &[
            "mem3d_vault: ReadQueue is 512, needs to be a power of two from 8 to 256",
            "mem3d_vault: WriteQueue is 4, needs to be a power of two from 8 to 256",
        ],
    ),
    // Times that a counter cannot hold.
    top(
        &[("TCk", 0)],
        &["mem3d_vault: TCk is 0 ps, needs to be from 100 to 10000"],
    ),
    vault(
        &[("TCk", 10_001)],
        &["mem3d_vault: TCk is 10001 ps, needs to be from 100 to 10000"],
    ),
    vault(
        &[
            ("TRcd", 0),
            ("TRp", 0),
            ("TRas", 0),
            ("TRc", 0),
            ("TRrdS", 0),
            ("TRrdL", 0),
            ("TCcdS", 0),
            ("TCcdL", 0),
            ("TRtp", 0),
            ("TRfcAb", 0),
            ("TRfcPb", 0),
            ("TRrefd", 0),
            ("TRfm", 0),
            ("TRefi", 0),
        ],
        &[
            "mem3d_vault: TRcd is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRp is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRas is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRc is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRrdS is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRrdL is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TCcdS is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TCcdL is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRtp is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRfcAb is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRfcPb is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRrefd is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRfm is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TRefi is 0 ps, needs to be from 1 to 81918750",
        ],
    ),
    vault(
        &[("TFaw", 0), ("TCl", 0), ("TCwl", 0), ("TBurst", 0)],
        &[
            "mem3d_vault: TFaw is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TCl is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TCwl is 0 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TBurst is 0 ps, needs to be from 1 to 81918750",
        ],
    ),
    vault(
        &[
            ("TRefi", 81_918_751),
            ("TTurn", 81_918_751),
            ("TWr", 81_918_751),
            ("TWtrS", 81_918_751),
            ("TWtrL", 81_918_751),
            ("TXp", 81_918_751),
            ("TPd", 81_918_751),
            ("TXs", 81_918_751),
            ("TSr", 4_294_967_295),
        ],
        &[
            "mem3d_vault: TRefi is 81918751 ps, needs to be from 1 to 81918750",
            "mem3d_vault: TTurn is 81918751 ps, needs to be from 0 to 81918750",
            "mem3d_vault: TWr is 81918751 ps, needs to be from 0 to 81918750",
            "mem3d_vault: TWtrS is 81918751 ps, needs to be from 0 to 81918750",
            "mem3d_vault: TWtrL is 81918751 ps, needs to be from 0 to 81918750",
            "mem3d_vault: TXp is 81918751 ps, needs to be from 0 to 81918750",
            "mem3d_vault: TPd is 81918751 ps, needs to be from 0 to 81918750",
            "mem3d_vault: TXs is 81918751 ps, needs to be from 0 to 81918750",
            "mem3d_vault: TSr is 4294967295 ps, needs to be from 0 to 81918750",
        ],
    ),
    // Times that contradict each other, each at the last value that is refused.
    top(
        &[("TRc", 44_349)],
        &["mem3d_vault: TRc is 44349 ps, needs to be at least TRas + TRp, 44350"],
    ),
    vault(
        &[("TRcd", 28_101), ("TRrdL", 2499)],
        &[
            "mem3d_vault: TRcd is 28101 ps, needs to be at most TRas, 28100",
            "mem3d_vault: TRrdL is 2499 ps, needs to be at least TRrdS, 2500",
        ],
    ),
    vault(
        &[("TBurst", 1251), ("TWtrL", 4399)],
        &[
            "mem3d_vault: TBurst is 1251 ps, needs to be 2 * TCk, 1250",
            "mem3d_vault: TCcdS is 1250 ps, needs to be at least TBurst, 1251",
            "mem3d_vault: TWtrL is 4399 ps, needs to be at least TWtrS, 4400",
        ],
    ),
    vault(
        &[("TCcdL", 1249), ("TFaw", 3750)],
        &[
            "mem3d_vault: TCcdL is 1249 ps, needs to be at least TCcdS, 1250",
            "mem3d_vault: TFaw is 3750 ps, needs to be more than 3 clocks, 3750",
        ],
    ),
    vault(
        &[("TCwl", 2500)],
        &["mem3d_vault: TCwl is 2500 ps, needs to be more than 2 clocks, 2500"],
    ),
    vault(
        &[("TCwl", 15_000)],
        &["mem3d_vault: TCwl is 15000 ps, needs to be less than TCl + TBurst + TTurn, 15000"],
    ),
    // Refreshes that do not fit into a quarter of their interval, or a count that nothing takes down.
    top(
        &[("TRefi", 1_465_000)],
        &["mem3d_vault: TRefi is 1465000 ps, needs to be more than 4 * (TRp + TRfcAb), 1465000"],
    ),
    vault(
        &[("TRfcAb", 4_000_000)],
        &["mem3d_vault: TRefi is 3900000 ps, needs to be more than 4 * (TRp + TRfcAb), 16065000"],
    ),
    vault(
        &[("TRfcPb", 958_750), ("TRrefd", 60_938)],
        &[
            "mem3d_vault: TRefi is 3900000 ps, needs to be more than 4 * (TRp + TRfcPb), 3900000",
            "mem3d_vault: TRefi is 3900000 ps, needs to be more than 4 * banks * TRrefd, 3900032",
        ],
    ),
    vault(
        &[("RaaImt", 481)],
        &["mem3d_vault: RaaImt is 481, needs to be from 1 to RaaMmt, 480, that at most 1023; or 0"],
    ),
    vault(
        &[("RaaImt", 0)],
        &["mem3d_vault: RaaImt is 0, needs to be from 1 to RaaMmt, 480, that at most 1023; or 0"],
    ),
    vault(
        &[("RaaMmt", 1024)],
        &["mem3d_vault: RaaImt is 80, needs to be from 1 to RaaMmt, 1024, that at most 1023; or 0"],
    ),
    // What the memory is built of.
    of(
        "common_fifo",
        "common_fifo",
        &[("Width", 0), ("Depth", 0)],
        &[
            "common_fifo: Width is 0, needs to be at least 1",
            "common_fifo: Depth is 0, needs to be at least 1",
        ],
    ),
    of(
        "common_axi_ram",
        "common_axi_ram",
        &[("DataBits", 32)],
        &["common_axi_ram: DataBits is 32, needs to be 64, 128, 256 or 512"],
    ),
    of(
        "common_axi_ram",
        "common_axi_ram",
        &[("SizeBytes", 64), ("Latency", 0)],
        &[
            "common_axi_ram: SizeBytes is 64, needs to be a power of two of at least 128",
            "common_axi_ram: Latency is 0, needs to be at least 1",
        ],
    ),
];

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
}

/// What is wrong with the answer to a case.
fn judge(tools: &Toolchain, manifest: &Manifest, case: &Refused) -> Option<String> {
    let block = Block {
        top: case.top.to_owned(),
        ..manifest.block(case.block).expect("a block").clone()
    };
    let parameters = case.set.iter();
    let config = Config {
        name: "refused".to_owned(),
        parameters: parameters
            .map(|(name, value)| ((*name).to_owned(), Parameter::Integer(*value)))
            .collect(),
    };
    let said = match Layout::elaborate(tools, manifest, &block, &config) {
        Err(BridgeError::Build { output, .. }) => output,
        Err(other) => other.to_string(),
        Ok(_) => "nothing".to_owned(),
    };
    let whole = |says: &&&str| {
        !said
            .lines()
            .any(|line| line.ends_with(&format!(": {says}")))
    };
    let unsaid: Vec<_> = case.says.iter().filter(whole).collect();
    (!unsaid.is_empty()).then(|| {
        format!(
            "{} with {:?} does not say {unsaid:#?}, but:\n{said}",
            case.top, case.set
        )
    })
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    let tools = Toolchain::find(project()).expect("the tools are set up");
    let manifest = Manifest::read(&project().join("rtl")).expect("rtl/configs.toml");
    let (next, faults) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = REFUSED.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fault = judge(&tools, &manifest, case);
                    faults.lock().expect("no thread panics").extend(fault);
                }
            });
        }
    });
    let faults = faults.into_inner().expect("no thread panics");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The formats of the elaboration checks of a source: `$error` outside of assertions, `module: ...`.
fn checks(source: &str) -> Vec<String> {
    source
        .split("$error(\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .filter(|format| format.starts_with("mem3d") || format.starts_with("common"))
        .collect()
}

/// Whether a message is of this format: its fixed parts are there in their order, and nothing before or after them.
fn is_of(message: &str, format: &str) -> bool {
    let mut pieces = format.split('%');
    let Some(mut rest) = pieces.next().and_then(|first| message.strip_prefix(first)) else {
        return false;
    };
    // A conversion such as `%0d` is over with its letter.
    let mut pieces = pieces
        .map(|piece| piece.trim_start_matches(|c: char| c.is_ascii_digit()))
        .map(|piece| piece.get(1..).unwrap_or_default());
    let last = pieces.next_back();
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[test]
fn every_elaboration_check_of_the_memory_has_a_case() {
    let manifest = Manifest::read(&project().join("rtl")).expect("rtl/configs.toml");
    let of_memory = |block: &&Block| {
        ["mem3d", "common"]
            .iter()
            .any(|stem| block.stem.starts_with(stem))
    };
    let mut formats: Vec<String> = manifest
        .blocks()
        .iter()
        .filter(of_memory)
        .flat_map(|block| &block.sources)
        .flat_map(|source| checks(&std::fs::read_to_string(source).expect("a source")))
        .collect();
    formats.sort();
    formats.dedup();
    assert!(formats.len() > 30, "only {} checks found", formats.len());
    let shown = |format: &&String| {
        let mut says = REFUSED.iter().flat_map(|case| case.says);
        says.any(|message| is_of(message, format))
    };
    let unshown: Vec<_> = formats.iter().filter(|format| !shown(format)).collect();
    assert!(unshown.is_empty(), "no case shows {unshown:#?}");
}

#[test]
fn a_message_is_of_its_format_alone() {
    assert!(is_of("a: B is 3, needs 0x1f", "a: B is %0d, needs 0x%0h"));
    assert!(is_of("a: B is 3 ps", "a: %0s is %0d ps"));
    assert!(!is_of("a: B is 3, needs 0x1f", "a: C is %0d, needs 0x%0h"));
    assert!(!is_of(
        "a: B is 3, needs 4 or more",
        "a: B is %0d, needs %0d or"
    ));
}
