using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Tests;

/// <summary>Which runs branch off which, what that saves, and what is refused. Lines 1 to 5 are <see cref="Wsd"/>.</summary>
public sealed class TrunkTests
{
    private const string Wsd = """
        model: {n_layer: 2, d_model: 64, n_head: 4, context_length: 128}
        data: {source: dotnet-docs}
        training: {batch_tokens: 1024, peak_lr: 3e-3, lr_schedule: {kind: wsd, warmup_steps: 20, decay_fraction: 0.2}}
        evaluation: {every_steps: 50}
        execution: {share_trunk: true}

        """;

    [Fact]
    public void Runs_that_differ_in_their_budget_only_branch_off_the_longest_where_their_cooldown_begins()
    {
        var plan = Some.Plan(Wsd + "sweep: {product: {d_model: [32, 64], steps: [100, 200, 400, 800]}, seeds: 2}");
        var runs = plan.Runs.GroupBy(r => (r.Spec.Model.ModelDim, r.Spec.Training.Seed)).ToList();
        Assert.Equal(4, runs.Count);
        foreach (var family in runs)
        {
            var trunk = family.Single(r => r.Spec.Training.Steps == 800);
            Assert.Null(trunk.Branch);
            foreach (var run in family.Where(r => r != trunk))
            {
                Assert.Equal(new TrunkBranch(trunk.Id, run.Spec.Training.Steps * 4 / 5), run.Branch);
                Assert.True(SharedTrunk.Share(trunk.Spec, run.Spec, run.Branch!.Step));
            }
        }
    }

    [Fact]
    public void Sharing_changes_no_id()
    {
        const string Axes = "sweep: {product: {steps: [100, 200, 400]}}";
        Assert.Equal(Some.Plan(Wsd + Axes, "execution.share_trunk=false").Runs.Select(r => r.Id), Some.Plan(Wsd + Axes).Runs.Select(r => r.Id));
    }

    [Fact]
    public void Savings_are_those_counted_by_hand_and_costs_count_only_what_is_trained()
    {
        // 1,500 steps of 1,024 tokens alone. Together: the trunk's 800 and a fifth of 100, 200 and 400, that is 940; 560 are saved. At 1,000 tokens/s; the held-out loss of
        // 1,024 tokens every 50 steps costs a third as much a token: alone 30 times; in the branches' first 80, 160 and 320 steps 1, 3 and 6 times.
        var plan = Plan(Wsd.Replace("every_steps: 50", "every_steps: 50, tokens: 1024", StringComparison.Ordinal) + "sweep: {product: {steps: [100, 200, 400, 800]}}", new Speed(1000));
        var savings = plan.Savings!;
        var flopsPerStep = 6.0 * ParameterCounts.Of(plan.Runs[0].Spec.Model).NonEmbedding * 1024;
        Assert.Equal((1, 3), (savings.Trunks, savings.Branches));
        Assert.Equal((560 * 1024, 1500 * 1024), (savings.Tokens, savings.TokensAlone));
        Assert.Equal((560 * flopsPerStep, 1500 * flopsPerStep), (savings.Flops, savings.FlopsAlone));
        Assert.Equal(1.024 * (560 + 10 / 3.0), savings.Seconds!.Value, 1e-9);
        Assert.Equal(1.024 * (1500 + 30 / 3.0), savings.SecondsAlone!.Value, 1e-9);
        Assert.Equal(940 * 1024, plan.Totals.Tokens);
        Assert.Equal(940 * flopsPerStep, plan.Totals.Flops.SixND);
        Assert.Equal(1.024 * (940 + 20 / 3.0), plan.Totals.WorkerSeconds!.Value, 1e-9);
        Assert.Equal([80 * 1024L, 160 * 1024L, 320 * 1024L, 0], plan.Figures.Select(f => f.SharedTokens));
        Assert.Equal([100 * 1024L, 200 * 1024L, 400 * 1024L, 800 * 1024L], plan.Figures.Select(f => f.Tokens)); // a point of the law keeps its D
    }

    [Fact]
    public void Four_doubled_budgets_with_cooldowns_of_a_fifth_save_37_percent_and_four_equal_steps_48()
    {
        // (1 + 2 + 4 + 8) alone, 8 + 0.2 (1 + 2 + 4) together: 5.6 / 15. And (1 + 2 + 3 + 4) alone, 4 + 0.2 (1 + 2 + 3) together: 4.8 / 10.
        Assert.Equal(5.6 / 15, Saved("[100, 200, 400, 800]"), 1e-12);
        Assert.Equal(4.8 / 10, Saved("[100, 200, 300, 400]"), 1e-12);
        static double Saved(string steps)
        {
            var savings = Some.Plan(Wsd + $"sweep: {{product: {{steps: {steps}}}}}").Savings!;
            return savings.Flops / savings.FlopsAlone;
        }
    }

    [Fact]
    public void Cooldowns_of_several_lengths_and_depths_branch_off_one_trunk()
    {
        var plan = Some.Plan(Wsd + "sweep: {product: {steps: [400, 800], decay_fraction: [0.05, 0.2, 0.5], final_fraction: [0, 0.1]}}");
        var trunks = plan.Runs.Where(r => r.Branch is null).ToList();
        var trunk = Assert.Single(trunks); // the one whose stable part is longest
        Assert.Equal((800, 40), (trunk.Spec.Training.Steps, ((WarmupStableDecaySchedule)trunk.Spec.Training.Schedule).DecaySteps));
        Assert.Equal([760, 640, 400, 380, 320, 200], plan.Runs.Where(r => r.Branch is not null).Select(r => r.Branch!.Step).Distinct().OrderDescending());
        Assert.Equal(1, plan.Savings!.Trunks);
    }

    [Fact]
    public void The_disk_of_a_trunk_holds_a_checkpoint_for_each_branch_step()
    {
        var plan = Some.Plan(Wsd + "sweep: {product: {steps: [100, 200, 400, 800]}}");
        var trunk = plan.Runs[3];
        Assert.Equal(3 * CostModel.Checkpoint(trunk.Spec.Model), trunk.Estimate!.SnapshotBytes);
        Assert.Equal(CostModel.Disk(trunk.Spec.Model, trunk.Spec.Training) + trunk.Estimate.SnapshotBytes, trunk.Estimate.DiskBytes);
        Assert.Null(plan.Runs[0].Estimate!.SnapshotBytes);
    }

    [Fact]
    public void Branches_wait_for_their_trunk_in_the_estimated_time()
    {
        // 8 s a run alone. Two workers: the trunk 0 to 8; the branches begin at 4 (step 400 of 800, a quarter of 8 s left of theirs) and at 1.6.
        const string Yaml = "model: {n_layer: 2, d_model: 64, n_head: 4}\nsynthetic: {e: 1, a: 1, b: 1, alpha: 1, beta: 1, seconds_per_run: 8}\n"
            + "training: {batch_tokens: 1024, peak_lr: 1, lr_schedule: {kind: wsd, warmup_steps: 10, decay_fraction: 0.2}}\nevaluation: {every_steps: none}\nexecution: {share_trunk: true}\nsweep: {product: {steps: [200, 500, 800]}}";
        var plan = Some.Plan(Yaml);
        Assert.Equal([1.6, 1.6, 8.0], plan.Figures.Select(f => Math.Round(f.Seconds!.Value, 9)));
        Assert.Equal(11.2, plan.WallSeconds(1)!.Value, 9);
        Assert.Equal(8, plan.WallSeconds(2)!.Value, 9); // 1.6 to 3.2, 4 to 5.6, both beside the trunk
        Assert.Equal(1.6, plan.WallSeconds(2, new HashSet<RunId> { plan.Runs[2].Id })!.Value, 9); // the trunk is done
    }

    [Theory]
    [InlineData("training.lr_schedule={kind: cosine, warmup_steps: 20}", "training.lr_schedule.kind: the schedule is cosine; execution.share_trunk needs wsd")]
    [InlineData("training.lr_schedule={kind: linear, warmup_steps: 20}", "training.lr_schedule.kind: the schedule is linear; execution.share_trunk needs wsd")]
    [InlineData("training.lr_schedule={kind: constant, warmup_steps: 20}", "training.lr_schedule.kind: the schedule is constant; execution.share_trunk needs wsd")]
    [InlineData("warmup_fraction=0.1", "training.lr_schedule.warmup_fraction: 10 warm-up steps in a run of 100 steps and 20 in one of 200; with execution.share_trunk this must not depend on the budget. Give all runs the same warmup_steps")]
    [InlineData("warmup_steps=steps / 20", "training.lr_schedule.warmup_steps: 5 warm-up steps in a run of 100 steps and 10 in one of 200")]
    [InlineData("data_seed=steps", "training.data_seed: 100 as seed of the data order in a run of 100 steps and 200 in one of 200")]
    [InlineData("evaluation.count=10", "evaluation.count: the held-out loss is measured every 10 steps in a run of 100 and every 20 in one of 200; with execution.share_trunk it is measured at the same steps. Give evaluation.every_steps")]
    public void What_depends_on_the_budget_before_the_cooldown_is_refused(string change, string message)
    {
        var problem = Assert.Single(Some.Problems(Wsd + "sweep: {product: {steps: [100, 200]}}", change));
        Assert.StartsWith($"--set {change}: {message}", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void The_refusal_names_file_and_line()
    {
        var problem = Assert.Single(Some.Problems(Wsd.Replace("warmup_steps: 20", "warmup_fraction: 0.1", StringComparison.Ordinal) + "sweep: {product: {steps: [100, 200]}}"));
        Assert.StartsWith("s.yaml:3: training.lr_schedule.warmup_fraction: 10 warm-up steps", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Warm_ups_and_data_orders_that_are_axes_of_their_own_make_families_of_their_own()
    {
        var plan = Some.Plan(Wsd + "sweep: {product: {steps: [100, 200], warmup_steps: [5, 20], data_seed: [1, 2]}}");
        Assert.Equal(4, plan.Runs.Count(r => r.Branch is not null));
        Assert.All(plan.Runs.Where(r => r.Branch is not null), r => Assert.True(SharedTrunk.Share(plan.Runs.Single(t => t.Id == r.Branch!.Trunk).Spec, r.Spec, r.Branch!.Step)));
    }

    [Fact]
    public void A_sweep_with_nothing_to_share_says_so()
    {
        var plan = Some.Plan(Wsd + "sweep: {product: {d_model: [32, 64]}}", "steps=100");
        Assert.Null(plan.Savings);
        Assert.Contains(plan.Notes, n => n.StartsWith("execution.share_trunk: no two runs differ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_plan_offers_shared_trunks_where_they_would_save_something()
    {
        const string Axes = "sweep: {product: {steps: [100, 200, 400, 800]}}";
        Assert.Contains(
            "execution.share_trunk: true would let 3 of 4 runs branch off the longest of their family and save 37.3 % of the FLOPs; results and ids stay the same.",
            Some.Plan(Wsd + Axes, "execution.share_trunk=false").Notes);
        Assert.DoesNotContain(Some.Plan(Wsd + Axes).Notes, n => n.StartsWith("execution.share_trunk", StringComparison.Ordinal));
        Assert.DoesNotContain(Some.Plan(Wsd + Axes, "execution.share_trunk=false", "warmup_fraction=0.1").Notes, n => n.StartsWith("execution.share_trunk", StringComparison.Ordinal));
        Assert.DoesNotContain(Some.Plan(Wsd + Axes, "execution.share_trunk=false", "training.lr_schedule=cosine").Notes, n => n.StartsWith("execution.share_trunk", StringComparison.Ordinal));
    }

    [Fact]
    public void The_experiment_on_trunks_plans_18_of_its_24_runs_on_6_of_them()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Harness.sln")))
        {
            root = root.Parent;
        }

        var reading = SweepReader.Read(Path.Combine(root.FullName, "experiments", "trunk", "sweep.yaml"), new FakeCatalog());
        Assert.True(reading.Plan is not null, string.Join('\n', reading.Problems));
        Assert.Equal((24, 18, 6), (reading.Plan.Runs.Count, reading.Plan.Savings!.Branches, reading.Plan.Savings.Trunks));
        Assert.Equal(5.6 / 15, reading.Plan.Savings.Flops / reading.Plan.Savings.FlopsAlone, 1e-12);
    }

    private static SweepPlan Plan(string yaml, ISpeedEstimator speed)
    {
        var reading = SweepReader.ReadText(yaml, "s.yaml", ".", new FakeCatalog(), new SweepReadOptions { Speed = speed });
        Assert.True(reading.Plan is not null, string.Join('\n', reading.Problems));
        return reading.Plan;
    }

    private sealed class Speed(double tokensPerSecond) : ISpeedEstimator
    {
        public double? TokensPerSecond(ModelSpec model, TrainingSpec training) => tokensPerSecond;
    }
}
