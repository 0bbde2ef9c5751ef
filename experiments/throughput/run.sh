#!/usr/bin/env bash
# The harness against PyTorch on this machine's CPU: the same libtorch and BLAS, the same weights and batches, best knobs on both sides, in turns.
#   experiments/throughput/run.sh                 everything, about 20 minutes; nothing else should be running
#   experiments/throughput/run.sh PART...         some of it: parity, steps-64, steps-128, steps-256, sweep-1 to sweep-4, table
# Debian's python3-torch is installed where it is missing and may be. Results: results/reference/throughput, and the README's table.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PYTHONDONTWRITEBYTECODE=1
python=/usr/bin/python3
if ! $python -c 'import torch' 2>/dev/null; then
  command=(apt-get install -y --no-install-recommends python3-torch)
  if [ "$(id -u)" != 0 ]; then command=(sudo -n "${command[@]}"); fi
  "${command[@]}" >/dev/null || { echo "this needs Debian's python3-torch; run: apt-get install --no-install-recommends python3-torch" >&2; exit 3; }
fi
./harness setup
dotnet=$(command -v dotnet || echo "$HOME/.dotnet/dotnet")
[ -n "${HARNESS_NO_BUILD:-}" ] || "$dotnet" build tests/Harness.Benchmarks -c Release --nologo -v quiet
out=results/reference/throughput
parts=("$@")
if [ $# -eq 0 ]; then
  parts=(parity steps sweep table)
  rm -rf "$out"
fi
mkdir -p "$out"
for part in "${parts[@]}"; do
  case $part in
    table)
      $python experiments/throughput/twin/table.py "$out"
      # The README quotes it between its marks.
      awk -v file="$out/throughput.md" '
        $0 == "<!-- speed -->" { print; while ((getline line < file) > 0) print line; skip = 1; next }
        $0 == "<!-- /speed -->" { skip = 0 }
        !skip' README.md >README.md.new && mv README.md.new README.md ;;
    *) DOTNET=$dotnet $python experiments/throughput/twin/compare.py "$out" "$part" ;;
  esac
done
