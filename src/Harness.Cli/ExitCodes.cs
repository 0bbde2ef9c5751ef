namespace Harness.Cli;

/// <summary>What the process's exit code means, for scripts.</summary>
public static class ExitCodes
{
    /// <summary>Everything asked for was done.</summary>
    public const int Done = 0;

    /// <summary>The sweep ended and some of its runs have no result.</summary>
    public const int SomeFailed = 1;

    /// <summary>The input can't be used; nothing was started.</summary>
    public const int BadInput = 2;

    /// <summary>The input was read and the answer is a refusal: the data can't decide, or a part that is needed is missing.</summary>
    public const int Refused = 3;

    /// <summary>A signal ended it; the same command goes on where it stopped (128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
