using System.Globalization;

namespace Harness.Scaling;

/// <summary>Laws written with scales, such as (n_c/n)^alpha, cannot say that nothing changes: as alpha -> 0 the scale leaves the numbers, and with it the curve.</summary>
internal static class NoScaling
{
    /// <summary>Refuses parameters that no longer give the curve that was fitted.</summary>
    /// <exception cref="FitRefusedException"><see cref="RefusalReason.NoScaling"/>.</exception>
    public static void Refuse(Law law, SearchModel model, double[] theta, double[] parameters)
    {
        if (law is not SeparableLaw { ScaleExponents.Count: > 0 } scaled || model is not SeparableModel)
        {
            return;
        }

        for (int k = 0; k < scaled.ScaleExponents.Count; k++)
        {
            int exponent = scaled.CoefficientCount + scaled.ScaleExponents[k];
            // A term that is not needed at all has a scale of exactly 0; one that underflows to it has lost its size.
            bool lost = !double.IsFinite(parameters[k]) || (parameters[k] < 1e-300 && theta[k] > 0);
            if (scaled.ScaleExponents[k] >= 0 && lost)
            {
                LawParameter scale = law.Parameters[k], power = law.Parameters[exponent];
                throw new FitRefusedException(
                    RefusalReason.NoScaling,
                    string.Create(CultureInfo.InvariantCulture, $"{power.Name} = {parameters[exponent]:G3}: {law.Target} does not fall measurably ({power.Meaning}), so that {scale.Name} is beyond any number and a constant fits as well."),
                    "Check that these are the right columns; power and power-offset keep finite coefficients where hardly anything changes.");
            }
        }
    }
}
