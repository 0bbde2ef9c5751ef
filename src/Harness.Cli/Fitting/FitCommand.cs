using System.CommandLine;
using Harness.Reporting.Fits;

namespace Harness.Cli.Fitting;

/// <summary><c>harness fit</c>: laws fitted to any table of points, or evaluated on it at given parameters.</summary>
public static class FitCommand
{
    private const string Purpose = """
        Fit scaling laws to a table of points from anywhere: the harness's own runs.csv, or any CSV with one row a run. Needs no GPU.

        Without column options it reads the columns of runs.csv (n non_embedding_params, d tokens, c train_flops, loss
        val_loss_nats_per_token), or else columns called N, D, C, loss. A column option takes a name or arithmetic over names:
          --d "C/(6*N)"    --n "N/1e6"    --d "[Training FLOP]/(6*[Model Size])"    --loss "log(ppl)"
        with + - * / ^, log, log10, log2, exp, sqrt, abs, round, floor, ceil, min, max; names with spaces or signs stand in brackets.
        Of n, d and c any two give the third by C = 6ND.

        Examples:
          harness fit results/kaplan/runs.csv --law chinchilla --out fits.json
          harness fit points.csv --law chinchilla --n "Model Size" --d "[Training FLOP]/(6*[Model Size])" --drop-highest 5 --bootstrap 4000
          harness fit runs.csv --law isoflop,envelope --where "flops>=1e18 and dataset=c4" --budgets 1e21,1e24
          harness fit runs.csv --law power,power-offset,bnsl --x C --holdout largest-c     which law predicts the largest run?
          harness fit optima.csv --law power --x params --loss tokens --objective log-mse
          harness fit csv_400/*.csv --law multi-power                                       a curve a file: step, lr, loss
          harness fit csv_400/*.csv --law multi-power --schedule lr.csv                     the same with jumps between logged steps
          harness fit points.csv --law chinchilla --preset hoffmann                         a published fit, evaluated on your points
          harness fit runs.csv --law bnsl,bnsl-2,bnsl-3 --x C --holdout largest-c           one, two or three breaks?
          harness fit --list-laws                                                           names, equations, sources, columns

        Exit codes: 0 every law was fitted; 2 a mistake in the table or the options, said in one line (file:line: column: what was found;
        what is allowed; what to do); 3 the data cannot answer for at least one law (fewer points than parameters, an optimum at the edge
        of its grid, a single model size, ...); the laws that could be fitted are still printed and written.
        """;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        FitOptionSet options = new();
        Command command = new("fit", $"{Purpose}\n\nLaws (--list-laws adds equations, parameters and published constants):\n{LawList.Short()}");
        command.Arguments.Add(options.Files);
        foreach (Option option in options.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output, error = parsed.InvocationConfiguration.Error;
            return Mistakes.Explained(error, () =>
            {
                if (parsed.GetValue(options.ListLaws))
                {
                    output.Write(LawList.Text());
                    return ExitCodes.Done;
                }

                if (parsed.GetValue(options.Schema))
                {
                    output.Write(FitsSchema.Text);
                    return ExitCodes.Done;
                }

                return new FitRun(options.Request(parsed), output, error).Invoke();
            });
        });
        return command;
    }
}
