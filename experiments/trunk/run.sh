#!/usr/bin/env bash
# Trains experiments/trunk/sweep.yaml on shared trunks and every run alone, compares them, and writes results/reference/trunk.
#   experiments/trunk/run.sh [shared|alone|compare]...      default: shared alone compare
# Needs 2 free cores for a few minutes; times mean something on a quiet machine only. Finished runs are not trained again: remove results/trunk-shared and results/trunk-alone for new times.
set -euo pipefail
cd "$(dirname "$0")/../.."
sweep=experiments/trunk/sweep.yaml to=results/reference/trunk
train() { ./harness run "$sweep" --workers 2 "${@:2}" >"results/$1.txt" 2>&1 || { cat "results/$1.txt"; exit 1; }; }

compare() {
  mkdir -p "$to"
  cp results/trunk-shared/runs.csv "$to/shared.csv"
  cp results/trunk-alone/runs.csv "$to/alone.csv"
  # Training curves without what a clock says (the last two columns) must be the same bytes.
  local curves=differ
  if cmp -s <(cut -d, -f1-9 results/trunk-shared/curves.csv) <(cut -d, -f1-9 results/trunk-alone/curves.csv); then curves=equal; fi
  local rows; rows=$(($(wc -l <results/trunk-shared/curves.csv) - 1))
  awk -F, -v curves="$curves" -v rows="$rows" -v wall_shared="$(wall trunk-shared)" -v wall_alone="$(wall trunk-alone)" '
    FNR == 1 { file++; for (i = 1; i <= NF; i++) at[file, $i] = i; next }
    function get(name) { return $(at[file, name]) }
    {
      id = get("run_id")
      flops[file] += get("spent_train_flops"); seconds[file] += get("spent_train_seconds"); nominal[file] += get("train_flops")
      if (file == 1) { loss[id] = get("val_loss_nats_per_token"); if (get("branch_step") != "") branches++; next }
      runs++
      if (!(id in loss)) { print "not in both: " id; exit 1 }
      if (loss[id] == get("val_loss_nats_per_token")) equal++
      cell = get("d_model") "," get("steps"); n[cell]++; sum[cell] += loss[id]; squares[cell] += loss[id] ^ 2
    }
    END {
      for (c in n) { mean = sum[c] / n[c]; variance += (squares[c] - n[c] * mean ^ 2) / (n[c] - 1); cells++ }
      print "quantity,shared,alone,saved"
      printf "runs,%d,%d,\n", runs, runs
      printf "runs that branch off another,%d,0,\n", branches
      printf "final held-out losses with the same bits,%d of %d,,\n", equal, runs
      printf "curve rows of both (step to gradient norm),%d %s,,\n", rows, curves
      printf "standard deviation of the loss between seeds (nats/token; mean over size and horizon),%.4f,%.4f,\n", sqrt(variance / cells), sqrt(variance / cells)
      printf "FLOPs spent (6ND),%.4g,%.4g,%.1f %%\n", flops[1], flops[2], 100 * (1 - flops[1] / flops[2])
      printf "training seconds spent on one thread,%.1f,%.1f,%.1f %%\n", seconds[1], seconds[2], 100 * (1 - seconds[1] / seconds[2])
      printf "wall seconds of training with 2 workers,%.1f,%.1f,%.1f %%\n", wall_shared, wall_alone, 100 * (1 - wall_shared / wall_alone)
    }' <(plain "$to/shared.csv") <(plain "$to/alone.csv") | tee "$to/comparison.csv"
}

# A table whose quoted cells have no commas.
plain() { sed 's/"[^"]*"/text/g' "$1"; }

# Seconds between the first and the last line that the sweep's own log has of its training.
wall() {
  local log=results/$1/log.jsonl
  local first last
  first=$(grep -m1 -o '"Timestamp":"[^"]*"' "$log" | cut -d'"' -f4)
  last=$(grep '"MessageTemplate":"ended' "$log" | tail -1 | grep -o '"Timestamp":"[^"]*"' | cut -d'"' -f4)
  awk -v from="$(date -d "$first" +%s.%N)" -v to="$(date -d "$last" +%s.%N)" 'BEGIN { printf "%.2f", to - from }'
}

mkdir -p results
for step in "${@:-shared alone compare}"; do
  for one in $step; do
    case "$one" in
      shared) train trunk-shared ;;
      alone) train trunk-alone --set name=trunk-alone --set execution.share_trunk=false ;;
      compare) compare ;;
      *) echo "run.sh: '$one': shared, alone or compare"; exit 2 ;;
    esac
  done
done
