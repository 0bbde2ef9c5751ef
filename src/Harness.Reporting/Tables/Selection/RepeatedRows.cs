using System.Globalization;

namespace Harness.Reporting.Tables.Selection;

/// <summary>
/// Finds rows that repeat an earlier row of their file in every column, by a hash of 64 bits: among ten million rows two different ones meet with a probability of 3e-6.
/// Twelve bytes a slot are kept, and a third to two thirds of the slots are in use.
/// </summary>
internal sealed class RepeatedRows(PointsQuery query)
{
    private const ulong Odd = 0x9E3779B97F4A7C15;

    private ulong[] hashes = new ulong[1 << 12];
    private uint[] lines = new uint[1 << 12];
    private int count;

    /// <summary>The line of the earlier row that the present one repeats and is left out for; null where it is none, and the row is remembered.</summary>
    /// <exception cref="TableException">The row repeats another and the query refuses that.</exception>
    public long? Earlier(TableReader table)
    {
        if (query.Duplicates == DuplicateRows.Keep)
        {
            return null;
        }

        if (3 * (count + 1L) > 2L * hashes.Length)
        {
            Grow();
        }

        ulong hash = HashOf(table);
        int slot = Slot(hashes, hash);
        if (hashes[slot] == 0)
        {
            (hashes[slot], lines[slot]) = (hash, (uint)Math.Min(table.Line, uint.MaxValue));
            count++;
            return null;
        }

        if (query.Duplicates == DuplicateRows.Refuse)
        {
            IReadOnlyList<string> names = table.Header.Names;
            throw new TableException(table.File, table.Line, string.Join(",", names.Take(6)) + (names.Count > 6 ? ",..." : ""), string.Create(CultureInfo.InvariantCulture, $"the row repeats line {lines[slot]} in every column; a measurement counts once; remove it, or say --duplicates drop or --duplicates keep"));
        }

        return lines[slot];
    }

    private static int Slot(ulong[] hashes, ulong hash)
    {
        int mask = hashes.Length - 1, slot = (int)(hash >> 20) & mask;
        while (hashes[slot] != 0 && hashes[slot] != hash)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private static ulong HashOf(TableReader table)
    {
        ulong hash = Odd;
        for (int i = 0; i < table.Header.Names.Count; i++)
        {
            ReadOnlySpan<byte> cell = table.Utf8(i);
            hash = Mixed(hash, (ulong)cell.Length);
            for (; cell.Length >= sizeof(ulong); cell = cell[sizeof(ulong)..])
            {
                hash = Mixed(hash, BitConverter.ToUInt64(cell));
            }

            ulong tail = 0;
            foreach (byte b in cell)
            {
                tail = (tail << 8) | b;
            }

            hash = Mixed(hash, tail);
        }

        // 0 marks an empty slot.
        return hash == 0 ? 1 : hash;
    }

    // Both halves of a 128-bit product, so that every bit of the input moves every bit of the output.
    private static ulong Mixed(ulong hash, ulong value)
    {
        ulong high = Math.BigMul(hash ^ value, Odd, out ulong low);
        return high ^ low ^ System.Numerics.BitOperations.RotateLeft(hash, 29);
    }

    private void Grow()
    {
        ulong[] larger = new ulong[2 * hashes.Length];
        uint[] largerLines = new uint[2 * hashes.Length];
        for (int i = 0; i < hashes.Length; i++)
        {
            if (hashes[i] != 0)
            {
                int slot = Slot(larger, hashes[i]);
                (larger[slot], largerLines[slot]) = (hashes[i], lines[i]);
            }
        }

        (hashes, lines) = (larger, largerLines);
    }
}
