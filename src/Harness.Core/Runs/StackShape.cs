using Harness.Core.Training;

namespace Harness.Core.Runs;

/// <summary>
/// What runs must share to be trained as one batched model: model, data, batch, steps, evaluation, number format. They may differ in seeds, data order,
/// learning rate, its schedule, and the optimiser's constants.
/// </summary>
/// <param name="Key">Equal for equal shapes; not a run's id.</param>
public readonly record struct StackShape(string Key)
{
    /// <summary>The shape of a run.</summary>
    public static StackShape Of(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new StackShape(RunId.CanonicalForm(spec with
        {
            Training = spec.Training with
            {
                Seed = 0,
                DataSeed = 0,
                PeakLearningRate = 1,
                Schedule = new ConstantSchedule { WarmupSteps = 0 },
                Optimizer = OptimizerSpec.Default,
            },
        }));
    }
}
