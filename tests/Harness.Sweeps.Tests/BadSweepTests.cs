namespace Harness.Sweeps.Tests;

/// <summary>Sweep sections and overrides that can't be used: each gives exactly its message.</summary>
public sealed class BadSweepTests
{
    [Theory]
    [InlineData("zip: {n_layer: [1, 2], d_model: [64, 128, 192]}", "sweep.zip: lists of unequal length (model.n_layer: 2, model.d_model: 3); zipped lists are equally long. Fill the shorter one, or use product.")]
    [InlineData("product: {n_layer: []}", "model.n_layer: an empty list; an axis has at least one value. Give values, or remove the key.")]
    [InlineData("product: {n_layer: [1], model.n_layer: [2]}", "model.n_layer: two axes of the sweep set it, here and at line 4; one axis sets a key. Remove it from one of them.")]
    [InlineData("product: {n_layer: [1]}, ladder: {depth: [1], aspect: 64, head_dim: 16}", "model.n_layer: two axes of the sweep set it, here and at line 4; one axis sets a key. Remove it from one of them.")]
    [InlineData("product: {steps: [1]}, isoflop: {budgets: [1e12]}", "training.tokens: two axes of the sweep set it, here and at line 4; one axis sets a key. Remove it from one of them.")]
    [InlineData("product: {seed: {from: 5, to: 1, step: 1}}", "training.seed: from 5 to 1 runs backwards; a range is {from, to, step} or {from, to, count | per_octave | per_decade}, or {from, to, count, scale: linear}.")]
    [InlineData("product: {seed: {from: 1, to: 3}}", "training.seed: a range that is not complete; a range is {from, to, step} or {from, to, count | per_octave | per_decade}, or {from, to, count, scale: linear}.")]
    [InlineData("product: {seed: {from: 0, to: 3, count: 3}}", "training.seed: equal factors can't start at 0; a range is {from, to, step} or {from, to, count | per_octave | per_decade}, or {from, to, count, scale: linear}.")]
    [InlineData("product: {seed: {from: 1, to: 3, stop: 1, step: 1}}", "training.seed.stop: unknown key; a range has from, to, step, count, per_octave, per_decade, scale or multiple_of. Did you mean step?")]
    [InlineData("product: {d_ff: {from: 1, to: 4, count: 9}}", "model.d_ff: the range gives 1 twice after rounding. Use fewer values.")]
    [InlineData("product: {execution.workers: [1]}", "execution.workers: belongs to the whole sweep; a run can't have its own. Move it to the top level.")]
    [InlineData("product: {layers: [1]}", "layers: unknown key. Did you mean model.n_layer?")]
    [InlineData("n_layer: [1, 2]", "sweep.n_layer: unknown key; known are product, zip, ladder, isoflop, runs, seeds, where or label. To vary model.n_layer, write it under product.")]
    [InlineData("seedz: 2", "sweep.seedz: unknown key; known are product, zip, ladder, isoflop, runs, seeds, where or label. Did you mean seeds?")]
    [InlineData("where: [\"tokens\"]", "sweep.where: 'tokens' is no condition: a comparison such as <= is missing at its end; a condition is two expressions and one of < <= > >= == !=.")]
    [InlineData("where: [\"tokns < 5\"]", "sweep.where: there is no key or derived name 'tokns'. Did you mean tokens?")]
    [InlineData("seeds: 2, where: [\"tokens < 5\"]", "sweep.where: its conditions leave out every run (2). Loosen them.")]
    [InlineData("runs: []", "sweep.runs: an empty list; a list of mappings. Write '- {model.d_model: 64, ...}'.")]
    [InlineData("runs: [{d_model: 50}]", "model.n_head: 4 does not divide d_model = 50. Use a divisor of 50, such as 2 or 5.", 1)]
    [InlineData("product: {n_head: [3, 5, 7, 4]}", "model.n_head: 3 does not divide d_model = 64 (and 2 more like it). Use a divisor of 64, such as 2 or 4.")]
    [InlineData("isoflop: {budgets: [1e14]}", "sweep.isoflop.budgets: 1e14 FLOPs: 166,506,496 tokens are 20.81 epochs of the 8,000,000 that there are; data.max_epochs is 1. Use fewer tokens or more data, or set data.max_epochs: 21.")]
    [InlineData("isoflop: {budgets: [1e8]}", "sweep.isoflop.budgets: 1e8 FLOPs: 167 tokens are less than half a step of 2,048. Use larger budgets or smaller models, or leave such runs out with where.")]
    [InlineData("isoflop: {budgets: [1e12], flops: 6n}", "sweep.isoflop.flops: '6n'; allowed is 6nd, 6nd_total, kaplan or chinchilla. Did you mean 6nd?")]
    [InlineData("ladder: {depth: [1], non_embedding_params: [100]}", "sweep.ladder: two dials; a ladder has one dial. Give depth or non_embedding_params.")]
    [InlineData("ladder: {non_embedding_params: [100]}", "sweep.ladder.non_embedding_params: no model near 100 parameters has aspect 64 and head_dim 64; the closest has 50,112; at most 25 % off. Use a smaller head_dim or aspect, or another target.")]
    [InlineData("[]", "sweep: an empty list; a mapping, or a list of mappings. Remove it for a single run.")]
    public void A_bad_sweep_gives_exactly_this(string sweep, string message, int line = 4) =>
        Assert.Equal([$"s.yaml:{line}: {message}"], Some.Problems(Some.Base + (sweep == "[]" ? "sweep: []\n" : $"sweep: {{{sweep}}}\n")));

    [Fact]
    public void A_grid_of_a_hundred_to_the_tenth_is_counted_and_never_made()
    {
        string[] keys = ["seed", "n_layer", "d_ff", "data_seed", "optimizer.beta1", "optimizer.beta2", "data.unique_tokens", "peak_lr", "data.max_epochs", "evaluation.tokens"];
        var yaml = Some.Base + "sweep:\n  product:\n" + string.Concat(keys.Select(k => $"    {k}: {{from: 1, to: 100, step: 1}}\n"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(["s.yaml:4: sweep: about 1e20 runs (100 x 100 x 100 x 100 x 100 x 100 x 100 x 100 x 100 x 100); at most 10,000. Vary less at once, or raise the limit with --max-runs."], Some.Problems(yaml));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10 << 20);
    }

    [Fact]
    public void One_endless_range_is_counted_and_never_made() =>
        Assert.Equal(["s.yaml:4: sweep: about 1e15 runs; at most 10,000. Vary less at once, or raise the limit with --max-runs."],
            Some.Problems(Some.Base + "sweep: {product: {seed: {from: 1, to: 1e15, step: 1}}}\n"));

    [Theory]
    [InlineData("tokens=abc", "training.tokens: there is no key or derived name 'abc'. 'harness plan --keys' lists all.")]
    [InlineData("tokens", "no key=value. Write --set key=value, for example --set training.seed=2.")]
    [InlineData("=5", "no key=value. Write --set key=value, for example --set training.seed=2.")]
    [InlineData("tokens=", "training.tokens: has no value; allowed is a number from 1 to 9,007,199,254,740,992. Give one, or remove the key.")]
    [InlineData("tokns=5", "tokns: unknown key. Did you mean training.tokens?")]
    [InlineData("training.seed=[1]", "training.seed: a list; allowed is a whole number from 0 to 9,007,199,254,740,992. To vary it, write it under sweep: {product: {training.seed: [...]}}.")]
    [InlineData("model.n_head=6", "model.n_head: 6 does not divide d_model = 64. Use a divisor of 64, such as 4 or 8.")]
    [InlineData("sweep.sedes=2", "sweep.sedes: unknown key; known are product, zip, ladder, isoflop, runs, seeds, where or label. Did you mean seeds?")]
    public void A_bad_override_names_itself(string change, string message) => Assert.Equal([$"--set {change}: {message}"], Some.Problems(Some.Base, change));

    [Fact]
    public void Overriding_what_a_budget_decides_is_refused() =>
        Assert.Equal(["--set tokens=5M: training.tokens: the isoflop family sets tokens. Use --set sweep.isoflop.budgets=[...]."],
            Some.Problems(Some.Base + "sweep: {isoflop: {budgets: [1e12]}}\n", "tokens=5M"));
}
