#!/usr/bin/env bash
# Every published fit through the command line, with the published number of resamples: writes results/reference/fits/published.{csv,md}.
# Needs the published tables in ../shared/reference-fits beside the repository; minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
dotnet build tests/Harness.Cli.Tests -c Release --nologo -v quiet
HARNESS_LONG_TESTS=1 HARNESS_PUBLISHED_TABLE="$PWD/results/reference/fits" \
  dotnet test artifacts/bin/Harness.Cli.Tests/release/Harness.Cli.Tests.dll --nologo --filter FullyQualifiedName~ReferenceFitTests
