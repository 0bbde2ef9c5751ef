namespace Harness.Scaling;

/// <summary>
/// A penalty that Newton's method can walk on: squares and Huber as they are, sharp corners (least absolute deviations) rounded within a width, as a Huber penalty of that
/// width. The value differs from the sharp one by at most half the width a row.
/// </summary>
internal readonly struct SmoothPenalty
{
    private readonly bool square;
    private readonly double width;
    private readonly double over;
    private readonly double under;

    /// <summary>Rounds an objective's corners.</summary>
    /// <param name="objective">What is fitted.</param>
    /// <param name="rounding">Width of the rounding where the penalty has corners; above 0.</param>
    public SmoothPenalty(Objective objective, double rounding)
    {
        square = objective.Penalty == Penalty.Square;
        width = objective.Penalty == Penalty.Huber ? objective.Delta!.Value : rounding;
        under = objective.Penalty == Penalty.Huber ? width : 1;
        over = objective.Penalty == Penalty.AsymmetricAbsolute ? objective.OverWeight!.Value : under;
    }

    /// <summary>Whether an objective's penalty has corners, which must be rounded.</summary>
    public static bool IsSharp(Objective objective) => objective.Penalty is Penalty.Absolute or Penalty.AsymmetricAbsolute;

    /// <summary>The penalty of a residual, its slope, its second derivative, and the curvature of the parabola that touches it there and lies above it everywhere.</summary>
    public (double Value, double Slope, double Bend, double Majorant) At(double residual)
    {
        if (square)
        {
            return (residual * residual, 2 * residual, 2, 2);
        }

        // Outside a law's domain there is no residual: the value then is not a number, and the step that led there is refused.
        double size = Math.Abs(residual), reach = residual > 0 ? over : under;
        return size <= width
            ? (reach * 0.5 * residual * residual / width, reach * residual / width, reach / width, reach / width)
            : (reach * (size - (0.5 * width)), Math.CopySign(reach, residual), 0, reach / size);
    }
}
