using Harness.Core.Runs;
using Harness.Execution.Synthetic;
using Harness.Training.Runs;

namespace Harness.Cli.Running;

/// <summary>Trains for real or draws from a law, as each run's spec says; libtorch is loaded by the first run that trains for real.</summary>
internal sealed class AnyTrainer : IStackTrainer, IDisposable
{
    private readonly SyntheticStacks _synthetic = new();
    private TorchTrainer? _torch;

    public RunResult Train(RunSpec spec, IRunSession session) =>
        For(spec).Train(spec, session);

    public void TrainTogether(IReadOnlyList<StackMember> members, Action<StackMember, MemberEnd> ended) => For(members[0].Spec).TrainTogether(members, ended);

    public StackAdvice? Advise(RunSpec spec, ExecutionSettings settings, int most) => For(spec).Advise(spec, settings, most);

    private IStackTrainer For(RunSpec spec)
    {
        if (spec.Synthetic is not null)
        {
            return _synthetic;
        }

        return _torch ??= new TorchTrainer();
    }

    public void Dispose() => _torch?.Dispose();
}
