#!/usr/bin/env bash
# Builds the native libraries of Harness.Torch with g++ alone.
#
#   build.sh [output folder, default artifacts/native]
#
# Which libtorch, in this order:
#   LIBTORCH=/path       a folder with include/ and lib/ (pytorch.org's libtorch, or a Python package's torch folder)
#   a Python torch       where this machine has an NVIDIA driver and that torch can use it
#   the system's         Debian and Ubuntu: apt-get install libtorch-dev libopenblas0-openmp
#   a Python torch       for the CPU
# Writes libharness_torch.so, libharness_torch_cuda.so where CUDA's headers are there too, and engine.json.
# Does nothing, in a few milliseconds, when neither the sources nor the choice have changed. Exit: 0 built or up to date,
# 3 no libtorch found, 1 the compiler failed. HARNESS_NATIVE_VERBOSE=1 shows the compiler's commands.
set -euo pipefail
shopt -s nullglob
export LC_ALL=C

here=${BASH_SOURCE[0]%/*}; [ "$here" != "${BASH_SOURCE[0]}" ] || here=.
here=$(cd "$here" && pwd -P)
out=${1:-$here/../../../artifacts/native}

# What the result depends on, cheaply: the sources' content, the choice's inputs, the chosen libtorch's time stamp.
pythons=(/usr/lib/python3*/dist-packages /usr/local/lib/python3*/*-packages /opt/*/lib/python3*/site-packages
  ${HOME:+"$HOME"/.local/lib/python3*/site-packages} ${VIRTUAL_ENV:+"$VIRTUAL_ENV"/lib/python3*/site-packages}
  ${CONDA_PREFIX:+"$CONDA_PREFIX"/lib/python3*/site-packages})
torches=(); for p in ${pythons[@]+"${pythons[@]}"}; do [ -f "$p/torch/include/ATen/ATen.h" ] && torches+=("$p/torch"); done
gpu=no; for d in /dev/nvidia[0-9]* /dev/dxg; do [ -e "$d" ] && gpu=yes; done
sources=("$here"/*.cpp "$here"/*.h "$here"/*/*.cpp "$here"/*/*.h "$here/build.sh")
hash=$(cat "${sources[@]}" | sha256sum); hash=${hash%% *}
asked="$hash|${CXX:-}|${LIBTORCH:-}|$gpu|${torches[*]-}"
stamp_of() { [ -e "$1" ] && stat -L -c '%s.%Y' "$1" || echo none; }
if [ -f "$out/stamp" ] && [ -f "$out/libharness_torch.so" ]; then
  { read -r was; read -r lib; read -r lib_was; } < "$out/stamp" || true
  if [ "$was" = "$asked" ] && [ "$lib_was" = "$(stamp_of "$lib")" ]; then exit 0; fi
fi

# From here on it may take seconds: one builder at a time.
mkdir -p "$out"; out=$(cd "$out" && pwd -P)
if command -v flock >/dev/null; then
  exec 9>"$out/.lock"; flock 9
  if [ -f "$out/stamp" ]; then
    { read -r was; read -r lib; read -r lib_was; } < "$out/stamp" || true
    if [ "$was" = "$asked" ] && [ "$lib_was" = "$(stamp_of "$lib")" ]; then exit 0; fi
  fi
fi
say() { printf '%s\n' "$*" >&2; }
compiler=${CXX:-g++}
command -v "$compiler" >/dev/null || { say "No C++ compiler ($compiler). On Debian and Ubuntu: apt-get install --yes g++"; exit 3; }

provider=; include=; libdir=; abi=1
from_folder() {  # $1 provider, $2 folder with include/ and lib/
  [ -f "$2/include/ATen/ATen.h" ] && [ -e "$2/lib/libtorch_cpu.so" ] || return 1
  provider=$1; libdir=$2/lib; include="-I$2/include -I$2/include/torch/csrc/api/include"
}
from_python() {
  local t
  if [ ${#torches[@]} -eq 0 ] && command -v python3 >/dev/null; then  # an unusual place: ask the interpreter, without importing torch
    t=$(python3 -c 'import importlib.util as u; s=u.find_spec("torch"); print(s.submodule_search_locations[0] if s else "")' 2>/dev/null || true)
    [ -n "$t" ] && [ -f "$t/include/ATen/ATen.h" ] && torches+=("$t")
  fi
  for t in ${torches[@]+"${torches[@]}"}; do
    [ "$1" = any ] || [ -e "$t/lib/libtorch_cuda.so" ] || continue
    from_folder python "$t" && return 0
  done
  return 1
}
from_system() {
  local dir
  [ -f /usr/include/ATen/ATen.h ] || return 1
  for dir in /usr/lib/"$("$compiler" -dumpmachine | sed 's/-pc-/-/')" /usr/lib64 /usr/lib; do
    [ -e "$dir/libtorch_cpu.so" ] && { provider=system; libdir=$dir; include="-I/usr/include/torch/csrc/api/include"; return 0; }
  done
  return 1
}
if [ -n "${LIBTORCH:-}" ]; then
  from_folder LIBTORCH "$LIBTORCH" || { say "LIBTORCH=$LIBTORCH: no include/ATen/ATen.h and lib/libtorch_cpu.so there. Give a libtorch folder, or unset it."; exit 3; }
elif { [ "$gpu" = yes ] && from_python cuda; } || from_system || from_python any; then :
else
  say "No libtorch found. On Debian and Ubuntu: apt-get install --yes libtorch-dev libopenblas0-openmp g++"
  say "Or set LIBTORCH to an unpacked libtorch, or install PyTorch for python3."
  exit 3
fi

version=$(printf '#include <torch/version.h>\nTV TORCH_VERSION_MAJOR TORCH_VERSION_MINOR TORCH_VERSION_PATCH\n' |
  "$compiler" -std=c++20 $include -E -x c++ - | sed -n 's/^TV \([0-9]*\) \([0-9]*\) \([0-9]*\).*/\1.\2.\3/p')
[ -n "$version" ] || { say "$libdir: no torch/version.h that $compiler can read"; exit 1; }
case $version in 1.*|2.[0-6].*)  # wheels before 2.7 use the old std::string
  if [ "$provider" = python ]; then
    abi=$(PYTHONPATH=${libdir%/torch/lib} python3 -c 'import torch; print(int(torch.compiled_with_cxx11_abi()))' 2>/dev/null || echo 1)
  fi ;;
esac

cuda=false; cuda_include=; cuda_links=
if [ -e "$libdir/libtorch_cuda.so" ]; then
  cuda=true; cuda_links="-ltorch_cuda -lc10_cuda"
  site=${libdir%/torch/lib}
  for d in ${CUDA_HOME:+"$CUDA_HOME/include"} "$site"/nvidia/cu[0-9]*/include "$site"/nvidia/cuda_runtime/include /usr/local/cuda/include /usr/local/cuda-*/include; do
    # Python's packages of CUDA 13 have this header without those that it includes (crt/).
    [ -f "$d/cuda_runtime_api.h" ] && echo '#include <cuda_runtime_api.h>' | "$compiler" -I"$d" -fsyntax-only -x c++ - 2>/dev/null && { cuda_include="-I$d"; break; }
  done
fi

build=$(mktemp -d "$out/.build.XXXXXX"); trap 'rm -rf "$build"' EXIT
base="-std=c++20 -fPIC -fvisibility=hidden -DAT_PER_OPERATOR_HEADERS -D_GLIBCXX_USE_CXX11_ABI=$abi -I$here"
fast="-O3 -fopenmp-simd -fno-math-errno -fno-trapping-math -ffp-contract=fast"
case $("$compiler" -dumpmachine) in x86_64*) levels="v2 v3 v4" ;; *) levels="v2" ;; esac

# An object is kept under the hash of its command, its source and all headers, so that a change rebuilds only what it touches.
kept=$out/objects; mkdir -p "$kept"
headers=$(cat "$here"/*.h "$here"/*/*.h | sha256sum; "$compiler" --version; stamp_of "$libdir/libtorch_cpu.so")
commands=(); cuda_commands=(); used=()
object() {  # $1 the object's name, $2 its source, the rest is the compiler's command
  local name=$1 source=$2 key; shift 2
  key=$({ printf '%s\n' "$*" "$headers"; cat "$source"; } | sha256sum); key=${key%% *}
  used+=("$key"); ln -sf "$kept/$key" "$build/$name"
  [ -f "$kept/$key" ] || commands+=("$* -c '$source' -o '$kept/$key.new$$' && mv '$kept/$key.new$$' '$kept/$key'")
}
for f in "$here"/*.cpp; do b=${f##*/}; object "${b%.cpp}.o" "$f" "$compiler" $base $include -O2; done
for f in "$here"/kernels/*.cpp; do
  b=${f##*/}; b=${b%.cpp}
  for l in $levels; do  # the same source for each level of instructions; cpu_kernels.cpp picks one at run time
    march="-march=x86-64-$l"; [ "$l" = v4 ] && march+=" -mprefer-vector-width=512"
    [ "$levels" = v2 ] && march=
    object "kernel-$b-$l.o" "$f" "$compiler" $base $fast $march -DHT_LEVEL=$l
  done
done
if [ -n "$cuda_include" ]; then
  base_commands=(${commands[@]+"${commands[@]}"}); commands=()
  for f in "$here"/cuda/*.cpp; do b=${f##*/}; object "cuda_${b%.cpp}.obj" "$f" "$compiler" $base $include $cuda_include -O2; done
  cuda_commands=(${commands[@]+"${commands[@]}"}); commands=(${base_commands[@]+"${base_commands[@]}"})
fi
jobs=$(nproc 2>/dev/null || echo 2)
say "Building Harness.Torch's native library against libtorch $version ($libdir) ..."
[ -z "${HARNESS_NATIVE_VERBOSE:-}" ] || printf '%s\n' ${commands[@]+"${commands[@]}"} >&2
if [ ${#commands[@]} -gt 0 ]; then
  printf '%s\0' "${commands[@]}" | xargs -0 -P "$jobs" -n 1 sh -c || { rm -f "$kept"/*.new*; say "The compiler failed; see above."; exit 1; }
fi
# The second library is an extra: where it can't be built, GPUs are used without it, and engine.json says why.
cuda_reason=
if [ -z "$cuda_include" ]; then
  if [ "$cuda" = true ]; then cuda_reason="no complete headers of CUDA (cuda_runtime_api.h and what it includes) were found; set CUDA_HOME"; fi
elif [ ${#cuda_commands[@]} -gt 0 ] && ! printf '%s\0' "${cuda_commands[@]}" | xargs -0 -P "$jobs" -n 1 sh -c 2> "$build/cuda.log"; then
  cuda_reason=$(grep -m 1 -E 'error' "$build/cuda.log" | tr '\t' ' ' | cut -c 1-300 || true)
  say "The CUDA library doesn't compile and is left out: $cuda_reason"
  rm -f "$kept"/*.new* "$build"/*.obj
fi
for f in "$kept"/*; do case " ${used[*]} " in *" ${f##*/} "*) ;; *) rm -f "$f" ;; esac; done
"$compiler" -shared -o "$build/libharness_torch.so" "$build"/*.o -L"$libdir" -Wl,-rpath,"$libdir" -Wl,--no-as-needed $cuda_links -ltorch_cpu -lc10 -Wl,--as-needed -ldl -lpthread
cuda_library=false
if compgen -G "$build/*.obj" >/dev/null; then
  # The runtime that libtorch itself uses, before the toolkit's, which may be of another version. Without one the library finds it through libtorch.
  runtimes=("$site"/nvidia/cu[0-9]*/lib/libcudart.so* "$site"/nvidia/cuda_runtime/lib/libcudart.so* "$libdir"/libcudart*.so* "${cuda_include#-I}"/../lib*/libcudart.so*)
  cudart=${runtimes[0]:-}
  if "$compiler" -shared -o "$build/libharness_torch_cuda.so" "$build"/*.obj -L"$build" -lharness_torch -L"$libdir" -Wl,-rpath,"$libdir" -Wl,-rpath,'$ORIGIN' \
    -Wl,--no-as-needed $cuda_links -ltorch_cpu -lc10 ${cudart:+"$cudart"} 2> "$build/cuda.log"; then
    cuda_library=true
  else
    cuda_reason=$(grep -m 1 -E 'error|cannot|undefined' "$build/cuda.log" | tr '\t' ' ' | cut -c 1-300 || true)
    say "The CUDA library doesn't link and is left out: $cuda_reason"
    rm -f "$build/libharness_torch_cuda.so"
  fi
fi
quote() { local s=${1//\\/\\\\}; printf '"%s"' "${s//\"/\\\"}"; }
cat > "$build/engine.json" <<JSON
{
  "provider": $(quote "$provider"),
  "libtorch": $(quote "$version"),
  "libraries": $(quote "$libdir"),
  "include": $(quote "${include//-I/}"),
  "cuda": $cuda,
  "cuda_library": $cuda_library,
  "cuda_reason": $(quote "$cuda_reason"),
  "compiler": $(quote "$("$compiler" --version | head -n 1)"),
  "levels": $(quote "$levels"),
  "source_sha256": $(quote "$hash"),
  "built": $(quote "$(date -u +%Y-%m-%dT%H:%M:%SZ)")
}
JSON
rm -f "$out/stamp" "$out/libharness_torch_cuda.so"
mv -f "$build"/*.so "$build/engine.json" "$out/"
printf '%s\n%s\n%s\n' "$asked" "$libdir/libtorch_cpu.so" "$(stamp_of "$libdir/libtorch_cpu.so")" > "$out/stamp"
