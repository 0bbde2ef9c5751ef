namespace Harness.Core.Models;

/// <summary>
/// Bytes that a GPU's training step reads and writes, counted from the passes that the engine's written-out step makes over its buffers, each pass once: over a step's time, the bytes a
/// second to hold against the memory's pace. A cache that keeps a buffer between two passes makes the true traffic less, and small models live in it altogether. N tokens, D width, F and G inner
/// widths (G of the first matrix: F, or 2F with SwiGLU), V vocabulary, e bytes of an activation, P parameters:
/// <list type="bullet">
/// <item>a layer forward, e N each: two additions with norms 8 D; the four products' inputs and outputs; unpacking 6 D; attention 4 D; the activation G + F;</item>
/// <item>a layer backward: for each product its output's gradient twice, its input, its input's gradient; the norms 8 D; the activation 2 G + F; attention 8 D, its gradients' packing 12 D; the biases' sums;</item>
/// <item>the head: a piece's logits are written, read twice and written by the cross-entropy, and read by two products: e N (6 V + 4 D);</item>
/// <item>the parameters: matrices read forward and backward and their gradients read and written, 4 e P; zeroing, squares and AdamW in fp32, 40 P (44 P in bf16, with the shadow).</item>
/// </list>
/// </summary>
public static class DeviceTraffic
{
    /// <summary>Bytes of a step.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Tokens a step.</param>
    /// <param name="half">Whether it computes in bf16.</param>
    public static double BytesPerStep(ModelSpec model, long tokens, bool half)
    {
        ArgumentNullException.ThrowIfNull(model);
        double d = model.ModelDim, f = model.FeedForwardDim, v = model.VocabularySize, p = ParameterCounts.Of(model).Total;
        var g = model.Activation == Activation.SwiGlu ? 2 * f : f;
        double e = half ? 2 : 4;
        (double In, double Out)[] products = [(d, 3 * d), (d, d), (d, g), (f, d)];
        var forward = 8 * d + products.Sum(m => m.In + m.Out) + 6 * d + 4 * d + (g + f);
        var backward = products.Sum(m => 2 * m.Out + 2 * m.In) + 8 * d + (2 * g + f) + 8 * d + 12 * d + (model.Biases ? products.Sum(m => m.Out) : 0);
        var ends = 2 * d + d + 8 * d; // embedding forward and backward, the last norm both ways
        var head = 6 * v + 4 * d;
        return e * tokens * (model.LayerCount * (forward + backward) + ends + head) + p * (4 * e + (half ? 44 : 40));
    }
}
