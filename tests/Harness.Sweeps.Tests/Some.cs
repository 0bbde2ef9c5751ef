using Harness.Core.Data;
using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Tests;

/// <summary>Sweeps as text, read without files.</summary>
internal static class Some
{
    /// <summary>The smallest complete sweep; lines 1 to 3.</summary>
    public const string Base = """
        model: {n_layer: 2, d_model: 64, n_head: 4, context_length: 128}
        data: {source: dotnet-docs}
        training: {tokens: 1M, batch_tokens: 2048, peak_lr: 3e-3}

        """;

    public static SweepReading Read(string yaml, params string[] overrides) => Read(yaml, new FakeCatalog(), overrides);

    public static SweepReading Read(string yaml, IDataCatalog catalog, params string[] overrides) =>
        SweepReader.ReadText(yaml, "s.yaml", Path.GetTempPath(), catalog, new SweepReadOptions { Overrides = overrides });

    public static SweepPlan Plan(string yaml, params string[] overrides)
    {
        var reading = Read(yaml, overrides);
        Assert.True(reading.Plan is not null, string.Join('\n', reading.Problems));
        return reading.Plan;
    }

    /// <summary>The problems' lines, which must be all there are.</summary>
    public static string[] Problems(string yaml, params string[] overrides) => [.. Read(yaml, overrides).Problems.Select(p => p.ToString())];
}
