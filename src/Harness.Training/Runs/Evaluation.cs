using Harness.Core.Runs;
using Harness.Training.Data;
using Harness.Training.Steps;

namespace Harness.Training.Runs;

/// <summary>The held-out loss over the same windows every time. Touches neither weights nor data order.</summary>
internal sealed class Evaluation(RunSpec spec, TokenStream tokens, StepEngine engine)
{
    private readonly EvaluationWindows _windows =
        new(tokens.Validation.Length, spec.Model.ContextLength, spec.Training.Evaluation.Tokens);

    /// <summary>Mean loss, nats a token.</summary>
    public double Loss()
    {
        double sum = 0;
        for (long window = 0; window < _windows.Count; window += engine.Batch.Rows)
        {
            var rows = (int)Math.Min(engine.Batch.Rows, _windows.Count - window);
            for (var row = 0; row < rows; row++)
            {
                engine.Batch.SetRow(row, tokens.Validation, _windows.OffsetOf(window + row));
            }

            engine.Batch.Upload();
            sum += engine.Evaluate(rows);
        }

        return sum / _windows.Count;
    }
}
