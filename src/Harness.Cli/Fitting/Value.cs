using System.Globalization;
using Harness.Reporting.Tables;

namespace Harness.Cli.Fitting;

/// <summary>Reads option values: numbers as the field writes them (1e9), words in kebab-case. Everything else is a mistake that names the option.</summary>
internal static class Value
{
    public static double Number(string option, string text) =>
        Numbers.TryParse(text, out double value) && double.IsFinite(value)
            ? value
            : throw new UserMistakeException($"{option}: '{text}' is not a number; a number such as 0.34 or 1e9 is needed; write decimals with a point and no units.");

    public static double? Positive(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        double value = Number(option, text);
        return value > 0 ? value : throw new UserMistakeException($"{option}: {text} is not above 0; a positive number is needed; correct it.");
    }

    public static double? Share(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        double value = Number(option, text);
        return value is > 0 and < 1 ? value : throw new UserMistakeException($"{option}: {text} is no share; a number between 0 and 1 is needed; write for example 0.95.");
    }

    public static long? Count(string option, string? text, long least)
    {
        if (text is null)
        {
            return null;
        }

        double value = Number(option, text);
        return value >= least && value <= int.MaxValue && value == Math.Floor(value)
            ? (long)value
            : throw new UserMistakeException(string.Create(CultureInfo.InvariantCulture, $"{option}: {text} is no count; a whole number from {least} to {int.MaxValue} is needed; correct it."));
    }

    public static T Choice<T>(string option, string? text, T otherwise)
        where T : struct, Enum
    {
        if (text is null)
        {
            return otherwise;
        }

        foreach (T value in Enum.GetValues<T>())
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        throw new UserMistakeException($"{option}: '{text}' is not known; there is {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}; use one of these.");
    }
}
