using System.Globalization;
using System.Text;
using Harness.Core.Runs;
using Harness.Execution.Attempts;
using Harness.Execution.Files;

namespace Harness.Execution.Claims;

/// <summary>
/// A worker's sign of life: a counter, how far the run is, and a note. One line of a fixed size, overwritten in place by a single write, so that it
/// needs no room on a full disk, leaves no temporary file, and a torn read shows in its checksum. Life is told by the counter's
/// growth alone; no clock takes part.
/// </summary>
/// <param name="Counter">Grows by one a beat.</param>
/// <param name="Progress">How far the run is; null before its first report.</param>
/// <param name="Note">Why no progress is made; null normally.</param>
internal sealed record Heartbeat(long Counter, RunProgress? Progress, string? Note)
{
    private const int Size = 512;
    private const int NoteLength = 300;

    /// <summary>Exactly 512 bytes: fields, checksum, blanks, a line end.</summary>
    public byte[] Format()
    {
        var note = Note is null ? "" : new string([.. Note.Select(c => c is >= ' ' and <= '~' and not '\t' ? c : '?').Take(NoteLength)]);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Counter}\t{Progress?.Step}\t{Progress?.Steps}\t{Progress?.Loss:R}\t{Progress?.TokensPerSecond:R}\t{note}\t");
        var line = text + Crc32.Of(Encoding.ASCII.GetBytes(text)).ToString("x8", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(line.PadRight(Size - 1) + "\n");
    }

    /// <summary>Reads a heartbeat, or null if there is none that is whole.</summary>
    public static Heartbeat? Read(IFileLayer files, string path)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            try
            {
                using var stream = files.OpenRead(path);
                var bytes = new byte[Size];
                var read = stream.ReadAtLeast(bytes, Size, throwOnEndOfStream: false);
                if (Parse(bytes.AsSpan(0, read)) is { } heartbeat)
                {
                    return heartbeat;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        return null;
    }

    public static Heartbeat? Parse(ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.ASCII.GetString(bytes).TrimEnd();
        var tab = text.LastIndexOf('\t');
        if (tab < 0 || !uint.TryParse(text.AsSpan(tab + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
            || crc != Crc32.Of(Encoding.ASCII.GetBytes(text[..(tab + 1)])))
        {
            return null;
        }

        var cells = text.Split('\t');
        if (cells.Length != 7)
        {
            return null;
        }

        var progress = cells[1].Length == 0
            ? null
            : new RunProgress(
                long.Parse(cells[1], CultureInfo.InvariantCulture),
                long.Parse(cells[2], CultureInfo.InvariantCulture),
                Number(cells[3]),
                Number(cells[4]));
        return new Heartbeat(long.Parse(cells[0], CultureInfo.InvariantCulture), progress, cells[5].Length == 0 ? null : cells[5]);
    }

    private static double? Number(string cell) => cell.Length == 0 ? null : double.Parse(cell, CultureInfo.InvariantCulture);
}
