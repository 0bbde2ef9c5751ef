using Harness.Reporting.Fits;
using Harness.Reporting.Tables;
using Harness.Reporting.Tables.Expressions;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>Turns a user's mistake into one line and its exit code; whatever else is thrown is a bug and keeps its stack trace.</summary>
internal static class Mistakes
{
    public static int Explained(TextWriter error, Func<int> act)
    {
        try
        {
            return act();
        }
        catch (Exception e) when (e is UserMistakeException or TableException or ExpressionException or FitsFileException)
        {
            error.WriteLine(e.Message);
            return ExitCodes.BadInput;
        }
        catch (FitRefusedException e)
        {
            error.WriteLine(e.Message);
            return IsMistake(e) ? ExitCodes.BadInput : ExitCodes.Refused;
        }
    }

    /// <summary>True for a refusal that the command line alone earns: other data would not mend it.</summary>
    public static bool IsMistake(FitRefusedException refusal) =>
        refusal.Reason is RefusalReason.InvalidOption or RefusalReason.MissingVariable;

    /// <summary>The kind of refusal in kebab-case, as in fits.json.</summary>
    public static string Kind(RefusalReason reason) =>
        string.Concat(reason.ToString().Select((c, i) => char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
