using System.Text;
using Harness.Torch.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>Tensors joined along a dimension.</summary>
    public static Tensor cat(IList<Tensor> tensors, long dim = 0)
    {
        nint[] handles = Tensor.Handles(tensors);
        fixed (nint* p = handles)
        {
            return new(Native.ht_cat(p, handles.Length, dim));
        }
    }

    /// <summary>Tensors of one shape joined along a new dimension.</summary>
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0)
    {
        nint[] handles = Tensor.Handles(tensors);
        fixed (nint* p = handles)
        {
            return new(Native.ht_stack(p, handles.Length, dim));
        }
    }

    /// <summary>A dimension in at most <paramref name="chunks"/> equal views.</summary>
    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0) => input.chunk(chunks, dim);

    /// <summary>Matrix product; leading dimensions are a batch and broadcast.</summary>
    public static Tensor matmul(Tensor input, Tensor target) => input.matmul(target);

    /// <summary>Product of two matrices.</summary>
    public static Tensor mm(Tensor input, Tensor target) => input.mm(target);

    /// <summary>Products of two batches of matrices.</summary>
    public static Tensor bmm(Tensor input, Tensor batch2) => input.bmm(batch2);

    /// <summary><paramref name="beta"/> times the input plus <paramref name="alpha"/> times the product of two matrices.</summary>
    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => input.addmm(mat1, mat2, beta, alpha);

    /// <summary>Elements of <paramref name="x"/> where the condition is true, else of <paramref name="y"/>.</summary>
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => new(Native.ht_where(condition.Handle, x.Handle, y.Handle));

    /// <summary>A sum of products in Einstein's notation, such as <c>bij,bjk->bik</c>.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors)
    {
        byte[] text = Encoding.UTF8.GetBytes(equation + "\0");
        nint[] handles = Tensor.Handles(tensors);
        fixed (byte* e = text)
        fixed (nint* p = handles)
        {
            return new(Native.ht_einsum(e, p, handles.Length));
        }
    }

    /// <summary>log(sum(exp(x))) along a dimension, without overflow.</summary>
    public static Tensor logsumexp(Tensor input, long dim, bool keepdim = false) => input.logsumexp(dim, keepdim);

    /// <summary>The lower triangle; zero above the diagonal.</summary>
    public static Tensor tril(Tensor input, long diagonal = 0) => input.tril(diagonal);

    /// <summary>The upper triangle; zero below the diagonal.</summary>
    public static Tensor triu(Tensor input, long diagonal = 0) => input.triu(diagonal);

    /// <summary>exp(x) divided by its sum along a dimension.</summary>
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

    /// <summary>Square root, element by element.</summary>
    public static Tensor sqrt(Tensor input) => input.sqrt();

    /// <summary>One over the square root, element by element.</summary>
    public static Tensor rsqrt(Tensor input) => input.rsqrt();

    /// <summary>Exponential, element by element.</summary>
    public static Tensor exp(Tensor input) => input.exp();

    /// <summary>Natural logarithm, element by element.</summary>
    public static Tensor log(Tensor input) => input.log();

    /// <summary>Hyperbolic tangent, element by element.</summary>
    public static Tensor tanh(Tensor input) => input.tanh();

    /// <summary>Sine, element by element.</summary>
    public static Tensor sin(Tensor input) => input.sin();

    /// <summary>Cosine, element by element.</summary>
    public static Tensor cos(Tensor input) => input.cos();

    /// <summary>The larger of two, element by element; NaN wins.</summary>
    public static Tensor maximum(Tensor input, Tensor other) => input.maximum(other);
}
