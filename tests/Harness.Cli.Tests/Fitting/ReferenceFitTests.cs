using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Harness.Cli.Tests.Fitting;

/// <summary>Every published fit, by a command line that a user could type, within the tolerance that its case names.</summary>
public sealed class ReferenceFitTests(PublishedTable published) : IClassFixture<PublishedTable>
{
    private static readonly string[] Epoch = ["--law", "chinchilla", "--n", "Model Size", "--d", "[Training FLOP]/(6*[Model Size])", "--loss", "loss"];
    private static readonly string[] LadderSizes = ["190M", "370M", "760M", "1B"];
    private static readonly string[] LadderLengths = ["1xC", "2xC", "5xC", "10xC"];
    private static readonly string[] Names = ["e", "a", "b", "alpha", "beta"];

    private static string EpochFile => ReferenceData.File("epoch-research+analyzing-chinchilla/svg_extracted_data.csv");

    [ReferenceFact]
    public void Epoch_huber_240() => Matches("epoch_huber_n240", Cli.Fit([EpochFile, .. Epoch, "--drop-highest", "5"]), Names);

    [ReferenceFact]
    public void Epoch_huber_245() => Matches("epoch_huber_n245", Cli.Fit([EpochFile, .. Epoch]), Names);

    [ReferenceFact]
    public void Epoch_lad_240() => Matches("epoch_lad_n240", Cli.Fit([EpochFile, .. Epoch, "--drop-highest", "5", "--objective", "log-lad"]), Names);

    [ReferenceFact]
    public void Epoch_bootstrap()
    {
        // A tenth of the published 4,000 resamples, and so thrice their Monte Carlo error, unless the long tests are wanted.
        bool all = Environment.GetEnvironmentVariable("HARNESS_LONG_TESTS") == "1";
        JsonElement fit = Cli.Fit([EpochFile, .. Epoch, "--drop-highest", "5", "--objective", "log-lad", "--bootstrap", all ? "4000" : "400"]);
        double[] sd = [.. ReferenceData.Expected("epoch_bootstrap").GetProperty("sd").EnumerateArray().Select(v => v.GetDouble())];
        double[] se = [.. ReferenceData.Case("epoch_lad_n240").GetProperty("published").GetProperty("SE").EnumerateArray().Select(v => v.GetDouble())];
        string[] order = ["a", "b", "e", "alpha", "beta"];
        // With all 4,000 the deviation of B does not meet its bound: the published search stops above the minimum in most resamples (experiments/published-fits/early_stop.py).
        JsonElement exponent = fit.GetProperty("derived").GetProperty("n_opt_exponent").GetProperty("interval");
        JsonElement expected = ReferenceData.Expected("epoch_bootstrap").GetProperty("a_pct_2_5_10_50_90_97_5");
        Assert.Multiple(
        [
            .. order.Select((name, i) => (Action)(() => published.MeetsRelatively("epoch_bootstrap", $"standard deviation of {name}", sd[i], fit.StandardError(name), all ? 0.1 : 0.2, se[i]))),
            () => published.Meets("epoch_bootstrap", "2.5 % of beta/(alpha+beta)", expected[0].GetDouble(), exponent[0].GetDouble(), all ? 0.005 : 0.01),
            () => published.Meets("epoch_bootstrap", "97.5 % of beta/(alpha+beta)", expected[4].GetDouble(), exponent[1].GetDouble(), all ? 0.005 : 0.01),
        ]);
    }

    [ReferenceFact]
    public void Epoch_objective_at_hoffmann()
    {
        JsonElement expected = ReferenceData.Expected("epoch_objective_at_hoffmann");
        foreach ((string preset, string objective, string key) in new[]
        {
            ("hoffmann-full", "log-huber", "objective_full"), ("hoffmann", "log-huber", "objective_rounded_paper"),
            ("hoffmann-full", "log-lad", "lad_full"), ("hoffmann", "log-lad", "lad_rounded"),
        })
        {
            JsonElement fit = Cli.Fit([EpochFile, .. Epoch, "--drop-highest", "5", "--preset", preset, "--objective", objective]);
            published.MeetsRelatively("epoch_objective_at_hoffmann", key, expected.GetProperty(key).GetDouble(), fit.Objective(), 1e-9);
        }
    }

    [ReferenceFact]
    public void Kyo_takano()
    {
        string file = ReferenceData.File("kyo-takano+chinchilla/df.csv");
        Matches("kyo_asym", Cli.Fit(file, "--law", "chinchilla", "--n", "N", "--d", "D", "--objective", "asymmetric-mae(10)"), Names);
        Matches("kyo_loghuber", Cli.Fit(file, "--law", "chinchilla"), Names);
    }

    [ReferenceFact]
    public void NanoGPT_table_A3()
    {
        JsonElement fit = Cli.Fit(ReferenceData.File("karpathy+nanoGPT/chinchilla_table_A3_approach2_optimal.csv"), "--law", "power", "--x", "params", "--loss", "tokens", "--objective", "log-mse");
        JsonElement expected = ReferenceData.Expected("nanogpt_a3");
        published.Meets("nanogpt_a3", "slope", expected.GetProperty("slope").GetDouble(), fit.Parameter("exponent"), 1e-7);
        published.Meets("nanogpt_a3", "intercept", expected.GetProperty("intercept").GetDouble(), Math.Log10(fit.Parameter("coefficient")), 1e-7);
    }

    [ReferenceFact]
    public void Chinchilla_table_A4_counts_FLOPs()
    {
        Outcome outcome = Cli.Run("count", ReferenceData.File("karpathy+nanoGPT/chinchilla_table_A4_flops.csv"), "--n", "N", "--csv");
        Assert.True(outcome.Code == 0, outcome.Error);
        string[][] lines = [.. outcome.Output.TrimEnd('\n').Split('\n').Select(l => l.Split(','))];
        int ratio = Array.IndexOf(lines[0], "ratio_blocks");
        double[] expected = [.. ReferenceData.Expected("chinchilla_tableA4_flops").GetProperty("ratio").EnumerateArray().Select(v => v.GetDouble())];
        double[] printed = [.. ReferenceData.Expected("chinchilla_tableA4_flops").GetProperty("published").EnumerateArray().Select(v => v.GetDouble())];
        Assert.Equal(expected.Length, lines.Length - 1);
        for (int i = 0; i < expected.Length; i++)
        {
            published.Meets("chinchilla_tableA4_flops", $"{lines[i + 1][0]} layers of {lines[i + 1][1]}", expected[i], double.Parse(lines[i + 1][ratio], CultureInfo.InvariantCulture), 1e-3, printed[i]);
        }
    }

    [ReferenceFact]
    public void Nanochat_exponents()
    {
        foreach ((string key, string convention) in new[] { ("kaplan_style", "kaplan_style(transformer+lm_head)"), ("all", "chinchilla_style(all)"), ("transformer_only", "transformer_only") })
        {
            JsonElement expected = ReferenceData.Expected("nanochat_exponents").GetProperty(key);
            foreach ((string column, int index) in new[] { ("eff_params", 0), ("tokens", 1) })
            {
                // The table rounds 2.15e18 and 4.64e18: the budgets are thirds of a decade apart.
                JsonElement fit = Cli.Fit(
                    ReferenceData.File("karpathy+nanochat/jan2026_isoflop_optima.csv"), "--law", "power", "--x", "round(10^(round(3*log10(flops))/3)/1e16)*1e16", "--loss", column, "--where", $"param_convention={convention}");
                published.Meets("nanochat_exponents", $"{key}: {column}", expected[index].GetDouble(), fit.Parameter("exponent"), 6e-4);
            }
        }
    }

    [ReferenceFact]
    public void Gadre_laws_and_hold_outs()
    {
        string file = ReferenceData.File("mlfoundations+scaling/gadre_overtraining_104_models.csv");
        foreach (string dataset in new[] { "c4_original", "rpj", "rw_original" })
        {
            using TemporaryFolder folder = new();
            string five = $"dataset={dataset} and (tok_mult_M=20 and N<1e9 or tok_mult_M=320 and N<5e7)";
            string six = $"dataset={dataset} and (tok_mult_M=20 and N<2e9 or tok_mult_M=320 and N<5e7)";
            string losses = folder.At("losses.json"), errors = folder.At("errors.json");
            Assert.Equal(0, Cli.Run("fit", file, "--law", "overtraining", "--n", "N", "--d", "D", "--loss", "loss_c4_val", "--where", five, "--out", losses).Code);
            Assert.Equal(0, Cli.Run("fit", file, "--law", "overtraining-error", "--loss", "loss_c4_val", "--var", "error=err_avg17", "--where", six, "--out", errors).Code);
            JsonElement expected = ReferenceData.Expected("gadre_" + dataset), law = First(losses), error = First(errors);
            foreach ((string key, JsonElement fit, string name) in new[]
            {
                ("a", law, "a"), ("b", law, "b"), ("eta", law, "eta"), ("E", law, "e"), ("eps", error, "epsilon"), ("k", error, "k"), ("gamma", error, "gamma"),
            })
            {
                published.MeetsRelatively("gadre_" + dataset, key, expected.GetProperty(key).GetDouble(), fit.Parameter(name), 0.002);
            }

            if (dataset != "rpj")
            {
                continue;
            }

            // Predicted one after the other, as in the paper: the loss from compute, the error from the predicted loss. N, D, loss and error as the table has them.
            JsonElement held = ReferenceData.Expected("gadre_holdout_rpj");
            foreach ((string row, string where) in new[] { ("1.4B_M640", "tok_mult_M=640 and N>1e9"), ("7B_M20", "tok_mult_M=20 and N>5e9") })
            {
                JsonElement rows = Cli.Fit(file, "--law", "overtraining", "--n", "N", "--d", "D", "--loss", "loss_c4_val", "--where", $"dataset=rpj and {where}", "--at", "e=1,a=1,b=1,eta=0.1").GetProperty("rows");
                double error17 = Cli.Fit(file, "--law", "overtraining-error", "--loss", "loss_c4_val", "--var", "error=err_avg17", "--where", $"dataset=rpj and {where}", "--at", "epsilon=1,k=1,gamma=1").GetProperty("rows").GetProperty("observed")[0].GetDouble();
                double c = rows.GetProperty("columns").GetProperty("c")[0].GetDouble(), m = rows.GetProperty("columns").GetProperty("m")[0].GetDouble();
                double loss = Predicted(losses, "loss", "--c", Text(c), "--var", $"m={Text(m)}"), observed = rows.GetProperty("observed")[0].GetDouble();
                double predictedError = Predicted(errors, "error", "--var", $"loss={Text(loss)}");
                published.Meets("gadre_holdout_rpj", row + "_loss", held.GetProperty(row + "_loss").GetDouble(), 100 * Math.Abs(loss - observed) / observed, 1e-3);
                published.Meets("gadre_holdout_rpj", row + "_err17", held.GetProperty(row + "_err17").GetDouble(), 100 * Math.Abs(predictedError - error17) / error17, 1e-3);
            }
        }
    }

    [ReferenceFact]
    public void Datablations_at_the_published_parameters()
    {
        JsonElement expected = ReferenceData.Expected("datablations_eval");
        string file = ReferenceData.File("huggingface+datablations/datablations_fit182_outliers_removed.csv");
        string[] columns = ["--n", "params_N", "--d", "tokens_D", "--unique", "unique_tokens_U", "--loss", "val_loss", "--objective", "log-huber"];
        JsonElement fit = Cli.Fit([file, "--preset", "muennighoff", .. columns]);
        published.MeetsRelatively("datablations_eval", "objective", expected.GetProperty("objective").GetDouble(), fit.Objective(), 1e-6);
        published.Meets("datablations_eval", "R2", expected.GetProperty("R2").GetDouble(), R2(fit), 1e-6);
        // Without decay repeated tokens count as new ones, which is Hoffmann's law at the same constants.
        JsonElement constants = expected.GetProperty("params");
        double e = Math.Exp(constants.GetProperty("e").GetDouble()), a = Math.Exp(constants.GetProperty("a").GetDouble()), b = Math.Exp(constants.GetProperty("b").GetDouble()), alpha = constants.GetProperty("alpha").GetDouble();
        string at = FormattableString.Invariant($"e={e:R},a={a:R},b={b:R},alpha={alpha:R},beta={alpha:R}");
        published.Meets("datablations_eval", "R2_no_decay", expected.GetProperty("R2_no_decay").GetDouble(), R2(Cli.Fit([file, "--law", "chinchilla", "--at", at, .. columns])), 1e-6);

        static double R2(JsonElement fit) => fit.GetProperty("goodness").GetProperty("r2").GetDouble();
    }

    [ReferenceFact]
    public void OLMo_ladder_predicts_13B()
    {
        using TemporaryFolder folder = new();
        string where = string.Join(" or ", LadderSizes.SelectMany(s => LadderLengths.Select(x => $"run={s}-{x}")));
        string fits = folder.At("fits.json");
        Outcome outcome = Cli.Run(
            "fit", ReferenceData.File("allenai+OLMo-ladder/ladder_c4_curves.csv"), "--law", "chinchilla", "--n", "N", "--d", "tokens", "--loss", "c4_loss", "--group", "run", "--mean-last", "5", "--where", where, "--out", fits);
        Assert.True(outcome.Code == 0, outcome.Error);
        JsonElement expected = ReferenceData.Expected("ladder_c4"), fit = First(fits);
        Assert.Equal(16, fit.GetProperty("points").GetInt32());
        foreach ((string key, string name, double tolerance) in new[] { ("A", "a", 0.005), ("B", "b", 0.005), ("alpha", "alpha", 5e-5), ("beta", "beta", 5e-5), ("E", "e", 5e-5) })
        {
            published.Meets("ladder_c4", key, expected.GetProperty(key).GetDouble(), fit.Parameter(name), tolerance);
        }

        published.Meets("ladder_c4", "fit_error", expected.GetProperty("fit_error").GetDouble(), fit.GetProperty("goodness").GetProperty("mean_relative_error").GetDouble(), 1e-6);
        double predicted = Predicted(fits, "loss", "--n", "13202396160", "--d", "5000088518656");
        published.Meets("ladder_c4", "pred_13B_5T", expected.GetProperty("pred_13B_5T").GetDouble(), predicted, 1e-6);
        published.Meets("ladder_c4", "rel", expected.GetProperty("rel").GetDouble(), (predicted / expected.GetProperty("actual").GetDouble()) - 1, 1e-6);
    }

    [ReferenceFact]
    public void Multi_power_law_on_six_held_out_curves()
    {
        string[] held = ["constant_72000", "cosine_72000", "wsd_20000_24000", "wsdld_20000_24000", "wsdcon_3", "wsdcon_18"];
        using TemporaryFolder folder = new();
        StringBuilder schedules = new("file,step,lr\n");
        foreach (string curve in held)
        {
            foreach ((int step, double rate) in PublishedSchedule(curve))
            {
                schedules.Append(CultureInfo.InvariantCulture, $"{curve},{step},{rate:R}\n");
            }
        }

        string file = folder.Write("schedules.csv", schedules.ToString());
        foreach (string size in new[] { "25", "100", "400" })
        {
            string[] curves = [.. held.Select(c => ReferenceData.File($"thu-yao-01-luo+MultiPowerLaw/csv_{size}/{c}.csv"))];
            JsonElement goodness = Cli.Fit([.. curves, "--preset", $"mpl-{size}m", "--schedule", file]).GetProperty("goodness_per_group");
            double[] expected = [.. ReferenceData.Expected("mpl_" + size).GetProperty("R2_MAE_RMSE_PredE_WorstE").EnumerateArray().Select(v => v.GetDouble())];
            string[] names = ["r2", "mean_absolute_error", "root_mean_square_error", "mean_relative_error", "worst_relative_error"];
            for (int i = 0; i < names.Length; i++)
            {
                published.Meets("mpl_" + size, names[i], expected[i], goodness.GetProperty(names[i]).GetDouble(), 6e-5);
            }
        }
    }

    /// <summary>The schedules of arXiv 2503.12811, section 4: warm-up over 2,160 steps to 3e-4, then as the curve's name says. Straight pieces by their corners, curved ones by every step.</summary>
    private static IEnumerable<(int Step, double Rate)> PublishedSchedule(string curve)
    {
        const double Peak = 3e-4, End = 3e-5;
        yield return (0, 0);
        yield return (2160, Peak);
        switch (curve)
        {
            case "constant_72000":
                break;
            case "cosine_72000":
                for (int k = 2161; k <= 72000; k++)
                {
                    yield return (k, End + (0.5 * (Peak - End) * (1 + Math.Cos(Math.PI * (k - 2160) / (72000 - 2160)))));
                }

                break;
            case "wsd_20000_24000":
                for (int k = 20000; k <= 24000; k++)
                {
                    yield return (k, Peak * Math.Pow(End / Peak, (k - 20000) / 4000.0));
                }

                break;
            case "wsdld_20000_24000":
                yield return (20000, Peak);
                yield return (24000, End);
                break;
            default:
                yield return (7999, Peak);
                yield return (8000, double.Parse(curve["wsdcon_".Length..], CultureInfo.InvariantCulture) * 1e-5);
                break;
        }
    }

    /// <summary>Holds the objective and each parameter against the case's figures, to the tolerances that it names (1e-4 relative where it names none).</summary>
    private void Matches(string id, JsonElement fit, string[] names)
    {
        JsonElement expected = ReferenceData.Expected(id), tolerance = ReferenceData.Case(id).GetProperty("tol");
        published.MeetsRelatively(id, "objective", expected.GetProperty("objective").GetDouble(), fit.Objective(), tolerance.GetProperty("objective_rel").GetDouble());
        foreach (string name in names)
        {
            string key = name.Length == 1 ? name.ToUpperInvariant() : name;
            double figure = expected.GetProperty(key).GetDouble(), found = fit.Parameter(name);
            double allowed = tolerance.TryGetProperty(key + "_abs", out JsonElement absolute) ? absolute.GetDouble()
                : tolerance.TryGetProperty(key + "_rel", out JsonElement relative) ? relative.GetDouble() * figure
                : 1e-4 * figure;
            double? printed = ReferenceData.Case(id).TryGetProperty("published", out JsonElement paper) && paper.TryGetProperty(key, out JsonElement p) ? p.GetDouble() : null;
            published.Meets(id, key, figure, found, allowed, printed);
        }
    }

    private static JsonElement First(string fits) => JsonDocument.Parse(File.ReadAllText(fits)).RootElement.GetProperty("fits")[0];

    private static double Predicted(string fits, string name, params string[] args)
    {
        Outcome outcome = Cli.Run(["predict", fits, .. args, "--json"]);
        Assert.True(outcome.Code == 0, outcome.Error);
        return outcome.Json.GetProperty("predicted").GetProperty(name).GetDouble();
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
