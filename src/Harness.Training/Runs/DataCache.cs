using System.Text.Json;
using Harness.Core;
using Harness.Core.Data;
using Harness.Core.Models;
using Harness.Core.Runs;
using Harness.Training.Data;

namespace Harness.Training.Runs;

/// <summary>Keeps the last run's tokens open: the runs of a sweep mostly share them, and so do the trainers of a family.</summary>
internal sealed class DataCache(TrainerFamily family) : IDisposable
{
    private string? _key;
    private TokenStream? _stream;

    /// <summary>The tokens of a spec, checked against the model.</summary>
    /// <exception cref="RunFailedException">The data can't be used, or not with this model.</exception>
    public TokenStream Open(DataSpec data, ModelSpec model)
    {
        var key = JsonSerializer.Serialize(data, CoreJson.Default.DataSpec);
        if (_stream is null || _key != key)
        {
            Dispose();
            try
            {
                _stream = family.Open(key, catalog => catalog.Open(data));
            }
            catch (DataUnavailableException e)
            {
                throw new RunFailedException(FailureCause.UserError, e.Message, e);
            }

            _key = key;
        }

        var facts = _stream.Facts;
        if (facts.VocabularySize > model.VocabularySize)
        {
            throw new RunFailedException(FailureCause.UserError,
                $"model.vocab_size: {model.VocabularySize}, but the data has {facts.VocabularySize} different tokens. Raise vocab_size to at least that.");
        }

        if (_stream.Train.Length <= model.ContextLength)
        {
            throw new RunFailedException(FailureCause.UserError,
                $"model.context_length: {model.ContextLength}, but there are only {_stream.Train.Length} tokens to train on. Use a shorter context or more data.");
        }

        return _stream;
    }

    /// <summary>Closes what is open.</summary>
    public void Dispose()
    {
        if (_key is not null)
        {
            family.Release(_key);
        }

        (_stream, _key) = (null, null);
    }
}
