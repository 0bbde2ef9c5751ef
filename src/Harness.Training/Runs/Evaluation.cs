using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Steps;

namespace Harness.Training.Runs;

/// <summary>The held-out loss over the same windows every time. Touches neither weights nor data order.</summary>
/// <param name="spec">A run; all of a stack have its windows.</param>
/// <param name="tokens">Its data.</param>
/// <param name="engine">What computes.</param>
internal sealed class Evaluation(RunSpec spec, TokenStream tokens, IStackEngine engine)
{
    private readonly EvaluationWindows _windows =
        new(tokens.Validation.Length, spec.Model.ContextLength, spec.Training.Evaluation.Tokens);

    /// <summary>Mean losses of the active lanes, nats a token.</summary>
    /// <param name="active">By lane.</param>
    /// <param name="losses">By lane; set for active ones.</param>
    public void Losses(ReadOnlySpan<bool> active, Span<double> losses)
    {
        losses.Clear();
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

        foreach (ref var loss in losses)
        {
            loss /= _windows.Count;
        }
    }
}
