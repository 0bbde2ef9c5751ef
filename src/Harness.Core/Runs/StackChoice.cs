using System.Globalization;

namespace Harness.Core.Runs;

/// <summary>Whether runs of one <see cref="StackShape"/> are trained together. A way to execute them, no part of their identity.</summary>
/// <param name="Most">Runs of a stack, 1 to <see cref="Limit"/>; 1 trains each alone.</param>
/// <param name="IsAuto">Whether fewer, or none, are taken where a calibration says that this is better.</param>
public sealed record StackChoice(int Most, bool IsAuto)
{
    /// <summary>Largest stack.</summary>
    public const int Limit = 64;

    /// <summary>Each run alone.</summary>
    public static StackChoice Off { get; } = new(1, IsAuto: false);

    /// <summary>As many as a calibration finds best.</summary>
    public static StackChoice Auto { get; } = new(Limit, IsAuto: true);

    /// <summary>Reads <c>auto</c>, <c>off</c> or a number from 2 to <see cref="Limit"/>; null for anything else.</summary>
    public static StackChoice? Parse(string? text) => text switch
    {
        "auto" => Auto,
        "off" => Off,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 2 and <= Limit ? new StackChoice(most, IsAuto: false) : null,
    };

    /// <summary>What <see cref="Parse"/> reads.</summary>
    public override string ToString() => IsAuto ? "auto" : Most == 1 ? "off" : Most.ToString(CultureInfo.InvariantCulture);
}
