using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Harness.Torch.Tests.Tensors;

public sealed class DataTests : TensorTest
{
    [Fact]
    public void Bytes_go_to_a_stream_and_back_whatever_the_layout_and_type()
    {
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Float64 })
        {
            Tensor original = Float(Draw(1, 60, 100), 3, 4, 5).to(type), copy = zeros([3, 4, 5], type);
            using MemoryStream stream = new();
            TorchExtensions.WriteTo(stream, original);
            Assert.Equal(60 * original.element_size(), stream.Length);
            stream.Position = 0;
            TorchExtensions.ReadFrom(stream, copy);
            Assert.True(original.eq(copy).all().item<bool>());
            stream.Position = 4;
            Assert.Throws<EndOfStreamException>(() => TorchExtensions.ReadFrom(stream, copy));
        }

        Tensor turned = Float([1, 2, 3, 4, 5, 6], 2, 3).t();
        byte[] bytes = new byte[24];
        TorchExtensions.ReadBytes(turned, bytes);
        Assert.Equal([1, 4, 2, 5, 3, 6], System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes).ToArray());
        TorchExtensions.WriteBytes(turned, bytes.Reverse().ToArray().AsSpan()[..24]);
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => TorchExtensions.WriteBytes(turned, new byte[23]));
    }

    [Fact]
    public void A_span_of_bytes_shares_the_tensors_memory()
    {
        Tensor a = zeros(4);
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(a.bytes)[2] = 7;
        Close([0, 0, 7, 0], a);
        Assert.Throws<InvalidOperationException>(() => zeros(2, 3).t().bytes.Length);
    }

    [Fact]
    public void Accessors_follow_strides()
    {
        Tensor a = tensor(new long[] { 1, 2, 3, 4, 5, 6 }, [2, 3]).t();
        using var data = a.data<long>();
        Assert.Equal([1L, 4, 2, 5, 3, 6], data.ToArray());
        Assert.Equal(5, data[1, 1]);
        Assert.Equal(5, data[3]);
        data[2, 0] = 30;
        Assert.Equal(30, a.select(0, 2).select(0, 0).item<long>());
        Assert.Throws<ArgumentOutOfRangeException>(() => data[3, 0]);
    }

    [Fact]
    public void Generators_repeat_their_sequence_and_their_state()
    {
        using Generator first = new(7), second = new(7), other = new(8);
        Tensor a = randn([100], generator: first), b = randn([100], generator: second), c = randn([100], generator: other);
        Assert.True(a.eq(b).all().item<bool>());
        Assert.False(a.eq(c).any().item<bool>());
        Tensor state = first.get_state();
        Tensor d = empty([50]).normal_(1, 2, first);
        first.set_state(state);
        Assert.True(d.eq(empty([50]).normal_(1, 2, first)).all().item<bool>());
        Assert.Equal(8, other.initial_seed());
        manual_seed(3).Dispose();
        Tensor e = rand(5);
        manual_seed(3).Dispose();
        Assert.True(e.eq(rand(5)).all().item<bool>());
        Assert.Equal(3, initial_seed());
    }

    [Fact]
    public void Functions_agree_with_plain_arithmetic()
    {
        double[] x = Draw(3, 12), y = Draw(4, 12);
        Tensor a = Float(x, 3, 4), b = Float(y, 3, 4);
        Close([.. x.Zip(y, (p, q) => (p * q) + (2 * p) - (q / 4))], (a * b) + (2 * a) - (b / 4));
        Close([.. x.Zip(y, (p, q) => 3 - p + (1 / (q * q)))], 3 - a + (1 / b.square()));
        Close([.. x.Zip(y, (p, q) => p + (0.5 * q))], a.add(b, 0.5));
        Close([x.Sum()], a.sum());
        Close([.. Enumerable.Range(0, 4).Select(c => x[c] + x[c + 4] + x[c + 8])], a.sum(0L));
        Close([.. Enumerable.Range(0, 3).Select(r => Math.Sqrt(x[(4 * r)..((4 * r) + 4)].Sum(v => v * v)))], a.norm(1));
        Close([.. x.Select(v => Math.Clamp(v, -0.5, 0.25))], a.clamp(-0.5, 0.25));
        Close([.. x.Select(v => v / (1 + Math.Exp(-v)))], functional.silu(a));
        Close([x[4], x[5], x[6], x[7], x[0], x[1], x[2], x[3]], a.index_select(0, tensor(new long[] { 1, 0 })));
        Close([.. x[..4], .. y[..4]], cat([a.narrow(0, 0, 1), b.narrow(0, 0, 1)]));
        Assert.Equal([2L, 3, 4], stack([a, b]).shape);
        Assert.Equal([2L, 2, 0], [.. a.split(2, 1).Select(p => p.size(1)), 0L]);
        Assert.Equal(ScalarType.Int64, tensor(new long[] { 1 }).mul(3).dtype);
        Assert.Equal(ScalarType.Float32, tensor(new long[] { 1 }).mul(3.0).dtype);
        Assert.Equal(9007199254740993L, tensor(new long[] { 0 }).add(9007199254740993L).ToInt64());
        Close([1, 0, 0, 1], einsum("ij,jk->ik", tensor(new float[] { 2, 1, 1, 1 }, [2, 2]), tensor(new float[] { 1, -1, -1, 2 }, [2, 2])));
    }

    [Fact]
    public void Losses_agree_with_their_definition()
    {
        double[] x = Draw(5, 6, 2);
        double[] expected = [.. Enumerable.Range(0, 2).Select(r => Math.Log(x[(3 * r)..((3 * r) + 3)].Sum(Math.Exp)) - x[(3 * r) + 2 - r])];
        Tensor logits = Float(x, 2, 3), target = tensor(new long[] { 2, 1 });
        Close([expected.Average()], functional.cross_entropy(logits, target));
        Close(expected, functional.cross_entropy(logits, target, reduction: Reduction.None));
        Close([expected.Sum()], functional.nll_loss(functional.log_softmax(logits, -1), target, reduction: Reduction.Sum));
        Close([0, 0, 1, 0, 1, 0], functional.one_hot(target, 3));
    }

    [Fact]
    public void Attention_of_libtorch_equals_its_formula()
    {
        Tensor q = Float(Draw(1, 48), 1, 2, 3, 8), k = Float(Draw(2, 48), 1, 2, 3, 8), v = Float(Draw(3, 48), 1, 2, 3, 8);
        Tensor scores = q.matmul(k.transpose(-2, -1)).div(Math.Sqrt(8)).masked_fill(ones([3, 3], ScalarType.Bool).triu(1), double.NegativeInfinity);
        Tensor expected = scores.softmax(-1).matmul(v);
        Close(expected.to(ScalarType.Float64).data<double>().ToArray(), functional.scaled_dot_product_attention(q, k, v, is_casual: true));
    }

    [Fact]
    public void The_engine_describes_itself_and_multiplies_fast_enough()
    {
        Capabilities capabilities = TorchExtensions.Capabilities;
        Assert.Equal(__version__, capabilities.LibtorchVersion);
        Assert.Contains("OpenMP", TorchExtensions.Configuration, StringComparison.OrdinalIgnoreCase);
        Assert.True(TorchExtensions.MatmulGigaflops(256, 3) > 0.1);
        Assert.InRange(TorchExtensions.PeakMemoryBytes()!.Value, 50_000_000, 100_000_000_000);
        if (!capabilities.CudaGraphs)
        {
            Assert.Throws<InvalidOperationException>(() => new CudaGraph());
        }

        if (capabilities.CudaDevices == 0)
        {
            Assert.Null(CudaMemory.Of(0));
            Assert.Throws<InvalidOperationException>(() => InitializeDeviceType(DeviceType.CUDA));
        }
    }
}
