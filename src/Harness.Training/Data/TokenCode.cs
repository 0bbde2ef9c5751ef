using System.Buffers.Binary;

namespace Harness.Training.Data;

/// <summary>How a token lies in memory and in files: unsigned, little-endian, as few bytes as the vocabulary needs.</summary>
internal static class TokenCode
{
    /// <summary>1, 2 or 4 bytes a token.</summary>
    /// <param name="vocabularySize">Ids are below it.</param>
    public static int WidthFor(int vocabularySize) => vocabularySize switch { <= 1 << 8 => 1, <= 1 << 16 => 2, _ => 4 };

    /// <summary>Widens tokens.</summary>
    /// <param name="packed">Width times as many bytes as there are tokens.</param>
    /// <param name="width">1, 2 or 4.</param>
    /// <param name="tokens">The ids; above 2^31 they come out negative.</param>
    public static void Unpack(ReadOnlySpan<byte> packed, int width, Span<int> tokens)
    {
        // One loop a width: a choice inside the loop costs four times as much.
        switch (width)
        {
            case 1:
                packed = packed[..tokens.Length];
                for (var i = 0; i < packed.Length; i++)
                {
                    tokens[i] = packed[i];
                }

                break;
            case 2:
                for (var i = 0; i < tokens.Length; i++)
                {
                    tokens[i] = BinaryPrimitives.ReadUInt16LittleEndian(packed.Slice(2 * i, 2));
                }

                break;
            default:
                for (var i = 0; i < tokens.Length; i++)
                {
                    tokens[i] = BinaryPrimitives.ReadInt32LittleEndian(packed.Slice(4 * i, 4));
                }

                break;
        }
    }

    /// <summary>Narrows tokens that fit the width.</summary>
    /// <inheritdoc cref="Unpack"/>
    public static void Pack(ReadOnlySpan<int> tokens, int width, Span<byte> packed)
    {
        for (var i = 0; i < tokens.Length; i++)
        {
            switch (width)
            {
                case 1:
                    packed[i] = (byte)tokens[i];
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt16LittleEndian(packed[(2 * i)..], (ushort)tokens[i]);
                    break;
                default:
                    BinaryPrimitives.WriteInt32LittleEndian(packed[(4 * i)..], tokens[i]);
                    break;
            }
        }
    }
}
