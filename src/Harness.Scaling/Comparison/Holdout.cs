namespace Harness.Scaling;

/// <summary>Which rows are kept back from a fit to measure how well it predicts them.</summary>
/// <param name="Name">As on the command line: <c>largest-n</c>, <c>dataset=c4</c>, <c>0.2</c>.</param>
/// <param name="Rows">Picks the rows kept back, by index.</param>
public sealed record Holdout(string Name, Func<Points, IReadOnlyList<int>> Rows)
{
    /// <summary>All rows at the largest value of a column.</summary>
    public static Holdout Largest(string column) => new($"largest-{column}", points =>
    {
        double[] values = points.Column(column);
        double largest = values.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Max();
        return [.. Enumerable.Range(0, values.Length).Where(i => values[i] >= largest * (1 - 1e-9))];
    });

    /// <summary>All rows where a numeric column has a value, to a relative 1e-9.</summary>
    public static Holdout Where(string column, double value) => new(
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{column}={value}"),
        points =>
        {
            double[] values = points.Column(column);
            return [.. Enumerable.Range(0, values.Length).Where(i => Math.Abs(values[i] - value) <= 1e-9 * Math.Abs(value))];
        });

    /// <summary>A random share of the rows (whole groups where the points have them).</summary>
    /// <param name="share">In (0, 1).</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.InvalidHoldout"/>: the share is not in (0, 1).</exception>
    public static Holdout Fraction(double share, ulong seed = 1)
    {
        string name = share.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return share is > 0 and < 1
            ? new(name, points => RandomRows.Share(points, share, seed))
            : throw new FitRefusedException(RefusalReason.InvalidHoldout, $"The share held out is {name}.", "Give a number between 0 and 1.");
    }

    /// <summary>The rows with these names.</summary>
    public static Holdout RowsNamed(string name, IReadOnlySet<string> rowIds) =>
        new(name, points => [.. Enumerable.Range(0, points.Count).Where(i => rowIds.Contains(points.RowIds[i]))]);
}
