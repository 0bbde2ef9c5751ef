using System.Diagnostics;
using System.Text.Json;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Core.Training;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Planning;
using Harness.Sweeps.Requests;
using Xunit.Abstractions;

namespace Harness.Sweeps.Tests;

public sealed class PlanTests(ITestOutputHelper output)
{
    [Fact]
    public void A_stack_that_was_asked_for_needs_the_memory_of_all_its_members()
    {
        var alone = Some.Plan(Some.Base + "sweep: {seeds: 3}\n").Figures[0].Memory;
        var (two, eight) = (Some.Plan(Some.Base + "sweep: {seeds: 3}\n", "execution.stack=2").Figures[0].Memory, Some.Plan(Some.Base + "sweep: {seeds: 3}\n", "execution.stack=8").Figures[0].Memory);
        Assert.Equal((2 * alone.State, 2 * alone.Activations, alone.Runtime), (two.State, two.Activations, two.Runtime));
        Assert.Equal((3 * alone.State, 3 * alone.Activations, alone.Runtime), (eight.State, eight.Activations, eight.Runtime)); // there are but three
    }

    [Theory]
    [InlineData("", "auto")]
    [InlineData("execution: {stack: auto}", "auto")]
    [InlineData("execution: {stack: off}", "off")]
    [InlineData("execution: {stack: 4}", "4")]
    public void Stacks_are_automatic_unless_the_sweep_says_otherwise(string yaml, string choice)
    {
        var execution = Some.Plan(Some.Base + yaml).Execution;
        Assert.Equal(choice, execution.Stack.ToString());
        Assert.Equal(execution.Stack, execution.For("cpu").Stack);
    }

    [Fact]
    public void Totals_are_the_sums_of_the_runs()
    {
        var plan = Some.Plan(Some.Base + "sweep: {product: {n_layer: [1, 2, 3], tokens: [1M, 2M]}}");
        Assert.Equal(6, plan.Totals.Runs);
        Assert.Equal(plan.Runs.Sum(r => r.Spec.Training.Steps * r.Spec.Training.BatchTokens), plan.Totals.Tokens);
        Assert.Equal(plan.Runs.Sum(r => 6.0 * ParameterCounts.Of(r.Spec.Model).NonEmbedding * r.Spec.Training.Tokens), plan.Totals.Flops.SixND);
        Assert.Equal(plan.Runs.Max(r => r.Estimate!.PeakMemoryBytes), plan.Totals.LargestMemoryBytes);
        Assert.Null(plan.Totals.WorkerSeconds);
        Assert.Null(plan.WallSeconds(2));
    }

    [Fact]
    public void Seconds_count_training_and_a_third_of_it_for_held_out_tokens()
    {
        var reading = SweepReader.ReadText(Some.Base, "s.yaml", ".", new FakeCatalog(), new SweepReadOptions { Speed = new Speed(1000) });
        var seconds = (488 * 2048 + 10 * 65536 / 3.0) / 1000; // every 49 of 488 steps: 10 measurements
        Assert.Equal(seconds, reading.Plan!.Figures[0].Seconds!.Value, 1e-6);
    }

    [Fact]
    public void Workers_that_pull_the_longest_run_first_end_when_expected()
    {
        var yaml = "model: {n_layer: 2, d_model: 64, n_head: 4}\nsynthetic: {e: 1, a: 1, b: 1, alpha: 1, beta: 1}\ntraining: {tokens: 1M, batch_tokens: 2048, peak_lr: 1}\nsweep: {zip: {seed: [1, 2, 3, 4, 5], synthetic.seconds_per_run: [5, 4, 3, 3, 3]}}";
        var plan = Some.Plan(yaml);
        Assert.Equal(18, plan.WallSeconds(1));
        Assert.Equal(10, plan.WallSeconds(2)); // 5 + 3 and 4 + 3 + 3
        Assert.Equal(5, plan.WallSeconds(10));
        Assert.Equal(7, plan.WallSeconds(2, new HashSet<RunId> { plan.Runs[0].Id })); // 4 + 3 and 3 + 3
    }

    [Theory]
    [InlineData("fp32", 16)]
    [InlineData("bf16", 20)]
    public void Memory_holds_weights_gradients_and_two_moments(string precision, int bytesAParameter)
    {
        var spec = Some.Plan(Some.Base, "precision=" + precision).Runs[0].Spec;
        Assert.Equal(bytesAParameter * ParameterCounts.Of(spec.Model).Total, CostModel.Memory(spec.Model, spec.Training, null).State);
    }

    [Fact]
    public void Activations_halve_with_the_micro_batch_and_the_plan_uses_it()
    {
        var spec = Some.Plan(Some.Base).Runs[0].Spec;
        var whole = CostModel.Memory(spec.Model, spec.Training, null);
        Assert.Equal(whole, CostModel.Memory(spec.Model, spec.Training, 16));
        Assert.Equal(whole.Activations / 2, CostModel.Memory(spec.Model, spec.Training, 8).Activations);
        Assert.Equal(CostModel.Memory(spec.Model, spec.Training, 4), Some.Plan(Some.Base, "execution.micro_batch_sequences=4").Figures[0].Memory);
    }

    [Fact]
    public void Disk_holds_three_checkpoints_of_weights_and_moments()
    {
        var spec = Some.Plan(Some.Base, "d_model=256").Runs[0].Spec;
        Assert.InRange(CostModel.Disk(spec.Model, spec.Training), 3 * 12 * ParameterCounts.Of(spec.Model).Total, 3 * 12 * ParameterCounts.Of(spec.Model).Total + 1_000_000);
    }

    [Fact]
    public void Five_thousand_runs_are_planned_in_seconds()
    {
        var yaml = Some.Base + "sweep: {ladder: {non_embedding_params: {from: 20k, to: 2M, count: 10}, aspect: 32, head_dim: 8}, product: {peak_lr: {from: 1e-4, to: 1e-2, count: 10}, tokens: [20 * non_embedding_params, 1M, 2M, 3M, 4M]}, seeds: 10}";
        var watch = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        var plan = Some.Plan(yaml, "data.max_epochs=10");
        var work = Environment.CpuUsage.TotalTime - before;
        output.WriteLine($"{plan.Runs.Count} runs planned in {watch.ElapsedMilliseconds} ms, {work.TotalMilliseconds:F0} ms of processor time");
        Assert.Equal(5000, plan.Runs.Count);
        Assert.Equal(5000, plan.Runs.Select(r => r.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.InRange(work.TotalSeconds, 0, 10); // 1 to 2 with a cold compiler; processor time, since a shared machine's clock says nothing
    }

    [Fact]
    public void Requests_survive_their_JSON_form()
    {
        var plan = Some.Plan(Some.Base + "execution: {workers: 3, checkpoint_every_seconds: none}\nfit: {laws: [a, b], delta: 1e-3, holdout: largest-n}\n");
        var fit = JsonSerializer.Deserialize(JsonSerializer.Serialize(plan.Fit, SweepsJson.Default.FitRequest), SweepsJson.Default.FitRequest)!;
        Assert.Equal(plan.Fit with { Laws = [] }, fit with { Laws = [] });
        Assert.Equal(["a", "b"], fit.Laws);
        var settings = plan.Execution.For("cuda:1");
        Assert.Equal(("cuda:1", 1, (TimeSpan?)null, true), (settings.Device, settings.Threads, settings.CheckpointEvery, settings.Deterministic));
        Assert.Equal(plan.Execution, JsonSerializer.Deserialize(JsonSerializer.Serialize(plan.Execution, SweepsJson.Default.ExecutionRequest), SweepsJson.Default.ExecutionRequest));
        Assert.Equal(60, Some.Plan(Some.Base).Execution.CheckpointEverySeconds);
    }

    [Fact]
    public void The_reference_prints_every_key_with_its_meaning()
    {
        var text = KeyReference.Text();
        Assert.All(SweepKeys.All, k => Assert.Contains($"{k.Path}\n", text, StringComparison.Ordinal));
        Assert.All(SweepKeys.All, k => Assert.True(k.Doc.Length > 10, k.Path));
    }

    [Fact]
    public void Random_text_gives_problems_never_an_exception()
    {
        string[] pieces = ["model", "training", ": ", "\n", "  ", "{", "}", "[", "]", ",", "- ", "&a", "*a", "!t", "'", "\"", "|", ">", "#", "%", "@", "`", "sweep", "product", "1", "n_layer", "?", "<<", "~", "---", "...", "\t", "\r", "\u00e9", "\u2028"];
        var random = new Random(3);
        for (var i = 0; i < 3000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 25)).Select(_ => pieces[random.Next(pieces.Length)]));
            var reading = Some.Read((i % 2 == 0 ? Some.Base : "") + text);
            Assert.True(reading.Plan is not null || reading.Problems.Count > 0, text);
        }
    }

    private sealed class Speed(double tokensPerSecond) : ISpeedEstimator
    {
        public double? TokensPerSecond(ModelSpec model, TrainingSpec training) => tokensPerSecond;
    }
}
