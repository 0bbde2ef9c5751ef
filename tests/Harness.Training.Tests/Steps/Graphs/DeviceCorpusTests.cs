using Harness.Training.Data;
using Harness.Training.Steps.Graphs;
using static TorchSharp.torch;

namespace Harness.Training.Tests.Steps.Graphs;

/// <summary>One copy of a corpus on a device for all who train on it at the same time.</summary>
public sealed class DeviceCorpusTests : TensorTest
{
    [Fact]
    public void Runs_over_the_same_tokens_share_one_copy_which_lives_as_long_as_the_last_of_them()
    {
        using var source = MemoryTokens.Of([.. Enumerable.Range(0, 100)]);
        var first = new DeviceCorpus(source, 128, CPU);
        var before = Tensor.TotalCount;
        var second = new DeviceCorpus(source, 128, CPU);
        Assert.Same(first.Tokens, second.Tokens);
        Assert.Equal(before, Tensor.TotalCount);
        first.Dispose();
        first.Dispose(); // once is enough
        Assert.Equal(99, second.Tokens.narrow(0, 99, 1).to(ScalarType.Int64).item<long>());
        second.Dispose();
    }

    [Fact]
    public void Another_source_or_a_wider_type_has_a_copy_of_its_own()
    {
        using var source = MemoryTokens.Of(1, 2, 3);
        using var same = MemoryTokens.Of(1, 2, 3);
        using var bytes = new DeviceCorpus(source, 256, CPU);
        using var shorts = new DeviceCorpus(source, 257, CPU);
        using var other = new DeviceCorpus(same, 256, CPU);
        Assert.NotSame(bytes.Tokens, shorts.Tokens);
        Assert.NotSame(bytes.Tokens, other.Tokens);
        Assert.Equal(ScalarType.Int16, shorts.Tokens.dtype);
    }
}
