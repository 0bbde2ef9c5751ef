using Harness.Core.Runs;
using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Tests;

/// <summary>Edited sweeps: what is new, done, to resume or orphaned, and why.</summary>
public sealed class PlanComparisonTests
{
    private const string Sweep = "sweep: {product: {n_layer: [1, 2], seed: [1, 2]}}\n";

    [Fact]
    public void Against_an_empty_store_all_runs_are_new()
    {
        var comparison = PlanComparison.Of(Some.Plan(Some.Base + Sweep).Runs, new Dictionary<RunId, StoredRun>());
        Assert.All(comparison.Runs, r => Assert.Equal((RunStanding.New, null), (r.Standing, r.ChangedFrom)));
        Assert.Empty(comparison.Orphans);
    }

    [Fact]
    public void Known_runs_stand_as_far_as_the_store_says()
    {
        var plan = Some.Plan(Some.Base + Sweep);
        var stored = plan.Runs.Take(3).Zip([StoredState.Done, StoredState.Started, StoredState.Waiting]).ToDictionary(p => p.First.Id, p => new StoredRun(p.Second, p.First.Name, p.First.Spec));
        Assert.Equal([RunStanding.Done, RunStanding.Resume, RunStanding.Waiting, RunStanding.New], PlanComparison.Of(plan.Runs, stored).Runs.Select(r => r.Standing));
    }

    [Fact]
    public void Added_points_are_new_and_finished_ones_stay()
    {
        var comparison = PlanComparison.Of(Some.Plan(Some.Base + Sweep.Replace("seed: [1, 2]", "seed: [1, 2, 3]", StringComparison.Ordinal)).Runs, Done(Some.Plan(Some.Base + Sweep)));
        Assert.Equal(4, comparison.Runs.Count(r => r.Standing == RunStanding.Done));
        Assert.Equal(2, comparison.Runs.Count(r => r is { Standing: RunStanding.New, ChangedFrom: null }));
        Assert.Empty(comparison.Orphans);
    }

    [Fact]
    public void A_changed_value_names_the_key_the_old_and_the_new_value()
    {
        var comparison = PlanComparison.Of(Some.Plan(Some.Base + Sweep, "peak_lr=4e-3").Runs, Done(Some.Plan(Some.Base + Sweep)));
        Assert.Equal(4, comparison.Orphans.Count);
        Assert.All(comparison.Runs, r =>
        {
            Assert.Equal(RunStanding.New, r.Standing);
            Assert.Equal("training.peak_lr: 0.003 -> 0.004", Assert.Single(r.Changes).ToString());
        });
        Assert.Equal(4, comparison.Runs.Select(r => r.ChangedFrom).Distinct().Count());
    }

    [Fact]
    public void Several_changes_are_all_named_and_seeds_stay_with_their_seeds()
    {
        var old = Some.Plan(Some.Base + Sweep);
        var now = Some.Plan(Some.Base + Sweep, "optimizer.beta2=0.99", "lr_schedule=linear");
        var comparison = PlanComparison.Of(now.Runs, Done(old));
        Assert.All(comparison.Runs, r => Assert.Equal(["training.lr_schedule.kind", "training.optimizer.beta2"], r.Changes.Select(c => c.Key)));
        Assert.Equal(old.Runs.Select(r => (RunId?)r.Id), comparison.Runs.Select(r => r.ChangedFrom));
    }

    [Fact]
    public void A_removed_point_is_an_orphan()
    {
        var old = Some.Plan(Some.Base + Sweep);
        var comparison = PlanComparison.Of(old.Runs.Skip(1).ToList(), Done(old));
        Assert.Equal([old.Runs[0].Id], comparison.Orphans);
        Assert.All(comparison.Runs, r => Assert.Equal(RunStanding.Done, r.Standing));
    }

    [Fact]
    public void Equal_specs_do_not_differ_and_a_removed_value_is_none()
    {
        var run = Some.Plan(Some.Base).Runs[0].Spec;
        Assert.Empty(SpecDifference.Between(run, run));
        Assert.Equal("training.optimizer.gradient_clip: 1 -> none", Assert.Single(SpecDifference.Between(run, Some.Plan(Some.Base, "gradient_clip=none").Runs[0].Spec)).ToString());
        Assert.Equal("evaluation.tokens", Assert.Single(SpecDifference.Between(run, Some.Plan(Some.Base, "evaluation.tokens=128Ki").Runs[0].Spec)).Key);
    }

    private static Dictionary<RunId, StoredRun> Done(SweepPlan plan) => plan.Runs.ToDictionary(r => r.Id, r => new StoredRun(StoredState.Done, r.Name, r.Spec));
}
