using Harness.Reporting.Runs;

namespace Harness.Reporting.Plots;

/// <summary>The files of a sweep's <c>plots</c> folder.</summary>
public static class StaticPlots
{
    /// <summary>Draws every figure in every format that gnuplot has, and puts each script beside them for the reader's own changes.</summary>
    /// <param name="folder">The folder, made if need be.</param>
    /// <param name="figures">The figures.</param>
    /// <param name="gnuplot">The program; null draws nothing but leaves the scripts.</param>
    /// <returns>The paths written.</returns>
    /// <exception cref="PlotException">gnuplot failed; the message is its own.</exception>
    public static IReadOnlyList<string> Write(string folder, IReadOnlyList<Figure> figures, Gnuplot? gnuplot)
    {
        ArgumentNullException.ThrowIfNull(figures);
        var written = new List<string>();
        foreach (var figure in figures)
        {
            string script = Path.Combine(folder, figure.Name + ".gp");
            WholeFile.WriteText(script, w => w.Write(GnuplotScript.Of(figure, PlotFormat.Svg)));
            written.Add(script);
            foreach (var format in gnuplot?.Formats ?? [])
            {
                string path = Path.Combine(folder, $"{figure.Name}.{format.Extension}");
                byte[] picture = gnuplot!.Draw(figure, format);
                WholeFile.Write(path, stream => stream.Write(picture));
                written.Add(path);
            }
        }

        return written;
    }
}
