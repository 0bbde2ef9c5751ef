using System.Globalization;
using Harness.Cli.Running;
using Harness.Core.Runs;

namespace Harness.Cli.Planning;

/// <summary>What shared trunks save, in a line.</summary>
internal static class SavingsText
{
    public static string Of(TrunkSavings savings)
    {
        var time = savings is { Seconds: { } seconds, SecondsAlone: { } alone } ? $", {Figures.Time(seconds)} of {Figures.Time(alone)} of work ({Share(seconds, alone)})" : "";
        return $"trunks: {savings.Branches} runs branch off {savings.Trunks} {(savings.Trunks == 1 ? "trunk" : "trunks")}; this saves {Figures.Count(savings.Tokens)} of {Figures.Count(savings.TokensAlone)} tokens ({Share(savings.Tokens, savings.TokensAlone)}), "
            + $"{Figures.Power(savings.Flops)} of {Figures.Power(savings.FlopsAlone)} FLOPs as 6ND ({Share(savings.Flops, savings.FlopsAlone)}){time}";
    }

    private static string Share(double part, double whole) => string.Create(CultureInfo.InvariantCulture, $"{(whole > 0 ? 100 * part / whole : 0):F1} %");
}
