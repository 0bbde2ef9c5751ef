using System.Text;

namespace Harness.Cli.Tests.Fitting;

/// <summary>Tables that are no text, no file, or no end: one line on standard error that says which, exit code 2, within moments.</summary>
public sealed class UnreadableTableTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_is_no_table() =>
        Refused(folder.Path, "FILE: this is a folder; a CSV file is needed; name the file in it");

    [Theory]
    [InlineData(new byte[] { 0x1F, 0x8B, 8, 0, 1, 2, 3 })] // gzip
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D })] // PNG
    [InlineData(new byte[] { 0x50, 0x4B, 3, 4, 20, 0, 0, 0 })] // a spreadsheet
    [InlineData(new byte[] { 0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0 })] // a program
    public void A_binary_file_is_no_table(byte[] bytes) =>
        Refused(Written(bytes), "FILE:1: this is a binary file (Parquet, spreadsheet or archive); text with separated values is needed; export it as CSV");

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_told_where_a_number_is_needed() =>
        Refused(Written([.. "N,D,loss\n1e9,2e10,"u8, 0xE9, (byte)'\n']), "FILE:2: loss: '\uFFFD' is not a number; a number such as 2.75 or 1e9 is needed; correct the cell, or leave the row out with --where");

    [Fact]
    public void A_line_of_two_gigabytes_is_given_up_after_sixteen_million_characters()
    {
        string path = folder.At("points.csv");
        using (FileStream file = new(path, FileMode.Create))
        {
            // A sparse file: nothing of the two gigabytes stands on the disk.
            file.Write("N,D,loss\n1e9,2e10,3\n"u8);
            file.SetLength(2L << 30);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Refused(path, "FILE:1: this is a binary file (Parquet, spreadsheet or archive); text with separated values is needed; export it as CSV");
        File.Delete(path);
        using (FileStream file = new(path, FileMode.Create))
        {
            file.Write("N,D,loss\n1e9,2e10,3\n"u8);
            byte[] digits = new byte[1 << 20];
            Array.Fill(digits, (byte)'1');
            for (int i = 0; i < 18; i++)
            {
                file.Write(digits);
            }

            file.SetLength(2L << 30);
        }

        Refused(path, "FILE:3: the record that starts here is longer than 16 million characters; a record is one line; look for a quote that is never closed, or a file that is not CSV");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200 << 20);
    }

    [Fact]
    public void A_header_without_end_is_given_up_too()
    {
        string path = Written([.. "N,"u8, .. Enumerable.Repeat((byte)'x', 18 << 20)]);
        Refused(path, "FILE:1: the record that starts here is longer than 16 million characters; a record is one line; look for a quote that is never closed, or a file that is not CSV");
    }

    [Fact]
    public void A_quote_that_swallows_the_rest_of_the_table_is_named_by_the_line_that_opens_it()
    {
        StringBuilder text = new("N,D,loss\n1e9,2e10,3\n\"2e9,2e10,2.9\n");
        for (int i = 0; i < 5000; i++)
        {
            text.Append("3e9,2e10,2.8\r\n");
        }

        Refused(folder.Write("points.csv", text.ToString()), "FILE:3: a quote is opened here and never closed; quotes come in pairs, and a quote inside a quoted field is doubled; close it");
    }

    [LinuxFact]
    public void A_file_that_breaks_off_while_it_is_read_is_an_unreadable_file()
    {
        // The first page of a process's memory is never mapped: the file opens, and reading it fails with EIO.
        Outcome outcome = Cli.Run("fit", "/proc/self/mem", "--law", "chinchilla");
        Assert.Equal(2, outcome.Code);
        Assert.StartsWith("/proc/self/mem: the file cannot be read on (", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
    }

    [LinuxFact]
    public void A_device_without_end_is_no_table() =>
        Refused("/dev/zero", "FILE:1: this is a binary file (Parquet, spreadsheet or archive); text with separated values is needed; export it as CSV");

    [LinuxFact(notAsRoot: true)]
    public void A_file_without_permission_is_named_with_what_to_do()
    {
        string path = folder.Write("points.csv", Synthetic.Csv());
        File.SetUnixFileMode(path, UnixFileMode.None);
        Outcome outcome = Cli.Run("fit", path, "--law", "chinchilla");
        Assert.Equal(2, outcome.Code);
        Assert.StartsWith($"{path}: the file cannot be read (", outcome.Error, StringComparison.Ordinal);
        Assert.EndsWith("; a readable CSV file is needed; check its permissions\n", outcome.Error, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_pipe_is_read_once_and_has_no_hash()
    {
        string csv = folder.Write("points.csv", Synthetic.Csv()), pipe = folder.At("pipe"), fits = folder.At("fits.json");
        using var made = System.Diagnostics.Process.Start("mkfifo", [pipe]);
        made.WaitForExit();
        Task writing = Task.Run(() =>
        {
            using FileStream to = new(pipe, FileMode.Open, FileAccess.Write);
            to.Write(File.ReadAllBytes(csv));
        });
        Outcome outcome = Cli.Run("fit", pipe, "--law", "chinchilla", "--out", fits);
        Assert.True(writing.Wait(TimeSpan.FromSeconds(30)));
        Assert.True(outcome.Code == 0, outcome.Error);
        Assert.Empty(Reporting.Fits.FitsFile.Read(fits).Inputs);
    }

    private string Written(byte[] bytes)
    {
        string path = folder.At("points.csv");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static void Refused(string path, string message)
    {
        Outcome outcome = Cli.Run("fit", path, "--law", "chinchilla");
        Assert.Equal(message + "\n", outcome.Error.Replace(path, "FILE", StringComparison.Ordinal));
        Assert.Equal(2, outcome.Code);
        Assert.Equal("", outcome.Output);
    }
}
