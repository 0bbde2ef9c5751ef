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
        // How many weights a unit of width squared costs in this family: 12 where d_ff is 4 d_model.
        var probe = Math.Max(1, (int)Math.Round(target.Aspect * Math.Cbrt(target.Target / (12 * target.Aspect * target.Aspect)) / target.HeadDim)) * target.HeadDim;
        if (countOf(1, probe) is not { } probed)
        {
            return null;
        }

        var exact = Math.Cbrt(target.Target / (probed / ((double)probe * probe) * target.Aspect * target.Aspect));
        (int Depth, int Heads, double Found, double Miss)? best = null;
        foreach (var depth in Depths(Math.Max(1, (int)(exact / 1.6)), Math.Max(2, (int)Math.Ceiling(exact * 1.6))))
        {
            if (HeadsBelow(target, depth, countOf) is not { } below)
            {
                return null;
            }

            foreach (var heads in new[] { below, below + 1 }.Where(h => h > 0))
            {
                var found = countOf(depth, heads * target.HeadDim)!.Value;
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

    /// <summary>The most heads with which a depth stays at or below the target, by bisection; 0 if one head is already above it.</summary>
    private static int? HeadsBelow(LadderTarget target, int depth, Func<int, int, double?> countOf)
    {
        var (low, high) = (0, Math.Max(1, (int)(Math.Sqrt(target.Target / (12.0 * depth)) / target.HeadDim)));
        while (true)
        {
            if (countOf(depth, high * target.HeadDim) is not { } count)
            {
                return null;
            }

            if (count > target.Target)
            {
                break;
            }

            (low, high) = (high, high * 2);
        }

        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = countOf(depth, middle * target.HeadDim) <= target.Target ? (middle, high) : (low, middle);
        }

        return low;
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
