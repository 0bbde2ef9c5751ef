using Harness.Core.Runs;
using Harness.Execution.Synthetic;
using Harness.Training.Runs;

namespace Harness.Cli.Running;

/// <summary>Trains for real or draws from a law, as each run's spec says; libtorch is loaded by the first run that trains for real.</summary>
internal sealed class AnyTrainer : ITrainer, IDisposable
{
    private readonly SyntheticTrainer _synthetic = new();
    private TorchTrainer? _torch;

    public RunResult Train(RunSpec spec, IRunSession session) =>
        spec.Synthetic is null ? (_torch ??= new TorchTrainer()).Train(spec, session) : _synthetic.Train(spec, session);

    public void Dispose() => _torch?.Dispose();
}
