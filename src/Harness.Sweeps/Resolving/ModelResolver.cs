using Harness.Core.Models;
using Harness.Sweeps.Axes;
using Harness.Sweeps.Keys;

namespace Harness.Sweeps.Resolving;

/// <summary>The model of a run from its keys. Parts are resolved when they are asked for, so that counts don't need the vocabulary.</summary>
internal sealed class ModelResolver
{
    private readonly KeyValues values;

    /// <param name="values">The run's keys; learns how to derive the model's.</param>
    /// <param name="vocabulary">The tokenizer's vocabulary; null if the data can't be used.</param>
    public ModelResolver(KeyValues values, Func<int?> vocabulary)
    {
        this.values = values;
        values.Derive("model.head_dim", () => Quotient("model.n_head"));
        values.Derive("model.n_head", () => values.Lookup.Given("model.head_dim", out _) is null ? MissingHeads() : Quotient("model.head_dim"));
        values.Derive("model.d_ff", () => Activation is { } a && values.Whole("model.d_model") is { } d ? ModelFamily.DefaultFeedForwardDim(a, (int)d) : Broken());
        values.Derive("model.vocab_size", () => vocabulary() is { } v ? v : Broken());
        values.Derive("non_embedding_params", () => Counts(withEmbeddings: false)?.NonEmbedding);
        values.Derive("total_params", () => Counts(withEmbeddings: true)?.Total);
        values.Derive("embedding_params", () => Counts(withEmbeddings: true) is { } c ? c.TokenEmbedding + c.PositionEmbedding : null);
        values.Derive("flops_per_token", () => 6 * values.Number("non_embedding_params"));
        values.Derive("flops_per_token_total", () => Shape(withEmbeddings: true) is { } m ? FlopsPerToken.Of(m).SixNTotal : null);
        values.Derive("flops_per_token_kaplan", () => Shape(withEmbeddings: true) is { } m ? FlopsPerToken.Of(m).Kaplan : null);
        values.Derive("flops_per_token_chinchilla", () => Shape(withEmbeddings: true) is { } m ? FlopsPerToken.Of(m).Chinchilla : null);
    }

    /// <summary>FLOPs a token under a convention.</summary>
    public double? FlopsAToken(FlopConvention convention) => values.Number(convention switch
    {
        FlopConvention.SixN => "flops_per_token",
        FlopConvention.SixNTotal => "flops_per_token_total",
        FlopConvention.Kaplan => "flops_per_token_kaplan",
        _ => "flops_per_token_chinchilla",
    });

    /// <summary>The complete model, or null if anything about it is unusable.</summary>
    public ModelSpec? Model(int? smallestVocabulary)
    {
        if (Shape(withEmbeddings: true) is not { } model)
        {
            return null;
        }

        if (smallestVocabulary is { } smallest && model.VocabularySize < smallest)
        {
            values.Refuse("model.vocab_size", "vocabulary", $"{model.VocabularySize} tokens are fewer than the data's {smallest}", null, $"Use {smallest} or more, or leave it out");
        }

        if (model.Positions == PositionEncoding.Rotary && model.HeadDim % 2 != 0)
        {
            values.Refuse("model.head_dim", "rotary", $"a head of {model.HeadDim} units (d_model {model.ModelDim} / n_head {model.HeadCount}) is odd", "rotary positions rotate pairs", "Use an even head_dim");
        }

        return values.Broken ? null : model;
    }

    private Activation? Activation => Part("model.activation", (ModelFamily f) => f.Activation);

    private ModelSpec? Shape(bool withEmbeddings)
    {
        var layers = values.Whole("model.n_layer");
        var dim = values.Whole("model.d_model");
        var heads = withEmbeddings ? values.Whole("model.n_head") : 1;
        var feedForward = values.Whole("model.d_ff");
        var context = withEmbeddings ? values.Whole("model.context_length") : 2;
        var vocabulary = withEmbeddings ? values.Whole("model.vocab_size") : 2;
        var positions = Part("model.positions", f => f.Positions);
        var normalization = Part("model.normalization", f => f.Normalization);
        var family = Family;
        var biases = family is null ? null : values.Flag("model.biases", family.Biases);
        var tied = family is null ? null : values.Flag("model.tied_head", family.TiedHead);
        var mup = withEmbeddings ? values.Whole("model.mup_base_d_model") : null;
        if (layers is null || dim is null || heads is null || feedForward is null || context is null || vocabulary is null
            || positions is null || normalization is null || Activation is not { } activation || biases is null || tied is null)
        {
            values.Break();
            return null;
        }

        if (dim % heads != 0)
        {
            RefuseHeads((int)dim, (int)heads);
            return null;
        }

        return new ModelSpec
        {
            Family = family!.Name,
            LayerCount = (int)layers,
            ModelDim = (int)dim,
            HeadCount = (int)heads,
            FeedForwardDim = (int)feedForward,
            ContextLength = (int)context,
            VocabularySize = (int)vocabulary,
            Positions = positions.Value,
            Normalization = normalization.Value,
            Activation = activation,
            Biases = biases.Value,
            TiedHead = tied.Value,
            MaximalUpdate = mup is { } baseDim ? new MaximalUpdate((int)baseDim) : null,
        };
    }

    private ModelFamily? Family => values.Text("model.family") is { } name ? ModelFamily.Find(name) : null;

    private T? Part<T>(string path, Func<ModelFamily, T> ofFamily) where T : struct, Enum =>
        Family is { } family && values.Text(path, SpecNames.NameOf(ofFamily(family))) is { } name ? SpecNames.Parse<T>(name) : null;

    private ParameterCounts? Counts(bool withEmbeddings)
    {
        if (Shape(withEmbeddings) is not { } model)
        {
            return null;
        }

        try
        {
            return ParameterCounts.Of(model);
        }
        catch (OverflowException)
        {
            values.Refuse("model.d_model", "overflow", "the model has more than 2^63 parameters", null, "Make it smaller");
            return null;
        }
    }

    private double? Quotient(string divisor)
    {
        if (values.Lookup.Given(divisor, out _) is null)
        {
            return MissingHeads();
        }

        if (values.Whole("model.d_model") is not { } dim || values.Whole(divisor) is not { } by)
        {
            return null;
        }

        if (dim % by == 0)
        {
            return dim / by;
        }

        if (divisor == "model.n_head")
        {
            RefuseHeads((int)dim, (int)by);
        }
        else
        {
            values.Refuse(divisor, "divides", $"{by} does not divide d_model = {dim}", null, $"Use a divisor of {dim}, such as {Divisors((int)dim, (int)by)}");
        }

        return null;
    }

    private void RefuseHeads(int dim, int heads) =>
        values.Refuse("model.n_head", "divides", $"{heads} does not divide d_model = {dim}", null, $"Use a divisor of {dim}, such as {Divisors(dim, heads)}");

    /// <summary>The divisors next to a number.</summary>
    private static string Divisors(int of, int near)
    {
        var below = Enumerable.Range(1, Math.Min(near, of)).Last(d => of % d == 0);
        var above = of <= near ? of : Enumerable.Range(near, of - near + 1).First(d => of % d == 0);
        return below == above ? $"{below}" : $"{below} or {above}";
    }

    private double? MissingHeads() =>
        values.Refuse(values.Lookup.Places.Of("model.n_head"), "model.n_head", "missing", "is missing", null, "Give n_head or head_dim");

    private double? Broken()
    {
        values.Break();
        return null;
    }
}
