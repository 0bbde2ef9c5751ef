using System.CommandLine;
using Harness.Core.Data;
using Harness.Core.Runs;
using Harness.Scaling;
using Harness.Sweeps;
using Harness.Sweeps.Planning;

namespace Harness.Cli.Planning;

/// <summary>The options that <c>plan</c> and <c>run</c> share: which sweep, what is overridden, where results go.</summary>
internal sealed class SweepOptions
{
    public Argument<string> File { get; } = new("SWEEP.yaml") { Description = "The sweep; configs/every-key.yaml explains every key." };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Override a key, for example --set training.peak_lr=1e-3. May be given several times; later ones win.",
        HelpName = "KEY=VALUE",
        AllowMultipleArgumentsPerToken = false,
    };

    public Option<string> Results { get; } = new("--results") { Description = "Folder of all sweeps; this one lands in a folder of its name there.", DefaultValueFactory = _ => "results" };

    public Option<int> MaxRuns { get; } = new("--max-runs") { Description = "Refuse a sweep of more runs than this.", DefaultValueFactory = _ => SweepReadOptions.DefaultMaxRuns };

    public IEnumerable<Option> All => [Set, Results, MaxRuns];

    /// <summary>Reads the sweep.</summary>
    /// <exception cref="UserMistakeException">It has problems; the message lists all of them, one a line.</exception>
    public SweepPlan Read(ParseResult parsed, IDataCatalog catalog, ISpeedEstimator? speed)
    {
        var reading = SweepReader.Read(parsed.GetValue(File)!, catalog, new SweepReadOptions
        {
            Overrides = parsed.GetValue(Set) ?? [],
            MaxRuns = parsed.GetValue(MaxRuns),
            Speed = speed,
            OnGpu = Hosting.Machine.DefaultDevices()[0] != "cpu",
            KnownLaws = [.. LawCatalog.Names],
        });
        return reading.Plan ?? throw new UserMistakeException(string.Join('\n', reading.Problems.Select(p => p.ToString())));
    }

    /// <summary>The sweep's own folder.</summary>
    public string FolderOf(ParseResult parsed, SweepPlan plan) => Path.Combine(parsed.GetValue(Results)!, plan.Slug);
}
