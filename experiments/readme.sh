#!/usr/bin/env bash
# Copies what a finished quickstart measured into results/reference/quickstart and writes the README's generated parts from it.
#   ./harness run configs/quickstart.yaml && experiments/readme.sh
set -euo pipefail
cd "$(dirname "$0")/.."
from=results/quickstart to=results/reference/quickstart
mkdir -p "$to"
cp "$from"/{runs.csv,fits.json} "$from"/plots/*.png "$from"/plots/*.svg "$to"/
gzip -9nc "$from/curves.csv" >"$to/curves.csv.gz"
part() { # name, file with the new content
  awk -v name="$1" -v file="$2" '
    $0 == "<!-- " name " -->" { print; while ((getline line < file) > 0) print line; skip = 1; next }
    $0 == "<!-- /" name " -->" { skip = 0 }
    !skip' README.md >README.md.new && mv README.md.new README.md
}
scratch=$(mktemp); trap 'rm -f "$scratch"' EXIT
./harness report --columns 2>/dev/null >"$scratch"; part columns "$scratch"
{ echo '```'; ./harness report "$to" --fits; echo '```'; } >"$scratch"; part found "$scratch"
