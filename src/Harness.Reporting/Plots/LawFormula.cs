using System.Text;

namespace Harness.Reporting.Plots;

/// <summary>
/// Turns a law's plain formula (<c>loss = e + a/n^alpha</c>) and its fitted numbers into <c>L = 1.69 + 406/N^{0.34}</c>. Works on any formula
/// made of names, numbers and operators, so that a new law needs nothing here.
/// </summary>
public static class LawFormula
{
    private static readonly Dictionary<string, string> Symbols = new(StringComparer.Ordinal)
    {
        ["loss"] = "*L*",
        ["n"] = "*N*",
        ["d"] = "*D*",
        ["c"] = "*C*",
        ["x"] = "*x*",
        ["unique"] = "*U*",
        ["steps"] = "*S*",
        ["s"] = "*S*",
        ["m"] = "*M*",
        ["n_opt"] = "*N*_{opt}",
        ["d_opt"] = "*D*_{opt}",
    };

    /// <summary>The formula with numbers in place of the parameters' names.</summary>
    /// <param name="equation">The law's formula in plain text.</param>
    /// <param name="parameters">Values by name.</param>
    /// <param name="meanings">What a variable stands for where its name does not say it, for example <c>x</c> for <c>n</c>; null for none.</param>
    /// <param name="digits">Significant digits of each number.</param>
    public static Markup Of(
        string equation, IEnumerable<KeyValuePair<string, double>> parameters, IReadOnlyDictionary<string, string>? meanings = null, int digits = 3)
    {
        ArgumentNullException.ThrowIfNull(equation);
        var values = new Numbers(parameters.ToDictionary(StringComparer.Ordinal), meanings ?? new Dictionary<string, string>(), digits);
        var pattern = new StringBuilder();
        int at = 0;
        while (at < equation.Length)
        {
            if (equation[at] == '^')
            {
                at++;
                pattern.Append("^{").Append(Exponent(equation, ref at, values)).Append('}');
            }
            else if (char.IsLetter(equation[at]))
            {
                pattern.Append(Name(equation, ref at, values, raised: false));
            }
            else
            {
                pattern.Append(Operator(equation[at++]));
            }
        }

        return Markup.Parse(pattern.ToString()
            .Replace("+ −", "− ", StringComparison.Ordinal)
            .Replace("− −", "+ ", StringComparison.Ordinal));
    }

    /// <summary>What follows a caret: a sign, then a name, a number or a bracket.</summary>
    private static string Exponent(string equation, ref int at, Numbers values)
    {
        bool negative = at < equation.Length && equation[at] == '-';
        at += negative ? 1 : 0;
        var text = new StringBuilder();
        if (at < equation.Length && equation[at] == '(')
        {
            int depth = 0;
            do
            {
                depth += equation[at] == '(' ? 1 : equation[at] == ')' ? -1 : 0;
                text.Append(char.IsLetter(equation[at]) ? Name(equation, ref at, values, raised: true) : Plain(equation[at++]));
            }
            while (depth > 0 && at < equation.Length);
            if (text[0] == '(' && text[^1] == ')')
            {
                text.Remove(text.Length - 1, 1).Remove(0, 1);
            }
        }
        else if (at < equation.Length && char.IsLetter(equation[at]))
        {
            text.Append(Name(equation, ref at, values, raised: true));
        }
        else
        {
            while (at < equation.Length && (char.IsAsciiDigit(equation[at]) || equation[at] == '.'))
            {
                text.Append(equation[at++]);
            }
        }

        return !negative ? text.ToString() : text[0] == '−' ? text.ToString(1, text.Length - 1) : "−" + text;
    }

    private static string Name(string equation, ref int at, Numbers values, bool raised)
    {
        int start = at;
        while (at < equation.Length && (char.IsLetterOrDigit(equation[at]) || equation[at] == '_'))
        {
            at++;
        }

        string name = equation[start..at];
        if (values.Parameters.TryGetValue(name, out double value))
        {
            return raised ? ShortNumber.Digits(value, values.Digits).Replace('-', '−') : Number(value, values.Digits);
        }

        name = values.Meanings.GetValueOrDefault(name, name);
        string symbol = Symbols.GetValueOrDefault(name, name);
        return raised ? symbol.Replace("*", "", StringComparison.Ordinal) : symbol;
    }

    private static string Number(double value, int digits)
    {
        string text = ShortNumber.Digits(value, digits).Replace('-', '−');
        int e = text.IndexOf('e', StringComparison.Ordinal);
        return e < 0 ? text : $"{(text[..e] == "1" ? "" : text[..e] + "×")}10^{{{text[(e + 1)..]}}}";
    }

    private static string Operator(char c) => c switch { '*' => "·", '-' => "−", _ => c.ToString() };

    private static string Plain(char c) => c switch { '*' => "·", '-' => "−", '^' => "", '{' or '}' => "", _ => c.ToString() };

    private sealed record Numbers(Dictionary<string, double> Parameters, IReadOnlyDictionary<string, string> Meanings, int Digits);
}
