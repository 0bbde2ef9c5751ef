using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Harness.Sweeps.Yaml;

/// <summary>
/// Text to a tree of nodes with their lines. Refuses what makes YAML dangerous or surprising: depth past <see cref="MaxDepth"/>, anchors, aliases,
/// merge keys, tags, duplicate keys, several documents. Scalars stay text.
/// </summary>
internal sealed class TreeReader
{
    /// <summary>YamlDotNet's own recursion dies near 1,000 levels on a small stack; a sweep needs about 6.</summary>
    public const int MaxDepth = 64;

    private readonly string file;
    private readonly int? fixedLine;
    private readonly ProblemList problems;
    private readonly Parser parser;

    private TreeReader(string text, string file, int? fixedLine, ProblemList problems)
    {
        this.file = file;
        this.fixedLine = fixedLine;
        this.problems = problems;
        parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
    }

    /// <summary>The root of the only document, or null where the text can't be read as YAML at all or is empty.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="file">File named in messages.</param>
    /// <param name="problems">Where problems go.</param>
    /// <param name="fixedLine">The line that all nodes get, for text that is not a file's.</param>
    public static YamlNode? Read(string text, string file, ProblemList problems, int? fixedLine = null)
    {
        try
        {
            return new TreeReader(text, file, fixedLine, problems).Document();
        }
        catch (StopReadingException)
        {
            return null;
        }
        catch (YamlException e)
        {
            var reason = e.Message.Contains("): ", StringComparison.Ordinal) ? e.Message[(e.Message.LastIndexOf("): ", StringComparison.Ordinal) + 3)..] : e.Message;
            problems.Add(new Origin(file, fixedLine ?? (int)Math.Max(1, e.Start.Line)), "", "syntax", "is not YAML: " + reason.TrimEnd('.'), null,
                reason.Contains("tab", StringComparison.OrdinalIgnoreCase) ? "Indent with spaces" : "Check indentation, colons and brackets");
            return null;
        }
    }

    private YamlNode? Document()
    {
        Move(); // stream start
        Move();
        if (parser.Current is not DocumentStart)
        {
            problems.Add(new Origin(file, fixedLine ?? 0), "", "empty", "the file holds no values", null, "configs/ has examples");
            return null;
        }

        Move();
        var root = Node(1);
        Move(); // past the document's end
        if (parser.Current is DocumentStart second)
        {
            problems.Add(At(second), "", "documents", "a second document begins", "a file holds one sweep", "Remove the '---' and what follows, or make it a file of its own");
        }

        return root;
    }

    /// <summary>Reads the node at the current event and leaves the parser on the event after it.</summary>
    private YamlNode Node(int depth)
    {
        var current = parser.Current!;
        if (depth > MaxDepth)
        {
            problems.Add(At(current), "", "depth", $"nested more than {MaxDepth} levels deep", null, "Flatten it");
            throw new StopReadingException();
        }

        if (current is NodeEvent node)
        {
            RefuseDecorations(node);
        }

        switch (current)
        {
            case AnchorAlias:
                var at = At(current);
                RefuseAnchor(at, "an alias (*name)");
                Move();
                return new BrokenNode(at);
            case Scalar scalar:
                Move();
                return new ScalarNode(At(scalar), scalar.Value, scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any));
            case SequenceStart:
                return List(depth);
            case MappingStart:
                return Map(depth);
            default:
                throw new StopReadingException();
        }
    }

    private ListNode List(int depth)
    {
        var start = At(parser.Current!);
        var items = new List<YamlNode>();
        Move();
        while (parser.Current is not SequenceEnd)
        {
            items.Add(Node(depth + 1));
        }

        Move();
        return new ListNode(start, items);
    }

    private MapNode Map(int depth)
    {
        var start = At(parser.Current!);
        var entries = new List<MapEntry>();
        var seen = new Dictionary<string, Origin>(StringComparer.Ordinal);
        Move();
        while (parser.Current is not MappingEnd)
        {
            var keyAt = At(parser.Current!);
            var key = Node(depth + 1);
            var value = Node(depth + 1);
            if (key is BrokenNode)
            {
                continue;
            }

            if (key is not ScalarNode { IsNull: false } name)
            {
                problems.Add(keyAt, "", "key", "a key that is not plain text", null, "Write key: value");
            }
            else if (name is { Text: "<<", Quoted: false })
            {
                problems.Add(keyAt, "<<", "merge", "merge keys are not supported", null, "Write the keys out");
            }
            else if (!seen.TryAdd(name.Text, keyAt))
            {
                problems.Add(keyAt, Printable.OneLine(name.Text), "duplicate", $"given twice, here and at {seen[name.Text]}", "a key stands once", "Remove one of them");
            }
            else
            {
                entries.Add(new MapEntry(name.Text, keyAt, value));
            }
        }

        Move();
        return new MapNode(start, entries);
    }

    private void RefuseDecorations(NodeEvent node)
    {
        if (!node.Anchor.IsEmpty)
        {
            RefuseAnchor(At(node), "an anchor (&name)");
        }

        if (!node.Tag.IsEmpty)
        {
            problems.Add(At(node), "", "tag", $"a tag {Printable.Quoted(node.Tag.Value)}", "tags are not supported", "Remove it; a value that begins with ! needs quotes");
        }
    }

    /// <remarks>YamlDotNet 16.3.0 throws other exceptions than its own on some broken text, for example on '{a: b' before 'x: y'.</remarks>
    private void Move()
    {
        var before = parser.Current?.End ?? Mark.Empty;
        try
        {
            parser.MoveNext();
        }
        catch (Exception e) when (e is not (YamlException or OutOfMemoryException))
        {
            throw new YamlException(before, before, "it breaks off or is malformed near here", e);
        }
    }

    private void RefuseAnchor(Origin at, string what) =>
        problems.Add(at, "", what, what, "anchors and aliases are not supported", "Write the value out; a value that begins with * or & needs quotes");

    private Origin At(ParsingEvent e) => new(file, fixedLine ?? (int)e.Start.Line);

    private sealed class StopReadingException : Exception;
}
