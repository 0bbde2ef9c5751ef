using System.Text;
using Harness.Core.Data;
using Harness.Training.Data;

namespace Harness.Training.Tests.Data;

public sealed class TextCorpusTests : IDisposable
{
    private readonly Some _some = new();

    public void Dispose() => _some.Dispose();

    [Fact]
    public void Bytes_of_a_text_come_back_with_its_last_lines_held_out()
    {
        var text = string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i:00}\n"));
        using var stream = _some.Catalog().Open(Some.Text(_some.File("a.txt", text)));
        Assert.Equal(text[..720], TextOf(stream.Train));
        Assert.Equal(text[720..], TextOf(stream.Validation));
        Assert.Equal(1.0, stream.Facts.BytesPerToken);
        Assert.Equal(256, stream.Facts.VocabularySize);
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void The_split_falls_between_lines_and_loses_nothing(double fraction)
    {
        var text = string.Concat(Enumerable.Range(0, 1000).Select(i => new string('x', i % 37) + "\n"));
        using var stream = _some.Catalog().Open(Some.Text(_some.File("a.txt", text)) with { ValidationFraction = fraction });
        Assert.Equal(text, TextOf(stream.Train) + TextOf(stream.Validation));
        Assert.EndsWith("\n", TextOf(stream.Train), StringComparison.Ordinal);
        Assert.InRange(stream.Validation.Length - fraction * text.Length, -37, 1);
    }

    [Fact]
    public void Without_lines_the_split_falls_between_characters()
    {
        var text = string.Concat(Enumerable.Repeat("日本語", 50));
        using var stream = _some.Catalog().Open(Some.Text(_some.File("a.txt", text)) with { ValidationFraction = 0.3331 });
        Assert.Equal(text + "\n", TextOf(stream.Train) + TextOf(stream.Validation));
        Assert.DoesNotContain('\uFFFD', TextOf(stream.Train) + TextOf(stream.Validation));
    }

    [Fact]
    public void The_hash_is_the_published_function_of_header_and_tokens()
    {
        // sha256sum of: "HarnTok1", int32 256, int32 1, int64 train, validation, validation bytes, zeros to 64; then the text.
        var text = "abcdefgh\nij\n";
        var expected = new byte[64 + text.Length];
        "HarnTok1"u8.CopyTo(expected);
        (expected[9], expected[12], expected[16], expected[24], expected[32]) = (1, 1, 9, 3, 3);
        Encoding.UTF8.GetBytes(text).CopyTo(expected, 64);
        var facts = _some.Catalog().Describe(Some.Text(_some.File("a.txt", text)) with { ValidationFraction = 0.3 });
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(expected)), facts.ContentHash);
        Assert.Equal("1 text file: 9 training and 3 held-out byte tokens", facts.Description);
    }

    [Fact]
    public void Gzip_gives_what_the_plain_file_gives()
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 30_000).Select(i => $"{i * 7919 % 10007} words\n")));
        var plain = _some.Catalog().Describe(Some.Text(_some.File("a.txt", text)));
        Assert.Equal(plain.ContentHash, _some.Catalog().Describe(Some.Text(_some.File("b.txt.gz", Some.Gzip(text)))).ContentHash);

        // Members one after the other, as pigz and cat make them, are one text.
        byte[] two = [.. Some.Gzip(text[..1000]), .. Some.Gzip(text[1000..])];
        Assert.Equal(plain.ContentHash, _some.Catalog().Describe(Some.Text(_some.File("c.gz", two))).ContentHash);
    }

    [Fact]
    public void A_byte_order_mark_is_no_text_and_a_missing_last_line_break_is_added()
    {
        var marked = _some.Catalog().Describe(Some.Text(_some.File("a.txt", "\uFEFFsome text\nmore")));
        Assert.Equal(_some.Catalog().Describe(Some.Text(_some.File("b.txt", "some text\nmore\n"))).ContentHash, marked.ContentHash);
    }

    [Fact]
    public void Globs_name_files_in_ordinal_order_whatever_the_disk_says()
    {
        foreach (var name in new[] { "t/b.txt", "t/a.txt", "t/B.txt", "t/sub/c.txt", "t/.hidden.txt", "t/x.md" })
        {
            _some.File(name, name + "\n");
        }

        Directory.CreateSymbolicLink(_some.PathOf("t/sub/loop"), _some.PathOf("t"));
        Assert.Equal(["B.txt", "a.txt", "b.txt"], Names("t/*.txt"));
        Assert.Equal(["B.txt", "a.txt", "b.txt", "sub/c.txt"], Names("t/**/*.txt"));
        Assert.Equal(["a.txt"], Names("t/?.txt", "t/a.txt").Where(n => n == "a.txt"));

        string[] Names(params string[] patterns) =>
            [.. Harness.Training.Data.Files.DataPaths.Resolve(patterns, _some.PathOf("")).Select(p => Path.GetRelativePath(_some.PathOf("t"), p))];
    }

    [Fact]
    public void A_validation_file_of_its_own_is_all_that_is_held_out()
    {
        var data = Some.Text(_some.File("a.txt", "train\n")) with { ValidationPaths = [_some.File("b.txt", "held out\n")] };
        using var stream = _some.Catalog().Open(data);
        Assert.Equal("train\n", TextOf(stream.Train));
        Assert.Equal("held out\n", TextOf(stream.Validation));
    }

    [Fact]
    public void Unique_tokens_keeps_the_first_and_leaves_the_held_out_part_and_the_hash_alone()
    {
        var data = Some.Text(_some.File("a.txt", string.Concat(Enumerable.Repeat("0123456789\n", 100))));
        using var all = _some.Catalog().Open(data);
        using var few = _some.Catalog().Open(data with { UniqueTokens = 25 });
        Assert.Equal(Some.All(all.Train)[..25], Some.All(few.Train));
        Assert.Equal(Some.All(all.Validation), Some.All(few.Validation));
        Assert.Equal(all.Facts.ContentHash, few.Facts.ContentHash);
        Assert.Equal(25, few.Facts.TrainTokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => few.Train.Read(25, new int[1]));
    }

    [Fact]
    public void Gpt2_tokens_stand_for_the_bytes_held_out_with_a_separator_after_each_document()
    {
        var ranks = _some.File("ranks", Some.Ranks("th", "the", " the"));
        var data = Some.Text(_some.File("a.txt", "the the\n"), _some.File("b.txt", "the\nthe the\n")) with
        {
            Tokenizer = Tokenizer.Gpt2,
            VocabularyPath = ranks,
            ValidationFraction = 0.4,
        };
        using var stream = _some.Catalog().Open(data);
        const int LineBreak = 198, The = 257, SpaceThe = 258, EndOfText = 259;
        Assert.Equal([The, SpaceThe, LineBreak, EndOfText, The, LineBreak], Some.All(stream.Train));
        Assert.Equal([The, SpaceThe, LineBreak, EndOfText], Some.All(stream.Validation));
        Assert.Equal(8 / 4.0, stream.Facts.BytesPerToken);
        Assert.Equal(260, stream.Facts.VocabularySize);
    }

    [Fact]
    public void Gpt2_tokens_of_a_text_longer_than_a_chunk_are_those_of_the_whole()
    {
        var ranks = _some.File("ranks", Some.Ranks("ab", "abab", " a"));
        var random = new Random(3);
        var text = new string([.. Enumerable.Range(0, 3 << 20).Select(_ => "ab \n"[random.Next(4)])]) + "\n";
        using var stream = _some.Catalog().Open(Some.Text(_some.File("a.txt", text)) with { Tokenizer = Tokenizer.Gpt2, VocabularyPath = ranks });
        var encoder = new Harness.Training.Data.Text.Gpt2Encoder(
            Harness.Training.Data.Text.BytePairRanks.Read(Harness.Training.Data.Files.RegularFile.At(ranks)));
        var heldOut = (int)Math.Round(stream.Facts.BytesPerToken!.Value * stream.Validation.Length);
        var expected = new List<int>();
        encoder.Encode(Encoding.UTF8.GetBytes(text[..^heldOut]), expected);
        Assert.Equal(expected, Some.All(stream.Train));
    }

    private static string TextOf(TokenSequence tokens) => Encoding.UTF8.GetString([.. Some.All(tokens).Select(t => (byte)t)]);
}
