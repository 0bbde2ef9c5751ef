namespace Harness.Sweeps;

/// <summary>Something in a sweep that can't be used as it stands: where, what was found, what is allowed, what to do.</summary>
/// <param name="File">The file as the user named it, or <c>--set key=value</c> for an override.</param>
/// <param name="Line">1-based line in the file; null for an override or for the file as a whole.</param>
/// <param name="Key">Dotted key; empty where the problem is the file's form.</param>
/// <param name="Found">What was found.</param>
/// <param name="Allowed">What is allowed; null where <paramref name="Found"/> or <paramref name="Mend"/> says it.</param>
/// <param name="Mend">What to do; null where that is plain.</param>
public sealed record Problem(string File, int? Line, string Key, string Found, string? Allowed, string? Mend)
{
    /// <summary>One line for people, <c>file:line: key: found; allowed. Mend.</c>, safe for a terminal.</summary>
    public override string ToString()
    {
        var place = Line is { } line ? $"{File}:{line}: " : $"{File}: ";
        var key = Key.Length == 0 ? "" : Key + ": ";
        var fact = Allowed is null ? Found : $"{Found}; {Allowed}";
        var text = Mend is null ? fact : $"{fact}. {Mend}";
        var end = text.EndsWith('.') || text.EndsWith('?') ? "" : ".";
        return Printable.OneLine(place + key + text + end);
    }
}
