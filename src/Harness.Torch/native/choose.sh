#!/usr/bin/env bash
# Which engine this machine gets. Prints its name, libtorch or torchsharp, and on a second line why.
#
#   choose.sh [dotnet]         HARNESS_ENGINE=libtorch|torchsharp is obeyed; else, in this order:
#     libtorch     a libtorch with headers that can use this machine's NVIDIA GPU (a Python torch, or LIBTORCH): graphs, fused kernels; needs g++
#     torchsharp   the packages TorchSharp and TorchSharp-cuda-linux, where there is such a GPU and the feed has them
#     libtorch     for the CPU: one that is there, or Debian's where it may be installed; the hand-written CPU kernels come with it
#     torchsharp   the package TorchSharp-cpu, where the feed has it
# Exit 2: HARNESS_ENGINE is neither. What is asked of the machine can be answered beforehand, yes or no: PROBE_GPU, PROBE_CUDA_LIBTORCH, PROBE_LIBTORCH,
# PROBE_INSTALL, PROBE_FEED_CUDA, PROBE_FEED_CPU (tests do).
set -euo pipefail
shopt -s nullglob
dotnet=${1:-dotnet}
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$here/../../..

gpu() { local d; for d in /dev/nvidia[0-9]* /dev/dxg; do if [ -e "$d" ]; then return 0; fi; done; return 1; }
torch_of_python() { command -v python3 >/dev/null && python3 -c 'import importlib.util as u; s = u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")' 2>/dev/null; }
has_headers() { [ -n "$1" ] && [ -f "$1/include/ATen/ATen.h" ]; }
cuda_libtorch() {
  local t
  command -v "${CXX:-g++}" >/dev/null || return 1
  for t in "${LIBTORCH:-}" "$(torch_of_python)"; do if has_headers "$t" && [ -e "$t/lib/libtorch_cuda.so" ]; then return 0; fi; done
  return 1
}
libtorch() { has_headers "${LIBTORCH:-}" || [ -f /usr/include/ATen/ATen.h ] || has_headers "$(torch_of_python)"; }
install() {
  command -v apt-get >/dev/null && [ "${HARNESS_INSTALL:-yes}" != no ] && { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; }
}
# Asking a feed costs seconds, and a restore is the only question that counts dependencies too: once a machine.
feed() { # package
  local answer=$root/artifacts/setup/feed-$1
  if [ ! -e "$answer" ]; then
    mkdir -p "$root/artifacts/setup"
    if "$dotnet" restore "$root/src/Harness.Training.TorchSharp" -p:TorchSharpRuntime="$1" --artifacts-path "$root/artifacts/torchsharp" >"$root/artifacts/setup/feed.log" 2>&1
    then echo yes; else echo no; fi >"$answer"
  fi
  [ "$(cat "$answer")" = yes ]
}
feed_cuda() { feed TorchSharp-cuda-linux; }
feed_cpu() { feed TorchSharp-cpu; }

holds() { # probe
  local name=PROBE_${1^^}
  if [ -n "${!name:-}" ]; then [ "${!name}" = yes ]; else "$1"; fi
}
choose() { printf '%s\n' "$1" "$2"; exit 0; }

case ${HARNESS_ENGINE:-} in
  '') ;;
  libtorch|torchsharp) choose "$HARNESS_ENGINE" "asked for" ;;
  *) echo "--engine, HARNESS_ENGINE: '$HARNESS_ENGINE' is no engine; libtorch (our binding) and torchsharp (packages) are. Leave it out to let the machine decide." >&2; exit 2 ;;
esac
if holds gpu; then
  if holds cuda_libtorch; then choose libtorch "a libtorch with headers that can use this machine's GPU"; fi
  if holds feed_cuda; then choose torchsharp "there is a GPU, no libtorch with headers for it, and the feed has TorchSharp-cuda-linux"; fi
fi
if holds libtorch; then choose libtorch "a libtorch with headers for the CPU"; fi
if holds install; then choose libtorch "Debian's libtorch for the CPU can be installed"; fi
if holds feed_cpu; then choose torchsharp "no libtorch with headers, and the feed has TorchSharp-cpu"; fi
choose libtorch "nothing is there yet, and nothing can be fetched: install a libtorch with headers"
