namespace Harness.Scaling.Tests;

/// <summary>Whether the long versions of statistical tests are wanted (HARNESS_LONG_TESTS=1).</summary>
internal static class LongTests
{
    public static bool Wanted { get; } = Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1";
}
