using System.Globalization;
using System.Text;
using System.Text.Json;
using Harness.Reporting.Fits;

namespace Harness.Cli.Tests.Fitting;

public sealed class FitCommandTests
{
    [Fact]
    public void A_fit_recovers_the_law_that_made_the_losses()
    {
        using TemporaryFolder folder = new();
        JsonElement fit = Cli.Fit(folder.Write("points.csv", Synthetic.Csv()), "--law", "chinchilla");
        Assert.Equal(Synthetic.E, fit.Parameter("e"), 0.002);
        Assert.Equal(Synthetic.Alpha, fit.Parameter("alpha"), 0.002);
        Assert.Equal(Synthetic.Beta, fit.Parameter("beta"), 0.002);
        Assert.Equal(36, fit.GetProperty("points").GetInt32());
        Assert.True(fit.GetProperty("converged").GetBoolean());
        Assert.Equal("N", fit.GetProperty("conventions").GetProperty("n").GetString());
    }

    [Fact]
    public void One_table_gives_one_fit_however_it_is_written_and_under_every_culture()
    {
        using TemporaryFolder folder = new();
        string plain = folder.Write("plain.csv", Synthetic.Csv());
        string reference = Cli.Fit(plain, "--law", "chinchilla").GetProperty("parameters").GetRawText();
        string[][] others =
        [
            [folder.Write("bom.csv", "\uFEFF" + Synthetic.Csv())],
            [folder.Write("semicolon.csv", Synthetic.Csv("N;D;loss", ";"))],
            [folder.Write("tab.csv", Synthetic.Csv("N\tD\tloss", "\t"))],
            [folder.Write("crlf.csv", Synthetic.Csv().Replace("\n", "\r\n", StringComparison.Ordinal))],
            [folder.Write("own.csv", Synthetic.Csv("non_embedding_params,tokens,val_loss_nats_per_token"))],
            [folder.Write("spaces.csv", Synthetic.Csv("Model Size,Training Tokens,Final Loss")), "--n", "Model Size", "--d", "[Training Tokens]", "--loss", "Final Loss"],
            [folder.Write("powers.csv", Synthetic.Csv("size,tok,loss")), "--n", "size", "--d", "2*tok/2", "--loss", "loss^1"],
            [folder.Write("flops.csv", Synthetic.Csv("size,tok,loss")), "--n", "size", "--c", "6*size*tok", "--d", "C/(6*N)"],
        ];
        foreach (string[] args in others)
        {
            JsonElement parameters = Cli.Fit([.. args, "--law", "chinchilla"]).GetProperty("parameters");
            JsonElement expected = JsonDocument.Parse(reference).RootElement;
            foreach (JsonProperty p in expected.EnumerateObject())
            {
                Assert.Equal(1, parameters.GetProperty(p.Name).GetDouble() / p.Value.GetDouble(), 1e-9);
            }
        }

        Outcome invariant = Cli.Run("fit", plain, "--law", "chinchilla", "--out", "-");
        Outcome comma = Cli.UnderCommaCulture(() => Cli.Run("fit", plain, "--law", "chinchilla", "--out", "-"));
        Assert.Equal(invariant.Output, comma.Output);
        Assert.Equal(Cli.Run("fit", plain, "--law", "chinchilla").Output, Cli.UnderCommaCulture(() => Cli.Run("fit", plain, "--law", "chinchilla").Output));
    }

    [Fact]
    public void Two_of_size_tokens_and_compute_give_the_third()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("points.csv", Synthetic.Csv("size,tok,flops,loss", row: p => FormattableString.Invariant($"{p.N},{p.D},{6 * p.N * p.D},{p.Loss}")));
        double alpha = Cli.Fit(path, "--law", "chinchilla", "--n", "size", "--d", "tok").Parameter("alpha");
        JsonElement byCompute = Cli.Fit(path, "--law", "chinchilla", "--n", "size", "--c", "flops");
        Assert.Equal(alpha, byCompute.Parameter("alpha"), 1e-8);
        Assert.Equal("c/(6*n)", byCompute.GetProperty("conventions").GetProperty("d").GetString());
        Assert.Equal(alpha, Cli.Fit(path, "--law", "chinchilla", "--d", "tok", "--c", "flops").Parameter("alpha"), 1e-8);
    }

    [Fact]
    public void Rows_left_out_are_counted_and_named_with_their_rule()
    {
        using TemporaryFolder folder = new();
        int row = 0;
        string path = folder.Write("runs.csv", Synthetic.Csv("run_id,status,N,D,loss", row: p => ++row switch
        {
            1 => FormattableString.Invariant($"r1,diverged,{p.N},{p.D},"),
            2 => FormattableString.Invariant($"r2,failed,{p.N},{p.D},NaN"),
            3 => FormattableString.Invariant($"r3,completed,{p.N},{p.D},"),
            4 => FormattableString.Invariant($"r4,completed,{p.N},{p.D},99"),
            _ => FormattableString.Invariant($"r{row},completed,{p.N},{p.D},{p.Loss}"),
        }));
        JsonElement fit = Cli.Fit(path, "--law", "chinchilla", "--drop-highest", "1", "--where", "run_id!=r36");
        Assert.Equal(31, fit.GetProperty("points").GetInt32());
        string[] excluded = [.. fit.GetProperty("excluded").EnumerateArray().Select(e => $"{e.GetProperty("row").GetString()![path.Length..]} {e.GetProperty("rule").GetString()} {e.GetProperty("detail").GetString()}".TrimEnd())];
        Assert.Equal(
            [":2 (r1) status is diverged", ":3 (r2) status is failed", ":4 (r3) no value in column loss", ":37 (r36) --where run_id!=r36", ":5 (r4) --drop-highest 1 loss 99"],
            excluded);
        Assert.Contains($"{path}:4: loss: the cell is empty", fit.GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
        Assert.Equal(5, fit.GetProperty("excluded_counts").EnumerateObject().Sum(p => p.Value.GetInt32()));
    }

    [Fact]
    public void Repeated_rows_can_be_dropped_or_kept()
    {
        using TemporaryFolder folder = new();
        string csv = Synthetic.Csv();
        string path = folder.Write("points.csv", csv + csv.Split('\n')[1] + "\n");
        Assert.Equal(36, Cli.Fit(path, "--law", "chinchilla", "--duplicates", "drop").GetProperty("points").GetInt32());
        Assert.Equal(37, Cli.Fit(path, "--law", "chinchilla", "--duplicates", "keep").GetProperty("points").GetInt32());
    }

    [Fact]
    public void Parameters_that_are_given_are_evaluated_and_nothing_is_fitted()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("points.csv", Synthetic.Csv());
        JsonElement fit = Cli.Fit(path, "--law", "chinchilla", "--at", "e=1.7,a=400,b=1500,alpha=0.34,beta=0.36", "--objective", "mse");
        double expected = Synthetic.Grid().Average(p => Math.Pow(Synthetic.Loss(p.N, p.D) - p.Loss, 2));
        Assert.Equal(1, fit.Objective() / expected, 1e-9);
        Assert.Equal("evaluated", fit.GetProperty("stopped_by").GetString());
        Assert.Equal(JsonValueKind.Null, fit.GetProperty("converged").ValueKind);
        double mean = Synthetic.Grid().Average(p => p.Loss);
        double r2 = 1 - (expected * 36 / Synthetic.Grid().Sum(p => Math.Pow(p.Loss - mean, 2)));
        Assert.Equal(r2, fit.GetProperty("goodness").GetProperty("r2").GetDouble(), 1e-12);
    }

    [Fact]
    public void The_mean_of_the_last_evaluations_stands_for_a_run()
    {
        using TemporaryFolder folder = new();
        StringBuilder csv = new("run,N,D,loss\n");
        foreach ((double n, double d, double loss) in Synthetic.Grid())
        {
            // Written from the last evaluation to the first: order in the file is not order in training.
            for (int k = 0; k < 4; k++)
            {
                csv.Append(CultureInfo.InvariantCulture, $"{n}-{d},{n},{d * (1 - (0.1 * k))},{(k == 3 ? 50 : loss + (0.25 * (k - 1)))}\n");
            }
        }

        JsonElement fit = Cli.Fit(folder.Write("curves.csv", csv.ToString()), "--law", "chinchilla", "--group", "run", "--mean-last", "3");
        Assert.Equal(36, fit.GetProperty("points").GetInt32());
        Assert.Equal(36, fit.GetProperty("excluded_counts").EnumerateObject().Single().Value.GetInt32());
        double alpha = Cli.Fit(folder.Write("points.csv", Synthetic.Csv()), "--law", "chinchilla").Parameter("alpha");
        Assert.Equal(alpha, fit.Parameter("alpha"), 1e-6);
    }

    [Fact]
    public void The_file_written_is_the_layout_documented_and_reads_back()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("points.csv", Synthetic.Csv()), fits = folder.At("fits.json");
        Outcome outcome = Cli.Run("fit", path, "--law", "chinchilla", "--starts", "grid", "--bootstrap", "25", "--holdout", "largest-n", "--budgets", "1e21", "--out", fits);
        Assert.Equal(0, outcome.Code);
        Assert.Equal($"wrote {fits} (1 fit)\n", outcome.Error);
        Assert.StartsWith("chinchilla: loss = e + a/n^alpha + b/d^beta\n", outcome.Output, StringComparison.Ordinal);
        using JsonDocument schema = JsonDocument.Parse(Cli.Run("fit", "--schema").Output);
        Assert.Empty(new JsonSchema(schema.RootElement).Problems(JsonDocument.Parse(File.ReadAllText(fits)).RootElement));
        FitsFile read = FitsFile.Read(fits);
        Assert.Equal(File.ReadAllText(fits), read.ToJson());
        Assert.Equal("chinchilla", read.Fits[0].Law);
        Assert.Equal("--law", read.Command[3]);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))), read.Inputs[0].Sha256);
    }

    [Fact]
    public void Laws_are_judged_by_the_rows_kept_back_and_the_simplest_that_is_right_is_named()
    {
        using TemporaryFolder folder = new();
        Random random = new(3);
        string path = folder.Write("points.csv", "C,loss\n" + string.Join("\n", Enumerable.Range(0, 24).Select(i =>
        {
            double c = Math.Pow(10, 17 + (0.2 * i));
            return FormattableString.Invariant($"{c},{90 * Math.Pow(c, -0.08) * (1 + (0.004 * (random.NextDouble() - 0.5)))}");
        })) + "\n");
        Outcome outcome = Cli.Run("fit", path, "--law", "power,power-offset", "--x", "C", "--holdout", "C>1e21", "--out", "-");
        JsonElement comparison = outcome.Json.GetProperty("comparison");
        Assert.Equal("power", comparison.GetProperty("best").GetString());
        Assert.Equal(2, outcome.Json.GetProperty("fits").GetArrayLength());
        Assert.InRange(comparison.GetProperty("errors").GetProperty("power").GetDouble(), 0, 0.005);
        Assert.True(comparison.GetProperty("errors").GetProperty("constant").GetDouble() > 0.1);
        JsonElement holdout = outcome.Fit().GetProperty("holdout");
        Assert.Equal("extrapolation", holdout.GetProperty("kind").GetString());
        Assert.Equal("C>1e21", holdout.GetProperty("rule").GetString());
    }

    [Fact]
    public void A_table_that_cannot_answer_is_refused_with_a_reason_and_exit_code_3()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("points.csv", "N,D,loss\n1e8,1e9,3\n1e8,2e9,2.9\n1e8,3e9,2.8\n");
        Outcome outcome = Cli.Run("fit", path, "--law", "chinchilla", "--out", "-");
        Assert.Equal(3, outcome.Code);
        Assert.StartsWith($"{path}: chinchilla refused (too-few-points): ", outcome.Error, StringComparison.Ordinal);
        JsonElement refused = outcome.Json.GetProperty("refused")[0];
        Assert.Equal("too-few-points", refused.GetProperty("reason").GetString());
        Assert.Equal(0, outcome.Json.GetProperty("fits").GetArrayLength());
    }

    [Fact]
    public void The_help_teaches_and_the_list_names_every_law()
    {
        Outcome help = Cli.Run("fit", "--help");
        Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
        string list = Cli.Run("fit", "--list-laws").Output;
        Assert.All(Scaling.LawCatalog.Laws, law => Assert.Contains(help.Output.Split('\n'), l => l.TrimStart().StartsWith(law.Name + " ", StringComparison.Ordinal) && l.Contains(law.Source, StringComparison.Ordinal)));
        Assert.All(Scaling.LawCatalog.Laws, law => Assert.Matches("arXiv [0-9]{4}[.][0-9]{5}", law.Source));
        Assert.All(["bnsl ", "bnsl-2 ", "bnsl-3 ", "isoflop ", "envelope "], name => Assert.Contains(help.Output.Split('\n'), l => l.TrimStart().StartsWith(name, StringComparison.Ordinal) && l.Contains("arXiv", StringComparison.Ordinal)));
        Assert.All(Scaling.LawCatalog.Names, name => Assert.Contains($"\n{name}\n", "\n" + list, StringComparison.Ordinal));
    }
}
