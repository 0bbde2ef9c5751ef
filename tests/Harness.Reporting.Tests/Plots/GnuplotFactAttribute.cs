using Harness.Reporting.Plots;

namespace Harness.Reporting.Tests.Plots;

/// <summary>A fact about what gnuplot draws; skipped, saying so, where there is no gnuplot.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GnuplotFactAttribute : FactAttribute
{
    public GnuplotFactAttribute() => Skip = Gnuplot.Find() is null ? "gnuplot 5.4 or later is not installed here (apt-get install gnuplot-nox)." : null;
}
