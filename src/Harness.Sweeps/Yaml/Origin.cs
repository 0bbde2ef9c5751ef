namespace Harness.Sweeps.Yaml;

/// <summary>Where a value was written.</summary>
/// <param name="File">File, or the override's text.</param>
/// <param name="Line">1-based; 0 for an override or a whole file.</param>
internal readonly record struct Origin(string File, int Line)
{
    /// <summary>For a second place named inside a message.</summary>
    public override string ToString() => Line > 0 ? $"line {Line}" : File;
}
