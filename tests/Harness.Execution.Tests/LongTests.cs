namespace Harness.Execution.Tests;

/// <summary>Short loops by default, the full ones with HARNESS_LONG_TESTS=1.</summary>
internal static class LongTests
{
    public static bool Wanted { get; } = Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1";

    public static int Times(int inShort, int inLong) => Wanted ? inLong : inShort;
}
