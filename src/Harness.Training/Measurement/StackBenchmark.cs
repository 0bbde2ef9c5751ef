using Harness.Core.Models;
using Harness.Core.Training;
using Harness.Training.Runs;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Measurement;

/// <summary>Times steps of several runs of one model, together and alone.</summary>
public static class StackBenchmark
{
    /// <summary>Seconds of each timed step of all runs on random tokens, sorted; one CPU thread.</summary>
    /// <param name="model">The runs' model.</param>
    /// <param name="batchRows">Sequences of a run's batch.</param>
    /// <param name="members">Runs: as one batched model where there are several, else as <paramref name="plain"/> says.</param>
    /// <param name="plain">Whether a single run goes through autograd even where there is a faster step.</param>
    /// <param name="microRows">Sequences of each run in a forward pass; null chooses as a run would.</param>
    /// <param name="steps">Steps timed, at least 1.</param>
    /// <param name="patience">Seconds after which no further step is timed.</param>
    public static IReadOnlyList<double> Seconds(ModelSpec model, int batchRows, int members, bool plain, int? microRows = null, int steps = 200, double patience = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(members, 1);
        using var scope = NewDisposeScope();
        set_num_threads(1);
        using var engine = EngineCache.Make(
            model, [.. Enumerable.Repeat(OptimizerSpec.Default, members)], Precision.Fp32, CPU, batchRows, microRows, batched: members > 1, plain ? StepPath.Plain : StepPath.Fastest);
        using var tokens = EndlessRun.RandomTokens(model);
        return [.. new SteadySteps(engine, EndlessRun.Of(model, batchRows, Precision.Fp32), tokens).Timings(steps, patience).Order()];
    }
}
