using System.Globalization;

namespace Harness.Reporting.Plots;

/// <summary>
/// A colour by its role. Ordered groups (sizes, budgets) lie on viridis (Smith and van der Walt 2015), which keeps its order in grey and for
/// the colour-blind; laws are vermilion (Okabe and Ito 2008), which stands apart from all of it.
/// </summary>
public readonly record struct Ink
{
    // Nine even steps of viridis.
    private static readonly (int R, int G, int B)[] Viridis =
    [
        (0x44, 0x01, 0x54), (0x47, 0x2D, 0x7B), (0x3B, 0x52, 0x8B), (0x2C, 0x72, 0x8E), (0x21, 0x91, 0x8C),
        (0x28, 0xAE, 0x80), (0x5E, 0xC9, 0x62), (0xAD, 0xDC, 0x30), (0xFD, 0xE7, 0x25),
    ];

    private Ink(string onLight, string onDark) => (OnLight, OnDark) = (onLight, onDark);

    /// <summary>A fitted law.</summary>
    public static Ink Law { get; } = new("#d55e00", "#ff8f3d");

    /// <summary>A second law beside the first.</summary>
    public static Ink OtherLaw { get; } = new("#b0468c", "#e58ac4");

    /// <summary>What is measured but belongs to no group.</summary>
    public static Ink Neutral { get; } = new("#777777", "#a0a0a0");

    /// <summary>The frontier and other lines that must stand out.</summary>
    public static Ink Strong { get; } = new("#1a1a1a", "#f0f0f0");

    /// <summary>The colour on white, <c>#rrggbb</c>.</summary>
    public string OnLight { get; }

    /// <summary>The colour on a dark page, <c>#rrggbb</c>.</summary>
    public string OnDark { get; }

    /// <summary>A place in an order.</summary>
    /// <param name="position">0 (first) to 1 (last). Neither end of the scale is used where it would vanish on the page.</param>
    public static Ink Ordered(double position) => new(At(0.88 * position), At(0.22 + (0.78 * position)));

    /// <summary>The colours of so many ordered groups.</summary>
    public static Ink[] Scale(int count) => [.. Enumerable.Range(0, count).Select(i => Ordered(count == 1 ? 0.4 : (double)i / (count - 1)))];

    private static string At(double position)
    {
        double place = Math.Clamp(position, 0, 1) * (Viridis.Length - 1);
        int below = Math.Min((int)place, Viridis.Length - 2);
        double share = place - below;
        var (a, b) = (Viridis[below], Viridis[below + 1]);
        return string.Create(CultureInfo.InvariantCulture, $"#{Mix(a.R, b.R):x2}{Mix(a.G, b.G):x2}{Mix(a.B, b.B):x2}");

        int Mix(int x, int y) => (int)Math.Round(x + (share * (y - x)));
    }
}
