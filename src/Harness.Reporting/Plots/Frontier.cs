namespace Harness.Reporting.Plots;

/// <summary>The compute-efficient frontier of measured losses.</summary>
public static class Frontier
{
    /// <summary>
    /// The lower convex hull in (log compute, log loss), from the cheapest point down to the lowest loss: every measurement lies on it or above it.
    /// </summary>
    /// <param name="points">Compute in X and loss in Y, all above 0.</param>
    public static IReadOnlyList<PlotPoint> LowerHull(IEnumerable<PlotPoint> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        var hull = new List<PlotPoint>();
        foreach (var p in points.OrderBy(p => p.X).ThenBy(p => p.Y))
        {
            if (hull.Count > 0 && p.Y >= hull[^1].Y)
            {
                continue; // more compute for a loss that was had for less
            }

            while (hull.Count > 1 && Turn(hull[^2], hull[^1], p) <= 0)
            {
                hull.RemoveAt(hull.Count - 1);
            }

            hull.Add(p);
        }

        return hull;
    }

    /// <summary>Above 0 where b lies below the straight line from a to c.</summary>
    private static double Turn(PlotPoint a, PlotPoint b, PlotPoint c)
    {
        double abX = Math.Log(b.X / a.X), abY = Math.Log(b.Y / a.Y), acX = Math.Log(c.X / a.X), acY = Math.Log(c.Y / a.Y);
        return (abX * acY) - (abY * acX);
    }
}
