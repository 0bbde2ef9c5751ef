using Harness.Sweeps.Expressions;
using Harness.Sweeps.Yaml;

namespace Harness.Sweeps.Values;

/// <summary>What a key was given, read according to its kind.</summary>
internal abstract record Setting;

/// <summary>A number; whole where the key's kind asks for it.</summary>
internal sealed record NumberSetting(double Value) : Setting;

/// <summary>A number that each run computes.</summary>
internal sealed record ExpressionSetting(Expression Expression, string Text) : Setting;

/// <summary>A text or the name of a choice.</summary>
internal sealed record TextSetting(string Text) : Setting;

/// <summary>Several texts, each with its place.</summary>
internal sealed record TextListSetting(IReadOnlyList<(string Text, Origin Origin)> Texts) : Setting;

/// <summary>True or false.</summary>
internal sealed record FlagSetting(bool Value) : Setting;

/// <summary>The word none.</summary>
internal sealed record NoneSetting : Setting
{
    public static NoneSetting Instance { get; } = new();
}

/// <summary>Unusable, and reported.</summary>
internal sealed record BrokenSetting : Setting
{
    public static BrokenSetting Instance { get; } = new();
}
