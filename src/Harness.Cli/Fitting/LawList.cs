using System.Globalization;
using System.Text;
using Harness.Reporting.Fits;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary>What <c>harness fit --list-laws</c> prints: every law with what one must know to choose it and to feed it.</summary>
internal static class LawList
{
    private const string IsoFlopSource = "Hoffmann et al. 2022, arXiv 2203.15556, approach 2";
    private const string EnvelopeSource = "Hoffmann et al. 2022, arXiv 2203.15556, approach 1";

    /// <summary>One line a law: its name, what it reads and predicts, its source.</summary>
    public static string Short()
    {
        List<(string Name, string Columns, string Source)> lines = [.. LawCatalog.Laws.Select(l => (l.Name, $"{string.Join(", ", l.Variables)} -> {l.Target}", l.Source + Breaks(l)))];
        lines.Add((LawCatalog.IsoFlopName, "n, d, c -> n, d", IsoFlopSource));
        lines.Add((LawCatalog.EnvelopeName, "n, d, c -> n, d", EnvelopeSource));
        int name = lines.Max(l => l.Name.Length), columns = lines.Where(l => l.Columns.Length < 30).Max(l => l.Columns.Length);
        return string.Join("\n", lines.Select(l => $"  {l.Name.PadRight(name)}  {l.Columns.PadRight(columns)}  {l.Source}"));
    }

    private static string Breaks(Law law) => law is BrokenPowerLaw ? law.Name switch
    {
        "bnsl" => ", with one break",
        "bnsl-2" => ", with two breaks",
        _ => ", with three breaks",
    } : "";

    public static string Text()
    {
        StringBuilder text = new();
        foreach (Law law in LawCatalog.Laws)
        {
            text.Append(CultureInfo.InvariantCulture, $"{law.Name}\n  {law.Equation}\n  {law.Source}\n");
            text.Append(CultureInfo.InvariantCulture, $"  columns     {string.Join(", ", law.Variables)} -> {law.Target}; objective {law.DefaultObjective} unless --objective says otherwise\n");
            foreach (LawParameter parameter in law.Parameters)
            {
                text.Append(CultureInfo.InvariantCulture, $"  {parameter.Name.PadRight(11)} {parameter.Meaning}\n");
            }

            foreach (Preset preset in Presets.All.Where(p => p.Law == law.Name))
            {
                string values = string.Join(", ", law.Parameters.Zip(preset.Parameters, (p, v) => $"{p.Name} = {FitText.Number(v, 8)}"));
                text.Append(CultureInfo.InvariantCulture, $"  --preset {preset.Name}: {values}; {preset.Source}; {preset.Units}\n");
            }

            text.Append('\n');
        }

        text.Append(CultureInfo.InvariantCulture, $"""
            {LawCatalog.IsoFlopName}
              n_opt = n_coefficient c^n_exponent, d_opt = d_coefficient c^d_exponent, from the optimum of every compute budget
              {IsoFlopSource} (--isoflop-by parabola, akima or surface)
              columns     two of n, d, c -> loss; rows of one budget share c to --budget-tolerance

            {LawCatalog.EnvelopeName}
              n_opt = n_coefficient c^n_exponent, d_opt = d_coefficient c^d_exponent, from the runs of lowest loss at every compute
              {EnvelopeSource} (--envelope-by curves or hull)
              columns     two of n, d, c -> loss; one row an evaluation, runs told apart by --group

            """).Append('\n');
        return text.ToString();
    }
}
