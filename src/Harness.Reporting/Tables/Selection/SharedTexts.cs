namespace Harness.Reporting.Tables.Selection;

/// <summary>One string for each text met, however many cells hold it: a column of a million rows names few runs.</summary>
internal sealed class SharedTexts
{
    private readonly HashSet<string> met = new(StringComparer.Ordinal);

    /// <summary>The string for a text, made when it is met first.</summary>
    public string Of(ReadOnlySpan<char> text)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = met.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out string? known))
        {
            known = text.ToString();
            met.Add(known);
        }

        return known;
    }
}
