#!/bin/sh
# Compiles the public RISC-V tests for RV64IMAF with clang-19 and runs each on the processor, held against golden:
#
#   simt/riscv_tests.sh CHECKOUT [OPTIONS OF gpnpu exec]
#
# CHECKOUT is a clone of https://github.com/riscv-software-src/riscv-tests with its submodule `env`. Without options
# one lane runs each test.
set -u
if [ ! -f "${1:-}/env/p/riscv_test.h" ]; then
  echo "usage: $0 CHECKOUT [OPTIONS]; CHECKOUT/env/p/riscv_test.h expected: git clone --recurse-submodules" >&2
  exit 2
fi
checkout=$1
shift
[ $# -gt 0 ] || set -- --block 1
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0
for source in "$checkout"/isa/rv64ui/*.S "$checkout"/isa/rv64um/*.S "$checkout"/isa/rv64ua/*.S "$checkout"/isa/rv64uf/*.S; do
  name=$(basename "$(dirname "$source")")-p-$(basename "$source" .S)
  # This processor has no misaligned accesses: the test that wants them has to end with a fault.
  [ "$name" = rv64ui-p-ma_data ] && expected=3 || expected=0
  if "${GPNPU_CLANG:-clang-19}" --target=riscv64-unknown-elf -march=rv64imaf_zicsr_zifencei -mabi=lp64f -mcmodel=medany \
      -nostdlib -static "-fuse-ld=${GPNPU_LLD:-lld-19}" "-I$checkout/env/p" "-I$checkout/isa/macros/scalar" \
      "-T$root/simt/gpnpu.ld" "$source" -o "$folder/$name" 2> "$folder/log"; then
    "$root/gpnpu" exec "$folder/$name" "$@" > "$folder/log" 2>&1
    status=$?
  else
    status="clang $?"
  fi
  if [ "$status" = "$expected" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$name: exit status $status, $expected expected"
    cat "$folder/log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
