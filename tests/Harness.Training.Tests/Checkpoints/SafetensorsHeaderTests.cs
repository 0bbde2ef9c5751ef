using System.Buffers.Binary;
using System.Text;
using Harness.Training.Checkpoints;

namespace Harness.Training.Tests.Checkpoints;

public sealed class SafetensorsHeaderTests
{
    private const string Good = """{"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"y":{"dtype":"F32","shape":[],"data_offsets":[24,28]}}""";

    [Fact]
    public void A_header_survives_writing_and_reading()
    {
        var header = new SafetensorsHeader(
            new Dictionary<string, string> { ["run_id"] = "0123456789abcdef", ["quote\""] = "ü" },
            [new SafetensorsEntry("x", [2, 3], 0, 24), new SafetensorsEntry("y", [4], 24, 40)]);
        using var stream = new MemoryStream();
        header.Write(stream);
        Assert.Equal(0, stream.Length % 8);
        stream.Write(new byte[40]);
        stream.Position = 0;
        var back = SafetensorsHeader.Read(stream, stream.Length);
        Assert.Equal(header.Metadata, back.Metadata);
        Assert.Equal(header.Entries.Select(e => (e.Name, string.Join('x', e.Shape), e.Begin, e.End)), back.Entries.Select(e => (e.Name, string.Join('x', e.Shape), e.Begin, e.End)));
        Assert.Equal(stream.Length - 40, stream.Position);
    }

    [Theory]
    [InlineData("[]", "no JSON object")]
    [InlineData("{\"x\":", "malformed")]
    [InlineData("""{"x":{"dtype":"F32","shape":[7],"data_offsets":[0,28]},"x":{"dtype":"F32","shape":[7],"data_offsets":[0,28]}}""", "'x' stands twice")]
    [InlineData("""{"x":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}""", "describes 24 bytes of data; the file has 28")]
    [InlineData("""{"x":{"dtype":"F32","shape":[6],"data_offsets":[4,28]}}""", "after a hole")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"y":{"dtype":"F32","shape":[4],"data_offsets":[12,28]}}""", "inside another tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[8],"data_offsets":[0,32]}}""", "describes 32 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,4611686018427387904],"data_offsets":[0,28]}}""", "no file can hold")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-7],"data_offsets":[0,28]}}""", "negative extent")]
    [InlineData("""{"x":{"dtype":"F32","shape":[6],"data_offsets":[0,28]}}""", "needs 24 bytes by its shape and has 28")]
    [InlineData("""{"x":{"dtype":"BF16","shape":[14],"data_offsets":[0,28]}}""", "dtype 'BF16'")]
    [InlineData("""{"x":{"dtype":"F32","shape":[7]}}""", "malformed")]
    [InlineData("""{"x":{"dtype":"F32","shape":[7],"data_offsets":[0,1e99]}}""", "malformed")]
    [InlineData("""{"x":[[[[[[[[[[[[]]]]]]]]]]]]}""", "malformed")]
    public void A_malformed_header_is_named(string json, string complaint) => Assert.Contains(complaint, Refusal(File(json, 28)), StringComparison.Ordinal);

    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    [InlineData(100_000_001UL)]
    [InlineData(1000UL)]
    public void A_header_longer_than_the_file_is_refused_without_allocating_it(ulong length)
    {
        var file = File(Good, 28);
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("claims", Refusal(file), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Pickles_and_zip_archives_are_refused_by_their_first_bytes()
    {
        Assert.Contains("zip archive", Refusal([.. "PK\u0003\u0004"u8, .. new byte[64]]), StringComparison.Ordinal);
        Assert.Contains("pickle", Refusal([0x80, 2, (byte)'c', .. "os\nsystem\n(S'true'\ntR."u8]), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_is_noticed()
    {
        var file = File(Good, 28);
        SafetensorsHeader.Read(new MemoryStream(file), file.Length);
        for (var length = 0; length < file.Length; length++)
        {
            Refusal(file[..length]);
        }
    }

    private static string Refusal(byte[] file) =>
        Assert.Throws<CheckpointException>(() => SafetensorsHeader.Read(new MemoryStream(file), file.Length)).Message;

    private static byte[] File(string json, int data)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var file = new byte[8 + header.Length + data];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, 8);
        return file;
    }
}
