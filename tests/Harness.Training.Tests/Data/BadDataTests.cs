using System.Diagnostics;
using Harness.Core.Data;
using Harness.Training.Data.Text;

namespace Harness.Training.Tests.Data;

/// <summary>Every bad file gives exactly its message, at once and in bounded memory. @ stands for the file's path in the messages.</summary>
public sealed class BadDataTests : IDisposable
{
    private const string NoSuchFile = "@: no such file. Correct the path in the sweep's data section.";
    private const string NoFile = "@: is empty, or no regular file but a pipe or a device. Give a regular file with something in it.";

    private readonly Some _some = new();

    public void Dispose() => _some.Dispose();

    [Fact]
    public void A_missing_file() => RefusesText(_some.PathOf("none.txt"), NoSuchFile);

    [Fact]
    public void A_missing_folder() => RefusesText(_some.PathOf("none/none.txt"), NoSuchFile);

    [Fact]
    public void A_glob_without_a_match() =>
        RefusesText(_some.PathOf("*.none"), "@: matches no file. Correct the pattern in the sweep's data section.");

    [Fact]
    public void No_paths_at_all() =>
        Refuses(Some.Text(), "data.paths: names no file. Give one or more files or patterns.");

    [Fact]
    public void A_directory() =>
        RefusesText(Directory.CreateDirectory(_some.PathOf("folder")).FullName, "@: is a directory. Name its files, for example with @/*.txt.");

    [Fact]
    public void An_empty_file() => RefusesText(_some.File("a.txt", ""), NoFile);

    [Fact]
    public void A_device_without_end() => RefusesText("/dev/zero", NoFile);

    [Fact]
    public void A_pipe_that_nobody_writes_to()
    {
        var pipe = _some.PathOf("pipe");
        using (var mkfifo = Process.Start("mkfifo", [pipe]))
        {
            mkfifo.WaitForExit();
        }

        RefusesText(pipe, NoFile);
    }

    [Fact]
    public void A_link_to_a_device()
    {
        File.CreateSymbolicLink(_some.PathOf("zero.txt"), "/dev/zero");
        RefusesText(_some.PathOf("zero.txt"), NoFile);
    }

    [Fact]
    public void Links_in_a_circle()
    {
        File.CreateSymbolicLink(_some.PathOf("a"), _some.PathOf("b"));
        File.CreateSymbolicLink(_some.PathOf("b"), _some.PathOf("a"));
        var error = Assert.Throws<DataUnavailableException>(() => _some.Catalog().Describe(Some.Text(_some.PathOf("a"))));
        Assert.StartsWith($"{_some.PathOf("a")}: can't be followed to a file (", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("). Name the file itself.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_nothing()
    {
        File.CreateSymbolicLink(_some.PathOf("a"), _some.PathOf("none"));
        RefusesText(_some.PathOf("a"), NoSuchFile);
    }

    [Fact]
    public void A_file_of_the_kernel_that_says_a_length_it_does_not_have() =>
        RefusesText("/sys/kernel/mm/transparent_hugepage/enabled", "@: no longer has the 4096 bytes it had a moment ago. Let whatever writes it finish, then start again.");

    [Fact]
    public void Plain_text_named_gz() =>
        RefusesText(_some.File("a.gz", "plain"), "@: is named .gz but is not gzip. Rename it, or pack it with gzip.");

    [Fact]
    public void Gzip_not_named_so() =>
        RefusesText(_some.File("a.txt", Some.Gzip("text"u8.ToArray())), "@: is gzip but not named so; give it a name that ends in .gz.");

    [Theory]
    [InlineData(30)]
    [InlineData(-1)]
    public void Gzip_cut_off_or_damaged(int cut)
    {
        var packed = Some.Gzip([.. Enumerable.Range(0, 10_000).Select(i => (byte)(i * i % 251))]);
        if (cut < 0)
        {
            packed[packed.Length / 2] ^= 0xFF;
        }
        else
        {
            packed = packed[..^cut];
        }

        var path = _some.File("a.gz", packed);
        var error = Assert.Throws<DataUnavailableException>(() => _some.Catalog().Describe(Some.Text(path)));
        Assert.StartsWith($"{path}: is damaged gzip (", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_some.Cache, "corpora")));
    }

    [Fact]
    public void Gzip_of_nothing() =>
        RefusesText(_some.File("a.gz", Convert.FromHexString("1F8B080000000000000303000000000000000000")), "@: holds no text. Leave it out or give a file with text.");

    [Fact]
    public void Utf16() =>
        RefusesText(_some.File("a.txt", [0xFF, 0xFE, 65, 0]), "@: is UTF-16; convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8.");

    [Fact]
    public void Too_little_text_to_hold_any_out() =>
        RefusesText(_some.File("a.txt", "\n"), "data.validation_fraction: 1 bytes of text are too few to hold out 0.1 of them. Give more text.");

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(double.NaN, "NaN")]
    public void A_share_that_is_none(double fraction, string shown) =>
        Refuses(Some.Text(_some.File("a.txt", "some text\n")) with { ValidationFraction = fraction },
            $"data.validation_fraction: {shown}; allowed is more than 0 and less than 1.");

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void More_unique_tokens_than_there_are(long asked) =>
        Refuses(Some.Text(_some.File("a.txt", "12345678\nx\n")) with { UniqueTokens = asked, ValidationFraction = 0.2 },
            $"data.unique_tokens: {asked}; there are 9 training tokens. Give 1 to 9, or leave it out to use all.");

    [Fact]
    public void A_file_both_trained_on_and_held_out()
    {
        var path = _some.File("a.txt", "some text\n");
        Refuses(Some.Text(path) with { ValidationPaths = [path] },
            $"{path}: is both trained on and held out. Leave it out of data.paths or of data.validation_paths.");
    }

    [Fact]
    public void Gpt2_without_a_vocabulary_says_how_to_get_one() =>
        Refuses(Some.Text(_some.File("a.txt", "some text\n")) with { Tokenizer = Tokenizer.Gpt2 },
            $"data.vocabulary: tokenizer gpt2 needs GPT-2's vocabulary in the tiktoken form. {BytePairRanks.HowToGet}");

    [Theory]
    [InlineData("no base64!\n", 257)]
    [InlineData("QUI= 300\n", 257)]
    [InlineData("QQ== 256\n", 257)]
    public void A_vocabulary_line_that_is_none(string line, int number)
    {
        var ranks = _some.File("ranks", Some.Ranks() + line);
        Refuses(Some.Text(_some.File("a.txt", "some text\n")) with { Tokenizer = Tokenizer.Gpt2, VocabularyPath = ranks },
            $"{ranks}:{number}: not a token in base64, a space and the rank 256. {BytePairRanks.HowToGet}");
    }

    [Fact]
    public void A_vocabulary_that_lacks_a_byte()
    {
        var ranks = _some.File("ranks", "IQ== 0\n");
        Refuses(Some.Text(_some.File("a.txt", "some text\n")) with { Tokenizer = Tokenizer.Gpt2, VocabularyPath = ranks },
            $"{ranks}: has no token for the single byte 0x00, so some text has no encoding. {BytePairRanks.HowToGet}");
    }

    [Fact]
    public void A_shard_with_an_odd_number_of_bytes() =>
        RefusesShard([1, 2, 3], "@: has 3 bytes, an odd number, so it is no list of 16-bit tokens. Give a .bin shard of nanoGPT or llm.c, or use data.source: text.");

    [Fact]
    public void A_shard_with_an_id_beyond_the_vocabulary() =>
        RefusesShard(ShardTests.Bytes([1, 2, 50256, 50257, 5]), "@: token 3 is 50257, but its vocabulary has 50257 tokens, ids 0 to 50256. Check that the file is a token shard and was copied whole.");

    [Fact]
    public void A_shard_that_has_fewer_tokens_than_its_header_says() =>
        RefusesShard([.. ShardTests.Header(20240520, 1, 10), .. ShardTests.Bytes([1, 2, 3])], "@: its header promises 10 tokens (20 bytes) but 6 bytes follow. Copy the shard again.");

    [Fact]
    public void A_shard_whose_header_promises_a_negative_count() =>
        RefusesShard(ShardTests.Header(20240520, 1, -1), "@: its header promises -1 tokens (-2 bytes) but 0 bytes follow. Copy the shard again.");

    [Fact]
    public void A_shard_of_another_version() =>
        RefusesShard(ShardTests.Header(20240520, 2, 0), "@: is an llm.c shard of version 2; version 1 can be read. Write it again with a current llm.c.");

    [Fact]
    public void A_pickle_is_refused_unread() =>
        RefusesShard([0x80, 0x04, 0x95, 1, 0, 0], "@: is a Python pickle. Give a .bin shard of nanoGPT or llm.c.");

    [Fact]
    public void One_token_is_too_few() =>
        RefusesShard(ShardTests.Bytes([1]), "data.validation_fraction: 1 tokens are too few to hold out 0.1 of them. Give more tokens.");

    [Fact]
    public void Shards_of_two_widths()
    {
        var wide = _some.File("wide.bin", [.. ShardTests.Header(20240801, 7, 1), 1, 0, 0, 0]);
        var narrow = _some.File("narrow.bin", ShardTests.Bytes([1, 2]));
        Refuses(Some.Shards(narrow, wide), $"{wide}: has 32-bit tokens but {narrow} has 16-bit ones. Give shards of one kind.");
    }

    private void RefusesShard(byte[] content, string message)
    {
        var path = _some.File("a.bin", content);
        Refuses(Some.Shards(path), message.Replace("@", path, StringComparison.Ordinal));
    }

    private void RefusesText(string path, string message) => Refuses(Some.Text(path), message.Replace("@", path, StringComparison.Ordinal));

    private void Refuses(DataSpec data, string message)
    {
        var clock = Stopwatch.StartNew();
        Assert.Equal(message, Assert.Throws<DataUnavailableException>(() => _some.Catalog().Describe(data)).Message);
        Assert.Equal(message, Assert.Throws<DataUnavailableException>(() => _some.Catalog().Open(data)).Message);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }
}
