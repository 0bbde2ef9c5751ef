namespace Harness.Sweeps.Expressions;

/// <summary>A function that expressions can call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="MinArguments">Fewest arguments.</param>
/// <param name="MaxArguments">Most arguments.</param>
/// <param name="Compute">Its value.</param>
/// <param name="Doc">What it gives.</param>
internal sealed record Function(string Name, int MinArguments, int MaxArguments, Func<double[], double> Compute, string Doc);

/// <summary>The functions of expressions.</summary>
internal static class Functions
{
    public static IReadOnlyList<Function> All { get; } =
    [
        new("min", 2, 16, a => a.Min(), "smallest of its arguments"),
        new("max", 2, 16, a => a.Max(), "largest of its arguments"),
        new("sqrt", 1, 1, a => Math.Sqrt(a[0]), "square root"),
        new("log", 1, 1, a => Math.Log(a[0]), "natural logarithm"),
        new("log2", 1, 1, a => Math.Log2(a[0]), "logarithm to base 2"),
        new("log10", 1, 1, a => Math.Log10(a[0]), "logarithm to base 10"),
        new("exp", 1, 1, a => Math.Exp(a[0]), "e to that power"),
        new("abs", 1, 1, a => Math.Abs(a[0]), "without its sign"),
        new("floor", 1, 1, a => Math.Floor(a[0]), "next whole number below"),
        new("ceil", 1, 1, a => Math.Ceiling(a[0]), "next whole number above"),
        new("round", 1, 2, Round, "nearest whole number, halves away from zero; round(x, m): nearest multiple of m"),
    ];

    public static Function? Find(string name) => All.FirstOrDefault(f => f.Name == name);

    private static double Round(double[] a) =>
        a.Length == 1 ? Math.Round(a[0], MidpointRounding.AwayFromZero) : Math.Round(a[0] / a[1], MidpointRounding.AwayFromZero) * a[1];
}
