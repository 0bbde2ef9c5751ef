namespace Harness.Reporting.Tables;

/// <summary>Names near to a misspelled one, for "did you mean".</summary>
public static class NearestNames
{
    /// <summary>
    /// Up to three of <paramref name="known"/>, nearest first: those that differ by case only, hold or are held by the name, or are within a third of
    /// its length in edits (Levenshtein distance, case ignored).
    /// </summary>
    public static IReadOnlyList<string> Of(string name, IEnumerable<string> known) =>
        [.. known
            .Where(k => k.Length > 0)
            .Select(k => (Name: k, Distance: Distance(name, k)))
            .Where(k => k.Distance <= Math.Max(name.Length, k.Name.Length) / 3)
            .OrderBy(k => k.Distance).ThenBy(k => k.Name, StringComparer.Ordinal)
            .Select(k => k.Name).Take(3)];

    /// <summary>"Did you mean x or y?" when something is near, else "It has: ..." with up to twelve names.</summary>
    public static string Advice(string name, IReadOnlyCollection<string> known)
    {
        IReadOnlyList<string> near = Of(name, known);
        if (near.Count > 0)
        {
            return $"did you mean {string.Join(" or ", near)}?";
        }

        string more = known.Count > 12 ? $", and {known.Count - 12} more" : "";
        return $"there is {string.Join(", ", known.Take(12).Select(k => k.Length == 0 ? "(unnamed)" : k))}{more}";
    }

    private static int Distance(string a, string b)
    {
        if (a.Equals(b, StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        if (Math.Min(a.Length, b.Length) >= 3
            && (a.Contains(b, StringComparison.OrdinalIgnoreCase) || b.Contains(a, StringComparison.OrdinalIgnoreCase)))
        {
            return 1;
        }

        int[] previous = [.. Enumerable.Range(0, b.Length + 1)];
        int[] current = new int[b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = previous[j - 1] + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                current[j] = Math.Min(substitution, Math.Min(previous[j], current[j - 1]) + 1);
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
