using Harness.Core.Runs;

namespace Harness.Sweeps.Planning;

/// <summary>Short readable names, unique in the sweep even where case doesn't count.</summary>
internal static class RunNames
{
    /// <summary>What a name says beyond family, size, tokens and seed when those leave runs apart from each other alike.</summary>
    private static readonly (string Path, string Tag)[] Details =
    [
        ("training.peak_lr", "lr"), ("training.batch_tokens", "b"), ("training.lr_schedule.kind", ""), ("model.context_length", "c"), ("model.n_head", "h"),
        ("model.d_ff", "f"), ("training.data_seed", "ds"), ("data.unique_tokens", "u"), ("training.precision", ""), ("training.optimizer.weight_decay", "wd"),
        ("training.lr_schedule.warmup_steps", "w"), ("training.lr_schedule.decay_steps", "dc"), ("training.steps", "st"), ("model.mup.base_model_dim", "mup"),
    ];

    /// <summary>The names of runs with distinct ids, in their order.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<(RunId Id, RunSpec Spec, string? Given)> runs)
    {
        var names = runs.Select(r => r.Given is null ? Basic(r.Spec) : Slug.Of(r.Given).Replace('_', '-')).ToArray();
        foreach (var (path, tag) in Details)
        {
            foreach (var alike in Alike(names))
            {
                var values = alike.Select(i => Leaf(runs[i].Spec, path)).ToArray();
                if (values.Distinct().Count() > 1)
                {
                    for (var k = 0; k < alike.Count; k++)
                    {
                        names[alike[k]] += $"-{tag}{Safe(values[k])}";
                    }
                }
            }
        }

        foreach (var i in Alike(names).SelectMany(a => a).ToList())
        {
            names[i] += "-" + runs[i].Id.Value[..8];
        }

        // Eight digits may collide, or a given name may look like another's; the whole id cannot.
        foreach (var i in Alike(names).SelectMany(a => a).ToList())
        {
            names[i] += "-" + runs[i].Id.Value;
        }

        return names;
    }

    private static string Basic(RunSpec s) =>
        $"{s.Model.Family}-l{s.Model.LayerCount}-d{s.Model.ModelDim}-t{Show.Short(s.Training.Tokens)}-s{s.Training.Seed}";

    private static IEnumerable<List<int>> Alike(string[] names) =>
        [.. Enumerable.Range(0, names.Length).GroupBy(i => names[i], StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.ToList())];

    private static string Leaf(RunSpec spec, string path)
    {
        var (training, model) = (spec.Training, spec.Model);
        return path switch
        {
            "training.peak_lr" => training.PeakLearningRate.ToString("G4", System.Globalization.CultureInfo.InvariantCulture),
            "training.batch_tokens" => Show.Short(training.BatchTokens),
            "training.lr_schedule.kind" => SpecDifference.ScheduleKind(training.Schedule),
            "model.context_length" => $"{model.ContextLength}",
            "model.n_head" => $"{model.HeadCount}",
            "model.d_ff" => $"{model.FeedForwardDim}",
            "training.data_seed" => $"{training.DataSeed}",
            "data.unique_tokens" => spec.Data.UniqueTokens is { } u ? Show.Short(u) : "all",
            "training.precision" => training.Precision.ToString(),
            "training.optimizer.weight_decay" => Show.Real(training.Optimizer.WeightDecay),
            "training.lr_schedule.warmup_steps" => $"{training.Schedule.WarmupSteps}",
            "training.lr_schedule.decay_steps" => training.Schedule is Core.Training.WarmupStableDecaySchedule w ? $"{w.DecaySteps}" : "0",
            "training.steps" => $"{training.Steps}",
            _ => model.MaximalUpdate is { } m ? $"{m.BaseModelDim}" : "0",
        };
    }

    private static string Safe(string value) =>
        string.Concat(value.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '-'));
}
