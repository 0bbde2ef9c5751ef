using Harness.Cli.Running;
using Harness.Core.Runs;

namespace Harness.Cli.Planning;

/// <summary>What a plan says of training different runs at the same time on one device: what was asked, or what a calibration finds here, and what fits into memory.</summary>
internal static class SideBySideText
{
    /// <summary>Lines; none where a worker trains one run after the other.</summary>
    /// <param name="left">Runs that have no result yet.</param>
    /// <param name="trainer">Times steps; null to measure nothing.</param>
    /// <param name="settings">How a worker would train.</param>
    /// <param name="memory">Bytes of the device that a worker may fill; null where unknown.</param>
    public static IEnumerable<string> Lines(IReadOnlyList<PlannedRun> left, ISideBySideTrainer? trainer, ExecutionSettings settings, long? memory)
    {
        var choice = settings.RunsPerWorker;
        if (left.Count < 2 || choice.On(settings.Device) < 2)
        {
            yield break;
        }

        var largest = left.Select(r => r.Estimate?.PeakMemoryBytes ?? 0).OrderDescending().Take(choice.Most).ToList();
        var fit = memory is { } bytes ? Enumerable.Range(1, largest.Count).LastOrDefault(n => largest.Take(n).Sum() <= bytes, 1) : largest.Count;
        var limit = memory is null ? "the device's free memory is unknown"
            : $"{Figures.Bytes(memory.Value)} of memory hold {(fit == largest.Count ? $"the {fit} largest" : $"{fit} of the largest")}";
        if (!choice.IsAuto)
        {
            yield return $"side by side: up to {choice} runs of any shapes at a time on {settings.Device}, as asked; {limit}";
            yield break;
        }

        var run = left.Where(r => r.Spec.Synthetic is null).MinBy(r => Core.Models.FlopsPerToken.Of(r.Spec.Model).SixN * r.Spec.Training.BatchTokens);
        var found = run is null || trainer is null || left.Sum(r => r.Spec.Training.Steps) < StackAdvice.LeastSteps
            ? "the first worker times a few steps of each size and decides, if there is enough to do"
            : $"{run.Name}, the smallest, {trainer.AdviseSideBySide(run.Spec, settings, choice.Most)?.DescribeSideBySide() ?? "is trained alone"}";
        yield return $"side by side: {found}; {limit}";
    }
}
