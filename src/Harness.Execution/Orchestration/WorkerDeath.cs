using System.Globalization;
using Harness.Core.Runs;
using Harness.Execution.Claims;
using Harness.Execution.Workers;

namespace Harness.Execution.Orchestration;

/// <summary>How a worker's process ended.</summary>
/// <param name="ExitCode">Its exit code; 128 + n after signal n.</param>
/// <param name="KernelKilledForMemory">It died of SIGKILL while the kernel's count of out-of-memory kills rose.</param>
/// <param name="LastWords">The last lines that it printed.</param>
internal sealed record WorkerDeath(int ExitCode, bool KernelKilledForMemory, string LastWords)
{
    /// <summary>Whether it ended as a worker should.</summary>
    public bool IsOrderly => Enum.IsDefined((WorkerEnd)ExitCode);

    /// <summary>For people.</summary>
    public string Describe()
    {
        var how = ExitCode switch
        {
            (int)WorkerEnd.OutcomeNotWritten => "could not write how its attempt ended (no permission, or the disk is gone); the attempt's log says why",
            137 when KernelKilledForMemory => "was killed by the kernel because the machine ran out of memory",
            137 => "was killed (SIGKILL: by a person, or by a memory limit)",
            139 => "crashed (SIGSEGV)",
            134 => "aborted (SIGABRT)",
            135 => "crashed (SIGBUS: a mapped file is gone, or the disk is full)",
            132 => "crashed (SIGILL: built for another processor)",
            > 128 and < 160 => string.Create(CultureInfo.InvariantCulture, $"ended by signal {ExitCode - 128}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"ended with exit code {ExitCode}"),
        };
        return LastWords.Length == 0 || ExitCode == 137 ? how : $"{how}; its last words: {LastWords}";
    }

    /// <summary>What that means for the run it had, if it had one and did not end the attempt itself.</summary>
    public Death ForItsRun() => new(
        KernelKilledForMemory ? FailureCause.OutOfMemory : FailureCause.Killed,
        $"the worker {Describe()}");
}
