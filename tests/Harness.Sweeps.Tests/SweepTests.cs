using System.Globalization;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Tests;

public sealed class SweepTests
{
    [Fact]
    public void A_file_without_a_sweep_section_is_one_run()
    {
        var plan = Some.Plan(Some.Base);
        var run = Assert.Single(plan.Runs);
        Assert.Equal("gpt2-l2-d64-t999k-s1", run.Name);
        Assert.Equal(488, run.Spec.Training.Steps); // 1,000,000 / 2048 = 488.28
        var adjustment = Assert.Single(plan.Figures[0].Adjustments);
        Assert.Equal(("tokens", 1_000_000.0, 488 * 2048.0), (adjustment.Key, adjustment.Asked, adjustment.Used));
        Assert.Equal(new CosineSchedule { WarmupSteps = 10, FinalFraction = 0.1 }, run.Spec.Training.Schedule);
        Assert.Equal(new EvaluationSpec(65536, 49), run.Spec.Training.Evaluation);
        Assert.Equal(256, run.Spec.Model.VocabularySize);
        Assert.Equal(256, run.Spec.Model.FeedForwardDim);
        Assert.Equal(RunId.Of(run.Spec), run.Id);
        Assert.Contains(KeyValuePair.Create("training.optimizer.beta2", "0.95"), plan.Defaults);
        Assert.DoesNotContain(plan.Defaults, d => d.Key == "training.peak_lr");
    }

    [Fact]
    public void A_product_makes_every_combination_the_first_axis_slowest()
    {
        var plan = Some.Plan(Some.Base + "sweep: {product: {n_layer: [1, 2], peak_lr: [1e-3, 2e-3, 3e-3]}}");
        Assert.Equal(["1 0.001", "1 0.002", "1 0.003", "2 0.001", "2 0.002", "2 0.003"], plan.Runs.Select(r => $"{r.Spec.Model.LayerCount} {r.Spec.Training.PeakLearningRate}"));
    }

    [Fact]
    public void Zipped_keys_vary_together_and_groups_multiply()
    {
        var plan = Some.Plan(Some.Base + "sweep:\n  zip:\n    - {n_layer: [1, 2], d_model: [32, 64]}\n    - {seed: [5, 6], peak_lr: [1e-3, 2e-3]}\n");
        Assert.Equal(["1 32 5 0.001", "1 32 6 0.002", "2 64 5 0.001", "2 64 6 0.002"],
            plan.Runs.Select(r => $"{r.Spec.Model.LayerCount} {r.Spec.Model.ModelDim} {r.Spec.Training.Seed} {r.Spec.Training.PeakLearningRate}"));
    }

    [Theory]
    [InlineData("seed: {from: 2, to: 9, step: 3}", "2 5 8")]
    [InlineData("seed: {from: 1, to: 100, count: 3}", "1 10 100")]
    [InlineData("seed: {from: 10, to: 90, per_octave: 1}", "10 20 40 80")]
    [InlineData("seed: {from: 1, to: 1000, per_decade: 2}", "1 3 10 32 100 316 1000")]
    [InlineData("seed: {from: 64, to: 512, count: 4, multiple_of: 64}", "64 128 256 512")]
    [InlineData("seed: {from: 100, to: 300, count: 3, multiple_of: 64}", "128 192 320")]
    [InlineData("seed: {from: 1, to: 9, count: 3, scale: linear}", "1 5 9")]
    [InlineData("seed: {from: 4, to: 4, count: 1}", "4")]
    [InlineData("seed: 7", "7")]
    public void Ranges_give_these_seeds(string range, string seeds) =>
        Assert.Equal(seeds, string.Join(' ', Some.Plan(Some.Base + $"sweep: {{product: {{{range}}}}}").Runs.Select(r => r.Spec.Training.Seed)));

    [Fact]
    public void A_range_of_tenths_has_no_binary_dust()
    {
        var plan = Some.Plan(Some.Base + "sweep: {product: {optimizer.weight_decay: {from: 0.1, to: 0.5, step: 0.1}}}");
        Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.5], plan.Runs.Select(r => r.Spec.Training.Optimizer.WeightDecay));
    }

    [Fact]
    public void Derived_values_follow_each_runs_own_model()
    {
        var plan = Some.Plan("""
            model: {n_layer: 2, n_head: 2, context_length: 128, d_ff: 3 * d_model}
            data: {source: dotnet-docs}
            training: {tokens: 20 * non_embedding_params, batch_tokens: 128, peak_lr: 0.003 * (d_model / 64)^-0.5, lr_schedule: {warmup_steps: "max(1, round(0.1 * steps))"}}
            sweep: {product: {d_model: [32, 64, 128]}}
            """);
        Assert.All(plan.Runs, r =>
        {
            var counts = ParameterCounts.Of(r.Spec.Model);
            Assert.Equal(3 * r.Spec.Model.ModelDim, r.Spec.Model.FeedForwardDim);
            Assert.InRange(r.Spec.Training.Tokens - 20 * counts.NonEmbedding, -64, 64);
            Assert.Equal(0.003 * Math.Pow(r.Spec.Model.ModelDim / 64.0, -0.5), r.Spec.Training.PeakLearningRate);
            Assert.Equal(Math.Round(0.1 * r.Spec.Training.Steps, MidpointRounding.AwayFromZero), r.Spec.Training.Schedule.WarmupSteps);
        });
    }

    [Fact]
    public void A_ladder_by_depth_keeps_its_aspect_in_whole_heads()
    {
        var plan = Some.Plan(Some.Base + "sweep: {ladder: {depth: [1, 2, 3], aspect: 40, head_dim: 16}}");
        Assert.Equal([(1, 48, 3), (2, 80, 5), (3, 128, 8)], plan.Runs.Select(r => (r.Spec.Model.LayerCount, r.Spec.Model.ModelDim, r.Spec.Model.HeadCount)));
        Assert.Equal("depth 2", plan.Runs[1].Labels["ladder"]);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void A_ladder_by_size_comes_close_to_its_targets_whatever_the_family(string family)
    {
        var plan = Some.Plan(Some.Base + "sweep: {ladder: {non_embedding_params: {from: 20k, to: 200M, per_decade: 4}, aspect: 32, head_dim: 8}}", "family=" + family);
        Assert.Equal(17, plan.Runs.Count);
        Assert.All(plan.Runs, r =>
        {
            var target = double.Parse(r.Labels["ladder"], CultureInfo.InvariantCulture);
            Assert.InRange(ParameterCounts.Of(r.Spec.Model).NonEmbedding / target, 0.8, 1.25);
            Assert.InRange((double)r.Spec.Model.ModelDim / r.Spec.Model.LayerCount, 32 / 2.0, 32 * 2.0);
        });
        Assert.Equal(plan.Runs.Select(r => ParameterCounts.Of(r.Spec.Model).NonEmbedding).Order(), plan.Runs.Select(r => ParameterCounts.Of(r.Spec.Model).NonEmbedding));
    }

    [Fact]
    public void A_ladders_size_counts_the_feed_forward_that_each_run_asks_for()
    {
        var plan = Some.Plan(Some.Base + "sweep: {ladder: {non_embedding_params: 1M, aspect: 32, head_dim: 8}, product: {d_ff: [d_model, 8 * d_model]}}");
        Assert.NotEqual(plan.Runs[0].Spec.Model.ModelDim, plan.Runs[1].Spec.Model.ModelDim);
        Assert.All(plan.Runs, r => Assert.InRange(ParameterCounts.Of(r.Spec.Model).NonEmbedding, 850_000, 1_150_000));
    }

    [Theory]
    [InlineData("6nd")]
    [InlineData("6nd_total")]
    [InlineData("kaplan")]
    [InlineData("chinchilla")]
    public void An_isoflop_family_spends_its_budget_under_the_named_convention(string convention)
    {
        var plan = Some.Plan(Some.Base + $"sweep: {{isoflop: {{budgets: [1e12, 2e12], flops: {convention}}}, product: {{d_model: [48, 64]}}}}");
        Assert.Equal(4, plan.Runs.Count);
        Assert.All(plan.Runs, r =>
        {
            var each = FlopsPerToken.Of(r.Spec.Model);
            var perToken = convention switch { "6nd" => each.SixN, "6nd_total" => each.SixNTotal, "kaplan" => each.Kaplan, _ => each.Chinchilla };
            var budget = double.Parse(r.Labels["isoflop"], CultureInfo.InvariantCulture);
            Assert.InRange(perToken * r.Spec.Training.Tokens - budget, -perToken * 1024, perToken * 1024);
        });
    }

    [Fact]
    public void Sizes_around_a_budget_span_the_asked_factor_about_the_asked_ratio()
    {
        var plan = Some.Plan(Some.Base + "sweep: {isoflop: {budgets: [2e12], sizes: {count: 5, span: 9, tokens_per_param: 20, aspect: 16, head_dim: 4}}}", "data.max_epochs=4");
        var sizes = plan.Runs.Select(r => (double)ParameterCounts.Of(r.Spec.Model).NonEmbedding).ToList();
        Assert.InRange(sizes[^1] / sizes[0], 9 / 1.3, 9 * 1.3);
        Assert.InRange(plan.Runs[2].Spec.Training.Tokens / sizes[2], 20 / 1.5, 20 * 1.5);
    }

    [Fact]
    public void Explicit_runs_carry_their_names_and_multiply_with_seeds()
    {
        var plan = Some.Plan(Some.Base + "sweep:\n  runs:\n    - {name: wide, d_model: 128}\n    - {n_layer: 3}\n  seeds: [4, 5]\n");
        Assert.Equal(["wide-", "wide-", "gpt2-l3-d64-t999k-s4", "gpt2-l3-d64-t999k-s5"], plan.Runs.Select(r => r.Name.StartsWith("wide-", StringComparison.Ordinal) ? "wide-" : r.Name));
        Assert.Equal([(128, 4L), (128, 5L)], plan.Runs.Take(2).Select(r => (r.Spec.Model.ModelDim, r.Spec.Training.Seed)));
    }

    [Fact]
    public void Blocks_are_joined_and_equal_runs_trained_once()
    {
        var plan = Some.Plan(Some.Base + "sweep:\n  - {label: a, product: {seed: [1, 2]}}\n  - {label: b, product: {seed: [2, 3]}}\n");
        Assert.Equal([1L, 2, 3], plan.Runs.Select(r => r.Spec.Training.Seed));
        Assert.Contains("1 of 4 runs equal another run of the sweep and are trained once.", plan.Notes);
        Assert.Equal(["a", "a", "b"], plan.Runs.Select(r => r.Labels["block"]));
    }

    [Fact]
    public void Conditions_leave_runs_out_and_say_how_many()
    {
        var plan = Some.Plan(Some.Base + "sweep: {product: {n_layer: [1, 2, 4], tokens: [1M, 2M]}, where: [\"tokens <= 15 * non_embedding_params\", \"n_layer < 4\"]}");
        Assert.Equal([(2, 999_424L)], plan.Runs.Select(r => (r.Spec.Model.LayerCount, r.Spec.Training.Tokens)));
        Assert.Contains("5 runs are left out by sweep.where.", plan.Notes);
    }

    [Fact]
    public void A_seed_sets_both_seeds_unless_the_data_has_its_own()
    {
        Assert.Equal((3L, 3L), Seeds(Some.Plan(Some.Base, "seed=3")));
        Assert.Equal((3L, 8L), Seeds(Some.Plan(Some.Base, "seed=3", "data_seed=8")));

        static (long, long) Seeds(SweepPlan p) => (p.Runs[0].Spec.Training.Seed, p.Runs[0].Spec.Training.DataSeed);
    }

    [Theory]
    [InlineData("constant", typeof(ConstantSchedule))]
    [InlineData("linear", typeof(LinearSchedule))]
    [InlineData("cosine", typeof(CosineSchedule))]
    [InlineData("wsd", typeof(WarmupStableDecaySchedule))]
    public void A_schedule_can_be_named_in_one_word(string kind, Type type) =>
        Assert.IsType(type, Some.Plan(Some.Base, "lr_schedule=" + kind).Runs[0].Spec.Training.Schedule);

    [Fact]
    public void Whole_schedules_can_be_swept()
    {
        var plan = Some.Plan(Some.Base + "sweep: {product: {lr_schedule: [constant, {kind: wsd, decay_fraction: 0.5, warmup_steps: 8}, {kind: linear, final_fraction: 0}]}}");
        Assert.Equal([new ConstantSchedule { WarmupSteps = 10 }, new WarmupStableDecaySchedule { WarmupSteps = 8, DecaySteps = 244, FinalFraction = 0 }, new LinearSchedule { WarmupSteps = 10, FinalFraction = 0 }],
            plan.Runs.Select(r => r.Spec.Training.Schedule));
    }

    [Fact]
    public void Maximal_update_and_clipping_can_be_switched_off_and_on()
    {
        var run = Some.Plan(Some.Base, "mup_base_d_model=32", "gradient_clip=none", "evaluation.every_steps=none").Runs[0].Spec;
        Assert.Equal(new MaximalUpdate(32), run.Model.MaximalUpdate);
        Assert.Null(run.Training.Optimizer.GradientClip);
        Assert.Null(run.Training.Evaluation.EverySteps);
        Assert.Null(Some.Plan(Some.Base).Runs[0].Spec.Model.MaximalUpdate);
    }

    [Fact]
    public void More_epochs_are_planned_only_if_asked_for()
    {
        var plan = Some.Plan(Some.Base, "tokens=20M", "data.max_epochs=3");
        Assert.Equal(2.5, plan.Figures[0].Epochs!.Value, 0.001);
        Assert.NotEmpty(Some.Problems(Some.Base, "tokens=20M", "data.max_epochs=2"));
    }

    [Fact]
    public void A_synthetic_law_needs_no_data()
    {
        var catalog = new FakeCatalog { Unavailable = "no data here" };
        var reading = Some.Read(Some.Base + "synthetic: {e: 1.7, a: 400, b: 410, alpha: 0.34, beta: 0.28, noise: 0.01}", catalog, "tokens=100B");
        var run = Assert.Single(reading.Plan!.Runs);
        Assert.Equal(new SyntheticLaw(1.7, 400, 410, 0.34, 0.28, 0.01, 0), run.Spec.Synthetic);
        Assert.Equal(0, catalog.Asked);
    }

    [Fact]
    public void The_data_is_described_once_however_many_runs_read_it()
    {
        var catalog = new FakeCatalog();
        Assert.Equal(50, Some.Read(Some.Base + "sweep: {seeds: 50}", catalog).Plan!.Runs.Count);
        Assert.Equal(1, catalog.Asked);
    }

    [Fact]
    public void A_small_held_out_part_is_measured_in_whole_contexts()
    {
        var reading = Some.Read(Some.Base, new FakeCatalog(8_000_000, validationTokens: 1000));
        Assert.Equal(896, reading.Plan!.Runs[0].Spec.Training.Evaluation.Tokens); // 7 contexts of 128, and one token to predict at the end
    }
}
