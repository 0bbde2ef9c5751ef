using System.CommandLine;
using Harness.Reporting.Fits;
using Harness.Reporting.Tables;
using Harness.Scaling;

namespace Harness.Cli.Fitting;

/// <summary><c>harness predict</c>: what a fitted law says beyond the points it saw.</summary>
public static class PredictCommand
{
    private const string Purpose = """
        Ask a fitted law: the loss at a size and a number of tokens, the best size and tokens for a compute budget, or the compute that a
        loss needs. Intervals come from the bootstrap draws in fits.json (harness fit --bootstrap N), or without them from the covariance of
        the parameters; they are of the law, about which single runs scatter. Every answer outside the fitted range says by how much.

        Examples:
          harness predict fits.json --law chinchilla --n 70e9 --d 1.4e12     the loss of a 70B model on 1.4T tokens
          harness predict fits.json --law chinchilla --c 5.76e23             the best n and d for this compute, and their loss
          harness predict fits.json --law chinchilla --target-loss 2.0       the least compute that reaches this loss
          harness predict fits.json --law isoflop --c 1e24                   n and d by the fitted exponents
          harness predict fits.json --law power-offset --x 1e21              a law of one variable

        Exit codes: 0 answered; 2 a mistake in the file or the options; 3 the law cannot answer (a loss at or below its irreducible one).
        """;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FITS.json") { Description = "What harness fit --out wrote." };
        Option<string?> law = Text("--law", "LAW", "Which of its fits to ask; needed when there are several.");
        (string Name, Option<string?> Option)[] variables =
        [
            ("n", Text("--n", "X", "Parameters.")),
            ("d", Text("--d", "X", "Training tokens.")),
            ("c", Text("--c", "X", "Training compute, FLOPs.")),
            ("x", Text("--x", "X", "The variable of a one-variable law.")),
            ("unique", Text("--unique", "X", "Unique training tokens.")),
        ];
        Option<string[]> others = new("--var") { HelpName = "NAME=X", Description = "Any other variable of the law." };
        Option<string?> target = Text("--target-loss", "X", "The loss to reach.");
        Option<bool> json = new("--json") { Description = "Print JSON instead of text." };
        Command command = new("predict", Purpose);
        command.Arguments.Add(file);
        IEnumerable<Option> options = [law, .. variables.Select(v => v.Option), others, target, json];
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed => Mistakes.Explained(parsed.InvocationConfiguration.Error, () =>
        {
            Dictionary<string, double> given = new(StringComparer.Ordinal);
            foreach ((string name, Option<string?> option) in variables)
            {
                if (Value.Positive(option.Name, parsed.GetValue(option)) is { } value)
                {
                    given[name] = value;
                }
            }

            foreach ((string name, string value) in Assignments.Of("--var", parsed.GetValue(others)))
            {
                given[name] = Value.Number($"--var {name}", value);
            }

            double? loss = Value.Positive("--target-loss", parsed.GetValue(target));
            FitRecord fit = Chosen(parsed.GetValue(file)!, parsed.GetValue(law));
            Prediction prediction;
            try
            {
                prediction = Predictor.Of(fit).Answer(given, loss);
            }
            catch (FitRefusedException e)
            {
                parsed.InvocationConfiguration.Error.WriteLine(e.Message);
                return ExitCodes.Refused;
            }

            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(json) ? prediction.ToJson() : prediction.ToText());
            return ExitCodes.Done;
        }));
        return command;
    }

    private static FitRecord Chosen(string path, string? law)
    {
        FitsFile file = FitsFile.Read(path);
        string[] names = [.. file.Fits.Select(f => f.Law).Distinct()];
        if (names.Length == 0)
        {
            throw new UserMistakeException($"{path}: there is no fit in it; at least one is needed; look at what harness fit refused.");
        }

        if (law is null)
        {
            return names.Length == 1
                ? file.Fits[0]
                : throw new UserMistakeException($"--law: {path} has fits of {string.Join(", ", names)}; it must be said which to ask; name one.");
        }

        return file.Fits.FirstOrDefault(f => f.Law == law)
            ?? throw new UserMistakeException($"--law: {path} has no fit of '{law}'; {NearestNames.Advice(law, names)}.");
    }

    private static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
