using System.CommandLine;
using System.CommandLine.Parsing;
using Harness.Execution.Files;

namespace Harness.Cli;

/// <summary>The root command: every verb, what a mistake prints, what an exit code means.</summary>
public static class CommandLine
{
    private const string Purpose = """
        A scaling-law laboratory in a box: a YAML sweep in; trained transformers, fitted laws, tables and plots out.

        The main path is a line of files, each arrow a verb that can be redone alone:
          sweep.yaml -> (plan) -> runs -> (run) -> runs.csv -> (fit) -> fits.json -> (report) -> report.html, plots/

        Start here:
          harness plan configs/quickstart.yaml     what would run, what it costs; changes nothing
          harness run  configs/quickstart.yaml     train, fit, report; the same line resumes after an interruption
          harness fit  points.csv --law chinchilla fit any table, from anywhere, without a GPU

        Exit codes: 0 done; 1 some runs failed; 2 bad input, with a message that says where and what to do; 3 a fit or a set-up was
        refused for a stated reason; 130 interrupted, run the same line to go on.
        """;

    /// <summary>The commands, without the set-up that only a process needs; tests parse and invoke it.</summary>
    public static RootCommand Root()
    {
        var root = new RootCommand(Purpose);
        foreach (var verb in Subcommands.All)
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }

    /// <summary>Parses and runs one command line.</summary>
    /// <returns>The process's exit code.</returns>
    public static int Invoke(string[] args)
    {
        var parsed = Root().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Explain(parsed);
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (UserMistakeException mistake)
        {
            Complain(mistake.Message);
            return ExitCodes.BadInput;
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            Complain($"harness: the disk is full: {e.Message}\nFinished runs are kept. Free some room and give the same command again.");
            return ExitCodes.Refused;
        }
        catch (UnauthorizedAccessException e)
        {
            Complain($"harness: {e.Message}\nGive this user permission, or another --results folder, and give the same command again.");
            return ExitCodes.Refused;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("harness: interrupted; the same command goes on where it stopped.");
            return ExitCodes.Interrupted;
        }
    }

    /// <summary>One line a mistake and where to read on, instead of the whole help.</summary>
    private static int Explain(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
        {
            Complain($"harness: {error.Message}");
        }

        var path = string.Join(' ', Names(parsed.CommandResult).Reverse());
        Console.Error.WriteLine($"Run '{path} --help' for what is allowed.");
        return ExitCodes.BadInput;
    }

    /// <summary>Lines on standard error; what stands in them from outside (paths, values) reaches no terminal as it is.</summary>
    private static void Complain(string message)
    {
        foreach (var line in message.Split('\n'))
        {
            Console.Error.WriteLine(Printable.Text(line));
        }
    }

    private static IEnumerable<string> Names(CommandResult? result)
    {
        for (; result is not null; result = result.Parent as CommandResult)
        {
            yield return result.Command is RootCommand ? "harness" : result.Command.Name;
        }
    }
}
