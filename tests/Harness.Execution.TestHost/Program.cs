using System.Diagnostics;
using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution;
using Harness.Execution.Claims;
using Harness.Execution.Orchestration;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.Workers;

// What the command line does with this room, without the command line: a process that orchestrates a store and one that works on it, for tests that kill them.
//   run STORE SLOTS         an orchestrator
//   worker STORE SLOT DEVICE  a worker
// TESTHOST_* variables set times in milliseconds and the trainer's misbehaviour.
using var signals = args[0] == "worker" ? StopSignals.ForWorker() : StopSignals.ForOrchestrator();
var budget = new RetryBudget { Killed = Setting("KILLED_BUDGET", 3) };
var stale = TimeSpan.FromMilliseconds(Setting("STALE", 60_000));
try
{
    return args[0] == "worker" ? Work() : Orchestrate();
}
catch (StoreException e)
{
    Console.Error.WriteLine(e.Message);
    return (int)ExitCode.BadInput;
}

int Work()
{
    var options = new WorkerOptions
    {
        Settings = new ExecutionSettings { Device = args[3], CheckpointEverySteps = Setting("CHECKPOINT_STEPS", 5) },
        Budget = budget,
        HeartbeatEvery = TimeSpan.FromMilliseconds(Setting("HEARTBEAT", 1000)),
        StaleAfter = stale,
        LookAgainAfter = TimeSpan.FromMilliseconds(Setting("LOOK_AGAIN", 1000)),
        WaitForOthers = Setting("WAIT_FOR_OTHERS", 0) == 1,
    };
    var trainer = new MisbehavingTrainer(new SyntheticTrainer(), Environment.GetEnvironmentVariable("TESTHOST_MISBEHAVE") ?? "");
    return (int)Worker.Run(RunStore.Open(args[1]), trainer, options, signals.Stop);
}

int Orchestrate()
{
    var count = int.Parse(args[2], CultureInfo.InvariantCulture);
    var options = new OrchestratorOptions
    {
        Slots = [.. Enumerable.Range(0, count).Select(i => new WorkerSlot(i, Setting("DEVICE_PER_SLOT", 0) == 1 ? $"cuda:{i}" : "cpu"))],
        Budget = budget,
        Grace = TimeSpan.FromMilliseconds(Setting("GRACE", 10_000)),
        StaleAfter = stale,
        SnapshotEvery = TimeSpan.FromMilliseconds(Setting("SNAPSHOT", 200)),
        BesideOthers = Setting("BESIDE", 0) == 1,
    };
    var orchestrator = new Orchestrator(RunStore.Open(args[1]), Command, options);
    var outcome = orchestrator.Run(
        s =>
        {
            foreach (var line in s.News)
            {
                Console.WriteLine(line);
            }

            if (s.Paused is not null)
            {
                Console.WriteLine(s.Paused);
            }
        },
        signals.Stop,
        signals.AtOnce);
    foreach (var failed in outcome.Failed)
    {
        Console.WriteLine($"failed {failed.Run.Name} {failed.Cause} {failed.Message} {failed.LogPath}");
    }

    if (outcome.Problem is not null)
    {
        Console.WriteLine(outcome.Problem);
    }

    return (int)outcome.ExitCode;
}

ProcessStartInfo Command(WorkerSlot slot) => new(Environment.ProcessPath!)
{
    ArgumentList = { typeof(MisbehavingTrainer).Assembly.Location, "worker", args[1], slot.Index.ToString(CultureInfo.InvariantCulture), slot.Device },
};

static int Setting(string name, int otherwise) =>
    int.TryParse(Environment.GetEnvironmentVariable("TESTHOST_" + name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value)
        ? value
        : otherwise;

/// <summary>A trainer that fails as told: <c>1=bug,2=oom</c>: the runs of seed 1 and 2.</summary>
internal sealed class MisbehavingTrainer(ITrainer inner, string faults) : ITrainer
{
    public RunResult Train(RunSpec spec, IRunSession session)
    {
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
                case "device" when session.Settings.Device == "cuda:0":
                    throw new RunFailedException(FailureCause.DeviceFault, "the device is lost");
                case "bug":
                    throw new InvalidOperationException("a defect");
                case "user":
                    throw new RunFailedException(FailureCause.UserError, "the data is not there");
                case "die":
                    Environment.FailFast("a crash");
                    break;
                default:
                    break;
            }
        }

        return inner.Train(spec, session);
    }
}
