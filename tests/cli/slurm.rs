//! `gpnpu regress --backend slurm` on a cluster of this machine alone, which the test starts.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::regress::crashing;
use crate::support::{Project, Ran};

/// A cluster with one node, in a folder of its own.
struct Cluster {
    folder: tempfile::TempDir,
    daemons: Vec<Child>,
}

fn find(name: &str) -> Option<String> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let mut paths = folders.iter().map(|folder| format!("{folder}/{name}"));
    paths.find(|path| Path::new(path).is_file())
}

fn said(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Cluster {
    /// None, with the reason, where Slurm is not installed.
    fn start() -> Result<Self, String> {
        let mut programs = Vec::new();
        for name in ["munged", "slurmctld", "slurmd", "sbatch", "squeue"] {
            let missing = format!("`{name}` is not installed (Debian: slurm-wlm)");
            programs.push(find(name).ok_or(missing)?);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (host, user) = (said("hostname", &["-s"]), said("id", &["-un"]));
        for name in ["state", "spool"] {
            fs::create_dir(path(name)).unwrap();
        }
        let key: Vec<u8> = (0..1024_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect();
        fs::write(path("key"), key).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(path("key"), mode).unwrap();
        let conf = format!(
            "ClusterName=test\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser={user}\nSlurmdUser={user}\nSlurmctldPort={}\n\
             SlurmdPort={}\nAuthType=auth/munge\nAuthInfo=socket={}\nCredType=cred/munge\nStateSaveLocation={}\n\
             SlurmdSpoolDir={}\nSlurmctldPidFile={}\nSlurmdPidFile={}\nProctrackType=proctrack/pgid\nTaskPlugin=task/none\n\
             SwitchType=switch/none\nMpiDefault=none\nJobAcctGatherType=jobacct_gather/none\n\
             AccountingStorageType=accounting_storage/none\nSelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n\
             SlurmdParameters=config_overrides\nReturnToService=2\nSchedulerParameters=sched_interval=1,batch_sched_delay=0\n\
             NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN\n\
             PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP\n",
            free_port(),
            free_port(),
            path("munge.sock"),
            path("state"),
            path("spool"),
            path("ctld.pid"),
            path("slurmd.pid"),
        );
        fs::write(path("slurm.conf"), conf).unwrap();
        let mut cluster = Self {
            folder,
            daemons: Vec::new(),
        };
        let path = |name: &str| cluster.path(name);
        let munged = [
            "--foreground".to_owned(),
            "--force".to_owned(),
            format!("--socket={}", path("munge.sock")),
            format!("--key-file={}", path("key")),
            format!("--pid-file={}", path("munged.pid")),
            format!("--log-file={}", path("munged.log")),
            format!("--seed-file={}", path("seed")),
        ];
        let foreground = ["-D".to_owned()];
        let daemons = [
            (&programs[0], &munged[..], "munged"),
            (&programs[1], &foreground[..], "slurmctld"),
            (&programs[2], &foreground[..], "slurmd"),
        ];
        for (program, arguments, name) in daemons {
            cluster.spawn(program, arguments, name);
            std::thread::sleep(Duration::from_secs(1));
        }
        let begun = Instant::now();
        while !cluster
            .call("sinfo", &["--noheader", "--format=%T"])
            .contains("idle")
        {
            if begun.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(cluster.path("slurmctld.out")).unwrap_or_default();
                panic!("the cluster does not come up: {log}");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(cluster)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn spawn(&mut self, program: &str, arguments: &[String], name: &str) {
        let out = fs::File::create(self.path(&format!("{name}.out"))).unwrap();
        let daemon = Command::new(program)
            .args(arguments)
            .env("SLURM_CONF", self.path("slurm.conf"))
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        self.daemons.push(daemon);
    }

    fn call(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new(program)
            .args(arguments)
            .env("SLURM_CONF", self.path("slurm.conf"))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn regress(&self, project: &Project, arguments: &[&str]) -> Ran {
        let file = "[slurm]\nbatch = 1\nrequeue = 2\npoll = 0.2\n";
        fs::write(project.path("gpnpu.toml"), file).unwrap();
        let arguments = [
            &["regress"],
            arguments,
            &["--bundles", "0", "--format", "json"],
        ]
        .concat();
        let mut command = project.command(&arguments);
        command.env("SLURM_CONF", self.path("slurm.conf"));
        Ran::from(command.output().unwrap())
    }

    fn stop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            // Slurm's step managers end with their jobs, which are over.
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
        self.daemons.clear();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn a_cluster_gives_the_same_results_and_lost_tasks_are_queued_again() {
    let mut cluster = match Cluster::start() {
        Ok(cluster) => cluster,
        Err(reason) => {
            eprintln!("skipped: {reason}");
            return;
        }
    };
    let project = Project::faulty();
    let arguments = ["common_fifo", "--seeds", "4"];
    let local = cluster.regress(&project, &arguments).exits(100).json();
    let slurm = [&arguments[..], &["--backend", "slurm"]].concat();
    let ran = cluster
        .regress(&project, &slurm)
        .exits(100)
        .says("as job array");
    let there = ran.json();
    assert_eq!(there["digest"], local["digest"]);
    assert_eq!(there["coverage"], local["coverage"]);
    assert_eq!(there["counts"], local["counts"]);

    // The process of a task dies with whatever else it had: the others get their results all the same.
    let project = crashing();
    let arguments = ["common_fifo::smoke", "--seeds", "2", "--backend", "slurm"];
    let ran = cluster
        .regress(&project, &arguments)
        .exits(100)
        .says("lost")
        .says(" ended without ");
    let value = ran.json();
    for case in value["cases"].as_array().unwrap() {
        let crashed = case["config"] == "w8d1";
        assert_eq!(case["outcome"] == "failed", crashed, "{case}");
        assert!(
            !crashed || case["kind"] == "crash of its Slurm task",
            "{case}"
        );
    }
    assert_eq!(value["counts"]["passed"], 4);

    cluster.stop();
    cluster
        .regress(&project, &["common_fifo::smoke", "--backend", "slurm"])
        .exits(1)
        .says("Slurm does not answer, or refuses: `sbatch` says: ");
}

#[test]
fn a_machine_without_slurm_says_so() {
    let project = Project::new();
    let mut command = project.command(&["regress", "common_fifo::smoke", "--backend", "slurm"]);
    let compiler = ["/bin", "/usr/bin"].iter().find_map(|folder| {
        let path = Path::new(folder).join("c++");
        path.is_file().then_some(path)
    });
    // A search path with everything that building needs, but for Slurm.
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "sh", "git", "as", "ld", "cc", "g++", "c++", "clang++", "python3", "perl",
    ] {
        if let Some(path) =
            find(name).or_else(|| compiler.as_ref().map(|path| path.display().to_string()))
        {
            let _ = std::os::unix::fs::symlink(path, folder.path().join(name));
        }
    }
    command.env("PATH", folder.path());
    Ran::from(command.output().unwrap())
        .exits(101)
        .says("`sbatch` cannot be run")
        .says("slurm-client");
}
