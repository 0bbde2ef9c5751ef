using Harness.Sweeps.Yaml;

namespace Harness.Sweeps;

/// <summary>
/// Collects all problems. The same rule broken at the same place by many runs is one problem, with the first run's figures.
/// </summary>
internal sealed class ProblemList
{
    private readonly Dictionary<(Origin Origin, string Key, string Rule), Entry> entries = [];

    public bool Any => entries.Count > 0;

    public int Count => entries.Count;

    /// <param name="origin">Where it was written.</param>
    /// <param name="key">Dotted key, or empty.</param>
    /// <param name="rule">Name of the broken rule; with place and key it tells problems apart.</param>
    /// <param name="found">What was found.</param>
    /// <param name="allowed">What is allowed.</param>
    /// <param name="mend">What to do.</param>
    public void Add(Origin origin, string key, string rule, string found, string? allowed = null, string? mend = null)
    {
        if (entries.TryGetValue((origin, key, rule), out var known))
        {
            known.Others.Add(found);
            return;
        }

        var problem = new Problem(origin.File, origin.Line > 0 ? origin.Line : null, key, found, allowed, mend);
        entries.Add((origin, key, rule), new Entry(problem, entries.Count, []));
    }

    /// <summary>By line, overrides last, then in the order in which they were found.</summary>
    public IReadOnlyList<Problem> Sorted() =>
        [.. entries.Values.OrderBy(e => e.Problem.Line ?? (e.Problem.File.StartsWith("--", StringComparison.Ordinal) ? int.MaxValue : 0))
            .ThenBy(e => e.Order)
            .Select(e => e.Final())];

    private sealed record Entry(Problem Problem, int Order, HashSet<string> Others)
    {
        public Problem Final()
        {
            var more = Others.Count(o => o != Problem.Found);
            return more == 0 ? Problem : Problem with { Found = $"{Problem.Found} (and {more} more like it)" };
        }
    }
}
