using System.Diagnostics;
using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution;
using Harness.Execution.Claims;
using Harness.Execution.Orchestration;
using Harness.Execution.Store;
using Harness.Execution.Synthetic;
using Harness.Execution.TestHost;
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
        Settings = new ExecutionSettings { Device = args[3], CheckpointEverySteps = Setting("CHECKPOINT_STEPS", 5), Stack = new StackChoice(Setting("STACK", 1), IsAuto: false), RunsPerWorker = new RunsPerWorker(Setting("RUNS_PER_WORKER", 1), IsAuto: false) },
        Budget = budget,
        HeartbeatEvery = TimeSpan.FromMilliseconds(Setting("HEARTBEAT", 1000)),
        StaleAfter = stale,
        LookAgainAfter = TimeSpan.FromMilliseconds(Setting("LOOK_AGAIN", 1000)),
        WaitForOthers = Setting("WAIT_FOR_OTHERS", 0) == 1,
    };
    var gate = Setting("GATE_STEP", 0) is > 0 and var step ? new Gate(args[1] + ".gate", step) : null;
    var trainer = new MisbehavingTrainer(new SyntheticTrainer(), Environment.GetEnvironmentVariable("TESTHOST_MISBEHAVE") ?? "", gate);
    return (int)Worker.Run(RunStore.Open(args[1]), new SyntheticStacks(trainer), options, signals.Stop);
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
