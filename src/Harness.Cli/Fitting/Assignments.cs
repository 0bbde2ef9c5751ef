using System.Text.RegularExpressions;

namespace Harness.Cli.Fitting;

/// <summary>Reads <c>NAME=VALUE</c>, several separated by commas or given one by one.</summary>
internal static partial class Assignments
{
    /// <summary>The names and values, in order.</summary>
    /// <exception cref="UserMistakeException">A text is no assignment, or a name is given twice.</exception>
    public static IEnumerable<(string Name, string Value)> Of(string option, string[]? texts)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string part in (texts ?? []).SelectMany(t => BetweenAssignments().Split(t)))
        {
            int sign = part.IndexOf('=', StringComparison.Ordinal);
            string name = sign > 0 ? part[..sign].Trim() : "";
            if (name.Length == 0 || sign == part.Length - 1)
            {
                throw new UserMistakeException($"{option}: '{part}' is no assignment; NAME=VALUE is needed; write for example {option} alpha=0.34.");
            }

            if (!seen.Add(name))
            {
                throw new UserMistakeException($"{option}: {name} is given twice; each name stands once; remove one.");
            }

            yield return (name, part[(sign + 1)..].Trim());
        }
    }

    /// <summary>The values as numbers.</summary>
    public static Dictionary<string, double> Numbers(string option, string[]? texts) =>
        Of(option, texts).ToDictionary(a => a.Name, a => Value.Number($"{option} {a.Name}", a.Value), StringComparer.Ordinal);

    /// <summary>A comma ends an assignment only where another one follows: arithmetic has commas too.</summary>
    [GeneratedRegex(@",(?=\s*[A-Za-z_][A-Za-z0-9_]*\s*=)", RegexOptions.CultureInvariant)]
    private static partial Regex BetweenAssignments();
}
