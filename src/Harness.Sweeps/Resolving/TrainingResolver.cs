using Harness.Core.Training;
using Harness.Sweeps.Axes;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Resolving;

/// <summary>The training of a run from its keys: whole steps out of tokens or a budget, the schedule, the optimiser, the evaluation.</summary>
internal sealed class TrainingResolver
{
    private static readonly string[] Duration = ["training.tokens", "training.steps"];

    private readonly KeyValues values;
    private readonly Func<ResolvedData?> data;
    private readonly FlopBudget? budget;
    private readonly ModelResolver model;
    private readonly List<Adjustment> adjustments = [];

    public TrainingResolver(KeyValues values, ModelResolver model, FlopBudget? budget, Func<ResolvedData?> data)
    {
        this.values = values;
        this.model = model;
        this.budget = budget;
        this.data = data;
        values.Derive("training.steps", StepsFromTokens);
        values.Derive("training.tokens", () => values.Number("training.steps") * values.Number("training.batch_tokens"));
        values.Derive(KeyValues.AskedTokens, () => values.GivenNumber("training.tokens"));
        values.Derive("training.data_seed", () => values.Number("training.seed"));
        values.Derive("training.lr_schedule.warmup_steps", () => Rounded(values.Number("training.lr_schedule.warmup_fraction") * values.Number("training.steps")));
        values.Derive("training.lr_schedule.decay_steps", () => Rounded(values.Number("training.lr_schedule.decay_fraction") * values.Number("training.steps")));
        values.Derive("evaluation.tokens", DefaultEvaluationTokens);
        values.Derive("train_flops", () => values.Number("flops_per_token") * values.Number("training.tokens"));
        values.Derive("data_tokens", () => data()?.Facts is { } facts ? facts.TrainTokens : Broken());
        values.Derive("budget", () => budget is { } b ? b.Flops : values.Refuse(values.Lookup.Places.Of("sweep.isoflop"), "budget", "no-budget", "this run has no budget", null, "Use it in isoflop families only"));
    }

    /// <summary>Numbers that were asked for and could not be met exactly.</summary>
    public IReadOnlyList<Adjustment> Adjustments => adjustments;

    /// <summary>The training, or null if anything about it is unusable.</summary>
    public TrainingSpec? Training()
    {
        var batch = values.Whole("training.batch_tokens");
        var context = values.Whole("model.context_length");
        if (batch % context > 0)
        {
            values.Refuse("training.batch_tokens", "multiple", $"{Show.Exact(batch!.Value)} is not a multiple of context_length = {Show.Exact(context!.Value)}", null,
                batch > context ? $"Use {Show.Exact(batch.Value / context.Value * context.Value)} or {Show.Exact((batch.Value / context.Value + 1) * context.Value)}" : $"Use {Show.Exact(context.Value)}");
        }

        var steps = values.Whole("training.steps");
        var rate = values.Number("training.peak_lr");
        var schedule = steps is { } s ? Schedule(s) : null;
        var optimizer = Optimizer();
        var precision = values.Text("training.precision");
        var seed = values.Whole("training.seed");
        var dataSeed = values.Whole("training.data_seed");
        var evaluation = steps is null || context is null ? null : Evaluation(steps.Value, context.Value);
        CheckEpochs();
        if (values.Broken || schedule is null || optimizer is null || evaluation is null)
        {
            values.Break();
            return null;
        }

        return new TrainingSpec
        {
            Steps = steps!.Value,
            BatchTokens = (int)batch!.Value,
            PeakLearningRate = rate!.Value,
            Schedule = schedule,
            Optimizer = optimizer,
            Precision = SpecNames.Parse<Precision>(precision!)!.Value,
            Seed = seed!.Value,
            DataSeed = dataSeed!.Value,
            Evaluation = evaluation,
        };
    }

    private double? StepsFromTokens()
    {
        double? asked;
        if (budget is { } b)
        {
            foreach (var key in Duration.Where(values.Lookup.Overridden))
            {
                values.Refuse(key, "isoflop", "the isoflop family sets tokens", null, "Use --set sweep.isoflop.budgets=[...]");
                return null;
            }

            asked = b.Flops / model.FlopsAToken(b.Convention);
        }
        else if (values.Lookup.Given("training.tokens", out _) is null)
        {
            return values.Refuse(values.Lookup.Places.Of("training.tokens"), "training.tokens", "missing", "is missing", null, "Give tokens or steps, or an isoflop family");
        }
        else
        {
            asked = values.Number(KeyValues.AskedTokens);
        }

        if (asked is not { } tokens || values.Number("training.batch_tokens") is not { } batch)
        {
            return null;
        }

        var steps = Math.Round(tokens / batch, MidpointRounding.AwayFromZero);
        if (steps < 1 || steps * batch > SweepKeys.Find("training.tokens")!.Max)
        {
            var message = $"{Show.Number(Math.Round(tokens))} tokens are {(steps < 1 ? "less than half a step" : "too many steps")} of {Show.Number(batch)}";
            return budget is { } origin
                ? values.Refuse(origin.Origin, "sweep.isoflop.budgets", "steps", $"{Show.Compact(origin.Flops)} FLOPs: {message}", null, "Use larger budgets or smaller models, or leave such runs out with where")
                : Refuse("training.tokens", "steps", message, "at least one step", "Use more tokens or a smaller batch");
        }

        if (steps * batch != tokens)
        {
            adjustments.Add(budget is { } used ? new Adjustment("budget", used.Flops, steps * batch * model.FlopsAToken(used.Convention)!.Value) : new Adjustment("tokens", tokens, steps * batch));
        }

        return steps;
    }

    private LearningRateSchedule? Schedule(long steps)
    {
        const string At = "training.lr_schedule.";
        var warmup = values.Whole(At + "warmup_steps");
        if (values.Text(At + "kind") is not { } kind || warmup is not { } w)
        {
            return null;
        }

        if (w > steps)
        {
            values.Refuse(At + "warmup_steps", "too-long", $"{Show.Exact(w)} is more than the run's {Show.Exact(steps)} steps", null, "Use fewer, or warmup_fraction");
        }

        foreach (var key in Foreign(kind).Where(k => values.Lookup.Given(At + k, out _) is not null))
        {
            values.Refuse(At + key, "foreign", $"a {kind} schedule has no {key}", null, "Remove it, or use another kind");
        }

        var final = kind == "constant" ? 1 : values.Lookup.Given(At + "final_fraction", out _) is null ? (kind == "wsd" ? 0 : 0.1) : values.Number(At + "final_fraction");
        if (final is not { } f)
        {
            return null;
        }

        switch (kind)
        {
            case "constant":
                return new ConstantSchedule { WarmupSteps = (int)w };
            case "linear":
                return new LinearSchedule { WarmupSteps = (int)w, FinalFraction = f };
            case "cosine":
                return new CosineSchedule { WarmupSteps = (int)w, FinalFraction = f };
        }

        if (values.Whole(At + "decay_steps") is not { } decay)
        {
            return null;
        }

        if (decay > steps - w)
        {
            values.Refuse(At + "decay_steps", "too-long", $"a cooldown of {Show.Exact(decay)} steps does not fit into {Show.Exact(steps)} steps after {Show.Exact(w)} of warm-up", null, "Use fewer, or decay_fraction");
        }

        return new WarmupStableDecaySchedule { WarmupSteps = (int)w, DecaySteps = (int)decay, FinalFraction = f };
    }

    private static string[] Foreign(string kind) => kind switch
    {
        "constant" => ["final_fraction", "decay_steps", "decay_fraction"],
        "wsd" => [],
        _ => ["decay_steps", "decay_fraction"],
    };

    private OptimizerSpec? Optimizer()
    {
        const string At = "training.optimizer.";
        return values.Number(At + "beta1") is { } beta1 && values.Number(At + "beta2") is { } beta2 && values.Number(At + "epsilon") is { } epsilon
            && values.Number(At + "weight_decay") is { } decay
                ? new OptimizerSpec(beta1, beta2, epsilon, decay, values.Number(At + "gradient_clip"))
                : null;
    }

    private EvaluationSpec? Evaluation(long steps, long context)
    {
        if (values.Whole("evaluation.tokens") is not { } tokens)
        {
            return null;
        }

        if (tokens % context != 0)
        {
            values.Refuse("evaluation.tokens", "multiple", $"{Show.Exact(tokens)} is not a multiple of context_length = {Show.Exact(context)}", null, $"Use {Show.Exact((tokens / context + 1) * context)}");
        }
        else if (data()?.Facts is { } facts && tokens >= facts.ValidationTokens)
        {
            values.Refuse("evaluation.tokens", "held-out", $"{Show.Exact(tokens)} tokens and one more are needed, but {Show.Exact(facts.ValidationTokens)} are held out", null, "Use fewer, or a larger data.validation_fraction");
        }

        if (values.Lookup.Given("evaluation.every_steps", out _) is not null)
        {
            return new EvaluationSpec(tokens, (int?)values.Whole("evaluation.every_steps"));
        }

        var given = values.Lookup.Given("evaluation.count", out _) is not null;
        if (values.Whole("evaluation.count") is not { } count)
        {
            return null;
        }

        if (given && count > steps)
        {
            values.Refuse("evaluation.count", "too-many", $"{Show.Exact(count)} measurements do not fit into {Show.Exact(steps)} steps", null, "Use fewer, or every_steps");
        }

        return new EvaluationSpec(tokens, (int)Math.Clamp((steps + count / 2) / count, 1, int.MaxValue));
    }

    /// <summary>64 Ki tokens, or what is held out, in whole contexts.</summary>
    private double? DefaultEvaluationTokens()
    {
        if (values.Whole("model.context_length") is not { } context)
        {
            return null;
        }

        var wanted = (65536 + context - 1) / context * context;
        if (data() is not { } resolved)
        {
            return Broken();
        }

        var there = resolved.Facts is { } facts ? (facts.ValidationTokens - 1) / context * context : wanted;
        return there > 0 ? Math.Min(wanted, there)
            : values.Refuse(values.Lookup.Places.Of("evaluation.tokens"), "evaluation.tokens", "held-out",
                $"only {Show.Exact(resolved.Facts!.ValidationTokens)} tokens are held out, less than one context of {Show.Exact(context)}", null, "Use more data, a larger data.validation_fraction, or a smaller context_length");
    }

    private void CheckEpochs()
    {
        if (data()?.Facts is not { } facts || values.Number("training.tokens") is not { } tokens || values.Number("data.max_epochs") is not { } most)
        {
            return;
        }

        var there = Math.Min(facts.TrainTokens, values.Whole("data.unique_tokens") ?? long.MaxValue);
        if (tokens <= most * there)
        {
            return;
        }

        var epochs = tokens / there;
        var found = $"{Show.Number(tokens)} tokens are {epochs.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture)} epochs of the {Show.Exact(there)} that there are";
        var mend = $"Use fewer tokens or more data, or set data.max_epochs: {Show.Real(Math.Ceiling(epochs))}";
        if (budget is { } b)
        {
            values.Refuse(b.Origin, "sweep.isoflop.budgets", "epochs", $"{Show.Compact(b.Flops)} FLOPs: {found}", $"data.max_epochs is {Show.Real(most)}", mend);
        }
        else
        {
            values.Refuse(values.Lookup.Given("training.tokens", out _) is null ? "training.steps" : "training.tokens", "epochs", found, $"data.max_epochs is {Show.Real(most)}", mend);
        }
    }

    private static double? Rounded(double? value) => value is { } v ? Math.Round(v, MidpointRounding.AwayFromZero) : null;

    private double? Refuse(string key, string rule, string found, string? allowed, string mend)
    {
        values.Refuse(key, rule, found, allowed, mend);
        return null;
    }

    private double? Broken()
    {
        values.Break();
        return null;
    }
}
