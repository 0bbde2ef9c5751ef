using System.Globalization;
using System.Runtime.InteropServices;
using Harness.Core.Runs;

namespace Harness.Execution.TestHost;

/// <summary>
/// A trainer that fails as told: <c>1=bug,2=oom,3=load13</c>: the run of seed 1 throws, that of seed 2 runs out of memory, that of seed 3 dies while
/// it loads the checkpoint of step 13 (<c>load</c>: any).
/// </summary>
internal sealed class MisbehavingTrainer(ITrainer inner, string faults, Gate? gate) : ITrainer
{
    public RunResult Train(RunSpec spec, IRunSession session)
    {
        var deadly = new List<string>();
        foreach (var fault in faults.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var (seed, kind) = (fault.Split('=')[0], fault.Split('=')[1]);
            if (spec.Training.Seed.ToString(CultureInfo.InvariantCulture) != seed)
            {
                continue;
            }

            switch (kind)
            {
                case "oom" when session.Settings.MicroBatchSequences is null or > 2:
                    throw new RunFailedException(FailureCause.OutOfMemory, $"no memory for a micro-batch of {session.Settings.MicroBatchSequences}");
                case "alwaysoom":
                    _ = new byte[int.MaxValue]; // more than an array can have: the runtime says OutOfMemoryException
                    break;
                case "hog" when session.Settings.MicroBatchSequences is null or > 4:
                    Hog(session.Stop);
                    break;
                case "device" when session.Settings.Device == "cuda:0":
                    throw new RunFailedException(FailureCause.DeviceFault, "the device is lost");
                case "bug":
                    throw new InvalidOperationException("a defect");
                case "user":
                    throw new RunFailedException(FailureCause.UserError, "the data is not there");
                case "die":
                    Environment.FailFast("a crash");
                    break;
                case var load when load.StartsWith("load", StringComparison.Ordinal):
                    deadly.Add(load[4..]);
                    break;
                default:
                    break;
            }
        }

        bool IsDeadly(long step) => deadly.Contains("") || deadly.Contains(step.ToString(CultureInfo.InvariantCulture));
        return inner.Train(spec, new TamperedSession(session, gate, IsDeadly));
    }

    /// <summary>Takes and touches memory until the kernel ends the process, 2 GB at most. Native memory, as libtorch's is: the runtime's own heap stops in time.</summary>
    private static void Hog(CancellationToken stop)
    {
        const int Block = 10_000_000;
        var filled = new byte[Block];
        Array.Fill(filled, (byte)1);
        for (var i = 0; i < 200 && !stop.IsCancellationRequested; i++)
        {
            Marshal.Copy(filled, 0, Marshal.AllocHGlobal(Block), Block);
        }
    }
}
