using Harness.Core.Runs;

namespace Harness.Reporting.Runs;

/// <summary>One line of curves.csv: a point of one run's training curve.</summary>
/// <param name="RunId">Which run.</param>
/// <param name="Name">Its readable name.</param>
/// <param name="Metrics">What was measured there.</param>
public sealed record CurveRow(string RunId, string Name, MetricRow Metrics);
