using Harness.Core.Runs;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Resolving;
using Harness.Sweeps.Values;

namespace Harness.Sweeps.Requests;

/// <summary>Reads the sections that belong to the whole sweep: execution and fit.</summary>
internal sealed class RequestReader(Lookup lookup, ProblemList problems, IReadOnlyCollection<string>? knownLaws)
{
    public ExecutionRequest Execution() => new()
    {
        Workers = (int?)Number("execution.workers"),
        Threads = (int?)Number("execution.threads") ?? 1,
        MicroBatchSequences = (int?)Number("execution.micro_batch_sequences"),
        Stack = Choice("execution.stack", StackChoice.Auto, StackChoice.Off, StackChoice.Parse, $"auto, off or a number of runs from 2 to {StackChoice.Limit} is allowed"),
        RunsPerWorker = Choice("execution.runs_per_worker", RunsPerWorker.Auto, RunsPerWorker.One, RunsPerWorker.Parse, $"auto or a number of runs from 1 to {RunsPerWorker.Limit} is allowed"),
        CheckpointEverySteps = (int?)Number("execution.checkpoint_every_steps"),
        CheckpointEverySeconds = Number("execution.checkpoint_every_seconds"),
        ShareTrunk = (lookup.Given("execution.share_trunk", out _) as FlagSetting)?.Value ?? false,
        Deterministic = (lookup.Given("execution.deterministic", out _) as FlagSetting)?.Value ?? true,
    };

    public FitRequest Fit()
    {
        var plain = new FitRequest();
        return new FitRequest
        {
            Laws = Laws(),
            N = Text("fit.n") ?? plain.N,
            D = Text("fit.d") ?? plain.D,
            C = Text("fit.c") ?? plain.C,
            Loss = Text("fit.loss") ?? plain.Loss,
            Objective = Text("fit.objective"),
            Delta = Number("fit.delta"),
            Where = Text("fit.where"),
            DropHighest = (int?)Number("fit.drop_highest") ?? 0,
            Holdout = Text("fit.holdout"),
            Bootstrap = (int?)Number("fit.bootstrap"),
            BootstrapBy = Text("fit.bootstrap_by"),
            Seed = (long?)Number("fit.seed") ?? plain.Seed,
        };
    }

    private T Choice<T>(string path, T unsaid, T mistaken, Func<string, T?> parse, string allowed)
        where T : class
    {
        if (lookup.Given(path, out var origin) is not TextSetting given)
        {
            return unsaid;
        }

        if (parse(given.Text) is { } choice)
        {
            return choice;
        }

        problems.Add(origin, path, "choice", $"{Printable.Quoted(given.Text)} was given", allowed, null);
        return mistaken;
    }

    private IReadOnlyList<string> Laws()
    {
        if (lookup.Given("fit.laws", out _) is not TextListSetting laws)
        {
            return [];
        }

        foreach (var (law, origin) in laws.Texts.Where(l => knownLaws is not null && !knownLaws.Contains(l.Text)))
        {
            problems.Add(origin, "fit.laws", "law:" + law, $"there is no law {Printable.Quoted(law)}", $"known are {Show.Choices(knownLaws!)}",
                NearestName.To(law, knownLaws!) is { } near ? $"Did you mean {near}?" : null);
        }

        return [.. laws.Texts.Select(l => l.Text)];
    }

    private string? Text(string path) => (lookup.Given(path, out _) as TextSetting)?.Text;

    private double? Number(string path) => ((lookup.Given(path, out _) ?? Lookup.Default(path)) as NumberSetting)?.Value;
}
