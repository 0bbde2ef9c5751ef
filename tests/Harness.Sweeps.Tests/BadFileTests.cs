using System.Diagnostics;
using System.Text;

namespace Harness.Sweeps.Tests;

/// <summary>Files of the wrong form or kind (BI-05), read from a real folder.</summary>
public sealed class BadFileTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("files-");

    public static TheoryData<string, string> Encodings => new()
    {
        { "utf-8-bom", "" },
        { "crlf", "" },
        { "utf-16", ":1: the file is not UTF-8 (it looks like UTF-16 or UTF-32). Save it as UTF-8." },
        { "utf-16-no-bom", ":1: the file is not UTF-8 (it looks like UTF-16 or UTF-32). Save it as UTF-8." },
        { "latin-1", ":4: bytes that are not UTF-8. Save the file as UTF-8." },
        { "nul", ":4: a control character (0x00); a sweep is plain text. Remove it." },
        { "empty", ": the file is empty or not a regular file. Name a YAML file; configs/ has examples." },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_file_is_UTF_8_whatever_its_line_ends(string encoding, string message)
    {
        var text = Some.Base + "question: caf\u00e9\n";
        byte[] bytes = encoding switch
        {
            "utf-8-bom" => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)],
            "crlf" => Encoding.UTF8.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)),
            "utf-16" => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)],
            "utf-16-no-bom" => Encoding.Unicode.GetBytes(text),
            "latin-1" => Encoding.Latin1.GetBytes(text),
            "nul" => Encoding.UTF8.GetBytes(text.Replace("caf", "\0", StringComparison.Ordinal)),
            _ => [],
        };
        var path = Write(bytes);
        var reading = SweepReader.Read(path, new FakeCatalog());
        Assert.Equal(message.Length == 0 ? [] : [path + message], reading.Problems.Select(p => p.ToString()));
        Assert.Equal(message.Length == 0, reading.Plan is not null);
    }

    [Fact]
    public void A_folder_is_refused() =>
        Assert.Equal([folder.FullName + ": is a folder. Name the YAML file in it."], Problems(folder.FullName));

    [Fact]
    public void A_missing_file_is_refused()
    {
        var path = Path.Combine(folder.FullName, "nothing.yaml");
        Assert.Equal([path + ": there is no such file. Check the path."], Problems(path));
    }

    [Fact]
    public void A_hundred_megabytes_are_refused_without_reading_them()
    {
        var path = Path.Combine(folder.FullName, "huge.yaml");
        using (var file = File.Create(path))
        {
            file.SetLength(100_000_000);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([path + ": the file has 100,000,000 bytes, more than the 4,194,304 of a sweep. Name a YAML file."], Problems(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
    }

    [SkippableOnWindowsFact]
    public void An_endless_device_is_refused() =>
        Assert.Equal(["/dev/zero: the file is empty or not a regular file. Name a YAML file; configs/ has examples."], Problems("/dev/zero"));

    [SkippableOnWindowsFact]
    public void A_FIFO_that_nobody_writes_to_does_not_block()
    {
        var path = Path.Combine(folder.FullName, "fifo");
        using (var make = Process.Start("mkfifo", [path]))
        {
            make.WaitForExit();
        }

        var reading = Task.Run(() => Problems(path));
        Assert.True(reading.Wait(TimeSpan.FromSeconds(10)), "reading a FIFO blocks");
        Assert.Equal([path + ": the file is empty or not a regular file. Name a YAML file; configs/ has examples."], reading.Result);
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static string[] Problems(string path) => [.. SweepReader.Read(path, new FakeCatalog()).Problems.Select(p => p.ToString())];

    private string Write(byte[] bytes)
    {
        var path = Path.Combine(folder.FullName, "s.yaml");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private sealed class SkippableOnWindowsFactAttribute : FactAttribute
    {
        public SkippableOnWindowsFactAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has neither devices nor FIFOs as files." : null;
    }
}
