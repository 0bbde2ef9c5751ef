namespace Harness.Reporting.Tables.Expressions;

/// <summary>A function that an expression may call. Those of several arguments are folded from the left.</summary>
internal sealed record Function(string Name, bool TakesMany, Func<double, double, double> Of)
{
    public static IReadOnlyDictionary<string, Function> ByName { get; } = new Function[]
    {
        new("log", false, (x, _) => Math.Log(x)),
        new("ln", false, (x, _) => Math.Log(x)),
        new("log10", false, (x, _) => Math.Log10(x)),
        new("log2", false, (x, _) => Math.Log2(x)),
        new("exp", false, (x, _) => Math.Exp(x)),
        new("sqrt", false, (x, _) => Math.Sqrt(x)),
        new("abs", false, (x, _) => Math.Abs(x)),
        new("round", false, (x, _) => Math.Round(x, MidpointRounding.AwayFromZero)),
        new("floor", false, (x, _) => Math.Floor(x)),
        new("ceil", false, (x, _) => Math.Ceiling(x)),
        new("min", true, Math.Min),
        new("max", true, Math.Max),
    }.ToDictionary(f => f.Name, StringComparer.Ordinal);
}
