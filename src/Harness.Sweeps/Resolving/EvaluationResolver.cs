using Harness.Core.Training;

namespace Harness.Sweeps.Resolving;

/// <summary>When and on how much held-out data a run is measured, from its keys.</summary>
internal sealed class EvaluationResolver
{
    private readonly KeyValues values;
    private readonly Func<ResolvedData?> data;

    public EvaluationResolver(KeyValues values, Func<ResolvedData?> data)
    {
        this.values = values;
        this.data = data;
        values.Derive("evaluation.tokens", DefaultTokens);
    }

    /// <summary>The evaluation of a run, or null if it is unusable (reported).</summary>
    public EvaluationSpec? Evaluation(long steps, long context)
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
    private double? DefaultTokens()
    {
        if (values.Whole("model.context_length") is not { } context)
        {
            return null;
        }

        var wanted = (65536 + context - 1) / context * context;
        if (data() is not { } resolved)
        {
            values.Break();
            return null;
        }

        var there = resolved.Facts is { } facts ? (facts.ValidationTokens - 1) / context * context : wanted;
        return there > 0 ? Math.Min(wanted, there)
            : values.Refuse(values.Lookup.Places.Of("evaluation.tokens"), "evaluation.tokens", "held-out",
                $"only {Show.Exact(resolved.Facts!.ValidationTokens)} tokens are held out, less than one context of {Show.Exact(context)}", null, "Use more data, a larger data.validation_fraction, or a smaller context_length");
    }
}
