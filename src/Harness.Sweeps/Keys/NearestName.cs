namespace Harness.Sweeps.Keys;

/// <summary>Guesses which name was meant.</summary>
internal static class NearestName
{
    /// <summary>
    /// The name closest by edit distance (swapped neighbours count one), ignoring case, if at most a third of the longer text differs; else null. The first of
    /// several equals.
    /// </summary>
    public static string? To(string text, IEnumerable<string> names)
    {
        string? best = null;
        var bestDistance = int.MaxValue;
        foreach (var name in names)
        {
            var longer = Math.Max(text.Length, name.Length);
            var allowed = longer < 3 ? 0 : Math.Max(1, longer / 3);
            if (Math.Abs(text.Length - name.Length) > allowed)
            {
                continue;
            }

            var distance = Distance(text.ToLowerInvariant(), name.ToLowerInvariant());
            if (distance <= allowed && distance < bestDistance)
            {
                (best, bestDistance) = (name, distance);
            }
        }

        return best;
    }

    /// <summary>Optimal string alignment distance (Damerau 1964, restricted).</summary>
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            d[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            d[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
