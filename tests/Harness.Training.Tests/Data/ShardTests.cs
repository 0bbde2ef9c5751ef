using System.Runtime.InteropServices;
using Harness.Core.Data;

namespace Harness.Training.Tests.Data;

public sealed class ShardTests : IDisposable
{
    private readonly Some _some = new();

    public void Dispose() => _some.Dispose();

    [Fact]
    public void Shards_of_nanogpt_and_llm_c_give_the_same_tokens_and_hash()
    {
        ushort[] tokens = [.. Enumerable.Range(0, 1000).Select(i => (ushort)(i * 50 % 50257))];
        var plain = Some.Shards(_some.File("a.bin", Bytes(tokens)));
        var headed = Some.Shards(_some.File("b.bin", [.. Header(20240520, 1, 1000), .. Bytes(tokens)]));
        using var first = _some.Catalog().Open(plain);
        using var second = _some.Catalog().Open(headed);
        Assert.Equal(tokens[..900].Select(t => (int)t), Some.All(first.Train));
        Assert.Equal(tokens[900..].Select(t => (int)t), Some.All(first.Validation));
        Assert.Equal(Some.All(first.Train), Some.All(second.Train));
        Assert.Equal(first.Facts.ContentHash, second.Facts.ContentHash);
        Assert.Equal(50257, first.Facts.VocabularySize);
        Assert.Null(first.Facts.BytesPerToken);
    }

    [Fact]
    public void Llama_3_shards_have_wider_tokens()
    {
        uint[] tokens = [1, 70_000, 128_255, 0, 65_536, 3, 4, 5, 6, 7];
        var data = Some.Shards(_some.File("a.bin", [.. Header(20240801, 7, 10), .. MemoryMarshal.AsBytes(tokens.AsSpan())]));
        using var stream = _some.Catalog().Open(data);
        Assert.Equal([1, 70_000, 128_255, 0, 65_536, 3, 4, 5, 6], Some.All(stream.Train));
        Assert.Equal(128_256, stream.Facts.VocabularySize);
    }

    [Fact]
    public void A_window_reaches_from_one_shard_into_the_next_whatever_the_cut()
    {
        ushort[] tokens = [.. Enumerable.Range(0, 500).Select(i => (ushort)i)];
        var whole = _some.Catalog().Describe(Some.Shards(_some.File("whole.bin", Bytes(tokens))));
        foreach (var cut in new[] { 1, 250, 450, 499 })
        {
            var data = Some.Shards(_some.File($"{cut}/1.bin", Bytes(tokens[..cut])), _some.File($"{cut}/2.bin", Bytes(tokens[cut..])));
            using var stream = _some.Catalog().Open(data);
            Assert.Equal(Enumerable.Range(0, 450), Some.All(stream.Train));
            Assert.Equal(Enumerable.Range(450, 50), Some.All(stream.Validation));
            Assert.Equal(whole.ContentHash, stream.Facts.ContentHash);
            var window = new long[3];
            stream.Train.Read(Math.Clamp(cut - 1, 0, 447), window);
            Assert.Equal(Math.Clamp(cut - 1, 0, 447), window[0]);
        }
    }

    [Fact]
    public void Validation_shards_are_all_that_is_held_out()
    {
        var data = Some.Shards(_some.File("train.bin", Bytes([1, 2, 3]))) with { ValidationPaths = [_some.File("val.bin", Bytes([4, 5]))] };
        using var stream = _some.Catalog().Open(data);
        Assert.Equal([1, 2, 3], Some.All(stream.Train));
        Assert.Equal([4, 5], Some.All(stream.Validation));
    }

    [Fact]
    public void A_shard_that_shrinks_while_it_is_read_is_an_error_and_no_crash()
    {
        var path = _some.File("a.bin", Bytes([.. Enumerable.Range(0, 100_000).Select(i => (ushort)(i % 50_000))]));
        using var stream = _some.Catalog().Open(Some.Shards(path));
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(1000);
        }

        var error = Assert.Throws<DataUnavailableException>(() => stream.Train.Read(50_000, new int[10]));
        Assert.Equal($"{path}: became shorter while it was read. Restore it and start again.", error.Message);
    }

    internal static byte[] Header(params int[] words) =>
        MemoryMarshal.AsBytes([.. words, .. new int[256 - words.Length]]).ToArray();

    internal static byte[] Bytes(ushort[] tokens) => MemoryMarshal.AsBytes(tokens.AsSpan()).ToArray();
}
