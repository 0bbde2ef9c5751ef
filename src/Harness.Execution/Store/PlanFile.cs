using System.Text.Json;
using Harness.Core;
using Harness.Core.Runs;
using Harness.Execution.Files;

namespace Harness.Execution.Store;

/// <summary><c>plan.json</c>: the name of the sweep and its runs, sealed.</summary>
/// <param name="Sweep">Name of the sweep.</param>
/// <param name="Planned">The runs, in the plan's order.</param>
internal sealed record PlanFile(string Sweep, IReadOnlyList<PlannedRun> Planned)
{
    public static byte[] Format(string sweep, IReadOnlyList<PlannedRun> runs) =>
        SealedJson.Seal(
            new Stored { Sweep = sweep, Runs = [.. runs.Select(r => JsonSerializer.SerializeToElement(r, CoreJson.Default.PlannedRun))] },
            ExecutionJson.Default.Stored);

    public static Unsealed<PlanFile> Read(IFileLayer files, string path)
    {
        var opened = SealedJson.Open(files, path, ExecutionJson.Default.Stored);
        if (opened.Content is not { } stored)
        {
            return new Unsealed<PlanFile>(null, opened.Missing, opened.NewerVersion, opened.Damage);
        }

        try
        {
            var runs = stored.Runs.Select(r => r.Deserialize(CoreJson.Default.PlannedRun) ?? throw new JsonException("a run is null")).ToList();
            return new Unsealed<PlanFile>(new PlanFile(stored.Sweep, runs), Missing: false, NewerVersion: null, Damage: null);
        }
        catch (JsonException e)
        {
            return new Unsealed<PlanFile>(null, Missing: false, NewerVersion: null, $"a run in it is not as this harness writes them ({e.Message})");
        }
    }

    /// <summary>As it stands in the file; the runs are read by Core's own rules.</summary>
    internal sealed record Stored
    {
        public required string Sweep { get; init; }

        public required IReadOnlyList<JsonElement> Runs { get; init; }
    }
}
