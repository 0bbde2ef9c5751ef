using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Harness.Cli.Tests.Fitting;

/// <summary>The program as a process under locales whose decimals are commas (German) and whose upper case of i is not I (Turkish): every number, key and message is the same.</summary>
public sealed class LocaleTests : IDisposable
{
    /// <summary>Where the program was built, beside the tests: its settings are part of what is tested.</summary>
    private static readonly string Program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../Harness.Cli", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("de_DE.UTF-8")]
    [InlineData("tr_TR.UTF-8")]
    public async Task A_user_of_any_locale_reads_the_same(string locale) => await SameUnder(locale, null);

    /// <summary>The same with the operating system's cultures switched on, which the program as it is built leaves off: then commas and dotted letters really come in.</summary>
    [IcuTheory]
    [InlineData("de_DE.UTF-8")]
    [InlineData("tr_TR.UTF-8")]
    public async Task Nothing_rests_on_the_cultures_being_switched_off(string locale)
    {
        JsonNode settings = JsonNode.Parse(File.ReadAllText(Path.Combine(Program, "harness.runtimeconfig.json")))!;
        JsonNode properties = settings["runtimeOptions"]!["configProperties"]!;
        Assert.True(properties["System.Globalization.Invariant"]!.GetValue<bool>());
        properties["System.Globalization.Invariant"] = false;
        properties["System.Globalization.PredefinedCulturesOnly"] = false;
        await SameUnder(locale, folder.Write("cultures.runtimeconfig.json", settings.ToJsonString()));
    }

    private async Task SameUnder(string locale, string? runtimeConfig)
    {
        string points = folder.Write("points.csv", Synthetic.Csv("SIZE,tokens in,loss,dataset", row: p => FormattableString.Invariant($"{p.N},{p.D},{p.Loss},i"))), bad = folder.Write("bad.csv", "N,D,loss\n1e9,2e10,\"3,25\"\n");
        string sweep = folder.Write("sweep.yaml", """
            name: istanbul
            model: {family: llama, context_length: 32, d_model: 32, n_layer: 2, n_head: 2}
            data: {source: synthetic}
            training: {batch_tokens: 256, peak_lr: 0.010 * (d_model / 32)^-0.5, tokens: 12.8k}
            sweep: {product: {training.tokens: [12.8k, 25.6k]}}
            """);
        string fits = folder.At("fits.json");
        Assert.StartsWith("0\n", await Output(["fit", points, "--law", "chinchilla", "--n", "SIZE", "--d", "tokens in", "--out", fits], "C", null), StringComparison.Ordinal);
        string[][] lines =
        [
            ["fit", points, "--law", "chinchilla,kaplan-n", "--n", "size", "--d", "[Tokens In]/2*2", "--where", "dataset=i and SIZE>=1.5e7", "--holdout", "largest-n", "--bootstrap", "25"],
            ["fit", points, "--law", "chinchilla", "--n", "SIZE", "--d", "tokens in", "--fix", "alpha=0.34", "--budgets", "1.5e21", "--out", "-"],
            ["fit", bad, "--law", "chinchilla"],
            ["count", "--var", "n_layer=12", "--var", "d_model=768", "--var", "n_head=12", "--var", "context_length=1024", "--var", "vocab_size=50257"],
            ["predict", fits, "--law", "chinchilla", "--c", "1.5e21"],
            ["plan", sweep, "--no-calibration"],
        ];
        string[] plain = await Task.WhenAll(lines.Select(l => Output(l, "C", null))), there = await Task.WhenAll(lines.Select(l => Output(l, locale, runtimeConfig)));
        Assert.All(lines.Select((l, i) => (Line: string.Join(' ', l), Plain: plain[i], There: there[i])), o => Assert.True(o.Plain == o.There, $"{o.Line}\n{o.Plain}\n---\n{o.There}"));
        Assert.StartsWith("0\nchinchilla: loss = e + a/n^alpha + b/d^beta\n", plain[0], StringComparison.Ordinal);
        Assert.StartsWith("0\n{", plain[1], StringComparison.Ordinal);
        Assert.StartsWith("2\n", plain[2], StringComparison.Ordinal);
        Assert.StartsWith("0\n", plain[3], StringComparison.Ordinal);
        Assert.All(plain[4..], o => Assert.StartsWith("0\n", o, StringComparison.Ordinal));
    }

    /// <summary>Exit code, standard output and standard error.</summary>
    private static async Task<string> Output(string[] arguments, string locale, string? runtimeConfig)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] host = runtimeConfig is null ? [] : ["exec", "--runtimeconfig", runtimeConfig, "--depsfile", Path.Combine(Program, "harness.deps.json")];
        foreach (string argument in (string[])[.. host, Path.Combine(Program, "harness.dll"), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        (start.Environment["LANG"], start.Environment["LC_ALL"]) = (locale, locale);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return FormattableString.Invariant($"{process.ExitCode}\n{await output}{await error}");
    }
}

/// <summary>A theory that needs the cultures of the operating system (ICU); skipped without them.</summary>
public sealed class IcuTheoryAttribute : TheoryAttribute
{
    private static readonly string[] Folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];

    public IcuTheoryAttribute()
    {
        if (!Folders.Any(f => Directory.Exists(f) && Directory.EnumerateFiles(f, "libicuuc.so*").Any()))
        {
            Skip = "The ICU library (Debian: libicu72) is not here.";
        }
    }
}
