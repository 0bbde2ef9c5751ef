namespace Harness.Sweeps.Yaml;

/// <summary>A value of a sweep file with its place. Nodes are compared by reference.</summary>
internal abstract class YamlNode(Origin origin)
{
    public Origin Origin { get; } = origin;

    /// <summary>What it is, for messages.</summary>
    public abstract string Description { get; }
}

/// <summary>Text between delimiters; what it means is decided by the key that it belongs to, never by YAML.</summary>
internal sealed class ScalarNode(Origin origin, string text, bool quoted = false) : YamlNode(origin)
{
    public string Text { get; } = text;

    public bool Quoted { get; } = quoted;

    /// <summary>Nothing, <c>~</c> or <c>null</c>: YAML's ways to say that there is no value.</summary>
    public bool IsNull => !Quoted && Text is "" or "~" or "null" or "Null" or "NULL";

    public override string Description => IsNull ? "no value" : Printable.Quoted(Text);
}

/// <summary>Stands where something unusable stood that was reported already, so that nothing is said about it twice.</summary>
internal sealed class BrokenNode(Origin origin) : YamlNode(origin)
{
    public override string Description => "a value that was refused";
}

/// <summary>A YAML sequence.</summary>
internal sealed class ListNode(Origin origin, IReadOnlyList<YamlNode> items) : YamlNode(origin)
{
    public IReadOnlyList<YamlNode> Items { get; } = items;

    public override string Description => "a list";
}

/// <summary>A YAML mapping whose keys are distinct scalars, in their order in the file.</summary>
internal sealed class MapNode(Origin origin, IReadOnlyList<MapEntry> entries) : YamlNode(origin)
{
    public IReadOnlyList<MapEntry> Entries { get; } = entries;

    public override string Description => "a mapping";

    public YamlNode? Find(string key) => Entries.FirstOrDefault(e => e.Key == key)?.Value;
}

/// <summary>A key and its value.</summary>
internal sealed record MapEntry(string Key, Origin Origin, YamlNode Value);
