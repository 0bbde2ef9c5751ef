namespace Harness.Scaling;

/// <summary>Seeded draws of rows.</summary>
internal static class RandomRows
{
    /// <summary>A random share of the rows, at least one; whole groups where there are groups.</summary>
    public static IReadOnlyList<int> Share(Points points, double share, ulong seed)
    {
        string[] units = points.Groups is { } groups ? [.. groups.Distinct()] : [.. Enumerable.Range(0, points.Count).Select(i => $"{i}")];
        var random = new SeededRandom(seed, 0);
        for (int i = units.Length - 1; i > 0; i--)
        {
            int j = random.NextIndex(i + 1);
            (units[i], units[j]) = (units[j], units[i]);
        }

        int count = Math.Max(1, (int)Math.Round(share * units.Length));
        var held = units.Take(count).ToHashSet();
        return [.. Enumerable.Range(0, points.Count).Where(i => held.Contains(points.Groups is { } g ? g[i] : $"{i}"))];
    }
}
