using Harness.Core.Runs;
using Harness.Execution.Synthetic;
using Harness.Training.Runs;

namespace Harness.Cli.Running;

/// <summary>Trains for real or draws from a law, as each run's spec says; libtorch is loaded by the first run that trains for real.</summary>
internal sealed class AnyTrainer : ISideBySideTrainer, IDisposable
{
    private readonly SyntheticStacks _synthetic = new();
    private readonly Lazy<ISideBySideTrainer> _torch;

    public AnyTrainer() => _torch = new(() => new TorchTrainer());

    private AnyTrainer(AnyTrainer elder) => _torch = new(() => elder.Torch.Sibling());

    private ISideBySideTrainer Torch => _torch.Value;

    public RunResult Train(RunSpec spec, IRunSession session) => spec.Synthetic is null ? Torch.Train(spec, session) : _synthetic.Train(spec, session);

    public void TrainTogether(IReadOnlyList<StackMember> members, Action<StackMember, MemberEnd> ended)
    {
        if (members[0].Spec.Synthetic is null)
        {
            Torch.TrainTogether(members, ended);
        }
        else
        {
            _synthetic.TrainTogether(members, ended);
        }
    }

    public StackAdvice? Advise(RunSpec spec, ExecutionSettings settings, int most) =>
        spec.Synthetic is null ? Torch.Advise(spec, settings, most) : _synthetic.Advise(spec, settings, most);

    public ISideBySideTrainer Sibling() => new AnyTrainer(this);

    public StackAdvice? AdviseSideBySide(RunSpec spec, ExecutionSettings settings, int most) =>
        spec.Synthetic is null ? Torch.AdviseSideBySide(spec, settings, most) : _synthetic.AdviseSideBySide(spec, settings, most);

    public void Dispose()
    {
        if (_torch.IsValueCreated)
        {
            (_torch.Value as IDisposable)?.Dispose();
        }
    }
}
