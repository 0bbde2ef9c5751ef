using System.Buffers.Binary;

namespace Harness.Training.Data.Corpora;

/// <summary>What stands at the head of a prepared corpus.</summary>
/// <param name="VocabularySize">Ids are below it.</param>
/// <param name="TrainTokens">Tokens before the split.</param>
/// <param name="ValidationTokens">Tokens after it.</param>
/// <param name="ValidationBytes">Bytes of text that the held-out tokens stand for; null where that is not known.</param>
internal sealed record TokenHeader(int VocabularySize, long TrainTokens, long ValidationTokens, long? ValidationBytes)
{
    /// <summary>Bytes of a header.</summary>
    public const int Size = 64;

    /// <summary>Bytes a token, from the vocabulary.</summary>
    public int Width => TokenCode.WidthFor(VocabularySize);

    /// <summary>Bytes of a whole file.</summary>
    public long FileSize => checked(Size + (TrainTokens + ValidationTokens) * Width);

    private static ReadOnlySpan<byte> Magic => "HarnTok1"u8;

    /// <summary>The header's bytes: magic, vocabulary (int32), width (int32), training, held-out tokens and held-out bytes or -1 (int64), zeros.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), VocabularySize);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), Width);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), TrainTokens);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), ValidationTokens);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), ValidationBytes ?? -1);
        return bytes;
    }

    /// <summary>Reads a header, or null if these bytes are none.</summary>
    public static TokenHeader? FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size || !bytes.StartsWith(Magic))
        {
            return null;
        }

        var validationBytes = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]);
        return new TokenHeader(
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            validationBytes < 0 ? null : validationBytes);
    }
}
