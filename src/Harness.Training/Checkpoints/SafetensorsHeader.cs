using System.Buffers.Binary;
using System.Text.Json;

namespace Harness.Training.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="Shape">Extents, each at least 0.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte.</param>
public sealed record SafetensorsEntry(string Name, IReadOnlyList<long> Shape, long Begin, long End);

/// <summary>
/// The header of a safetensors file (github.com/huggingface/safetensors, "Format"): its length as little-endian u64, JSON with
/// name -> dtype, shape, data_offsets and a <c>__metadata__</c> map of strings, then the data without holes. Only F32 is used here.
/// </summary>
/// <param name="Metadata">The <c>__metadata__</c> strings.</param>
/// <param name="Entries">The tensors, by rising offset.</param>
public sealed record SafetensorsHeader(IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<SafetensorsEntry> Entries)
{
    /// <summary>The reference implementation's limit, bytes.</summary>
    private const long LargestHeader = 100_000_000;

    private const int MaxDepth = 8;

    /// <summary>Bytes of all data.</summary>
    public long DataLength => Entries.Count == 0 ? 0 : Entries[^1].End;

    /// <summary>Writes length and header; the data must follow in the order of <see cref="Entries"/>.</summary>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            foreach (var (key, value) in Metadata)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
            foreach (var entry in Entries)
            {
                writer.WriteStartObject(entry.Name);
                writer.WriteString("dtype", "F32");
                writer.WriteStartArray("shape");
                foreach (var extent in entry.Shape)
                {
                    writer.WriteNumberValue(extent);
                }

                writer.WriteEndArray();
                writer.WriteStartArray("data_offsets");
                writer.WriteNumberValue(entry.Begin);
                writer.WriteNumberValue(entry.End);
                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        while (json.Length % 8 != 0)
        {
            json.WriteByte((byte)' '); // the format pads with blanks, so that the data is aligned
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        stream.Write(length);
        json.Position = 0;
        json.CopyTo(stream);
    }

    /// <summary>Reads and checks a header; afterwards the stream stands at the data. Allocates in proportion to the header, never to what it claims.</summary>
    /// <param name="stream">At the file's start.</param>
    /// <param name="fileLength">Bytes of the whole file.</param>
    /// <exception cref="CheckpointException">Not a safetensors file, or a malformed one; the message says what was found.</exception>
    public static SafetensorsHeader Read(Stream stream, long fileLength)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Span<byte> prefix = stackalloc byte[8];
        if (fileLength < 10 || stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
        {
            throw new CheckpointException($"{fileLength} bytes: too short for a safetensors file.");
        }

        RefuseForeignFormats(prefix);
        var claimed = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (claimed > LargestHeader || (long)claimed > fileLength - 8)
        {
            throw new CheckpointException($"its header claims {claimed} bytes; the file has {fileLength}, and {LargestHeader} is the limit.");
        }

        var json = new byte[(int)claimed];
        if (stream.ReadAtLeast(json, json.Length, throwOnEndOfStream: false) < json.Length)
        {
            throw new CheckpointException("the file ends inside its header.");
        }

        var header = Parse(json);
        header.RequireNoHoles(fileLength - 8 - json.Length);
        return header;
    }

    private static void RefuseForeignFormats(ReadOnlySpan<byte> prefix)
    {
        if (prefix.StartsWith("PK"u8))
        {
            throw new CheckpointException("a zip archive, such as PyTorch's .pt: these can carry code and are never opened. Convert it to safetensors.");
        }

        if (prefix[0] == 0x80 && prefix[1] is >= 2 and <= 5 && (prefix[7] != 0 || prefix[6] != 0 || prefix[5] != 0))
        {
            throw new CheckpointException("a Python pickle: these can carry code and are never opened. Convert it to safetensors.");
        }
    }

    private static SafetensorsHeader Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new CheckpointException("its header is no JSON object.");
            }

            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            var entries = new Dictionary<string, SafetensorsEntry>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals("__metadata__"))
                {
                    foreach (var pair in property.Value.EnumerateObject())
                    {
                        Require(metadata.TryAdd(pair.Name, pair.Value.GetString() ?? ""), $"metadata '{pair.Name}' stands twice.");
                    }
                }
                else
                {
                    Require(entries.TryAdd(property.Name, ParseEntry(property)), $"tensor '{property.Name}' stands twice.");
                }
            }

            return new SafetensorsHeader(metadata, [.. entries.Values.OrderBy(e => e.Begin).ThenBy(e => e.End)]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new CheckpointException("its header is malformed: " + e.Message, e);
        }
    }

    private static SafetensorsEntry ParseEntry(JsonProperty property)
    {
        var dtype = property.Value.GetProperty("dtype").GetString();
        Require(dtype == "F32", $"tensor '{property.Name}' has dtype '{dtype}'; F32 is the only one used here.");
        var shape = property.Value.GetProperty("shape").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(e => e.GetInt64()).ToArray();
        Require(offsets.Length == 2 && offsets[0] >= 0 && offsets[1] >= offsets[0], $"tensor '{property.Name}' has impossible data_offsets.");
        Int128 bytes = 4;
        foreach (var extent in shape)
        {
            Require(extent >= 0, $"tensor '{property.Name}' has a negative extent.");
            bytes *= extent;
            Require(bytes <= long.MaxValue, $"tensor '{property.Name}' has a shape that no file can hold.");
        }

        Require(bytes == offsets[1] - offsets[0], $"tensor '{property.Name}' needs {bytes} bytes by its shape and has {offsets[1] - offsets[0]}.");
        return new SafetensorsEntry(property.Name, shape, offsets[0], offsets[1]);
    }

    private void RequireNoHoles(long dataLength)
    {
        long end = 0;
        foreach (var entry in Entries)
        {
            Require(entry.Begin == end, $"tensor '{entry.Name}' begins at byte {entry.Begin}, {(entry.Begin > end ? "after a hole" : "inside another tensor")}.");
            end = entry.End;
        }

        Require(end == dataLength, $"its header describes {end} bytes of data; the file has {dataLength}.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new CheckpointException(message);
        }
    }
}
