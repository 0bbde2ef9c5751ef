namespace Harness.Scaling;

/// <summary>Seeded draws of rows.</summary>
internal static class RandomRows
{
    /// <summary>A random share of the rows, at least one; whole groups where there are groups.</summary>
    public static IReadOnlyList<int> Share(Points points, double share, ulong seed)
    {
        // Units are numbered by their first row, so that rows without groups are drawn as groups of one would be.
        int[] unitOf = [.. Enumerable.Range(0, points.Count)];
        int units = points.Count;
        if (points.Groups is { } groups)
        {
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            for (int i = 0; i < unitOf.Length; i++)
            {
                unitOf[i] = numbers.TryAdd(groups[i], numbers.Count) ? numbers.Count - 1 : numbers[groups[i]];
            }

            units = numbers.Count;
        }

        int[] order = [.. Enumerable.Range(0, units)];
        var random = new SeededRandom(seed, 0);
        for (int i = units - 1; i > 0; i--)
        {
            int j = random.NextIndex(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }

        var held = new bool[units];
        foreach (int unit in order.AsSpan(0, Math.Max(1, (int)Math.Round(share * units))))
        {
            held[unit] = true;
        }

        return [.. Enumerable.Range(0, points.Count).Where(i => held[unitOf[i]])];
    }
}
