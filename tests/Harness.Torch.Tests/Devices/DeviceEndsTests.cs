using Harness.DeviceTwin;
using Harness.Torch.Devices;
using static TorchSharp.torch;

namespace Harness.Torch.Tests.Devices;

/// <summary>Both ends of the model: embeddings and cross-entropy. See <see cref="DeviceKernelTest"/>.</summary>
public sealed class DeviceEndsTests : DeviceKernelTest
{
    [Theory]
    [InlineData(false, 1, 33)]
    [InlineData(false, 4, 300)]
    [InlineData(true, 8, 512)]
    public void Cross_entropy_in_place_gives_loss_and_gradient_of_autograd(bool half, int pack, int vocabulary)
    {
        const int rows = 7;
        const float scale = 0.25f;
        using KernelModule module = Twin.Load("cross_entropy", Format(half, pack), $"PACK={pack}");
        Tensor logits = Random(1, half, rows, vocabulary) * 8, wide = logits.@double().requires_grad_(); // far from uniform
        Tensor targets = tensor([.. Enumerable.Range(0, rows).Select(i => (long)(i * 37 % vocabulary))], [rows]);
        Tensor losses = zeros(rows), expected = nn.functional.cross_entropy(wide, targets, reduction: nn.Reduction.None);
        module["cross_entropy"].Launch(rows, Block, losses, logits, targets, vocabulary, scale, 0);
        Same(expected, losses, 1e-6);
        Same(wide, logits, 0); // without a gradient the logits stay
        module["cross_entropy"].Launch(rows, Block, losses, logits, targets, vocabulary, scale, 1);
        Same(expected, losses, 1e-6);
        (expected.sum() * (double)scale).backward();
        Same(wide.grad!, logits, Tolerance(half));
    }

    [Fact]
    public void Cross_entropy_of_logits_that_are_not_finite_is_not_finite()
    {
        using KernelModule module = Twin.Load("cross_entropy", Format(false, 1), "PACK=1");
        foreach (float poison in new[] { float.NaN, float.PositiveInfinity })
        {
            Tensor logits = Random(1, false, 1, 70), losses = zeros(1);
            logits.narrow(1, 41, 1).fill_(poison);
            module["cross_entropy"].Launch(1, Block, losses, logits, zeros(1, ScalarType.Int64), 70, 1f, 1);
            Assert.False(float.IsFinite(losses.item<float>()));
        }
    }

    [Theory]
    [InlineData(false, 4, 72)]
    [InlineData(true, 8, 264)]
    public void Embeddings_and_their_gradients_are_those_of_autograd(bool half, int pack, int width)
    {
        const int sequences = 5, context = 6, count = sequences * context, vocabulary = 9;
        using KernelModule module = Twin.Load("embedding", Format(half, pack), $"PACK={pack}", $"WIDTH={width}");
        (Tensor table, Tensor positions) = (Random(1, half, vocabulary, width), Random(2, half, context, width));
        long[] drawn = [.. Enumerable.Range(0, count).Select(i => (long)(i * i * 7 % vocabulary))]; // some often, some never
        Tensor tokens = tensor(drawn, [sequences, context]), x = Empty(half, sequences, context, width);
        module["embedding_forward"].Launch(count, Block, x, table, positions, tokens, context);
        Same(table.index_select(0, tokens.view(-1)).view(sequences, context, width) + positions, x, 0);
        module["embedding_forward"].Launch(count, Block, x, table, null, tokens, context);
        Same(table.index_select(0, tokens.view(-1)), x, 0);

        Tensor dx = Random(3, half, sequences, context, width);
        long[] order = [.. Enumerable.Range(0, count).OrderBy(i => drawn[i]).Select(i => (long)i)];
        Tensor sorted = tensor([.. order.Select(i => drawn[i])], [count]), from = tensor(order, [count]);
        (Tensor dtable, Tensor dpositions) = (Random(4, half, vocabulary, width), Random(5, half, context, width));
        Tensor expected = dtable.@double(), expectedPositions = dpositions.@double() + dx.@double().sum(dim: 0);
        expected.index_add_(0, tokens.view(-1), dx.@double().view(count, width), 1);
        module["embedding_backward"].LaunchGrid(vocabulary, (width / pack + 31) / 32, Block, dtable, dx, sorted, from, count);
        module["position_backward"].Launch(context * ((width / pack + 31) / 32), Block, dpositions, dx, sequences, context);
        Same(expected, dtable, Tolerance(half));
        Same(expectedPositions, dpositions, Tolerance(half));
    }
}
