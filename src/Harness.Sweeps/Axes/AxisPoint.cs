using System.Numerics;
using Harness.Sweeps.Resolving;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Axes;

/// <summary>One position on an axis: the keys that it gives, and what the run must still compute from them.</summary>
internal sealed record AxisPoint
{
    public Layer Layer { get; init; } = new();

    /// <summary>A model size to aim at, or null.</summary>
    public LadderTarget? Ladder { get; init; }

    /// <summary>A compute budget that the tokens follow from, or null.</summary>
    public FlopBudget? Budget { get; init; }

    /// <summary>The name of an explicit run, or null.</summary>
    public string? RunName { get; init; }

    /// <summary>Groups for fits.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];
}

/// <summary>A dimension of a sweep. The sweep is the product of its axes.</summary>
/// <param name="Origin">Where it stands.</param>
/// <param name="Keys">The keys that it gives; no two axes of a block give the same.</param>
/// <param name="Count">Positions, counted without making them.</param>
/// <param name="Points">Makes the positions.</param>
internal sealed record Axis(Origin Origin, IReadOnlyList<string> Keys, BigInteger Count, Func<IReadOnlyList<AxisPoint>> Points);

/// <summary>A non-embedding size to come close to with models of a given shape.</summary>
/// <param name="Target">Non-embedding parameters asked for.</param>
/// <param name="Aspect">d_model / n_layer aimed at.</param>
/// <param name="HeadDim">Units a head; widths are multiples of it.</param>
/// <param name="Origin">Where it was written.</param>
internal sealed record LadderTarget(double Target, double Aspect, int HeadDim, Origin Origin);

/// <summary>How FLOPs are counted where tokens follow from a budget.</summary>
internal enum FlopConvention
{
    SixN,
    SixNTotal,
    Kaplan,
    Chinchilla,
}

/// <summary>A compute budget.</summary>
internal sealed record FlopBudget(double Flops, FlopConvention Convention, Origin Origin)
{
    public static IReadOnlyList<string> ConventionNames { get; } = ["6nd", "6nd_total", "kaplan", "chinchilla"];
}
