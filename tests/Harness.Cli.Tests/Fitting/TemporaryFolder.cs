using System.Globalization;
using System.Text;

namespace Harness.Cli.Tests.Fitting;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("harness-").FullName;

    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text, new UTF8Encoding(false));
        return path;
    }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Points whose law is known.</summary>
internal static class Synthetic
{
    public const double E = 1.7, A = 400, B = 1500, Alpha = 0.34, Beta = 0.36;

    public static double Loss(double n, double d) => E + (A * Math.Pow(n, -Alpha)) + (B * Math.Pow(d, -Beta));

    /// <summary>Every size with every number of tokens, the loss with noise of a tenth of a per mille.</summary>
    public static IEnumerable<(double N, double D, double Loss)> Grid(double noise = 1e-4)
    {
        Random random = new(11);
        foreach (double n in new[] { 1e7, 3e7, 1e8, 3e8, 1e9, 3e9 })
        {
            foreach (double d in new[] { 3e8, 1e9, 3e9, 1e10, 3e10, 1e11 })
            {
                yield return (n, d, Loss(n, d) * (1 + (noise * (random.NextDouble() - 0.5))));
            }
        }
    }

    public static string Csv(string header = "N,D,loss", string separator = ",", Func<(double N, double D, double Loss), string>? row = null, double noise = 1e-4) =>
        header + "\n" + string.Join("\n", Grid(noise).Select(p => row is null
            ? string.Join(separator, new[] { p.N, p.D, p.Loss }.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))
            : row(p))) + "\n";
}
