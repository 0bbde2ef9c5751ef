using Harness.Core.Data;
using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Steps;
using static TorchSharp.torch;

namespace Harness.Training.Runs;

/// <summary>The held-out loss over the same windows every time. Touches neither weights nor data order.</summary>
/// <param name="spec">A run; all of a stack have its windows.</param>
/// <param name="tokens">Its data.</param>
/// <param name="engine">What computes.</param>
internal sealed class Evaluation(RunSpec spec, TokenStream tokens, IStackEngine engine) : IDisposable
{
    /// <summary>Tokens of windows that a device holds at once: 32 MiB.</summary>
    private const long PieceTokens = 4 << 20;

    private readonly EvaluationWindows _windows =
        new(tokens.Validation.Length, spec.Model.ContextLength, spec.Training.Evaluation.Tokens);

    private Tensor? _all_NW; // on the device, where one piece is all of them

    /// <summary>Mean losses of the active lanes, nats a token.</summary>
    /// <param name="active">By lane.</param>
    /// <param name="losses">By lane; set for active ones.</param>
    public void Losses(ReadOnlySpan<bool> active, Span<double> losses)
    {
        losses.Clear();
        if (engine.Score is { } score)
        {
            OnDevice(score, losses);
        }
        else
        {
            ByTheHost(active, losses);
        }

        for (var lane = 0; lane < losses.Length; lane++)
        {
            losses[lane] = active[lane] ? losses[lane] / _windows.Count : 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _all_NW?.Dispose();

    private void ByTheHost(ReadOnlySpan<bool> active, Span<double> losses)
    {
        Span<double> sums = stackalloc double[losses.Length];
        var batchRows = engine.Lanes[0].BatchRows;
        for (long window = 0; window < _windows.Count; window += batchRows)
        {
            var rows = (int)Math.Min(batchRows, _windows.Count - window);
            for (var lane = 0; lane < losses.Length; lane++)
            {
                for (var row = 0; active[lane] && row < rows; row++)
                {
                    engine.Lanes[lane].SetRow(row, tokens.Validation, _windows.OffsetOf(window + row));
                }
            }

            engine.Evaluate(rows, active, sums);
            for (var lane = 0; lane < losses.Length; lane++)
            {
                losses[lane] += active[lane] ? sums[lane] : 0;
            }
        }
    }

    /// <summary>The host brings the windows over, once if they are not too many, and reads one number a lane at the end.</summary>
    private void OnDevice(IDeviceScore score, Span<double> losses)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var sums_S = zeros([score.Members], ScalarType.Float64, score.Device);
        var context = spec.Model.ContextLength;
        var most = Math.Max(1, PieceTokens / (context + 1));
        for (long window = 0; window < _windows.Count; window += most)
        {
            using var piece = NewDisposeScope();
            var count = Math.Min(most, _windows.Count - window);
            var windows_NW = count == _windows.Count ? _all_NW ??= Bring(window, count, score.Device).DetachFromDisposeScope() : Bring(window, count, score.Device);
            for (long row = 0; row < count; row += score.Rows)
            {
                using var batch = NewDisposeScope();
                var rows_BW = windows_NW.narrow(0, row, Math.Min(score.Rows, count - row));
                score.Add(rows_BW.narrow(1, 0, context).contiguous(), rows_BW.narrow(1, 1, context).contiguous(), sums_S);
            }
        }

        var host = sums_S.cpu().data<double>().ToArray();
        host.AsSpan().CopyTo(losses);
    }

    private Tensor Bring(long first, long count, Device device)
    {
        var width = spec.Model.ContextLength + 1;
        var host = new long[count * width];
        for (var i = 0; i < count; i++)
        {
            tokens.Validation.Read(_windows.OffsetOf(first + i), host.AsSpan(i * width, width));
        }

        if (Array.Find(host, token => (ulong)token >= (ulong)spec.Model.VocabularySize) is var odd && (ulong)odd >= (ulong)spec.Model.VocabularySize)
        {
            throw new DataUnavailableException($"the data holds token {odd}; model.vocab_size is {spec.Model.VocabularySize}. Raise vocab_size, or prepare the data again.");
        }

        return tensor(host, [count, width], device: device);
    }
}
