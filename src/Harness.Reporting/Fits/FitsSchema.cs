namespace Harness.Reporting.Fits;

/// <summary>The documented layout of fits.json: a JSON Schema (draft 2020-12) with the meaning and unit of every field.</summary>
public static class FitsSchema
{
    /// <summary>The schema's text.</summary>
    public static string Text
    {
        get
        {
            using Stream stream = typeof(FitsSchema).Assembly.GetManifestResourceStream("fits.schema.json")!;
            using StreamReader reader = new(stream);
            return reader.ReadToEnd();
        }
    }
}
