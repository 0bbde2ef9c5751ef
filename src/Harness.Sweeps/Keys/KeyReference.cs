using System.Text;
using Harness.Sweeps.Expressions;
using Harness.Sweeps.Resolving;

namespace Harness.Sweeps.Keys;

/// <summary>The reference of a sweep file as text, made of <see cref="SweepKeys"/>.</summary>
public static class KeyReference
{
    /// <summary>Every key with its range, default and meaning, then the names and functions of expressions. Lines end with a line feed.</summary>
    public static string Text()
    {
        var text = new StringBuilder();
        foreach (var key in SweepKeys.All)
        {
            text.Append(key.Path).Append('\n');
            if (key.Kind != KeyKind.Structure)
            {
                text.Append("    ").Append(key.Allowed).Append("; default: ").Append(key.Default).Append(key.Identity ? "" : "; no part of a run's identity").Append('\n');
            }

            text.Append("    ").Append(key.Doc).Append('\n');
        }

        text.Append("\nNumbers of model, data, training, evaluation and synthetic may be expressions: + - * / ^ ( ), keys (n_layer is short for model.n_layer), and\n");
        foreach (var name in DerivedNames.All)
        {
            text.Append("    ").Append(name.Name).Append(": ").Append(name.Doc).Append('\n');
        }

        foreach (var function in Functions.All)
        {
            text.Append("    ").Append(function.Name).Append("(): ").Append(function.Doc).Append('\n');
        }

        return text.ToString();
    }
}
