using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Tensors;

public sealed class ErrorTests : TensorTest
{
    [Fact]
    public void Errors_carry_libtorchs_message_and_no_backtrace()
    {
        Tensor a = zeros(2, 3), b = zeros(4, 5);
        ExternalException error = Assert.Throws<ExternalException>(() => a.matmul(b));
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("frame #", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_call_leaves_the_tensors_usable()
    {
        Tensor a = ones(2, 3);
        Assert.Throws<ExternalException>(() => a.view(7));
        Assert.Throws<ExternalException>(() => a.add_(ones(5)));
        Assert.Equal(6, a.sum().item<float>());
    }

    [Fact]
    public void Too_much_memory_is_an_error_of_its_own()
    {
        TorchOutOfMemoryException error = Assert.Throws<TorchOutOfMemoryException>(() => empty([1L << 50]));
        Assert.Contains("memory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_read_with_the_type_they_have()
    {
        Tensor a = ones(2);
        Assert.Throws<ArgumentException>(() => a.data<double>());
        Assert.Throws<ArgumentException>(() => a.item<float>());
        Assert.Throws<ArgumentException>(() => a.sum().item<long>());
        Assert.Equal(2, a.sum().ToInt64());
    }
}
