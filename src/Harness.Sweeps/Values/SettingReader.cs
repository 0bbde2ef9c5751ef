using Harness.Sweeps.Expressions;
using Harness.Sweeps.Keys;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Values;

/// <summary>Reads nodes according to their key's kind. Each node is read once, however many runs use it.</summary>
internal sealed class SettingReader(ProblemList problems)
{
    private readonly Dictionary<(YamlNode Node, string Path), Setting> known = [];

    public Setting Read(SweepKey key, YamlNode node)
    {
        if (!known.TryGetValue((node, key.Path), out var setting))
        {
            setting = Parse(key, node);
            known.Add((node, key.Path), setting);
        }

        return setting;
    }

    private Setting Parse(SweepKey key, YamlNode node)
    {
        if (node is BrokenNode)
        {
            return BrokenSetting.Instance;
        }

        if (key.Kind == KeyKind.TextList && node is ListNode list)
        {
            return Texts(key, list);
        }

        if (node is not ScalarNode scalar)
        {
            return Refuse(key, node, $"{node.Description}", key.Allowed, node is ListNode && key.PerRun ? $"To vary it, write it under sweep: {{product: {{{key.Path}: [...]}}}}" : null);
        }

        if (scalar.IsNull)
        {
            return Refuse(key, node, "has no value", key.Allowed, "Give one, or remove the key");
        }

        if (scalar.Text.Contains("${", StringComparison.Ordinal))
        {
            return Refuse(key, node, $"{Printable.Quoted(scalar.Text)} asks for a substitution", null, $"Values are not taken from the environment; write the value, or give it with --set {key.Path}=VALUE");
        }

        if (key.Optional && scalar.Text == "none")
        {
            return NoneSetting.Instance;
        }

        return key.Kind switch
        {
            KeyKind.Text => new TextSetting(scalar.Text),
            KeyKind.TextList => new TextListSetting([(scalar.Text, scalar.Origin)]),
            KeyKind.Flag => scalar.Text switch
            {
                "true" => new FlagSetting(true),
                "false" => new FlagSetting(false),
                _ => Refuse(key, node, Printable.Quoted(scalar.Text), key.Allowed, null),
            },
            KeyKind.Choice => key.Choices.Contains(scalar.Text)
                ? new TextSetting(scalar.Text)
                : Refuse(key, node, Printable.Quoted(scalar.Text), key.Allowed, DidYouMean(scalar.Text, key.Choices)),
            _ => Number(key, scalar),
        };
    }

    private Setting Texts(SweepKey key, ListNode list)
    {
        var texts = new List<(string, Origin)>();
        foreach (var item in list.Items)
        {
            if (item is BrokenNode)
            {
                return BrokenSetting.Instance;
            }

            if (item is not ScalarNode { IsNull: false } scalar)
            {
                return Refuse(key, item, item.Description, key.Allowed, null);
            }

            texts.Add((scalar.Text, scalar.Origin));
        }

        return texts.Count > 0 ? new TextListSetting(texts) : Refuse(key, list, "an empty list", key.Allowed, "Give one, or remove the key");
    }

    private Setting Number(SweepKey key, ScalarNode scalar)
    {
        var text = scalar.Text.Trim();
        if (NumberText.TryRead(text, out var number, out var why))
        {
            return Check(key, number) is { } found ? Refuse(key, scalar, Printable.Quoted(text) + found, key.Allowed, null) : new NumberSetting(number.Real);
        }

        if (why is null && text.TrimStart('+', '-', '.').ToLowerInvariant() is "inf" or "nan" or "infinity")
        {
            why = "it is not finite";
        }

        if (why is not null && !LooksLikeExpression(text))
        {
            return Refuse(key, scalar, $"{Printable.Quoted(text)} is no number: {why}", key.Allowed, null);
        }

        if (text is "none" or "yes" or "no" or "on" or "off" or "true" or "false")
        {
            return Refuse(key, scalar, $"{Printable.Quoted(text)} is no number", key.Allowed, null);
        }

        if (!key.PerRun)
        {
            return Refuse(key, scalar, Printable.Quoted(text), key.Allowed, null);
        }

        try
        {
            return new ExpressionSetting(ExpressionParser.Parse(text), text);
        }
        catch (ExpressionException e)
        {
            return Refuse(key, scalar, $"{Printable.Quoted(text)} is neither a number nor an expression: {e.Message}", key.Allowed,
                text.Count(c => c == '(') > text.Count(c => c == ')') ? "Inside { } or [ ] a comma ends the value: put quotes around the expression" : null);
        }
    }

    /// <summary>What is wrong with a number for a key, as the end of a sentence; null if nothing is.</summary>
    private static string? Check(SweepKey key, ExactNumber number)
    {
        if (key.Kind == KeyKind.Whole)
        {
            return number.Whole is not { } whole ? " is not a whole number" : key.Contains((double)whole) ? null : " is out of range";
        }

        return double.IsFinite(number.Real) && key.Contains(number.Real) ? null : " is out of range";
    }

    private static bool LooksLikeExpression(string text) => text.Skip(1).Any(c => "+*/^()".Contains(c, StringComparison.Ordinal)) || text.Contains(" - ", StringComparison.Ordinal);

    private BrokenSetting Refuse(SweepKey key, YamlNode node, string found, string? allowed, string? mend)
    {
        problems.Add(node.Origin, key.Path, "value", found, allowed is null ? null : $"allowed is {allowed}", mend);
        return BrokenSetting.Instance;
    }

    private static string? DidYouMean(string text, IEnumerable<string> names) => NearestName.To(text, names) is { } near ? $"Did you mean {near}?" : null;
}
