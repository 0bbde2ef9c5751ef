using System.CommandLine;
using Harness.Cli.Fitting;
using Harness.Core.Models;

namespace Harness.Cli.Counting;

/// <summary><c>harness count</c>: parameters and training FLOPs of transformers under the conventions of the literature, from their shapes.</summary>
public static class CountCommand
{
    private const string Purpose = """
        Count the parameters and the training FLOPs of transformers from their shapes, under every convention that papers use: N without
        embeddings (Kaplan) and in total (Hoffmann); C as 6ND with either, with attention (Kaplan, table 1), and in full with embeddings,
        logits and softmax (Hoffmann, appendix F). Exponents move with the convention; ratio is the full count over 6ND, ratio_blocks the same
        without embeddings and logits, which Hoffmann's table A4 prints.

        One row a model, in a CSV with columns n_layer, d_model, n_head, context_length, vocab_size and, where it is not the family's own, d_ff
        (num_layers, num_heads, ffw_size, seq_len are known too; --var names any other column or arithmetic). Or one model by numbers alone.

        Examples:
          harness count models.csv                                 prints a table
          harness count models.csv --n N --csv                     6ND with the table's own N, as CSV
          harness count --var n_layer=12 --var d_model=768 --var n_head=12 --var context_length=1024 --var vocab_size=50257

        Exit codes: 0 counted; 2 a mistake in the table or the options, said in one line.
        """;

    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        Argument<string?> file = new("MODELS.csv") { Description = "A table with one row a model; leave it out to give one model by --var.", Arity = ArgumentArity.ZeroOrOne };
        Option<string[]> variable = new("--var") { HelpName = "NAME=COLUMN", Description = "Column, arithmetic or number for n_layer, d_model, n_head, d_ff, context_length or vocab_size." };
        Option<string?> n = new("--n") { HelpName = "COLUMN", Description = "Parameters to put into 6ND [default: the total count]." };
        Option<string?> family = new("--family") { HelpName = "gpt2|llama", Description = "gpt2: biases, LayerNorm, learned positions, tied head, two dense matrices; llama: none of these, three dense matrices, own head [default: gpt2]." };
        Option<bool> csv = new("--csv") { Description = "Print CSV instead of a table." };
        Command command = new("count", Purpose);
        command.Arguments.Add(file);
        foreach (Option option in new Option[] { variable, n, family, csv })
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed => Mistakes.Explained(parsed.InvocationConfiguration.Error, () =>
        {
            Dictionary<string, string> columns = Assignments.Of("--var", parsed.GetValue(variable)).ToDictionary(a => a.Name, a => a.Value, StringComparer.Ordinal);
            if (parsed.GetValue(n) is { } given)
            {
                columns["n"] = given;
            }

            string name = parsed.GetValue(family) ?? ModelFamily.Gpt2.Name;
            ModelFamily style = ModelFamily.Find(name)
                ?? throw new UserMistakeException($"--family: '{name}' is not known; there is {string.Join(", ", ModelFamily.All.Select(f => f.Name))}; use one of these.");
            IReadOnlyList<CountedModel> models = parsed.GetValue(file) is { } path ? CountedModel.FromTable(path, columns, style) : [CountedModel.FromNumbers(columns, style)];
            parsed.InvocationConfiguration.Output.Write(parsed.GetValue(csv) ? CountText.Csv(models) : CountText.Table(models));
            return ExitCodes.Done;
        }));
        return command;
    }
}
