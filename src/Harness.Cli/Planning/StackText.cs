using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Sweeps.Planning;

namespace Harness.Cli.Planning;

/// <summary>What a plan says of training runs of one shape together: what was asked, or what a calibration finds here.</summary>
internal static class StackText
{
    /// <summary>Shapes that are timed, the most expensive ones; each costs a second or two.</summary>
    private const int MostMeasurements = 4;

    /// <summary>A line a shape that two or more runs share; none where no two do.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="left">Runs that have no result yet.</param>
    /// <param name="trainer">Times steps; null to measure nothing.</param>
    /// <param name="settings">How a worker would train.</param>
    /// <param name="workers">Runs side by side.</param>
    public static IEnumerable<string> Lines(SweepPlan plan, IEnumerable<PlannedRun> left, IStackTrainer? trainer, ExecutionSettings settings, int workers)
    {
        var runs = left.ToList();
        var shapes = runs.GroupBy(r => StackShape.Of(r.Spec)).Where(g => g.Count() > 1).Select(g => g.ToList())
            .OrderByDescending(g => g.Sum(r => FlopsPerToken.Of(r.Spec.Model).SixN * r.Spec.Training.Tokens)).ToList();
        var choice = plan.Execution.Stack;
        if (shapes.Count == 0 || choice.Most < 2)
        {
            yield break;
        }

        if (!choice.IsAuto)
        {
            yield return $"stacks: up to {choice} runs of one shape together, as asked; {shapes.Count} shapes have two runs or more";
            yield break;
        }

        var timed = 0;
        foreach (var shape in shapes.Where(s => s[0].Spec.Synthetic is null))
        {
            var what = $"stacks: {shape[0].Name} and {shape.Count - 1} more of its shape";
            var most = Math.Min(shape.Count, (runs.Count + workers - 1) / workers);
            if (most < 2 || shape.Count * shape[0].Spec.Training.Steps < StackAdvice.LeastSteps)
            {
                yield return $"{what}: trained one by one, too few to be worth a calibration";
            }
            else if (trainer is null || timed == MostMeasurements)
            {
                yield return $"{what}: the first worker times a few steps and decides";
            }
            else
            {
                timed++;
                yield return $"{what}: {trainer.Advise(shape[0].Spec, settings, most)?.Describe() ?? "trained one by one"}";
            }
        }
    }
}
