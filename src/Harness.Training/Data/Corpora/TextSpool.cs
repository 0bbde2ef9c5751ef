using System.Globalization;
using Harness.Core.Data;

namespace Harness.Training.Data.Corpora;

/// <summary>
/// Text on its way to a token file, gathered on the disk so that neither its size nor what a gzip file unpacks to is a matter of memory.
/// It leaves room for a token header, so that a corpus of byte tokens is this very file.
/// </summary>
internal sealed class TextSpool : IDisposable
{
    // How far from the wanted place the split looks for a line's end.
    private const int SplitSearch = 1 << 16;

    // A file that unpacks without end stops before the disk is full, which would hurt everyone.
    private const long RoomLeftOver = 512L << 20;
    private const long RoomCheckEvery = 64L << 20;

    private readonly FileStream _file;
    private readonly List<long> _documentEnds = [];
    private long _checkAt = RoomCheckEvery;

    /// <param name="path">A new file.</param>
    public TextSpool(string path)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 17);
        _file.SetLength(TokenHeader.Size);
        _file.Position = TokenHeader.Size;
    }

    /// <summary>Bytes of text so far.</summary>
    public long Length { get; private set; }

    /// <summary>Where documents end, as positions in the text, ascending.</summary>
    public IReadOnlyList<long> DocumentEnds => _documentEnds;

    /// <summary>Appends text.</summary>
    /// <exception cref="DataUnavailableException">The disk is nearly full.</exception>
    public void Write(ReadOnlySpan<byte> text)
    {
        _file.Write(text);
        Length += text.Length;
        if (Length >= _checkAt)
        {
            _checkAt = Length + RoomCheckEvery;
            RefuseFullDisk();
        }
    }

    /// <summary>Notes that a document ends here.</summary>
    public void EndDocument() => _documentEnds.Add(Length);

    /// <summary>
    /// Where the held-out part begins: at the first line that begins at or after the wanted share, else (no line break for 64 KB) at the
    /// next character.
    /// </summary>
    /// <param name="heldOut">Share of the text to hold out, in (0, 1).</param>
    /// <exception cref="DataUnavailableException">There is too little text to have two parts.</exception>
    public long Split(double heldOut)
    {
        var wanted = Math.Max(1, (long)Math.Floor(Length * (1 - heldOut)));
        var around = new byte[(int)Math.Min(SplitSearch, Math.Max(0, Length - wanted + 1))];
        Read(wanted - 1, around);
        var lineEnd = around.AsSpan().IndexOf((byte)'\n');
        var split = wanted + lineEnd;
        if (lineEnd < 0 || split >= Length)
        {
            // A byte 10xxxxxx continues a character.
            var character = around.AsSpan(1).IndexOfAnyExceptInRange((byte)0x80, (byte)0xBF);
            split = wanted + Math.Max(0, character);
        }

        return split < Length
            ? split
            : throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"data.validation_fraction: {Length} bytes of text are too few to hold out {heldOut} of them. Give more text."));
    }

    /// <summary>Reads text back.</summary>
    public void Read(long position, Span<byte> text)
    {
        _file.Flush();
        for (var done = 0; done < text.Length;)
        {
            done += RandomAccess.Read(_file.SafeFileHandle, text[done..], TokenHeader.Size + position + done) is > 0 and var count
                ? count
                : throw new EndOfStreamException("the spooled text ended early");
        }
    }

    /// <summary>Fills in the header, which makes the file a token file of byte tokens.</summary>
    public void Finish(TokenHeader header)
    {
        _file.Flush();
        RandomAccess.Write(_file.SafeFileHandle, header.ToBytes(), 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void RefuseFullDisk()
    {
        var free = new DriveInfo(_file.Name).AvailableFreeSpace;
        if (free < RoomLeftOver)
        {
            throw new DataUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"{Path.GetDirectoryName(_file.Name)}: only {free >> 20} MiB left on this disk after {Length >> 20} MiB of text. Give less text, or set XDG_CACHE_HOME to a folder on a larger disk."));
        }
    }
}
