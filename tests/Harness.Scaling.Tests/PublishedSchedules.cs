namespace Harness.Scaling.Tests;

/// <summary>The schedules of arXiv 2503.12811, section 4: warm-up over 2,160 steps to 3e-4, then as the curve's name says.</summary>
internal static class PublishedSchedules
{
    private const double Peak = 3e-4, End = 3e-5;
    private const int Warmup = 2160;

    public static double[] Of(string curve, int steps) => [.. Enumerable.Range(0, steps).Select(k => k < Warmup ? Peak * k / Warmup : After(curve, k))];

    private static double After(string curve, int step) => curve switch
    {
        "constant_72000" or "constant_24000" => Peak,
        "cosine_72000" => Cosine(step, 72000),
        "cosine_24000" => Cosine(step, 24000),
        "wsd_20000_24000" => step < 20000 ? Peak : Peak * Math.Pow(End / Peak, (step - 20000) / 4000.0),
        "wsdld_20000_24000" => step < 20000 ? Peak : Peak + ((End - Peak) * (step - 20000) / 4000.0),
        _ => step < 8000 ? Peak : double.Parse(curve["wsdcon_".Length..], System.Globalization.CultureInfo.InvariantCulture) * 1e-5,
    };

    private static double Cosine(int step, int total) => End + (0.5 * (Peak - End) * (1 + Math.Cos(Math.PI * (step - Warmup) / (total - Warmup))));
}
