using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Harness.Core.Data;
using Harness.Training.Data.Documentation;
using Harness.Training.Data.Text;

namespace Harness.Training.Data.Files;

/// <summary>The files that a spec names, as they are on the disk now.</summary>
/// <param name="Train">To train on, or all where a share is held out.</param>
/// <param name="Validation">Held out; empty where a share is.</param>
/// <param name="Vocabulary">Of the tokenizer, where it has one.</param>
internal sealed record SourceFiles(IReadOnlyList<RegularFile> Train, IReadOnlyList<RegularFile> Validation, RegularFile? Vocabulary)
{
    // Raise it whenever the same files would be prepared to other tokens, so that remembered hashes are not taken for theirs.
    private const string Version = "harness corpus 1";

    // A file written within this time may change again without its time changing (the disk's clock ticks coarsely).
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2);

    /// <summary>Looks at every file of a spec.</summary>
    /// <exception cref="DataUnavailableException">One can't be used; the message names it.</exception>
    public static SourceFiles Of(DataSpec data)
    {
        var train = data.Source == DataSource.DotnetDocs ? ReferencePacks.Files() : DataPaths.Resolve(data.Paths, Environment.CurrentDirectory);
        var validation = data.Source == DataSource.DotnetDocs ? [] : DataPaths.Resolve(data.ValidationPaths ?? [], Environment.CurrentDirectory);
        if (train.Count == 0)
        {
            throw new DataUnavailableException("data.paths: names no file. Give one or more files or patterns.");
        }

        if (train.Intersect(validation, StringComparer.Ordinal).FirstOrDefault() is { } both)
        {
            throw new DataUnavailableException($"{both}: is both trained on and held out. Leave it out of data.paths or of data.validation_paths.");
        }

        if (data.Source != DataSource.DotnetDocs && validation.Count > 0)
        {
            return new SourceFiles([.. train.Select(RegularFile.At)], [.. validation.Select(RegularFile.At)], VocabularyOf(data));
        }

        return data.ValidationFraction is > 0 and < 1
            ? new SourceFiles([.. train.Select(RegularFile.At)], [], VocabularyOf(data))
            : throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data.validation_fraction: {data.ValidationFraction}; allowed is more than 0 and less than 1."));
    }

    /// <summary>What the prepared tokens depend on, in one hash; null while a file is so fresh that its time says little.</summary>
    public string? Key(DataSpec data)
    {
        var all = Train.Concat(Validation).Concat(Vocabulary is null ? [] : [Vocabulary]);
        var newest = all.Max(f => f.ModifiedUtc);
        if (newest > DateTime.UtcNow - s_settled)
        {
            return null;
        }

        var text = new StringBuilder().Append(CultureInfo.InvariantCulture,
            $"{Version}\n{data.Source} {data.Tokenizer} {data.ValidationFraction:R} {Train.Count} {Validation.Count}\n");
        foreach (var file in all)
        {
            text.Append(CultureInfo.InvariantCulture, $"{file.Length} {file.ModifiedUtc.Ticks} {file.Path}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static RegularFile? VocabularyOf(DataSpec data)
    {
        if (data.Tokenizer != Tokenizer.Gpt2 || data.Source == DataSource.Tokens)
        {
            return null;
        }

        return data.VocabularyPath is { } path
            ? RegularFile.At(path)
            : throw new DataUnavailableException($"data.vocabulary: tokenizer gpt2 needs GPT-2's vocabulary in the tiktoken form. {BytePairRanks.HowToGet}");
    }
}
