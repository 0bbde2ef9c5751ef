using Harness.Scaling;

namespace Harness.Reporting.Fits;

/// <summary>Where the rows that a fit saw stand among the rows that it was given.</summary>
internal static class FittedRowIndices
{
    /// <summary>The indices of those that are found, in the fit's order.</summary>
    public static int[] Of(IReadOnlyList<string> fitted, IReadOnlyList<string> given)
    {
        if (ReferenceEquals(fitted, given))
        {
            return [.. Enumerable.Range(0, given.Count)];
        }

        // Choices from one table are told by their indices: no names are made for millions of rows.
        if (fitted is ChosenNames chosen)
        {
            if (ReferenceEquals(chosen.Source, given))
            {
                return [.. chosen.Rows];
            }

            if (given is ChosenNames choice && ReferenceEquals(chosen.Source, choice.Source))
            {
                Dictionary<int, int> at = [];
                for (int i = 0; i < choice.Count; i++)
                {
                    at[choice.Rows[i]] = i;
                }

                return [.. chosen.Rows.Select(r => at.GetValueOrDefault(r, -1)).Where(i => i >= 0)];
            }
        }

        Dictionary<string, int> byName = new(StringComparer.Ordinal);
        for (int i = 0; i < given.Count; i++)
        {
            byName[given[i]] = i;
        }

        return [.. fitted.Select(id => byName.GetValueOrDefault(id, -1)).Where(i => i >= 0)];
    }
}
