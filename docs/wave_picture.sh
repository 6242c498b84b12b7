#!/bin/sh
# Makes docs/failure.png, the picture in the README: plants one fault, lets the random test find it and shows the
# bundle's waves in GTKWave. Needs gtkwave, xvfb, xdotool and imagemagick.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"; kill "${viewer:-}" "${screen:-}" 2>/dev/null || true' EXIT
cp -r "$root/rtl" "$copy/rtl"
mkdir -p "$copy/.gpnpu"
ln -s "$root/.gpnpu/tools" "$copy/.gpnpu/tools"
sed -i "s/sum_d = sum_d + ACC_W'(term_neg_q\[g\]);/sum_d = sum_d;/" "$copy/rtl/npu/dot/npu_dot_narrow.sv"
GPNPU_ROOT=$copy "$root/gpnpu" run npu_dot::random --config full_rate -i 1 || true
cd "$copy/.gpnpu/failures/npu_dot-random-full_rate-0x1"
Xvfb :77 -screen 0 1400x560x24 &
screen=$!
sleep 2
export DISPLAY=:77
gtkwave waves.gtkw &
viewer=$!
sleep 5
window=$(xdotool search --name GTKWave | tail -n 1)
xdotool windowmove "$window" 0 0 windowsize "$window" 1400 560
sleep 2
import -window root "$root/docs/failure.png"
convert "$root/docs/failure.png" -colors 64 "$root/docs/failure.png"
