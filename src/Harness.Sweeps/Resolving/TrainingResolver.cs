using Harness.Core.Training;
using Harness.Sweeps.Axes;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Planning;

namespace Harness.Sweeps.Resolving;

/// <summary>The training of a run from its keys: whole steps out of tokens or a budget, and the optimiser.</summary>
internal sealed class TrainingResolver
{
    private static readonly string[] Duration = ["training.tokens", "training.steps"];

    private readonly KeyValues values;
    private readonly Func<ResolvedData?> data;
    private readonly FlopBudget? budget;
    private readonly ModelResolver model;
    private readonly ScheduleResolver schedules;
    private readonly EvaluationResolver evaluations;
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
        schedules = new ScheduleResolver(values);
        evaluations = new EvaluationResolver(values, data);
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
        var schedule = steps is { } s ? schedules.Schedule(s) : null;
        var optimizer = Optimizer();
        var precision = values.Text("training.precision");
        var seed = values.Whole("training.seed");
        var dataSeed = values.Whole("training.data_seed");
        var evaluation = steps is null || context is null ? null : evaluations.Evaluation(steps.Value, context.Value);
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

    private OptimizerSpec? Optimizer()
    {
        const string At = "training.optimizer.";
        return values.Number(At + "beta1") is { } beta1 && values.Number(At + "beta2") is { } beta2 && values.Number(At + "epsilon") is { } epsilon
            && values.Number(At + "weight_decay") is { } decay
                ? new OptimizerSpec(beta1, beta2, epsilon, decay, values.Number(At + "gradient_clip"))
                : null;
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
