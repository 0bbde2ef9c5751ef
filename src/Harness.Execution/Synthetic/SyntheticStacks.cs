using System.Collections.Concurrent;
using Harness.Core.Runs;

namespace Harness.Execution.Synthetic;

/// <summary>Gives a trainer of single runs the form of a stack: every member on a thread of its own, so that pretended seconds pass for all at once.</summary>
/// <param name="inner">Draws each run; must be free of state.</param>
public sealed class SyntheticStacks(ITrainer inner) : ISideBySideTrainer
{
    /// <summary>Over the synthetic trainer.</summary>
    public SyntheticStacks() : this(new SyntheticTrainer())
    {
    }

    /// <inheritdoc/>
    public RunResult Train(RunSpec spec, IRunSession session) => inner.Train(spec, session);

    /// <inheritdoc/>
    public void TrainTogether(IReadOnlyList<StackMember> members, Action<StackMember, MemberEnd> ended)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(ended);
        if (members.Select(m => StackShape.Of(m.Spec)).Distinct().Count() > 1)
        {
            throw new ArgumentException("Runs of different shapes can't be trained together.", nameof(members));
        }

        using var ends = new BlockingCollection<(StackMember Member, MemberEnd End)>();
        var threads = members.Select(m => new Thread(() => ends.Add((m, Train(m, members.Count)))) { Name = "synthetic run" }).ToList();
        threads.ForEach(t => t.Start());
        try
        {
            for (var i = 0; i < members.Count; i++)
            {
                var (member, end) = ends.Take();
                ended(member, end);
            }
        }
        finally
        {
            threads.ForEach(t => t.Join());
        }
    }

    /// <summary>None: a law takes no device's time.</summary>
    public StackAdvice? Advise(RunSpec spec, ExecutionSettings settings, int most) => null;

    /// <summary>Another over the same trainer, which is free of state.</summary>
    public ISideBySideTrainer Sibling() => new SyntheticStacks(inner);

    /// <summary>None: a law takes no device's time.</summary>
    public StackAdvice? AdviseSideBySide(RunSpec spec, ExecutionSettings settings, int most) => null;

    private MemberEnd Train(StackMember member, int members)
    {
        try
        {
            return new MemberEnd(inner.Train(member.Spec, member.Session) with { Stack = members }, null);
        }
        catch (Exception e)
        {
            return new MemberEnd(null, e);
        }
    }
}
