using System.Text;
using System.Xml;
using System.Xml.Linq;
using Harness.Core.Data;
using Harness.Training.Data.Files;
using Harness.Training.Data.Randomness;

namespace Harness.Training.Data.Documentation;

/// <summary>
/// The built-in corpus: the SDK's reference documentation as English prose. A document is a type with its members; no line stands in the
/// corpus twice, so none that is held out can have been trained on; documents are shuffled, so that its end is like its beginning.
/// </summary>
internal static class DocumentationCorpus
{
    // A few types (vector instructions, above all) have hundreds of kilobytes; in one piece they would be most of what is held out.
    private const int LongestDocument = 8 << 10;

    // Any constant would do; it is part of the corpus.
    private const ulong ShuffleSeed = 1;

    /// <summary>The documents in their final order, each ending in an empty line.</summary>
    /// <exception cref="DataUnavailableException">A file is damaged.</exception>
    public static IEnumerable<string> Documents(IReadOnlyList<RegularFile> files)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var documents = files.SelectMany(file => Read(file, seen)).ToList();
        if (documents.Count == 0)
        {
            throw new DataUnavailableException($"{files[0].Path}: it and {files.Count - 1} other files hold no documentation. Install the SDK again.");
        }

        var order = new KeyedPermutation(documents.Count, Philox.At(ShuffleSeed, 0, RandomPurpose.DocumentOrder).Low);
        return Enumerable.Range(0, documents.Count).Select(place => documents[(int)order[place]]);
    }

    private static List<string> Read(RegularFile file, HashSet<string> seen)
    {
        try
        {
            using var stream = file.Open();
            using var xml = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return Documents(Members(xml), seen);
        }
        catch (XmlException e)
        {
            throw new DataUnavailableException($"{file.Path}:{e.LineNumber}: is damaged XML ({e.Message.TrimEnd('.')}). Install the SDK again.", e);
        }
    }

    private static IEnumerable<XElement> Members(XmlReader xml)
    {
        xml.MoveToContent();
        while (!xml.EOF)
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "member")
            {
                yield return (XElement)XNode.ReadFrom(xml);
            }
            else
            {
                xml.Read();
            }
        }
    }

    private static List<string> Documents(IEnumerable<XElement> members, HashSet<string> seen)
    {
        var documents = new List<string>();
        var document = new StringBuilder();
        string? type = null;
        foreach (var member in members)
        {
            var owner = TypeOf((string?)member.Attribute("name") ?? "");
            if (owner != type || document.Length >= LongestDocument)
            {
                End();
                type = owner;
            }

            foreach (var line in DocumentationText.Lines(member).Where(seen.Add))
            {
                document.Append(line).Append('\n');
            }
        }

        End();
        return documents;

        void End()
        {
            if (document.Length > 0)
            {
                documents.Add(document.Append('\n').ToString());
                document.Clear();
            }
        }
    }

    /// <summary>The type that a documentation id belongs to: <c>M:System.Text.Rune.TryCreate(System.Char)</c> to <c>System.Text.Rune</c>.</summary>
    private static string TypeOf(string id)
    {
        var name = id.Split('(')[0];
        return name.StartsWith("T:", StringComparison.Ordinal) || name.LastIndexOf('.') is not (> 1 and var dot) ? name[Math.Min(2, name.Length)..] : name[2..dot];
    }
}
