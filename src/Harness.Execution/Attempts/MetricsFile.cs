using System.Security.Cryptography;
using System.Text;
using Harness.Core.Runs;
using Harness.Execution.Files;

namespace Harness.Execution.Attempts;

/// <summary>The training curve of an attempt as it grows: one write a row, hashed as it goes, cut back to whole rows when a write fails.</summary>
internal sealed class MetricsFile : IDisposable
{
    private readonly IFileLayer _files;
    private readonly string _path;
    private readonly Stream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private MetricsFile(IFileLayer files, string path, Stream stream)
    {
        _files = files;
        _path = path;
        _stream = stream;
    }

    /// <summary>Bytes of whole rows.</summary>
    public long Length { get; private set; }

    /// <summary>Rows, the header left out.</summary>
    public long Rows { get; private set; }

    /// <summary>SHA-256 of <see cref="Length"/> bytes, hex.</summary>
    public string Hash => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Begins an attempt's file with the rows that earlier attempts leave it; the file gets its name when they are durable.</summary>
    public static MetricsFile Begin(IFileLayer files, AttemptFolder attempt, IEnumerable<MetricRow> carried)
    {
        var temporary = attempt.MetricsPath + AttemptFolder.TemporarySuffix;
        files.Delete(temporary);
        var stream = files.CreateNew(temporary);
        var file = new MetricsFile(files, attempt.MetricsPath, stream);
        try
        {
            using (var block = new MemoryStream())
            {
                block.Write(Encoding.ASCII.GetBytes(MetricLine.Header + "\n"));
                foreach (var row in carried)
                {
                    block.Write(MetricLine.Format(row));
                    file.Rows++;
                }

                file.Write(block.GetBuffer().AsSpan(0, (int)block.Length));
            }

            files.Sync(stream);
            files.Replace(temporary, attempt.MetricsPath);
            files.SyncFolder(attempt.Path);
            return file;
        }
        catch
        {
            file.Dispose();
            files.Delete(temporary);
            throw;
        }
    }

    /// <summary>Rows of a file in its order. A torn last line ends it quietly; damage before that throws <see cref="InvalidDataException"/>, naming the line.</summary>
    public static IEnumerable<MetricRow> Read(IFileLayer files, string path) => Read(files, path, upToDamage: false);

    /// <summary>Rows of a file in its order up to the first that is damaged.</summary>
    public static IEnumerable<MetricRow> ReadUpToDamage(IFileLayer files, string path) => Read(files, path, upToDamage: true);

    private static IEnumerable<MetricRow> Read(IFileLayer files, string path, bool upToDamage)
    {
        using var stream = files.OpenRead(path);
        using var reader = new LineReader(stream);
        var number = 0;
        string? damage = null;
        while (reader.Next(out var line, out var whole))
        {
            number++;
            if (damage is not null)
            {
                if (upToDamage)
                {
                    yield break;
                }

                throw new InvalidDataException(damage);
            }

            if (number == 1)
            {
                if (Encoding.ASCII.GetString(line.Span) != MetricLine.Header)
                {
                    damage = $"{path}:1: the header is not that of a metrics file.";
                }

                continue;
            }

            if ((whole ? MetricLine.Parse(line.Span) : null) is { } row)
            {
                yield return row;
            }
            else
            {
                damage = $"{path}:{number}: the line does not match its checksum.";
            }
        }

        if (damage is not null && number == 1 && !upToDamage)
        {
            throw new InvalidDataException(damage);
        }
    }

    public void Append(MetricRow row)
    {
        Write(MetricLine.Format(row));
        Rows++;
    }

    public void Sync() => _files.Sync(_stream);

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Write(bytes);
        }
        catch (IOException)
        {
            _stream.SetLength(Length);
            _stream.Position = Length;
            throw;
        }

        _hash.AppendData(bytes);
        Length += bytes.Length;
    }
}
