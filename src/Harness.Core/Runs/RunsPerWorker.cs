using System.Globalization;

namespace Harness.Core.Runs;

/// <summary>
/// How many different runs a worker trains at the same time on its device, each on a stream of its own: small models leave most of a GPU idle. A way to execute runs, no part of
/// their identity. They may have any shapes; runs of one shape are better off in a stack (<see cref="StackChoice"/>).
/// </summary>
/// <param name="Most">At once, 1 to <see cref="Limit"/>; 1 trains one run, or one stack, after the other.</param>
/// <param name="IsAuto">Whether fewer are taken where a calibration says that this is better; on a CPU that is one, since there several workers do the same.</param>
public sealed record RunsPerWorker(int Most, bool IsAuto)
{
    /// <summary>Most at once: a device has 32 streams to deal out, and each run may hold two.</summary>
    public const int Limit = 16;

    /// <summary>Most that <see cref="Auto"/> tries.</summary>
    public const int AutoLimit = 8;

    /// <summary>One after the other.</summary>
    public static RunsPerWorker One { get; } = new(1, IsAuto: false);

    /// <summary>As many as a calibration finds best.</summary>
    public static RunsPerWorker Auto { get; } = new(AutoLimit, IsAuto: true);

    /// <summary>Reads <c>auto</c> or a number from 1 to <see cref="Limit"/>; null for anything else.</summary>
    public static RunsPerWorker? Parse(string? text) => text == "auto" ? Auto
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= Limit ? new RunsPerWorker(most, IsAuto: false)
        : null;

    /// <summary>Runs at once that a worker on a device is prepared for.</summary>
    /// <param name="device"><c>cpu</c> or <c>cuda:K</c>.</param>
    public int On(string device) => IsAuto && device == "cpu" ? 1 : Most;

    /// <summary>What <see cref="Parse"/> reads.</summary>
    public override string ToString() => IsAuto ? "auto" : Most.ToString(CultureInfo.InvariantCulture);
}
