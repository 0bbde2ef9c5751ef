#!/usr/bin/env bash
# How often intervals of 95 % hold the truth: every law, then sweeps of few runs, then bootstraps, as one CSV. About a quarter of an hour on two cores; laws named on the command line only for less.
#   experiments/coverage/run.sh OUT.csv [LAW...]
set -euo pipefail
[ $# -gt 0 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
out=$(realpath -m "$1"); shift
cd "$(dirname "$0")/../.."
quick="kaplan-n kaplan-d kaplan-c power power-offset bcrit pass-at-k shifted-power chinchilla overtraining overtraining-error kaplan-nd kaplan-nd-e kaplan-steps vocabulary moe-routing"
slow="loss-to-loss m4 isoflop envelope bnsl data-constrained precision multi-power bnsl-2 bnsl-3"
small="kaplan-n/4 kaplan-n/6 kaplan-n/12 power-offset/4 power-offset/6 power-offset/12 chinchilla/9 chinchilla/12 chinchilla/24"
mkdir -p "$(dirname "$out")"
echo "law,objective,bootstrap,noise,quantity,truths,intervals,covered,percent,above" > "$out"

study() { # objective or "", bootstrap's intervals or "", noise, truths, laws...
    local objective=$1 intervals=$2 noise=$3 truths=$4 options=()
    shift 4
    [ -z "$objective" ] || options+=(--objective "$objective")
    [ -z "$intervals" ] || options+=(--bootstrap 400 --by row --intervals "$intervals")
    [ "$noise" = even ] || options+=(--uneven)
    for law in "$@"; do
        ./harness benchmarks coverage --truths "$truths" "${options[@]}" "$law" | awk -F, -v o="$objective" -v b="$intervals" -v n="$noise" 'NR > 1 { printf "%s,%s,%s,%s", $1, o, b, n; for (i = 2; i <= NF; i++) printf ",%s", $i; print "" }' >> "$out"
    done
}

if [ $# -gt 0 ]; then
    study "" "" even 200 "$@"
    exit
fi

# shellcheck disable=SC2086 # lists
{
    study "" "" even 1000 $quick
    study "" "" even 200 $slow
    study "" "" even 1000 $small
    study log-lad "" even 1000 power-offset/6 chinchilla/12 chinchilla/24
    study "" "" uneven 1000 kaplan-n power-offset chinchilla chinchilla/24
    study "" expanded even 200 kaplan-n overtraining-error chinchilla
    study "" percentile even 200 kaplan-n overtraining-error chinchilla
}
