namespace Harness.Core.Runs;

/// <summary>
/// A known truth to test the loop with: loss = (E + A / N^alpha + B / D^beta) * exp(noise * gaussian), N non-embedding parameters, D tokens
/// (the form of Hoffmann et al. 2022, arXiv 2203.15556, eq. 2). The gaussian is a pure function of the run's seeds, N and D.
/// </summary>
/// <param name="E">Irreducible loss, nats a token, at least 0.</param>
/// <param name="A">Parameter coefficient, above 0.</param>
/// <param name="B">Data coefficient, above 0.</param>
/// <param name="Alpha">Parameter exponent, above 0.</param>
/// <param name="Beta">Data exponent, above 0.</param>
/// <param name="Noise">Standard deviation of the log loss, at least 0.</param>
/// <param name="SecondsPerRun">Wall seconds that a run pretends to take, at least 0; lets tests kill a run in the middle.</param>
public sealed record SyntheticLaw(double E, double A, double B, double Alpha, double Beta, double Noise, double SecondsPerRun)
{
    /// <summary>The noise-free loss at N parameters and D tokens, nats a token.</summary>
    public double LossAt(double parameters, double tokens) => E + A / Math.Pow(parameters, Alpha) + B / Math.Pow(tokens, Beta);
}
