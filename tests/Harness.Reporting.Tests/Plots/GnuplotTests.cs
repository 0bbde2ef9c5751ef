using System.Buffers.Binary;
using System.Globalization;
using System.Xml.Linq;
using Harness.Reporting.Plots;
using Harness.Reporting.Plots.Figures;
using Harness.Reporting.Tests.Runs;

namespace Harness.Reporting.Tests.Plots;

public sealed class GnuplotTests
{
    public static readonly string Hostile = "`touch hacked` $(touch hacked) '; system \"touch hacked\"; '\n!touch hacked\n@x {y}_z^w ~a \\n & <script>alert(1)</script> \u2028";

    private static Figure Small(string text) => new()
    {
        Name = "small",
        Title = Markup.Plain(text),
        Caption = Markup.Empty,
        X = new Axis(Markup.Parse("Size *N*"), 1, 100),
        Y = new Axis(Markup.Plain("L"), 1, 2),
        LegendTitle = Markup.Plain(text),
        Notes = [new FigureNote(Markup.Parse("*L* = 2/*N*^{0.1}"), Ink.Law), new FigureNote(Markup.Plain(text), Ink.OtherLaw)],
        Layers =
        [
            new BandLayer([(1, 1.9, 2.1), (100, 1.1, 1.3)], Ink.Law, Markup.Plain(text)),
            new PointLayer([new PlotPoint(3, 1.5, text)], Ink.Ordered(0), Markup.Plain(text)),
            new LineLayer([new PlotPoint(1, 2), new PlotPoint(100, 1.2)], Ink.Law, Markup.Plain(text), 1.6, Dashed: true, Opacity: 0.5),
        ],
    };

    [Fact]
    public void The_script_of_a_figure_is_this_one()
    {
        string script = GnuplotScript.Of(Small("it's 50%_a") with { Layers = [.. Small("it's 50%_a").Layers.Skip(1)] }, PlotFormat.Svg);
        Assert.Equal(
            """
            # gnuplot -d small.gp > small.svg
            set terminal svg size 600,450 dynamic linewidth 1.5 enhanced font 'DejaVu Sans,13' background rgb 'white'
            set encoding utf8
            set border 3 lw 0.6 lc rgb '#444444'
            set tics nomirror out scale 0.7,0.4 textcolor rgb '#222222'
            set grid xtics ytics lt 1 lw 0.4 lc rgb '#e4e4e4'
            set lmargin 8.2
            set tmargin 1.8
            set bmargin 3.1
            set title 'it''s 50%\_a' offset 0,-0.5
            set xlabel 'Size {/:Italic N}' offset 0,0.3
            set logscale x
            set xrange [1:100]
            set xtics ('1' 1 0, '' 2 1, '3' 3 0, '' 4 1, '' 5 1, '' 6 1, '' 7 1, '' 8 1, '' 9 1, '10' 10 0, '' 20 1, '30' 30 0, '' 40 1, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '100' 100 0)
            set ylabel 'L' offset 0.6,0
            set logscale y
            set yrange [1:2]
            set ytics ('1' 1 0, '1.2' 1.2000000000000002 0, '1.4' 1.4000000000000001 0, '1.6' 1.6 0, '1.8' 1.8 0, '2' 2 0)
            set label 1 '{/:Italic L} = 2/{/:Italic N}^{0.1}' at graph 0.025,0.14 left front font ',11' textcolor rgb '#d55e00'
            set label 2 'it''s 50%\_a' at graph 0.025,0.065 left front font ',11' textcolor rgb '#b0468c'
            set key outside right top Left reverse title '{/*0.85 it''s 50%\_a}' left samplen 1 spacing 1.1 width -2 font ',11' textcolor rgb '#222222' noautotitle
            $d0 << END
            3 1.5
            END
            $d1 << END
            1 2
            100 1.2
            END
            plot $d0 with points pointtype 7 pointsize 1.105 linewidth 0.5 linecolor rgb '#ffffff', \
                 $d0 with points pointtype 7 pointsize 0.85 linewidth 0.5 linecolor rgb '#440154', \
                 $d1 with lines linewidth 1.6 dashtype 2 linecolor rgb '#80d55e00', \
                 keyentry with points pointtype 7 pointsize 0.85 linewidth 0.5 linecolor rgb '#440154' title 'it''s 50%\_a', \
                 keyentry with lines linewidth 1.6 dashtype 2 linecolor rgb '#d55e00' title 'it''s 50%\_a'

            """,
            script);
    }

    [Fact]
    public void A_script_is_the_same_under_every_culture()
    {
        string[] Scripts() => [.. SweepFigures.Of(SampleSweep.Grid(budgets: 2)).Select(f => GnuplotScript.Of(f, PlotFormat.Png) + f.Caption.PlainText)];
        string[] expected = Scripts();
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = RunsTableTests.Commas("de-DE");
            Assert.Equal(expected, Scripts());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [GnuplotFact]
    public void Hostile_names_run_nothing_and_leave_a_well_formed_picture()
    {
        string folder = Directory.CreateTempSubdirectory("plots").FullName;
        try
        {
            var written = StaticPlots.Write(folder, [Small(Hostile)], Gnuplot.Find());
            Assert.Contains(Path.Combine(folder, "small.png"), written);
            Assert.Equal(written.Order(), Directory.GetFiles(folder).Order());
            Assert.False(File.Exists("hacked"));
            var svg = XDocument.Load(Path.Combine(folder, "small.svg"));
            Assert.DoesNotContain(svg.Descendants(), e => e.Name.LocalName == "script");
            Assert.Contains("<script>alert(1)</script>", string.Concat(svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value)), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GnuplotFact]
    public void Pictures_have_the_size_of_a_papers_column()
    {
        byte[] png = Gnuplot.Find()!.Draw(Small("plain"), PlotFormat.Png);
        Assert.Equal((byte[])[0x89, (byte)'P', (byte)'N', (byte)'G'], png[..4]);
        Assert.Equal((1360, 1020), (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))));
    }

    [GnuplotFact]
    public void What_gnuplot_complains_about_becomes_an_error()
    {
        var error = Assert.Throws<PlotException>(() => Gnuplot.Find()!.Draw(Small("plain"), PlotFormat.Svg with { Terminal = "no_such_terminal" }));
        Assert.Contains("no_such_terminal", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_gnuplot_is_told_apart() => Assert.Null(Gnuplot.Find("no-such-gnuplot"));
}
