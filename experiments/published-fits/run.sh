#!/usr/bin/env bash
# Every published fit through the command line, with the published number of resamples: writes results/reference/fits/published.{csv,md}.
#   experiments/published-fits/run.sh [FOLDER]     the published tables, by the names in README.md; default $HARNESS_REFERENCE_FITS
# Minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-${HARNESS_REFERENCE_FITS:-}}
if [ ! -f "$folder/reference_answers.json" ]; then
  echo "run.sh: ${1:-HARNESS_REFERENCE_FITS ('$folder')}: no reference_answers.json there; the published tables are needed, and their licences keep them out of this repository." >&2
  echo "experiments/published-fits/README.md says which repositories they come from and how the folder is laid out; then: run.sh FOLDER" >&2
  exit 2
fi

dotnet build tests/Harness.Cli.Tests -c Release --nologo -v quiet
HARNESS_LONG_TESTS=1 HARNESS_REFERENCE_FITS=$(cd "$folder" && pwd) HARNESS_PUBLISHED_TABLE="$PWD/results/reference/fits" \
  dotnet test artifacts/bin/Harness.Cli.Tests/release/Harness.Cli.Tests.dll --nologo --filter FullyQualifiedName~ReferenceFitTests
