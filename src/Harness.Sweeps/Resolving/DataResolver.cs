using Harness.Core.Data;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Values;

namespace Harness.Sweeps.Resolving;

/// <summary>A run's data with what the catalog says about it; the facts are null where a law stands in for training.</summary>
internal sealed record ResolvedData(DataSpec Spec, DataFacts? Facts);

/// <summary>Data keys to a <see cref="DataSpec"/>; each distinct one is described by the catalog once.</summary>
internal sealed class DataResolver(IDataCatalog catalog, DataFiles files)
{
    private readonly Dictionary<string, (DataFacts? Facts, string? Why)> described = [];

    /// <summary>The data of a run, or null if it can't be used (reported).</summary>
    public ResolvedData? Resolve(KeyValues values)
    {
        if (values.Lookup.AnyUnder("synthetic"))
        {
            return new ResolvedData(Unread, null);
        }

        if (Spec(values) is not { } spec)
        {
            values.Break();
            return null;
        }

        var identity = string.Join('\n', [$"{spec.Source} {spec.Tokenizer} {Show.Real(spec.ValidationFraction)} {spec.UniqueTokens} {spec.Synthetic}", spec.VocabularyPath ?? "",
            .. spec.Paths, "|", .. spec.ValidationPaths ?? []]);
        if (!described.TryGetValue(identity, out var known))
        {
            described[identity] = known = Describe(spec);
        }

        if (known.Facts is not { } facts)
        {
            values.Refuse(spec.Paths.Count > 0 ? "data.paths" : "data.source", "unavailable", known.Why!);
            return null;
        }

        if (spec.UniqueTokens > facts.TrainTokens)
        {
            values.Refuse("data.unique_tokens", "too-many", $"{Show.Exact(spec.UniqueTokens.Value)} tokens are more than the {Show.Exact(facts.TrainTokens)} that there are");
            return null;
        }

        return new ResolvedData(spec with { ContentHash = facts.ContentHash }, facts);
    }

    /// <summary>Stands in the spec of runs that read no data.</summary>
    private static DataSpec Unread { get; } = new()
    {
        Source = DataSource.Synthetic,
        Tokenizer = Tokenizer.Bytes,
        ValidationFraction = 0.05,
        Synthetic = new SyntheticSource(256, 0, 0, 1),
    };

    private (DataFacts? Facts, string? Why) Describe(DataSpec spec)
    {
        try
        {
            return (catalog.Describe(spec), null);
        }
        catch (DataUnavailableException e)
        {
            return (null, e.Message);
        }
    }

    private DataSpec? Spec(KeyValues values)
    {
        if (values.Text("data.source") is not { } sourceName || SpecNames.Parse<DataSource>(sourceName) is not { } source)
        {
            return null;
        }

        var tokenizerName = values.Text("data.tokenizer");
        var paths = Paths(values, "data.paths");
        var validation = Paths(values, "data.validation_paths");
        var vocabulary = values.Lookup.Given("data.vocabulary", out var vocabularyAt) is TextSetting text ? files.Find("data.vocabulary", text.Text, vocabularyAt) : [];
        if (tokenizerName is null || paths is null || validation is null || vocabulary is null || values.Number("data.validation_fraction") is not { } fraction)
        {
            return null;
        }

        var tokenizer = SpecNames.Parse<Tokenizer>(tokenizerName)!.Value;
        var readsFiles = source is DataSource.Text or DataSource.Tokens;
        if (readsFiles && paths.Count == 0)
        {
            values.Refuse("data.paths", "missing", "is missing", $"a {sourceName} source reads files", "Name files or globs");
        }
        else if (!readsFiles && paths.Count + validation.Count > 0)
        {
            values.Refuse(paths.Count > 0 ? "data.paths" : "data.validation_paths", "unused", $"a {sourceName} source reads no files", null, "Remove it, or use source: text or tokens");
        }

        if (tokenizer == Tokenizer.Gpt2 && source is DataSource.Text or DataSource.DotnetDocs && vocabulary.Count == 0)
        {
            values.Refuse("data.vocabulary", "missing", "is missing", "the gpt2 tokenizer reads its vocabulary from a file", "Name a r50k_base.tiktoken file");
        }

        SyntheticSource? synthetic = null;
        if (source == DataSource.Synthetic)
        {
            synthetic = values.Whole("data.synthetic.symbols") is { } symbols && values.Whole("data.synthetic.order") is { } order
                && values.Number("data.synthetic.zipf_exponent") is { } zipf && values.Whole("data.synthetic.seed") is { } seed
                    ? new SyntheticSource((int)symbols, (int)order, zipf, seed) : null;
        }
        else if (values.Lookup.AnyUnder("data.synthetic"))
        {
            values.Refuse("data.source", "unused", $"data.synthetic is given but the source is {sourceName}", null, "Set data.source: synthetic, or remove data.synthetic");
        }

        var unique = values.Whole("data.unique_tokens");
        return values.Broken ? null : new DataSpec
        {
            Source = source,
            Paths = paths,
            ValidationPaths = validation.Count > 0 ? validation : null,
            Tokenizer = tokenizer,
            VocabularyPath = vocabulary.Count > 0 ? vocabulary[0] : null,
            ValidationFraction = fraction,
            Synthetic = synthetic,
            UniqueTokens = unique,
        };
    }

    private List<string>? Paths(KeyValues values, string key)
    {
        switch (values.Lookup.Given(key, out _))
        {
            case null:
                return [];
            case TextListSetting texts:
                var found = texts.Texts.Select(t => files.Find(key, t.Text, t.Origin)).ToList();
                return found.Any(f => f is null) ? null : [.. found.SelectMany(f => f!).Distinct().Order(StringComparer.Ordinal)];
            default:
                return null;
        }
    }
}
