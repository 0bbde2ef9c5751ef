#!/usr/bin/env bash
# The harness against PyTorch on one GPU: the same weights and batches first, then every arm in turns, a sweep end to end, and the time to a loss. See gpu/README.md.
#
#   gpu.sh pack FILE.tar.gz        on a machine with .NET: everything that a machine with PyTorch and no .NET needs
#   gpu.sh run OUT [PART...]       there, unpacked (harness-gpu/gpu.sh): builds the engine against that PyTorch, then the parts, each under ten minutes; without a name all of them, five hours at most
#   gpu.sh parts                   their names: gate, kernels, steps-WIDTH-TOKENS, sweep-ARM, loss-ARM, table
#   gpu.sh dry OUT                 tiny shapes on the CPU, from the sources or from the pack: shows that the script runs; its figures mean nothing
#
# A part that has its file in OUT already is not run again: the same command goes on after an interruption. A shut gate ends everything.
# Leaves clocks, power limits, MIG and persistence mode alone. HARNESS_TEXT names another text to train on.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
export PYTHONDONTWRITEBYTECODE=1
usage() { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }

# One archive with the program, a copy of the .NET runtime that it runs on here, the engine's sources, the Python half and a text. Nothing is published or trimmed: what travels is what the tests ran.
pack() {
  local archive=$1 root program dotnet home stage to; root=$(cd "$here/../.." && pwd)
  program=${HARNESS_PROGRAM:-} # a folder with harness.dll; else the launcher builds one where there is none yet
  [ -n "$program" ] || { "$root/harness" --version > /dev/null; program=$root/artifacts/bin/Harness.Cli/release; }
  dotnet=$(command -v dotnet || echo "$HOME/.dotnet/dotnet"); home=$(dirname "$(readlink -f "$dotnet")")
  stage=$(mktemp -d); trap "rm -rf '$stage'" EXIT
  to=$stage/harness-gpu; mkdir -p "$to/bin/app" "$to/bin/dotnet" "$to/gpu" "$to/twin" "$to/native"
  cp "$program"/*.dll "$program/harness.deps.json" "$program/harness.runtimeconfig.json" "$to/bin/app/"
  cp "$home/dotnet" "$to/bin/dotnet/"
  local part newest
  for part in host/fxr shared/Microsoft.NETCore.App; do
    newest=$(cd "$home/$part" && ls -d [0-9]* | sort -V | tail -n 1)
    mkdir -p "$to/bin/dotnet/$part"; cp -rL "$home/$part/$newest" "$to/bin/dotnet/$part/"
  done
  printf '%s\n' '#!/bin/sh' 'here=$(dirname "$(readlink -f "$0")")' 'exec "$here/dotnet/dotnet" "$here/app/harness.dll" "$@"' > "$to/bin/harness"
  chmod +x "$to/bin/harness"; chmod -R u+rwX "$to"
  cp -r "$root/src/Harness.Torch/native/." "$to/native/"
  cp "$here"/gpu/*.py "$to/gpu/"
  cp "$here/twin/gpt.py" "$to/twin/"
  cp "$here/gpu.sh" "$to/gpu.sh"
  if [ -n "${HARNESS_TEXT:-}" ]; then cp "$HARNESS_TEXT" "$to/text.txt"; else # the descriptions in the reference documentation that the .NET SDK brings, tags taken out
    find "$home/packs/Microsoft.NETCore.App.Ref" -name '*.xml' -print0 | sort -z | xargs -0 cat | sed -e 's/<[^>]*>/ /g' -e 's/[[:space:]]\+/ /g' -e '/^ *$/d' | awk '!seen[$0]++' > "$to/text.txt"
  fi
  [ -s "$to/text.txt" ] || { echo "no text to train on: HARNESS_TEXT must name one of some megabytes" >&2; exit 1; }
  tar -C "$stage" --owner=0 --group=0 -czf "$archive" harness-gpu
  du -h "$archive" >&2
}

# The packed program, its engine built against the libtorch that is here.
use_pack() {
  "$here/native/build.sh" "$1/native" 2> "$1/build.txt" || { cat "$1/build.txt" >&2; exit 1; }
  export HARNESS_NATIVE=$1/native HARNESS=$here/bin/harness HARNESS_TEXT=${HARNESS_TEXT:-$here/text.txt}
}

run() {
  local out=$1; shift
  mkdir -p "$out"; out=$(cd "$out" && pwd)
  local python; python=$(command -v python3)
  $python -c 'import torch; assert torch.cuda.is_available(), "this python3 has no PyTorch that can use a GPU"'
  export LIBTORCH; LIBTORCH=$($python -c 'import os, torch; print(os.path.dirname(torch.__file__))')
  use_pack "$out"
  # Outside Python the CUDA libraries of pip's packages are found by libtorch's run path; where that isn't so, this helps.
  local libraries; libraries=$($python -c 'import glob, os, torch; print(":".join(sorted(glob.glob(os.path.join(os.path.dirname(os.path.dirname(torch.__file__)), "nvidia", "*", "lib")))))')
  export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$libraries
  nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.mem,power.limit --format=csv > "$out/device.csv" || true
  "$HARNESS" doctor > "$out/doctor.txt" 2>&1 || true
  local asked=1 parts=("$@")
  [ $# -gt 0 ] || { asked=0; read -ra parts <<< "$("$python" "$here/gpu/drive.py" "$out" parts)"; }
  [ ${#parts[@]} -gt 0 ] || { echo "$here/gpu/drive.py names no parts" >&2; exit 1; }
  local part failed=0
  for part in "${parts[@]}"; do
    if [ $asked = 0 ] && [ -s "$out/$part.json" ] && [ "$part" != gate ]; then echo "== $part is there" >&2; continue; fi
    echo "== $part ($(date +%H:%M:%S))" >&2
    if ! timeout --kill-after=5 590 "$python" "$here/gpu/drive.py" "$out" "$part"; then
      echo "== $part failed" >&2; failed=1
      [ "$part" != gate ] || exit 1
    fi
  done
  cat "$out"/summary.md "$out"/ratios.md 2>/dev/null || true
  exit $failed
}

dry() {
  local out=$1 python=${PYTHON:-/usr/bin/python3} part
  mkdir -p "$out"; out=$(cd "$out" && pwd)
  [ ! -x "$here/bin/harness" ] || use_pack "$out"
  for part in $("$python" "$here/gpu/drive.py" "$out" parts --dry); do
    echo "== $part ($(date +%H:%M:%S))" >&2
    "$python" "$here/gpu/drive.py" "$out" "$part" --dry
  done
  cat "$out/summary.md" "$out/ratios.md"
}

case ${1:-} in
  pack) [ $# -eq 2 ] || usage; pack "$2" ;;
  run) [ $# -ge 2 ] || usage; shift; run "$@" ;;
  parts) [ $# -eq 1 ] || usage; python3 "$here/gpu/drive.py" . parts ;;
  dry) [ $# -eq 2 ] || usage; dry "$2" ;;
  *) usage ;;
esac
