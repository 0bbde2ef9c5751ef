using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Sweeps.Resolving;

namespace Harness.Sweeps.Planning;

/// <summary>
/// Finds the families of runs that differ in their budget and cooldown only, and lets each member but the longest branch off that one where its own cooldown begins
/// (<see cref="SharedTrunk"/>). What makes runs depend on their budget before that is a problem, with its place.
/// </summary>
internal sealed class TrunkFinder(ProblemList problems)
{
    private const string Wanted = "execution.share_trunk";

    private static readonly string[] Warmup = ["training.lr_schedule.warmup_steps", "training.lr_schedule.warmup_fraction"];
    private static readonly string[] Order = ["training.data_seed"];
    private static readonly string[] Measuring = ["evaluation.every_steps", "evaluation.count"];

    /// <summary>Where runs branch off; runs that are trained from their start are not in it. Empty if there is any problem.</summary>
    /// <param name="runs">Every run of the plan, once.</param>
    public IReadOnlyDictionary<RunId, TrunkBranch> Find(IReadOnlyList<(RunId Id, BuiltRun Run)> runs)
    {
        var before = problems.Count;
        foreach (var run in runs.Select(r => r.Run).Where(r => r.Spec.Training.Schedule is not WarmupStableDecaySchedule))
        {
            var (key, place) = run.PlaceOf("training.lr_schedule.kind");
            problems.Add(place, key, "share-trunk", $"the schedule is {NameOf(run.Spec.Training.Schedule)}", $"{Wanted} needs wsd, whose rate does not depend on the budget before the cooldown",
                "Use 'lr_schedule: {kind: wsd, warmup_steps: 100}', or leave share_trunk out");
        }

        var wsd = runs.Where(r => r.Run.Spec.Training.Schedule is WarmupStableDecaySchedule).ToList();
        foreach (var kin in wsd.GroupBy(r => SharedTrunk.FamilyOf(WithoutWarmupAndOrder(r.Run.Spec)), r => r.Run))
        {
            RefuseIfItFollowsTheBudget(kin, Warmup, r => r.Spec.Training.Schedule.WarmupSteps, "warm-up steps", "Give all runs the same warmup_steps");
            RefuseIfItFollowsTheBudget(kin, Order, r => r.Spec.Training.DataSeed, "as seed of the data order", "Give all runs of a seed the same data_seed");
        }

        var branches = new Dictionary<RunId, TrunkBranch>();
        if (problems.Count == before)
        {
            foreach (var family in wsd.GroupBy(r => SharedTrunk.FamilyOf(r.Run.Spec)))
            {
                Share([.. family], branches);
            }
        }

        return problems.Count == before ? branches : new Dictionary<RunId, TrunkBranch>();
    }

    private void Share(List<(RunId Id, BuiltRun Run)> family, Dictionary<RunId, TrunkBranch> branches)
    {
        var (trunkId, trunk) = family.MaxBy(r => (SharedTrunk.BranchStep(r.Run.Spec.Training), r.Run.Spec.Training.Steps));
        foreach (var (id, run) in family.Where(r => r.Id != trunkId))
        {
            var training = run.Spec.Training;
            var step = SharedTrunk.BranchStep(training)!.Value;
            if (step == 0)
            {
                continue;
            }

            if (SharedTrunk.MeasureAlike(trunk.Spec.Training, training, step))
            {
                branches[id] = new TrunkBranch(trunkId, step);
            }
            else
            {
                var (key, place) = run.PlaceOf(Measuring);
                problems.Add(place, key, "share-trunk",
                    $"the held-out loss is measured every {Show.Exact(training.Evaluation.EverySteps!.Value)} steps in a run of {Show.Exact(training.Steps)} and every {Show.Exact(trunk.Spec.Training.Evaluation.EverySteps!.Value)} in one of {Show.Exact(trunk.Spec.Training.Steps)}",
                    $"with {Wanted} it is measured at the same steps", "Give evaluation.every_steps, or 'every_steps: none' to measure at the end only");
            }
        }
    }

    /// <summary>Runs of different budgets must offer the same values; an axis of its own is fine, a function of the budget is not.</summary>
    private void RefuseIfItFollowsTheBudget(IEnumerable<BuiltRun> kin, string[] keys, Func<BuiltRun, long> valueOf, string what, string mend)
    {
        var budgets = kin.GroupBy(r => r.Spec.Training.Steps).OrderBy(g => g.Key).Select(g => (Steps: g.Key, Values: g.Select(valueOf).Distinct().Order().ToList(), Run: g.First())).ToList();
        var (firstSteps, first, _) = budgets[0];
        if (budgets.Find(b => !b.Values.SequenceEqual(first)) is not { Run: { } run } other)
        {
            return;
        }

        var (key, place) = run.PlaceOf(keys);
        problems.Add(place, key, "share-trunk",
            $"{Show.Exact(first[0])} {what} in a run of {Show.Exact(firstSteps)} steps and {Show.Exact(other.Values[0])} in one of {Show.Exact(other.Steps)}",
            $"with {Wanted} this must not depend on the budget", mend);
    }

    private static RunSpec WithoutWarmupAndOrder(RunSpec spec) => spec with
    {
        Training = spec.Training with { DataSeed = 0, Schedule = (WarmupStableDecaySchedule)spec.Training.Schedule with { WarmupSteps = 0 } },
    };

    private static string NameOf(LearningRateSchedule schedule) => schedule switch
    {
        ConstantSchedule => "constant",
        LinearSchedule => "linear",
        _ => "cosine",
    };
}
