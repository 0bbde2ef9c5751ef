using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Harness.Reporting.Plots;

/// <summary>gnuplot could not draw a figure.</summary>
public sealed class PlotException : Exception
{
    /// <inheritdoc/>
    public PlotException()
    {
    }

    /// <inheritdoc/>
    public PlotException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public PlotException(string message, Exception innerException) : base(message, innerException)
    {
    }
}

/// <summary>The gnuplot program of this machine: scripts go in, pictures come out; it reads no start-up file and writes no file itself.</summary>
public sealed class Gnuplot
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string program;

    private Gnuplot(string program, string version, IReadOnlyList<PlotFormat> formats) => (this.program, Version, Formats) = (program, version, formats);

    /// <summary>What it calls itself, for example <c>gnuplot 5.4 patchlevel 4</c>.</summary>
    public string Version { get; }

    /// <summary>The formats that it was built with.</summary>
    public IReadOnlyList<PlotFormat> Formats { get; }

    /// <summary>Finds gnuplot 5.4 or later; null if there is none.</summary>
    /// <param name="program">Its name or path.</param>
    public static Gnuplot? Find(string program = "gnuplot")
    {
        try
        {
            var (_, version) = Run(program, ["--version"], "");
            string name = Encoding.UTF8.GetString(version).Trim();
            if (!System.Version.TryParse(name.Split(' ').ElementAtOrDefault(1), out var number) || number < new Version(5, 4))
            {
                return null;
            }

            var (_, drivers) = Run(program, ["-d"], "set print '-'\nprint GPVAL_TERMINALS\n");
            string[] has = Encoding.UTF8.GetString(drivers).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return new Gnuplot(program, name, [.. PlotFormat.All.Where(f => has.Contains(f.Terminal))]);
        }
        catch (Exception e) when (e is Win32Exception or PlotException or IOException)
        {
            return null;
        }
    }

    /// <summary>Draws a figure.</summary>
    /// <returns>The picture's file.</returns>
    /// <exception cref="PlotException">gnuplot failed; the message is its own.</exception>
    public byte[] Draw(Figure figure, PlotFormat format)
    {
        ArgumentNullException.ThrowIfNull(figure);
        ArgumentNullException.ThrowIfNull(format);
        var (messages, picture) = Run(program, ["-d"], GnuplotScript.Of(figure, format));
        if (picture.Length == 0)
        {
            throw new PlotException($"gnuplot drew nothing for {figure.Name}.{format.Extension}: {messages.Trim()}");
        }

        return format == PlotFormat.Svg ? WithFallbackFonts(picture) : picture;
    }

    /// <summary>Machines without DejaVu get the next sans serif of the same width instead of their default serif.</summary>
    private static byte[] WithFallbackFonts(byte[] svg) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(svg)
        .Replace("font-family=\"DejaVu Sans\"", "font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\"", StringComparison.Ordinal));

    private static (string Messages, byte[] Output) Run(string program, string[] arguments, string script)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start) ?? throw new PlotException($"{program} did not start.");
        using var output = new MemoryStream();
        var read = process.StandardOutput.BaseStream.CopyToAsync(output);
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(script);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read everything; its message says why.
        }

        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new PlotException($"{program} was still drawing after {Patience.TotalSeconds:0} s and was stopped.");
        }

        read.GetAwaiter().GetResult();
        string messages = errors.GetAwaiter().GetResult();
        return process.ExitCode == 0 ? (messages, output.ToArray()) : throw new PlotException($"{program} failed ({process.ExitCode}): {messages.Trim()}");
    }
}
