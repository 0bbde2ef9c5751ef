#!/usr/bin/env bash
# The harness against PyTorch on one GPU: the same weights and batches first, then every arm in turns, a sweep end to end, and the time to a loss. See gpu/README.md.
#
#   gpu.sh pack FOLDER             on a machine with .NET: everything that a machine with PyTorch and no .NET needs (about 50 MB)
#   gpu.sh run OUT [PART...]       there: builds the engine against that PyTorch, then the parts, each under ten minutes; without a name all of them, five hours at most
#   gpu.sh parts                   their names: gate, kernels, steps-WIDTH-TOKENS, sweep-ARM, loss-ARM, table
#   gpu.sh dry OUT                 tiny shapes on the CPU: shows that the script runs; its figures mean nothing
#
# A part that has its file in OUT already is not run again: the same command goes on after an interruption. A shut gate ends everything.
# Leaves clocks, power limits, MIG and persistence mode alone. HARNESS_TEXT names another text to train on.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
export PYTHONDONTWRITEBYTECODE=1
usage() { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }

pack() {
  local to=$1 root; root=$(cd "$here/../.." && pwd)
  mkdir -p "$to/gpu" "$to/twin" "$to/native"; to=$(cd "$to" && pwd)
  local dotnet; dotnet=$(command -v dotnet || echo "$HOME/.dotnet/dotnet")
  "$dotnet" publish "$root/src/Harness.Cli" -c Release -r linux-x64 --self-contained -p:PublishSingleFile=true \
    -p:EnableCompressionInSingleFile=true -p:DebugType=none -o "$to/bin" --nologo -v quiet
  cp -r "$root/src/Harness.Torch/native/." "$to/native/"
  cp "$here"/gpu/*.py "$to/gpu/"
  cp "$here/twin/gpt.py" "$to/twin/"
  cp "$here/gpu.sh" "$to/gpu.sh"
  # A text that the .NET SDK brings: the descriptions in its reference documentation, tags taken out.
  local docs; docs=$(dirname "$(readlink -f "$dotnet")")/packs/Microsoft.NETCore.App.Ref
  find "$docs" -name '*.xml' -print0 | sort -z | xargs -0 cat | sed -e 's/<[^>]*>/ /g' -e 's/[[:space:]]\+/ /g' -e '/^ *$/d' | awk '!seen[$0]++' > "$to/text.txt"
  du -sh "$to" >&2
}

run() {
  local out=$1; shift
  mkdir -p "$out"; out=$(cd "$out" && pwd)
  local python; python=$(command -v python3)
  $python -c 'import torch; assert torch.cuda.is_available(), "this python3 has no PyTorch that can use a GPU"'
  export LIBTORCH; LIBTORCH=$($python -c 'import os, torch; print(os.path.dirname(torch.__file__))')
  "$here/native/build.sh" "$out/native" 2> "$out/build.txt" || { cat "$out/build.txt" >&2; exit 1; }
  export HARNESS_NATIVE=$out/native HARNESS=$here/bin/harness HARNESS_TEXT=${HARNESS_TEXT:-$here/text.txt}
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
