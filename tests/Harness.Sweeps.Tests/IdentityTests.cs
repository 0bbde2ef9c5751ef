using System.Globalization;
using Harness.Core.Runs;

namespace Harness.Sweeps.Tests;

/// <summary>What makes another run and what doesn't.</summary>
public sealed class IdentityTests
{
    [Theory]
    [InlineData("training: {peak_lr: 3e-3, tokens: 1M, batch_tokens: 2048}\ndata: {source: dotnet-docs}\nmodel: {context_length: 128, n_head: 4, d_model: 64, n_layer: 2}\n")]
    [InlineData("# a comment\nmodel:\n  n_layer: 2   # two\n  d_model: 64\n  n_head: 4\n  context_length: 128\ntraining:\n  tokens: 1_000_000\n  batch_tokens: 2Ki\n  peak_lr: 0.003\n")]
    [InlineData("model.n_layer: 1 + 1\nmodel.d_model: 64\nmodel: {head_dim: 16, context_length: 128}\ntraining: {tokens: 999_424, batch_tokens: 2048, peak_lr: 0.3e-2}\nname: x\n")]
    [InlineData("model: {n_layer: 2, d_model: 64, n_head: 4, context_length: 128}\ntraining: {tokens: 1M, batch_tokens: 2048, peak_lr: 3e-3, seed: 1, data_seed: 1}\nexecution: {workers: 7, checkpoint_every_steps: 3}\nfit: {laws: [x]}\ndata: {max_epochs: 9}\nevaluation: {count: 10}\n")]
    public void Order_comments_notation_and_execution_keep_the_id(string yaml) =>
        Assert.Equal(Some.Plan(Some.Base).Runs[0].Id, Assert.Single(Some.Plan(yaml).Runs).Id);

    [Theory]
    [InlineData("seed=2")]
    [InlineData("data_seed=2")]
    [InlineData("peak_lr=3.0001e-3")]
    [InlineData("steps=489")]
    [InlineData("lr_schedule=linear")]
    [InlineData("gradient_clip=none")]
    [InlineData("n_layer=3")]
    [InlineData("biases=false")]
    [InlineData("context_length=256")]
    [InlineData("precision=bf16")]
    [InlineData("evaluation.tokens=128Ki")]
    [InlineData("data.unique_tokens=2M")]
    [InlineData("data.validation_fraction=0.1")]
    public void A_changed_value_is_another_run(string change) => Assert.NotEqual(Some.Plan(Some.Base).Runs[0].Id, Some.Plan(Some.Base, change).Runs[0].Id);

    [Fact]
    public void Moving_the_data_keeps_the_id_and_paths_start_at_the_sweeps_folder()
    {
        var folder = Directory.CreateTempSubdirectory("data-");
        try
        {
            var ids = new List<RunId>();
            foreach (var place in new[] { "here", "there/deep" })
            {
                var home = folder.CreateSubdirectory(place);
                foreach (var name in new[] { "b.txt", "a.txt", "notes.md", "sub/c.txt" })
                {
                    Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(home.FullName, name))!);
                    File.WriteAllText(Path.Combine(home.FullName, name), "x");
                }

                var reading = SweepReader.ReadText(Some.Base.Replace("source: dotnet-docs", "source: text, paths: '**/*.txt'", StringComparison.Ordinal), "s.yaml", home.FullName, new FakeCatalog());
                var run = Assert.Single(reading.Plan!.Runs);
                Assert.Equal(["a.txt", "b.txt", "sub/c.txt"], run.Spec.Data.Paths.Select(p => Path.GetRelativePath(home.FullName, p)));
                ids.Add(run.Id);
            }

            Assert.Equal(ids[0], ids[1]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <remarks>The program runs without ICU, so languages have no names here; this one writes numbers as German and Arabic machines do.</remarks>
    [Fact]
    public void The_machines_language_changes_nothing()
    {
        var yaml = Some.Base + "sweep: {product: {peak_lr: {from: 1e-3, to: 4e-3, count: 3}, optimizer.weight_decay: [0.1, 1.5]}}";
        var expected = Some.Plan(yaml);
        var before = CultureInfo.CurrentCulture;
        try
        {
            var foreign = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (foreign.NumberFormat.NumberDecimalSeparator, foreign.NumberFormat.NumberGroupSeparator, foreign.NumberFormat.NegativeSign) = (",", ".", "~");
            CultureInfo.CurrentCulture = foreign;
            var plan = Some.Plan(yaml);
            Assert.Equal(expected.Runs.Select(r => (r.Id, r.Name)), plan.Runs.Select(r => (r.Id, r.Name)));
            Assert.Equal("s.yaml:3: training.peak_lr: '-0.5' is out of range; allowed is a number above 0 and at most 1,000,000.", Assert.Single(Some.Problems(Some.Base.Replace("3e-3", "-0.5", StringComparison.Ordinal))));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
