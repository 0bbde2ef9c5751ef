using Harness.Sweeps.Axes;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Resolving;

/// <summary>
/// Finds the depth and width whose non-embedding size comes closest to a target, among widths that are multiples of the head and shapes near the ladder's
/// aspect: minimises log(N/target)^2 + log(aspect/wanted)^2 / 10, so that a size off by 10 % costs as much as an aspect off by 35 %; without the second term
/// depths jump up and down along a ladder.
/// </summary>
internal static class LadderSolver
{
    /// <summary>A rung farther from its target than this factor is refused.</summary>
    public const double Tolerance = 1.25;

    private const double AspectWeight = 0.1;

    /// <summary>The point's layer with the found model's keys, or null with a problem.</summary>
    /// <param name="target">What to aim at.</param>
    /// <param name="countOf">Non-embedding parameters of a depth and width; null if they can't be told (reported).</param>
    /// <param name="problems">Where a miss is reported.</param>
    public static (Layer Layer, double Found)? Solve(LadderTarget target, Func<int, int, double?> countOf, ProblemList problems)
    {
        var exact = Math.Cbrt(target.Target / (12 * target.Aspect * target.Aspect));
        var fewest = Math.Max(1, (int)(exact / 1.6));
        var most = Math.Max(2, (int)Math.Ceiling(exact * 1.6));
        (int Depth, int Heads, double Found, double Miss)? best = null;
        foreach (var depth in Depths(fewest, most))
        {
            var width = Math.Sqrt(target.Target / (12.0 * depth)) / target.HeadDim;
            for (var heads = Math.Max(1, (int)Math.Floor(width * 0.9) - 1); heads <= Math.Ceiling(width * 1.1) + 1; heads++)
            {
                if (countOf(depth, heads * target.HeadDim) is not { } found)
                {
                    return null;
                }

                var size = Math.Log(found / target.Target);
                var aspect = Math.Log((double)heads * target.HeadDim / depth / target.Aspect);
                var miss = size * size + AspectWeight * aspect * aspect;
                if (best is null || miss < best.Value.Miss)
                {
                    best = (depth, heads, found, miss);
                }
            }
        }

        var (chosenDepth, chosenHeads, count, _) = best!.Value;
        if (count > target.Target * Tolerance || count < target.Target / Tolerance)
        {
            problems.Add(target.Origin, "sweep.ladder.non_embedding_params", "off",
                $"no model near {Show.Number(target.Target)} parameters has aspect {Show.Real(target.Aspect)} and head_dim {target.HeadDim}; the closest has {Show.Number(count)}",
                "at most 25 % off", "Use a smaller head_dim or aspect, or another target");
            return null;
        }

        return (Chosen(target, chosenDepth, chosenHeads), count);
    }

    /// <summary>Every depth in a range, thinned to about 24 where it is long.</summary>
    private static IEnumerable<int> Depths(int fewest, int most)
    {
        var step = Math.Max(1, (most - fewest) / 24);
        for (var depth = fewest; depth <= most; depth += step)
        {
            yield return depth;
        }
    }

    private static Layer Chosen(LadderTarget target, int depth, int heads)
    {
        var layer = new Layer();
        foreach (var (key, value) in new[] { ("model.n_layer", (long)depth), ("model.d_model", (long)heads * target.HeadDim), ("model.head_dim", target.HeadDim) })
        {
            layer.Add(key, new ScalarNode(target.Origin, $"{value}"));
        }

        return layer;
    }
}
