namespace Harness.Sweeps.Tests;

public sealed class OverrideTests
{
    [Fact]
    public void An_override_wins_over_file_and_sweep()
    {
        var plan = Some.Plan(Some.Base + "sweep: {product: {seed: [1, 2], peak_lr: [1e-3, 2e-3]}}", "training.peak_lr=5e-4");
        Assert.Equal([(1L, 5e-4), (2L, 5e-4)], plan.Runs.Select(r => (r.Spec.Training.Seed, r.Spec.Training.PeakLearningRate)));
        Assert.Contains("--set training.peak_lr=5e-4", plan.Notes);
    }

    [Fact]
    public void The_later_of_two_overrides_wins_also_over_its_alternative()
    {
        Assert.Equal(7, Some.Plan(Some.Base, "seed=6", "seed=7").Runs[0].Spec.Training.Seed);
        Assert.Equal(9, Some.Plan(Some.Base, "tokens=2M", "steps=9").Runs[0].Spec.Training.Steps);
        Assert.Equal(977, Some.Plan(Some.Base, "steps=9", "tokens=2M").Runs[0].Spec.Training.Steps);
    }

    [Fact]
    public void Steps_replace_the_files_tokens() => Assert.Equal(10, Some.Plan(Some.Base, "steps=10").Runs[0].Spec.Training.Steps);

    [Fact]
    public void The_sweep_itself_can_be_overridden_and_extended()
    {
        var yaml = Some.Base + "sweep: {product: {model.n_layer: [1, 2]}, seeds: 2}";
        Assert.Equal(3, Some.Plan(yaml, "sweep.product.model.n_layer=[3]", "sweep.seeds=3").Runs.Count);
        Assert.Equal(12, Some.Plan(yaml, "sweep.product.peak_lr={from: 1e-3, to: 4e-3, per_octave: 1}").Runs.Count);
        Assert.Equal(2, Some.Plan(Some.Base, "sweep.seeds=2").Runs.Count);
        Assert.Equal(2, Some.Plan(Some.Base, "sweep.isoflop.budgets=[1e12, 2e12]").Runs.Count);
    }

    [Fact]
    public void A_block_of_the_sweep_is_picked_by_its_place()
    {
        var yaml = Some.Base + "sweep:\n  - {seeds: 2}\n  - {product: {n_layer: [5]}}\n";
        Assert.Equal(5, Some.Plan(yaml, "sweep.0.seeds=4").Runs.Count);
        Assert.Equal(["--set sweep.2.seeds=4: sweep.2.seeds: '2' picks nothing from a list of 2; 0 to 1."], Some.Problems(yaml, "sweep.2.seeds=4"));
    }

    [Fact]
    public void Whole_sections_and_requests_can_be_overridden()
    {
        var plan = Some.Plan(Some.Base + "fit: {laws: [a]}\nexecution: {workers: 2}", "fit.laws=[b, c]", "fit.delta=1e-3", "execution.workers=5", "optimizer={beta1: 0.8}", "name=other", "execution.checkpoint_every_seconds=none");
        Assert.Equal(["b", "c"], plan.Fit.Laws);
        Assert.Equal(1e-3, plan.Fit.Delta);
        Assert.Equal((5, (double?)null), (plan.Execution.Workers, plan.Execution.CheckpointEverySeconds));
        Assert.Equal(0.8, plan.Runs[0].Spec.Training.Optimizer.Beta1);
        Assert.Equal("other", plan.Slug);
    }
}
