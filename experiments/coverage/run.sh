#!/usr/bin/env bash
# How often intervals of 95 % hold the truth: every law, then sweeps of few runs, then bootstraps, as one CSV. About an hour on two cores; laws named on the command line only for less.
#   experiments/coverage/run.sh OUT.csv [LAW...]
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
out=$(realpath -m "$1"); shift
cd "$(dirname "$0")/../.."
quick="kaplan-n kaplan-d kaplan-c power power-offset bcrit pass-at-k shifted-power chinchilla overtraining overtraining-error kaplan-nd kaplan-steps vocabulary moe-routing"
slow="loss-to-loss kaplan-nd-e m4 isoflop envelope bnsl data-constrained precision multi-power bnsl-2 bnsl-3"
small="kaplan-n/4 kaplan-n/6 kaplan-n/12 power-offset/4 power-offset/6 power-offset/12 chinchilla/9 chinchilla/12 chinchilla/24"
mkdir -p "$(dirname "$out")"
echo "law,objective,bootstrap,quantity,truths,intervals,covered,percent,above" > "$out"

study() { # objective or "", bootstrap's intervals or "", truths, laws...
    local objective=$1 intervals=$2 truths=$3 options=()
    shift 3
    [ -z "$objective" ] || options+=(--objective "$objective")
    [ -z "$intervals" ] || options+=(--bootstrap 400 --by row --intervals "$intervals")
    for law in "$@"; do
        ./harness benchmarks coverage --truths "$truths" "${options[@]}" "$law" | awk -F, -v o="$objective" -v b="$intervals" 'NR > 1 { printf "%s,%s,%s", $1, o, b; for (i = 2; i <= NF; i++) printf ",%s", $i; print "" }' >> "$out"
    done
}

if [ $# -gt 0 ]; then
    study "" "" 200 "$@"
    exit
fi

# shellcheck disable=SC2086 # lists
{
    study "" "" 1000 $quick
    study "" "" 200 $slow
    study "" "" 1000 $small
    study log-lad "" 1000 power-offset/6 chinchilla/12 chinchilla/24
    study "" expanded 200 kaplan-n overtraining-error chinchilla
    study "" percentile 200 kaplan-n overtraining-error chinchilla
}
